//! What a listing holds for, and what is refused.

use proptest::prelude::*;

use super::*;

fn listing(model: &str, dated: bool) -> Listing {
    Listing {
        provider: "someone".into(),
        model: model.into(),
        dated,
        service: Service::Standard,
        from: "2026-03-01".parse().unwrap(),
        until: None,
        hours: None,
        rates: serde_json::from_str(r#"{"input": "1", "output": "2"}"#).unwrap(),
        tiers: Vec::new(),
        source: "a test".into(),
        as_of: "2026-03-01".parse().unwrap(),
    }
}

fn holds(listing: &Listing, at: &str) -> bool {
    listing.holds_at(at.parse().unwrap())
}

#[test]
fn a_dated_version_is_the_model_and_another_model_is_not() {
    let gpt = listing("gpt-4o", true);
    assert_eq!(gpt.names("gpt-4o"), Some(Closeness::Exact));
    for version in [
        "gpt-4o-2024-08-06",
        "gpt-4o-20240806",
        "gpt-4o@20240806",
        "gpt-4o-0806",
        "gpt-4o-001",
    ] {
        assert_eq!(gpt.names(version), Some(Closeness::Dated), "{version}");
    }
    for other in [
        "gpt-4o-mini",
        "gpt-4o-mini-2024-07-18",
        "gpt-4",
        "gpt-4o-",
        "gpt-4o-5",
        "gpt-4o-5-20240806",
        "gpt-4o-2024-08",
        "gpt-4o20240806",
        "gpt-4o-٢٠٢٤",
        "GPT-4o",
        "",
        "x-gpt-4o",
        "gpt-4o-latest",
    ] {
        assert_eq!(gpt.names(other), None, "{other}");
    }
    assert_eq!(listing("gpt-4o", false).names("gpt-4o-2024-08-06"), None);
}

#[test]
fn what_ollama_passes_on_to_its_own_servers_does_not_run_on_this_computer() {
    let any = listing(ANY_MODEL, false);
    assert_eq!(any.names("llama3.2:3b"), Some(Closeness::Any));
    for elsewhere in ["gpt-oss:120b-cloud", "glm-4.6:cloud", "GLM-4.6:Cloud"] {
        assert_eq!(
            any.names(elsewhere),
            None,
            "{elsewhere} costs something that is not known"
        );
    }
}

#[test]
fn a_price_holds_from_its_first_day_to_its_last_by_utc() {
    let price = Listing {
        until: Some("2026-04-01".parse().unwrap()),
        ..listing("m", false)
    };
    assert!(!holds(&price, "2026-02-28T23:59:59Z"));
    assert!(holds(&price, "2026-03-01T00:00:00Z"));
    assert!(holds(&price, "2026-03-31T23:59:59Z"));
    assert!(!holds(&price, "2026-04-01T00:00:00Z"));
}

#[test]
fn hours_may_go_over_midnight() {
    let price = Listing {
        hours: Some("16:30-00:30".parse().unwrap()),
        ..listing("m", false)
    };
    for (at, expected) in [
        ("16:29", false),
        ("16:30", true),
        ("23:59", true),
        ("00:00", true),
        ("00:29", true),
        ("00:30", false),
    ] {
        assert_eq!(
            holds(&price, &format!("2026-03-02T{at}:00Z")),
            expected,
            "{at}"
        );
    }
}

#[test]
fn what_cannot_be_a_price_is_refused_and_shown_without_control_characters() {
    let good = listing("m", false);
    assert_eq!(good.check(), Ok(()));
    let bad = [
        Listing {
            provider: "Open AI".into(),
            ..good.clone()
        },
        Listing {
            provider: String::new(),
            ..good.clone()
        },
        Listing {
            model: "two words".into(),
            ..good.clone()
        },
        Listing {
            model: "m\u{1b}[31m".into(),
            ..good.clone()
        },
        Listing {
            model: "m".repeat(201),
            ..good.clone()
        },
        Listing {
            source: " ".into(),
            ..good.clone()
        },
        Listing {
            source: "two\nlines".into(),
            ..good.clone()
        },
        Listing {
            until: Some(good.from),
            ..good.clone()
        },
        Listing {
            tiers: vec![Tier {
                above: 0,
                rates: good.rates,
            }],
            ..good.clone()
        },
        Listing {
            tiers: vec![
                Tier {
                    above: 9,
                    rates: good.rates,
                },
                Tier {
                    above: 9,
                    rates: good.rates,
                },
            ],
            ..good.clone()
        },
    ];
    for listing in bad {
        let refused = listing.check().unwrap_err().to_string();
        assert!(!refused.contains(char::is_control), "{refused:?}");
    }
}

#[test]
fn a_price_is_looked_for_under_every_name_that_may_hold_for_the_model() {
    assert_eq!(names_of("gpt-4o"), ["gpt-4o"]);
    assert_eq!(
        names_of("gpt-4o-2024-08-06"),
        ["gpt-4o-2024-08-06", "gpt-4o"]
    );
    assert_eq!(names_of("m@001"), ["m@001", "m"]);
    assert_eq!(names_of("m-0613-001"), ["m-0613-001", "m-0613"]);
}

proptest! {
    #[test]
    fn any_names_are_taken_or_refused(name in ".{0,30}", other in ".{0,30}") {
        let _ = listing(&name, true).names(&other);
    }

    #[test]
    fn no_name_that_holds_for_a_model_is_left_out(
        name in "[a-c0-2-]{1,12}",
        version in "(-|@)?([0-9]{1,8}|[0-9]{4}-[0-9]{2}-[0-9]{2})?",
    ) {
        let model = format!("{name}{version}");
        for end in 1..=model.len() {
            let names = listing(&model[..end], true).names(&model).is_some();
            prop_assert_eq!(names, names_of(&model).contains(&&model[..end]), "{}", end);
        }
    }
}
