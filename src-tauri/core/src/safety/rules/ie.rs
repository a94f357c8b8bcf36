//! Ireland: the PPS number.

use super::{Check, NumberRule, words};
use crate::safety::{Kind, check::weighted};

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "ie-pps",
    kind: Kind::IePps,
    country: "IE",
    shapes: &["dddddddL", "dddddddLL"],
    words: &[
        &[
            "pps*",
            "ppsn*",
            "rsi",
            "personal public service*",
            "uimhir psp",
        ],
        words::TAX,
        words::SOCIAL,
    ],
    check: Check::Weak(pps),
    reason: "An Irish PPS number; the check letter is right",
}];

/// Department of Social Protection: weights 8 to 2, and 9 for the second letter (A is 1, W is 0), modulus
/// 23.
pub(super) fn pps(number: &[u8]) -> bool {
    let Some(sum) = weighted(number, &[8, 7, 6, 5, 4, 3, 2]) else {
        return false;
    };
    let second = match number.get(8) {
        None | Some(b'W') => 0,
        Some(letter @ b'A'..=b'I') => u32::from(letter - b'A' + 1),
        Some(_) => return false,
    };
    b"WABCDEFGHIJKLMNOPQRSTUV"[((sum + second * 9) % 23) as usize] == number[7]
}
