//! How values are spread, and where so many of a hundred of them lie.
//!
//! A spread counts values one by one, or by classes that grow with the values: four to a doubling, so
//! that a class says what it holds to within a tenth, however many calls there were.

use std::collections::BTreeMap;

/// Declares where the classes begin, once for Rust and once for SQL.
macro_rules! floors {
    ($($floor:literal),* $(,)?) => {
        /// The least value of each class; the last one has no end.
        pub(super) const FLOORS: &[i64] = &[0, $($floor),*];

        /// Puts them into the table `call_classes`.
        macro_rules! insert_floors {
            () => { concat!("INSERT INTO call_classes VALUES (0)", $(", (", $floor, ")"),*, ";") };
        }
    };
}

// Four steps to a doubling, rounded: each is 2^(1/4) of the one before. One that no whole number falls
// into is left out.
#[rustfmt::skip]
floors!(
    1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 16, 19, 23, 27, 32, 38, 45, 54, 64, 76, 91, 108, 128, 152, 181, 215, 256,
    304, 362, 431, 512, 609, 724, 861, 1024, 1218, 1448, 1722, 2048, 2435, 2896, 3444, 4096, 4871, 5793,
    6889, 8192, 9742, 11585, 13777, 16384, 19484, 23170, 27554, 32768, 38968, 46341, 55109, 65536, 77936,
    92682, 110218, 131072, 155872, 185364, 220436, 262144, 311744, 370728, 440872, 524288, 623487, 741455,
    881744, 1048576, 1246974, 1482910, 1763488, 2097152, 2493948, 2965821, 3526975, 4194304, 4987896,
    5931642, 7053950, 8388608, 9975792, 11863283, 14107901, 16777216,
);
pub(super) use insert_floors;

/// Values that were counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spread {
    /// How many there are of each value, or in the class that begins with it.
    counts: BTreeMap<i64, u64>,
    in_classes: bool,
}

impl Spread {
    /// Of values as they are.
    pub(crate) fn exact(values: impl IntoIterator<Item = i64>) -> Self {
        let mut spread = Self::default();
        values.into_iter().for_each(|value| spread.add(value, 1));
        spread
    }

    /// Of values by the floors of their classes.
    pub(crate) fn in_classes() -> Self {
        Self {
            in_classes: true,
            ..Self::default()
        }
    }

    /// So many more of a value, or in the class with this floor.
    pub(crate) fn add(&mut self, value: i64, calls: u64) {
        if calls > 0 {
            *self.counts.entry(value).or_default() += calls;
        }
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The least value that at least so many of a hundred do not pass (the nearest rank); of classes,
    /// what stands for the one that holds it.
    pub(crate) fn percentile(&self, percent: u64) -> Option<i64> {
        let all = self.len();
        let rank = (all * percent).div_ceil(100).max(1);
        let mut below = 0;
        let found = self.counts.iter().find(|(_, calls)| {
            below += **calls;
            below >= rank
        });
        found.map(|(value, _)| self.shown(*value))
    }

    /// Each value, or floor of a class, with its count, the least first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, u64)> {
        self.counts.iter().map(|(value, calls)| (*value, *calls))
    }

    fn shown(&self, value: i64) -> i64 {
        if self.in_classes {
            middle(value)
        } else {
            value
        }
    }
}

/// The class that a value falls into, by its floor.
#[cfg(test)]
pub(crate) fn floor_of(value: i64) -> i64 {
    let after = FLOORS.partition_point(|floor| *floor <= value);
    FLOORS[after.saturating_sub(1)]
}

/// What stands for the values of a class: their harmonic middle, which is the same share away from the
/// least as from the greatest. Of the class without an end, its floor.
fn middle(floor: i64) -> i64 {
    let after = FLOORS.partition_point(|other| *other <= floor);
    let Some(greatest) = FLOORS.get(after).map(|next| next - 1) else {
        return floor;
    };
    let sum = floor + greatest;
    if sum == 0 {
        return 0;
    }
    (2 * floor * greatest + sum / 2) / sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_classes_grow_by_a_quarter_of_a_doubling() {
        assert!(FLOORS.is_sorted_by(|one, next| one < next));
        for (nth, floor) in FLOORS.iter().enumerate().filter(|(_, floor)| **floor >= 16) {
            let from_the_end = f64::from(u32::try_from(FLOORS.len() - 1 - nth).unwrap());
            let wanted = 2_f64.powf(24.0 - from_the_end / 4.0).round();
            assert_eq!(f64::from(u32::try_from(*floor).unwrap()), wanted);
        }
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(Spread::default().percentile(50), None);
    }

    proptest! {
        #[test]
        fn a_percentile_is_the_value_at_its_rank(
            mut values in proptest::collection::vec(0i64..5_000, 1..300), percent in 0u64..=100,
        ) {
            let found = Spread::exact(values.clone()).percentile(percent).unwrap();
            values.sort_unstable();
            let most = u64::try_from(values.iter().filter(|value| **value <= found).count()).unwrap();
            let fewer = u64::try_from(values.iter().filter(|value| **value < found).count()).unwrap();
            let all = u64::try_from(values.len()).unwrap();
            prop_assert!(most * 100 >= percent * all, "enough of them do not pass it");
            prop_assert!(fewer * 100 < percent * all || fewer == 0, "and no lesser value would do");
        }

        #[test]
        fn classes_are_within_a_tenth_of_the_truth_or_a_unit(
            values in proptest::collection::vec(
                prop_oneof![0i64..40, 0i64..3_000, 0i64..16_777_216], 1..200),
            percent in 1u64..=100,
        ) {
            let exact = Spread::exact(values.clone()).percentile(percent).unwrap();
            let mut classes = Spread::in_classes();
            values.iter().for_each(|value| classes.add(floor_of(*value), 1));
            let found = classes.percentile(percent).unwrap();
            let apart = (found - exact).abs();
            prop_assert!(apart <= 1 || apart * 10 <= exact, "{found} for {exact}");
        }
    }
}
