//! Sweden: the personal number.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{is_date, luhn, part},
};

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "se-personnummer",
    kind: Kind::SePersonnummer,
    country: "SE",
    shapes: &[
        "dddddd-dddd",
        "dddddd+dddd",
        "dddddddd-dddd",
        "dddddd dddd",
        "dddddddd dddd",
        "dddddddddd",
        "dddddddddddd",
    ],
    words: &[
        &[
            "personnummer*",
            "personnr",
            "pnr",
            "samordningsnummer*",
            "svenskt personnummer",
        ],
        words::PERSONAL,
    ],
    check: Check::Strong(personnummer),
    reason: "A Swedish personal number with a date; the check digit is right",
}];

/// Skatteverket, SKV 704: Luhn's formula over the last ten digits; the day of a coordination number has 60
/// added.
fn personnummer(number: &[u8]) -> bool {
    let century = number.len() - 10;
    if century > 0 && !matches!(&number[..2], b"18" | b"19" | b"20") {
        return false;
    }
    let short = &number[century..];
    let (Some(year), Some(month), Some(day)) =
        (part(short, 0, 2), part(short, 2, 2), part(short, 4, 2))
    else {
        return false;
    };
    is_date(year, month, if day > 60 { day - 60 } else { day }) && luhn(short)
}
