//! Which words are about somebody, and which about nobody.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::safety::{DataClass, Finding, Options, Scanner, names::Names};

static ALL: LazyLock<Scanner> = LazyLock::new(|| {
    Scanner::new(Options::default())
        .unwrap()
        .with_tier(Box::new(Names::new()))
});

/// What was found of a special category, as `TYPE=text`.
fn special(text: &str) -> Vec<String> {
    let found = ALL.scan(text);
    let special = found
        .iter()
        .filter(|finding| finding.kind.class() == DataClass::Special);
    let words = |finding: &Finding| {
        let part = &text[finding.bytes.clone()];
        format!("{}={part}", finding.kind.name())
    };
    special.map(words).collect()
}

fn expect(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(special(text), *expected, "in {text}");
    }
}

#[test]
fn an_illness_counts_where_it_is_somebodys() {
    expect(&[
        (
            "My aunt has type 2 diabetes.",
            &["HEALTH_CONDITION=type 2 diabetes"],
        ),
        ("Diabetes is a disease.", &[]),
        ("People with diabetes may fly.", &[]),
        ("I read that asthma is common.", &[]),
        ("I have asthma.", &["HEALTH_CONDITION=asthma"]),
        (
            "The patient takes warfarin.",
            &["HEALTH_CONDITION=warfarin"],
        ),
        ("A patient on warfarin needs tests.", &[]),
        (
            "Dass sie Epilepsie hat, weiß niemand.",
            &["HEALTH_CONDITION=Epilepsie"],
        ),
        ("Tengo diabetes.", &["HEALTH_CONDITION=diabetes"]),
        ("Diagnose: Asthma", &["HEALTH_CONDITION=Asthma"]),
        ("Topic: asthma", &[]),
    ]);
}

#[test]
fn another_sentence_says_nothing_unless_a_note_goes_on() {
    expect(&[
        ("My printer is broken. Insulin was first used in 1922.", &[]),
        (
            "She has asthma. Cortisone every morning.",
            &["HEALTH_CONDITION=asthma", "HEALTH_CONDITION=Cortisone"],
        ),
        (
            "Metformin twice daily. She has T2DM.",
            &["HEALTH_CONDITION=Metformin", "HEALTH_CONDITION=T2DM"],
        ),
        (
            "She has asthma.\n\nCortisone was found in 1936.",
            &["HEALTH_CONDITION=asthma"],
        ),
    ]);
}

#[test]
fn a_name_near_says_whose_it_is() {
    expect(&[
        (
            "Anna Weiss, Morbus Crohn",
            &["HEALTH_CONDITION=Morbus Crohn"],
        ),
        ("Thomas Becker ist schwul.", &["SEXUAL_ORIENTATION=schwul"]),
        (
            "Anna Weiss is a member of UNISON.",
            &["UNION_MEMBERSHIP=UNISON"],
        ),
        ("In Berlin, hepatitis is rare.", &[]),
    ]);
}

#[test]
fn what_somebody_is_needs_a_verb_or_the_person_behind_it() {
    expect(&[
        ("He is gay.", &["SEXUAL_ORIENTATION=gay"]),
        ("He went to a gay bar.", &[]),
        ("my gay son", &["SEXUAL_ORIENTATION=gay"]),
        ("Ich bin Muslim.", &["RELIGION=Muslim"]),
        ("Sie besuchte die katholische Schule.", &[]),
        ("He is Roma.", &["ETHNIC_ORIGIN=Roma"]),
        ("Religion: muslimisch", &["RELIGION=muslimisch"]),
        ("She is a socialist.", &["POLITICAL_OPINION=socialist"]),
    ]);
}

#[test]
fn a_union_counts_where_somebody_is_a_member() {
    expect(&[
        (
            "Ich bin Mitglied der IG Metall.",
            &["UNION_MEMBERSHIP=IG Metall"],
        ),
        (
            "Mitglied der IG Metall seit 2011",
            &["UNION_MEMBERSHIP=IG Metall"],
        ),
        ("Die IG Metall streikt.", &[]),
        ("Every member of the trade union may vote.", &[]),
        ("My neighbour joined the AfD.", &["POLITICAL_OPINION=AfD"]),
        ("The AfD lost a seat.", &[]),
    ]);
}

#[test]
fn no_half_of_a_word_is_left_standing() {
    expect(&[
        (
            "My brother's schizophrenia",
            &["HEALTH_CONDITION=schizophrenia"],
        ),
        ("Ihr Magenkrebs", &["HEALTH_CONDITION=Magenkrebs"]),
        ("my Parkinson’s", &["HEALTH_CONDITION=Parkinson’s"]),
        ("Meine Pollenallergie", &["HEALTH_CONDITION=Pollenallergie"]),
    ]);
}

#[test]
fn where_nobody_is_near_the_score_is_under_the_usual_least_one() {
    let all = Scanner::new(Options {
        min_score: 0.1,
        ..Options::default()
    });
    let found = all.unwrap().scan("Diabetes is a disease.");
    let usual = Options::default().min_score;
    assert!(
        matches!(found.as_slice(), [weak] if weak.score < usual),
        "{found:?}"
    );
}

proptest! {
    #[test]
    fn whatever_stands_around_a_word_it_is_found_where_it_lies(
        before in "[\\PC\n]{0,60}",
        after in "[\\PC\n]{0,60}",
    ) {
        let text = format!("{before} my asthma {after}");
        for finding in ALL.scan(&text) {
            prop_assert!(text.get(finding.bytes.clone()).is_some(), "{:?}", finding);
        }
    }
}
