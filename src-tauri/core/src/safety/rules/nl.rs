//! Netherlands: the citizen service number, passports.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{all_same, digit, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "nl-bsn",
        kind: Kind::NlBsn,
        country: "NL",
        shapes: &[
            "ddddddddd",
            "dddd.dd.ddd",
            "dddd dd ddd",
            "ddd.ddd.ddd",
            "ddd ddd ddd",
        ],
        words: &[
            &[
                "bsn*",
                "burgerservicenummer*",
                "burger service nummer",
                "sofinummer*",
                "sofi-nummer*",
            ],
            words::PERSONAL,
        ],
        check: Check::Weak(bsn),
        reason: "9 digits of a Dutch BSN; they pass the eleven test",
    },
    // More letters than digits, often: the rule for passports of anywhere takes those for words.
    NumberRule {
        name: "nl-passport",
        kind: Kind::Passport,
        country: "NL",
        shapes: &["LLxxxxxxd"],
        words: &[&["paspoort*", "dutch passport*"]],
        check: Check::Form(|number| !number.contains(&b'O')),
        reason: "The form of a Dutch passport number",
    },
];

/// Logisch Ontwerp BSN: weights 9 to 2, the last digit counts against, a multiple of 11.
fn bsn(number: &[u8]) -> bool {
    let sum = weighted(number, &[9, 8, 7, 6, 5, 4, 3, 2]);
    let last = number.last().and_then(|&last| digit(last));
    matches!((sum, last), (Some(sum), Some(last)) if (sum + 11 - last) % 11 == 0)
        && !all_same(number)
}
