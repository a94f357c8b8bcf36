//! Malta: the identity card.

use super::{Check, NumberRule, words};
use crate::safety::Kind;

pub(super) const NUMBERS: &[NumberRule] = &[NumberRule {
    name: "mt-identity-card",
    kind: Kind::MtIdentityCard,
    country: "MT",
    shapes: &["d{3,7}L"],
    words: &[
        &["maltese*", "malta", "karta tal-identita", "karta tal-id"],
        words::IDENTITY,
        words::TAX,
    ],
    // Identity Card Act, Chapter 258: the letter is a register, not a check.
    check: Check::Form(|number| {
        number
            .last()
            .is_some_and(|letter| b"MGAPLHBZ".contains(letter))
    }),
    reason: "The form of a Maltese identity card number",
}];
