//! Exact amounts of money: whole pico-dollars, rounded for nobody but the eye.

mod shown;

use std::{fmt, iter::Sum, ops::Add, str::FromStr};

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use self::shown::{grouped, shown, with_unknown};

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

    /// The same amount, if it can be stored; `None`: it is beyond any that a call costs.
    pub fn storable(self) -> Option<Self> {
        i64::try_from(self.0).ok().map(|_| self)
    }

    /// Exact decimal dollars without the dollar sign, as programs read them: `0.0123`.
    pub fn decimal(self) -> String {
        self.to_string().replacen('$', "", 1)
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

/// Why a number is not a price of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPerToken {
    /// It is no number, less than nothing, or more than a dollar.
    #[error("this is not the price of a token")]
    NotAPrice,
    /// It has parts of a pico-dollar, which would have to be rounded.
    #[error("this price of a token is finer than a pico-dollar")]
    TooFine,
}

impl UnitPrice {
    /// Decimals that a price for a million tokens may have.
    const PLACES: u32 = 6;
    /// A dollar for a single token. No model costs near it, and no product with a count overflows.
    const MOST: u64 = 1_000_000_000_000;

    /// From dollars for one token, as JSON writes numbers: `1.5e-07` is 0.15 for a million. The
    /// decimal point is moved; no digit goes through binary floating point.
    ///
    /// # Errors
    /// [`NotPerToken`] when it is no price, or not a whole number of pico-dollars.
    pub fn per_token(text: &str) -> Result<Self, NotPerToken> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                let exponent: i32 = exponent.parse().map_err(|_| NotPerToken::NotAPrice)?;
                (mantissa, i64::from(exponent))
            }
            None => (text, 0),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let is_digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let short = (1..=100).contains(&mantissa.len());
        if !short || !is_digits(whole) || !is_digits(part) {
            return Err(NotPerToken::NotAPrice);
        }
        let all = format!("{whole}{part}");
        let digits = all.trim_start_matches('0').trim_end_matches('0');
        if digits.is_empty() {
            return Ok(Self(0));
        }
        // What is left of `digits` stands so many places before (or, below zero, behind) the last
        // place of a pico-dollar.
        let zeros = all.len() - all.trim_end_matches('0').len();
        let decimals = i64::try_from(part.len()).unwrap_or(i64::MAX);
        let places = exponent + i64::from(Money::PLACES) - decimals
            + i64::try_from(zeros).unwrap_or(i64::MAX);
        let places = u32::try_from(places).map_err(|_| NotPerToken::TooFine)?;
        let digits: u64 = digits.parse().map_err(|_| NotPerToken::NotAPrice)?;
        10_u64
            .checked_pow(places)
            .and_then(|one| digits.checked_mul(one))
            .filter(|pico| *pico <= Self::MOST)
            .map(Self)
            .ok_or(NotPerToken::NotAPrice)
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

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

    #[test]
    fn the_price_of_a_token_is_that_of_a_million_with_its_point_moved() {
        let cases = [
            ("1.5e-07", "0.15"),
            ("4e-07", "0.4"),
            ("2.5E-6", "2.5"),
            ("0.00000125", "1.25"),
            ("0.0", "0"),
            ("0", "0"),
            ("0e99", "0"),
            ("1", "1000000"),
            ("1e-12", "0.000001"),
            ("10e-13", "0.000001"),
            ("0.00001500", "15"),
            ("2.800e-08", "0.028"),
            ("12.5e-7", "1.25"),
        ];
        for (token, million) in cases {
            let price = UnitPrice::per_token(token).unwrap();
            assert_eq!(price.to_string(), million, "{token}");
        }
    }

    #[test]
    fn what_would_have_to_be_rounded_or_is_no_price_of_a_token_is_refused() {
        for fine in [
            "1e-13",
            "2.0000000000000002E-7",
            "1.41953125e-07",
            "1e-2000000000",
        ] {
            assert_eq!(
                UnitPrice::per_token(fine),
                Err(NotPerToken::TooFine),
                "{fine}"
            );
        }
        let wrong = [
            "",
            "-1e-7",
            "+1",
            "1.000000000001",
            "2",
            "1e9",
            "1e2000000000",
            "1e99999999999",
            "1e",
            "e-7",
            ".5",
            "1.",
            "0x1",
            "NaN",
            "null",
            "true",
            "\"1e-7\"",
            "1e-7 ",
            "١e-7",
            "1e-7e-7",
        ];
        for wrong in wrong {
            assert_eq!(
                UnitPrice::per_token(wrong),
                Err(NotPerToken::NotAPrice),
                "{wrong}"
            );
        }
        let long = format!("0.{}1", "0".repeat(100_000));
        assert_eq!(UnitPrice::per_token(&long), Err(NotPerToken::NotAPrice));
    }

    proptest! {
        #[test]
        fn moving_the_point_changes_no_digit(pico in 0u64..=UnitPrice::MOST, shift in 0i32..40) {
            let whole = format!("{pico}e-12");
            prop_assert_eq!(UnitPrice::per_token(&whole), Ok(UnitPrice(pico)));
            // The same number with its point further left, and with zeros behind it.
            let digits = format!("{pico:041}");
            let (before, behind) = digits.split_at(41 - usize::try_from(shift).unwrap());
            let moved = format!("{before}.{behind}0e{}", shift - 12);
            prop_assert_eq!(UnitPrice::per_token(&moved), Ok(UnitPrice(pico)), "{}", moved);
        }

        #[test]
        fn a_price_finer_than_a_pico_dollar_is_never_rounded(pico in 0u64..1_000_000, finer in 1u32..10) {
            let text = format!("{pico}.{finer}e-12");
            prop_assert_eq!(UnitPrice::per_token(&text), Err(NotPerToken::TooFine));
        }

        #[test]
        fn any_text_is_the_price_of_a_token_or_refused(text in "[-+0-9.eE]{0,30}|.{0,30}") {
            let _ = UnitPrice::per_token(&text);
        }

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
