//! Prices for what is not of one moment.

use super::*;

#[test]
fn the_usual_price_is_the_same_at_every_hour_and_says_which_hours_cost_otherwise() {
    let store = Place::new().open();
    let by_night = |input, from: &str| Listing {
        hours: Some("20:00-06:00".parse().unwrap()),
        from: from.parse().unwrap(),
        ..listing("m", input)
    };
    let ended = Listing {
        hours: Some("12:00-13:00".parse().unwrap()),
        until: Some("2025-11-01".parse().unwrap()),
        ..listing("m", "2")
    };
    let known = list_of(&[
        listing("m", "3"),
        by_night("1.5", "2025-01-01"),
        by_night("1", "2025-06-01"),
        ended,
    ]);
    store
        .write(|tx| take(tx, &known, Origin::File, NOON))
        .unwrap();
    for (time, at_that_time) in [("T12:30:00Z", "3"), ("T23:00:00Z", "1")] {
        let wanted = Wanted {
            at: at(&format!("2025-11-25{time}")),
            ..wanted(None, "m")
        };
        assert_eq!(input(&store, &wanted), at_that_time);
        let usual = store.read(|conn| find_usual(conn, &wanted)).unwrap();
        assert_eq!(usual.listing.rates.input.to_string(), "3", "{time}");
    }
    let other_hours = |day: &str| {
        let usual = found(&store, &wanted(None, "m"));
        let found = store.read(|conn| of_other_hours(conn, &usual, day.parse().unwrap()));
        let inputs = found.unwrap().into_iter();
        inputs
            .map(|price| price.listing.rates.input.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        other_hours("2025-11-25"),
        ["1"],
        "the latest, and none that has ended"
    );
    assert_eq!(other_hours("2025-05-25"), ["2", "1.5"]);
}
