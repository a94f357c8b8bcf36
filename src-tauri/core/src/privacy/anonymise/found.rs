//! What was found while an export for analysis was made: how much, and nothing of it.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write,
};

use serde::Serialize;
use specta::Type;

use crate::safety::{Finding, Kind, mask::label};

/// What was found of a kind, and replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FoundKind {
    /// What its pseudonyms begin with: `PERSON`, `EMAIL-ADDRESS`.
    pub label: String,
    /// What it is, for people.
    pub words: String,
    /// Places that were replaced.
    pub places: u32,
    /// Different values; none for secrets, which have no pseudonyms.
    pub values: u32,
}

/// Counts while an export is made.
#[derive(Default)]
pub(super) struct Found {
    kinds: BTreeMap<String, Counted>,
    rules: BTreeMap<String, u32>,
    left_out: usize,
}

#[derive(Default)]
struct Counted {
    words: String,
    places: u32,
    pseudonyms: HashSet<String>,
}

/// What goes along with the export.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    kinds: Vec<FoundKind>,
    rules: Vec<RuleCount>,
    /// Values that were replaced only where a rule found them: too long, or too many.
    by_rules_alone: usize,
}

#[derive(Debug, Serialize)]
struct RuleCount {
    rule: String,
    found: u32,
}

impl Found {
    /// Count what rules have found in a text. Rules of the person's own are one: their names say too much.
    pub(super) fn by_rules(&mut self, findings: &[Finding]) {
        for finding in findings {
            let rule = match finding.rule.starts_with("own/") {
                true => "own",
                false => &finding.rule,
            };
            *self.rules.entry(rule.to_owned()).or_default() += 1;
        }
    }

    /// Count a place that has a pseudonym now.
    pub(super) fn value(&mut self, kind: &Kind, pseudonym: &str) {
        let words = match kind {
            Kind::Own { .. } => "Found by a rule of your own",
            kind => kind.label(),
        };
        let counted = self.counted(&label(kind), words);
        counted.pseudonyms.insert(pseudonym.to_owned());
    }

    /// Count a place where a secret was.
    pub(super) fn secret(&mut self, kind: &Kind) {
        let words = match kind {
            Kind::Own { .. } => "Secret",
            kind => kind.label(),
        };
        self.counted(&label(kind), words);
    }

    /// Say how many values were looked for by rules alone.
    pub(super) fn left_out(&mut self, values: usize) {
        self.left_out = values;
    }

    fn counted(&mut self, label: &str, words: &str) -> &mut Counted {
        let counted = self.kinds.entry(label.to_owned()).or_default();
        if counted.words.is_empty() {
            words.clone_into(&mut counted.words);
        }
        counted.places += 1;
        counted
    }

    /// By kind, most first.
    pub(super) fn kinds(&self) -> Vec<FoundKind> {
        let mut kinds: Vec<_> = self
            .kinds
            .iter()
            .map(|(label, counted)| FoundKind {
                label: label.clone(),
                words: counted.words.clone(),
                places: counted.places,
                values: u32::try_from(counted.pseudonyms.len()).unwrap_or(u32::MAX),
            })
            .collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.places));
        kinds
    }

    pub(super) fn report(&self) -> Report {
        Report {
            kinds: self.kinds(),
            rules: self
                .rules
                .iter()
                .map(|(rule, found)| RuleCount {
                    rule: rule.clone(),
                    found: *found,
                })
                .collect(),
            by_rules_alone: self.left_out,
        }
    }

    /// The same for people.
    pub(super) fn words(&self) -> String {
        let mut words = String::from(
            "What was found and replaced in this export. Finding is best effort: what has no form and no \
             context that gives it away can still stand in the texts.\n\n",
        );
        let kinds = self.kinds();
        if kinds.is_empty() {
            words.push_str("Nothing was found.\n");
        }
        for kind in kinds {
            let times = if kind.places == 1 { "place" } else { "places" };
            let _ = write!(words, "{}: {} {times}", kind.words, kind.places);
            let _ = match kind.values {
                0 => writeln!(words, ", taken out"),
                1 => writeln!(words, ", one value ({}-…)", kind.label),
                values => writeln!(words, ", {values} different values ({}-…)", kind.label),
            };
        }
        if self.left_out > 0 {
            let _ = writeln!(
                words,
                "\n{} values are very long, or more than can be looked for together. They were replaced where a \
                 rule found them, and can still stand where nothing gives them away.",
                self.left_out
            );
        }
        words
    }
}
