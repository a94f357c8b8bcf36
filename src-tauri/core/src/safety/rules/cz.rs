//! Czechia: birth numbers. Slovakia goes on with those of their common state: the same number, of which only
//! a word can say that it is a Slovak's.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{digit, is_date, number as value, part},
};

const WORDS: &[&str] = &[
    "rodne cislo",
    "rodneho cisla",
    "rodnym cislem",
    "r.c",
    "rc",
    "birth number",
];

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "cz-birth-number",
        kind: Kind::CzBirthNumber,
        country: "CZ",
        shapes: &["dddddd/dddd", "dddddd dddd", "dddddddddd"],
        words: &[WORDS, words::PERSONAL],
        check: Check::Strong(birth_number),
        reason: "10 digits of a Czech or Slovak birth number with a date; the check digit is right",
    },
    NumberRule {
        name: "cz-birth-number/before-1954",
        kind: Kind::CzBirthNumber,
        country: "CZ",
        shapes: &["dddddd/ddd", "ddddddddd"],
        words: &[WORDS],
        check: Check::Form(old_birth_number),
        reason: "9 digits of a Czech or Slovak birth number from before 1954 with a date",
    },
];

/// Act 133/2000: the ten digits are a multiple of 11, or the first nine leave 10 and the last is 0. The
/// month has 50 added for women, and 20 more where a day's numbers were used up.
pub(super) fn birth_number(number: &[u8]) -> bool {
    let Some(body) = number.get(..9).and_then(value) else {
        return false;
    };
    let rest = body % 11 % 10;
    digit(number[9]).map(u64::from) == Some(rest) && has_date(number)
}

/// Before 1954 there was no check digit, and the year is of the twentieth century.
pub(super) fn old_birth_number(number: &[u8]) -> bool {
    has_date(number)
        && part(number, 0, 2).is_some_and(|year| year < 54)
        && !number.ends_with(b"000")
}

fn has_date(number: &[u8]) -> bool {
    match (part(number, 0, 2), part(number, 2, 2), part(number, 4, 2)) {
        (Some(year), Some(month), Some(day)) => {
            let month = month % 50;
            is_date(year, if month > 20 { month - 20 } else { month }, day)
        }
        _ => false,
    }
}
