//! Poland: PESEL, NIP, identity card, passport.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{alphanumeric, digit, is_date, part, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "pl-pesel",
        kind: Kind::PlPesel,
        country: "PL",
        shapes: &["ddddddddddd"],
        words: &[&["pesel*"], words::PERSONAL],
        check: Check::Strong(pesel),
        reason: "11 digits of a Polish PESEL with a date; the check digit is right",
    },
    NumberRule {
        name: "pl-nip",
        kind: Kind::PlNip,
        country: "PL",
        shapes: &[
            "ddd-ddd-dd-dd",
            "ddd-dd-dd-ddd",
            "ddd ddd dd dd",
            "dddddddddd",
            "LLdddddddddd",
        ],
        words: &[&["nip*", "numer identyfikacji podatkowej"], words::TAX],
        check: Check::Weak(|number| {
            let digits = number.strip_prefix(b"PL").unwrap_or(number);
            digits.len() == 10 && nip(digits)
        }),
        reason: "10 digits of a Polish NIP; the check digit is right",
    },
    NumberRule {
        name: "pl-identity-card",
        kind: Kind::PlIdentityCard,
        country: "PL",
        shapes: &["LLLdddddd", "LLL dddddd"],
        words: &[&["dowod*", "seria i numer", "nr dowodu"], words::IDENTITY],
        check: Check::Weak(|number| holds(number, &[7, 3, 1, 9, 7, 3, 1, 7, 3])),
        reason: "A Polish identity card number; the check digit is right",
    },
    NumberRule {
        name: "pl-passport",
        kind: Kind::PlPassport,
        country: "PL",
        shapes: &["LLddddddd", "LL ddddddd"],
        words: &[&["paszport*", "numer paszportu", "polish passport*"]],
        check: Check::Weak(|number| holds(number, &[7, 3, 9, 1, 7, 3, 1, 7, 3])),
        reason: "A Polish passport number; the check digit is right",
    },
];

/// Act on Population Registration: weights 1 3 7 9 1 3 7 9 1 3 1, a multiple of 10; the month has 20 added
/// for each century from 1900 on, and 80 for the one before.
fn pesel(number: &[u8]) -> bool {
    let sum = weighted(number, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    let (Some(year), Some(month), Some(day)) =
        (part(number, 0, 2), part(number, 2, 2), part(number, 4, 2))
    else {
        return false;
    };
    let century = [1900, 2000, 2100, 2200, 1800][(month / 20) as usize % 5];
    is_date(century + year, month % 20, day) && sum.is_some_and(|sum| sum % 10 == 0)
}

/// Act on the Principles of Registration of Taxpayers: weights 6 5 7 2 3 4 5 6 7, modulus 11.
fn nip(number: &[u8]) -> bool {
    let sum = weighted(number, &[6, 5, 7, 2, 3, 4, 5, 6, 7]);
    sum.is_some_and(|sum| digit(number[9]) == Some(sum % 11)) && !number.starts_with(b"000")
}

/// Regulations on the patterns of identity cards and passports: A counts 10, the sum with the check digit
/// is a multiple of 10.
fn holds(number: &[u8], weights: &[u32]) -> bool {
    let pairs = number.iter().zip(weights);
    let sum: Option<u32> = pairs
        .map(|(&byte, weight)| Some(alphanumeric(byte)? * weight))
        .sum();
    sum.is_some_and(|sum| sum % 10 == 0)
}
