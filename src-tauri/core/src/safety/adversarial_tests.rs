//! Texts made to be misread, all the way: found, masked, restored.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{
    DataClass, Finding, Options, Scanner,
    mask::{Masked, Masks, mask, mask_json},
    names::Names,
    restore::{Channel, Restorer, restore, restore_json},
    tests::hostile,
};

/// As the gate scans.
static PRODUCT: LazyLock<Scanner> = LazyLock::new(|| {
    Scanner::new(Options::default())
        .unwrap()
        .with_tier(Box::new(Names::new()))
});

fn find(text: &str) -> Vec<Finding> {
    PRODUCT.scan(text)
}

fn masked(text: &str, masks: &mut Masks) -> Masked {
    mask(text, &find(text), masks)
}

/// What comes back when it arrives in pieces of so many letters.
fn streamed(text: &str, letters: usize, masks: &Masks) -> String {
    let mut restorer = Restorer::new(masks);
    let all: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for piece in all.chunks(letters) {
        out += &restorer.piece(Channel::Content, &piece.iter().collect::<String>());
    }
    out + &restorer.end(Channel::Content)
}

/// One value is found in the text and leaves it whole; it comes back as it was, however it is cut.
fn goes_and_comes_back(text: &str, value: &str) {
    let mut masks = Masks::new(7);
    let sent = masked(text, &mut masks);
    assert_eq!(sent.count, 1, "{text:?} became {:?}", sent.text);
    assert_eq!(&text[sent.spans[0].original.clone()], value, "{text:?}");
    let alone = sent
        .text
        .replace(&sent.text[sent.spans[0].masked.clone()], "");
    assert!(
        !alone.chars().any(char::is_numeric),
        "{text:?} left some of its digits in {alone:?}"
    );
    assert_eq!(restore(&sent.text, &masks), text);
    assert_eq!(streamed(&sent.text, 1, &masks), text, "letter by letter");

    let document = serde_json::json!({ "note": text });
    let mut masks = Masks::new(7);
    let sent = mask_json(&document.to_string(), find, &mut masks).text;
    assert!(!sent.contains(value), "{sent:?}");
    let back: serde_json::Value = serde_json::from_str(&restore_json(&sent, &masks)).unwrap();
    assert_eq!(back, document);
}

#[test]
fn numbers_with_invisible_letters_inside_leave_whole_and_come_back() {
    for card in [
        "4111\u{200b}1111\u{200b}1111\u{200b}1111",
        "41\u{200d}11 1111\u{2060} 1111 11\u{feff}11",
        "4111\u{ad}1111\u{ad}1111\u{ad}1111",
    ] {
        goes_and_comes_back(&format!("card {card}, please"), card);
        goes_and_comes_back(card, card);
    }
    let iban = "DE89\u{200b} 3704 0044\u{200c} 0532 0130 00";
    goes_and_comes_back(&format!("to {iban}!"), iban);
}

#[test]
fn digits_of_other_scripts_leave_whole_and_come_back() {
    for card in [
        "４１１１１１１１１１１１１１１１",
        "٤١١١ ١١١١ ١١١١ ١١١١",
        "४१११११११११११११११",
        "\u{1d7d2}\u{1d7cf}\u{1d7cf}\u{1d7cf} 1111 1111 1111",
    ] {
        goes_and_comes_back(&format!("né 🦀 {card} ß"), card);
    }
}

#[test]
fn text_from_right_to_left_and_its_marks_stay_as_they_were() {
    for (text, value) in [
        (
            "\u{202b}כרטיס 4111 1111 1111 1111\u{202c} תודה",
            "4111 1111 1111 1111",
        ),
        (
            "البطاقة \u{2067}4111-1111-1111-1111\u{2069}\u{200f}",
            "4111-1111-1111-1111",
        ),
        ("דואל: joe@example.org\u{200f}, שלום", "joe@example.org"),
        (
            "\u{202e}4111\u{202c}1111\u{202d}1111\u{202c}1111",
            "4111\u{202c}1111\u{202d}1111\u{202c}1111",
        ),
    ] {
        goes_and_comes_back(text, value);
    }
}

#[test]
fn combining_marks_stay_with_their_letters() {
    let card = "4\u{336}1\u{336}1\u{336}1\u{336} 1111 1111 1111\u{336}";
    goes_and_comes_back(&format!("e\u{301} {card} e\u{301}"), card);
    let mut masks = Masks::new(7);
    let text = "Sehr geehrte Frau Mu\u{308}ller, Ihr Rene\u{301} Mu\u{308}ller";
    let sent = masked(text, &mut masks);
    assert!(!sent.text.contains("ller"), "{}", sent.text);
    assert_eq!(restore(&sent.text, &masks), text);
}

#[test]
fn text_that_looks_like_a_placeholder_comes_back_as_it_was_written() {
    let mut masks = Masks::new(7);
    let first = masked("Dear Mrs Okonkwo,", &mut masks);
    let real = &first.text[first.spans[0].masked.clone()];
    for forged in [
        real.to_owned(),
        real.to_lowercase(),
        real.replace('-', "_"),
        format!("[{real}]"),
        real.replace('-', "\u{200b}-"),
        "[PERSON-1-zzzz]".to_owned(),
        "[removed: PASSWORD]".to_owned(),
    ] {
        let text = format!("Is {forged} Mrs Okonkwo of joe@example.org?");
        let sent = masked(&text, &mut masks);
        assert!(!sent.text.contains("Okonkwo"), "{}", sent.text);
        assert_eq!(restore(&sent.text, &masks), text, "sent as {}", sent.text);
        assert_eq!(streamed(&sent.text, 3, &masks), text);
    }
}

#[test]
fn values_inside_values_come_back_once() {
    for text in [
        "Anna Berg <anna.berg@example.org> (Anna Berg's)",
        "From: \"Anna Berg <joe@example.org>\" <anna.berg@example.org>",
        "anna.berg@10.20.30.40 and 10.20.30.40 and Anna",
        "{\"to\": \"{\\\"mail\\\": \\\"joe@example.org\\\"}\"}",
        "4111 1111 1111 1111 4111 1111 1111 1111 4111111111111111",
    ] {
        let mut masks = Masks::new(7);
        let sent = masked(text, &mut masks);
        assert!(sent.count > 0, "{text}");
        assert!(!sent.text.contains("example.org"), "{}", sent.text);
        assert_eq!(restore(&sent.text, &masks), text);
        // A second time, as in the history of the next turn, with every name known.
        let again = masked(text, &mut masks);
        assert_eq!(restore(&again.text, &masks), text);
    }
}

#[test]
fn five_megabytes_go_and_come_back() {
    let filler = "Die Füchse sprangen 17 von 23 Mal; am 2024-01-15 schrieb joe@example.org.\n";
    let text = filler.repeat(5_000_000 / filler.len()) + "Mit freundlichen Grüßen\nAnna Berg\n";
    let mut masks = Masks::new(7);
    let sent = masked(&text, &mut masks);
    assert!(!sent.text.contains("joe@") && !sent.text.contains("Anna Berg"));
    assert_eq!(masks.len(), 2, "one address and one person, however often");
    assert_eq!(restore(&sent.text, &masks), text);
    assert_eq!(streamed(&sent.text, 4_096, &masks), text);
}

#[test]
fn a_line_of_one_megabyte_goes_and_comes_back() {
    let filler = "id=88213 peer=10.1.2.3 card 4111 1111 1111 1111 שלום\u{200f} ４２ ";
    let line = filler.repeat(1_000_000 / filler.len());
    let mut masks = Masks::new(7);
    let sent = masked(&line, &mut masks);
    assert!(!sent.text.contains("4111 1111") && !sent.text.contains("10.1.2.3"));
    assert_eq!(streamed(&sent.text, 7, &masks), line);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whatever_is_found_comes_back_unless_it_is_a_secret(text in hostile(), letters in 1_usize..9) {
        let mut masks = Masks::new(7);
        let found = find(&text);
        let sent = mask(&text, &found, &mut masks);
        let secret = found.iter().any(|finding| finding.kind.class() == DataClass::Secret);
        if !secret {
            prop_assert_eq!(restore(&sent.text, &masks), text.as_str());
            prop_assert_eq!(streamed(&sent.text, letters, &masks), text.as_str());
        }
    }
}
