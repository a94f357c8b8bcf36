//! The texts of a request are masked together, so what one of them gives away leaves in none.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::{gate::inspect::Inspector, ids::WorkspaceId, safety::restore::restore};

const PASSWORD: &str = "Xk9#mQ2vLp";

/// A text that gives something away, what must then leave in no text, and texts that do not give it away.
const GIVEN_AWAY: &[(&str, &[&str], &[&str])] = &[
    (
        "My name is Anna Quexley.",
        &["quexley"],
        &["Quexley owes us rent.", "so what does anna quexley say?"],
    ),
    (
        "My SSN is 219-45-6789.",
        &["219-45-6789", "219456789", "219 45 6789"],
        &[
            "Is 219-45-6789 right?",
            "Put 219456789 into the form, or 219 45 6789.",
        ],
    ),
    (
        "Write to quendolin.zwirn@example.org today.",
        &["quendolin"],
        &["What does Quendolin want?"],
    ),
    (
        "The database password is Xk9#mQ2vLp",
        &["xk9#mq2vlp"],
        &["Is Xk9#mQ2vLp strong enough?"],
    ),
];

static INSPECTION: LazyLock<Arc<Inspection>> = LazyLock::new(|| {
    Inspector::default()
        .of(WorkspaceId::new(), &policy(), &[])
        .unwrap()
});

/// Secrets are taken out here, as they are by default for a server of one's own.
fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.secret.cloud = Action::Mask;
    policy
}

fn decided(texts: &[&str]) -> Decided {
    let prompt: Vec<_> = texts
        .iter()
        .map(|text| Said::text(Role::User, *text))
        .collect();
    decide(
        &INSPECTION,
        &policy(),
        Destination::Cloud,
        prompt,
        Masks::new(7),
        &Overruled::default(),
    )
}

#[test]
fn nothing_is_found_where_nothing_gives_it_away() {
    for bare in GIVEN_AWAY.iter().flat_map(|(_, _, bare)| *bare) {
        let decided = decided(&[bare]);
        assert_eq!(
            decided.texts[0].leaving, *bare,
            "else the next test shows less"
        );
        assert_eq!(decided.action, Action::Allow);
    }
}

proptest! {
    #[test]
    fn what_any_text_gives_away_leaves_in_none_whatever_their_order(
        texts in prop::sample::subsequence(
            GIVEN_AWAY.iter().flat_map(|(giver, _, bare)| [giver].into_iter().chain(*bare)).copied().collect::<Vec<_>>(),
            1..=10,
        ).prop_shuffle(),
    ) {
        let decided = decided(&texts);
        for (giver, values, _) in GIVEN_AWAY {
            for text in decided.texts.iter().filter(|_| texts.contains(giver)) {
                let leaving = text.leaving.to_lowercase();
                for value in *values {
                    prop_assert!(!leaving.contains(value), "{value} leaves: {leaving}");
                }
            }
        }
        let has_secret = texts.contains(&GIVEN_AWAY[3].0);
        for (text, original) in decided.texts.iter().zip(texts) {
            // A secret does not come back; everything else does.
            let expected = match has_secret {
                true => original.replace(PASSWORD, "[removed: PASSWORD]"),
                false => original.to_owned(),
            };
            prop_assert_eq!(restore(&text.leaving, &decided.masks), expected);
            prop_assert_eq!(&text.original, original);
        }
    }
}
