//! Slovakia: birth numbers, which are Czech ones in all but the words for them.

use super::{Check, NumberRule, cz};
use crate::safety::Kind;

const WORDS: &[&str] = &[
    "rodne cislo",
    "rodneho cisla",
    "rodnym cislom",
    "slovenske rodne cislo",
    "r.c",
    "rc",
    "slovak birth number",
];

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "sk-birth-number",
        kind: Kind::SkBirthNumber,
        country: "SK",
        shapes: &["dddddd/dddd", "dddddd dddd", "dddddddddd"],
        words: &[WORDS, &["rodne cislo sk", "slovensk*"]],
        check: Check::Strong(cz::birth_number),
        reason: "10 digits of a Slovak birth number with a date; the check digit is right",
    },
    NumberRule {
        name: "sk-birth-number/before-1954",
        kind: Kind::SkBirthNumber,
        country: "SK",
        shapes: &["dddddd/ddd", "ddddddddd"],
        words: &[WORDS, &["slovensk*"]],
        check: Check::Form(cz::old_birth_number),
        reason: "9 digits of a Slovak birth number from before 1954 with a date",
    },
];
