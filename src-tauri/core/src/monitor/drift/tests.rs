use proptest::prelude::*;

use super::*;

/// The share of pairs in which the second is greater, counted pair by pair.
fn by_pairs(before: &[i64], now: &[i64]) -> f64 {
    let halves: u32 = before
        .iter()
        .flat_map(|old| now.iter().map(move |new| (old, new)))
        .map(|(old, new)| match new.cmp(old) {
            std::cmp::Ordering::Greater => 2,
            std::cmp::Ordering::Equal => 1,
            std::cmp::Ordering::Less => 0,
        })
        .sum();
    f64::from(halves) / 2.0 / count((before.len() * now.len()) as u64)
}

/// Times as they are: most near the middle, some many times as long. Always the same for a seed.
fn times(seed: u64, how_many: usize, middle: f64) -> Vec<i64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut share = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        count(state >> 11) / count(1 << 53)
    };
    (0..how_many)
        .map(|_| {
            // The sum of twelve shares is as good as normal.
            let normal = (0..12).map(|_| share()).sum::<f64>() - 6.0;
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds")]
            let time = (middle * (0.5 * normal).exp()) as i64;
            time
        })
        .collect()
}

fn spread(values: &[i64]) -> Spread {
    Spread::exact(values.iter().copied())
}

fn outcomes(answered: u64, failed: u64) -> Spread {
    let mut spread = Spread::default();
    spread.add(0, answered);
    spread.add(1, failed);
    spread
}

#[test]
fn it_does_not_cry_wolf_over_a_model_that_does_as_it_did() {
    let cries = (0..2_000)
        .filter(|seed| {
            let before = spread(&times(2 * seed + 1, 140, 400.0));
            let now = spread(&times(2 * seed + 2, 35, 400.0));
            moved(&before, &now).is_some()
        })
        .count();
    assert!(cries <= 2, "{cries} of 2000");
}

#[test]
fn it_notices_a_model_that_takes_twice_as_long_and_one_that_is_back() {
    let before = spread(&times(1, 400, 400.0));
    let slower = spread(&times(2, 60, 800.0));
    assert_eq!(moved(&before, &slower), Some(true));
    let other = spread(&times(3, 400, 800.0));
    assert_eq!(moved(&other, &spread(&times(4, 60, 400.0))), Some(false));
}

#[test]
fn a_difference_that_nobody_notices_is_none_however_sure_it_is() {
    let before = spread(&times(1, 40_000, 400.0));
    let now = spread(&times(2, 10_000, 440.0));
    assert!(compare(&before, &now).unwrap().deviate > 10.0, "it is sure");
    assert_eq!(moved(&before, &now), None);
}

#[test]
fn too_few_calls_say_nothing() {
    let many = spread(&times(1, 400, 400.0));
    assert_eq!(moved(&many, &spread(&times(2, 29, 4_000.0))), None);
    assert_eq!(moved(&spread(&times(1, 99, 400.0)), &many), None);
}

#[test]
fn calls_that_are_all_alike_have_not_drifted() {
    let same = spread(&vec![7; 500]);
    assert_eq!(moved(&same, &same), None);
    assert_eq!(more_fail(&outcomes(500, 0), &outcomes(500, 0)), None);
}

#[test]
fn failures_are_told_from_five_in_a_hundred_more_on() {
    let before = outcomes(990, 10);
    assert_eq!(more_fail(&before, &outcomes(180, 20)), Some(true));
    assert_eq!(
        more_fail(&before, &outcomes(196, 4)),
        None,
        "two are as before"
    );
    assert_eq!(
        more_fail(&outcomes(900, 100), &outcomes(200, 0)),
        Some(false)
    );
}

/// Of Lehmann's "Nonparametrics", the approximation for samples without ties is the plain one.
#[test]
fn the_deviate_is_the_one_that_the_formula_without_ties_has() {
    let before: Vec<i64> = (0..100).map(|nth| 3 * nth).collect();
    let now: Vec<i64> = (0..50).map(|nth| 6 * nth + 40).collect();
    let share = by_pairs(&before, &now);
    let found = compare(&spread(&before), &spread(&now)).unwrap();
    let ties = before.iter().filter(|value| now.contains(value)).count();
    assert_eq!(ties, 0);
    let plain = (share - 0.5) * 5_000.0 / (5_000.0_f64 / 12.0 * 151.0).sqrt();
    assert!(
        (found.deviate - plain).abs() < 1e-9,
        "{} {plain}",
        found.deviate
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_share_is_that_of_the_pairs_and_turns_with_them(
        before in proptest::collection::vec(0i64..60, 100..160),
        now in proptest::collection::vec(0i64..60, 100..160),
    ) {
        let found = compare(&spread(&before), &spread(&now)).unwrap();
        prop_assert!((found.share - by_pairs(&before, &now)).abs() < 1e-9);
        let turned = compare(&spread(&now), &spread(&before)).unwrap();
        prop_assert!((found.share + turned.share - 1.0).abs() < 1e-9);
        prop_assert!((found.deviate + turned.deviate).abs() < 1e-6);
    }

    #[test]
    fn what_is_told_is_sure_and_large(seed in any::<u32>(), factor in 0.3f64..3.0) {
        let before = times(u64::from(seed), 200, 500.0);
        let now = times(u64::from(seed) + 7, 60, 500.0 * factor);
        if let Some(rose) = moved(&spread(&before), &spread(&now)) {
            let share = by_pairs(&before, &now);
            prop_assert_eq!(rose, share > 0.5);
            prop_assert!(share.max(1.0 - share) >= SHARE - 1e-9);
        }
    }
}
