//! Amounts, which are written like numbers of people: in thousands, with a currency or a unit beside them.

use std::ops::Range;

/// Signs of currencies and the like, before or after.
const SIGNS: &str = "€$£¥₹₽₩₺₴₪₫฿%‰";

/// Currencies by word, before or after: small and without accents.
const CURRENCIES: &[&str] = &[
    "aud", "brl", "bgn", "cad", "cents", "centimes", "chf", "cny", "czk", "dkk", "dollar",
    "dollars", "eur", "euro", "euros", "forint", "franc", "francs", "franken", "gbp", "huf", "inr",
    "isk", "jpy", "kc", "kr", "kroner", "kronor", "kronen", "leva", "mxn", "nok", "nzd", "peso",
    "pesos", "pln", "pounds", "reais", "ron", "rs", "rub", "rubel", "rupees", "usd", "yen", "zar",
    "zl", "zloty", "zlotych",
];

/// What is counted or measured, after the amount.
const UNITS: &[&str] = &[
    "abitanti",
    "bytes",
    "cm",
    "cubic",
    "einheiten",
    "einwohner",
    "einwohnern",
    "einwohnerinnen",
    "gb",
    "gwh",
    "habitantes",
    "habitants",
    "hectares",
    "hektar",
    "hours",
    "inhabitants",
    "inwoners",
    "invanare",
    "items",
    "kb",
    "kg",
    "kilometer",
    "kilometers",
    "kilometres",
    "km",
    "kwh",
    "liter",
    "liters",
    "litres",
    "mb",
    "menschen",
    "meter",
    "meters",
    "metres",
    "miles",
    "million",
    "millionen",
    "millions",
    "milliards",
    "milliarden",
    "millones",
    "milioni",
    "mieszkancow",
    "mio",
    "mm",
    "mrd",
    "mwh",
    "obyvatel",
    "people",
    "percent",
    "persons",
    "personen",
    "personas",
    "personnes",
    "pixels",
    "prozent",
    "records",
    "residents",
    "rows",
    "shares",
    "square",
    "steps",
    "stuck",
    "stunden",
    "tb",
    "tokens",
    "tonnen",
    "tonnes",
    "tons",
    "unidades",
    "units",
    "unites",
    "views",
    "visitors",
    "votes",
    "words",
];

/// The longest of these words.
const LONGEST: usize = 16;

/// Whether digits are grouped as amounts are, with a space or a dot before each three: `12 345 678`.
pub(crate) fn in_thousands(written: &[u8]) -> bool {
    let by = match written.iter().find(|byte| !byte.is_ascii_digit()) {
        Some(by @ (b' ' | b'.')) => *by,
        _ => return false,
    };
    let mut groups = written.split(|byte| *byte == by);
    let digits = |group: &[u8]| group.iter().all(u8::is_ascii_digit);
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && digits(first)
        && groups.all(|group| group.len() == 3 && digits(group))
}

/// Whether what stands here is an amount: digits, alone or in thousands, with a currency or a unit beside
/// them, or with a comma and cents.
pub(crate) fn is_amount(view: &str, span: &Range<usize>) -> bool {
    let (Some(written), Some(before), Some(after)) = (
        view.as_bytes().get(span.clone()),
        view.get(..span.start),
        view.get(span.end..),
    ) else {
        return false;
    };
    let whole = without_cents(written);
    let thousands = in_thousands(whole);
    if !thousands && !whole.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let cents = thousands.then(|| after_cents(after)).flatten();
    cents.is_some() || begins_with_unit(after) || ends_with_currency(before)
}

/// The amount without `.50` at its end.
fn without_cents(written: &[u8]) -> &[u8] {
    match written {
        [whole @ .., b'.', tens, ones] if tens.is_ascii_digit() && ones.is_ascii_digit() => whole,
        all => all,
    }
}

/// What follows `,50` or `,-`.
fn after_cents(after: &str) -> Option<&str> {
    let rest = after.strip_prefix(',')?;
    if let Some(rest) = rest.strip_prefix('-') {
        return Some(rest);
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &rest[digits..];
    let ends = !rest.starts_with(|next: char| next.is_alphanumeric() || matches!(next, ',' | ';'));
    ((1..=2).contains(&digits) && ends).then_some(rest)
}

fn begins_with_unit(after: &str) -> bool {
    let rest = after_cents(after).unwrap_or(after);
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    if let Some(behind) = rest.strip_prefix(|sign| SIGNS.contains(sign)) {
        // Before digits it is the sign of the next amount.
        let next = behind.strip_prefix(' ').unwrap_or(behind);
        return !next.starts_with(|first: char| first.is_ascii_digit());
    }
    let end = rest
        .char_indices()
        .take(LONGEST + 1)
        .find(|(_, letter)| !letter.is_alphabetic())
        .map_or(rest.len(), |(at, _)| at);
    let word = &rest[..end];
    is_in(CURRENCIES, word) || is_in(UNITS, word)
}

/// Whether a currency stands right before, which is not the one of an amount before it.
fn ends_with_currency(before: &str) -> bool {
    let head = before.trim_end_matches(' ');
    if before.len() - head.len() > 2 {
        return false;
    }
    if head.ends_with(|sign| SIGNS.contains(sign)) {
        return !ends_with_number(&head[..head.len() - last_length(head)]);
    }
    let start = head
        .char_indices()
        .rev()
        .take(LONGEST + 1)
        .take_while(|(_, letter)| letter.is_alphabetic())
        .last()
        .map_or(head.len(), |(at, _)| at);
    is_in(CURRENCIES, &head[start..]) && !ends_with_number(&head[..start])
}

fn last_length(text: &str) -> usize {
    text.chars().next_back().map_or(0, char::len_utf8)
}

fn ends_with_number(text: &str) -> bool {
    text.trim_end_matches(' ')
        .ends_with(|last: char| last.is_ascii_digit())
}

fn is_in(words: &[&str], word: &str) -> bool {
    !word.is_empty() && words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str, number: &str) -> bool {
        let at = text.find(number).unwrap();
        is_amount(text, &(at..at + number.len()))
    }

    #[test]
    fn thousands_have_three_digits_in_each_group_but_the_first() {
        for (written, expected) in [
            ("887 789 328", true),
            ("1.234.567", true),
            ("12 345 678 901", true),
            ("887789328", false),
            ("887 789.328", false),
            ("8877 789 328", false),
            ("887-789-328", false),
            ("887 789 32", false),
        ] {
            assert_eq!(in_thousands(written.as_bytes()), expected, "{written}");
        }
    }

    #[test]
    fn a_currency_or_a_unit_beside_it_makes_an_amount() {
        for (text, number) in [
            ("887 789 328 euros.", "887 789 328"),
            ("212.465.635 Euro", "212.465.635"),
            ("887789328€", "887789328"),
            ("887 789 328,50 brutto", "887 789 328"),
            ("887 789 328,-", "887 789 328"),
            ("$ 887 789 328", "887 789 328"),
            ("EUR 887.789.328", "887.789.328"),
            ("8 412 763 Einwohner", "8 412 763"),
            ("120000 km", "120000"),
            ("1299.00 EUR", "1299.00"),
        ] {
            assert!(amount(text, number), "{text}");
        }
    }

    #[test]
    fn without_one_it_may_be_anything() {
        for (text, number) in [
            ("BSN 123 456 782 of Anna", "123 456 782"),
            ("149.90 EUR 123456782", "123456782"),
            ("123456782,50 Main Street", "123456782"),
            ("123-456-782 EUR", "123-456-782"),
            ("123 456 782 kmart", "123 456 782"),
        ] {
            assert!(!amount(text, number), "{text}");
        }
    }
}
