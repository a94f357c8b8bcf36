use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::safety::Kind;

static NAMES: LazyLock<Names> = LazyLock::new(Names::new);

fn found(text: &str) -> Vec<(&str, &str)> {
    let found = crate::safety::overlap::resolve(text, NAMES.find(text, &[]), |_| false);
    let named = found
        .iter()
        .map(|finding| (kind(finding), &text[finding.bytes.clone()]));
    named.collect()
}

fn kind(finding: &Finding) -> &'static str {
    match finding.kind {
        Kind::Person => "person",
        Kind::Location => "place",
        _ => "organisation",
    }
}

fn finds(text: &str, expected: &[(&str, &str)]) {
    assert_eq!(found(text), expected, "{text}");
}

fn person(text: &str, name: &str) {
    finds(text, &[("person", name)]);
}

#[test]
fn a_title_gives_a_name_away_even_an_unknown_one() {
    person("Yesterday Mr. Quexley called.", "Quexley");
    person("Sehr geehrte Frau Dr. Xylander,", "Xylander");
    person(
        "Bitte rufen Sie Herrn Prof. Dr. Anton von Quast an.",
        "Anton von Quast",
    );
    person("Le dossier de monsieur Trucmuche est clos.", "Trucmuche");
    person("La señora Zubizarreta llamó ayer.", "Zubizarreta");
    person("Il signor Quaglia ha firmato.", "Quaglia");
    person("Z panem Brzęczyszczykiewiczem", "Brzęczyszczykiewiczem");
    person("Ask dr. Okonkwo today.", "Okonkwo");
    finds("Sir, the Madam is here", &[]);
}

#[test]
fn greetings_signatures_and_introductions_give_names_away() {
    person("Dear Xanthe,\nthank you", "Xanthe");
    person("Liebe Gundula, vielen Dank", "Gundula");
    person("Hola Itziar:\n", "Itziar");
    person("Bonjour Amélie, merci", "Amélie");
    finds("Dear Sir or Madam,", &[]);
    finds("Hello World!", &[]);
    finds("Liebe Kolleginnen und Kollegen,", &[]);
    person(
        "All the best.\n\nKind regards,\nOttokar Quexley\n",
        "Ottokar Quexley",
    );
    person("Mit freundlichen Grüßen\n\nGudula Zwirn", "Gudula Zwirn");
    for phrase in [
        "My name is",
        "Ich heiße",
        "Je m'appelle",
        "Me llamo",
        "Mi chiamo",
        "Meu nome é",
        "Mijn naam is",
        "Nazywam się",
        "Jag heter",
        "Jmenuji se",
    ] {
        person(&format!("{phrase} Quibble Zwirn."), "Quibble Zwirn");
        person(&format!("{phrase} Anna Zwirn."), "Anna Zwirn");
    }
    person("I'm Oliver, by the way", "Oliver");
    finds("I am Happy", &[]);
    person("Patientin: Quendolina Zwirn\n", "Quendolina Zwirn");
}

#[test]
fn known_names_of_ten_languages_need_no_context() {
    for name in [
        "Emily Clarke",
        "Jürgen Müller",
        "Amélie Lefèvre",
        "Javier Gutiérrez",
        "Giulia Esposito",
        "João Gonçalves",
        "Sanne de Vries",
        "Małgorzata Wiśniewska",
        "Håkan Lindqvist",
        "Zdeněk Dvořák",
        "Jean-Pierre Dupont",
        "Ludwig van Beethoven",
        "J. R. Tolkien Smith",
        "Anne-Marie O’Brien",
        "JÜRGEN MÜLLER",
        "Anna  Berg",
        "Berg, Anna",
    ] {
        person(&format!("yesterday {name} signed the lease"), name);
    }
    finds(
        "both Anna Berg and Tom Hill came",
        &[("person", "Anna Berg"), ("person", "Tom Hill")],
    );
    person("then Anna’s lease ended", "Anna");
}

#[test]
fn ordinary_words_are_no_names() {
    for text in [
        "Will you come? May we ask? Mark my words. Grace and Hope are virtues.",
        "The Contract of March ends on Monday. In April it was renewed.",
        "Der Vertrag wurde am Montag vom Vermieter an die Mieterin geschickt.",
        "Die Rechnung für den Kaffee liegt im Büro auf dem Tisch.",
        "Le Contrat est signé. La Maison est grande.",
        "High School and Primary School are Schools.",
        "function getName() { return MyClass.Instance; } HTTP_OK Base64 X509",
    ] {
        finds(text, &[]);
    }
}

#[test]
fn places_are_known_or_come_after_a_word_such_as_in() {
    finds(
        "She lives in Rio de Janeiro now.",
        &[("place", "Rio de Janeiro")],
    );
    finds(
        "a flight to New York City or Zürich",
        &[("place", "New York City"), ("place", "Zürich")],
    );
    finds(
        "Reading is fun, but he lives in Reading.",
        &[("place", "Reading")],
    );
    finds("wohnt seit 2010 in St. Gallen", &[("place", "St. Gallen")]);
    finds("they met in Florence", &[("place", "Florence")]);
    person("they met Florence Nightingale", "Florence Nightingale");
}

#[test]
fn organisations_have_a_legal_form_or_a_head() {
    for (text, name) in [
        (
            "Die Zwirn & Söhne GmbH & Co. KG klagt",
            "Zwirn & Söhne GmbH & Co. KG",
        ),
        (
            "against Quexley Holdings Ltd. in court",
            "Quexley Holdings Ltd.",
        ),
        ("chez Trucmuche S.A. depuis", "Trucmuche S.A."),
        ("con Quaglia S.p.A. di", "Quaglia S.p.A."),
        ("firma Zwirn sp. z o.o. jest", "Zwirn sp. z o.o."),
        ("firma Zwirn s.r.o. je", "Zwirn s.r.o."),
        ("by Quexley, Inc. and", "Quexley, Inc."),
        ("the University of Quexley said", "University of Quexley"),
        ("an der Universität Hamburg war", "Universität Hamburg"),
        (
            "at the Leeds General Hospital they",
            "Leeds General Hospital",
        ),
    ] {
        finds(text, &[("organisation", name)]);
    }
    finds(
        "Anna Berg von der Zwirn GmbH und Tom",
        &[
            ("person", "Anna Berg"),
            ("organisation", "Zwirn GmbH"),
            ("person", "Tom"),
        ],
    );
    finds(
        "Smith and Jones Ltd",
        &[("organisation", "Smith and Jones Ltd")],
    );
}

#[test]
fn a_person_is_found_again_by_one_name_and_by_an_address() {
    finds(
        "Anna Zwirn called. Later Zwirn paid; Anna left.",
        &[
            ("person", "Anna Zwirn"),
            ("person", "Zwirn"),
            ("person", "Anna"),
        ],
    );
    let text = "Write to quendolin.zwirn@example.org. Quendolin knows. Info too.";
    let end = text.find(". Q").unwrap();
    let address = Finding {
        kind: Kind::EmailAddress,
        bytes: 9..end,
        score: 1.0,
        validated: true,
        rule: "email".into(),
        reason: "".into(),
    };
    let found = NAMES.find(text, &[address]);
    let names: Vec<_> = found
        .iter()
        .map(|finding| &text[finding.bytes.clone()])
        .collect();
    assert_eq!(names, ["Quendolin"]);
}

#[test]
fn a_person_of_an_earlier_turn_is_found_by_one_name() {
    let text = "May Zwirn pay? Zwirn GmbH does. Ask Quendolina in May.";
    let first = NAMES.find(text, &[]);
    let known = NAMES.words_of(["Quendolina May Zwirn"]);
    let again = NAMES.again(text, &known, &first);
    let names: Vec<_> = again
        .iter()
        .map(|finding| &text[finding.bytes.clone()])
        .collect();
    assert_eq!(
        names,
        ["Zwirn", "Quendolina"],
        "neither the firm nor the month"
    );
}

#[test]
fn odd_and_huge_texts_take_linear_time() {
    for piece in [
        "A",
        "A. ",
        "Anna ",
        "Anna, ",
        "a ",
        " ",
        "\n",
        "Anna & ",
        "Berg, Anna ",
        "é",
        "'",
        "-A",
        ".",
        "Dr. ",
        "\u{301}",
        "Dear ",
        "in ",
        ":",
        "GmbH & ",
        "James-",
        "S.",
    ] {
        let text = piece.repeat((1 << 16) / piece.len());
        NAMES.find(&text, &[]);
        NAMES.find(&format!("Anna{text}Anna"), &[]);
    }
}

proptest! {
    #[test]
    fn findings_lie_within_any_text(
        text in "([A-Z][a-zé]{0,8}|Anna|Berg|Dr|Ltd|of|van|in|Dear|[ .,\n'’&:-]|\\PC){0,30}",
    ) {
        for finding in NAMES.find(&text, &[]) {
            prop_assert!(text.get(finding.bytes.clone()).is_some_and(|name| !name.is_empty()));
            prop_assert!((0.4..=1.0).contains(&finding.score));
        }
    }
}

#[test]
fn small_words_of_a_name_may_have_capitals() {
    person("Geachte mevrouw Van der Quist,", "Van der Quist");
    person("Gisteren belde mevrouw De Quist.", "De Quist");
    person(
        "ritirato ieri da Federica Della Quist.",
        "Federica Della Quist",
    );
    person("Monsieur Yves Le Quist est là.", "Yves Le Quist");
}

#[test]
fn a_short_word_in_capitals_is_an_abbreviation_unless_it_is_part_of_a_name() {
    finds("La partita IVA e il mio NINO. P. IVA 1", &[]);
    person("signed by ANNA BERG today", "ANNA BERG");
}

#[test]
fn places_of_several_words_are_whole() {
    finds(
        "From São Paulo to South Africa and Las Palmas.",
        &[
            ("place", "São Paulo"),
            ("place", "South Africa"),
            ("place", "Las Palmas"),
        ],
    );
}

#[test]
fn what_nobody_sees_hides_no_name() {
    person("Dear Anna\u{200b} Berg, hello", "Anna\u{200b} Berg");
    person(
        "then An\u{200b}na Be\u{ad}rg came",
        "An\u{200b}na Be\u{ad}rg",
    );
    person("Frau Quex\u{200d}ley kommt", "Quex\u{200d}ley");
    let again = "Anna Berg wrote. Then Be\u{200b}rg called.";
    let words = NAMES.words_of(["Anna Berg"]);
    let found = NAMES.again(again, &words, &[]);
    assert!(
        found
            .iter()
            .any(|finding| again[finding.bytes.clone()] == *"Be\u{200b}rg")
    );
}

#[test]
fn a_word_after_the_and_a_country_are_nobody() {
    for text in [
        "The German economy is slow, and the Victoria line is closed.",
        "Jordan is a country. So is Chad.",
        "a German car",
    ] {
        finds(text, &[]);
    }
    person("then Jordan Clarke signed", "Jordan Clarke");
    person("Dear Jordan,\nthank you", "Jordan");
    person("the Anna Berg case", "Anna Berg");
}

#[test]
fn a_small_word_of_names_does_not_hide_an_introduction() {
    person("Ich bin Max.", "Max");
}
