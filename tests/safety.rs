//! How much of what is in the labelled texts is found, and how much of what is found is there.
//!
//! `safety/labelled.jsonl` is written by `safety/make.py` and by people; docs/safety.md says how it is
//! labelled and what the figures mean. Run with `GATEHOUSE_WRITE_MEASURED=1` to write the figures anew
//! that the product shows, and with `GATEHOUSE_SHOW_MISSES=1` to see what went wrong.

use std::{collections::BTreeMap, fs, path::Path, process::Command, sync::LazyLock};

use gatehouse_core::safety::{
    DataClass, Kind, Options, Scanner, char_spans,
    measured::{Figures, KindFigures, Measured, Share, measured},
    names::Names,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Labelled {
    id: String,
    text: String,
    spans: Vec<Span>,
}

/// A type and a place, in Unicode scalar values.
#[derive(Deserialize)]
struct Span {
    start: usize,
    end: usize,
    #[serde(rename = "type")]
    kind: String,
}

/// One evaluation for all tests.
static EVALUATED: LazyLock<Evaluation> = LazyLock::new(|| {
    let scanner = Scanner::new(Options::default())
        .unwrap()
        .with_tier(Box::new(Names::new()));
    let mut evaluation = Evaluation::default();
    for text in labelled() {
        evaluation.add(&scanner, &text);
    }
    evaluation
});

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/safety"))
}

fn labelled() -> Vec<Labelled> {
    let lines = fs::read_to_string(folder().join("labelled.jsonl")).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[derive(Default)]
struct Evaluation {
    texts: u32,
    spans: u32,
    kinds: BTreeMap<String, Figures>,
    /// What went wrong, for people.
    misses: Vec<String>,
}

impl Evaluation {
    fn add(&mut self, scanner: &Scanner, text: &Labelled) {
        let letters: Vec<char> = text.text.chars().collect();
        let findings = scanner.scan(&text.text);
        let places = char_spans(&text.text, &findings);
        let found: Vec<Span> = findings
            .iter()
            .zip(&places)
            .map(|(finding, place)| Span {
                start: place.start,
                end: place.end,
                kind: finding.kind.name().to_owned(),
            })
            .collect();
        self.texts += 1;
        self.spans += text.spans.len() as u32;
        for span in &text.spans {
            let figures = self.kinds.entry(span.kind.clone()).or_default();
            let right = found.iter().any(|found| same(&letters, span, found));
            count(&mut figures.recall, right);
            count(&mut figures.hidden, is_hidden(&letters, span, &found));
            if !right {
                self.miss("missed", text, &letters, span);
            }
        }
        for found in &found {
            let right = text.spans.iter().any(|span| same(&letters, span, found));
            let figures = self.kinds.entry(found.kind.clone()).or_default();
            count(&mut figures.precision, right);
            if !right {
                self.miss("wrong", text, &letters, found);
            }
        }
    }

    fn miss(&mut self, what: &str, text: &Labelled, letters: &[char], span: &Span) {
        let value: String = letters[span.start..span.end].iter().collect();
        let (kind, id) = (&span.kind, &text.id);
        self.misses
            .push(format!("{what} {kind} {value:?} in {id}: {:?}", text.text));
    }

    fn figures(&self, kind: &Kind) -> Figures {
        self.kinds.get(kind.name()).copied().unwrap_or_default()
    }

    /// All of these kinds together.
    fn together<'a>(&self, kinds: impl IntoIterator<Item = &'a Kind>) -> Figures {
        let mut all = Figures::default();
        for kind in kinds {
            let figures = self.figures(kind);
            add(&mut all.recall, figures.recall);
            add(&mut all.precision, figures.precision);
            add(&mut all.hidden, figures.hidden);
        }
        all
    }

    fn measured(&self, date: String) -> Measured {
        let kinds = Kind::ALL.iter().map(|kind| KindFigures {
            name: kind.name().to_owned(),
            label: kind.label().to_owned(),
            figures: self.figures(kind),
        });
        Measured {
            date,
            texts: self.texts,
            spans: self.spans,
            overall: self.together(Kind::ALL),
            kinds: kinds.collect(),
        }
    }
}

fn count(share: &mut Share, hit: bool) {
    add(
        share,
        Share {
            hits: u32::from(hit),
            total: 1,
        },
    );
}

fn add(share: &mut Share, more: Share) {
    share.hits += more.hits;
    share.total += more.total;
}

/// The same type, and the same place but for marks and spaces at its ends: `Berlin.` is `Berlin`.
fn same(text: &[char], a: &Span, b: &Span) -> bool {
    a.kind == b.kind && core(text, a) == core(text, b)
}

/// The place without what is neither a letter nor a digit at its ends.
fn core(text: &[char], span: &Span) -> (usize, usize) {
    let inside = &text[span.start..span.end];
    let first = inside.iter().position(|letter| letter.is_alphanumeric());
    let last = inside.iter().rposition(|letter| letter.is_alphanumeric());
    (
        span.start + first.unwrap_or(0),
        span.start + last.map_or(0, |last| last + 1),
    )
}

/// Whether each letter and digit of it lies in something that was found.
fn is_hidden(text: &[char], span: &Span, found: &[Span]) -> bool {
    (span.start..span.end)
        .filter(|&at| text[at].is_alphanumeric())
        .all(|at| {
            found
                .iter()
                .any(|found| (found.start..found.end).contains(&at))
        })
}

#[test]
fn the_labelled_texts_are_what_their_script_writes() {
    let python = if cfg!(windows) { "python" } else { "python3" };
    let script = folder().join("make.py");
    let output = Command::new(python).arg(script).arg("--check").output();
    let output = output.expect("the build needs Python, so it is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn every_kind_has_enough_labelled_places() {
    for kind in Kind::ALL {
        let total = EVALUATED.figures(kind).recall.total;
        assert!(total >= 5, "{} has {total}", kind.name());
    }
    assert!(EVALUATED.spans >= 1_500, "{} in all", EVALUATED.spans);
    let known = |name: &String| Kind::ALL.iter().any(|kind| kind.name() == name);
    let unknown: Vec<_> = EVALUATED.kinds.keys().filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "no kind is called {unknown:?}");
}

/// What a group of kinds may not fall below, in hundredths. A little under what was measured; raise it
/// with that.
struct Floor {
    group: &'static str,
    of_group: fn(&str) -> bool,
    recall: f64,
    precision: f64,
    hidden: f64,
}

const fn floor(
    group: &'static str,
    of_group: fn(&str) -> bool,
    [recall, precision, hidden]: [f64; 3],
) -> Floor {
    Floor {
        group,
        of_group,
        recall,
        precision,
        hidden,
    }
}

const FLOORS: [Floor; 9] = [
    floor("people", |kind| kind == "PERSON", [73.0, 93.0, 73.0]),
    floor("places", |kind| kind == "LOCATION", [81.0, 89.0, 81.0]),
    floor(
        "organisations",
        |kind| kind == "ORGANIZATION",
        [67.0, 91.0, 69.0],
    ),
    floor(
        "addresses and births",
        is_address_or_birth,
        [90.0, 96.0, 90.0],
    ),
    floor(
        "reaching and paying",
        is_reach_or_payment,
        [98.0, 99.0, 98.5],
    ),
    floor("papers and vehicles", is_paper, [82.0, 94.0, 91.0]),
    floor("national numbers", is_national, [94.5, 95.0, 97.0]),
    floor(
        "special categories in words",
        is_special_in_words,
        [77.0, 97.5, 78.0],
    ),
    floor("secrets", is_secret, [96.0, 99.0, 96.0]),
];

fn is_address_or_birth(kind: &str) -> bool {
    ["ADDRESS", "DATE_OF_BIRTH"].contains(&kind)
}

fn is_reach_or_payment(kind: &str) -> bool {
    [
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "IP_ADDRESS",
        "MAC_ADDRESS",
        "CREDIT_CARD",
        "IBAN_CODE",
        "BIC_CODE",
        "CRYPTO",
    ]
    .contains(&kind)
}

fn is_paper(kind: &str) -> bool {
    [
        "PASSPORT",
        "DRIVER_LICENSE",
        "IDENTITY_CARD",
        "TAX_NUMBER",
        "VEHICLE_PLATE",
        "VIN",
        "MEDICAL_RECORD",
    ]
    .contains(&kind)
}

fn is_special_in_words(kind: &str) -> bool {
    [
        "HEALTH_CONDITION",
        "RELIGION",
        "SEXUAL_ORIENTATION",
        "ETHNIC_ORIGIN",
        "POLITICAL_OPINION",
        "UNION_MEMBERSHIP",
        "BODY_DATA",
        "CRIMINAL_RECORD",
    ]
    .contains(&kind)
}

fn is_secret(kind: &str) -> bool {
    let of_kind = Kind::ALL.iter().find(|known| known.name() == kind);
    of_kind.is_some_and(|kind| kind.class() == DataClass::Secret)
}

/// Those of one country, and the one of US banks.
fn is_national(kind: &str) -> bool {
    let named = ["PERSON", "LOCATION", "ORGANIZATION"].contains(&kind);
    !(named
        || is_address_or_birth(kind)
        || is_reach_or_payment(kind)
        || is_paper(kind)
        || is_special_in_words(kind)
        || is_secret(kind))
}

#[test]
fn no_group_of_kinds_does_worse_than_it_did() {
    for floor in &FLOORS {
        let kinds = Kind::ALL
            .iter()
            .filter(|kind| (floor.of_group)(kind.name()));
        let figures = EVALUATED.together(kinds);
        for (what, share, least) in [
            ("recall", figures.recall, floor.recall),
            ("precision", figures.precision, floor.precision),
            ("hidden", figures.hidden, floor.hidden),
        ] {
            assert!(share.total > 0, "nothing is labelled in {}", floor.group);
            let is = 100.0 * f64::from(share.hits) / f64::from(share.total);
            let group = floor.group;
            assert!(is >= least, "{group}: {what} is {is:.1}, under {least}");
        }
    }
}

#[test]
fn the_figures_that_the_product_shows_are_those_of_this_build() {
    if std::env::var_os("GATEHOUSE_SHOW_MISSES").is_some() {
        EVALUATED.misses.iter().for_each(|miss| println!("{miss}"));
    }
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/safety/measured.json");
    if std::env::var_os("GATEHOUSE_WRITE_MEASURED").is_some() {
        let today = jiff::Timestamp::now().to_string();
        let day = today.split('T').next().unwrap_or_default().to_owned();
        let json = serde_json::to_string_pretty(&EVALUATED.measured(day)).unwrap();
        fs::write(&kept, json + "\n").unwrap();
    }
    let stored: Measured = serde_json::from_slice(&fs::read(&kept).unwrap()).unwrap();
    let now = EVALUATED.measured(stored.date.clone());
    assert!(
        stored == now,
        "{} is not what this build does: run this test with GATEHOUSE_WRITE_MEASURED=1",
        kept.display()
    );
    assert!(
        std::env::var_os("GATEHOUSE_WRITE_MEASURED").is_some() || *measured() == stored,
        "what is compiled in is the file"
    );
}
