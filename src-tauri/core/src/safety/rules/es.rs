//! Spain: NIF, NIE, social security, passport.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{number as value, part},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "es-nif",
        kind: Kind::EsNif,
        country: "ES",
        shapes: &[
            "ddddddddL",
            "dddddddd-L",
            "dddddddd L",
            "dd.ddd.ddd-L",
            "dd.ddd.dddL",
            "dd.ddd.ddd L",
        ],
        words: &[
            &["dni*", "nif*", "documento nacional de identidad"],
            words::TAX,
            words::IDENTITY,
        ],
        check: Check::Weak(nif),
        reason: "8 digits and a letter of a Spanish NIF; the letter is right",
    },
    NumberRule {
        name: "es-nie",
        kind: Kind::EsNie,
        country: "ES",
        shapes: &[
            "LdddddddL",
            "L-ddddddd-L",
            "L ddddddd L",
            "L-dddddddL",
            "Lddddddd-L",
        ],
        words: &[
            &[
                "nie*",
                "numero de extranjero",
                "tarjeta de residencia",
                "identidad de extranjero",
            ],
            words::TAX,
        ],
        check: Check::Strong(nie),
        reason: "A Spanish NIE; the letter is right",
    },
    NumberRule {
        name: "es-social-security",
        kind: Kind::EsSocialSecurity,
        country: "ES",
        shapes: &[
            "dd dddddddd dd",
            "dd/dddddddd/dd",
            "dd-dddddddd-dd",
            "dd ddddddddd d",
            "dddddddddddd",
            "dd/dddddddddd",
            "dd dddddddddd",
        ],
        words: &[
            &[
                "nuss",
                "naf",
                "numero de afiliacion",
                "seguridad social",
                "n.a.f",
            ],
            words::SOCIAL,
        ],
        check: Check::Strong(social_security),
        reason: "12 digits of a Spanish social security number; the check digits are right",
    },
    NumberRule {
        name: "es-passport",
        kind: Kind::EsPassport,
        country: "ES",
        shapes: &["LLLdddddd", "LLLddddddL"],
        words: &[&["pasaporte*", "spanish passport*"]],
        check: Check::Form(|_| true),
        reason: "The form of a Spanish passport number",
    },
];

/// The letter that Real Decreto 1553/2005 gives the remainder by 23.
fn letter(number: u64) -> u8 {
    b"TRWAGMYFPDXBNJZSQVHLCKE"[(number % 23) as usize]
}

fn nif(number: &[u8]) -> bool {
    value(&number[..8]).is_some_and(|value| value > 0 && letter(value) == number[8])
}

/// Real Decreto 557/2011: X, Y and Z stand for 0, 1 and 2 before the seven digits. K, L and M are the NIF
/// of those without an identity card, in which only the seven digits count.
fn nie(number: &[u8]) -> bool {
    let before = match number[0] {
        b'X' | b'K' | b'L' | b'M' => 0,
        b'Y' => 1,
        b'Z' => 2,
        _ => return false,
    };
    value(&number[1..8]).is_some_and(|value| letter(before * 10_000_000 + value) == number[8])
}

/// Tesorería General: province and number modulo 97 are the last two; a number below ten million is
/// written with its leading zero left out before the division.
fn social_security(number: &[u8]) -> bool {
    let (Some(province), Some(serial), Some(check)) =
        (part(number, 0, 2), part(number, 2, 8), part(number, 10, 2))
    else {
        return false;
    };
    let shift = if serial < 10_000_000 {
        10_000_000
    } else {
        100_000_000
    };
    let body = u64::from(province) * shift + u64::from(serial);
    matches!(province, 1..=53 | 66) && body % 97 == u64::from(check)
}
