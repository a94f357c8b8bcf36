//! Latvia: the personal code.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{digit, is_ddmmyy, weighted},
};

const WORDS: &[&str] = &["personas kod*", "p.k", "pers. kods", "latvian*"];

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "lv-personal-code",
        kind: Kind::LvPersonalCode,
        country: "LV",
        shapes: &["dddddd-ddddd", "ddddddddddd"],
        words: &[WORDS, words::PERSONAL],
        check: Check::Strong(personal_code),
        reason: "11 digits of a Latvian personal code with a date; the check digit is right",
    },
    NumberRule {
        name: "lv-personal-code/since-2017",
        kind: Kind::LvPersonalCode,
        country: "LV",
        shapes: &["dddddd-ddddd", "ddddddddddd"],
        words: &[WORDS],
        check: Check::Form(|number| number.starts_with(b"32")),
        reason: "The form of a Latvian personal code since 2017, which has no date and no check digit",
    },
];

/// Population Register: weights 10 5 8 4 2 1 6 3 7 9, and one more, modulus 11, modulus 10.
pub(super) fn personal_code(number: &[u8]) -> bool {
    let sum = weighted(number, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9]);
    sum.is_some_and(|sum| digit(number[10]) == Some((1 + sum) % 11 % 10)) && is_ddmmyy(number)
}
