//! Papers whose numbers have no check digit: only a word says what they are.

use super::{Check, NumberRule, words};
use crate::safety::Kind;

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "us-passport",
        kind: Kind::UsPassport,
        country: "US",
        shapes: &["ddddddddd", "Ldddddddd"],
        words: &[&[
            "passport*",
            "us passport*",
            "u.s. passport*",
            "american passport*",
            "travel document",
        ]],
        check: Check::Form(|_| true),
        reason: "The form of a US passport number",
    },
    NumberRule {
        name: "uk-passport",
        kind: Kind::UkPassport,
        country: "GB",
        shapes: &["ddddddddd"],
        words: &[&[
            "uk passport*",
            "british passport*",
            "hm passport*",
            "passport office",
            "passport*",
        ]],
        check: Check::Form(|_| true),
        reason: "The form of a British passport number",
    },
    NumberRule {
        name: "us-driver-license",
        kind: Kind::UsDriverLicense,
        country: "US",
        shapes: &[
            "Ld{5,14}",
            "d{7,12}",
            "LLd{6,7}",
            "Lddd-dddd-dddd",
            "Lddd-ddd-dd-ddd-d",
            "ddd-ddd-ddd",
            "dd-ddd-dddd",
            "LLLdddddd",
        ],
        words: &[&[
            "driver license*",
            "driver's license*",
            "drivers license*",
            "driver’s license*",
            "dl",
            "dl#",
            "dln",
            "driverlicense*",
            "driver lic*",
            "license number",
            "license #",
        ]],
        check: Check::Form(|_| true),
        reason: "The form of a US driver's license number",
    },
    NumberRule {
        name: "passport",
        kind: Kind::Passport,
        country: "",
        shapes: &["x{6,10}", "LL d{6,7}", "L d{7,8}"],
        words: &[words::PASSPORT],
        check: Check::Form(mostly_digits),
        reason: "The form of a passport number",
    },
    NumberRule {
        name: "driver-license",
        kind: Kind::DriverLicense,
        country: "",
        shapes: &["x{6,14}", "dddddd-dddd", "dd dd dddddd", "dd/dd/dddd/d"],
        words: &[words::LICENCE],
        check: Check::Form(mostly_digits),
        reason: "The form of a driving licence number",
    },
    NumberRule {
        name: "identity-card",
        kind: Kind::IdentityCard,
        country: "",
        shapes: &[
            "x{6,13}",
            "LL d{6,7}",
            "LLL d{6,7}",
            "ddd-ddddddd-dd",
            "d-dddd-ddddd-dd-d",
            "dd.ddd.ddd-x",
            "dd.ddd.ddd",
        ],
        words: &[words::IDENTITY],
        check: Check::Form(mostly_digits),
        reason: "The form of an identity card number",
    },
    NumberRule {
        name: "personal-number",
        kind: Kind::IdentityCard,
        country: "",
        shapes: &["x{7,13}", "dddddd-dddd", "ddd-dd-dddd"],
        words: &[words::PERSONAL],
        check: Check::Form(mostly_digits),
        reason: "A number after a word for a personal number",
    },
    NumberRule {
        name: "tax-number",
        kind: Kind::TaxNumber,
        country: "",
        shapes: &["d{8,13}", "dd-ddddddd", "ddd-ddd-ddd", "ddd ddd ddd"],
        words: &[words::TAX],
        check: Check::Form(|_| true),
        reason: "A number after a word for taxes",
    },
];

/// At least half digits, so that no word is taken for a number.
fn mostly_digits(number: &[u8]) -> bool {
    number.iter().filter(|byte| byte.is_ascii_digit()).count() * 2 >= number.len()
}
