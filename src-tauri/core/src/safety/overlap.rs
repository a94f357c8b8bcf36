//! Two findings in one place: which one stays.
//!
//! The first of these that differs decides:
//! 1. a secret over anything else, since it must never leave;
//! 2. one whose check digit, registry or the like held over one without;
//! 3. a special category over personal data, since policy is stricter with it;
//! 4. the higher score;
//! 5. the longer one;
//! 6. the earlier one;
//! 7. the rule that is listed first.
//!
//! What overlaps a finding that stays is cut down to what lies beside it, and that stays a finding of its
//! kind: a person's own word in a name must not let the rest of it go. So no byte is in two
//! findings, and no letter or digit that was found is in none.

use std::{borrow::Cow, cmp::Reverse, collections::BTreeMap, ops::Range};

use super::{DataClass, Finding};

/// Keep the findings in `text` that win where they lie, and what is left of the others; sorted by their
/// start. What is `no_finding`, be it whole or what is left of one, hides nothing that lies below it.
pub(crate) fn resolve(
    text: &str,
    mut found: Vec<Finding>,
    no_finding: impl Fn(&Finding) -> bool,
) -> Vec<Finding> {
    found.retain(|finding| !finding.bytes.is_empty() && !no_finding(finding));
    found.sort_by(|a, b| {
        let order = |finding: &Finding| {
            let class = finding.kind.class();
            Reverse((class == DataClass::Secret, finding.validated, class))
        };
        let place = |finding: &Finding| (Reverse(finding.bytes.len()), finding.bytes.start);
        order(a)
            .cmp(&order(b))
            .then(b.score.total_cmp(&a.score))
            .then(place(a).cmp(&place(b)))
    });
    let mut kept: BTreeMap<usize, Finding> = BTreeMap::new();
    for finding in found {
        // Those kept do not overlap, so only the last that begins before this one's end can reach it.
        let before = kept.range(..finding.bytes.end).next_back();
        if before.is_none_or(|(_, other)| other.bytes.end <= finding.bytes.start) {
            kept.insert(finding.bytes.start, finding);
            continue;
        }
        for gap in gaps(&kept, &finding.bytes) {
            let left = left_of(&finding, gap, text);
            if let Some(left) = left.filter(|left| !no_finding(left)) {
                kept.insert(left.bytes.start, left);
            }
        }
    }
    kept.into_values().collect()
}

/// What of a span is in none of those kept.
fn gaps(kept: &BTreeMap<usize, Finding>, span: &Range<usize>) -> Vec<Range<usize>> {
    let mut gaps = Vec::new();
    let mut end = span.end;
    for (start, other) in kept.range(..span.end).rev() {
        if other.bytes.end <= span.start {
            break;
        }
        if other.bytes.end < end {
            gaps.push(other.bytes.end..end);
        }
        end = *start;
    }
    if span.start < end {
        gaps.push(span.start..end);
    }
    gaps
}

/// What is left of a finding in a gap between others, without the spaces and marks at which it was cut.
/// `None`: that is no letter and no digit. Of a secret every mark counts.
fn left_of(finding: &Finding, gap: Range<usize>, text: &str) -> Option<Finding> {
    let secret = finding.kind.class() == DataClass::Secret;
    let says_nothing =
        |letter: char| letter.is_whitespace() || !secret && letter.is_ascii_punctuation();
    let mut bytes = gap;
    if let Some(left) = text.get(bytes.clone()) {
        let counts = |letter: char| letter.is_alphanumeric() || secret && !letter.is_whitespace();
        if !left.contains(counts) {
            return None;
        }
        if bytes.end < finding.bytes.end {
            bytes.end -= left.len() - left.trim_end_matches(says_nothing).len();
        }
        if bytes.start > finding.bytes.start {
            bytes.start += left.len() - left.trim_start_matches(says_nothing).len();
        }
    }
    Some(Finding {
        bytes,
        // The check was one of the whole.
        validated: false,
        reason: Cow::Owned(format!(
            "{}; what lies beside another finding",
            finding.reason
        )),
        ..finding.clone()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::safety::{
        Kind,
        mask::{Masks, mask},
    };

    fn finding(kind: Kind, bytes: Range<usize>, score: f32, validated: bool) -> Finding {
        Finding {
            kind,
            bytes,
            score,
            validated,
            rule: "".into(),
            reason: "".into(),
        }
    }

    fn all(text: &str, found: Vec<Finding>) -> Vec<Finding> {
        resolve(text, found, |_| false)
    }

    /// Which one stays where nothing is left of the other.
    fn winner(a: Finding, b: Finding) -> Finding {
        let marks = "......";
        let both = all(marks, vec![a.clone(), b.clone()]);
        assert_eq!(
            both,
            all(marks, vec![b, a]),
            "the order of finding does not matter"
        );
        assert_eq!(both.len(), 1);
        both.into_iter().next().unwrap()
    }

    /// The places of a kind, as they are written.
    fn written<'t>(text: &'t str, found: &[Finding], kind: &Kind) -> Vec<&'t str> {
        let of_kind = found.iter().filter(|finding| finding.kind == *kind);
        of_kind
            .map(|finding| &text[finding.bytes.clone()])
            .collect()
    }

    #[test]
    fn each_step_of_the_order_decides_when_those_before_are_equal() {
        let secret = finding(Kind::Password, 0..2, 0.1, false);
        let special = finding(Kind::UkNhs, 0..3, 0.2, true);
        let proven = finding(Kind::PhoneNumber, 0..4, 0.3, true);
        let record = finding(Kind::MedicalRecord, 0..4, 0.2, false);
        let likely = finding(Kind::Address, 0..5, 0.9, false);
        let long = finding(Kind::Address, 0..6, 0.8, false);
        let early = finding(Kind::Person, 0..5, 0.8, false);
        let late = finding(Kind::Person, 1..6, 0.8, false);
        let order = [secret, special, proven, record, likely, long, early, late];
        for pair in order.windows(2) {
            assert_eq!(winner(pair[0].clone(), pair[1].clone()), pair[0]);
        }
    }

    #[test]
    fn the_rule_listed_first_wins_among_equals() {
        let first = finding(Kind::EePersonalCode, 0..11, 0.8, true);
        let second = finding(Kind::LtPersonalCode, 0..11, 0.8, true);
        assert_eq!(all("37605030299", vec![first.clone(), second]), vec![first]);
    }

    #[test]
    fn what_is_left_of_a_loser_stays_found_without_the_marks_at_the_cut() {
        let text = "Hauptstr. 12, 10115 Berlin (DE)";
        let berlin = text.find("Berlin").unwrap();
        let found = all(
            text,
            vec![
                finding(Kind::Address, 0..text.len(), 0.8, false),
                finding(Kind::Location, berlin..berlin + 6, 1.0, true),
            ],
        );
        assert_eq!(
            written(text, &found, &Kind::Address),
            ["Hauptstr. 12, 10115", "DE)"],
            "an end that the rule itself found stays as it is"
        );
        assert_eq!(written(text, &found, &Kind::Location), ["Berlin"]);
    }

    #[test]
    fn of_a_secret_every_mark_is_left() {
        let text = "hun!ter2!!";
        let found = all(
            text,
            vec![
                finding(Kind::Password, 0..text.len(), 0.5, false),
                finding(Kind::ApiKey, 4..8, 0.9, true),
            ],
        );
        assert_eq!(written(text, &found, &Kind::Password), ["hun!", "!!"]);
    }

    #[test]
    fn what_is_left_and_called_no_finding_hides_nothing_below_it() {
        let text = "Anna Berg";
        let found = vec![
            finding(Kind::Location, 5..9, 1.0, true),
            finding(Kind::Person, 0..9, 0.9, false),
            finding(Kind::Organization, 0..9, 0.5, false),
        ];
        let is_anna = |finding: &Finding| {
            finding.kind == Kind::Person && text[finding.bytes.clone()] == *"Anna"
        };
        let found = resolve(text, found, is_anna);
        assert!(written(text, &found, &Kind::Person).is_empty());
        assert_eq!(written(text, &found, &Kind::Organization), ["Anna"]);
    }

    /// Findings of a text, at the edges of its letters.
    fn findings(text: &str, spans: Vec<(usize, usize, u8, bool, Kind)>) -> Vec<Finding> {
        let edge = |at: usize| text.floor_char_boundary(at.min(text.len()));
        spans
            .into_iter()
            .map(|(start, length, score, validated, kind)| {
                finding(
                    kind,
                    edge(start)..edge(start + length),
                    f32::from(score),
                    validated,
                )
            })
            .collect()
    }

    fn spans() -> impl Strategy<Value = Vec<(usize, usize, u8, bool, Kind)>> {
        let kinds = [
            Kind::Person,
            Kind::Address,
            Kind::PhoneNumber,
            Kind::MedicalRecord,
            Kind::Password,
        ];
        let kind = proptest::sample::select(kinds.to_vec());
        let span = (0usize..60, 1usize..24, 0u8..3, any::<bool>(), kind);
        proptest::collection::vec(span, 0..40)
    }

    proptest! {
        #[test]
        fn what_stays_is_sorted_and_disjoint_and_no_letter_that_was_found_is_let_go(
            text in "[a-zé0-9 .,ß🦀]{0,60}", spans in spans(),
        ) {
            let found = findings(&text, spans);
            let kept = all(&text, found.clone());
            for pair in kept.windows(2) {
                prop_assert!(pair[0].bytes.end <= pair[1].bytes.start);
            }
            for (at, letter) in text.char_indices().filter(|(_, letter)| letter.is_alphanumeric()) {
                let holds = |of: &[Finding], secret: bool| of.iter().any(|one| {
                    one.bytes.contains(&at) && (!secret || one.kind.class() == DataClass::Secret)
                });
                prop_assert_eq!(holds(&kept, false), holds(&found, false), "{} at {}", letter, at);
                prop_assert_eq!(holds(&kept, true), holds(&found, true), "a secret stays one");
            }
        }

        #[test]
        fn the_mask_of_what_stays_hides_all_that_was_found(
            text in "[a-zé0-9 .,ß🦀]{0,60}", spans in spans(),
        ) {
            let found = findings(&text, spans);
            let masked = mask(&text, &all(&text, found.clone()), &mut Masks::new(7));
            for (at, letter) in text.char_indices().filter(|(_, letter)| letter.is_alphanumeric()) {
                if found.iter().any(|finding| finding.bytes.contains(&at)) {
                    let is_hidden = masked.spans.iter().any(|span| span.original.contains(&at));
                    prop_assert!(is_hidden, "{letter} at {at} leaves: {}", masked.text);
                }
            }
        }
    }
}
