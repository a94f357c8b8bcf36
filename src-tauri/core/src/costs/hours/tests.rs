//! Which moments are in hours, and what are none.

use proptest::prelude::*;

use super::*;

fn contain(hours: &str, at: &str) -> bool {
    hours
        .parse::<Hours>()
        .unwrap()
        .contain(at.parse::<DateTime>().unwrap())
}

#[test]
fn hours_of_some_days_are_in_no_other_day() {
    // The 23rd of November 2026 is a Monday.
    for (day, weekday) in [(23, true), (27, true), (28, false), (29, false), (30, true)] {
        let at = format!("2026-11-{day}T11:00");
        assert_eq!(contain("mon-fri 10:00-00:00", &at), weekday, "{at}");
        assert_eq!(contain("sat-sun 00:00-00:00", &at), !weekday, "{at}");
    }
    assert!(!contain("mon-fri 10:00-00:00", "2026-11-23T09:59"));
    assert!(contain("mon-fri 10:00-00:00", "2026-11-23T23:59"));
    assert!(contain("sun 00:00-00:00", "2026-11-29T00:00"));
}

#[test]
fn what_no_clock_and_no_calendar_shows_is_refused() {
    for text in [
        "",
        "1:00-2:00",
        "24:00-01:00",
        "01:60-02:00",
        "01:00",
        "01:00-01:00",
        "00:00-00:00",
        "mon-sun 00:00-00:00",
        "01:00-02:00-03:00",
        "+1:00-02:00",
        "fri-mon 01:00-02:00",
        "monday 01:00-02:00",
        "mon 01:00-01:00",
        "mon  01:00-02:00",
        "mon",
    ] {
        assert!(text.parse::<Hours>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn hours_are_read_as_they_are_shown(first in 1i8..=7, more in 0i8..7, from in 0u16..1440, to in 0u16..1440) {
        prop_assume!(from != to);
        let last_day = (first + more).min(7);
        let hours = Hours { first_day: first, last_day, from_minute: from, to_minute: to };
        prop_assert_eq!(hours.to_string().parse::<Hours>(), Ok(hours));
        let monday = "2026-11-23T00:00".parse::<DateTime>().unwrap();
        let inside = (0..7 * 1440i64)
            .filter(|minute| hours.contain(monday + jiff::Span::new().minutes(*minute)))
            .count();
        let days = usize::from((last_day - first).unsigned_abs()) + 1;
        prop_assert_eq!(inside, days * usize::from((to + 1440 - from) % 1440));
    }

    #[test]
    fn any_text_is_hours_or_refused(text in ".{0,30}") {
        let _ = text.parse::<Hours>();
    }
}
