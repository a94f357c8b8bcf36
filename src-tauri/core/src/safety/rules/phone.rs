//! Phone numbers: international ones by the number plan, national ones as a country writes them, and
//! any other way of writing beside a word such as "phone".

use std::ops::{Range, RangeInclusive};

use super::{
    Scan, finding,
    phone_plan::{can_begin, national_of, plan_of},
    phone_written::{Written, extension, read},
};
use crate::safety::{
    Finding, Kind,
    amounts::is_amount,
    context::{AFTER, NEAR, Topic},
    numbers::{Tie, tie},
};

/// So many digits are a phone number if a word says so.
const SAID: RangeInclusive<usize> = 6..=13;

pub(super) const WORDS: &[&str] = &[
    "phone*",
    "telephone*",
    "tel",
    "tel.",
    "tel no",
    "telnr",
    "telf",
    "tfno",
    "tlfno",
    "mobile*",
    "cell",
    "cellphone*",
    "cellular",
    "call",
    "call me",
    "dial",
    "fax*",
    "whatsapp",
    "sms",
    "text me",
    "hotline",
    "contact number",
    "ring",
    "landline",
    "telefon*",
    "erreichen",
    "erreichbar",
    "durchwahl*",
    "appelle*",
    "appelez",
    "joindre*",
    "llamar*",
    "chiamare",
    "bellen",
    "ligar",
    "dzwoni*",
    "handy*",
    "mobil*",
    "rufnummer*",
    "anrufen",
    "ruf",
    "telephone",
    "portable",
    "mob",
    "fon",
    "numero de tel*",
    "telefono*",
    "movil*",
    "celular*",
    "cellulare*",
    "telefone*",
    "telemovel*",
    "telefoon*",
    "mobiel*",
    "gsm",
    "komorka*",
    "komorkow*",
    "puhelin*",
    "puh",
    "tlf",
    "telefonnummer*",
    "telefonszam*",
    "tel cislo",
    "τηλ*",
    "κινητο*",
    "тел*",
    "мобилен",
    "電話*",
    "携帯*",
    "phonenumber",
    "фон",
];

/// A phone number at the digit at `at`, which begins a token.
pub(super) fn phone(scan: &Scan<'_>, at: usize, out: &mut Vec<Finding>) {
    let text = scan.view.as_bytes();
    let Some(written) = read(text, at) else {
        return;
    };
    if written.count < 5 {
        return;
    }
    let word = word_beside(scan, &written.span).is_some();
    let national = |written: &Written| national(scan, written, word);
    let found = if written.plus {
        // What no number plan has is one by the word beside it, and then whole.
        let said = said(scan, &written, word);
        let said = said.map(|(score, rule, reason)| {
            (written.span.clone(), score, false, rule, reason.to_owned())
        });
        international(written, 0, 0.95).or(said)
    } else if written.digits().starts_with(b"00")
        && written.groups[0].0 > 1
        && written.count > 9
        && (word || written.group_count > 1)
    {
        international(written, 2, if word { 0.95 } else { 0.7 })
    } else {
        national(&written)
            .map(|(score, rule, reason)| (written.span, score, false, rule, reason.to_owned()))
    };
    if let Some((span, score, validated, rule, reason)) = found
        && tie(text, &span) == Tie::None
    {
        let end = extension(text, span.end);
        out.push(finding(
            Kind::PhoneNumber,
            span.start..end,
            score,
            validated,
            rule,
            reason,
        ));
    }
}

/// How far away a word for a phone is that stands before these digits, or behind them in parentheses.
fn word_beside(scan: &Scan<'_>, span: &Range<usize>) -> Option<usize> {
    let (far, hit) = scan.hits.distance(Topic::Phone, span)?;
    if hit.end <= span.start {
        return (far <= NEAR).then_some(far);
    }
    let between = scan.view.get(span.end..hit.start)?;
    matches!(between, "(" | " (").then_some(far - AFTER)
}

/// How far away the word is that makes these digits a phone number, however they are grouped.
pub(super) fn phone_word(scan: &Scan<'_>, span: &Range<usize>) -> Option<usize> {
    let written = scan.view.as_bytes().get(span.clone())?;
    let digits = written.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = written.iter().any(u8::is_ascii_alphabetic);
    let lengths: Vec<u8> = written
        .split(|byte| !byte.is_ascii_digit())
        .map(|group| u8::try_from(group.len()).unwrap_or(u8::MAX))
        .collect();
    let may = !letters && SAID.contains(&digits) && !is_date_like(&lengths);
    may.then(|| word_beside(scan, span)).flatten()
}

type Found = (Range<usize>, f32, bool, &'static str, String);

/// By the number plan: the calling code, and as many groups as give a national number of its lengths.
fn international(mut written: Written, prefix: usize, score: f32) -> Option<Found> {
    loop {
        let digits = written.digits().get(prefix..)?;
        if let Some((code, least, most)) = plan_of(digits) {
            let national = national_of(code, &digits[code.to_string().len()..]);
            let length = national.len();
            if (least..=most).contains(&length) && can_begin(code, national) {
                let reason = format!("+{code} and {length} digits, as its number plan has");
                return Some((written.span, score, true, "phone/international", reason));
            }
        }
        written = written.shorter()?;
    }
}

fn national(
    scan: &Scan<'_>,
    written: &Written,
    word: bool,
) -> Option<(f32, &'static str, &'static str)> {
    let digits = written.digits();
    let lengths = written.lengths();
    let countries = scan.countries;
    let america = (countries.has("US") || countries.has("CA")) && is_north_american(digits);
    let european = matches!(digits, [b'0', b'1'..=b'9', ..]);
    let form = if america && matches!(lengths[..], [3, 3, 4] | [1, 3, 3, 4]) {
        Some((
            "phone/north-america",
            "The area and exchange codes of a number of the US or Canada",
        ))
    } else if countries.has("FR") && european && lengths == [2, 2, 2, 2, 2] {
        Some(("phone/fr", "Five pairs of digits, as in France"))
    } else if countries.has("GB") && is_british(digits, &lengths) {
        Some(("phone/gb", "The groups of a number of the United Kingdom"))
    } else if countries.has("DE") && is_german_mobile(digits, &lengths) {
        Some((
            "phone/de-mobile",
            "The prefix and digits of a German mobile number",
        ))
    } else if countries.has("AU") && is_australian(digits, &lengths) {
        Some(("phone/au", "The groups of an Australian number"))
    } else if countries.has("JP")
        && european
        && digits.len() >= 10
        && matches!(lengths[..], [3, 4, 4] | [2, 4, 4])
    {
        Some(("phone/jp", "The groups of a Japanese number"))
    } else if countries.has("BR")
        && written.parenthesis
        && matches!(lengths[..], [2, 5, 4] | [2, 4, 4])
    {
        Some(("phone/br", "The groups of a Brazilian number"))
    } else if european && written.parenthesis && (7..=12).contains(&digits.len()) {
        Some(("phone/area-code", "An area code in parentheses"))
    } else {
        None
    };
    match (form, word) {
        (Some((rule, reason)), true) => Some((0.85, rule, reason)),
        (Some((rule, reason)), false) => {
            Some((if written.parenthesis { 0.6 } else { 0.5 }, rule, reason))
        }
        (None, _) => said(scan, written, word),
    }
}

/// By the word beside it, which is enough for what is no date, no amount and no part of a whole.
fn said(
    scan: &Scan<'_>,
    written: &Written,
    word: bool,
) -> Option<(f32, &'static str, &'static str)> {
    let lengths = written.lengths();
    let may_be = word
        && SAID.contains(&written.count)
        && !is_date_like(&lengths)
        && !is_decimal(scan.view.as_bytes(), written, &lengths)
        && !is_amount(scan.view, &written.span);
    may_be.then_some((0.75, "phone/word", "Digits beside a word for a phone"))
}

/// Whether it is one or two digits, a dot and more, as in `3.14159265`.
fn is_decimal(text: &[u8], written: &Written, lengths: &[u8]) -> bool {
    let dot = text.get(written.groups[0].1) == Some(&b'.');
    dot && matches!(lengths, [1 | 2, _])
}

/// North American Numbering Plan: neither area nor exchange begins with 0 or 1.
fn is_north_american(digits: &[u8]) -> bool {
    let ten = match digits {
        [b'1', rest @ ..] if rest.len() == 10 => rest,
        all => all,
    };
    ten.len() == 10 && ten[0] > b'1' && ten[3] > b'1'
}

/// Ofcom, National Telephone Numbering Plan: 0, then 1, 2, 3, 7, 8 or 9, and nine or ten digits.
fn is_british(digits: &[u8], lengths: &[u8]) -> bool {
    matches!(digits, [b'0', b'1'..=b'3' | b'7'..=b'9', ..])
        && matches!(
            lengths,
            [5, 6]
                | [4, 3, 4]
                | [3, 4, 4]
                | [5, 3, 3]
                | [4, 3, 3]
                | [4, 6]
                | [5, 5]
                | [4, 7]
                | [3, 8]
        )
}

/// Federal Network Agency's plan for mobile services: 015, 0160, 0162, 0163 and 017, eleven or twelve digits
/// in all. Land lines are as long as anything: only a word tells them.
fn is_german_mobile(digits: &[u8], lengths: &[u8]) -> bool {
    matches!(
        digits,
        [b'0', b'1', b'5' | b'7', ..] | [b'0', b'1', b'6', b'0' | b'2' | b'3', ..]
    ) && matches!(lengths, [4 | 5, _] | [4 | 5, _, _])
        && matches!(digits.len(), 11 | 12)
}

/// ACMA's plan: 02, 03, 07, 08 and four and four digits; 04 and ten in all.
fn is_australian(digits: &[u8], lengths: &[u8]) -> bool {
    match lengths {
        [2, 4, 4] => matches!(digits, [b'0', b'2' | b'3' | b'7' | b'8', ..]),
        [4, 3, 3] => digits.starts_with(b"04"),
        _ => false,
    }
}

fn is_date_like(lengths: &[u8]) -> bool {
    matches!(
        lengths,
        [4, 2, 2] | [2, 2, 4] | [1, 2, 4] | [2, 1, 4] | [1, 1, 4] | [2, 2, 2]
    )
}
