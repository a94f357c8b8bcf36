//! Private keys: PEM blocks (RFC 7468) as they stand in files, mails and tables, PuTTY's files, JSON Web
//! Keys (RFC 7517) and XML.
//!
//! What is quoted, commented or in a table has marks at the beginning of each line, so a block goes from its
//! first line to its last, whatever is between. Where the last line is missing, it goes on for as long as
//! its lines look like those of a key.

use std::{ops::Range, sync::LazyLock};

use memchr::memmem;
use regex::Regex;

/// A key and its names are not longer.
const LONGEST: usize = 32 << 10;
/// Labels are not longer: `BEGIN SSH2 ENCRYPTED PRIVATE KEY`.
const LABEL: usize = 60;

/// A key has so many letters in a row at least.
const LEAST: usize = 12;

/// Every private key in a text.
pub(super) fn private_keys(view: &str, mut found: impl FnMut(Range<usize>)) {
    blocks(view, &mut found);
    putty(view, &mut found);
    json(view, &mut found);
    xml(view, &mut found);
}

/// PEM, OpenSSH, PGP and SSH2: between a line with BEGIN and one with END, each between dashes.
fn blocks(view: &str, found: &mut impl FnMut(Range<usize>)) {
    let mut from = 0;
    while let Some(at) = memmem::find(&view.as_bytes()[from..], b"BEGIN ") {
        let word = from + at;
        from = word + 6;
        let Some(first) = boundary(view, word, 6).filter(|line| is_private(&view[line.clone()]))
        else {
            continue;
        };
        let end = end_of_block(view, first.end);
        from = end;
        // Documents show the first line alone, or dots after it.
        let longest = view[first.end..end]
            .split(|letter| !is_base64(letter))
            .map(str::len)
            .max();
        if longest.unwrap_or(0) >= LEAST {
            found(first.start..end);
        }
    }
}

fn is_private(line: &str) -> bool {
    line.contains("PRIVATE KEY")
}

/// The line of a block around BEGIN or END: dashes, the label, dashes.
fn boundary(view: &str, word: usize, length: usize) -> Option<Range<usize>> {
    let text = view.as_bytes();
    let dashes = |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|b| **b == b'-').count();
    let near = text[..word].strip_suffix(b" ").unwrap_or(&text[..word]);
    let before = dashes(&mut near.iter().rev().take(LABEL));
    let label = &text[word + length..(word + length + LABEL).min(text.len())];
    let label_end = memmem::find(label, b"--")?;
    let after = dashes(&mut label[label_end..].iter());
    let on_one_line = !label[..label_end].contains(&b'\n');
    (before >= 2 && on_one_line).then(|| near.len() - before..word + length + label_end + after)
}

/// Where the block ends whose first line ends at `from`.
fn end_of_block(view: &str, from: usize) -> usize {
    // A block may be of any length if it has an end: keys of PGP come in rings. Without one it is bounded.
    let limit = view.floor_char_boundary((from + LONGEST).min(view.len()));
    let within = view.as_bytes();
    let mut at = from;
    while let Some(dashes) = memmem::find(&within[at..], b"--") {
        at += dashes;
        let run = within[at..]
            .iter()
            .take_while(|byte| **byte == b'-')
            .count();
        let word = at + run + usize::from(within.get(at + run) == Some(&b' '));
        let rest = &within[word..];
        if rest.starts_with(b"BEGIN ") {
            return lines_of_key(&view[..at.min(limit)], from);
        }
        if rest.starts_with(b"END ") {
            let last = boundary(view, word, 4).filter(|line| is_private(&view[line.clone()]));
            return last.map_or(word + 4, |line| line.end);
        }
        at += run;
    }
    lines_of_key(&view[..limit], from)
}

/// Where the lines end that are those of a key: names and values, then letters of base64. Marks of
/// quotes, comments, tables and code may stand around them.
fn lines_of_key(view: &str, from: usize) -> usize {
    let mut end = from;
    let mut in_body = false;
    for line in view[from..].split_inclusive('\n') {
        let line_ends = ["\\n", "\\r", "<br>", "<br/>", "<br />"];
        let plain = line_ends
            .iter()
            .fold(line.to_owned(), |line, end| line.replace(end, " "));
        let around = |letter: char| letter.is_whitespace() || "\"'`>#|*/\\,;+".contains(letter);
        let inside = plain.trim_matches(around);
        let longest = inside
            .split(|letter| !is_base64(letter))
            .map(str::len)
            .max();
        let alone = inside.chars().all(is_base64) && (in_body || inside.len() >= LEAST);
        let body = longest.unwrap_or(0) >= 20 || alone;
        let name = !in_body
            && inside
                .split_once(": ")
                .is_some_and(|(name, _)| is_name(name));
        if !(body || name || inside.is_empty()) {
            break;
        }
        in_body |= body && !inside.is_empty();
        end += line.len();
    }
    from + view[from..end].trim_end().len()
}

fn is_base64(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=')
}

/// `Version`, `DEK-Info`: a name before the letters of a key.
fn is_name(name: &str) -> bool {
    name.len() < 24
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
}

/// PuTTY's files end with a check of the whole.
fn putty(view: &str, found: &mut impl FnMut(Range<usize>)) {
    const BEGIN: &[u8] = b"PuTTY-User-Key-File-";
    let mut from = 0;
    while let Some(at) = memmem::find(&view.as_bytes()[from..], BEGIN) {
        let start = from + at;
        let after = start + BEGIN.len();
        let limit = view.floor_char_boundary((after + LONGEST).min(view.len()));
        let next = memmem::find(&view.as_bytes()[after..limit], BEGIN);
        let part = &view[after..next.map_or(limit, |next| after + next)];
        let end = match part
            .find("Private-MAC:")
            .or_else(|| part.find("Private-Hash:"))
        {
            Some(last) => {
                let line = part[last..]
                    .find(['\n', '"', '<'])
                    .unwrap_or(part.len() - last);
                Some(after + last + part[last..last + line].trim_end().len())
            }
            // Without its private lines it is no private key.
            None => part
                .find("Private-Lines:")
                .map(|_| after + part.trim_end().len()),
        };
        if let Some(end) = end {
            found(start..end);
        }
        from = end.unwrap_or(after);
    }
}

/// A JSON Web Key with its private part: `d` of an RSA or an elliptic key, `k` of a symmetric one.
fn json(view: &str, found: &mut impl FnMut(Range<usize>)) {
    static PRIVATE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?-u:\b)[dk]\\?["']?[ \t\r\n]{0,8}:[ \t\r\n]{0,8}\\?["'][A-Za-z0-9_-]{20,}"#)
            .expect("the pattern is fixed")
    });
    let mut floor = 0;
    let mut from = 0;
    while let Some(at) = memmem::find(&view.as_bytes()[from..], b"kty") {
        let word = from + at;
        from = word + 3;
        // A key has one `kty` and no braces inside, so what lies before the last one is not of it.
        let start = view[floor..word].rfind('{').map(|open| floor + open);
        let limit = view.floor_char_boundary((from + LONGEST).min(view.len()));
        let stop =
            memmem::find(&view.as_bytes()[from..limit], b"kty").map_or(limit, |at| from + at);
        let end = view[from..stop]
            .find('}')
            .map_or(stop, |close| from + close + 1);
        floor = from;
        if let Some(start) = start
            && from - start <= LONGEST
            && PRIVATE.is_match(&view[start..end])
        {
            found(start..end);
        }
    }
}

/// Keys of .NET: `D` of an RSA key, `X` of a DSA key.
fn xml(view: &str, found: &mut impl FnMut(Range<usize>)) {
    for (begin, last, private) in [
        ("<RSAKeyValue", "</RSAKeyValue>", "<D>"),
        ("<DSAKeyValue", "</DSAKeyValue>", "<X>"),
    ] {
        let mut from = 0;
        while let Some(at) = memmem::find(&view.as_bytes()[from..], begin.as_bytes()) {
            let start = from + at;
            from = start + begin.len();
            let limit = view.floor_char_boundary((from + LONGEST).min(view.len()));
            let next = view[from..limit]
                .find(begin)
                .map_or(limit, |next| from + next);
            let end = view[from..next]
                .find(last)
                .map_or(next, |at| from + at + last.len());
            if view[start..end].contains(private) {
                found(start..end);
                from = end;
            }
        }
    }
}
