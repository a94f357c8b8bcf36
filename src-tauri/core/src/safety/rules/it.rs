//! Italy: fiscal code, VAT number, licence, identity card, passport.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{alphanumeric, luhn},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "it-fiscal-code",
        kind: Kind::ItFiscalCode,
        country: "IT",
        shapes: &["LLLLLLxxLxxLxxxL", "LLL LLL xxLxx LxxxL"],
        words: &[
            &["codice fiscale", "c.f", "cf", "cod. fisc", "codfisc"],
            words::TAX,
        ],
        check: Check::Strong(fiscal_code),
        reason: "16 characters of an Italian fiscal code; the check letter is right",
    },
    NumberRule {
        name: "it-vat-code",
        kind: Kind::ItVatCode,
        country: "IT",
        shapes: &["ddddddddddd", "LLddddddddddd", "LL ddddddddddd"],
        words: &[
            &["partita iva", "p.iva", "p. iva", "piva", "p.i"],
            super::companies::VAT,
        ],
        // DM 23 December 1976: Luhn's formula.
        check: Check::Weak(|number| {
            let digits = number.strip_prefix(b"IT").unwrap_or(number);
            digits.len() == 11 && luhn(digits)
        }),
        reason: "11 digits of an Italian VAT number; the check digit is right",
    },
    NumberRule {
        name: "it-driver-license",
        kind: Kind::ItDriverLicense,
        country: "IT",
        shapes: &["LLdddddddL", "LdxdddddddL", "LdxxxxxxxL"],
        words: &[&["patente*", "patente di guida", "licenza"]],
        check: Check::Form(|_| true),
        reason: "The form of an Italian driving licence",
    },
    NumberRule {
        name: "it-passport",
        kind: Kind::ItPassport,
        country: "IT",
        shapes: &["LLddddddd"],
        words: &[&["passaporto*", "italian passport*"]],
        check: Check::Form(|_| true),
        reason: "The form of an Italian passport number",
    },
    NumberRule {
        name: "it-identity-card",
        kind: Kind::ItIdentityCard,
        country: "IT",
        shapes: &["LLdddddLL", "LLddddddd", "dddddddLL", "LL ddddddd"],
        words: &[&[
            "carta d'identita",
            "carta d’identita",
            "carta di identita",
            "cie",
            "italian id*",
        ]],
        check: Check::Form(|_| true),
        reason: "The form of an Italian identity card number",
    },
];

/// DM 23 December 1976: values of letters and digits differ in odd and even places; the sum modulo 26 is
/// the last letter. Digits may be replaced by letters where two people would have the same code.
fn fiscal_code(number: &[u8]) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    const PLACES: [usize; 7] = [6, 7, 9, 10, 12, 13, 14];
    let value = |(nth, &byte): (usize, &u8)| {
        let value = alphanumeric(byte)?;
        let letter = if value < 10 { value } else { value - 10 };
        Some(if nth % 2 == 0 {
            ODD[letter as usize]
        } else {
            letter
        })
    };
    let sum: Option<u32> = number.iter().take(15).enumerate().map(value).sum();
    let digits = PLACES
        .iter()
        .all(|&at| number[at].is_ascii_digit() || b"LMNPQRSTUV".contains(&number[at]));
    digits
        && b"ABCDEHLMPRST".contains(&number[8])
        && sum.is_some_and(|sum| u32::from(number[15] - b'A') == sum % 26)
}
