//! Tables for people, JSON for programs.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
};

use jiff::Timestamp;
use serde::Serialize;

use crate::failure::Failure;

/// One JSON value on a line of its own.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(Failure::system)?;
    line(&text)
}

/// One line of text. A reader that went away (`| head`) is no failure.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{}", harmless(text, &io::stdout())) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::system(error)),
        _ => Ok(()),
    }
}

/// Text of a model, a document or a file for a terminal, which would act on control characters in
/// it. A pipe gets the text as it is.
pub(crate) fn harmless<'a>(text: &'a str, goes_to: &impl IsTerminal) -> Cow<'a, str> {
    let acts = |c: char| c.is_control() && c != '\n' && c != '\t';
    if goes_to.is_terminal() && text.contains(acts) {
        return Cow::Owned(text.replace(acts, "\u{fffd}"));
    }
    Cow::Borrowed(text)
}

/// Columns under headings, as wide as their widest cell; the last one is not padded.
pub(crate) fn table<const N: usize>(
    headings: [&str; N],
    rows: &[[String; N]],
) -> Result<(), Failure> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells
            .chain([headings[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let print = |cells: [&str; N]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        line(padded.join("  ").trim_end())
    };
    print(headings)?;
    rows.iter()
        .try_for_each(|row| print(std::array::from_fn(|column| row[column].as_str())))
}

/// A number with its word: "1 chat", "2 chats".
pub(crate) fn many(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// A list in a sentence: "a, b and c".
pub(crate) fn listed(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// UTC milliseconds as a date and time of this computer's time zone.
pub(crate) fn time(ms: i64) -> String {
    let zone = jiff::tz::TimeZone::system();
    match Timestamp::from_millisecond(ms) {
        Ok(time) => time
            .to_zoned_datetime(zone)
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
        Err(_) => "?".into(),
    }
}

/// The beginning of a text, on one line.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most - 1).chain(['…']).collect()
}
