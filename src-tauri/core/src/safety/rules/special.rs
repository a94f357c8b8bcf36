//! Special categories in words: health, beliefs, orientation, origin, opinions, unions, the body, crime.
//!
//! A word for an illness says nothing of anybody: "diabetes is a disease". So each word is only a
//! candidate, and what stands in its sentence decides: "my", "the patient", "she has", a label before
//! a colon, or a name that another tier finds. What a person *is* needs a verb that says so ("is
//! gay"), or the person right behind it ("my gay son"); a union or a party needs "member" or the
//! like. A candidate without any of that keeps a score under the usual least one.
//!
//! Each candidate looks at a bounded part of the text around it, so the time stays linear.

mod belonging;
mod health;
mod people;
mod sentence;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, ops::Range};

use super::{Scan, finding};
use crate::safety::{
    Finding, Kind,
    context::{Topic, WordList},
};
use sentence::Sentence;

/// How a group of words is tied to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Somebody has it, or takes it, or it was done to them.
    Having,
    /// Somebody is it.
    Being,
    /// Somebody belongs to it.
    Belonging,
}

struct Group {
    kind: Kind,
    form: Form,
    rule: &'static str,
    words: &'static [&'static str],
    reason: &'static str,
}

const fn group(
    kind: Kind,
    form: Form,
    rule: &'static str,
    words: &'static [&'static str],
    reason: &'static str,
) -> Group {
    Group {
        kind,
        form,
        rule,
        words,
        reason,
    }
}

const GROUPS: &[Group] = &[
    group(
        Kind::HealthCondition,
        Form::Having,
        "special/health",
        health::WORDS,
        "A word for an illness, a treatment or a medicine",
    ),
    group(
        Kind::Religion,
        Form::Being,
        "special/religion",
        belonging::RELIGION,
        "A word for what somebody believes",
    ),
    group(
        Kind::SexualOrientation,
        Form::Being,
        "special/orientation",
        belonging::ORIENTATION,
        "A word for whom somebody loves or who they are",
    ),
    group(
        Kind::EthnicOrigin,
        Form::Being,
        "special/origin",
        belonging::ORIGIN,
        "A word for somebody's origin",
    ),
    group(
        Kind::PoliticalOpinion,
        Form::Being,
        "special/opinion",
        belonging::OPINION,
        "A word for what somebody thinks of politics",
    ),
    group(
        Kind::PoliticalOpinion,
        Form::Belonging,
        "special/party",
        belonging::PARTY,
        "The name of a party",
    ),
    group(
        Kind::UnionMembership,
        Form::Belonging,
        "special/union",
        belonging::UNION,
        "A word for a union",
    ),
    group(
        Kind::BodyData,
        Form::Having,
        "special/body",
        belonging::BODY,
        "A word for what a body or its genes are recognised by",
    ),
    group(
        Kind::CriminalRecord,
        Form::Having,
        "special/crime",
        belonging::CRIME,
        "A word for a conviction or an arrest",
    ),
];

/// How sure it is where nobody is near: under the usual least score.
const WEAK: f32 = 0.3;
/// Where the sentence is about somebody.
const STRONG: f32 = 0.75;
/// Where a name is near.
const NAMED: f32 = 0.65;
/// Where it is about a member, but nobody says of whom.
const SOMEONE: f32 = 0.45;
/// Near another one that is about somebody, in the same paragraph.
const BESIDE: f32 = 0.5;

/// How far a name may be where nothing else ties it to the word, in bytes.
const NAME_NEAR: usize = 25;
/// The most letters of a word before and after the part of it that is in a list.
const LONGEST: usize = 40;
/// How far two words may be of which one is about somebody, in bytes.
const BESIDE_NEAR: usize = 160;

pub(super) fn add_words(list: &mut WordList) {
    for (nth, group) in GROUPS.iter().enumerate() {
        for &word in group.words {
            list.add(word, Topic::Special(nth));
        }
    }
}

/// A word that may be about somebody.
pub(crate) struct Candidate {
    pub finding: Finding,
    /// Its sentence, as far as it is read.
    pub sentence: Range<usize>,
    /// How far a name in the sentence may be, in bytes; `None`: a name changes nothing.
    name_within: Option<usize>,
}

/// Every word of a special category, with what its sentence says. Places are those of the view.
pub(crate) fn candidates(scan: &Scan<'_>) -> Vec<Candidate> {
    let groups = scan.hits.topics().filter_map(|(hit, topic)| match topic {
        Topic::Special(nth) => GROUPS
            .get(nth)
            .map(|group| (whole(scan.view, hit.start..hit.end), group)),
        _ => None,
    });
    groups
        .map(|(word, group)| candidate(&Sentence::around(scan.view, &word), group))
        .collect()
}

/// A word with what its sentence says.
fn candidate(sentence: &Sentence<'_>, group: &Group) -> Candidate {
    let (told, name_within) = sentence.told(group.form);
    let mut candidate = Candidate {
        finding: finding(
            group.kind.clone(),
            sentence.word.clone(),
            WEAK,
            false,
            group.rule,
            group.reason,
        ),
        sentence: sentence.bounds.clone(),
        name_within,
    };
    if let Some((score, word)) = told {
        candidate.now(score, &format!("near “{word}”"));
    }
    candidate
}

/// The whole word where one of our list is open: half of it left standing would say as much. The `'s`
/// of an illness that is named after somebody is part of it.
fn whole(view: &str, part: Range<usize>) -> Range<usize> {
    let is_letter = |letter: &char| letter.is_alphanumeric();
    let before = view[..part.start].chars().rev().take(LONGEST);
    let before = before
        .take_while(is_letter)
        .map(char::len_utf8)
        .sum::<usize>();
    let after = view[part.end..].chars().take(LONGEST);
    let after = after
        .take_while(is_letter)
        .map(char::len_utf8)
        .sum::<usize>();
    let end = part.end + after;
    let own = ["'s", "\u{2019}s"].into_iter().find(|own| {
        let rest = view[end..].strip_prefix(own);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    });
    part.start - before..end + own.map_or(0, str::len)
}

/// Decide by the names that were found, and by the candidates beside. All places are those of the
/// text now.
pub(crate) fn settle(
    mut candidates: Vec<Candidate>,
    found: &[Finding],
    text: &str,
) -> Vec<Finding> {
    let people = found.iter().filter(|finding| finding.kind == Kind::Person);
    let mut people: Vec<_> = people.map(|finding| finding.bytes.clone()).collect();
    people.sort_by_key(|place| place.start);
    for candidate in &mut candidates {
        if candidate.finding.score < NAMED && candidate.has_name(&people) {
            candidate.now(NAMED, "near a name");
        }
    }
    candidates.sort_by_key(|candidate| candidate.finding.bytes.start);
    spread(&mut candidates, text);
    let findings = candidates.into_iter().map(|candidate| candidate.finding);
    findings.collect()
}

/// A note goes on about the one whom a sentence of it was about: "She has asthma. Cortisone daily."
fn spread(candidates: &mut [Candidate], text: &str) {
    let about_somebody: Vec<bool> = candidates
        .iter()
        .map(|candidate| candidate.is_health() && candidate.finding.score >= NAMED)
        .collect();
    let count = candidates.len();
    spread_along(candidates, &about_somebody, 0..count, text);
    spread_along(candidates, &about_somebody, (0..count).rev(), text);
}

/// The same in one direction.
fn spread_along(
    candidates: &mut [Candidate],
    about_somebody: &[bool],
    order: impl Iterator<Item = usize>,
    text: &str,
) {
    let mut last: Option<Range<usize>> = None;
    for nth in order {
        let candidate = &mut candidates[nth];
        let place = &candidate.finding.bytes;
        if about_somebody[nth] {
            last = Some(place.clone());
        } else if candidate.is_health()
            && candidate.finding.score < BESIDE
            && last
                .as_ref()
                .is_some_and(|last| is_beside(last, place, text))
        {
            candidate.now(BESIDE, "beside another about somebody");
        }
    }
}

/// Whether two places are near each other in one paragraph.
fn is_beside(a: &Range<usize>, b: &Range<usize>, text: &str) -> bool {
    let gap = a.end.min(b.end)..a.start.max(b.start);
    gap.len() <= BESIDE_NEAR && !text.get(gap).is_some_and(|gap| gap.contains("\n\n"))
}

impl Candidate {
    fn is_health(&self) -> bool {
        self.finding.kind == Kind::HealthCondition
    }

    fn now(&mut self, score: f32, because: &str) {
        self.finding.score = score;
        self.finding.reason = Cow::Owned(format!("{}, {because}", self.finding.reason));
    }

    /// Whether one of these people, in order, is named in its sentence and near enough.
    fn has_name(&self, people: &[Range<usize>]) -> bool {
        let Some(within) = self.name_within else {
            return false;
        };
        let word = &self.finding.bytes;
        let from = people.partition_point(|person| person.start < self.sentence.start);
        people[from..]
            .iter()
            .take_while(|person| person.end <= self.sentence.end)
            .any(|person| {
                let before = word.start.checked_sub(person.end);
                let after = person.start.checked_sub(word.end);
                before.is_some_and(|far| far <= within)
                    || after.is_some_and(|far| far <= within.min(NAME_NEAR))
            })
    }
}
