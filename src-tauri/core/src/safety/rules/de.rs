//! Germany: tax, pension and health insurance, identity card and passport.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{digit, icao_731, is_date, mod_11_10, part},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "de-tax-id",
        kind: Kind::DeTaxId,
        country: "DE",
        shapes: &["dd ddd ddd ddd", "ddddddddddd"],
        words: &[
            &[
                "idnr",
                "id-nr",
                "steuer-id*",
                "steuerid*",
                "steueridentifikationsnummer",
                "identifikationsnummer",
            ],
            words::TAX,
        ],
        check: Check::Strong(tax_id),
        reason: "11 digits of a German tax identification number; the check digit is right",
    },
    NumberRule {
        name: "de-tax-number",
        kind: Kind::DeTaxNumber,
        country: "DE",
        shapes: &[
            "dd/ddd/ddddd",
            "ddd/ddd/ddddd",
            "ddd/dddd/dddd",
            "ddd/ddddd",
            "ddddddddddddd",
            "dd ddd ddddd",
        ],
        words: &[&[
            "steuernummer*",
            "steuernr",
            "steuer-nr",
            "st.-nr",
            "stnr",
            "finanzamt",
        ]],
        check: Check::Form(|_| true),
        reason: "The form of a number of a German tax office",
    },
    NumberRule {
        name: "de-social-security",
        kind: Kind::DeSocialSecurity,
        country: "DE",
        shapes: &[
            "ddddddddLddd",
            "dd dddddd L ddd",
            "dd dddddd Lddd",
            "dd-dddddd-L-ddd",
        ],
        words: &[
            &[
                "rvnr",
                "sv-nummer",
                "rv-nummer",
                "rentenversicherungsnummer",
                "sozialversicherungsausweis",
            ],
            words::SOCIAL,
        ],
        check: Check::Strong(pension_number),
        reason: "A German pension insurance number with a date; the check digit is right",
    },
    NumberRule {
        name: "de-health-insurance",
        kind: Kind::DeHealthInsurance,
        country: "DE",
        shapes: &["Lddddddddd"],
        words: &[&[
            "kvnr",
            "krankenversicher*",
            "versichertennummer",
            "versicherten-nr",
            "krankenkasse*",
            "gesundheitskarte",
            "egk",
            "krankenversichertennummer",
        ]],
        check: Check::Weak(health_number),
        reason: "A letter and 9 digits of a German health insurance number; the check digit is right",
    },
    NumberRule {
        name: "de-id-card",
        kind: Kind::DeIdCard,
        country: "DE",
        shapes: &["Lxxxxxxxxd"],
        words: &[words::IDENTITY],
        check: Check::Weak(travel_document),
        reason: "A German identity card number; the check digit is right",
    },
    NumberRule {
        name: "de-id-card/mostly-letters",
        kind: Kind::DeIdCard,
        country: "DE",
        shapes: &["Lxxxxxxxxd"],
        words: &[words::IDENTITY],
        check: Check::Form(checked_document),
        reason: "A German identity card number; the check digit is right",
    },
    NumberRule {
        name: "de-id-card/without-check",
        kind: Kind::DeIdCard,
        country: "DE",
        shapes: &["Lxxxxxxxx"],
        words: &[&[
            "personalausweis*",
            "ausweisnummer",
            "ausweis-nr",
            "ausweis nr",
            "ausweisnr",
            "german id*",
        ]],
        check: Check::Form(document_letters),
        reason: "The form of a German identity card number",
    },
    NumberRule {
        name: "de-passport",
        kind: Kind::DePassport,
        country: "DE",
        shapes: &["Lxxxxxxxxd"],
        words: &[PASSPORT, words::PASSPORT],
        check: Check::Weak(travel_document),
        reason: "A German passport number; the check digit is right",
    },
    NumberRule {
        name: "de-passport/mostly-letters",
        kind: Kind::DePassport,
        country: "DE",
        shapes: &["Lxxxxxxxxd"],
        words: &[PASSPORT, words::PASSPORT],
        check: Check::Form(checked_document),
        reason: "A German passport number; the check digit is right",
    },
    NumberRule {
        name: "de-passport/without-check",
        kind: Kind::DePassport,
        country: "DE",
        shapes: &["Lxxxxxxxx"],
        words: &[PASSPORT],
        check: Check::Form(document_letters),
        reason: "The form of a German passport number",
    },
];

const PASSPORT: &[&str] = &[
    "reisepass*",
    "passnummer",
    "pass-nr",
    "pass nr",
    "german passport*",
];

/// § 139b AO: ISO 7064 MOD 11,10; of the first ten digits one comes twice or three times and no other
/// more than once.
fn tax_id(number: &[u8]) -> bool {
    let mut counts = [0; 10];
    for &byte in number.iter().take(10) {
        counts[digit(byte).unwrap_or_default() as usize] += 1;
    }
    let repeated: Vec<_> = counts.iter().filter(|&&count| count > 1).collect();
    number[0] != b'0' && matches!(repeated[..], [2 | 3]) && mod_11_10(number)
}

/// Letters count as two digits (A is 01), then the sums of the digits of the products.
fn sum_of_products(number: &[u8], weights: &[u32]) -> Option<u32> {
    let mut digits = Vec::with_capacity(weights.len());
    for &byte in number {
        match byte {
            b'A'..=b'Z' => digits.extend([
                u32::from(byte - b'A' + 1) / 10,
                u32::from(byte - b'A' + 1) % 10,
            ]),
            _ => digits.push(digit(byte)?),
        }
    }
    let products = digits
        .iter()
        .zip(weights)
        .map(|(value, weight)| value * weight);
    Some(products.map(|product| product / 10 + product % 10).sum())
}

/// Deutsche Rentenversicherung, VKVV § 4: weights 2 1 2 5 7 1 2 1 2 1 2 1.
fn pension_number(number: &[u8]) -> bool {
    let sum = sum_of_products(&number[..11], &[2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]);
    let (Some(sum), Some(day), Some(month)) = (sum, part(number, 2, 2), part(number, 4, 2)) else {
        return false;
    };
    let day = if day > 50 { day - 50 } else { day };
    is_date(0, month, day) && digit(number[11]) == Some(sum % 10)
}

/// § 290 SGB V: weights 1 2 1 2 …, the letter as two digits.
fn health_number(number: &[u8]) -> bool {
    let sum = sum_of_products(&number[..9], &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
    sum.is_some_and(|sum| digit(number[9]) == Some(sum % 10))
}

/// With so many digits that it may be one without a word. About a third of all have fewer, as an abbreviation or
/// a name in a program may.
fn travel_document(number: &[u8]) -> bool {
    let digits = number[..9].iter().filter(|byte| byte.is_ascii_digit());
    digits.count() >= 3 && checked_document(number)
}

/// ICAO Doc 9303 over the first nine.
fn checked_document(number: &[u8]) -> bool {
    document_letters(&number[..9]) && icao_731(&number[..9]) == digit(number[9])
}

/// PAuswV § 2: no vowels or letters like digits are used, so that no word is taken for a number.
fn document_letters(number: &[u8]) -> bool {
    let used = |byte: &u8| byte.is_ascii_digit() || b"CFGHJKLMNPRTVWXYZ".contains(byte);
    number.iter().all(used)
}
