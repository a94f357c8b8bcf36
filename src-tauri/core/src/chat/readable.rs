//! A conversation as a person reads it outside the app: Markdown, in a file with a name that fits.

use std::fmt::Write as _;

use super::Message;

/// The branch that is shown, as Markdown.
pub(super) fn markdown(title: &str, shown: &[Message]) -> String {
    let mut text = format!("# {title}\n");
    for message in shown {
        write!(
            text,
            "\n## {}\n\n{}\n",
            message.speaker(),
            message.text.trim()
        )
        .expect("a string takes every write");
        if let Some(note) = pictures_note(message.pictures.len()) {
            write!(text, "\n*{note}*\n").expect("a string takes every write");
        }
        if let Some(note) = message.note() {
            write!(text, "\n*{note}*\n").expect("a string takes every write");
        }
    }
    text
}

/// What a text says of pictures that are not in it.
pub fn pictures_note(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("One picture is not in this text.".into()),
        more => Some(format!("{more} pictures are not in this text.")),
    }
}

/// The name of a file, made of a title, without what some file system refuses.
pub(super) fn file_name(title: &str) -> String {
    let plain: String = title
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_') {
                c
            } else {
                ' '
            }
        })
        .collect();
    let name = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = name.chars().take(60).collect();
    match short.trim() {
        "" => "Conversation".into(),
        name => name.into(),
    }
}
