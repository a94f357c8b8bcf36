//! Canada: social insurance and passports.

use super::{Check, NumberRule};
use crate::safety::{Kind, check::luhn};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "ca-sin",
        kind: Kind::CaSin,
        country: "CA",
        shapes: &["ddd ddd ddd", "ddd-ddd-ddd", "ddddddddd"],
        words: &[&[
            "sin",
            "sin #",
            "social insurance*",
            "assurance sociale",
            "nas",
        ]],
        check: Check::Weak(sin),
        reason: "9 digits of a Canadian social insurance number; the check digit is right",
    },
    NumberRule {
        name: "ca-passport",
        kind: Kind::CaPassport,
        country: "CA",
        shapes: &["LLdddddd", "LddddddLL"],
        words: &[&["canadian passport*", "passeport canadien*"]],
        check: Check::Form(|_| true),
        reason: "The form of a Canadian passport number",
    },
];

/// Employment and Social Development Canada: Luhn's formula; no number begins with 0 or 8.
fn sin(number: &[u8]) -> bool {
    !matches!(number[0], b'0' | b'8') && luhn(number)
}
