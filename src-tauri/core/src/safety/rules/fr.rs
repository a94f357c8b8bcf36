//! France: social security and tax.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{number as value, part},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "fr-nir",
        kind: Kind::FrNir,
        country: "FR",
        shapes: &[
            "d dd dd dx ddd ddd dd",
            "d dd dd dx ddd ddd-dd",
            "d-dd-dd-dx-ddd-ddd-dd",
            "dddddd ddd ddd dd",
            "ddddddxdddddddd",
            "ddddddxdddddd dd",
            "ddddddxdddddd-dd",
        ],
        words: &[
            &[
                "nir",
                "insee",
                "securite sociale",
                "numero de secu",
                "carte vitale",
                "n° ss",
                "assure social",
            ],
            words::SOCIAL,
        ],
        check: Check::Strong(nir),
        reason: "15 digits of a French social security number; the key is right",
    },
    NumberRule {
        name: "fr-tax-id",
        kind: Kind::FrTaxId,
        country: "FR",
        shapes: &["dd dd ddd ddd ddd", "ddddddddddddd"],
        words: &[
            &[
                "spi",
                "numero fiscal",
                "n° fiscal",
                "avis d'imposition",
                "impots",
                "reference fiscale",
            ],
            words::TAX,
        ],
        check: Check::Strong(tax_id),
        reason: "13 digits of a French tax number; the key is right",
    },
];

/// INSEE, "Numéro de sécurité sociale": 97 less the remainder of the first thirteen by 97; Corsica's 2A
/// counts as 19 and 2B as 18.
fn nir(number: &[u8]) -> bool {
    let mut digits = number.to_vec();
    match digits.get(6) {
        Some(b'A') if digits[5] == b'2' => digits[5..7].copy_from_slice(b"19"),
        Some(b'B') if digits[5] == b'2' => digits[5..7].copy_from_slice(b"18"),
        _ => {}
    }
    let (Some(body), Some(key), Some(month)) = (
        value(&digits[..13]),
        value(&digits[13..]),
        part(&digits, 3, 2),
    ) else {
        return false;
    };
    matches!(number[0], b'1'..=b'4' | b'7' | b'8')
        && (matches!(month, 1..=12 | 20..=42 | 50..=99))
        && 97 - body % 97 == key
}

/// DGFiP, identifier SPI: the first ten digits modulo 511 are the last three; it begins with 0 to 3.
fn tax_id(number: &[u8]) -> bool {
    match (value(&number[..10]), value(&number[10..])) {
        (Some(body), Some(key)) => number[0] <= b'3' && body > 0 && body % 511 == key,
        _ => false,
    }
}
