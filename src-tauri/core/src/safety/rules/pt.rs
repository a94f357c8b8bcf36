//! Portugal: tax, citizen card, social security.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{alphanumeric, digit, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "pt-nif",
        kind: Kind::PtNif,
        country: "PT",
        shapes: &["ddddddddd", "ddd ddd ddd", "ddd.ddd.ddd", "LLddddddddd"],
        words: &[
            &["nif", "contribuinte", "nipc", "numero de contribuinte"],
            words::TAX,
        ],
        check: Check::Weak(|number| {
            let digits = number.strip_prefix(b"PT").unwrap_or(number);
            digits.len() == 9 && nif(digits)
        }),
        reason: "9 digits of a Portuguese NIF; the check digit is right",
    },
    NumberRule {
        name: "pt-citizen-card",
        kind: Kind::PtCitizenCard,
        country: "PT",
        shapes: &[
            "dddddddddxxd",
            "dddddddd d xxd",
            "dddddddd dxxd",
            "dddddddd-d-xxd",
        ],
        words: &[
            &["cartao de cidadao", "cartao do cidadao", "cc"],
            words::IDENTITY,
        ],
        check: Check::Strong(citizen_card),
        reason: "A Portuguese citizen card number; both check digits are right",
    },
    NumberRule {
        name: "pt-social-security",
        kind: Kind::PtSocialSecurity,
        country: "PT",
        shapes: &["ddddddddddd"],
        words: &[&["niss", "seguranca social"], words::SOCIAL],
        check: Check::Weak(social_security),
        reason: "11 digits of a Portuguese NISS; the check digit is right",
    },
];

/// Decree-Law 14/2013: weights 9 to 2, modulus 11; 10 and 11 become 0.
fn nif(number: &[u8]) -> bool {
    let sum = weighted(number, &[9, 8, 7, 6, 5, 4, 3, 2]);
    let check = sum.map(|sum| (11 - sum % 11) % 11 % 10);
    matches!(number[0], b'1'..=b'3' | b'5' | b'6' | b'8' | b'9') && digit(number[8]) == check
}

/// AMA, "Validação de Número de Documento do Cartão de Cidadão": Luhn's formula in which A counts 10; the
/// ninth digit is that of the old identity card, modulus 11.
fn citizen_card(number: &[u8]) -> bool {
    let value = |(nth, &byte): (usize, &u8)| {
        let value = alphanumeric(byte)?;
        let doubled = if nth % 2 == 0 { value * 2 } else { value };
        Some(if nth % 2 == 0 && doubled > 9 {
            doubled - 9
        } else {
            doubled
        })
    };
    let sum: Option<u32> = number.iter().enumerate().map(value).sum();
    let old = weighted(number, &[9, 8, 7, 6, 5, 4, 3, 2]).map(|sum| (11 - sum % 11) % 11 % 10);
    sum.is_some_and(|sum| sum % 10 == 0) && digit(number[8]) == old
}

/// Segurança Social: primes from 29 down as weights, 9 less the sum modulo 10; it begins with 1 or 2.
fn social_security(number: &[u8]) -> bool {
    let sum = weighted(number, &[29, 23, 19, 17, 13, 11, 7, 5, 3, 2]);
    matches!(number[0], b'1' | b'2')
        && sum.is_some_and(|sum| digit(number[10]) == Some(9 - sum % 10))
}
