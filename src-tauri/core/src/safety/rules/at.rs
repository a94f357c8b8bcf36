//! Austria: social insurance and tax.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{digit, luhn, part, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "at-social-security",
        kind: Kind::AtSocialSecurity,
        country: "AT",
        shapes: &["dddd dddddd", "dddd-dddddd", "dddddddddd"],
        words: &[
            &[
                "svnr",
                "sv-nr",
                "sv nr",
                "sozialversicherungsnummer",
                "e-card",
            ],
            words::SOCIAL,
        ],
        check: Check::Strong(social_security),
        reason: "10 digits of an Austrian social insurance number with a date; the check digit is right",
    },
    NumberRule {
        name: "at-tax-number",
        kind: Kind::AtTaxNumber,
        country: "AT",
        shapes: &["dd-ddd/dddd", "dd ddd/dddd", "dd ddd dddd", "ddddddddd"],
        words: &[
            &[
                "steuernummer",
                "abgabenkontonummer",
                "finanzamt",
                "st.nr",
                "stnr",
            ],
            words::TAX,
        ],
        check: Check::Weak(luhn),
        reason: "9 digits of an Austrian tax number; the check digit is right",
    },
];

/// Dachverband der Sozialversicherungsträger: weights 3 7 9, 5 8 4 2 1 6, modulus 11, with the check
/// digit in fourth place; the month may be 13 to 15 where a day's numbers were used up.
fn social_security(number: &[u8]) -> bool {
    let Some(sum) = weighted(number, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) else {
        return false;
    };
    let (day, month) = (part(number, 4, 2), part(number, 6, 2));
    number[0] != b'0'
        && digit(number[3]) == Some(sum % 11)
        && day.is_some_and(|day| (1..=31).contains(&day))
        && month.is_some_and(|month| (1..=15).contains(&month))
}
