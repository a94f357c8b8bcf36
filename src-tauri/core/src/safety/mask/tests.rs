use proptest::prelude::*;

use super::*;

/// Texts made of what masking looks at, and of anything.
pub(in crate::safety) fn texts(nonce: &str) -> impl Strategy<Value = String> + use<> {
    let loud = nonce.to_uppercase();
    let forged = [
        format!("[PERSON-1-{nonce}]"),
        format!("\\[PERSON_2_{loud}\\]"),
        format!("person-1-{nonce}"),
        format!("[ TEXT-1-{nonce} ]"),
        format!("[PERSON-1b-{nonce}"),
        nonce.to_owned(),
        loud,
        nonce[..2].to_owned(),
        nonce[2..].to_owned(),
    ];
    let plain = [
        "[",
        "]",
        "\\",
        " ",
        "-",
        "\"",
        "\n",
        "PERSON-1-",
        "[PERSON-",
        "s",
        "Anna Berg",
        "Anna  Berg",
        "ANNA BERG",
        "Anna",
        "4111 1111 1111 1111",
        "4111111111111111",
        "é",
        "\u{200f}",
        "\u{301}",
        "🦀",
    ];
    let fragments = forged.into_iter().chain(plain.map(String::from));
    let fragment = prop_oneof![
        4 => prop::sample::select(fragments.collect::<Vec<_>>()),
        1 => any::<String>(),
    ];
    prop::collection::vec(fragment, 0..12).prop_map(|parts| parts.concat())
}

/// Findings anywhere, also on top of each other and past the end, of kinds that can come back.
pub(in crate::safety) fn findings() -> impl Strategy<Value = Vec<Finding>> {
    let kinds = [
        Kind::Person,
        Kind::Organization,
        Kind::CreditCard,
        Kind::EmailAddress,
        Kind::Crypto,
        Kind::UkNhs,
    ];
    let one = (
        0..80_usize,
        0..24_usize,
        prop::sample::select(kinds.to_vec()),
    );
    let finding = one.prop_map(|(start, length, kind)| finding(kind, start..start + length));
    prop::collection::vec(finding, 0..8)
}

pub(in crate::safety) fn finding(kind: Kind, bytes: Range<usize>) -> Finding {
    Finding {
        kind,
        bytes,
        score: 1.0,
        validated: true,
        rule: "test".into(),
        reason: "".into(),
    }
}

/// Findings of every place where one of these texts stands.
pub(super) fn all(text: &str, sought: &[(&str, Kind)]) -> Vec<Finding> {
    let places = sought.iter().flat_map(|(value, kind)| {
        let places = text.match_indices(value);
        places.map(|(at, _)| finding(kind.clone(), at..at + value.len()))
    });
    places.collect()
}

pub(super) fn masks() -> Masks {
    Masks::new(4_242)
}

pub(super) fn nonce() -> String {
    masks().nonce().as_str().to_owned()
}

/// Where a text stands in another, also on top of itself.
fn places_of<'a>(value: &'a str, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let starts = text.char_indices().map(|(start, _)| start);
    let found = starts.filter(move |start| text[*start..].starts_with(value));
    found.map(move |start| start..start + value.len())
}

proptest! {
    #[test]
    fn a_masked_text_comes_back_exactly(text in texts(&nonce()), findings in findings()) {
        let mut masks = masks();
        let masked = mask(&text, &findings, &mut masks);
        prop_assert_eq!(crate::safety::restore::restore(&masked.text, &masks), text);
    }

    #[test]
    fn it_comes_back_over_turns_from_a_stored_map(
        turns in prop::collection::vec((texts(&nonce()), findings()), 1..4),
    ) {
        let mut map = masks();
        let mut sent = Vec::new();
        for (text, findings) in &turns {
            sent.push(mask(text, findings, &mut map).text);
            let stored = serde_json::to_string(&map).unwrap();
            map = serde_json::from_str(&stored).unwrap();
        }
        for ((text, _), sent) in turns.iter().zip(sent) {
            prop_assert_eq!(&crate::safety::restore::restore(&sent, &map), text);
        }
    }

    #[test]
    fn what_was_found_stands_nowhere_in_what_leaves(
        text in texts(&nonce()), findings in findings(),
    ) {
        let mut masks = masks();
        let masked = mask(&text, &findings, &mut masks);
        let is_cut = |at: &Range<usize>| masked.spans.iter().any(|span| {
            span.original.start < at.end && at.start < span.original.end
        });
        for span in masked.spans.iter().filter(|span| span.replaced == Replaced::Value) {
            let value = &text[span.original.clone()];
            let placeholder = &masked.text[span.masked.clone()];
            prop_assert_eq!(masks.value(placeholder), Some(value));
            let is_name = ["[PERSON", "[ORG"].iter().any(|name| placeholder.starts_with(name));
            let telling = value.chars().filter(|c| c.is_alphanumeric()).count();
            if telling < if is_name { 2 } else { 3 } {
                continue;
            }
            let anywhere = !is_name && value.chars().count() >= 6;
            for at in places_of(value, &text) {
                let before = text[..at.start].chars().next_back();
                let after = text[at.end..].chars().next();
                let apart = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
                if anywhere || apart(before) && apart(after) {
                    prop_assert!(is_cut(&at), "{value:?} is left at {at:?}");
                }
            }
        }
    }

    #[test]
    fn a_name_of_two_words_leaves_in_no_case(
        first in "[A-ZÄÖÜ][a-zäöüß]{1,6}", second in "[A-ZÉŁ][a-zéłß]{1,6}", genitive in any::<bool>(),
    ) {
        let mut masks = masks();
        let name = format!("{first} {second}");
        mask(&name, &[finding(Kind::Person, 0..name.len())], &mut masks);
        let s = if genitive { "s" } else { "" };
        for written in [name.clone(), name.to_lowercase(), name.to_uppercase()] {
            let text = format!("so {written}{s}, {written}.");
            let masked = mask(&text, &[], &mut masks);
            prop_assert_eq!(masked.count, 2, "{} of {}", masked.text, text);
            prop_assert!(!masked.text.contains(&written));
            prop_assert_eq!(crate::safety::restore::restore(&masked.text, &masks), text);
        }
    }

    #[test]
    fn the_nonce_stands_in_placeholders_alone(text in texts(&nonce()), findings in findings()) {
        let mut masks = masks();
        let masked = mask(&text, &findings, &mut masks);
        let lower = masked.text.to_ascii_lowercase();
        prop_assert_eq!(lower.matches(&nonce()).count(), masked.spans.len());
        for span in &masked.spans {
            prop_assert!(masks.value(&masked.text[span.masked.clone()]).is_some());
        }
    }

    #[test]
    fn spans_say_what_became_what(text in texts(&nonce()), findings in findings()) {
        let mut masks = masks();
        let masked = mask(&text, &findings, &mut masks);
        let (mut from, mut sent) = (0, 0);
        for span in &masked.spans {
            prop_assert_eq!(&text[from..span.original.start], &masked.text[sent..span.masked.start]);
            (from, sent) = (span.original.end, span.masked.end);
        }
        prop_assert_eq!(&text[from..], &masked.text[sent..]);
    }

    #[test]
    fn a_second_look_finds_the_same(text in texts(&nonce()), findings in findings()) {
        let mut masks = masks();
        let first = mask(&text, &findings, &mut masks);
        let values = masks.len();
        prop_assert_eq!(mask(&text, &findings, &mut masks), first, "history is masked as it was");
        prop_assert_eq!(masks.len(), values);
    }

    #[test]
    fn secrets_neither_leave_nor_come_back(text in "[ab ]{0,30}", secret in "[A-Z]{6,20}") {
        let text = format!("{text}{secret} {text} x{secret}");
        let start = text.find(&secret).unwrap();
        let mut masks = masks();
        let found = [finding(Kind::ApiKey, start..start + secret.len())];
        let masked = mask(&text, &found, &mut masks);
        prop_assert!(!masked.text.contains(&secret), "{}", masked.text);
        prop_assert_eq!(masked.count, 2);
        prop_assert!(masks.is_empty(), "a secret is not kept");
        prop_assert_eq!(crate::safety::restore::restore(&masked.text, &masks), masked.text);
    }

    #[test]
    fn masked_json_stays_json_and_comes_back(
        values in prop::collection::vec((texts(&nonce()), texts(&nonce())), 0..4),
        ascii in any::<bool>(),
    ) {
        let sought = [("Anna Berg", Kind::Person), ("é", Kind::Location), ("\"", Kind::Crypto)];
        let document = serde_json::json!({ "people": values, "count": 12 });
        let mut json = document.to_string();
        if ascii {
            json = with_escapes(&json);
        }
        let mut masks = masks();
        let masked = mask_json(&json, |text| all(text, &sought), &mut masks);
        serde_json::from_str::<serde_json::Value>(&masked.text).unwrap();
        let restored = crate::safety::restore::restore_json(&masked.text, &masks);
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&restored).unwrap(), document);
    }

    #[test]
    fn no_text_is_too_odd_to_be_masked_as_json(
        json in texts(&nonce()), findings in findings(),
    ) {
        let mut masks = masks();
        let masked = mask_json(&json, |_| findings, &mut masks);
        crate::safety::restore::restore_json(&masked.text, &masks);
    }
}

/// JSON in ASCII alone, as some programs write it.
fn with_escapes(json: &str) -> String {
    let mut out = String::new();
    for letter in json.chars() {
        if letter.is_ascii() {
            out.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04X}"));
            }
        }
    }
    out
}

#[test]
fn one_person_has_one_number_and_each_writing_a_letter() {
    let mut masks = masks();
    let text = "Anna Berg and Anna  Berg met Tom.";
    let sought = [
        ("Anna Berg", Kind::Person),
        ("Anna  Berg", Kind::Person),
        ("Tom", Kind::Person),
    ];
    let masked = mask(text, &all(text, &sought), &mut masks);
    let nonce = nonce();
    assert_eq!(
        masked.text,
        format!("[PERSON-1-{nonce}] and [PERSON-1b-{nonce}] met [PERSON-2-{nonce}].")
    );
    assert_eq!((masked.count, masks.len()), (3, 2));
    let later = mask("Is Anna  Berg there? Tom's car.", &[], &mut masks);
    assert_eq!(
        later.text,
        format!("Is [PERSON-1b-{nonce}] there? [PERSON-2-{nonce}]'s car."),
        "known values are masked although nothing was found this time"
    );
}

#[test]
fn a_value_inside_another_is_masked_with_the_longer_one() {
    let mut masks = masks();
    mask("Anna", &[finding(Kind::Person, 0..4)], &mut masks);
    let masked = mask(
        "anna@berg.example, Anna",
        &[finding(Kind::EmailAddress, 0..17)],
        &mut masks,
    );
    let nonce = nonce();
    assert_eq!(
        masked.text,
        format!("[EMAIL-ADDRESS-1-{nonce}], [PERSON-1-{nonce}]")
    );
}

#[test]
fn overlapping_findings_hide_all_that_they_cover_and_a_secret_decides() {
    let mut masks = masks();
    let text = "user=anna password=geheim";
    let found = [
        finding(Kind::Person, 5..19),
        finding(Kind::Password, 10..25),
    ];
    let masked = mask(text, &found, &mut masks);
    assert_eq!(masked.text, "user=[removed: PASSWORD]");
    assert_eq!(masked.spans[0].replaced, Replaced::Secret);
}

#[test]
fn a_number_in_json_becomes_a_string() {
    let mut masks = masks();
    let json = r#"{"card": 4111111111111111, "n": 7}"#;
    let find = |text: &str| all(text, &[("411111111111111", Kind::CreditCard)]);
    let masked = mask_json(json, find, &mut masks);
    let nonce = nonce();
    assert_eq!(
        masked.text,
        format!(r#"{{"card": "[CREDIT-CARD-1-{nonce}]", "n": 7}}"#)
    );
    assert_eq!(
        crate::safety::restore::restore_json(&masked.text, &masks),
        r#"{"card": "4111111111111111", "n": 7}"#
    );
}

#[test]
fn a_stored_map_that_was_damaged_is_refused() {
    let stored = |text: &str| serde_json::from_str::<Masks>(text);
    let values = r#"[{"label":"PERSON","forms":["Anna","ANNA"]}]"#;
    let good = format!(r#"{{"version":1,"nonce":"bbbb","values":{values}}}"#);
    assert_eq!(
        stored(&good).unwrap().value("[PERSON-1b-bbbb]"),
        Some("ANNA")
    );
    for bad in [
        good.replace(":1", ":2"),
        good.replace("bbbb", "Bbbb"),
        good.replace("PERSON", "person"),
        good.replace("ANNA", "Anna"),
        good.replace(r#"["Anna","ANNA"]"#, "[]"),
        good.replace("}]}", r#"},{"label":"PERSON","forms":["ANNA"]}]}"#),
    ] {
        assert!(stored(&bad).is_err(), "{bad}");
    }
    assert!(
        !format!("{:?}", stored(&good)).contains("Anna"),
        "values stay out of logs"
    );
}

#[test]
fn a_value_of_a_map_without_classes_is_what_its_label_says_or_else_personal_until_it_is_found_to_be_more()
 {
    let values = r#"[{"label":"PERSON","forms":["Anna Berg"]},{"label":"HEALTH-CONDITION","forms":["asthma"]},
        {"label":"TERM","forms":["Blue Heron"]}]"#;
    let stored = format!(r#"{{"version":1,"nonce":"bbbb","values":{values}}}"#);
    let masks: Masks = serde_json::from_str(&stored).unwrap();
    let classes = |masks: &Masks| -> Vec<Option<DataClass>> {
        let text = "anna berg, asthma, blue heron";
        let masked = mask(text, &[], &mut masks.clone());
        masked.spans.iter().map(|span| span.class).collect()
    };
    let (personal, special) = (Some(DataClass::Personal), Some(DataClass::Special));
    assert_eq!(classes(&masks), [personal, special, personal]);
    let again: Masks = serde_json::from_str(&serde_json::to_string(&masks).unwrap()).unwrap();
    assert_eq!(classes(&again), [personal, special, personal]);
    let mut masks = again;
    let own = Kind::Own {
        name: "TERM".into(),
        class: DataClass::Special,
    };
    mask("Blue Heron", &[finding(own, 0..10)], &mut masks);
    assert_eq!(classes(&masks), [personal, special, special]);
}

#[test]
fn a_value_that_turns_out_to_be_special_is_special_in_all_texts() {
    let own = |class| Kind::Own {
        name: "PROJECT".into(),
        class,
    };
    let mut masks = masks();
    let text = "Blue Heron";
    let found = |class| [finding(own(class), 0..text.len())];
    mask(text, &found(DataClass::Personal), &mut masks);
    masks.seek(|class| class == DataClass::Special);
    assert_eq!(mask(text, &[], &mut masks).text, text, "it may leave");
    let texts = [Unmasked::words(text), Unmasked::words(text)];
    let masked = mask_all(&texts, &mut masks, |at, _| match at {
        1 => found(DataClass::Special).to_vec(),
        _ => Vec::new(),
    });
    assert_eq!(masked[0].text, masked[1].text);
    assert_eq!(masked[0].count, 1, "{}", masked[0].text);
}

#[test]
fn five_megabytes_and_a_hundred_thousand_values_are_ordinary() {
    let half: String = (0..100_000)
        .map(|n| format!("user{n:06}@example.org, "))
        .collect();
    let step = "user000000@example.org, ".len();
    let found: Vec<_> = (0..100_000)
        .map(|n| finding(Kind::EmailAddress, n * step..(n + 1) * step - 2))
        .collect();
    let text = half.repeat(2);
    let mut masks = masks();
    let masked = mask(&text, &found, &mut masks);
    assert_eq!(
        (masked.count, masks.len()),
        (200_000, 100_000),
        "found or not"
    );
    assert_eq!(crate::safety::restore::restore(&masked.text, &masks), text);
}
