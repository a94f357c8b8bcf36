//! Australia: tax file, Medicare, business and company numbers, passports.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{all_same, digit, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "au-tfn",
        kind: Kind::AuTfn,
        country: "AU",
        shapes: &["ddd ddd ddd", "ddd-ddd-ddd", "ddddddddd"],
        words: &[&["tfn", "tax file*"], words::TAX],
        check: Check::Weak(tfn),
        reason: "9 digits of an Australian tax file number; the check digit is right",
    },
    NumberRule {
        name: "au-medicare",
        kind: Kind::AuMedicare,
        country: "AU",
        shapes: &[
            "dddd ddddd d",
            "dddd ddddd d d",
            "dddd ddddd d/d",
            "dddd-ddddd-d",
            "dddddddddd",
            "ddddddddddd",
        ],
        words: &[&["medicare*"]],
        check: Check::Weak(medicare),
        reason: "The digits of an Australian Medicare card; the check digit is right",
    },
    NumberRule {
        name: "au-abn",
        kind: Kind::AuAbn,
        country: "AU",
        shapes: &["dd ddd ddd ddd", "dd-ddd-ddd-ddd", "ddddddddddd"],
        words: &[&["abn", "australian business number"]],
        check: Check::Strong(abn),
        reason: "11 digits of an Australian business number; the check digits are right",
    },
    NumberRule {
        name: "au-acn",
        kind: Kind::AuAcn,
        country: "AU",
        shapes: &["ddd ddd ddd", "ddddddddd"],
        words: &[&["acn", "australian company number"]],
        check: Check::Weak(acn),
        reason: "9 digits of an Australian company number; the check digit is right",
    },
    NumberRule {
        name: "au-passport",
        kind: Kind::AuPassport,
        country: "AU",
        shapes: &["Lddddddd", "LLddddddd"],
        words: &[&["australian passport*"]],
        check: Check::Form(|number| b"NEDFACUXPR".contains(&number[0])),
        reason: "The form of an Australian passport number",
    },
];

/// ATO, TFN algorithm: weights 1 4 3 7 5 8 6 9 10, a multiple of 11.
fn tfn(number: &[u8]) -> bool {
    let sum = weighted(number, &[1, 4, 3, 7, 5, 8, 6, 9, 10]);
    sum.is_some_and(|sum| sum % 11 == 0) && !all_same(number)
}

/// Services Australia: weights 1 3 7 9 1 3 7 9, modulus 10; it begins with 2 to 6, and an issue number
/// follows the check digit.
fn medicare(number: &[u8]) -> bool {
    let sum = weighted(number, &[1, 3, 7, 9, 1, 3, 7, 9]);
    matches!(number[0], b'2'..=b'6') && sum.is_some_and(|sum| digit(number[8]) == Some(sum % 10))
}

/// Australian Business Register: one less in the first place, weights 10 1 3 … 19, a multiple of 89;
/// the first two are from 11 on.
fn abn(number: &[u8]) -> bool {
    let sum = weighted(number, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    number >= b"11".as_slice() && sum.is_some_and(|sum| sum % 89 == 10)
}

/// ASIC: weights 8 to 1, the complement to 10.
fn acn(number: &[u8]) -> bool {
    let sum = weighted(number, &[8, 7, 6, 5, 4, 3, 2, 1]);
    sum.is_some_and(|sum| sum > 0 && digit(number[8]) == Some((10 - sum % 10) % 10))
}
