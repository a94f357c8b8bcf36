//! Belgium: the national register.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{number as value, part},
};

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "be-national-number",
    kind: Kind::BeNationalNumber,
    country: "BE",
    shapes: &[
        "dd.dd.dd-ddd.dd",
        "dd.dd.dd-ddd-dd",
        "dddddd-ddd-dd",
        "dddddd ddd dd",
        "ddddddddddd",
    ],
    words: &[
        &[
            "rijksregister*",
            "rijksregisternummer",
            "insz",
            "niss",
            "nrn",
            "registre national",
            "numero national",
            "national register*",
            "bis-nummer",
            "numero bis",
            "nationalregister*",
        ],
        words::PERSONAL,
    ],
    check: Check::Strong(national_number),
    reason: "11 digits of a Belgian national number; the check digits are right",
}];

/// Royal Decree of 3 April 1984: 97 less the remainder of the first nine digits by 97, with a 2
/// before them for those born from 2000 on. The month of a BIS number has 20 or 40 added.
fn national_number(number: &[u8]) -> bool {
    let (Some(body), Some(check)) = (value(&number[..9]), value(&number[9..])) else {
        return false;
    };
    let (month, day) = (part(number, 2, 2), part(number, 4, 2));
    let fits = [body, body + 2_000_000_000]
        .iter()
        .any(|body| 97 - body % 97 == check);
    fits && month.is_some_and(|month| month % 20 <= 12 && month < 60)
        && day.is_some_and(|day| day <= 31)
}
