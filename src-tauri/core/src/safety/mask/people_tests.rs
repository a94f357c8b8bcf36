//! Which placeholder a person gets.

use super::{
    Masks, mask, same,
    tests::{all, masks, nonce},
};
use crate::safety::{Kind, restore::restore};

/// What is sent for a text in which these people were found.
fn sent(text: &str, people: &[&str], masks: &mut Masks) -> String {
    let sought: Vec<_> = people.iter().map(|name| (*name, Kind::Person)).collect();
    let masked = mask(text, &all(text, &sought), masks);
    assert_eq!(restore(&masked.text, masks), text);
    masked.text.replace(&format!("-{}", nonce()), "")
}

#[test]
fn one_word_of_a_name_is_that_person_unless_two_have_it() {
    let mut masks = masks();
    assert_eq!(
        sent(
            "I am Anna Berg. Berg said so, and Anna.",
            &["Anna Berg", "Berg", "Anna"],
            &mut masks
        ),
        "I am [PERSON-1]. [PERSON-1b] said so, and [PERSON-1c]."
    );
    assert_eq!(
        sent("BERG and Berg, Anna", &["BERG", "Berg, Anna"], &mut masks),
        "[PERSON-1d] and [PERSON-1e]"
    );
    assert_eq!(
        sent(
            "Tom Hill, Eve Hill, Hill",
            &["Tom Hill", "Eve Hill", "Hill"],
            &mut masks
        ),
        "[PERSON-2], [PERSON-3], [PERSON-4]",
        "nobody knows which of them is meant"
    );
    assert_eq!(
        sent("Berg", &["Berg"], &mut masks),
        "[PERSON-1b]",
        "what was sent keeps its meaning"
    );
}

#[test]
fn an_accent_of_its_own_makes_no_other_person() {
    let mut masks = masks();
    let text = "José Martínez, Jose\u{301} Marti\u{301}nez";
    assert_eq!(
        sent(text, &["José Martínez"], &mut masks),
        "[PERSON-1], [PERSON-1b]",
        "it is found again in either way of writing"
    );
}

#[test]
fn one_word_of_a_name_that_is_no_name_is_spared_and_the_name_is_not() {
    let mut masks = masks();
    sent("Anna Berg. Berg.", &["Anna Berg", "Berg"], &mut masks);
    masks.spare(|key| key == same(&Kind::Person, "Berg"));
    assert_eq!(
        sent("Berg of Anna Berg", &[], &mut masks),
        "Berg of [PERSON-1]"
    );
}

#[test]
fn a_map_from_before_keeps_the_numbers_that_were_sent() {
    let stored = r#"{"version":1,"nonce":"bbbb","values":[
        {"label":"PERSON","forms":["Anna Berg"]},{"label":"PERSON","forms":["Berg"]},
        {"label":"PERSON","forms":["José"]},{"label":"PERSON","forms":["Jose\u0301"]}]}"#;
    let masks: Masks = serde_json::from_str(stored).unwrap();
    for (placeholder, value) in [
        ("[PERSON-2-bbbb]", "Berg"),
        ("[PERSON-3-bbbb]", "José"),
        ("[PERSON-4-bbbb]", "Jose\u{301}"),
    ] {
        assert_eq!(masks.value(placeholder), Some(value));
    }
}
