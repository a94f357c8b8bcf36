//! Luxembourg: the identification number.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{is_date, luhn, part, verhoeff},
};

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "lu-national-id",
    kind: Kind::LuNationalId,
    country: "LU",
    shapes: &[
        "ddddddddddddd",
        "dddddddd ddddd",
        "dddd dddd ddddd",
        "dddd dd dd ddddd",
    ],
    words: &[
        &[
            "matricule*",
            "cns",
            "numero d'identification",
            "numero national",
            "identifikationsnummer",
            "luxembourg*",
        ],
        words::PERSONAL,
        words::SOCIAL,
    ],
    check: Check::Strong(national_id),
    reason: "13 digits of a Luxembourg number with a date; both check digits are right",
}];

/// Law of 19 June 2013: a date and a serial, Luhn's digit over the first eleven, then Verhoeff's over the
/// same eleven.
fn national_id(number: &[u8]) -> bool {
    let (Some(year), Some(month), Some(day)) =
        (part(number, 0, 4), part(number, 4, 2), part(number, 6, 2))
    else {
        return false;
    };
    let mut for_verhoeff = number[..11].to_vec();
    for_verhoeff.push(number[12]);
    (1850..2100).contains(&year)
        && is_date(year, month, day)
        && luhn(&number[..12])
        && verhoeff(&for_verhoeff)
}
