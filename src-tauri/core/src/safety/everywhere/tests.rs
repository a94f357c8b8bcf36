//! No value is left in whatever spelling, and nothing else is taken.

use std::sync::LazyLock;

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::*;

/// The lists of names, which take their time.
static NAMES: LazyLock<Names> = LazyLock::new(Names::new);

fn finding(kind: Kind, bytes: Range<usize>) -> Finding {
    Finding {
        kind,
        bytes,
        score: 1.0,
        validated: false,
        rule: "test".into(),
        reason: "".into(),
    }
}

fn search(values: &[(Kind, &str)]) -> Everywhere {
    let mut gathered = Gathered::default();
    for (kind, value) in values {
        gathered.add(value, &[finding(kind.clone(), 0..value.len())]);
    }
    gathered.ready(&NAMES)
}

/// A text with § in place of each value.
fn without(everywhere: &Everywhere, text: &str) -> String {
    replaced(text, &everywhere.places(text, &[]), |_| "§".into())
}

/// What people are called and numbered, in the spelling in which it was found.
fn values() -> Vec<(Kind, &'static str)> {
    vec![
        (Kind::Person, "Anna Berg"),
        (Kind::Person, "José Núñez-Öztürk"),
        (Kind::Person, "Łukasz"),
        (Kind::Person, "Άννα Παπαδοπούλου"),
        (Kind::Person, "Анна Петрова"),
        (Kind::Person, "O’Brien"),
        (Kind::Organization, "Straße & Söhne GmbH"),
        (Kind::EmailAddress, "anna.berg@kanzlei-berg.example"),
        (Kind::PhoneNumber, "030 901820"),
        (Kind::IbanCode, "DE89 3704 0044 0532 0130 00"),
        (Kind::CreditCard, "4111-1111-1111-1111"),
        (Kind::VehiclePlate, "B-AB 12"),
        (Kind::DateOfBirth, "1.12.1990"),
    ]
}

/// Another way of writing the same.
fn respelled(value: &str, is_number: bool, ways: &[u8]) -> String {
    let mut text = value.to_owned();
    for way in ways {
        text = match way {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            2 => text.nfd().collect(),
            3 => text.nfc().collect(),
            4 => text.replace(' ', "\u{a0}\n "),
            5 => text.replace('-', "\u{2011}"),
            6 => text
                .chars()
                .flat_map(|letter| [letter, '\u{ad}'])
                .collect::<String>()
                .trim_end_matches('\u{ad}')
                .to_owned(),
            // Full width.
            7 => text
                .chars()
                .map(|letter| match letter {
                    '!'..='~' => char::from_u32(u32::from(letter) + 0xfee0).unwrap(),
                    letter => letter,
                })
                .collect(),
            // Without accents, as on a keyboard that has none.
            8 => text
                .nfd()
                .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
                .collect(),
            9 if is_number => text.chars().filter(|c| c.is_alphanumeric()).collect(),
            10 if is_number => {
                let plain: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
                let groups = plain
                    .chunks(3)
                    .map(|group| group.iter().collect::<String>());
                groups.collect::<Vec<_>>().join("-")
            }
            11 if is_number => text
                .split(|c: char| !c.is_alphanumeric())
                .filter(|group| !group.is_empty())
                .collect::<Vec<_>>()
                .join("."),
            _ => text,
        };
    }
    text
}

fn is_number(kind: &Kind) -> bool {
    reading(kind) == Reading::Number
}

/// Words that say nothing of anybody.
const FILLER: [&str; 8] = [
    "the", "hearing", "is", "on", "Tuesday", "über", "§ 12", "(see",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_spelling_of_every_value_goes_and_everything_else_stays(
        parts in prop::collection::vec(
            (any::<prop::sample::Index>(), prop::collection::vec(0..12u8, 0..4), 0..FILLER.len()),
            1..8,
        )
    ) {
        let values = values();
        let everywhere = search(&values);
        let (mut text, mut expected) = (String::new(), String::new());
        for (which, ways, filler) in &parts {
            let (kind, value) = which.get(&values);
            let words = FILLER[*filler];
            text += &format!("{words}: {}, ", respelled(value, is_number(kind), ways));
            expected += &format!("{words}: §, ");
        }
        prop_assert_eq!(without(&everywhere, &text), expected, "{}", text);
    }

    #[test]
    fn every_place_of_a_value_is_covered_also_on_top_of_another(
        values in prop::collection::vec("[ab]{6,10}", 1..6), text in "[ab ]{0,80}"
    ) {
        let all: Vec<(Kind, &str)> = values.iter().map(|value| (Kind::Passport, value.as_str())).collect();
        let places = search(&all).places(&text, &[]);
        let plain: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| *c != ' ').collect();
        let letters: String = plain.iter().map(|(_, c)| *c).collect();
        let mut must = vec![false; text.len()];
        for value in &values {
            for start in 0..letters.len() {
                let end = start + value.len();
                // However many spaces stand between two letters.
                if letters[start..].starts_with(value.as_str()) {
                    must[plain[start].0..=plain[end - 1].0].fill(true);
                }
            }
        }
        let mut covered = vec![false; text.len()];
        for place in &places {
            covered[place.bytes.clone()].fill(true);
        }
        prop_assert_eq!(covered, must, "{:?} in {:?}", values, text);
        prop_assert!(places.windows(2).all(|two| two[0].bytes.end <= two[1].bytes.start));
    }

    #[test]
    fn no_text_and_no_finding_ends_it(
        text: String, values in prop::collection::vec(any::<String>(), 0..4), spans in prop::collection::vec((0..40usize, 0..40usize), 0..4)
    ) {
        let all: Vec<(Kind, &str)> = values.iter().map(|value| (Kind::Person, value.as_str())).collect();
        let found: Vec<Finding> = spans.iter().map(|(from, length)| finding(Kind::Person, *from.min(&text.len())..(from + length).min(text.len()).max(*from.min(&text.len())))).collect();
        let places = search(&all).places(&text, &found);
        for place in &places {
            prop_assert!(text.get(place.bytes.clone()).is_some_and(|value| !value.is_empty()));
        }
        for finding in found.iter().filter(|finding| !finding.bytes.is_empty()) {
            let has = |place: &Place| place.bytes.start <= finding.bytes.start && finding.bytes.end <= place.bytes.end;
            prop_assert!(places.iter().any(has), "what was found is covered");
        }
    }

    #[test]
    fn all_spellings_of_a_value_are_one_value(
        which: prop::sample::Index, ways in prop::collection::vec(0..12u8, 0..4)
    ) {
        let values = values();
        let (kind, value) = which.get(&values);
        let everywhere = search(&values);
        let places = everywhere.places(&respelled(value, is_number(kind), &ways), &[]);
        let first = everywhere.places(value, &[]);
        prop_assert_eq!((&places[0].key, &places[0].kind), (&first[0].key, &first[0].kind));
    }
}

#[test]
fn what_only_looks_alike_stays() {
    let everywhere = search(&values());
    for text in [
        "Annaberg-Buchholz, Anna Bergmann, Johanna Berger",
        "rows 4111, 1111, then, 1111 and 1111",
        "11.2.1990 or 1-12-1990",
        "B, AB, 12",
        "Lukaszewski",
    ] {
        assert_eq!(without(&everywhere, text), text);
    }
}

#[test]
fn what_is_left_of_a_number_is_not_looked_for_elsewhere() {
    let everywhere = search(&[(Kind::PhoneNumber, "+4"), (Kind::Address, "12")]);
    assert_eq!(without(&everywhere, "12 of 4"), "12 of 4");
    let found = [finding(Kind::Address, 0..2)];
    assert_eq!(
        everywhere.places("12 of 4", &found).len(),
        1,
        "where it was found it goes all the same"
    );
}

#[test]
fn partly_overlapping_values_leave_nothing_between_them() {
    let values = [
        (Kind::Person, "Anna Berg"),
        (Kind::Organization, "Berg Consulting GmbH"),
    ];
    let everywhere = search(&values);
    assert_eq!(
        without(&everywhere, "for Anna Berg Consulting GmbH."),
        "for §."
    );
    let text = "Berg Consulting";
    let found = [finding(Kind::Location, 0..4)];
    let places = search(&[(Kind::Organization, "Berg Consulting")]).places(text, &found);
    assert_eq!(places.len(), 1);
    assert_eq!(
        places[0].bytes,
        0..text.len(),
        "what was found does not hide the longer one"
    );
}

#[test]
fn a_value_is_of_one_kind_wherever_it_stands_and_a_secret_stays_one() {
    let everywhere = search(&[(Kind::Person, "Falcon"), (Kind::Password, "hunter22")]);
    let text = "falcon HUNTER22";
    let found = [finding(Kind::Location, 0..6), finding(Kind::Person, 7..15)];
    let kinds: Vec<Kind> = everywhere
        .places(text, &found)
        .into_iter()
        .map(|place| place.kind)
        .collect();
    assert_eq!(kinds, [Kind::Person, Kind::Password]);
}

#[test]
fn in_scripts_without_spaces_a_name_is_found_inside_a_sentence() {
    let everywhere = search(&[(Kind::Person, "田中太郎"), (Kind::Person, "김철수")]);
    assert_eq!(
        without(&everywhere, "私は田中太郎です。김철수는"),
        "私は§です。§는"
    );
}

#[test]
fn values_beyond_the_limit_are_counted() {
    let long = "x".repeat(MOST_BYTES + 1);
    assert_eq!(search(&[(Kind::Person, long.as_str())]).left_out(), 1);
    let many: Vec<String> = (0..MOST_BYTES_TOGETHER / 200 + 3)
        .map(|nth| format!("{nth:0200}"))
        .collect();
    let mut gathered = Gathered::default();
    for value in &many {
        gathered.value(&Kind::Passport, value);
    }
    assert!(gathered.left_out > 0 && gathered.bytes <= MOST_BYTES_TOGETHER);
}

#[test]
fn many_values_inside_each_other_take_little_time() {
    let names: Vec<String> = (1..=MOST_BYTES).map(|length| "a".repeat(length)).collect();
    let all: Vec<(Kind, &str)> = names
        .iter()
        .map(|name| (Kind::Person, name.as_str()))
        .collect();
    let text = "a".repeat(4_000);
    assert_eq!(without(&search(&all), &text), text, "none is a word");
}
