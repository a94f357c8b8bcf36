//! Cyprus: tax and identity cards.

use super::{Check, NumberRule, words};
use crate::safety::{Kind, check::digit};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "cy-tax-id",
        kind: Kind::CyTaxId,
        country: "CY",
        shapes: &["ddddddddL"],
        words: &[&["α.φ.μ", "αφμ", "tic", "vat"], words::TAX],
        check: Check::Weak(tax_id),
        reason: "8 digits and a letter of a Cypriot tax number; the letter is right",
    },
    NumberRule {
        name: "cy-identity-card",
        kind: Kind::CyIdentityCard,
        country: "CY",
        shapes: &["d{6,8}"],
        words: &[&[
            "cypriot id*",
            "cyprus id card*",
            "cypriot identity card*",
            "cyprus id*",
            "αριθμοσ ταυτοτητασ",
            "δελτιο ταυτοτητασ",
        ]],
        check: Check::Form(|_| true),
        reason: "As many digits as a Cypriot identity card has",
    },
];

/// Tax Department: digits in odd places are replaced, the sum modulo 26 is the letter. Numbers do not
/// begin with 12.
pub(super) fn tax_id(number: &[u8]) -> bool {
    const ODD: [u32; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let [digits @ .., letter] = number else {
        return false;
    };
    let values = digits.iter().enumerate().map(|(nth, &byte)| {
        let value = digit(byte)?;
        Some(if nth % 2 == 0 {
            ODD[value as usize]
        } else {
            value
        })
    });
    let sum: Option<u32> = values.sum();
    sum.is_some_and(|sum| u32::from(*letter) == u32::from(b'A') + sum % 26)
        && !number.starts_with(b"12")
}
