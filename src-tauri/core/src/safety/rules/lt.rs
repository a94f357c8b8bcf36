//! Lithuania: the personal code.

use super::{Check, NumberRule, ee, words};
use crate::safety::Kind;

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "lt-personal-code",
    kind: Kind::LtPersonalCode,
    country: "LT",
    shapes: &["ddddddddddd"],
    words: &[
        &[
            "asmens kod*",
            "a.k",
            "lithuanian*",
            "lithuania",
            "lithuanian personal code",
        ],
        words::PERSONAL,
    ],
    // Law on the Population Register: the formula of Estonia.
    check: Check::Strong(ee::personal_code),
    reason: "11 digits of a Lithuanian personal code with a date; the check digit is right",
}];
