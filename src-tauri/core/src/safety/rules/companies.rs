//! Companies: tax numbers with their country's letters, and the numbers of their registers.

use super::{Check, NumberRule};
use crate::safety::{
    Kind,
    check::{all_same, digit, luhn, mod_11_10, mod_97, number as value, weighted},
};

/// Taxes on what is sold, in the languages of the countries.
pub(super) const VAT: &[&str] = &[
    "vat*",
    "ust-id*",
    "ustid*",
    "ust-idnr",
    "ust.-id*",
    "umsatzsteuer*",
    "mwst*",
    "tva*",
    "btw*",
    "iva",
    "p.iva",
    "partita iva",
    "nif-iva",
    "moms*",
    "uid*",
    "numero de tva",
];

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "vat/de",
        kind: Kind::TaxNumber,
        country: "DE",
        shapes: &["LLddddddddd", "LL ddddddddd", "LL ddd ddd ddd"],
        words: &[VAT],
        check: Check::Weak(|number| after(number, b"DE").is_some_and(mod_11_10)),
        reason: "DE and 9 digits of a German VAT number; the check digit is right",
    },
    NumberRule {
        name: "vat/fr",
        kind: Kind::TaxNumber,
        country: "FR",
        shapes: &[
            "LLddddddddddd",
            "LL ddddddddddd",
            "LLdd ddd ddd ddd",
            "LL dd ddd ddd ddd",
            "LL dd ddddddddd",
        ],
        words: &[VAT],
        check: Check::Strong(|number| after(number, b"FR").is_some_and(french)),
        reason: "FR and 11 digits of a French VAT number; the key is right",
    },
    NumberRule {
        name: "vat/gb",
        kind: Kind::TaxNumber,
        country: "GB",
        shapes: &["LLddddddddd", "LL ddd dddd dd", "LL ddddddddd"],
        words: &[VAT],
        check: Check::Weak(|number| after(number, b"GB").is_some_and(british)),
        reason: "GB and 9 digits of a British VAT number; the check digits are right",
    },
    NumberRule {
        name: "vat/nl",
        kind: Kind::TaxNumber,
        country: "NL",
        shapes: &["LLdddddddddLdd", "LLddddddddd.Ldd", "LLdddd.dd.ddd.Ldd"],
        words: &[VAT],
        check: Check::Strong(dutch),
        reason: "A Dutch VAT number; its check is right",
    },
    NumberRule {
        name: "vat/at",
        kind: Kind::TaxNumber,
        country: "AT",
        shapes: &["LLLdddddddd", "LLL dddddddd"],
        words: &[VAT],
        check: Check::Weak(|number| after(number, b"ATU").is_some_and(austrian)),
        reason: "ATU and 8 digits of an Austrian VAT number; the check digit is right",
    },
    NumberRule {
        name: "vat/be",
        kind: Kind::TaxNumber,
        country: "BE",
        shapes: &[
            "LLdddddddddd",
            "LL dddddddddd",
            "LL dddd.ddd.ddd",
            "LLdddd.ddd.ddd",
            "LL dddd ddd ddd",
        ],
        words: &[VAT],
        check: Check::Strong(|number| after(number, b"BE").is_some_and(belgian)),
        reason: "BE and 10 digits of a Belgian company number; the check digits are right",
    },
    NumberRule {
        name: "uid/ch",
        kind: Kind::TaxNumber,
        country: "CH",
        shapes: &["LLL-ddd.ddd.ddd", "LLLddddddddd", "LLL ddd.ddd.ddd"],
        words: &[VAT],
        check: Check::Strong(|number| after(number, b"CHE").is_some_and(swiss)),
        reason: "CHE and 9 digits of a Swiss company number; the check digit is right",
    },
    NumberRule {
        name: "siret",
        kind: Kind::TaxNumber,
        country: "FR",
        shapes: &["dddddddddddddd", "ddd ddd ddd ddddd"],
        words: &[&["siret*"]],
        check: Check::Weak(|number| luhn(number) && luhn(&number[..9])),
        reason: "14 digits of a French SIRET; the check digits are right",
    },
    NumberRule {
        name: "siren",
        kind: Kind::TaxNumber,
        country: "FR",
        shapes: &["ddddddddd", "ddd ddd ddd"],
        words: &[&["siren", "rcs", "n° siren", "numero siren"]],
        check: Check::Weak(luhn),
        reason: "9 digits of a French SIREN; the check digit is right",
    },
    NumberRule {
        name: "es-nif/company",
        kind: Kind::EsNif,
        country: "ES",
        shapes: &[
            "Ldddddddx",
            "L-dddddddx",
            "L-ddddddd-x",
            "L dddddddx",
            "LLLdddddddx",
        ],
        words: &[&["cif*", "c.i.f", "nif*", "n.i.f"], VAT],
        check: Check::Form(spanish),
        reason: "A letter and 8 characters of the NIF of a Spanish company; the last one is right",
    },
];

/// What comes after a country's letters, which must not be zeros alone or one digit over and over.
pub(super) fn after<'n>(number: &'n [u8], letters: &[u8]) -> Option<&'n [u8]> {
    number.strip_prefix(letters).filter(|rest| !all_same(rest))
}

/// DGFiP: 12 and three times the remainder of the SIREN by 97, modulo 97, is the key before it.
fn french(number: &[u8]) -> bool {
    match (value(&number[..2]), value(&number[2..])) {
        (Some(key), Some(siren)) => (12 + 3 * (siren % 97)) % 97 == key && luhn(&number[2..]),
        _ => false,
    }
}

/// HMRC, VAT numbers: weights 8 to 2, modulus 97; numbers from 2009 on have 55 added.
fn british(number: &[u8]) -> bool {
    let sum = weighted(number, &[8, 7, 6, 5, 4, 3, 2]);
    let check = value(&number[7..]);
    let (Some(sum), Some(check)) = (sum.map(u64::from), check) else {
        return false;
    };
    (sum + check) % 97 == 0 || (sum + check + 55) % 97 == 0
}

/// Belastingdienst: the eleven test of the nine digits, or, from 2020 on, MOD 97-10 over all of it.
fn dutch(number: &[u8]) -> bool {
    let Some(body) = after(number, b"NL").filter(|body| body[9] == b'B') else {
        return false;
    };
    let sum = weighted(body, &[9, 8, 7, 6, 5, 4, 3, 2]);
    let eleven = matches!((sum, digit(body[8])), (Some(sum), Some(last)) if sum % 11 == last);
    eleven || mod_97(number.iter().copied()) == Some(1)
}

/// BMF, construction of the UID: weights 1 and 2 in turn, sums of the products' digits, 4 more, the
/// complement to 10.
fn austrian(number: &[u8]) -> bool {
    let digits: Option<Vec<u32>> = number.iter().map(|&byte| digit(byte)).collect();
    let Some(digits) = digits else { return false };
    let products = digits[..7]
        .iter()
        .enumerate()
        .map(|(nth, value)| if nth % 2 == 1 { value * 2 } else { *value });
    let sum: u32 = products.map(|product| product / 10 + product % 10).sum();
    digits[7] == (10 - (sum + 4) % 10) % 10
}

/// Crossroads Bank for Enterprises: 97 less the remainder of the first eight by 97 are the last two.
fn belgian(number: &[u8]) -> bool {
    match (value(&number[..8]), value(&number[8..])) {
        (Some(body), Some(check)) => matches!(number[0], b'0' | b'1') && 97 - body % 97 == check,
        _ => false,
    }
}

/// Federal Statistical Office, UID: weights 5 4 3 2 7 6 5 4, modulus 11.
fn swiss(number: &[u8]) -> bool {
    let sum = weighted(number, &[5, 4, 3, 2, 7, 6, 5, 4]);
    sum.is_some_and(|sum| digit(number[8]) == Some((11 - sum % 11) % 11))
}

/// Orden EHA/451/2008: Luhn's formula over the seven digits; some kinds of companies have it as a letter.
fn spanish(number: &[u8]) -> bool {
    let number = number.strip_prefix(b"ES").unwrap_or(number);
    let [kind, body @ .., last] = number else {
        return false;
    };
    let digits: Option<Vec<u32>> = body.iter().map(|&byte| digit(byte)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 7) else {
        return false;
    };
    let products = digits
        .iter()
        .enumerate()
        .map(|(nth, value)| if nth % 2 == 0 { value * 2 } else { *value });
    let sum: u32 = products.map(|product| product / 10 + product % 10).sum();
    let check = (10 - sum % 10) % 10;
    let as_digit = digit(*last) == Some(check);
    let as_letter = *last == b"JABCDEFGHI"[check as usize];
    match kind {
        b'A' | b'B' | b'E' | b'H' => as_digit,
        b'N' | b'P' | b'Q' | b'R' | b'S' | b'W' => as_letter,
        b'C' | b'D' | b'F' | b'G' | b'J' | b'U' | b'V' => as_digit || as_letter,
        _ => false,
    }
}
