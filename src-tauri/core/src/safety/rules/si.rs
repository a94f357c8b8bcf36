//! Slovenia: personal and tax numbers.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{digit, is_date, part, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "si-emso",
        kind: Kind::SiEmso,
        country: "SI",
        shapes: &["ddddddddddddd", "ddddddd dddddd"],
        words: &[
            &[
                "emso*",
                "enotna maticna stevilka",
                "maticna stevilka",
                "jmbg",
            ],
            words::PERSONAL,
        ],
        check: Check::Strong(emso),
        reason: "13 digits of a Slovenian EMŠO with a date; the check digit is right",
    },
    NumberRule {
        name: "si-tax-number",
        kind: Kind::SiTaxNumber,
        country: "SI",
        shapes: &["dddddddd"],
        words: &[&["davcna stevilka", "davcna*", "ddv"], words::TAX],
        check: Check::Weak(tax_number),
        reason: "8 digits of a Slovenian tax number; the check digit is right",
    },
];

/// Central Population Register Act: weights 7 6 5 4 3 2 twice, 11 less the remainder by 11; the year has
/// three digits.
fn emso(number: &[u8]) -> bool {
    let sum = weighted(number, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    let (Some(day), Some(month), Some(year)) =
        (part(number, 0, 2), part(number, 2, 2), part(number, 4, 3))
    else {
        return false;
    };
    let year = if year < 800 { 2000 + year } else { 1000 + year };
    is_date(year, month, day)
        && sum.is_some_and(|sum| digit(number[12]) == Some((11 - sum % 11) % 11 % 10))
}

/// Tax Administration Act: weights 8 to 2, 11 less the remainder by 11, where 10 becomes 0.
pub(super) fn tax_number(number: &[u8]) -> bool {
    let sum = weighted(number, &[8, 7, 6, 5, 4, 3, 2]);
    number[0] != b'0'
        && sum.is_some_and(|sum| sum % 11 != 0 && digit(number[7]) == Some((11 - sum % 11) % 10))
}
