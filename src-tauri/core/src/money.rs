//! Exact amounts of money: whole pico-dollars, rounded for nobody but the eye.

use std::{fmt, iter::Sum, ops::Add, str::FromStr};

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount in pico-dollars (10⁻¹² USD), exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i128);

impl Money {
    /// Decimals of a dollar down to a pico-dollar.
    const PLACES: u32 = 12;

    /// Nothing: what a call on this computer costs.
    pub const ZERO: Self = Self(0);

    /// An amount of pico-dollars.
    pub const fn from_pico(pico: i128) -> Self {
        Self(pico)
    }

    /// The amount in pico-dollars.
    pub const fn pico(self) -> i128 {
        self.0
    }

    /// An amount of dollars as a person writes it, `20` or `0.50`; `None`: it is none, or has more
    /// digits than an amount has.
    pub fn of_dollars(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str, most| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, 12) || !digits(part, Self::PLACES as usize) {
            return None;
        }
        format!("{whole}{part:0<12}").parse().ok().map(Self)
    }
}

// No amount that is added up comes near the end of 128 bits; if one did, staying at the end keeps
// every comparison with a limit right, and wrapping around would not.
impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// Every digit that the amount has: `$0`, `$0.00009`, `-$3.41`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}$")?;
        write_decimal(f, self.0.unsigned_abs(), Self::PLACES)
    }
}

/// `units`, each worth a one at decimal place `places`, without zeros at the end: 2500 at 3 is `2.5`.
fn write_decimal(f: &mut fmt::Formatter<'_>, units: u128, places: u32) -> fmt::Result {
    let one = 10_u128.pow(places);
    let (whole, rest) = (units / one, units % one);
    write!(f, "{whole}")?;
    if rest > 0 {
        let digits = format!("{rest:0width$}", width = places as usize);
        write!(f, ".{}", digits.trim_end_matches('0'))?;
    }
    Ok(())
}

/// Stored as a 64-bit integer of pico-dollars: up to nine million dollars in one amount.
impl ToSql for Money {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let pico = i64::try_from(self.0)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        Ok(pico.into())
    }
}

impl FromSql for Money {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(|pico| Self(pico.into()))
    }
}

/// What one token costs: whole pico-dollars, so that no cost is ever rounded. Written and read in
/// dollars for a million tokens, as vendors publish it: `2.5` is 2 500 000 pico-dollars a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitPrice(u64);

/// Why a text is not a price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is not a price: write dollars for a million tokens, such as 2.50, with at most six \
     decimals and no more than a million"
)]
pub struct NotAPrice(String);

impl UnitPrice {
    /// Decimals that a price for a million tokens may have.
    const PLACES: u32 = 6;
    /// A dollar for a single token. No model costs near it, and no product with a count overflows.
    const MOST: u64 = 1_000_000_000_000;

    /// What so many tokens cost, exactly.
    pub const fn times(self, tokens: u64) -> Money {
        Money((self.0 as i128) * (tokens as i128))
    }
}

impl FromStr for UnitPrice {
    type Err = NotAPrice;

    fn from_str(text: &str) -> Result<Self, NotAPrice> {
        let read = || {
            let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
            let digits = |text: &str, most| {
                (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
            };
            if !digits(whole, 7) || !digits(part, Self::PLACES as usize) {
                return None;
            }
            let pico: u64 = format!("{whole}{part:0<6}").parse().ok()?;
            (pico <= Self::MOST).then_some(Self(pico))
        };
        read().ok_or_else(|| NotAPrice(text.chars().take(40).collect()))
    }
}

/// Dollars for a million tokens, with every digit: `2.5`.
impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.0.into(), Self::PLACES)
    }
}

impl Serialize for UnitPrice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From a text only: a JSON number would have been through binary floating point.
impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_is_read_as_it_is_shown_and_nothing_else_is_one() {
        for amount in ["0", "20", "0.5", "3.41", "0.000000000001"] {
            let read = Money::of_dollars(amount).unwrap();
            assert_eq!(read.to_string(), format!("${amount}"));
        }
        for none in [
            "",
            "-1",
            "1e3",
            "1,50",
            "1.",
            ".5",
            "0.0000000000001",
            "9999999999999",
        ] {
            assert_eq!(Money::of_dollars(none), None, "{none}");
        }
    }

    #[test]
    fn amounts_show_every_digit_and_no_more() {
        let shown = [0, 90_000_000, 3_410_000_000_000, -1, 20_000_000_000_000]
            .map(|pico| Money(pico).to_string());
        assert_eq!(
            shown,
            ["$0", "$0.00009", "$3.41", "-$0.000000000001", "$20"]
        );
    }

    #[test]
    fn what_is_no_price_is_refused() {
        let texts = [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "1,5",
            "0x1",
            " 1",
            "1 ",
            "١",
            "1.0000001",
            "1000000.000001",
            "99999999",
            "1.2.3",
            "NaN",
        ];
        for text in texts {
            assert!(text.parse::<UnitPrice>().is_err(), "{text:?}");
        }
        assert!(
            serde_json::from_str::<UnitPrice>("2.5").is_err(),
            "a JSON number has been through binary floating point"
        );
    }

    proptest! {
        #[test]
        fn a_price_is_read_exactly_and_shown_as_it_was_read(whole in 0u32..1_000_000, part in "[0-9]{1,6}") {
            let price: UnitPrice = format!("{whole}.{part}").parse().unwrap();
            let millionths = part.parse::<u128>().unwrap() * 10_u128.pow(6 - u32::try_from(part.len()).unwrap());
            prop_assert_eq!(u128::from(price.0), u128::from(whole) * 1_000_000 + millionths);
            prop_assert_eq!(price.to_string().parse::<UnitPrice>().unwrap(), price);
        }

        #[test]
        fn no_count_of_tokens_overflows_at_the_highest_price(tokens: u64) {
            let cost = UnitPrice(UnitPrice::MOST).times(tokens);
            prop_assert_eq!(cost.pico(), i128::from(UnitPrice::MOST) * i128::from(tokens));
        }

        #[test]
        fn any_text_is_a_price_or_refused(text in ".{0,40}") {
            let _ = text.parse::<UnitPrice>();
        }

        #[test]
        fn what_is_shown_is_the_exact_amount(pico in -(1i128 << 80)..(1i128 << 80)) {
            let shown = Money(pico).to_string().replace('$', "");
            let (whole, part) = shown.split_once('.').unwrap_or((&shown, ""));
            let digits = format!("{whole}{part:0<12}");
            prop_assert_eq!(digits.parse::<i128>().expect("only digits and a sign are left"), pico);
        }
    }
}
