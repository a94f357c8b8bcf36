//! Where a value ends: at its closing quote, or else at a space or a mark that goes on without it.

use std::ops::Range;

/// Longer values are no passwords.
const LONGEST: usize = 256;

/// A value as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub range: Range<usize>,
    /// Whether quotes stand around it.
    pub quoted: bool,
}

impl Value {
    pub(super) fn of<'v>(&self, view: &'v str) -> &'v str {
        &view[self.range.clone()]
    }
}

/// The value that begins at `at`.
pub(super) fn value(view: &str, at: usize) -> Option<Value> {
    quoted(view, at).or_else(|| {
        let begin = at + opening(&view[at..]).map_or(0, |quote| quote.length);
        bare(view, begin)
    })
}

struct Quote {
    length: usize,
    close: &'static str,
    escaped: bool,
}

/// The quote that opens here, after a letter such as `b` or `r` of a programming language.
fn opening(rest: &str) -> Option<Quote> {
    const QUOTES: &[(&str, &str)] = &[
        ("\"\"\"", "\"\"\""),
        ("'''", "'''"),
        ("```", "```"),
        ("\"", "\""),
        ("'", "'"),
        ("`", "`"),
        ("“", "”"),
        ("„", "“"),
        ("‘", "’"),
        ("‚", "‘"),
        ("«", "»"),
        ("»", "«"),
        ("「", "」"),
        ("『", "』"),
    ];
    let letter = usize::from(rest.starts_with(['b', 'r', 'u', 'f']));
    let escape = usize::from(rest[letter..].starts_with('\\'));
    let written = &rest[letter + escape..];
    let (open, close) = QUOTES.iter().find(|(open, _)| written.starts_with(open))?;
    Some(Quote {
        length: letter + escape + open.len(),
        close,
        escaped: escape > 0,
    })
}

/// What stands between quotes on one line.
fn quoted(view: &str, at: usize) -> Option<Value> {
    let quote = opening(&view[at..])?;
    let begin = at + quote.length;
    let limit = view.floor_char_boundary((begin + LONGEST).min(view.len()));
    let window = &view[begin..limit];
    let window = &window[..window.find('\n').unwrap_or(window.len())];
    let mut from = 0;
    while let Some(found) = window[from..].find(quote.close) {
        let end = from + found;
        from = end + quote.close.len();
        let backslashes = window[..end]
            .bytes()
            .rev()
            .take_while(|b| *b == b'\\')
            .count();
        // `it's4real`: an apostrophe.
        let apostrophe = quote.close == "'" && window[from..].starts_with(char::is_alphanumeric);
        if backslashes % 2 != usize::from(quote.escaped) || apostrophe {
            continue;
        }
        let written = &window[..end - usize::from(quote.escaped)];
        let start = begin + written.len() - written.trim_start().len();
        return Some(Value {
            range: start..start + written.trim().len(),
            quoted: true,
        });
    }
    None
}

/// What goes on without a space.
fn bare(view: &str, begin: usize) -> Option<Value> {
    let limit = view.floor_char_boundary((begin + LONGEST + 1).min(view.len()));
    let window = &view[begin..limit];
    let end = window
        .char_indices()
        .find(|(at, letter)| ends_here(*letter, &window[*at..], *at))
        .map_or(window.len(), |(at, _)| at);
    let written = trimmed(&window[..end]);
    (!written.is_empty() && end <= LONGEST).then(|| Value {
        range: begin..begin + written.len(),
        quoted: false,
    })
}

fn ends_here(letter: char, rest: &str, at: usize) -> bool {
    match letter {
        '"' | '`' | '”' | '“' | '»' | '」' => true,
        '\'' => !rest[1..].starts_with(char::is_alphanumeric),
        '<' => at > 0 && begins_tag(&rest[1..]),
        ';' | ',' => names_another(&rest[1..]),
        _ => letter.is_whitespace(),
    }
}

/// `</td>`, `<br>`: the end of what stands in HTML.
fn begins_tag(rest: &str) -> bool {
    const TAGS: &[&str] = &[
        "br", "p", "b", "i", "em", "td", "tr", "th", "li", "ul", "div", "span", "code", "strong",
    ];
    let name = rest.find(|letter: char| !letter.is_ascii_alphanumeric());
    let name = &rest[..name.unwrap_or(rest.len())];
    rest.starts_with(['/', '!'])
        || TAGS.contains(&name) && rest[name.len()..].starts_with(['>', ' ', '/'])
}

/// `;Encrypt=`, `,user:`: the next pair of a list.
fn names_another(rest: &str) -> bool {
    let name =
        rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || " _-\"'".contains(letter)));
    name.is_some_and(|end| (3..32).contains(&end) && rest[end..].starts_with(['=', ':']))
}

/// Without what closes or ends the sentence around it.
fn trimmed(written: &str) -> &str {
    const PAIRS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
    let mut value = written;
    loop {
        let count = |letter| value.matches(letter).count();
        let Some(last) = value.chars().next_back() else {
            return value;
        };
        let closes = PAIRS
            .iter()
            .any(|&(open, close)| close == last && count(close) > count(open));
        let ends = ".,;:'\\。、，；：）".contains(last);
        let tag = last == '>' && count('>') > count('<');
        // `**bold**`.
        let marked = last == '*' && value.ends_with("**") && !value.starts_with("**");
        if !(closes || ends || tag || marked) {
            return value;
        }
        value = &value[..value.len() - last.len_utf8()];
    }
}
