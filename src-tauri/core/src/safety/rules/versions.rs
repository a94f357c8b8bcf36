//! Four numbers with dots that are no internet address: versions, sections, object identifiers.

use std::ops::Range;

/// How much before a number is read.
const BEFORE: usize = 64;

/// What stands before a version, a section or the like: small and without accents.
const BEFORE_WORDS: &[&str] = &[
    "abb",
    "abbildung",
    "abs",
    "absatz",
    "abschnitt",
    "abschn",
    "anhang",
    "anlage",
    "annex",
    "appendix",
    "art",
    "article",
    "articolo",
    "articulo",
    "artigo",
    "artikel",
    "capitolo",
    "capitulo",
    "chap",
    "chapitre",
    "chapter",
    "clause",
    "dotnet",
    "fig",
    "figure",
    "firmware",
    "hoofdstuk",
    "kap",
    "kapitel",
    "oid",
    "para",
    "paragraph",
    "paragraphe",
    "parrafo",
    "pkt",
    "rel",
    "release",
    "requirement",
    "rev",
    "revision",
    "rozdzial",
    "sdk",
    "sec",
    "sect",
    "section",
    "sections",
    "sektion",
    "sezione",
    "seccion",
    "secao",
    "tz",
    "v",
    "ver",
    "vers",
    "version",
    "versione",
    "versionen",
    "versions",
    "versie",
    "versao",
    "wersja",
    "ziff",
    "ziffer",
];

/// Programs whose version stands behind a slash, as in `Chrome/120.0.0.0`.
const BROWSERS: &[&str] = &[
    "chrome",
    "chromium",
    "crios",
    "edg",
    "electron",
    "firefox",
    "headlesschrome",
    "opera",
    "opr",
    "safari",
    "vivaldi",
];

/// Sections and versions do not count so far.
const MOST: u32 = 99;

/// What may stand between such a word and the number.
const BETWEEN: &[&str] = &[
    "and", "bis", "e", "es", "est", "et", "is", "ist", "no", "nr", "number", "numbers", "or", "ou",
    "oder", "to", "und", "y",
];

/// What stands after an object identifier.
const AFTER_WORDS: &[&str] = &["oid"];

/// Whether the words beside four numbers with dots say that they are a version, a section or the like.
pub(super) fn is_version(view: &str, span: &Range<usize>) -> bool {
    let from = view.floor_char_boundary(span.start.saturating_sub(BEFORE));
    let (Some(before), Some(after)) = (view.get(from..span.start), view.get(span.end..)) else {
        return false;
    };
    let after = after.strip_prefix(' ').unwrap_or_default();
    let after = after.strip_prefix('(').unwrap_or(after);
    let product = before.strip_suffix('/').map(last_word);
    if product.is_some_and(|product| is_in(BROWSERS, product)) {
        return true;
    }
    let mut parts = view[span.clone()].split('.');
    let is_small = parts.all(|part| part.parse::<u32>().is_ok_and(|part| part <= MOST));
    is_small && (is_in(AFTER_WORDS, first_word(after)) || is_announced(before))
}

fn is_announced(before: &str) -> bool {
    let mut head = before;
    loop {
        let marks = |mark: char| {
            matches!(
                mark,
                ' ' | ':' | '=' | '"' | '\'' | '.' | ',' | '/' | '(' | '#'
            )
        };
        // Two slashes begin the host of a link.
        if head.ends_with("//") {
            return false;
        }
        let shorter = head.trim_end_matches(marks);
        if shorter.ends_with('§') {
            return true;
        }
        let word = last_word(shorter);
        let rest = &shorter[..shorter.len() - word.len()];
        if word.is_empty() {
            let Some(earlier) = before_dotted(shorter) else {
                return false;
            };
            head = earlier;
        } else if is_in(BETWEEN, word) {
            head = rest;
        } else {
            // ".NET", but not the end of a host's name.
            let dotnet = word.eq_ignore_ascii_case("net")
                && rest
                    .strip_suffix('.')
                    .is_some_and(|host| !host.ends_with(char::is_alphanumeric));
            return dotnet || is_in(BEFORE_WORDS, word);
        }
    }
}

/// What stands before another number of three parts or more, as in `sections 9.4.7.3 and`.
fn before_dotted(text: &str) -> Option<&str> {
    let rest = text.trim_end_matches(|part: char| part.is_ascii_digit() || part == '.');
    let dots = text[rest.len()..].bytes().filter(|b| *b == b'.').count();
    (dots >= 2).then_some(rest)
}

fn last_word(text: &str) -> &str {
    let start = text.trim_end_matches(char::is_alphabetic).len();
    // A part of a name such as `lib2v` is no word.
    let rest = &text[..start];
    if rest.ends_with(|before: char| before.is_ascii_digit() || before == '_') {
        return "";
    }
    &text[start..]
}

fn first_word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphabetic());
    &text[..end.unwrap_or(text.len())]
}

fn is_in(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> bool {
        let number = "9.4.7.4";
        let at = text.find(number).unwrap();
        is_version(text, &(at..at + number.len()))
    }

    #[test]
    fn a_word_for_a_version_or_a_section_makes_it_one() {
        for text in [
            "see section 9.4.7.4 of the spec",
            "sections 9.4.7.3 and 9.4.7.4",
            "version 9.4.7.4",
            "\"version\": \"9.4.7.4\"",
            "Version number is 9.4.7.4",
            "v. 9.4.7.4",
            ".NET 9.4.7.4",
            "§ 9.4.7.4",
            "Artikel 9.4.7.4",
            "Kapitel 9.4.7.4",
            "Chrome/9.4.7.4 Safari",
            "9.4.7.4 OID",
            "OID=9.4.7.4",
        ] {
            assert!(version(text), "{text}");
        }
    }

    #[test]
    fn no_section_counts_as_far_as_most_addresses_do() {
        let text = "version 203.0.113.7";
        assert!(!is_version(text, &(8..text.len())));
    }

    #[test]
    fn an_address_stays_one() {
        for text in [
            "peer 9.4.7.4",
            "version 2.4 at 9.4.7.4",
            "version 2 and 9.4.7.4",
            "api.example.net 9.4.7.4",
            "http://9.4.7.4/v1",
            "host/9.4.7.4",
            "net 9.4.7.4/8",
            "lib2v 9.4.7.4",
            "9.4.7.4 is down",
            "DNS: point to 9.4.7.4",
            "firewall rule 9.4.7.4",
            "login from Chrome 9.4.7.4",
        ] {
            assert!(!version(text), "{text}");
        }
    }
}
