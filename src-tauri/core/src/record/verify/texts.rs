//! Whether texts and pictures of question and answer are still the ones that the entry of their call speaks of.
//! An edited message is another message, so a text is never legitimately another one; where texts were
//! erased, the private part that speaks of them was destroyed with them.

use rusqlite::Connection;
use serde::Deserialize;

use super::Fault;
use crate::{
    chat::{self, pictures},
    ids::MessageId,
    record::{action::Action, encoding::hex, entries::Entry},
};

/// What the private part of [`Action::CallBegan`] says of texts; the gate writes it.
#[derive(Deserialize)]
struct Asked {
    question: Option<Text>,
}

/// What that of [`Action::CallEnded`] says.
#[derive(Deserialize)]
struct Answered {
    question: Option<Text>,
    answer: Text,
}

#[derive(Deserialize)]
struct Text {
    message: MessageId,
    sha256: String,
    /// What its pictures hash to, in their order.
    #[serde(default)]
    pictures: Vec<String>,
}

/// The fault in the texts that the private part of an entry speaks of, if it speaks of any.
pub(super) fn differ(
    conn: &Connection,
    entry: &Entry,
    payload: &str,
) -> rusqlite::Result<Option<Fault>> {
    // A call that wrote no answer has a private part of another form, or none.
    let texts: Vec<Text> = if entry.action == Action::CallBegan.name() {
        let asked = serde_json::from_str::<Asked>(payload).ok();
        asked.and_then(|asked| asked.question).into_iter().collect()
    } else if entry.action == Action::CallEnded.name() {
        let answered = serde_json::from_str::<Answered>(payload).ok();
        answered.map_or(Vec::new(), |Answered { question, answer }| {
            question.into_iter().chain([answer]).collect()
        })
    } else {
        return Ok(None);
    };
    for text in &texts {
        match chat::text_sha256(conn, text.message)? {
            Some(hash) if hex(&hash) == text.sha256 => {
                let shown = pictures::hashes(conn, text.message)?;
                if !shown
                    .iter()
                    .map(|hash| hex(hash))
                    .eq(text.pictures.iter().cloned())
                {
                    return Ok(Some(Fault::TextChanged(entry.sequence)));
                }
            }
            Some(_) => return Ok(Some(Fault::TextChanged(entry.sequence))),
            None => return Ok(Some(Fault::TextMissing(entry.sequence))),
        }
    }
    Ok(None)
}
