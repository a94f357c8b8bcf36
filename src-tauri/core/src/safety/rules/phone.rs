//! Phone numbers: international ones by the number plan, national ones as a country writes them, and
//! any other way of writing after a word such as "phone".

use std::ops::Range;

use super::{Scan, finding, phone_plan::plan_of};
use crate::safety::{Finding, Kind, context::Topic, numbers::is_part_of_more};

/// A word counts this many bytes before the number.
const NEAR: usize = 40;
const MOST_GROUPS: usize = 8;
/// An international prefix and the fifteen digits of E.164.
const MOST_DIGITS: usize = 17;

pub(super) const WORDS: &[&str] = &[
    "phone*",
    "telephone*",
    "tel",
    "tel.",
    "tel no",
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

/// A number as it is written: groups of digits with what stands between them.
struct Written {
    span: Range<usize>,
    digits: [u8; MOST_DIGITS],
    count: usize,
    /// Digits in each group, and where the group ends.
    groups: [(u8, usize); MOST_GROUPS],
    group_count: usize,
    plus: bool,
    /// Whether a group stands in parentheses.
    parenthesis: bool,
}

impl Written {
    fn digits(&self) -> &[u8] {
        &self.digits[..self.count]
    }

    fn lengths(&self) -> Vec<u8> {
        self.groups[..self.group_count]
            .iter()
            .map(|(length, _)| *length)
            .collect()
    }

    /// The same up to a group; `None` if there is nothing left to drop.
    fn shorter(mut self) -> Option<Self> {
        self.group_count = self.group_count.checked_sub(1)?;
        let (_, end) = *self.groups[..self.group_count].last()?;
        self.count -= usize::from(self.groups[self.group_count].0);
        self.span.end = end;
        Some(self)
    }
}

/// A phone number at the digit at `at`, which begins a token.
pub(super) fn phone(scan: &Scan<'_>, at: usize, out: &mut Vec<Finding>) {
    let text = scan.view.as_bytes();
    let Some(written) = read(text, at) else {
        return;
    };
    if written.count < 5 {
        return;
    }
    let word = scan
        .hits
        .distance(Topic::Phone, &written.span)
        .is_some_and(|(far, hit)| far <= NEAR && hit.end <= written.span.start);
    let national = |written: &Written| national(scan, written, word);
    let found = if written.plus {
        international(written, 0, 0.95)
    } else if written.digits().starts_with(b"00")
        && written.count > 9
        && (word || written.group_count > 1)
    {
        international(written, 2, if word { 0.95 } else { 0.7 })
    } else {
        national(&written)
            .map(|(score, rule, reason)| (written.span, score, false, rule, reason.to_owned()))
    };
    if let Some((span, score, validated, rule, reason)) = found
        && !is_part_of_more(text, &span)
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

type Found = (Range<usize>, f32, bool, &'static str, String);

/// By the number plan: the calling code, and as many groups as give a national number of its lengths.
fn international(mut written: Written, prefix: usize, score: f32) -> Option<Found> {
    loop {
        let digits = written.digits().get(prefix..)?;
        if let Some((code, least, most)) = plan_of(digits) {
            let code_digits = code.to_string().len();
            let national = digits.len() - code_digits;
            if (least..=most).contains(&national) {
                let reason = format!("+{code} and {national} digits, as its number plan has");
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
        (None, true) if (6..=13).contains(&digits.len()) && !is_date_like(&lengths) => {
            Some((0.75, "phone/word", "Digits after a word for a phone"))
        }
        _ => None,
    }
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

/// Read the groups from the digit at `at`, with a plus or parenthesis before it.
fn read(text: &[u8], at: usize) -> Option<Written> {
    let before = |back: usize| at.checked_sub(back).map(|at| text[at]);
    let open = before(1) == Some(b'(');
    let lead = usize::from(open);
    let plus = before(lead + 1) == Some(b'+') || before(1) == Some(b'+');
    let start = at - lead - usize::from(plus && before(lead + 1) == Some(b'+'));
    let start = if before(1) == Some(b'+') && before(2) == Some(b'(') {
        start - 1
    } else {
        start
    };
    let mut written = Written {
        span: start..start,
        digits: [0; MOST_DIGITS],
        count: 0,
        groups: [(0, 0); MOST_GROUPS],
        group_count: 0,
        plus,
        parenthesis: open && !plus,
    };
    let mut next = Some(at);
    while let Some(at) = next {
        let length = text[at..]
            .iter()
            .take(MOST_DIGITS + 1)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let end = at + length;
        let stands = text.get(end).is_none_or(|byte| !byte.is_ascii_alphabetic())
            || is_extension(&text[end..]);
        if !stands || written.count + length > MOST_DIGITS || written.group_count == MOST_GROUPS {
            break;
        }
        // +44 (0)20: the zero in parentheses is left out from abroad.
        let trunk =
            written.plus && written.count > 0 && &text[at - 1..(end + 1).min(text.len())] == b"(0)";
        if !trunk {
            written.digits[written.count..written.count + length].copy_from_slice(&text[at..end]);
            written.count += length;
            written.groups[written.group_count] = (length as u8, end);
            written.group_count += 1;
            written.span.end = end;
        }
        written.parenthesis |=
            text.get(end) == Some(&b')') && text.get(at.wrapping_sub(1)) == Some(&b'(') && !trunk;
        next = next_group(text, end);
    }
    (written.group_count > 0).then_some(written)
}

/// Where the next group of digits begins: after at most one separator, around parentheses.
fn next_group(text: &[u8], end: usize) -> Option<usize> {
    let is = |at: usize, bytes: &[u8]| text.get(at).is_some_and(|byte| bytes.contains(byte));
    let mut at = end;
    if is(at, b")") {
        at += 1;
    }
    if is(at, b" -./") {
        at += 1;
    }
    if is(at, b"(") {
        at += 1;
    }
    (at > end && text.get(at).is_some_and(u8::is_ascii_digit)).then_some(at)
}

fn is_extension(rest: &[u8]) -> bool {
    matches!(rest, [b'x' | b'X', digit, ..] if digit.is_ascii_digit())
}

/// The end with an extension such as `x123` or ` ext. 4`.
fn extension(text: &[u8], end: usize) -> usize {
    const WRITTEN: [&[u8]; 6] = [b"x", b" x", b" ext. ", b" ext ", b" ext.", b" extension "];
    let rest = &text[end..];
    for word in WRITTEN {
        let begins = rest
            .get(..word.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(word));
        let digits = rest
            .iter()
            .skip(word.len())
            .take(7)
            .take_while(|b| b.is_ascii_digit())
            .count();
        if begins && (1..=6).contains(&digits) {
            return end + word.len() + digits;
        }
    }
    end
}
