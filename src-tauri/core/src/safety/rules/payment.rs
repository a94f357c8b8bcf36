//! Payment: cards of all schemes, IBAN, BIC.

use std::ops::RangeInclusive;

use super::{Check, NumberRule, Scan, finding};
use crate::safety::{
    Finding, Kind,
    check::{all_same, luhn, mod_97, number as value},
    context::Topic,
    numbers::{Tie, Token, tie},
};

const CARD_WORDS: &[&str] = &[
    "card*",
    "credit*",
    "debit*",
    "visa",
    "mastercard*",
    "amex",
    "american express",
    "discover",
    "diners*",
    "maestro",
    "jcb",
    "unionpay",
    "kreditkarte*",
    "karte*",
    "carte*",
    "tarjeta*",
    "carta*",
    "cartao*",
    "kaart*",
    "karta*",
    "kort*",
    "kartennummer",
    "pan",
    "cc",
    "カード",
];

/// How cards are printed and typed, if their first digits say whose they are: two days in a row, such as
/// `20260312 20260415`, begin as none of these do.
const KNOWN: &[&str] = &[
    "dddd~dddd~dddd~dddd",
    "d{12,19}",
    "dddd~dddddd~ddddd",
    "dddd~dddddd~dddd",
    "dddd~dddd~dddd~dddd~ddd",
    "dddddd~ddddddddddddd",
    "dddddddd~dddddddd",
];

/// How cards are printed and typed.
const SHAPES: &[&str] = &[
    "dddd~dddd~dddd~dddd",
    "d{12,19}",
    "dddd~dddddd~ddddd",
    "dddd~dddddd~dddd",
    "dddd~dddd~dddd~dddd~ddd",
    "dddddd~ddddddddddddd",
    "dddd~dddd~dddd",
    "dddd~dddd~dddd~d",
];

macro_rules! card {
    ($name:literal, $scheme:literal, $check:expr) => {
        card!($name, $scheme, SHAPES, $check)
    };
    ($name:literal, $scheme:literal, $shapes:expr, $check:expr) => {
        NumberRule {
            name: concat!("credit-card/", $name),
            kind: Kind::CreditCard,
            country: "",
            shapes: $shapes,
            words: &[CARD_WORDS],
            check: $check,
            reason: concat!(
                "The digits of a card of ",
                $scheme,
                "; the check digit is right"
            ),
        }
    };
}

pub(super) const NUMBERS: &[NumberRule] = &[
    card!(
        "visa",
        "Visa",
        KNOWN,
        Check::Strong(|n| card(n, 16..=16, 4000..=4999) || card(n, 19..=19, 4000..=4999))
    ),
    card!(
        "mastercard",
        "Mastercard",
        KNOWN,
        Check::Strong(|n| { card(n, 16..=16, 5100..=5599) || card(n, 16..=16, 2221..=2720) })
    ),
    card!(
        "amex",
        "American Express",
        Check::Strong(|n| { card(n, 15..=15, 3400..=3499) || card(n, 15..=15, 3700..=3799) })
    ),
    card!(
        "discover",
        "Discover",
        Check::Strong(|n| { card(n, 16..=19, 6011..=6011) || card(n, 16..=19, 6440..=6599) })
    ),
    card!(
        "diners",
        "Diners Club",
        Check::Strong(|n| {
            card(n, 14..=19, 3000..=3059)
                || card(n, 14..=19, 3095..=3095)
                || card(n, 14..=19, 3600..=3699)
                || card(n, 14..=19, 3800..=3999)
        })
    ),
    card!(
        "jcb",
        "JCB",
        Check::Strong(|n| card(n, 16..=19, 3528..=3589))
    ),
    card!(
        "unionpay",
        "UnionPay",
        Check::Strong(|n| card(n, 16..=19, 6200..=6299) || card(n, 16..=19, 8100..=8199))
    ),
    card!(
        "mir",
        "Mir",
        Check::Strong(|n| card(n, 16..=19, 2200..=2204))
    ),
    card!(
        "troy",
        "Troy",
        Check::Strong(|n| card(n, 16..=16, 9792..=9792))
    ),
    card!(
        "rupay",
        "RuPay",
        Check::Strong(|n| {
            card(n, 16..=16, 6000..=6099)
                || card(n, 16..=16, 8100..=8299)
                || card(n, 16..=16, 5080..=5089)
        })
    ),
    card!(
        "dankort",
        "Dankort",
        Check::Strong(|n| card(n, 16..=16, 5019..=5019))
    ),
    card!(
        "maestro",
        "Maestro",
        Check::Weak(|n| card(n, 12..=19, 5000..=5099)
            || card(n, 12..=19, 5600..=5899)
            || card(n, 12..=19, 6000..=6999))
    ),
    // 13 digits from 4 on are also what a good part of Europe's bar codes have.
    card!(
        "visa-13",
        "Visa",
        Check::Weak(|n| card(n, 13..=13, 4000..=4999))
    ),
    card!(
        "other",
        "some scheme",
        Check::Weak(|n| card(n, 12..=19, 1000..=9999))
    ),
];

/// ISO/IEC 7812: the first digits are the issuer's, the last is Luhn's. The ranges are those that the
/// schemes publish, by the first four digits.
fn card(number: &[u8], lengths: RangeInclusive<usize>, issuers: RangeInclusive<u64>) -> bool {
    lengths.contains(&number.len())
        && number
            .get(..4)
            .and_then(value)
            .is_some_and(|first| issuers.contains(&first))
        && !all_same(number)
        && luhn(number)
}

/// The lengths of the SWIFT IBAN registry, release 99, as country and length.
const IBAN_LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 \
    DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 \
    IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 \
    NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 \
    TR26 UA29 VA22 VG24 XK20 YE30";

/// The longest IBAN, of Russia.
const LONGEST_IBAN: usize = 33;

fn iban_length(country: [u8; 2]) -> Option<usize> {
    let mut entries = IBAN_LENGTHS.split_whitespace();
    let entry = entries.find(|entry| entry.as_bytes().starts_with(&country))?;
    entry.get(2..)?.parse().ok()
}

/// An IBAN that begins with the first of these tokens: the length of its country, MOD 97-10 leaves 1.
pub(super) fn iban(text: &[u8], tokens: &[Token], out: &mut Vec<Finding>) {
    let Some(first) = tokens.first() else { return };
    // "DE 89 3704": some write the country apart.
    let apart = usize::from(first.end - first.start == 2);
    let mut head = tokens[..tokens.len().min(1 + apart)]
        .iter()
        .flat_map(|token| &text[token.start..token.end])
        .copied();
    let (Some(a), Some(b), Some(c), Some(d)) = (head.next(), head.next(), head.next(), head.next())
    else {
        return;
    };
    if !(a.is_ascii_alphabetic()
        && b.is_ascii_alphabetic()
        && c.is_ascii_digit()
        && d.is_ascii_digit())
    {
        return;
    }
    let country = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
    let Some(length) = iban_length(country) else {
        return;
    };
    let mut compact = [0; LONGEST_IBAN];
    let mut filled = 0;
    for token in tokens {
        if token.start > first.start && !matches!(token.gap.sign, b' ' | b'-' | b'.') {
            return;
        }
        let bytes = &text[token.start..token.end];
        if filled + bytes.len() > length {
            return;
        }
        for &byte in bytes {
            compact[filled] = byte.to_ascii_uppercase();
            filled += 1;
        }
        if filled == length {
            let rotated = compact[4..length].iter().chain(&compact[..4]).copied();
            let span = first.start..token.end;
            if mod_97(rotated) == Some(1) && tie(text, &span) != Tie::Other {
                let country = String::from_utf8_lossy(&country).into_owned();
                let reason = format!(
                    "{length} characters, as an IBAN of {country} has; the check digits are right"
                );
                out.push(finding(Kind::IbanCode, span, 1.0, true, "iban", reason));
            }
            return;
        }
    }
}

pub(super) const BIC_WORDS: &[&str] = &[
    "bic*",
    "swift*",
    "bic/swift",
    "swift/bic",
    "bank identifier*",
];

/// BIC: ISO 9362, four letters of the bank, the country, two and perhaps three more. There is no check
/// digit, so only a word before it makes it one.
pub(super) fn bic(scan: &Scan<'_>, out: &mut Vec<Finding>) {
    const REACH: usize = 24;
    let text = scan.view.as_bytes();
    for (hit, _) in scan.hits.topics().filter(|(_, topic)| *topic == Topic::Bic) {
        let end = text.len().min(hit.end + REACH);
        let mut at = hit.end;
        while at < end {
            let length = text[at..]
                .iter()
                .take(12)
                .take_while(|b| b.is_ascii_alphanumeric())
                .count();
            if is_bic(&text[at..at + length]) {
                let reason = "The form of a bank's code, and a word before it says so";
                out.push(finding(
                    Kind::BicCode,
                    at..at + length,
                    0.8,
                    false,
                    "bic",
                    reason,
                ));
                break;
            }
            at += length.max(1);
        }
    }
}

fn is_bic(code: &[u8]) -> bool {
    let country: Option<[u8; 2]> = code.get(4..6).and_then(|two| two.try_into().ok());
    matches!(code.len(), 8 | 11)
        && code[..6].iter().all(u8::is_ascii_uppercase)
        && code[6..]
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && country.is_some_and(|two| {
            iban_length(two).is_some()
                || OTHER_COUNTRIES
                    .as_bytes()
                    .chunks(3)
                    .any(|entry| entry.starts_with(&two))
        })
}

/// ISO 3166 alpha-2 of larger countries whose banks have a BIC and no IBAN.
const OTHER_COUNTRIES: &str = "US CA AU NZ JP CN HK SG IN KR TW TH MY ID PH VN ZA NG KE MA MX AR CL CO PE UY BM KY PA \
    BD LK NP MM KH MO BN FJ PG GH TZ UG ZM ZW BW NA SN CI CM EC BO PY VE CU JM TT BB BS UZ AM KG TJ TM AF IR SY JE GG IM";
