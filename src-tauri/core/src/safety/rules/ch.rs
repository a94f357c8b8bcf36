//! Switzerland: the AHV number.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{digit, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "ch-ahv",
    kind: Kind::ChAhv,
    country: "CH",
    shapes: &[
        "ddd.dddd.dddd.dd",
        "ddd dddd dddd dd",
        "ddd-dddd-dddd-dd",
        "ddddddddddddd",
    ],
    words: &[
        &[
            "ahv*",
            "ahv-nummer",
            "avs",
            "numero avs",
            "n° avs",
            "navs",
            "oasi",
        ],
        words::SOCIAL,
    ],
    check: Check::Strong(ahv),
    reason: "13 digits of a Swiss AHV number; the check digit is right",
}];

/// Zentrale Ausgleichsstelle, AHVN13: 756, and the check digit of EAN-13.
fn ahv(number: &[u8]) -> bool {
    let sum = weighted(number, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]);
    number.starts_with(b"756")
        && sum.is_some_and(|sum| digit(number[12]) == Some((10 - sum % 10) % 10))
}
