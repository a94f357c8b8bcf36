//! Norway: the national identity number.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{is_date, part, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "no-birth-number",
    kind: Kind::NoBirthNumber,
    country: "NO",
    shapes: &["ddddddddddd", "dddddd ddddd", "dddddd-ddddd"],
    words: &[
        &[
            "fodselsnummer*",
            "fodselsnr",
            "fnr",
            "personnummer*",
            "d-nummer",
            "fodselsogpersonnummer",
        ],
        words::PERSONAL,
    ],
    check: Check::Strong(birth_number),
    reason: "11 digits of a Norwegian identity number with a date; both check digits are right",
}];

/// Skatteetaten, "Fødselsnummer": weights 3 7 6 1 8 9 4 5 2 and 5 4 3 2 7 6 5 4 3 2, each sum with its
/// check digit a multiple of 11. The day of a D number has 40 added; the month of a test number 40 or 80.
fn birth_number(number: &[u8]) -> bool {
    let first = weighted(number, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]);
    let second = weighted(number, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]);
    let (Some(day), Some(month), Some(year)) =
        (part(number, 0, 2), part(number, 2, 2), part(number, 4, 2))
    else {
        return false;
    };
    let day = if day > 40 { day - 40 } else { day };
    is_date(year, month % 40, day)
        && first.is_some_and(|sum| sum % 11 == 0)
        && second.is_some_and(|sum| sum % 11 == 0)
}
