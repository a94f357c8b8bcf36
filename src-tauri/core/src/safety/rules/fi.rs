//! Finland: the personal identity code.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{is_ddmmyy, number as value},
};

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "fi-personal-identity-code",
    kind: Kind::FiPersonalIdentityCode,
    country: "FI",
    shapes: &["dddddd-dddx", "dddddd+dddx", "ddddddLdddx"],
    words: &[
        &["hetu", "henkilotunnus*", "personbeteckning*", "sotu"],
        words::PERSONAL,
    ],
    check: Check::Strong(identity_code),
    reason: "A Finnish personal identity code with a date; the check character is right",
}];

/// Government Decree 690/2022: the nine digits modulo 31 choose the check character; the letters between
/// are A to F (born from 2000 on) and U to Y (before).
fn identity_code(number: &[u8]) -> bool {
    let (date, rest) = number.split_at(6);
    let (century, serial, check) = match rest {
        [century, serial @ .., check] if rest.len() == 5 => (Some(century), serial, check),
        [serial @ .., check] => (None, serial, check),
        [] => return false,
    };
    let Some(all) = value(&[date, serial].concat()) else {
        return false;
    };
    is_ddmmyy(date)
        && century.is_none_or(|letter| matches!(letter, b'A'..=b'F' | b'U'..=b'Y'))
        && b"0123456789ABCDEFHJKLMNPRSTUVWXY"[(all % 31) as usize] == *check
}
