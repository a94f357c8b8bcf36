//! Greece: tax and social security.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{all_same, digit, is_ddmmyy, luhn, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "gr-afm",
        kind: Kind::GrAfm,
        country: "GR",
        shapes: &["ddddddddd"],
        words: &[&["αφμ", "α.φ.μ", "afm", "δου"], words::TAX],
        check: Check::Weak(afm),
        reason: "9 digits of a Greek tax number; the check digit is right",
    },
    NumberRule {
        name: "gr-amka",
        kind: Kind::GrAmka,
        country: "GR",
        shapes: &["ddddddddddd", "dddddd ddddd"],
        words: &[&["αμκα", "α.μ.κ.α", "amka"], words::SOCIAL],
        check: Check::Strong(|number| is_ddmmyy(number) && luhn(number)),
        reason: "11 digits of a Greek AMKA with a date; the check digit is right",
    },
];

/// AADE's rule for the AFM: powers of two as weights, modulus 11, then modulus 10.
pub(super) fn afm(number: &[u8]) -> bool {
    let sum = weighted(number, &[256, 128, 64, 32, 16, 8, 4, 2]);
    sum.is_some_and(|sum| digit(number[8]) == Some(sum % 11 % 10)) && !all_same(number)
}
