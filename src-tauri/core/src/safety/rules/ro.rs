//! Romania: the personal code.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{digit, is_yymmdd, part, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "ro-cnp",
    kind: Kind::RoCnp,
    country: "RO",
    shapes: &["ddddddddddddd"],
    words: &[
        &["cnp*", "cod numeric personal", "codul numeric personal"],
        words::PERSONAL,
    ],
    check: Check::Strong(cnp),
    reason: "13 digits of a Romanian CNP with a date; the check digit is right",
}];

/// Law 105/1996: weights 2 7 9 1 4 6 3 5 8 2 7 9, modulus 11, where 10 becomes 1; county 01 to 52, or 70
/// and above for those without.
fn cnp(number: &[u8]) -> bool {
    let sum = weighted(number, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]);
    let check = sum.map(|sum| if sum % 11 == 10 { 1 } else { sum % 11 });
    let county = part(number, 7, 2);
    number[0] != b'0'
        && is_yymmdd(&number[1..])
        && county.is_some_and(|county| matches!(county, 1..=52 | 70..=83))
        && digit(number[12]) == check
}
