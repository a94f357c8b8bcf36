//! Japan: My Number and passports.

use super::{Check, NumberRule};
use crate::safety::{
    Kind,
    check::{all_same, digit, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "jp-my-number",
        kind: Kind::JpMyNumber,
        country: "JP",
        shapes: &["dddd dddd dddd", "dddd-dddd-dddd", "dddddddddddd"],
        words: &[&[
            "マイナンバー",
            "個人番号",
            "my number",
            "mynumber",
            "individual number",
        ]],
        check: Check::Weak(my_number),
        reason: "12 digits of a Japanese My Number; the check digit is right",
    },
    NumberRule {
        name: "jp-passport",
        kind: Kind::JpPassport,
        country: "JP",
        shapes: &["LLddddddd"],
        words: &[&["japanese passport*", "パスポート", "旅券"]],
        check: Check::Form(|_| true),
        reason: "The form of a Japanese passport number",
    },
];

/// Ministerial Ordinance 85 of 2014, article 5: weights 6 5 4 3 2 7 6 5 4 3 2, 11 less the remainder by 11,
/// and 0 where that is 10 or 11.
fn my_number(number: &[u8]) -> bool {
    let sum = weighted(number, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    sum.is_some_and(|sum| digit(number[11]) == Some((11 - sum % 11) % 11 % 10)) && !all_same(number)
}
