//! Estonia: the personal code, which Lithuania has in the same form.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{digit, is_date, part, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "ee-personal-code",
    kind: Kind::EePersonalCode,
    country: "EE",
    shapes: &["ddddddddddd"],
    words: &[
        &["isikukood*", "isikukoodi", "estonian*", "estonia"],
        words::PERSONAL,
    ],
    check: Check::Strong(personal_code),
    reason: "11 digits of an Estonian personal code with a date; the check digit is right",
}];

/// EVS 585:2007: weights 1 2 3 4 5 6 7 8 9 1 modulo 11, and if that is 10, weights 3 4 5 6 7 8 9 1 2 3.
/// The first digit is sex and century.
pub(super) fn personal_code(number: &[u8]) -> bool {
    let first = weighted(number, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]);
    let second = weighted(number, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]);
    let (Some(first), Some(second), Some(sex)) = (first, second, part(number, 0, 1)) else {
        return false;
    };
    let check = if first % 11 < 10 {
        first % 11
    } else {
        second % 11 % 10
    };
    let (Some(year), Some(month), Some(day)) =
        (part(number, 1, 2), part(number, 3, 2), part(number, 5, 2))
    else {
        return false;
    };
    (1..=8).contains(&sex)
        && is_date(1800 + (sex - 1) / 2 * 100 + year, month, day)
        && digit(number[10]) == Some(check)
}
