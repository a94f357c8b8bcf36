//! Denmark: the CPR number.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{is_ddmmyy, weighted},
};

const WORDS: &[&str] = &[
    "cpr*",
    "personnummer",
    "cpr-nr",
    "personnumre",
    "civil registration",
];

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "dk-cpr",
        kind: Kind::DkCpr,
        country: "DK",
        shapes: &["dddddd-dddd", "dddddd dddd", "dddddddddd"],
        words: &[WORDS, words::PERSONAL],
        check: Check::Strong(checked),
        reason: "10 digits of a Danish CPR number with a date; the check digit is right",
    },
    NumberRule {
        name: "dk-cpr/without-check",
        kind: Kind::DkCpr,
        country: "DK",
        shapes: &["dddddd-dddd", "dddddd dddd", "dddddddddd"],
        words: &[WORDS],
        check: Check::Form(is_ddmmyy),
        reason: "10 digits of a Danish CPR number with a date; since 2007 there need be no check digit",
    },
];

/// CPR-kontoret, "Personnummeret i CPR": weights 4 3 2 7 6 5 4 3 2 1, a multiple of 11.
fn checked(number: &[u8]) -> bool {
    let sum = weighted(number, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]);
    sum.is_some_and(|sum| sum % 11 == 0) && is_ddmmyy(number)
}
