//! United States: numbers of the SSA, the IRS, Medicare and the banks.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{digit, part, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "us-ssn",
        kind: Kind::UsSsn,
        country: "US",
        shapes: &["ddd-dd-dddd", "ddd dd dddd", "ddd.dd.dddd", "ddddddddd"],
        words: &[
            &["ssn*", "ss#", "soc sec", "social sec", "social", "ssns"],
            words::SOCIAL,
        ],
        check: Check::Form(ssn),
        reason: "The form and ranges of a Social Security number",
    },
    NumberRule {
        name: "us-itin",
        kind: Kind::UsItin,
        country: "US",
        shapes: &["ddd-dd-dddd", "ddd dd dddd", "ddddddddd"],
        words: &[
            &[
                "itin*",
                "individual taxpayer*",
                "individual taxpayer identification*",
                "individual taxpayer identification number*",
                "individual taxpayer id*",
                "ssn",
            ],
            words::TAX,
        ],
        check: Check::Form(itin),
        reason: "The form and ranges of a taxpayer number of the IRS",
    },
    NumberRule {
        name: "us-ein",
        kind: Kind::UsEin,
        country: "US",
        shapes: &["dd-ddddddd"],
        words: &[
            &["ein", "fein", "employer id*", "employer identification*"],
            words::TAX,
        ],
        check: Check::Form(ein),
        reason: "The form of an employer number of the IRS",
    },
    NumberRule {
        name: "us-mbi",
        kind: Kind::UsMbi,
        country: "US",
        shapes: &["dLxdLxdLLdd", "dLxd-Lxd-LLdd", "dLxd Lxd LLdd"],
        words: &[&["mbi", "medicare*", "beneficiary*", "hicn"]],
        check: Check::Form(mbi),
        reason: "The form of a Medicare beneficiary number",
    },
    NumberRule {
        name: "us-bank-number",
        kind: Kind::UsBankNumber,
        country: "US",
        shapes: &["d{8,17}", "dddd-dddd-dddd"],
        words: &[&[
            "account number",
            "account no",
            "account #",
            "acct",
            "acct #",
            "acct no",
            "bank account*",
            "checking account*",
            "savings account*",
            "debit account*",
            "accountnumber",
            "account num",
        ]],
        check: Check::Form(|_| true),
        reason: "As many digits as a bank account has",
    },
    NumberRule {
        name: "us-aba-routing",
        kind: Kind::AbaRoutingNumber,
        country: "US",
        shapes: &["ddddddddd", "dddd-dddd-d"],
        words: &[&[
            "aba",
            "routing*",
            "rtn",
            "aba/routing",
            "transit number",
            "bank routing*",
        ]],
        check: Check::Weak(aba),
        reason: "9 digits of a bank routing number; the check digit is right",
    },
];

/// SSA, "Social Security Number Randomization": no area 000, 666 or 9xx, no group 00, no serial 0000.
fn ssn(number: &[u8]) -> bool {
    match (part(number, 0, 3), part(number, 3, 2), part(number, 5, 4)) {
        (Some(area), Some(group), Some(serial)) => {
            area != 0 && area != 666 && area < 900 && group != 0 && serial != 0
        }
        _ => false,
    }
}

/// IRS, Internal Revenue Manual 3.21.263: begins with 9, the group is 50–65, 70–88, 90–92 or 94–99.
fn itin(number: &[u8]) -> bool {
    let group = part(number, 3, 2);
    number.first() == Some(&b'9')
        && group.is_some_and(|group| matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99))
}

/// IRS, "How EINs are assigned and valid EIN prefixes".
fn ein(number: &[u8]) -> bool {
    part(number, 0, 2).is_some_and(|prefix| {
        !matches!(prefix, 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97)
    })
}

/// CMS, "Understanding the Medicare Beneficiary Identifier": no 0 at the start, no S, L, O, I, B, Z.
fn mbi(number: &[u8]) -> bool {
    number.first() != Some(&b'0') && !number.iter().any(|byte| b"SLOIBZ".contains(byte))
}

/// American Bankers Association, Routing Number Policy: weights 3, 7, 1, and the Federal Reserve's
/// ranges of the first two digits.
fn aba(number: &[u8]) -> bool {
    let sum = weighted(number, &[3, 7, 1, 3, 7, 1, 3, 7, 1]);
    let region = part(number, 0, 2);
    sum.is_some_and(|sum| sum % 10 == 0)
        && region.is_some_and(|region| matches!(region, 1..=12 | 21..=32 | 61..=72 | 80))
        && number.iter().any(|&byte| digit(byte) != Some(0))
}
