//! What policy promises: the strictest action holds, and secrets never leave.

use proptest::prelude::*;

use super::*;
use crate::safety::DataClass::{Personal, Secret, Special};

#[test]
fn by_default_personal_data_is_masked_health_stays_and_secrets_do_not_leave() {
    let policy = Policy::default();
    let cloud = |class| policy.action(class, Destination::Cloud);
    assert_eq!(cloud(None), Action::Allow);
    assert_eq!(cloud(Some(Personal)), Action::Mask);
    assert_eq!(cloud(Some(Special)), Action::KeepLocal);
    assert_eq!(cloud(Some(Secret)), Action::Block);
    for class in [None, Some(Personal), Some(Special), Some(Secret)] {
        let here = policy.action(class, Destination::ThisComputer);
        assert_eq!(here, Action::Allow, "nothing leaves this computer");
    }
    for away in [Destination::OwnServer, Destination::Cloud] {
        let asked = policy.with_pictures(away);
        assert_eq!(
            asked,
            Action::Ask,
            "nobody can look for anything in a picture"
        );
    }
}

#[test]
fn of_several_classes_the_strictest_action_holds() {
    let policy = Policy::default();
    let strictest =
        |classes: &[DataClass]| policy.strictest(classes.iter().copied(), Destination::Cloud);
    assert_eq!(strictest(&[]), Action::Allow);
    assert_eq!(strictest(&[Personal, Special]), Action::KeepLocal);
    assert_eq!(strictest(&[Special, Secret, Personal]), Action::Block);
    let closed = Policy {
        nothing: Row {
            own_server: Action::Block,
            cloud: Action::Block,
        },
        ..Policy::default()
    };
    assert_eq!(
        closed.strictest([Personal], Destination::Cloud),
        Action::Block,
        "where nothing at all may leave, masked data may not either"
    );
}

#[test]
fn no_policy_lets_secrets_leave_as_they_are() {
    let mut policy = Policy::default();
    policy.secret.cloud = Action::Allow;
    assert!(matches!(policy.check(), Err(PolicyError::SecretsLeave)));
    policy.secret.cloud = Action::Mask;
    assert!(policy.check().is_ok());
    policy.pictures.cloud = Action::Mask;
    assert!(matches!(policy.check(), Err(PolicyError::PicturesMasked)));
    policy.pictures.cloud = Action::Block;
    policy.countries = vec!["XX".into()];
    assert!(matches!(policy.check(), Err(PolicyError::Country(_))));
}

#[test]
fn a_server_is_ones_own_when_no_public_one_can_have_its_address() {
    for own in [
        "http://localhost:11434",
        "http://127.0.0.1:1/v1",
        "http://[::1]",
        "http://192.168.1.7",
        "https://tower.local/v1",
        "http://tower:8000",
    ] {
        assert_eq!(
            Destination::of_address(own),
            Destination::OwnServer,
            "{own}"
        );
    }
    for cloud in [
        "https://api.openai.com/v1",
        "https://8.8.8.8",
        "not an address",
        "https://localhost.example.com",
    ] {
        assert_eq!(
            Destination::of_address(cloud),
            Destination::Cloud,
            "{cloud}"
        );
    }
}

/// Any policy at all, also such as cannot be set.
fn any_policy() -> impl Strategy<Value = Policy> {
    let action = || {
        prop::sample::select(vec![
            Action::Allow,
            Action::Mask,
            Action::Ask,
            Action::KeepLocal,
            Action::Block,
        ])
    };
    let row =
        move || (action(), action()).prop_map(|(own_server, cloud)| Row { own_server, cloud });
    let country = prop::sample::select(vec!["DE".to_owned(), "US".to_owned(), "FR".to_owned()]);
    let countries = prop::collection::vec(country, 0..3);
    (row(), row(), row(), row(), row(), countries).prop_map(
        |(nothing, personal, special, secret, pictures, countries)| Policy {
            nothing,
            personal,
            special,
            secret,
            pictures,
            countries,
        },
    )
}

#[test]
fn a_policy_of_an_app_that_knew_no_pictures_asks_about_each_and_a_broken_one_is_refused() {
    let mut file = serde_json::to_value(Policy::default()).unwrap();
    file.as_object_mut().unwrap().remove("pictures");
    let read = of_file(&file).unwrap().unwrap();
    assert_eq!(read, Policy::default());
    file.as_object_mut().unwrap().remove("secret");
    assert!(of_file(&file).is_err());
    assert_eq!(of_file(serde_json::Value::Null).unwrap(), None);
}

proptest! {
    #[test]
    fn the_stricter_of_two_lets_nothing_leave_that_one_of_them_keeps(one in any_policy(), other in any_policy()) {
        let both = one.stricter(&other);
        for class in [None, Some(Personal), Some(Special), Some(Secret)] {
            for destination in [Destination::OwnServer, Destination::Cloud] {
                let (one, other) = (one.action(class, destination), other.action(class, destination));
                prop_assert_eq!(both.action(class, destination), one.max(other));
            }
        }
        for away in [Destination::OwnServer, Destination::Cloud] {
            let strictest = one.with_pictures(away).max(other.with_pictures(away));
            prop_assert_eq!(both.with_pictures(away), strictest);
        }
        for policy in [&one, &other] {
            // None named: all of them are looked for.
            let looked_for = |all: &Policy, country: &String| {
                all.countries.is_empty() || all.countries.contains(country)
            };
            for country in ["DE", "US", "FR"].map(str::to_owned) {
                prop_assert!(!looked_for(policy, &country) || looked_for(&both, &country));
            }
        }
    }
}
