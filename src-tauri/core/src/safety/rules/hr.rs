//! Croatia: the personal number.

use super::{Check, NumberRule, words};
use crate::safety::{Kind, check::mod_11_10};

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "hr-oib",
    kind: Kind::HrOib,
    country: "HR",
    shapes: &["ddddddddddd"],
    words: &[
        &[
            "oib*",
            "osobni identifikacijski broj",
            "identifikacijski broj",
        ],
        words::TAX,
        words::PERSONAL,
    ],
    // Act on the Personal Identification Number: ISO 7064 MOD 11,10.
    check: Check::Weak(mod_11_10),
    reason: "11 digits of a Croatian OIB; the check digit is right",
}];
