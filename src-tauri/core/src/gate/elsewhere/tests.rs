//! What comes back of a call.

use serde_json::json;

use super::*;
use crate::safety::{Kind, mask::Masks};

#[test]
fn a_call_of_a_tool_keeps_its_placeholders_where_a_name_would_be_lost() {
    let mut masks = Masks::new(7);
    let placeholder = masks.placeholder(&Kind::Person, "Anna Berg").unwrap();
    let call = |names: &[&str]| {
        let arguments = names.iter().map(|name| ((*name).to_owned(), json!(1)));
        ToolCall {
            id: "1".into(),
            name: "look_up".into(),
            arguments: arguments.collect(),
        }
    };
    let names = |call: ToolCall| -> Vec<String> { call.arguments.keys().cloned().collect() };
    assert_eq!(
        names(restored(call(&[&placeholder]), &masks)),
        ["Anna Berg"]
    );
    let both = call(&[&placeholder, "Anna Berg"]);
    assert_eq!(names(restored(both.clone(), &masks)), names(both));
}
