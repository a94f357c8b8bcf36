//! India: Aadhaar, PAN, GSTIN, voter number, passports.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{alphanumeric, luhn, part, verhoeff},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "in-aadhaar",
        kind: Kind::InAadhaar,
        country: "IN",
        shapes: &["dddd dddd dddd", "dddd-dddd-dddd", "dddddddddddd"],
        words: &[&["aadhaar*", "aadhar*", "uidai", "adhaar*", "uid", "आधार"]],
        check: Check::Weak(aadhaar),
        reason: "12 digits of an Aadhaar number; the check digit is right",
    },
    NumberRule {
        name: "in-pan",
        kind: Kind::InPan,
        country: "IN",
        shapes: &["LLLLLddddL"],
        words: &[
            &[
                "pan",
                "permanent account*",
                "pan card",
                "pancard",
                "income tax",
            ],
            words::TAX,
        ],
        check: Check::Form(pan),
        reason: "The form of an Indian PAN",
    },
    NumberRule {
        name: "in-gstin",
        kind: Kind::InGstin,
        country: "IN",
        shapes: &["ddLLLLLddddLxLx"],
        words: &[&["gst*", "gstin", "goods and services"]],
        check: Check::Strong(gstin),
        reason: "15 characters of a GSTIN; the check character is right",
    },
    NumberRule {
        name: "in-voter",
        kind: Kind::InVoter,
        country: "IN",
        shapes: &["LLLddddddd"],
        words: &[&["voter*", "epic", "elector*", "election commission"]],
        check: Check::Weak(|number| luhn(&number[3..])),
        reason: "An Indian voter number; the check digit is right",
    },
    NumberRule {
        name: "in-passport",
        kind: Kind::InPassport,
        country: "IN",
        shapes: &["Lddddddd", "L ddddddd"],
        words: &[&["indian passport*"]],
        check: Check::Form(|number| number[1] != b'0' && number[0] != b'Q'),
        reason: "The form of an Indian passport number",
    },
];

/// UIDAI, "Aadhaar numbering scheme": Verhoeff's digit; none begins with 0 or 1 or is a palindrome.
fn aadhaar(number: &[u8]) -> bool {
    number[0] > b'1' && !number.iter().eq(number.iter().rev()) && verhoeff(number)
}

/// Income Tax Department: the fourth letter is the kind of holder; the serial is not 0000.
fn pan(number: &[u8]) -> bool {
    b"ABCFGHJKLPT".contains(&number[3]) && part(number, 5, 4).is_some_and(|serial| serial > 0)
}

/// GSTN: state, PAN, number of registrations, Z, and a Luhn digit to the base of 36.
fn gstin(number: &[u8]) -> bool {
    let (body, last) = number.split_at(14);
    let values = body.iter().enumerate().map(|(nth, &byte)| {
        let product = alphanumeric(byte)? * (1 + nth as u32 % 2);
        Some(product / 36 + product % 36)
    });
    let sum: Option<u32> = values.sum();
    let state = part(number, 0, 2);
    state.is_some_and(|state| matches!(state, 1..=38 | 97 | 99))
        && pan(&number[2..12])
        && sum.is_some_and(|sum| alphanumeric(last[0]) == Some((36 - sum % 36) % 36))
}
