use proptest::prelude::*;

use super::*;
use crate::safety::{
    Kind,
    mask::{
        mask, mask_json,
        tests::{finding, findings, texts},
    },
};

fn masks() -> Masks {
    Masks::new(4_242)
}

fn nonce() -> String {
    masks().nonce().as_str().to_owned()
}

/// Anna is PERSON-1, a bank account with a quote in it IBAN-CODE-1.
fn two() -> Masks {
    let mut masks = masks();
    masks.placeholder(&Kind::Person, "Anna Berg").unwrap();
    masks.placeholder(&Kind::IbanCode, "DE \"89\"\\\n").unwrap();
    masks
}

/// What comes out of a channel when `text` arrives in pieces that end at these places; `look` is
/// given the restorer after each piece.
fn streamed(
    text: &str,
    ends: &[usize],
    channel: Channel,
    masks: &Masks,
    mut look: impl FnMut(&Restorer),
) -> String {
    let mut restorer = Restorer::new(masks);
    let mut ends: Vec<_> = ends
        .iter()
        .map(|end| text.floor_char_boundary(*end))
        .collect();
    ends.push(text.len());
    ends.sort_unstable();
    let (mut from, mut out) = (0, String::new());
    for end in ends {
        out += &restorer.piece(channel, &text[from..end]);
        look(&restorer);
        from = end;
    }
    out + &restorer.end(channel)
}

fn longest(masks: &Masks) -> usize {
    masks
        .iter()
        .map(|(placeholder, _)| placeholder.chars().count())
        .max()
        .unwrap_or(0)
}

fn ends() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..300_usize, 0..12)
}

proptest! {
    #[test]
    fn any_split_of_the_stream_gives_the_text(
        text in texts(&nonce()), findings in findings(), ends in ends(),
    ) {
        let mut masks = masks();
        let masked = mask(&text, &findings, &mut masks);
        let restored = streamed(&masked.text, &ends, Channel::Content, &masks, |_| ());
        prop_assert_eq!(restored, text);
    }

    #[test]
    fn any_order_of_placeholders_gives_their_values(
        order in prop::collection::vec(0..30_usize, 0..40), ends in ends(),
    ) {
        let mut masks = masks();
        let values: Vec<_> = (0..30).map(|n| format!("Name {}{}", n / 2, " ".repeat(n % 2))).collect();
        let placeholders: Vec<_> = values
            .iter()
            .map(|value| masks.placeholder(&Kind::Person, value).unwrap())
            .collect();
        let text: String = order.iter().map(|n| placeholders[*n].as_str()).collect();
        let expected: String = order.iter().map(|n| values[*n].as_str()).collect();
        let restored = streamed(&text, &ends, Channel::Reasoning, &masks, |_| ());
        prop_assert_eq!(restored, expected);
    }

    #[test]
    fn any_split_of_arguments_gives_the_document(
        values in prop::collection::vec(texts(&nonce()), 0..4), ends in ends(),
        escape in any::<bool>(),
    ) {
        let mut masks = masks();
        let document = serde_json::json!({ "Anna": values });
        let find = |text: &str| {
            let quotes = text.match_indices(['\\', '\n', 'A', '[']);
            quotes.map(|(at, _)| finding(Kind::Person, at..at + 3)).collect()
        };
        let mut sent = mask_json(&document.to_string(), find, &mut masks).text;
        if escape {
            // Some programs escape more than they must.
            sent = sent.replace("[PERSON-", "\\u005bPERSON\\u002D");
        }
        let restored = streamed(&sent, &ends, Channel::Arguments(0), &masks, |_| ());
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&restored).unwrap(), document);
    }

    #[test]
    fn splits_never_change_what_comes_out(text in texts(&nonce()), ends in ends()) {
        let masks = two();
        for channel in [Channel::Content, Channel::Arguments(3)] {
            let whole = streamed(&text, &[], channel, &masks, |_| ());
            prop_assert_eq!(streamed(&text, &ends, channel, &masks, |_| ()), whole);
        }
    }

    #[test]
    fn a_piece_is_held_back_only_as_the_beginning_of_a_placeholder(
        text in texts(&nonce()), ends in ends(),
    ) {
        let masks = two();
        let most = 2 * longest(&masks); // as if every letter of it were escaped
        streamed(&text, &ends, Channel::Content, &masks, |restorer| {
            assert!(restorer.held() <= most);
        });
        let placeholder = masks.iter().next().unwrap().0;
        let plain = text.replace(['\\', ' '], &placeholder);
        streamed(&plain, &ends, Channel::Content, &masks, |restorer| {
            assert!(restorer.held() < longest(&masks), "one more letter would decide");
        });
    }

    #[test]
    fn a_text_without_placeholders_passes_unchanged(text in any::<String>(), ends in ends()) {
        let masks = two();
        for channel in [Channel::Content, Channel::Arguments(0)] {
            prop_assert_eq!(&streamed(&text, &ends, channel, &masks, |_| ()), &text);
        }
    }
}

#[test]
fn a_beginning_is_held_back_and_nothing_else() {
    let masks = two();
    let mut restorer = Restorer::new(&masks);
    let mut piece = |piece: &str| restorer.piece(Channel::Content, piece);
    assert_eq!(piece("Dear [PER"), "Dear ");
    assert_eq!(piece("fect"), "[PERfect", "no placeholder begins so");
    assert_eq!(piece(" [PERSON-1"), " ");
    assert_eq!(piece(&format!("-{}], hello", nonce())), "Anna Berg, hello");
    assert_eq!(piece(" [PERSON"), " ");
    assert_eq!(
        restorer.end(Channel::Content),
        "[PERSON",
        "the block ends before it is one"
    );
}

#[test]
fn channels_do_not_disturb_each_other() {
    let masks = two();
    let mut restorer = Restorer::new(&masks);
    let nonce = nonce();
    let (content, first, second) = (
        Channel::Content,
        Channel::Arguments(0),
        Channel::Arguments(1),
    );
    assert_eq!(restorer.piece(content, "[PERSON-"), "");
    assert_eq!(restorer.piece(first, r#"{"a": "[IBAN-"#), r#"{"a": ""#);
    assert_eq!(
        restorer.piece(second, "[1, 2"),
        "[1, 2",
        "outside of strings nothing is held"
    );
    assert_eq!(restorer.piece(content, &format!("1-{nonce}]")), "Anna Berg");
    assert_eq!(
        restorer.piece(first, &format!("CODE-1-{nonce}]\"}}")),
        r#"DE \"89\"\\\n"}"#,
        "the value is escaped inside a string"
    );
    assert_eq!(restorer.piece(content, "["), "");
    assert_eq!(restorer.end_all(), [(content, "[".to_owned())]);
}

#[test]
fn code_tables_and_markdown_change_nothing() {
    let masks = two();
    let nonce = nonce();
    let text = format!(
        "| **[PERSON-1-{nonce}]** | `[PERSON-1-{nonce}]` |\n```py\nname = \"[PERSON-1-{nonce}]\"\n```\n# _[PERSON-1-{nonce}]_"
    );
    assert_eq!(
        restore(&text, &masks),
        text.replace(&format!("[PERSON-1-{nonce}]"), "Anna Berg")
    );
}

#[test]
fn what_a_model_changed_a_little_is_restored_and_counted() {
    let masks = two();
    let n = nonce();
    let loud = n.to_uppercase();
    for (written, restored) in [
        (format!("[Person-1-{n}]"), "Anna Berg"),
        (format!("[PERSON-1-{loud}]"), "Anna Berg"),
        (format!("[PERSON_1_{n}]"), "Anna Berg"),
        (format!("[PERSON 1 {n}]"), "Anna Berg"),
        (format!("[PERSON\u{2011}1\u{2011}{n}]"), "Anna Berg"),
        (format!("\\[PERSON\\-1\\-{n}\\]"), "Anna Berg"),
        (format!("\\[PERSON\\_1\\_{n}\\]"), "Anna Berg"),
        (format!("[ PERSON-1-{n} ]"), "Anna Berg"),
        (format!("PERSON-1-{n}"), "Anna Berg"),
        (format!("PERSON-1-{n}s"), "Anna Bergs"),
        (format!("(PERSON-1-{n})"), "(Anna Berg)"),
        (format!("PERSON-1-{n}]"), "Anna Berg]"),
        (format!("[PERSON-1-{n}"), "[Anna Berg"),
        (format!("[PERSON-1-{n} "), "[Anna Berg "),
        (format!("[ PERSON-1-{n}\\x"), "[ Anna Berg\\x"),
        (
            format!("[PERSON-1-{n} [PERSON-1-{n}"),
            "[Anna Berg [Anna Berg",
        ),
    ] {
        for end in 0..=written.len() {
            let mut report = Report::default();
            let mut restorer = Restorer::new(&masks);
            let end = written.floor_char_boundary(end);
            let mut out = restorer.piece(Channel::Content, &written[..end]);
            out += &restorer.piece(Channel::Content, &written[end..]);
            out += &restorer.end(Channel::Content);
            report += restorer.report();
            assert_eq!(out, restored, "{written} in two pieces, {end} first");
            assert_eq!((report.exact, report.left), (0, 0), "{written}");
            assert!(report.changed > 0, "{written}");
        }
    }
}

#[test]
fn a_backslash_of_the_text_before_a_placeholder_stays() {
    let masks = two();
    let n = nonce();
    assert_eq!(
        restore(&format!("C:\\[PERSON-1-{n}]"), &masks),
        "C:\\Anna Berg"
    );
    assert_eq!(restore(&format!("[[PERSON-1-{n}]]"), &masks), "[Anna Berg]");
    assert_eq!(
        restore(&format!("\\[[PERSON-1-{n}]\\]"), &masks),
        "\\[Anna Berg\\]"
    );
}

#[test]
fn what_is_not_known_stays_and_is_counted() {
    let masks = two();
    let n = nonce();
    for left in [
        format!("[PERSON-9-{n}]"),
        format!("[PLACE-1-{n}]"),
        format!("XPERSON-1-{n}"),
        format!("UK-IBAN-CODE-1-{n}"),
        "[PERSON-1]".to_owned(),
    ] {
        let mut restorer = Restorer::new(&masks);
        let mut out = restorer.piece(Channel::Content, &left);
        out += &restorer.end(Channel::Content);
        assert_eq!(out, left);
        assert_eq!(restorer.report().left, 1, "{left}");
    }
    let other = "[PERSON-1-bbbb] of another conversation";
    let mut restorer = Restorer::new(&masks);
    assert_eq!(restorer.piece(Channel::Content, other), other);
    assert_eq!(
        restorer.report(),
        Report::default(),
        "and is no concern of this one"
    );
}

#[test]
fn a_value_that_looks_like_a_placeholder_is_not_read_again() {
    let mut masks = two();
    let n = nonce();
    let nested = masks
        .placeholder(&Kind::Person, &format!("[IBAN-CODE-1-{n}]"))
        .unwrap();
    assert_eq!(restore(&nested, &masks), format!("[IBAN-CODE-1-{n}]"));
    let half = masks.placeholder(&Kind::Person, "[PERSON-1-").unwrap();
    assert_eq!(
        restore(&format!("{half}{n}]"), &masks),
        format!("[PERSON-1-{n}]")
    );
}

#[test]
fn placeholders_in_arguments_stand_in_strings_through_escapes() {
    let masks = two();
    let n = nonce();
    for (sent, restored) in [
        (
            format!(r#"{{"a":"\u005BPERSON\u002d1-{n}\u005d"}}"#),
            r#"{"a":"Anna Berg"}"#.to_owned(),
        ),
        (
            format!(r#"{{"[PERSON-1-{n}]":"\\[PERSON-1-{n}\\]"}}"#),
            r#"{"Anna Berg":"Anna Berg"}"#.to_owned(),
        ),
        (format!("[[PERSON-1-{n}]]"), format!("[[PERSON-1-{n}]]")),
        (
            format!(r#"["\ud83e\udd80[PERSON-1-{n}]\n\ud83e"]"#),
            r#"["\ud83e\udd80Anna Berg\n\ud83e"]"#.to_owned(),
        ),
    ] {
        for end in 0..=sent.len() {
            let out = streamed(&sent, &[end], Channel::Arguments(0), &masks, |_| ());
            assert_eq!(out, restored);
        }
    }
}

#[test]
fn arguments_that_break_off_in_an_escape_come_out_whole() {
    let masks = two();
    for broken in [
        "{\"a\": \"\\",
        "{\"a\": \"x\\u00",
        "{\"a\": \"\\ud83e\\u",
        "\"[PERSON-\\u002",
    ] {
        assert_eq!(restore_json(broken, &masks), broken);
    }
}

#[test]
fn a_megabyte_of_beginnings_takes_linear_time() {
    let masks = two();
    for start in ["[", "[PERSON-1-", "\\[", "person ", "\\[IBAN\\-CODE\\-1\\-"] {
        let text = start.repeat((1 << 20) / start.len());
        assert_eq!(restore(&text, &masks), text);
    }
}
