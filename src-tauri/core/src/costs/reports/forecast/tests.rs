use proptest::prelude::*;

use super::*;

fn pico(amount: u64) -> Money {
    Money::from_pico(amount.into())
}

fn day(number: i32) -> Date {
    date_of(number)
}

#[test]
fn the_same_every_day_is_forecast_to_the_last_digit() {
    let today = jiff::civil::date(2026, 11, 10);
    let before = vec![pico(3_000_000_000_000); 30];
    let found = forecast(
        today,
        pico(30_000_000_000_000),
        pico(3_000_000_000_000),
        &before,
    )
    .unwrap();
    assert_eq!(found.until, jiff::civil::date(2026, 11, 30));
    assert_eq!(
        [found.low, found.likely, found.high],
        ["$90", "$90", "$90"],
        "ten days have been, twenty are to come"
    );
}

#[test]
fn weekends_are_drawn_from_weekends() {
    // Friday, 27 November: still to come are this day, Saturday, Sunday and Monday.
    let today = jiff::civil::date(2026, 11, 27);
    let before: Vec<Money> = (1..=56)
        .map(|ago| {
            let weekday = day(number_of(today) - ago).weekday().to_monday_one_offset();
            pico(if weekday >= 6 { 0 } else { 1 })
        })
        .collect();
    let found = forecast(today, pico(100), Money::ZERO, &before).unwrap();
    assert_eq!(found.amounts.likely, pico(102), "Friday and Monday");
    assert_eq!(found.amounts.low, found.amounts.high);
}

#[test]
fn nothing_is_forecast_from_less_than_two_weeks() {
    let today = jiff::civil::date(2026, 11, 10);
    assert_eq!(forecast(today, pico(1), pico(1), &[pico(1); 13]), None);
    assert!(forecast(today, pico(1), pico(1), &[pico(1); 14]).is_some());
}

#[test]
fn four_of_five_months_end_within_the_interval() {
    // Days drawn apart from each other, from a hundred worlds that the forecast does not know.
    let mut inside = 0;
    for world in 0..200u64 {
        let mut random = Draws(world.wrapping_mul(0x1234_5678_9abc_def1));
        let mut spend = || pico(random.next() % 1_000_000);
        let before: Vec<Money> = (0..56).map(|_| spend()).collect();
        let today = jiff::civil::date(2026, 11, 1);
        let found = forecast(today, Money::ZERO, Money::ZERO, &before).unwrap();
        let really: Money = (0..30).map(|_| spend()).sum();
        inside += u32::from((found.amounts.low..=found.amounts.high).contains(&really));
    }
    assert!((130..=190).contains(&inside), "{inside} of 200");
}

#[test]
fn the_course_of_a_month_is_what_was_spent_and_then_what_is_likely() {
    let today = jiff::civil::date(2026, 11, 3);
    let before: Vec<Money> = [2, 1].into_iter().chain([1; 20]).map(pico).collect();
    let course = forecast(today, pico(7), pico(4), &before).unwrap().course;
    assert_eq!(course.len(), 30);
    let spent: Vec<_> = course.iter().map(|day| day.amount).collect();
    let known = [Some(pico(1)), Some(pico(3)), Some(pico(7)), None];
    assert_eq!(spent[..4], known, "Sunday, Monday, today so far");
    let over = course.iter().filter(|day| day.amounts.is_none()).count();
    assert_eq!(over, 2);
}

proptest! {
    #[test]
    fn the_course_of_a_month_only_rises_and_ends_at_the_forecast(
        number in 20_000i32..22_000,
        before in proptest::collection::vec(0u64..1_000_000_000, 14..60),
        today in 0u64..1_000_000_000,
    ) {
        let before: Vec<Money> = before.into_iter().map(pico).collect();
        let over = usize::try_from(day(number).day() - 1).unwrap();
        let so_far = before.iter().take(over).copied().sum::<Money>() + pico(today);
        let found = forecast(day(number), so_far, pico(today), &before).unwrap();
        let spent: Vec<Money> = found.course.iter().filter_map(|day| day.amount).collect();
        prop_assert!(spent.is_sorted());
        prop_assert_eq!(spent.last(), Some(&so_far));
        let likely: Vec<Amounts> = found.course.iter().filter_map(|day| day.amounts).collect();
        prop_assert!(likely.is_sorted_by_key(|of| of.low));
        prop_assert!(likely.is_sorted_by_key(|of| of.likely));
        prop_assert!(likely.is_sorted_by_key(|of| of.high));
        prop_assert_eq!(likely.last(), Some(&found.amounts));
        prop_assert_eq!(found.course.len(), over + likely.len());
    }

    #[test]
    fn a_forecast_lies_in_its_interval_and_never_below_what_is_spent(
        number in 20_000i32..22_000,
        before in proptest::collection::vec(0u64..1_000_000_000_000_000, 14..120),
        so_far in 0u64..1_000_000_000_000_000,
        share in 0u64..=100,
    ) {
        let before: Vec<Money> = before.into_iter().map(pico).collect();
        let today = pico(so_far / 100 * share);
        let found = forecast(day(number), pico(so_far), today, &before).unwrap().amounts;
        prop_assert!(pico(so_far) <= found.low);
        prop_assert!(found.low <= found.likely && found.likely <= found.high);
        let days = i128::from(number_of(day(number).last_of_month()) - number + 1);
        let dearest = before.iter().max().unwrap().pico();
        prop_assert!(found.high.pico() <= i128::from(so_far) + days * dearest);
    }

    #[test]
    fn what_costs_ten_times_as_much_is_forecast_at_ten_times_as_much(
        number in 20_000i32..22_000,
        before in proptest::collection::vec(0u64..1_000_000_000_000, 14..60),
    ) {
        let times = |by: u64| -> Vec<Money> { before.iter().map(|day| pico(day * by)).collect() };
        let one = forecast(day(number), Money::ZERO, Money::ZERO, &times(1)).unwrap().amounts;
        let ten = forecast(day(number), Money::ZERO, Money::ZERO, &times(10)).unwrap().amounts;
        prop_assert_eq!(one.likely.pico() * 10, ten.likely.pico());
        prop_assert_eq!(one.low.pico() * 10, ten.low.pico());
        prop_assert_eq!(one.high.pico() * 10, ten.high.pico());
    }

    #[test]
    fn looking_again_changes_nothing(before in proptest::collection::vec(0u64..1_000_000, 14..60)) {
        let before: Vec<Money> = before.into_iter().map(pico).collect();
        let look = || forecast(day(20_500), pico(5), pico(1), &before);
        prop_assert_eq!(look(), look());
    }
}
