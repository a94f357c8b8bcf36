//! United Kingdom: NHS, National Insurance, taxpayer reference, driving licence.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{all_same, digit, is_date, part, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "uk-nhs",
        kind: Kind::UkNhs,
        country: "GB",
        shapes: &["ddd ddd dddd", "dddddddddd"],
        words: &[NHS],
        check: Check::Weak(nhs),
        reason: "10 digits of an NHS number; the check digit is right",
    },
    // With dashes a tenth of America's phone numbers pass: that takes a word.
    NumberRule {
        name: "uk-nhs/dashes",
        kind: Kind::UkNhs,
        country: "GB",
        shapes: &["ddd-ddd-dddd"],
        words: &[NHS],
        check: Check::Form(nhs),
        reason: "10 digits of an NHS number; the check digit is right",
    },
    NumberRule {
        name: "uk-nino",
        kind: Kind::UkNino,
        country: "GB",
        shapes: &[
            "LLddddddL",
            "LL dd dd dd L",
            "LL-dd-dd-dd-L",
            "LL dddddd L",
            "LL dddddd",
            "LLdddddd",
        ],
        words: &[
            &[
                "nino",
                "ni number",
                "ni no",
                "ni",
                "insurance number",
                "ni #",
            ],
            words::SOCIAL,
        ],
        check: Check::Form(nino),
        reason: "The form of a National Insurance number",
    },
    NumberRule {
        name: "uk-utr",
        kind: Kind::UkUtr,
        country: "GB",
        shapes: &["dddddddddd", "ddddd ddddd"],
        words: &[
            &[
                "utr",
                "unique taxpayer*",
                "self assessment",
                "hmrc",
                "taxpayer reference",
            ],
            words::TAX,
        ],
        check: Check::Weak(utr),
        reason: "10 digits of a taxpayer reference; the check digit is right",
    },
    NumberRule {
        name: "uk-driving-licence",
        kind: Kind::UkDrivingLicence,
        country: "GB",
        shapes: &[
            "xxxxxddddddxxxLL",
            "xxxxx dddddd xxxLL",
            "xxxxxddddddxxxLLdd",
        ],
        words: &[&["dvla", "licence"], words::LICENCE],
        check: Check::Form(driving_licence),
        reason: "The form of a driving licence of the DVLA",
    },
];

const NHS: &[&str] = &[
    "nhs*",
    "national health service",
    "health service",
    "health authority",
];

/// NHS Data Dictionary, "NHS NUMBER": weights 10 to 2, modulus 11.
fn nhs(number: &[u8]) -> bool {
    let Some(sum) = weighted(number, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) else {
        return false;
    };
    let check = (11 - sum % 11) % 11;
    number.last().and_then(|&last| digit(last)) == Some(check) && !all_same(number)
}

/// HMRC, National Insurance Manual NIM39110: letters that are not used, prefixes that are not given.
fn nino(number: &[u8]) -> bool {
    let [first, second, ..] = number else {
        return false;
    };
    let prefix = [*first, *second];
    let last = number.get(8);
    !b"DFIQUV".contains(first)
        && !b"DFIQUVO".contains(second)
        && ![*b"BG", *b"GB", *b"KN", *b"NK", *b"NT", *b"TN", *b"ZZ"].contains(&prefix)
        && last.is_none_or(|last| matches!(last, b'A'..=b'D'))
}

/// HMRC's specification of the UTR: the first digit checks the others.
fn utr(number: &[u8]) -> bool {
    let Some(sum) = weighted(
        number.get(1..).unwrap_or_default(),
        &[6, 7, 8, 9, 10, 5, 4, 3, 2],
    ) else {
        return false;
    };
    let check = b"21987654321"[sum as usize % 11];
    number.first() == Some(&check) && !all_same(number)
}

/// DVLA, "Driver number": five of the surname filled up with 9, and a date of birth in which a
/// woman's month has 50 added.
fn driving_licence(number: &[u8]) -> bool {
    let surname = number.get(..5).unwrap_or_default();
    let letters = surname
        .iter()
        .take_while(|b| b.is_ascii_alphabetic())
        .count();
    let filled = letters > 0 && surname[letters..].iter().all(|&byte| byte == b'9');
    let (Some(month), Some(day)) = (part(number, 6, 2), part(number, 8, 2)) else {
        return false;
    };
    filled && is_date(0, month % 50, day)
}
