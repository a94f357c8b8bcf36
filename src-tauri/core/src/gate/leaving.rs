//! What leaves, for the person to look at: before it does, and later from any answer.

use serde::Serialize;
use serde_json::Value;
use specta::Type;
use specta_typescript::Number;

use super::mistakes::Overruling;
use crate::{
    costs::{Move, Route, budgets::Level},
    ids::AccountId,
    policy::{Action, Destination, own_rules::RuleClass},
    problem::Problem,
    safety::{
        DataClass, Finding,
        mask::{Masks, is_note},
        restore::restore,
    },
};

/// One thing that was found in a text.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The value.
    pub text: String,
    /// Its type, such as `EMAIL_ADDRESS`.
    pub kind: String,
    /// What that is, in words.
    pub label: String,
    /// How careful policy is with it.
    pub class: RuleClass,
    /// Why it was taken for that.
    pub reason: String,
    /// Which rule found it.
    pub rule: String,
    /// How sure that is, 0 to 1.
    #[specta(type = Number)]
    pub score: f32,
    /// What policy does with it at the destination.
    pub action: Action,
    /// Whether a person has called it a mistake: then it leaves as written.
    pub overruled: bool,
    /// What it takes to call it one.
    pub overruling: Overruling,
}

/// A piece of a text as it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Piece {
    /// As it leaves.
    pub sent: String,
    /// What it stands for; `None`: itself, unless it was `removed`.
    pub original: Option<String>,
    /// Whether it is a note where a secret was, which is not kept.
    pub removed: bool,
}

/// A message as it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LeavingMessage {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// Its text in pieces.
    pub pieces: Vec<Piece>,
    /// Its pictures as they leave, each as a `data:` address.
    pub pictures: Vec<String>,
}

/// Where a message would go if it were sent now, and what would become of it.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// The colour of the route line.
    pub route: Route,
    /// The model that would answer.
    pub model: Option<String>,
    /// The account that it would leave for, as the person calls it; `None`: it stays.
    pub account: Option<String>,
    /// Its identifier.
    pub account_id: Option<AccountId>,
    /// Whose computer that is.
    pub destination: Destination,
    /// What policy says; `None`: nothing leaves.
    pub action: Option<Action>,
    /// Places that hold a placeholder or a note.
    pub masked: u32,
    /// Pictures that leave with it, which nobody can look through.
    pub pictures: u32,
    /// Pictures of earlier messages that the model is not shown, as it cannot see.
    pub unseen: u32,
    /// Whether the model can look at pictures; `None`: not known.
    pub sees: Option<bool>,
    /// Whether the person is to look at it before it is sent.
    pub review: bool,
    /// Why the model that was chosen does not answer, or why nothing does.
    pub because: Option<Problem>,
    /// The models that were passed over on the way to this one, and why.
    pub moves: Vec<Move>,
    /// Tokens of the prompt.
    #[specta(type = Number)]
    pub tokens: u64,
    /// Whether the model itself counts so.
    pub exact: bool,
    /// About what it will cost, in dollars; `None`: not known.
    pub about: Option<String>,
    /// The most that it can cost, in dollars; `None`: not known.
    pub most: Option<String>,
    /// How the tightest budget stands with it; `None`: there is no budget.
    pub budget: Option<Level>,
}

/// What leaves, or left, exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WhatLeaves {
    /// The model.
    pub model: String,
    /// The account, as the person calls it.
    pub account: String,
    /// Its identifier; `None`: it left already.
    pub account_id: Option<AccountId>,
    /// Whether policy wants the person to let it go first.
    pub asks: bool,
    /// The client of the local API that asked, as the person calls it; `None`: the person did.
    pub client: Option<String>,
    /// The messages, in pieces that show what was masked.
    pub messages: Vec<LeavingMessage>,
    /// Places in all that leaves that hold a placeholder or a note.
    pub masked: u32,
    /// The body of the request, byte for byte.
    pub body: String,
    /// What was found; empty when it is looked at later, as only what left is kept.
    pub found: Vec<Found>,
    /// The models that were passed over on the way to this one, and why.
    pub moves: Vec<Move>,
    /// Tokens of the prompt.
    #[specta(type = Number)]
    pub tokens: u64,
    /// Whether the model itself counts so.
    pub exact: bool,
    /// About what it costs, or what it did cost, in dollars; `None`: not known.
    pub cost: Option<String>,
}

impl From<DataClass> for RuleClass {
    fn from(class: DataClass) -> Self {
        match class {
            DataClass::Personal => Self::Personal,
            DataClass::Special => Self::Special,
            DataClass::Secret => Self::Secret,
        }
    }
}

/// What was found in a text, for a list.
pub(super) fn found(text: &str, finding: &Finding, action: Action) -> Found {
    Found {
        text: text
            .get(finding.bytes.clone())
            .unwrap_or_default()
            .to_owned(),
        kind: finding.kind.name().to_owned(),
        label: finding.kind.label().to_owned(),
        class: finding.kind.class().into(),
        reason: finding.reason.to_string(),
        rule: finding.rule.to_string(),
        score: finding.score,
        action,
        overruled: false,
        overruling: Overruling::of(&finding.kind),
    }
}

/// The messages of a request, whichever provider's language it is in: all of them have a list
/// `messages` whose texts are in `content`, and Anthropic has `system` beside it. A request for vectors or
/// for a moderation has its texts in `input`, one to Ollama to go on with a text in `prompt` and `suffix`.
pub(super) fn messages(body: &[u8], masks: &Masks) -> Vec<LeavingMessage> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let system = body.get("system");
    let system = system.map(|system| ("system", text_of(system), Vec::new()));
    let listed = body["messages"].as_array().into_iter().flatten();
    let listed = listed.map(|message| {
        let role = message["role"].as_str().unwrap_or("user");
        (role, text_of(&message["content"]), pictures_of(message))
    });
    let texts = match &body["input"] {
        Value::Array(texts) => texts.as_slice(),
        text => std::slice::from_ref(text),
    };
    let texts = texts.iter().filter_map(Value::as_str);
    let texts = texts.map(|text| ("input", text.to_owned(), Vec::new()));
    let around = ["prompt", "suffix"].into_iter();
    let around =
        around.filter_map(|name| Some((name, body[name].as_str()?.to_owned(), Vec::new())));
    system
        .into_iter()
        .chain(listed)
        .chain(texts)
        .chain(around)
        .map(|(role, text, pictures)| LeavingMessage {
            role: role.to_owned(),
            pieces: pieces(&text, masks),
            pictures,
        })
        .collect()
}

/// A text, or the texts of a list of parts.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// The pictures of a message, as each provider has them: among the parts of its content, by address or by
/// kind and content, or in a list of their own.
fn pictures_of(message: &Value) -> Vec<String> {
    let parts = message["content"].as_array().into_iter().flatten();
    let in_parts = parts.filter_map(|part| {
        if let Some(address) = part["image_url"]["url"].as_str() {
            return Some(address.to_owned());
        }
        let source = &part["source"];
        let (kind, data) = (source["media_type"].as_str()?, source["data"].as_str()?);
        Some(format!("data:{kind};base64,{data}"))
    });
    let listed = message["images"].as_array().into_iter().flatten();
    let listed = listed.filter_map(Value::as_str).map(|data| {
        // A list says no kind: of the two that leave, a PNG begins so.
        let kind = if data.starts_with("iVBOR") {
            "image/png"
        } else {
            "image/jpeg"
        };
        format!("data:{kind};base64,{data}")
    });
    in_parts.chain(listed).collect()
}

/// A text that left, taken apart at its placeholders and notes.
pub(super) fn pieces(text: &str, masks: &Masks) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while let Some(end) = text[at..].find(']').map(|found| at + found + 1) {
        let open = text[at..end].rfind('[').map(|found| at + found);
        at = end;
        let Some(open) = open else { continue };
        let placeholder = &text[open..end];
        let original = Some(restore(placeholder, masks)).filter(|value| value != placeholder);
        let removed = original.is_none() && is_note(placeholder);
        if original.is_none() && !removed {
            continue;
        }
        if plain < open {
            pieces.push(as_is(&text[plain..open]));
        }
        pieces.push(Piece {
            sent: placeholder.to_owned(),
            original,
            removed,
        });
        plain = end;
    }
    if plain < text.len() {
        pieces.push(as_is(&text[plain..]));
    }
    pieces
}

fn as_is(text: &str) -> Piece {
    Piece {
        sent: text.to_owned(),
        original: None,
        removed: false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::safety::{Options, Scanner, mask::mask};

    proptest! {
        #[test]
        fn the_pieces_put_together_are_both_texts(before in ".{0,30}", after in "[^@]{0,30}") {
            let text = format!("{before} anna.weiss@example.org {after}");
            let mut masks = Masks::new(7);
            let findings = Scanner::new(Options::default()).unwrap().scan(&text);
            let sent = mask(&text, &findings, &mut masks).text;
            let pieces = pieces(&sent, &masks);
            let again: String = pieces.iter().map(|piece| piece.sent.as_str()).collect();
            prop_assert_eq!(&again, &sent);
            let original: String = pieces
                .iter()
                .map(|piece| piece.original.as_deref().unwrap_or(&piece.sent))
                .collect();
            prop_assert_eq!(original, restore(&sent, &masks));
        }
    }

    #[test]
    fn a_note_is_a_piece_that_says_that_a_secret_was_there() {
        let text = "The password is hunter2!x, write to [Anna] [removed: it]";
        let mut masks = Masks::new(7);
        let findings = Scanner::new(Options::default()).unwrap().scan(text);
        let sent = mask(text, &findings, &mut masks).text;
        let pieces = pieces(&sent, &masks);
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| (piece.sent.as_str(), piece.removed))
            .collect();
        assert_eq!(
            pieces,
            [
                ("The password is ", false),
                ("[removed: PASSWORD]", true),
                (", write to [Anna] [removed: it]", false)
            ]
        );
    }

    #[test]
    fn the_messages_are_found_in_every_providers_language() {
        let masks = Masks::new(1);
        let texts = |body: Value| -> Vec<(String, String)> {
            messages(body.to_string().as_bytes(), &masks)
                .into_iter()
                .map(|message| {
                    let text = message.pieces.into_iter().map(|piece| piece.sent).collect();
                    (message.role, text)
                })
                .collect()
        };
        let wanted = vec![
            ("system".to_owned(), "Be brief.".to_owned()),
            ("user".to_owned(), "Hello".to_owned()),
        ];
        let openai = json!({ "messages": [
            { "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hello" } ] });
        assert_eq!(texts(openai), wanted);
        let anthropic = json!({ "system": "Be brief.", "messages": [
            { "role": "user", "content": [{ "type": "text", "text": "Hello" }] } ] });
        assert_eq!(texts(anthropic), wanted);
        let one = vec![("input".to_owned(), "Hello".to_owned())];
        assert_eq!(texts(json!({ "input": "Hello" })), one);
        assert_eq!(texts(json!({ "input": ["Hello"] })), one);
        assert_eq!(texts(json!({ "input": [[1, 2]] })), Vec::new());
        let around = [("prompt", "fn main() {"), ("suffix", "}")];
        assert_eq!(
            texts(json!({ "prompt": "fn main() {", "suffix": "}" })),
            around.map(|(role, text)| (role.to_owned(), text.to_owned()))
        );
    }
}
