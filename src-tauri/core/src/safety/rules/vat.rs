//! VAT numbers with the country's letters where a sole trader's own number stands behind them, or where no
//! other rule has the number.

use super::{Check, NumberRule, bg, companies, cy, cz, gr, ie, lv, si, words};
use crate::safety::{
    Kind,
    check::{digit, luhn, mod_11_10, number as value, weighted},
};

/// Words for the tax that those of [`companies::VAT`] lack, and for the number itself.
const LOCAL: &[&str] = &[
    "dic",
    "dph",
    "alv*",
    "arvonlisavero*",
    "cui",
    "cif",
    "cod tva",
    "ддс",
    "φπα",
    "αφμ",
    "pdv*",
    "oib*",
    "ddv*",
    "pvm*",
    "pvn*",
    "kmkr*",
    "kaibemaks*",
    "cvr*",
];

const VAT: &[&[&str]] = &[companies::VAT, LOCAL, words::TAX];

pub(super) const NUMBERS: &[NumberRule] = &[
    checked("vat/bg", "BG", &["LLd{9,10}"], |number| {
        behind(number, b"BG", bulgarian)
    }),
    checked("vat/cy", "CY", &["LLddddddddL"], |number| {
        behind(number, b"CY", cy::tax_id)
    }),
    checked("vat/cz", "CZ", &["LLd{8,10}"], |number| {
        behind(number, b"CZ", czech)
    }),
    checked("vat/dk", "DK", &["LLdddddddd"], |number| {
        behind(number, b"DK", danish)
    }),
    checked("vat/ee", "EE", &["LLddddddddd"], |number| {
        behind(number, b"EE", estonian)
    }),
    checked("vat/fi", "FI", &["LLdddddddd"], |number| {
        behind(number, b"FI", finnish)
    }),
    checked("vat/gr", "GR", &["LLddddddddd"], |number| {
        behind(number, b"EL", gr::afm) || behind(number, b"GR", gr::afm)
    }),
    checked("vat/hr", "HR", &["LLddddddddddd"], |number| {
        behind(number, b"HR", mod_11_10)
    }),
    checked("vat/hu", "HU", &["LLdddddddd"], |number| {
        behind(number, b"HU", hungarian)
    }),
    checked("vat/ie", "IE", &["LLdddddddL", "LLdddddddLL"], |number| {
        behind(number, b"IE", ie::pps)
    }),
    checked(
        "vat/lt",
        "LT",
        &["LLddddddddd", "LLdddddddddddd"],
        |number| behind(number, b"LT", lithuanian),
    ),
    checked("vat/lu", "LU", &["LLdddddddd"], |number| {
        behind(number, b"LU", luxembourgish)
    }),
    checked("vat/lv", "LV", &["LLddddddddddd"], |number| {
        behind(number, b"LV", latvian)
    }),
    checked("vat/mt", "MT", &["LLdddddddd"], |number| {
        behind(number, b"MT", maltese)
    }),
    checked("vat/se", "SE", &["LLdddddddddddd"], |number| {
        behind(number, b"SE", |number| luhn(&number[..10]))
    }),
    checked("vat/si", "SI", &["LLdddddddd"], |number| {
        behind(number, b"SI", si::tax_number)
    }),
    checked("vat/sk", "SK", &["LLdddddddddd"], |number| {
        behind(number, b"SK", slovak)
    }),
    NumberRule {
        name: "vat/eu",
        kind: Kind::TaxNumber,
        country: "",
        shapes: &["LLx{8,12}", "LL x{8,12}", "LL ddd ddd ddd", "LLddd ddd ddd"],
        words: VAT,
        check: Check::Form(with_letters),
        reason: "The form of a VAT number with its country's letters",
    },
    NumberRule {
        name: "ro-cui",
        kind: Kind::TaxNumber,
        country: "RO",
        shapes: &["LLd{6,10}", "d{6,10}"],
        // Not "cui" alone: in Italian amounts stand behind "di cui".
        words: &[&[
            "cui:",
            "cui ro",
            "cod cui",
            "c.u.i",
            "cod unic de inregistrare",
        ]],
        check: Check::Form(romanian),
        reason: "The digits of a Romanian company or sole trader; the check digit is right",
    },
    NumberRule {
        name: "sk-tax-number",
        kind: Kind::TaxNumber,
        country: "SK",
        shapes: &["dddddddddd"],
        words: &[&["dic"]],
        check: Check::Form(slovak),
        reason: "10 digits of a Slovak tax number; the check digit is right",
    },
];

/// Most of these are kept by one number in ten: with the letters before it, that is enough.
const fn checked(
    name: &'static str,
    country: &'static str,
    shapes: &'static [&'static str],
    holds: fn(&[u8]) -> bool,
) -> NumberRule {
    NumberRule {
        name,
        kind: Kind::TaxNumber,
        country,
        shapes,
        words: VAT,
        check: Check::Weak(holds),
        reason: "A VAT number with its country's letters; the check digit is right",
    }
}

fn behind(number: &[u8], letters: &[u8], holds: impl Fn(&[u8]) -> bool) -> bool {
    companies::after(number, letters).is_some_and(holds)
}

/// The countries that have no rule with letters in another file, and the letters of Northern Ireland.
fn with_letters(number: &[u8]) -> bool {
    const COUNTRIES: [&[u8; 2]; 20] = [
        b"BG", b"CY", b"CZ", b"DK", b"EE", b"EL", b"FI", b"GR", b"HR", b"HU", b"IE", b"LT", b"LU",
        b"LV", b"MT", b"RO", b"SE", b"SI", b"SK", b"XI",
    ];
    let (letters, rest) = number.split_at(2);
    let digits = rest.iter().filter(|byte| byte.is_ascii_digit()).count();
    COUNTRIES
        .iter()
        .any(|country| country.as_slice() == letters)
        && rest.len() - digits <= 2
}

/// Whether the digits with these weights are a multiple of the modulus.
fn divides(number: &[u8], weights: &[u32], modulus: u32) -> bool {
    weighted(number, weights).is_some_and(|sum| sum % modulus == 0)
}

/// National Revenue Agency: nine digits are an enterprise's, weights 1 to 8, modulus 11, and 3 to 10 where that
/// leaves 10. Ten are a civil number, a foreigner's, or another taxpayer's with weights 4 3 2 7 6 5 4 3 2.
fn bulgarian(number: &[u8]) -> bool {
    if number.len() == 10 {
        let other = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
        return bg::egn(number) || bg::foreigner(number) || divides(number, &other, 11);
    }
    let first = weighted(number, &[1, 2, 3, 4, 5, 6, 7, 8]).map(|sum| sum % 11);
    let check = match first {
        Some(10) => weighted(number, &[3, 4, 5, 6, 7, 8, 9, 10]).map(|sum| sum % 11 % 10),
        first => first,
    };
    check.is_some() && check == digit(number[8])
}

/// Financial Administration: eight digits are a company's, weights 8 to 2, 11 less the remainder; nine and ten are
/// a birth number.
fn czech(number: &[u8]) -> bool {
    match number.len() {
        8 => {
            let sum = weighted(number, &[8, 7, 6, 5, 4, 3, 2]);
            number[0] != b'9'
                && sum.is_some_and(|sum| digit(number[7]) == Some((11 - sum % 11) % 10))
        }
        9 => cz::old_birth_number(number),
        _ => cz::birth_number(number),
    }
}

/// Danish Business Authority: weights 2 7 6 5 4 3 2 1, a multiple of 11.
fn danish(number: &[u8]) -> bool {
    number[0] != b'0' && divides(number, &[2, 7, 6, 5, 4, 3, 2, 1], 11)
}

/// Tax and Customs Board: weights 3 7 1, a multiple of 10.
fn estonian(number: &[u8]) -> bool {
    divides(number, &[3, 7, 1, 3, 7, 1, 3, 7, 1], 10)
}

/// Patent and Registration Office, business identity code: weights 7 9 10 5 8 4 2 1, a multiple of 11.
fn finnish(number: &[u8]) -> bool {
    divides(number, &[7, 9, 10, 5, 8, 4, 2, 1], 11)
}

/// National Tax and Customs Administration: weights 9 7 3 1, a multiple of 10.
fn hungarian(number: &[u8]) -> bool {
    divides(number, &[9, 7, 3, 1, 9, 7, 3, 1], 10)
}

/// State Tax Inspectorate: places as weights, 1 after 9, modulus 11, counted from 3 where that leaves 10. The digit
/// before the last one is 1.
fn lithuanian(number: &[u8]) -> bool {
    let [body @ .., last] = number else {
        return false;
    };
    let sum = |first: usize| {
        let weights: Vec<u32> = (0..body.len())
            .map(|nth| 1 + ((nth + first) % 9) as u32)
            .collect();
        weighted(body, &weights).map(|sum| sum % 11)
    };
    let check = match sum(0) {
        Some(10) => sum(2).map(|rest| rest % 10),
        first => first,
    };
    body.ends_with(b"1") && check.is_some() && check == digit(*last)
}

/// Registration Duties, Estates and VAT Authority: the first six modulo 89 are the last two.
fn luxembourgish(number: &[u8]) -> bool {
    match (value(&number[..6]), value(&number[6..])) {
        (Some(body), Some(check)) => body % 89 == check,
        _ => false,
    }
}

/// State Revenue Service: from 4 on it is a company's, weights 9 1 4 8 3 10 2 5 7 6 1, modulus 11 leaves 3; else a
/// personal code, which since 2017 begins with 32 and has no check digit.
fn latvian(number: &[u8]) -> bool {
    if number[0] > b'3' {
        let sum = weighted(number, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]);
        return sum.is_some_and(|sum| sum % 11 == 3);
    }
    number.starts_with(b"32") || lv::personal_code(number)
}

/// Commissioner for Revenue: weights 3 4 6 7 8 9 10 1, a multiple of 37.
fn maltese(number: &[u8]) -> bool {
    divides(number, &[3, 4, 6, 7, 8, 9, 10, 1], 37)
}

/// Trade Register Office: weights 7 5 3 2 1 7 5 3 2 up to the check digit, ten times the sum modulo 11, where 10
/// becomes 0.
fn romanian(number: &[u8]) -> bool {
    let digits = number.strip_prefix(b"RO").unwrap_or(number);
    let [body @ .., last] = digits else {
        return false;
    };
    let weights = [7, 5, 3, 2, 1, 7, 5, 3, 2];
    let Some(from) = weights.len().checked_sub(body.len()) else {
        return false;
    };
    let sum = weighted(body, &weights[from..]);
    digits[0] != b'0' && sum.is_some_and(|sum| digit(*last) == Some(sum * 10 % 11 % 10))
}

/// Financial Directorate: ten digits, a multiple of 11.
fn slovak(number: &[u8]) -> bool {
    number[0] != b'0' && value(number).is_some_and(|number| number % 11 == 0)
}
