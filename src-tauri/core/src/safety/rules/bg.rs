//! Bulgaria: civil numbers and numbers of foreigners.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{digit, is_date, part, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "bg-egn",
        kind: Kind::BgEgn,
        country: "BG",
        shapes: &["dddddddddd"],
        words: &[
            &["егн", "egn", "единен граждански номер", "граждански номер"],
            words::PERSONAL,
        ],
        check: Check::Strong(egn),
        reason: "10 digits of a Bulgarian civil number with a date; the check digit is right",
    },
    NumberRule {
        name: "bg-foreigner-number",
        kind: Kind::BgForeignerNumber,
        country: "BG",
        shapes: &["dddddddddd"],
        words: &[&["лнч", "lnch", "lnc", "личен номер на чужденец", "pnf"]],
        check: Check::Weak(foreigner),
        reason: "10 digits of a Bulgarian number of a foreigner; the check digit is right",
    },
];

/// Civil Registration Act, Ordinance RD-02-20-9: weights 2 4 8 5 10 9 7 3 6, modulus 11; the month has
/// 20 added before 1900 and 40 from 2000 on.
pub(super) fn egn(number: &[u8]) -> bool {
    let Some(sum) = weighted(number, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) =
        (part(number, 0, 2), part(number, 2, 2), part(number, 4, 2))
    else {
        return false;
    };
    let century = match month {
        21..=32 => 1800,
        41..=52 => 2000,
        _ => 1900,
    };
    is_date(
        century + year,
        if month > 12 { month % 20 } else { month },
        day,
    ) && digit(number[9]) == Some(sum % 11 % 10)
}

/// Ministry of the Interior's rule for the LNCh: weights 21 19 17 13 11 9 7 3 1, modulus 10.
pub(super) fn foreigner(number: &[u8]) -> bool {
    let sum = weighted(number, &[21, 19, 17, 13, 11, 9, 7, 3, 1]);
    sum.is_some_and(|sum| digit(number[9]) == Some(sum % 10))
}
