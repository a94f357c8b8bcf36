//! An archive to read: one page without scripts, light or dark as the reader's system is, and fit for paper.
//! Texts of people and models are hostile here, too: they are shown as text and as nothing else.

use std::{borrow::Cow, collections::HashSet, io, io::Write};

use jiff::Timestamp;

use super::{Holdings, Scope};
use crate::{
    chat::{self, FileConversation, FileMessage, Rating},
    protocol::Role,
    record::StandingFault,
};

/// What stands above every page. Nothing may be loaded or run, whatever a text would like.
const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gatehouse archive</title>
<style>
:root { color-scheme: light dark; --paper: #faf9f6; --ink: #1d1c19; --quiet: #5b5850; --line: #e4e1d8; --mine: #f2f0ea; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --paper: #171816; --ink: #ecebe5; --quiet: #b0aea5; --line: #2e312c; --mine: #121311; --bad: #f0857d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 16px; max-width: 760px; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1, h2, h3 { line-height: 1.25; }
h2 { margin-top: 48px; padding-top: 16px; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
a { color: inherit; }
li { overflow-wrap: anywhere; }
dt, .about { color: var(--quiet); font-size: 14px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; }
dd { margin: 0; }
.message { margin: 16px 0; padding: 8px 16px; border-left: 3px solid var(--line); }
.user { background: var(--mine); }
.about { margin: 0 0 4px; }
.text { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.note { margin: 4px 0 0; color: var(--bad); font-size: 14px; }
@media print { :root { --paper: #fff; --ink: #000; --quiet: #444; --line: #bbb; --mine: #fff; --bad: #000; } body { padding: 0; max-width: none; font-size: 11pt; } h2 { break-before: page; border: 0; } h2, h3, .about { break-after: avoid; } }
</style>
</head>
<body>
"#;

/// Begin the page: what the archive holds, and whether a `fault` of the record stands. `now_ms` is UTC
/// milliseconds.
pub(super) fn begin(
    out: &mut impl Write,
    scope: Scope,
    holds: &Holdings,
    fault: Option<&StandingFault>,
    now_ms: i64,
) -> io::Result<()> {
    let of = match scope {
        Scope::Conversation { .. } => "One conversation",
        Scope::Workspace { .. } => "One workspace",
        Scope::Everything => "Everything",
    };
    out.write_all(HEAD.as_bytes())?;
    write!(
        out,
        "<h1>Gatehouse archive</h1>\n<dl>\n<dt>Made</dt><dd>{}</dd>\n<dt>Of</dt><dd>{of}</dd>\n",
        time(now_ms)
    )?;
    for (what, number) in [
        ("Workspaces", holds.workspaces),
        ("Conversations", holds.conversations),
        ("Messages", holds.messages),
        ("Calls to models", holds.calls),
        ("Entries of the record", holds.record_entries),
    ] {
        writeln!(out, "<dt>{what}</dt><dd>{number}</dd>")?;
    }
    out.write_all(
        b"</dl>\n<p>This page is for reading. The files beside it say the same for programs, and \
          what calls have cost.</p>\n",
    )?;
    if let Some(fault) = fault {
        writeln!(
            out,
            "<p class=\"note\">A verification had found a fault in the record ({}), and it stood when this was made: \
             what is here of the record is what was there then, which may not be what was written.</p>",
            escaped(&fault.to_string())
        )?;
    }
    Ok(())
}

/// A line of the list of conversations, which leads to its place on the page.
pub(super) fn listed(out: &mut impl Write, number: u32, title: Option<&str>) -> io::Result<()> {
    let title = escaped(title.unwrap_or("Conversation"));
    writeln!(
        out,
        "<li dir=\"auto\"><a href=\"#c{number}\">{title}</a></li>"
    )
}

/// One conversation: the branch that is shown, then what other branches have.
pub(super) fn conversation(
    out: &mut impl Write,
    number: u32,
    conversation: &FileConversation,
) -> io::Result<()> {
    let title = conversation.title.as_deref().unwrap_or("Conversation");
    writeln!(
        out,
        "<section>\n<h2 dir=\"auto\" id=\"c{number}\">{}</h2>",
        escaped(title)
    )?;
    write!(out, "<p class=\"about\">")?;
    if let Some(workspace) = &conversation.workspace {
        write!(out, "<bdi>{}</bdi>, ", escaped(workspace))?;
    }
    writeln!(
        out,
        "begun {}, last changed {}</p>",
        time(conversation.created_at_ms),
        time(conversation.updated_at_ms)
    )?;
    for (what, text) in [
        ("Instructions", &conversation.system_prompt),
        ("Typed and not sent", &conversation.draft),
    ] {
        if !text.is_empty() {
            writeln!(
                out,
                "<h3>{what}</h3>\n<p class=\"text\" dir=\"auto\">{}</p>",
                escaped(text)
            )?;
        }
    }
    let shown = shown(conversation);
    let (mut above, mut before) = (HashSet::new(), None);
    for &at in &shown {
        message(out, at, before, before, &conversation.messages[at])?;
        above.insert(at);
        before = Some(at);
    }
    if above.len() < conversation.messages.len() {
        writeln!(out, "<h3>Other versions</h3>")?;
    }
    for (at, other) in conversation.messages.iter().enumerate() {
        if !above.contains(&at) {
            message(out, at, before, other.parent, other)?;
            before = Some(at);
        }
    }
    writeln!(out, "</section>")
}

/// End the page.
pub(super) fn end(out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"</body>\n</html>\n")
}

/// The positions of the branch that is shown, first message first.
fn shown(conversation: &FileConversation) -> Vec<usize> {
    let messages = &conversation.messages;
    let mut shown = Vec::new();
    let mut next = (conversation.leaf < messages.len()).then_some(conversation.leaf);
    while let Some(at) = next {
        shown.push(at);
        // A parent stands before its children, so this ends.
        next = messages[at].parent.filter(|parent| *parent < at);
    }
    shown.reverse();
    shown
}

/// One message; where it does not follow the one above it on the page, it says which it follows.
fn message(
    out: &mut impl Write,
    at: usize,
    above: Option<usize>,
    parent: Option<usize>,
    message: &FileMessage,
) -> io::Result<()> {
    let (class, speaker) = match (message.role, &message.model) {
        (Role::User, _) => ("message user", "You"),
        (_, Some(model)) => ("message", model.as_str()),
        (_, None) => ("message", "Answer"),
    };
    write!(
        out,
        "<div class=\"{class}\">\n<p class=\"about\">{}. <bdi>{}</bdi>, {}",
        at + 1,
        escaped(speaker),
        time(message.created_at_ms)
    )?;
    match parent {
        Some(parent) if above != Some(parent) => write!(out, ", after {}", parent + 1)?,
        None if above.is_some() => write!(out, ", as a beginning")?,
        _ => {}
    }
    match message.rating {
        Some(Rating::Good) => write!(out, ", rated good")?,
        Some(Rating::Bad) => write!(out, ", rated bad")?,
        None => {}
    }
    writeln!(
        out,
        "</p>\n<p class=\"text\" dir=\"auto\">{}</p>",
        escaped(&message.text)
    )?;
    let error = message.error.as_ref().map(|error| error.to_string());
    let pictures = chat::pictures_note(message.pictures.len());
    let notes = [message.state.note(), error.as_deref(), pictures.as_deref()];
    for note in notes.into_iter().flatten() {
        writeln!(out, "<p class=\"note\" dir=\"auto\">{}</p>", escaped(note))?;
    }
    writeln!(out, "</div>")
}

/// Text that is nothing but text in a page, also between quotes. Characters that nobody sees and that a
/// reader could act on are marked.
fn escaped(text: &str) -> Cow<'_, str> {
    let special = |c: char| {
        matches!(c, '&' | '<' | '>' | '"' | '\'') || c.is_control() && !matches!(c, '\n' | '\t')
    };
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\r' => {}
            c if special(c) => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

fn time(ms: i64) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => "at an unknown time".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_becomes_more_than_text(text: String) {
            let page = escaped(&text);
            prop_assert!(!page.contains(['<', '>', '"', '\'']));
            let back = page
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
            let seen: String = text.chars().filter(|c| *c != '\r').map(|c| {
                if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }
            }).collect();
            prop_assert_eq!(back, seen, "and nothing of it is lost");
        }
    }
}
