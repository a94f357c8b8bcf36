//! Prices of lists that do not say when they began.

use super::*;

/// A price as it was seen on a day, in a list that does not say when it began.
fn seen(input: &str, day: &str) -> Listing {
    Listing {
        from: day.parse().unwrap(),
        as_of: day.parse().unwrap(),
        ..listing("m", input)
    }
}

#[test]
fn a_price_that_is_seen_again_goes_on_and_one_that_changed_begins_anew() {
    let store = Place::new().open();
    let take = |listing: Listing| {
        let list = list_of(&[listing]);
        let announced = store
            .read(|conn| compare_seen(conn, &list, Origin::File))
            .unwrap();
        let changes = store
            .write(|tx| take_seen(tx, &list, Origin::File, NOON))
            .unwrap();
        assert_eq!(announced, changes, "what is announced is what happens");
        changes
    };
    assert_eq!(take(seen("3", "2026-03-01")).added.len(), 1);
    assert_eq!(take(seen("3", "2026-04-01")).confirmed, 1);
    assert_eq!(take(seen("4", "2026-05-01")).changed.len(), 1);
    assert_eq!(take(seen("3", "2026-06-01")).changed.len(), 1);
    assert_eq!(take(seen("3", "2026-06-01")).unchanged, 1);
    let on = |day: &str| {
        let wanted = Wanted {
            at: at(&format!("{day}T00:00:00Z")),
            ..wanted(None, "m")
        };
        input(&store, &wanted)
    };
    assert_eq!(on("2026-03-01"), "3");
    assert_eq!(on("2026-04-30"), "3");
    assert_eq!(on("2026-05-31"), "4");
    assert_eq!(on("2026-06-01"), "3");
    assert_eq!(
        store.read(list).unwrap().len(),
        3,
        "each change is kept, and nothing else"
    );
    let before = Wanted {
        at: at("2026-02-28T00:00:00Z"),
        ..wanted(None, "m")
    };
    assert!(
        store.read(|conn| find(conn, &before)).is_err(),
        "no day before the first one that it was seen on has a price"
    );
}

#[test]
fn hours_that_are_not_seen_any_more_have_ended() {
    let store = Place::new().open();
    let by_night = Listing {
        hours: Some("20:00-06:00".parse().unwrap()),
        ..seen("1", "2026-03-01")
    };
    let with_nights = list_of(&[seen("3", "2026-03-01"), by_night]);
    let without = list_of(&[seen("3", "2026-04-01")]);
    for list in [with_nights, without] {
        store
            .write(|tx| take_seen(tx, &list, Origin::File, NOON))
            .unwrap();
    }
    let on = |time| {
        let wanted = Wanted {
            at: at(time),
            ..wanted(None, "m")
        };
        input(&store, &wanted)
    };
    assert_eq!(on("2026-03-31T22:00:00Z"), "1");
    assert_eq!(on("2026-04-01T22:00:00Z"), "3");
}

#[test]
fn a_price_ends_where_the_next_of_the_same_hours_begins_and_a_persons_own_ends_no_others() {
    let store = Place::new().open();
    let by_night = Listing {
        hours: Some("20:00-06:00".parse().unwrap()),
        ..seen("1", "2026-04-01")
    };
    store
        .write(|tx| {
            take_seen(tx, &list_of(&[seen("3", "2026-03-01")]), Origin::File, NOON)?;
            let changed = [seen("4", "2026-05-01"), by_night];
            take_seen(tx, &list_of(&changed), Origin::File, NOON)?;
            set_own(tx, &seen("2", "2026-04-15"), NOON)
        })
        .unwrap();
    let ends: Vec<_> = store
        .read(list_with_ends)
        .unwrap()
        .into_iter()
        .map(|Price { listing, .. }| {
            let until = listing.until.map(|until| until.to_string());
            (listing.rates.input.to_string(), until)
        })
        .collect();
    let expected = [
        ("3", Some("2026-05-01")),
        ("1", None),
        ("2", None),
        ("4", None),
    ];
    let expected = expected.map(|(input, until)| (input.to_owned(), until.map(str::to_owned)));
    assert_eq!(ends, expected);
}

#[test]
fn a_price_that_is_over_sooner_interrupts_the_one_before_and_does_not_end_it() {
    let store = Place::new().open();
    let promotion = Listing {
        until: Some("2026-04-01".parse().unwrap()),
        ..seen("1", "2026-03-01")
    };
    let known = list_of(&[seen("3", "2026-01-01"), promotion]);
    let ends: Vec<_> = store
        .write(|tx| {
            take(tx, &known, Origin::File, NOON)?;
            Ok::<_, PriceError>(list_with_ends(tx)?)
        })
        .unwrap()
        .into_iter()
        .map(|price| price.listing.until.map(|until| until.to_string()))
        .collect();
    assert_eq!(ends, [None, Some("2026-04-01".to_owned())]);
}
