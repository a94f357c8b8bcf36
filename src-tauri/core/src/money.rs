//! Exact amounts of money: whole pico-dollars, rounded for nobody but the eye.

use std::fmt;

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// Pico-dollars in a dollar.
const PICO: i128 = 1_000_000_000_000;

/// An amount in pico-dollars (10⁻¹² USD), exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i128);

impl Money {
    /// Nothing: what a call on this computer costs.
    pub const ZERO: Self = Self(0);

    /// An amount of pico-dollars.
    pub const fn from_pico(pico: i128) -> Self {
        Self(pico)
    }
}

/// Every digit that the amount has: `$0`, `$0.00009`, `-$3.41`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let pico = self.0.unsigned_abs();
        let (dollars, rest) = (pico / PICO.unsigned_abs(), pico % PICO.unsigned_abs());
        write!(f, "{sign}${dollars}")?;
        if rest > 0 {
            let digits = format!("{rest:012}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_show_every_digit_and_no_more() {
        let shown =
            [0, 90_000_000, 3_410_000_000_000, -1, 20 * PICO].map(|pico| Money(pico).to_string());
        assert_eq!(
            shown,
            ["$0", "$0.00009", "$3.41", "-$0.000000000001", "$20"]
        );
    }

    proptest! {
        #[test]
        fn what_is_shown_is_the_exact_amount(pico in -(1i128 << 80)..(1i128 << 80)) {
            let shown = Money(pico).to_string().replace('$', "");
            let (whole, part) = shown.split_once('.').unwrap_or((&shown, ""));
            let digits = format!("{whole}{part:0<12}");
            prop_assert_eq!(digits.parse::<i128>().expect("only digits and a sign are left"), pico);
        }
    }
}
