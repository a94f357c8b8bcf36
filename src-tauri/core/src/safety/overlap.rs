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
//! What overlaps a finding that stays is dropped whole. So no byte is in two findings.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{DataClass, Finding};

/// Keep the findings that win where they lie, sorted by their start.
pub(crate) fn resolve(mut found: Vec<Finding>) -> Vec<Finding> {
    found.retain(|finding| !finding.bytes.is_empty());
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
        }
    }
    kept.into_values().collect()
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::*;
    use crate::safety::Kind;

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

    fn winner(a: Finding, b: Finding) -> Finding {
        let both = resolve(vec![a.clone(), b.clone()]);
        assert_eq!(
            both,
            resolve(vec![b, a]),
            "the order of finding does not matter"
        );
        assert_eq!(both.len(), 1);
        both.into_iter().next().unwrap()
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
        assert_eq!(resolve(vec![first.clone(), second]), vec![first]);
    }

    proptest! {
        #[test]
        fn what_stays_is_sorted_and_disjoint_and_nothing_free_is_lost(
            spans in proptest::collection::vec((0usize..60, 1usize..12, 0u8..3, any::<bool>()), 0..40)
        ) {
            let found: Vec<_> = spans.into_iter().map(|(start, length, score, validated)| {
                finding(Kind::Person, start..start + length, f32::from(score), validated)
            }).collect();
            let kept = resolve(found.clone());
            for pair in kept.windows(2) {
                prop_assert!(pair[0].bytes.end <= pair[1].bytes.start);
            }
            for lost in found {
                let overlaps = |other: &Finding| other.bytes.start < lost.bytes.end && lost.bytes.start < other.bytes.end;
                prop_assert!(kept.iter().any(overlaps));
            }
        }
    }
}
