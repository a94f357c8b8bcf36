//! Which price is chosen, and what becomes of prices that are replaced.

use super::*;
use crate::{
    costs::{
        self, CallStatus,
        estimate::{Counting, Tokens, Usage, cost},
        limits::{self, Limits, ModelLimits},
        price_list::{self, PriceList},
        testing::{NOON, Opened, Place, call, ended, workspace},
    },
    store::Store,
};

mod examples;
mod seen;
mod usual;

/// A database with the built-in prices.
fn store() -> Opened {
    let store = Place::new().open();
    let changes = store.write(|tx| take_built_in(tx, NOON)).unwrap().unwrap();
    assert!(changes.added.len() > 1000 && changes.changed.is_empty());
    store
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn wanted<'a>(provider: Option<&'a str>, model: &'a str) -> Wanted<'a> {
    Wanted {
        provider,
        model,
        service: Service::Standard,
        at: at("2025-11-25T12:00:00Z"),
    }
}

fn found(store: &Store, wanted: &Wanted<'_>) -> Price {
    store.read(|conn| find(conn, wanted)).unwrap()
}

/// What a million tokens of input cost.
fn input(store: &Store, wanted: &Wanted<'_>) -> String {
    found(store, wanted).listing.rates.input.to_string()
}

fn listing(model: &str, input: &str) -> Listing {
    Listing {
        provider: "someone".into(),
        model: model.into(),
        dated: true,
        service: Service::Standard,
        from: "2025-01-01".parse().unwrap(),
        until: None,
        hours: None,
        rates: serde_json::from_str(&format!(r#"{{"input": "{input}", "output": "9"}}"#)).unwrap(),
        tiers: Vec::new(),
        source: "a test".into(),
        as_of: "2025-06-01".parse().unwrap(),
    }
}

fn list_of(listings: &[Listing]) -> PriceList {
    PriceList {
        listings: listings.to_vec(),
        ..PriceList::default()
    }
}

#[test]
fn the_price_is_the_one_of_its_time() {
    let store = store();
    let of = |model, time| {
        let wanted = Wanted {
            at: at(time),
            ..wanted(None, model)
        };
        input(&store, &wanted)
    };
    assert_eq!(of("o3", "2025-06-09T23:59:59Z"), "10");
    assert_eq!(of("o3", "2025-06-10T00:00:00Z"), "2");
    assert_eq!(
        of("o3-2025-04-16", "2030-01-01T00:00:00Z"),
        "2",
        "until another is known"
    );
    assert_eq!(of("deepseek-chat", "2025-05-05T12:00:00Z"), "0.27");
    assert_eq!(
        of("deepseek-chat", "2025-05-05T20:00:00Z"),
        "0.135",
        "by night it cost less"
    );
    assert_eq!(
        of("deepseek-chat", "2025-10-05T20:00:00Z"),
        "0.28",
        "which has ended"
    );
}

#[test]
fn the_closest_name_wins() {
    let store = store();
    assert_eq!(input(&store, &wanted(None, "gpt-4o-2024-08-06")), "2.5");
    assert_eq!(
        input(&store, &wanted(None, "gpt-4o-2024-05-13")),
        "5",
        "this version costs more"
    );
    assert_eq!(
        input(&store, &wanted(None, "claude-sonnet-4-5-20250929")),
        "3"
    );
    assert_eq!(input(&store, &wanted(None, "gemini-2.0-flash-001")), "0.1");
}

#[test]
fn a_model_of_google_has_its_price_and_its_limits_by_the_name_that_googles_list_has() {
    let store = store();
    let (bare, listed) = ("gemini-2.5-pro", "models/gemini-2.5-pro");
    let of = |model| found(&store, &wanted(Some("google"), model)).listing;
    assert_eq!(of(listed), of(bare));
    assert_eq!(
        of("models/gemini-2.0-flash-001").rates.input.to_string(),
        "0.1",
        "a dated version, too"
    );
    let limits = |model| {
        store
            .read(|conn| limits::find(conn, "google", model))
            .unwrap()
    };
    assert!(limits(listed).is_some());
    assert_eq!(limits(listed), limits(bare));
    let elsewhere = wanted(Some("openai"), "models/gpt-4o");
    assert!(store.read(|conn| find(conn, &elsewhere)).is_err());
    // A person's own price has the name that they were shown.
    let own = Listing {
        provider: "google".into(),
        ..listing(listed, "3")
    };
    store.write(|tx| set_own(tx, &own, NOON)).unwrap();
    assert_eq!(of(listed).rates.input.to_string(), "3");
}

#[test]
fn an_unknown_price_is_unknown_and_never_zero() {
    let store = store();
    let batch = Wanted {
        service: Service::Batch,
        ..wanted(None, "o1")
    };
    let before = Wanted {
        at: at("2020-01-01T00:00:00Z"),
        ..wanted(None, "gpt-4o")
    };
    for nothing in [
        wanted(None, "no-such-model"),
        wanted(Some("groq"), "gpt-4o"),
        wanted(None, "*"),
        wanted(None, ""),
        wanted(None, "gpt-4o%"),
        wanted(Some("ollama"), "gpt-oss:120b-cloud"),
        batch,
        before,
    ] {
        let error = store.read(|conn| find(conn, &nothing)).unwrap_err();
        assert!(
            matches!(error, PriceError::Unknown { .. }),
            "{nothing:?}: {error}"
        );
    }
}

#[test]
fn what_runs_on_this_computer_costs_nothing() {
    let store = store();
    let tokens = Tokens {
        input: u64::MAX,
        cached: 1,
        cache_write: 1,
        cache_write_hour: 1,
        output: u64::MAX,
        reasoning: 1,
    };
    for provider in ["local", "ollama"] {
        let price = found(&store, &wanted(Some(provider), "llama3.2:3b"));
        assert_eq!(cost(&price.listing, &tokens), Ok(crate::money::Money::ZERO));
    }
}

#[test]
fn a_model_of_two_providers_must_be_named_with_one() {
    let store = store();
    store
        .write(|tx| take(tx, &list_of(&[listing("o3", "4")]), Origin::File, NOON))
        .unwrap();
    let error = store
        .read(|conn| find(conn, &wanted(None, "o3")))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "“o3” is a model of openai and someone: name one of them"
    );
    assert_eq!(input(&store, &wanted(Some("someone"), "o3")), "4");
}

#[test]
fn a_persons_own_price_goes_before_every_other_until_it_is_removed() {
    let store = store();
    let own = Listing {
        provider: "openai".into(),
        ..listing("gpt-4o", "1")
    };
    let version = wanted(None, "gpt-4o-2024-05-13");
    store.write(|tx| set_own(tx, &own, NOON)).unwrap();
    assert_eq!(
        input(&store, &version),
        "1",
        "even where a list names the version itself"
    );
    let again = Listing {
        provider: "openai".into(),
        ..listing("gpt-4o", "2")
    };
    store.write(|tx| set_own(tx, &again, NOON)).unwrap();
    assert_eq!(input(&store, &version), "2");
    store.write(|tx| take_built_in(tx, NOON)).unwrap();
    assert_eq!(input(&store, &version), "2", "an update leaves it alone");
    let remove = |tx: &Connection| remove_own(tx, "openai", "gpt-4o", Service::Standard, NOON);
    assert_eq!(store.write(|tx| remove(tx)).unwrap(), 1);
    assert_eq!(store.write(|tx| remove(tx)).unwrap(), 0);
    assert_eq!(input(&store, &version), "5");
}

#[test]
fn the_built_in_prices_are_taken_once() {
    let store = store();
    let before = store.read(list).unwrap();
    assert_eq!(store.write(|tx| take_built_in(tx, NOON + 1)).unwrap(), None);
    let again = price_list::built_in();
    let changes = store
        .write(|tx| take(tx, &again, Origin::BuiltIn, NOON + 1))
        .unwrap();
    assert_eq!(changes.unchanged, before.len());
    assert_eq!(
        Changes {
            unchanged: 0,
            ..changes
        },
        Changes::default()
    );
    assert_eq!(store.read(list).unwrap(), before);
}

#[test]
fn a_list_replaces_what_is_known_of_an_earlier_day_and_says_so() {
    let store = Place::new().open();
    let take = |listing: &Listing, origin| {
        let list = list_of(std::slice::from_ref(listing));
        let announced = store.read(|conn| compare(conn, &list, origin)).unwrap();
        let changes = store
            .write(|tx| super::take(tx, &list, origin, NOON))
            .unwrap();
        assert_eq!(announced, changes, "what is announced is what happens");
        changes
    };
    let day = |listing: Listing, as_of: &str| Listing {
        as_of: as_of.parse().unwrap(),
        ..listing
    };
    let (first, second) = (listing("m", "3"), listing("m", "4"));
    assert_eq!(
        take(&first, Origin::BuiltIn).added,
        std::slice::from_ref(&first)
    );
    assert_eq!(
        take(&day(second.clone(), "2025-05-31"), Origin::File).older,
        1
    );
    let change = Change {
        before: first,
        after: second.clone(),
    };
    assert_eq!(take(&second, Origin::File).changed, [change]);
    assert_eq!(
        take(&listing("m", "3"), Origin::BuiltIn).older,
        1,
        "what a person updated to is not turned back by the next start"
    );
    assert_eq!(
        take(&day(second.clone(), "2025-07-01"), Origin::BuiltIn).confirmed,
        1
    );
    let known = found(&store, &wanted(None, "m"));
    assert_eq!(known.listing, day(second, "2025-07-01"));
    let wrong = list_of(&[listing("fine", "1"), listing("not fine", "1")]);
    assert!(
        store
            .write(|tx| super::take(tx, &wrong, Origin::File, NOON))
            .is_err()
    );
    assert_eq!(
        store.read(list).unwrap().len(),
        1,
        "a list is taken whole or not at all"
    );
}

#[test]
fn a_call_keeps_the_price_it_was_billed_with() {
    let store = store();
    let price = found(&store, &wanted(None, "gpt-5"));
    let number = store
        .write(|tx| {
            let number = call(tx, workspace(tx), NOON);
            let end = costs::CallEnd {
                price: Some(price.id),
                status: CallStatus::Answered,
                ..ended(None)
            };
            costs::end(tx, number, &end).map(|()| number)
        })
        .unwrap();
    let dearer = Listing {
        rates: listing("", "7").rates,
        as_of: "2026-11-24".parse().unwrap(),
        ..price.listing.clone()
    };
    store
        .write(|tx| take(tx, &list_of(&[dearer]), Origin::File, NOON))
        .unwrap();
    assert_eq!(input(&store, &wanted(None, "gpt-5")), "7");
    let billed: PriceId = store
        .read(|conn| {
            let sql = "SELECT price_id FROM calls WHERE number = ?1";
            conn.query_row(sql, [number], |row| row.get(0))
        })
        .unwrap();
    assert_eq!(store.read(|conn| get(conn, billed)).unwrap(), price);
}

#[test]
fn who_makes_a_model_goes_before_who_runs_it_for_others() {
    let store = store();
    let at_noon = |provider, model| {
        let wanted = Wanted {
            at: at("2026-11-24T12:00:00Z"),
            ..wanted(provider, model)
        };
        store.read(|conn| find(conn, &wanted))
    };
    let vendor = |provider, model| at_noon(provider, model).unwrap().listing.provider;
    assert_eq!(vendor(None, "gpt-5.1"), "openai");
    assert_eq!(vendor(Some("azure"), "gpt-5.1"), "azure");
    assert_eq!(vendor(None, "azure/gpt-5.1"), "azure");
    assert_eq!(vendor(None, "gemini/gemini-2.5-pro"), "google");
    assert_eq!(vendor(None, "groq/openai/gpt-oss-120b"), "groq");
    let several = at_noon(None, "openai/gpt-oss-120b").unwrap_err();
    assert!(matches!(several, PriceError::Ambiguous { .. }), "{several}");
    let own = Listing {
        provider: "azure".into(),
        ..listing("gpt-5.1", "1")
    };
    store.write(|tx| set_own(tx, &own, NOON)).unwrap();
    let several = at_noon(None, "gpt-5.1").unwrap_err();
    assert!(
        matches!(several, PriceError::Ambiguous { .. }),
        "a person who has set a price for one of them may mean that one: {several}"
    );
}

#[test]
fn the_most_that_a_model_can_read_and_write_is_known() {
    let store = store();
    let of = |provider, model| {
        store
            .read(|conn| limits::find(conn, provider, model))
            .unwrap()
    };
    let haiku = Some(Limits {
        max_input_tokens: Some(1_000_000),
        max_output_tokens: Some(128_000),
        takes_pictures: Some(true),
    });
    assert_eq!(of("anthropic", "claude-haiku-5-5"), haiku);
    assert_eq!(of("anthropic", "claude-haiku-5-5-20261001"), haiku);
    assert_eq!(of("anthropic", "claude-haiku-5-5-mini"), None);
    assert_eq!(of("openai", "claude-haiku-5-5"), None);
    let known = ModelLimits {
        provider: "anthropic".into(),
        model: "claude-haiku-5-5".into(),
        limits: Limits::default(),
        as_of: "2020-01-01".parse().unwrap(),
    };
    let older = PriceList {
        limits: vec![known],
        ..PriceList::default()
    };
    store
        .write(|tx| take(tx, &older, Origin::File, NOON))
        .unwrap();
    assert_eq!(
        of("anthropic", "claude-haiku-5-5"),
        haiku,
        "an older list changes nothing"
    );
}
