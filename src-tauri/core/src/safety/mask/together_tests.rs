//! Texts that are masked together: which of them comes first makes no difference.

use proptest::prelude::*;

use super::{
    tests::{all, masks},
    *,
};
use crate::safety::restore::restore;

/// What is found in each of these texts, and a word that gives it away there: without it nothing is found.
const GIVEN_AWAY: &[(&str, Kind)] = &[
    ("Anna Quexley", Kind::Person),
    ("219-45-6789", Kind::UsSsn),
    ("de89 3704 0044 0532 0130 00", Kind::IbanCode),
    ("q@quexley.example", Kind::EmailAddress),
    ("Xk9#mQ2vLp", Kind::Password),
];
const HINT: &str = "Look: ";

/// The same values in other ways of writing, with nothing that gives them away.
const BARE: &[&str] = &[
    "so is anna quexley there, or ANNA QUEXLEY",
    "put 219456789 or 219 45 6789 there",
    "DE89370400440532013000, de89-3704-0044-0532-0130-00",
    "mail Q@QUEXLEY.example, xq@quexley.examplex",
    "is Xk9#mQ2vLp strong, or aXk9#mQ2vLp9?",
    "nothing of it",
];

fn find(text: &str) -> Vec<Finding> {
    match text.starts_with(HINT) {
        true => all(text, GIVEN_AWAY),
        false => Vec::new(),
    }
}

/// What is left of a text for a comparison: neither case nor grouping.
fn bare(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// A request: so many texts that give away, and texts that do not, in any order.
fn requests() -> impl Strategy<Value = Vec<String>> {
    let given = GIVEN_AWAY
        .iter()
        .map(|(value, _)| format!("{HINT}{value}."));
    let all: Vec<String> = given
        .chain(BARE.iter().map(|text| (*text).to_owned()))
        .collect();
    let most = all.len();
    prop::sample::subsequence(all, 1..=most).prop_shuffle()
}

proptest! {
    #[test]
    fn what_one_text_gives_away_leaves_in_none_in_whatever_order_they_are(texts in requests()) {
        let mut masks = masks();
        let unmasked: Vec<_> = texts.iter().map(|text| Unmasked::words(text)).collect();
        let masked = mask_all(&unmasked, &mut masks, |at, _| find(&texts[at]));
        for (value, kind) in GIVEN_AWAY {
            let given = texts.iter().any(|text| text.starts_with(HINT) && text.contains(value));
            for (masked, text) in masked.iter().zip(&texts) {
                let leaves = bare(&masked.text).contains(&bare(value));
                prop_assert_eq!(leaves, !given && bare(text).contains(&bare(value)), "{}", masked.text);
                let removed = masked.text.contains("[removed: PASSWORD]");
                if *kind == Kind::Password && !removed {
                    prop_assert_eq!(&restore(&masked.text, &masks), text);
                }
            }
        }
    }

    #[test]
    fn texts_that_come_again_with_one_more_leave_as_they_left(
        texts in requests(), more in requests(),
    ) {
        let sent = |texts: &[String]| {
            let unmasked: Vec<_> = texts.iter().map(|text| Unmasked::words(text)).collect();
            let masked = mask_all(&unmasked, &mut masks(), |at, _| find(&texts[at]));
            masked.into_iter().map(|masked| masked.text).collect::<Vec<_>>()
        };
        let before = sent(&texts);
        let known = |text: &&String| !text.starts_with(HINT);
        let more: Vec<_> = texts.iter().chain(more.iter().filter(known)).cloned().collect();
        prop_assert_eq!(&sent(&more)[..before.len()], &before[..], "providers find it in their caches");
    }
}

#[test]
fn a_password_that_is_a_word_of_every_day_is_one_in_its_own_text_alone() {
    let texts = [
        "password: postgres, I say postgres",
        "ask postgres_query, and postgres_url",
    ];
    let masked = mask_all(
        &texts.map(Unmasked::words),
        &mut masks(),
        |at, _| match at {
            0 => all(&texts[0][..18], &[("postgres", Kind::Password)]),
            _ => Vec::new(),
        },
    );
    assert_eq!(
        masked[0].text,
        "password: [removed: PASSWORD], I say [removed: PASSWORD]"
    );
    assert_eq!(masked[1].text, texts[1], "as it was");
}

#[test]
fn a_secret_is_taken_out_whole_where_a_part_of_it_is_a_known_name() {
    let texts = ["Anna Quexley", "pw Quexley2020!", "so: Quexley2020!"];
    let sought = [("Anna Quexley", Kind::Person), ("Quexley", Kind::Person)];
    let mut masks = masks();
    let masked = mask_all(&texts.map(Unmasked::words), &mut masks, |at, _| match at {
        1 => all(texts[1], &[("Quexley2020!", Kind::Password)]),
        at => all(texts[at], &sought),
    });
    assert_eq!(masked[2].text, "so: [removed: PASSWORD]");
    assert!(
        !serde_json::to_string(&masks).unwrap().contains("2020"),
        "it is not kept"
    );
}

#[test]
fn in_json_a_secret_and_a_number_are_found_that_a_text_gives_away() {
    let json = r#"{"a":"Xk9\"mQ2vLp","n":219456789,"s":"219 45 6789"}"#;
    let words = r#"Xk9"mQ2vLp and 219-45-6789"#;
    let texts = [Unmasked::json(json), Unmasked::words(words)];
    let sought = [
        (r#"Xk9"mQ2vLp"#, Kind::Password),
        ("219-45-6789", Kind::UsSsn),
    ];
    let mut masks = masks();
    let masked = mask_all(&texts, &mut masks, |at, _| match at {
        0 => Vec::new(),
        _ => all(words, &sought),
    });
    let sent: serde_json::Value = serde_json::from_str(&masked[0].text).unwrap();
    assert_eq!(sent["a"], "[removed: PASSWORD]");
    let nonce = masks.nonce().as_str().to_owned();
    assert_eq!(sent["n"], format!("[US-SSN-1b-{nonce}]"));
    assert_eq!(sent["s"], format!("[US-SSN-1c-{nonce}]"), "the same number");
}

#[test]
fn a_number_that_lies_across_something_else_leaves_no_part_of_either() {
    let text = "Flat 12 219-45-6789";
    let sought = [("Flat 12", Kind::Address), ("12219456", Kind::UsSsn)];
    let mut masks = masks();
    mask(
        "Flat 12, 12219456",
        &all("Flat 12, 12219456", &sought),
        &mut masks,
    );
    let masked = mask(text, &[], &mut masks);
    assert!(
        masked.text.starts_with('[') && masked.text.ends_with("]789"),
        "{}",
        masked.text
    );
    assert_eq!(masked.count, 1);
    assert_eq!(restore(&masked.text, &masks), text);
}
