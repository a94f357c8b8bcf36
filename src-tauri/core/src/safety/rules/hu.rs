//! Hungary: tax, social security, personal identifier.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{all_same, digit, is_yymmdd, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "hu-tax-id",
        kind: Kind::HuTaxId,
        country: "HU",
        shapes: &["dddddddddd"],
        words: &[
            &["adoazonosito*", "adoazonosito jel", "ado azonosito"],
            words::TAX,
        ],
        check: Check::Weak(tax_id),
        reason: "10 digits of a Hungarian tax identification number; the check digit is right",
    },
    NumberRule {
        name: "hu-taj",
        kind: Kind::HuTaj,
        country: "HU",
        shapes: &["ddd ddd ddd", "ddddddddd"],
        words: &[TAJ],
        check: Check::Weak(taj),
        reason: "9 digits of a Hungarian TAJ number; the check digit is right",
    },
    // With dashes a tenth of Poland's phone numbers pass: that takes a word.
    NumberRule {
        name: "hu-taj/dashes",
        kind: Kind::HuTaj,
        country: "HU",
        shapes: &["ddd-ddd-ddd"],
        words: &[TAJ],
        check: Check::Form(taj),
        reason: "9 digits of a Hungarian TAJ number; the check digit is right",
    },
    NumberRule {
        name: "hu-personal-id",
        kind: Kind::HuPersonalId,
        country: "HU",
        shapes: &["d-dddddd-dddd", "d dddddd dddd", "ddddddddddd"],
        words: &[
            &["szemelyi szam*", "szemelyi azonosito*", "szemelyazonosito*"],
            words::PERSONAL,
        ],
        check: Check::Strong(personal_id),
        reason: "11 digits of a Hungarian personal identifier with a date; the check digit is right",
    },
];

const TAJ: &[&str] = &["taj*", "taj-szam", "tajszam", "tarsadalombiztositas*"];

/// Act XX of 1996, annex: places as weights, modulus 11; it begins with 8.
fn tax_id(number: &[u8]) -> bool {
    let sum = weighted(number, &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    number[0] == b'8' && sum.is_some_and(|sum| digit(number[9]) == Some(sum % 11))
}

/// Act XX of 1996, annex: weights 3 and 7 in turn, modulus 10.
fn taj(number: &[u8]) -> bool {
    let sum = weighted(number, &[3, 7, 3, 7, 3, 7, 3, 7]);
    sum.is_some_and(|sum| digit(number[8]) == Some(sum % 10)) && !all_same(number)
}

/// Act XX of 1996, annex: places as weights, modulus 11, counted from the other end for those born
/// after 1996.
fn personal_id(number: &[u8]) -> bool {
    let to_1996 = weighted(number, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    let after = weighted(number, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let check = digit(number[10]);
    let holds = |sum: Option<u32>| sum.map(|sum| sum % 11) == check;
    matches!(number[0], b'1'..=b'8') && is_yymmdd(&number[1..]) && (holds(to_1996) || holds(after))
}
