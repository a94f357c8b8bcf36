//! Days, weeks and months around the moments at which clocks are moved.

use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;

fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

/// Berlin, by rule, so that no computer's time zones matter.
fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

#[test]
fn a_day_is_as_long_as_its_clock_makes_it() {
    let length = |at| {
        let day = Period::Day.around(ms(at), &berlin()).unwrap();
        (day.end - day.start) / HOUR
    };
    assert_eq!(length("2026-03-29T12:00:00Z"), 23, "clocks go forward");
    assert_eq!(length("2026-10-25T12:00:00Z"), 25, "clocks go back");
    assert_eq!(length("2026-11-24T12:00:00Z"), 24);
}

#[test]
fn a_day_whose_midnight_is_skipped_begins_at_its_first_moment() {
    // Clocks go forward at midnight, as they did in São Paulo.
    let zone = TimeZone::posix("<-03>3<-02>,M11.1.0/0,M2.3.0/0").unwrap();
    let day = Period::Day
        .around(ms("2026-11-01T12:00:00Z"), &zone)
        .unwrap();
    assert_eq!(day.start, ms("2026-11-01T03:00:00Z"));
    let before = Period::Day.around(day.start - 1, &zone).unwrap();
    assert_eq!(before.end, day.start, "no moment is in neither day");
}

#[test]
fn a_week_begins_on_monday_and_a_month_on_its_first_day() {
    let at = ms("2026-11-24T03:00:00Z"); // a Tuesday
    let week = Period::Week.around(at, &berlin()).unwrap();
    assert_eq!(week, ms("2026-11-22T23:00:00Z")..ms("2026-11-29T23:00:00Z"));
    let month = Period::Month.around(at, &berlin()).unwrap();
    assert_eq!(
        month,
        ms("2026-10-31T23:00:00Z")..ms("2026-11-30T23:00:00Z")
    );
}

#[test]
fn the_same_moment_is_in_different_days_in_different_places() {
    let at = ms("2026-11-24T23:30:00Z");
    let day = |zone| Period::Day.around(at, &zone).unwrap();
    assert!(day(berlin()).start > day(TimeZone::UTC).start);
}

#[test]
fn a_clock_beyond_every_calendar_is_an_error_and_no_panic() {
    for at in [i64::MAX, i64::MIN, ms("9999-12-30T21:00:00Z") + 24 * HOUR] {
        for period in [Period::Day, Period::Week, Period::Month] {
            assert!(period.around(at, &TimeZone::UTC).is_err(), "{at}");
        }
    }
}

proptest! {
    #[test]
    fn every_moment_is_in_one_period_and_periods_follow_each_other(
        at in 0i64..4_000_000_000_000,
        period in prop_oneof![Just(Period::Day), Just(Period::Week), Just(Period::Month)],
        zone in prop_oneof![
            Just("CET-1CEST,M3.5.0,M10.5.0/3"), Just("EST5EDT,M3.2.0,M11.1.0"),
            Just("<-03>3<-02>,M11.1.0/0,M2.3.0/0"), Just("<+1345>-12:45"), Just("UTC0"),
        ],
    ) {
        let zone = TimeZone::posix(zone).unwrap();
        let here = period.around(at, &zone).unwrap();
        prop_assert!(here.contains(&at));
        prop_assert_eq!(&period.around(here.start, &zone).unwrap(), &here);
        prop_assert_eq!(&period.around(here.end - 1, &zone).unwrap(), &here);
        prop_assert_eq!(period.around(here.end, &zone).unwrap().start, here.end);
    }
}
