//! The texts of a request are masked together, so what one of them gives away leaves in none.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::{
    gate::inspect::Inspector,
    ids::WorkspaceId,
    safety::{Kind, restore::restore},
};

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
    decided_with(texts, &policy(), Masks::new(7))
}

fn decided_with(texts: &[&str], policy: &Policy, masks: Masks) -> Decided {
    let prompt: Vec<_> = texts
        .iter()
        .map(|text| Said::text(Role::User, *text))
        .collect();
    decide(
        &INSPECTION,
        policy,
        Destination::Cloud,
        prompt,
        masks,
        &Overruled::default(),
    )
}

/// What policy says of personal data and of special categories.
fn policy_of(personal: Action, special: Action) -> Policy {
    let mut policy = policy();
    policy.personal.cloud = personal;
    policy.special.cloud = special;
    policy
}

/// A map of an earlier turn: a person, and what the person's own rule calls special.
fn known() -> Masks {
    let mut masks = Masks::new(7);
    let project = Kind::Own {
        name: "PROJECT".into(),
        class: DataClass::Special,
    };
    masks.placeholder(&Kind::Person, "Anna Quexley").unwrap();
    masks.placeholder(&project, "Blue Heron").unwrap();
    masks
}

#[test]
fn what_was_masked_before_leaves_again_as_policy_says_of_its_class() {
    use Action::{Allow, Ask, KeepLocal, Mask};
    let text = "so what does anna quexley say of blue heron?";
    assert_eq!(
        decided(&[text]).texts[0].leaving,
        text,
        "nothing in it gives it away"
    );
    for (personal, special, action, class) in [
        (Allow, Allow, Allow, None),
        (Mask, Allow, Mask, Some(DataClass::Personal)),
        (Allow, Mask, Mask, Some(DataClass::Special)),
        (Mask, Mask, Mask, Some(DataClass::Special)),
        (Mask, Ask, Ask, Some(DataClass::Special)),
        (Ask, Mask, Ask, Some(DataClass::Special)),
        (Mask, KeepLocal, Mask, Some(DataClass::Special)),
        (KeepLocal, KeepLocal, KeepLocal, Some(DataClass::Special)),
    ] {
        let stored = serde_json::to_string(&known()).unwrap();
        for masks in [known(), serde_json::from_str(&stored).unwrap()] {
            let decided = decided_with(&[text], &policy_of(personal, special), masks);
            let leaving = &decided.texts[0].leaving;
            let of = format!("{personal:?}, {special:?}: {leaving}");
            assert_eq!(leaving.contains("anna quexley"), personal == Allow, "{of}");
            assert_eq!(leaving.contains("blue heron"), special == Allow, "{of}");
            assert_eq!((decided.action, decided.class), (action, class), "{of}");
        }
    }
}

#[test]
fn what_is_found_of_one_class_masks_nothing_known_of_another_that_may_leave() {
    let text = "She takes metformin, and anna quexley knows.";
    let policy = policy_of(Action::Allow, Action::Mask);
    let decided = decided_with(&[text], &policy, known());
    let leaving = &decided.texts[0].leaving;
    assert!(!leaving.contains("metformin"), "{leaving}");
    assert!(leaving.contains("anna quexley"), "{leaving}");
    assert_eq!(decided.masked, 1);
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
