//! What stands between marks: quotes, brackets, fences, tags. Where it cannot be told what belongs together,
//! everything from there on does.

use std::ops::Range;

/// What encloses a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Double,
    Single,
    /// By the bracket that closes it.
    Bracket(char),
}

enum Mark {
    None,
    Opens(Kind),
    Closes(Kind),
    Unsure,
}

const BRACKETS: [(char, char); 6] = [
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('<', '>'),
    ('⟦', '⟧'),
    ('「', '」'),
];

/// What quotes, brackets and backticks enclose in a paragraph, in order and apart; `None`: something is open
/// at its end, or closes what is not open, or could do either.
pub(super) fn enclosed(text: &str) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut open: Vec<(Kind, usize)> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let end = at + c.len_utf8();
        if c == '`' {
            let end = end_of_code(text, at)?;
            if open.is_empty() {
                found.push(at..end);
            }
            at = end;
            continue;
        }
        let before = text[..at].chars().next_back();
        match mark(before, c, text[end..].chars().next()) {
            Mark::None => {}
            Mark::Unsure => return None,
            // A quote in a quote of its kind could as well be its end.
            Mark::Opens(Kind::Double | Kind::Single) if is_open(&open, c) => return None,
            Mark::Opens(kind) => open.push((kind, at)),
            Mark::Closes(kind) => match open.pop_if(|(last, _)| *last == kind) {
                Some((_, begin)) if open.is_empty() => found.push(begin..end),
                Some(_) => {}
                // The owners' mark: nothing is open that it could close.
                None if kind == Kind::Single
                    && !open.iter().any(|(kind, _)| *kind == Kind::Single) => {}
                None => return None,
            },
        }
        at = end;
    }
    open.is_empty().then_some(found)
}

fn is_open(open: &[(Kind, usize)], mark: char) -> bool {
    open.iter().any(|(kind, _)| quote(mark) == Some(*kind))
}

/// The end of what as many backticks as here enclose.
fn end_of_code(text: &str, at: usize) -> Option<usize> {
    let run = |at: usize| text[at..].len() - text[at..].trim_start_matches('`').len();
    let ticks = run(at);
    let mut next = at + ticks;
    loop {
        next += text[next..].find('`')?;
        let found = run(next);
        next += found;
        if found == ticks {
            return Some(next);
        }
    }
}

fn quote(c: char) -> Option<Kind> {
    match c {
        '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '‹' | '›' | '＂' => {
            Some(Kind::Double)
        }
        '\'' | '‘' | '’' | '‚' | '‛' => Some(Kind::Single),
        _ => None,
    }
}

/// What a character does between its neighbours. Quotes are told by where they stand, not by their form, as
/// languages use the same forms the other way round.
fn mark(before: Option<char>, c: char, after: Option<char>) -> Mark {
    for (opens, closes) in BRACKETS {
        if c == opens {
            return Mark::Opens(Kind::Bracket(closes));
        }
        if c == closes {
            return Mark::Closes(Kind::Bracket(closes));
        }
    }
    let Some(kind) = quote(c) else {
        return Mark::None;
    };
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    if kind == Kind::Single && is_letter(before) && is_letter(after) {
        return Mark::None;
    }
    let is_space = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let is_opening = |c: char| quote(c).is_some() || "([{<⟦-–—/".contains(c);
    let opens = (is_space(before) || before.is_some_and(is_opening)) && !is_space(after);
    let closes = !is_space(before) && !is_letter(after);
    match (opens, closes) {
        (true, false) => Mark::Opens(kind),
        (false, true) => Mark::Closes(kind),
        _ => Mark::Unsure,
    }
}

/// Parts of a text that stay as they are whatever stands in them: from the first fence to the last, from the
/// first tag to the last that closes one, and all that follows a line which only sets things apart.
pub(super) fn apart(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut at, mut fences) = (0, Vec::new());
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        if words.starts_with("```") || words.starts_with("~~~") {
            fences.push(at..at + line.len());
        } else if sets_apart(words) {
            found.push(at..text.len());
        }
        at += line.len();
    }
    if let (Some(first), Some(last)) = (fences.first(), fences.last()) {
        let is_closed = fences.len() % 2 == 0;
        found.push(first.start..if is_closed { last.end } else { text.len() });
    }
    for (opening, closing, end) in [
        ('<', "</", '>'),
        ('[', "[/", ']'),
        ('{', "{/", '}'),
        ('{', "{%", '}'),
        ('{', "{#", '}'),
    ] {
        let (Some(first), Some(last)) = (text.find(opening), text.rfind(closing)) else {
            continue;
        };
        // To the last of all of them, as what closes a block may look like what opens one.
        let last = text.rfind(end).filter(|end| *end > last);
        found.push(first..last.map_or(text.len(), |last| last + end.len_utf8()));
    }
    found
}

/// A line of one mark, three times or more.
fn sets_apart(line: &str) -> bool {
    let mut marks = line.chars();
    let Some(first) = marks.next() else {
        return false;
    };
    !first.is_alphanumeric() && line.chars().count() >= 3 && marks.all(|mark| mark == first)
}
