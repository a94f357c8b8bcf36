//! Amounts to be read at a glance: rounded, while the exact amount stands behind.

use super::Money;

impl Money {
    /// To the cent, or to two digits that are not zero where it is less than ten cents: something is never
    /// rounded to nothing. Halves go away from zero.
    #[must_use]
    pub fn rounded(self) -> Self {
        let size = self.0.unsigned_abs();
        let mut unit = 10_u128.pow(Self::PLACES - 2);
        while unit > 1 && size < unit * 10 {
            unit /= 10;
        }
        let rounded = size.saturating_add(unit / 2) / unit * unit;
        let rounded = i128::try_from(rounded).unwrap_or(i128::MAX);
        Self(rounded * self.0.signum())
    }

    /// Rounded, as a person reads it: `$1,234.50`, `$0.0097`.
    pub fn shown(self) -> String {
        let rounded = self.rounded().to_string();
        let (whole, part) = rounded.split_once('.').unwrap_or((&rounded, ""));
        format!("{}.{part:0<2}", grouped(whole))
    }
}

/// An amount that is written with every digit, with a dollar sign or without, as [`Money::shown`] shows it;
/// what is no amount stays as it is.
pub fn shown(exact: &str) -> String {
    let (sign, size) = match exact.strip_prefix('-') {
        Some(size) => (-1, size),
        None => (1, exact),
    };
    let amount = Money::of_dollars(size.trim_start_matches('$'));
    amount.map_or_else(|| exact.to_owned(), |amount| Money(amount.0 * sign).shown())
}

/// An amount, and how many calls are not in it because nobody knows what they cost: `$1.2 + 2 unknown`. Where
/// nothing is known, that alone: it is not nothing.
pub fn with_unknown(amount: &str, unknown: u64) -> String {
    match (amount, unknown) {
        (amount, 0) => amount.to_owned(),
        ("$0", _) => "not known".into(),
        (amount, unknown) => format!("{amount} + {unknown} unknown"),
    }
}

/// A whole number with a comma before each three digits: `12,345`. What stands before it stays.
pub fn grouped(number: &str) -> String {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let mut left = digits;
    let mut grouped = String::with_capacity(number.len() + digits / 3);
    for sign in number.chars() {
        if sign.is_ascii_digit() {
            if left < digits && left.is_multiple_of(3) {
                grouped.push(',');
            }
            left -= 1;
        }
        grouped.push(sign);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_rounded_as_the_interface_rounds_them() {
        // The interface holds itself to the same list.
        let list = include_str!("../../../../ui/src/features/costs/amounts.json");
        let amounts: Vec<(String, String)> = serde_json::from_str(list).unwrap();
        for (exact, wanted) in &amounts {
            assert_eq!(&super::shown(exact), wanted, "{exact}");
        }
        assert_eq!(super::shown("not known"), "not known");
    }

    proptest! {
        #[test]
        fn rounding_is_near_keeps_the_order_and_makes_nothing_of_nothing_alone(
            one in any::<i64>(), other in any::<i64>(), few in -1_000_000i64..1_000_000,
        ) {
            let [one, other, few] = [one, other, few].map(|pico| Money(pico.into()));
            for amount in [one, other, few] {
                let off = (amount.rounded().0 - amount.0).unsigned_abs();
                prop_assert!(off <= 5_000_000_000 && off * 20 <= amount.0.unsigned_abs());
                prop_assert_eq!(amount.rounded() == Money::ZERO, amount == Money::ZERO);
                prop_assert_eq!(amount.rounded().rounded(), amount.rounded());
            }
            prop_assert_eq!(one.rounded().cmp(&other.rounded()).then(one.cmp(&other)), one.cmp(&other));
            prop_assert_eq!(super::shown(&one.to_string()), one.shown());
        }
    }
}
