//! Every national number: published examples are found, and the same with a wrong digit are not.
//!
//! Examples are those of the issuing offices and of the European Commission's "TIN algorithms" document, or
//! of the standard that the rule names; where none is published, the test computes the check digit in its
//! own way.

use std::{collections::BTreeMap, sync::Mutex};

use super::{Countries, Finding, Options, Scanner};

/// Country, type, context word, number. The number must be found, alone in its country.
const EXAMPLES: &[(&str, &str, &str, &str)] = &[
    ("US", "US_SSN", "SSN", "536-22-8145"),
    ("US", "US_ITIN", "ITIN", "900-70-0000"),
    ("US", "US_EIN", "EIN", "91-1144442"),
    ("US", "US_MBI", "Medicare", "1EG4-TE5-MK73"),
    ("US", "ABA_ROUTING_NUMBER", "routing number", "111000025"),
    ("GB", "UK_NHS", "NHS", "943 476 5919"),
    ("GB", "UK_NINO", "NI number", "AB 12 34 56 C"),
    ("GB", "UK_UTR", "UTR", "1955839661"),
    (
        "GB",
        "UK_DRIVING_LICENCE",
        "driving licence",
        "MORGA657054SM9IJ",
    ),
    ("AT", "AT_SOCIAL_SECURITY", "SVNR", "1237 010180"),
    ("AT", "AT_TAX_NUMBER", "Steuernummer", "93-173/6581"),
    (
        "BE",
        "BE_NATIONAL_NUMBER",
        "rijksregisternummer",
        "85.07.30-033.28",
    ),
    ("BG", "BG_EGN", "ЕГН", "7501010010"),
    ("BG", "BG_FOREIGNER_NUMBER", "ЛНЧ", "7111042925"),
    ("HR", "HR_OIB", "OIB", "94577403194"),
    ("CY", "CY_TAX_ID", "TIC", "00123123T"),
    ("CZ", "CZ_BIRTH_NUMBER", "rodné číslo", "710319/2745"),
    ("DK", "DK_CPR", "CPR", "211062-5629"),
    ("EE", "EE_PERSONAL_CODE", "isikukood", "37102250382"),
    (
        "FI",
        "FI_PERSONAL_IDENTITY_CODE",
        "henkilötunnus",
        "131052-308T",
    ),
    ("FR", "FR_NIR", "sécurité sociale", "2 69 05 49 588 157 80"),
    ("FR", "FR_TAX_ID", "numéro fiscal", "30 23 217 600 053"),
    ("DE", "DE_TAX_ID", "Steuer-ID", "86 095 742 719"),
    (
        "DE",
        "DE_SOCIAL_SECURITY",
        "Rentenversicherungsnummer",
        "15 070649 C 103",
    ),
    ("DE", "DE_HEALTH_INSURANCE", "Krankenkasse", "A123456780"),
    ("DE", "DE_ID_CARD", "Personalausweis", "L01X00T471"),
    ("DE", "DE_PASSPORT", "Reisepass", "C01X00T478"),
    ("GR", "GR_AFM", "ΑΦΜ", "094259216"),
    ("GR", "GR_AMKA", "ΑΜΚΑ", "01013099997"),
    ("HU", "HU_TAX_ID", "adóazonosító jel", "8071592153"),
    ("IE", "IE_PPS", "PPS", "1234567TW"),
    ("IT", "IT_FISCAL_CODE", "codice fiscale", "DMLPRY77D15H501F"),
    ("IT", "IT_VAT_CODE", "partita IVA", "00743110157"),
    ("LV", "LV_PERSONAL_CODE", "personas kods", "161175-19997"),
    ("LT", "LT_PERSONAL_CODE", "asmens kodas", "33309240064"),
    ("LU", "LU_NATIONAL_ID", "matricule", "1893120105732"),
    ("NL", "NL_BSN", "BSN", "111222333"),
    ("PL", "PL_PESEL", "PESEL", "02070803628"),
    ("PL", "PL_NIP", "NIP", "856-734-62-15"),
    ("PL", "PL_IDENTITY_CARD", "dowód osobisty", "ABA300000"),
    ("PL", "PL_PASSPORT", "paszport", "ZS0000177"),
    ("PT", "PT_NIF", "NIF", "501442600"),
    (
        "PT",
        "PT_CITIZEN_CARD",
        "cartão de cidadão",
        "00000000 0 ZZ4",
    ),
    ("RO", "RO_CNP", "CNP", "1630615123457"),
    ("SK", "SK_BIRTH_NUMBER", "rodné číslo", "710319/2745"),
    ("SI", "SI_EMSO", "EMŠO", "0101006500006"),
    ("SI", "SI_TAX_NUMBER", "davčna številka", "15012557"),
    ("ES", "ES_NIF", "DNI", "54362315K"),
    ("ES", "ES_NIE", "NIE", "X-2482300-W"),
    (
        "ES",
        "ES_SOCIAL_SECURITY",
        "seguridad social",
        "28/12345678/40",
    ),
    ("SE", "SE_PERSONNUMMER", "personnummer", "640823-3234"),
    ("CH", "CH_AHV", "AHV", "756.9217.0769.85"),
    ("NO", "NO_BIRTH_NUMBER", "fødselsnummer", "15108695088"),
    ("CA", "CA_SIN", "SIN", "123-456-782"),
    ("AU", "AU_TFN", "TFN", "123 456 782"),
    ("AU", "AU_MEDICARE", "Medicare", "2123 45670 1"),
    ("AU", "AU_ABN", "ABN", "83 914 571 673"),
    ("AU", "AU_ACN", "ACN", "004 085 616"),
    ("IN", "IN_AADHAAR", "Aadhaar", "2341 2341 2346"),
    ("IN", "IN_GSTIN", "GSTIN", "27AAPFU0939F1ZV"),
    ("IN", "IN_VOTER", "voter", "WKH1186253"),
    ("BR", "BR_CPF", "CPF", "390.533.447-05"),
    ("BR", "BR_CNPJ", "CNPJ", "16.727.230/0001-97"),
    ("JP", "JP_MY_NUMBER", "マイナンバー", "1234 5678 9018"),
];

/// What has no check digit: found with the word, and not without.
const FORMS: &[(&str, &str, &str, &str)] = &[
    ("US", "US_SSN", "social security number", "536-22-8145"),
    ("US", "US_PASSPORT", "passport", "340020013"),
    ("US", "US_DRIVER_LICENSE", "driver's license", "D1234567"),
    ("US", "US_BANK_NUMBER", "bank account", "000123456789"),
    ("GB", "UK_PASSPORT", "British passport", "925665416"),
    ("CY", "CY_IDENTITY_CARD", "Cyprus ID", "1234567"),
    ("DE", "DE_TAX_NUMBER", "Steuernummer", "21/815/08150"),
    ("IT", "IT_DRIVER_LICENSE", "patente di guida", "U12345678A"),
    ("IT", "IT_PASSPORT", "passaporto", "YA1234567"),
    ("IT", "IT_IDENTITY_CARD", "carta d'identità", "CA00000AA"),
    ("MT", "MT_IDENTITY_CARD", "karta tal-identità", "1234567A"),
    ("ES", "ES_PASSPORT", "pasaporte", "PAA123456"),
    ("CA", "CA_PASSPORT", "Canadian passport", "GA302922"),
    ("AU", "AU_PASSPORT", "Australian passport", "N1234567"),
    ("IN", "IN_PAN", "PAN", "AAPFU0939F"),
    ("IN", "IN_PASSPORT", "Indian passport", "J8369854"),
    ("JP", "JP_PASSPORT", "旅券", "TK1234567"),
    ("FR", "PASSPORT", "passeport", "12AB34567"),
    ("PL", "DRIVER_LICENSE", "prawo jazdy", "12345678"),
    ("HR", "IDENTITY_CARD", "osobna iskaznica", "112456789"),
    ("JP", "IDENTITY_CARD", "基礎年金番号", "1234-567890"),
    ("IN", "IDENTITY_CARD", "UAN", "100123456789"),
    ("CY", "IDENTITY_CARD", "social insurance number", "4471902"),
    ("MT", "PASSPORT", "passaport", "1234567"),
    ("NL", "PASSPORT", "paspoortnummer", "SPECI2014"),
    ("CZ", "PASSPORT", "číslo pasu", "40219983"),
    ("CA", "PASSPORT", "passport", "GA302922"),
    ("IN", "PASSPORT", "passport", "J8369854"),
    ("FI", "TAX_NUMBER", "verotunniste", "4471902183"),
    ("HU", "TAX_NUMBER", "adószám", "44719028-1-42"),
    (
        "FR",
        "VEHICLE_PLATE",
        "plaque d'immatriculation",
        "AB-123-CD",
    ),
    ("DE", "VEHICLE_PLATE", "Kennzeichen", "M-AB 1234"),
    ("GB", "MEDICAL_RECORD", "hospital number", "K1234567"),
];

/// The scanner of one country; each is made once for all tests.
fn scanner(country: &'static str) -> &'static Scanner {
    static MADE: Mutex<BTreeMap<&str, &Scanner>> = Mutex::new(BTreeMap::new());
    let make = || {
        let countries = Countries::only([country]).unwrap();
        let options = Options {
            countries,
            ..Options::default()
        };
        Box::leak(Box::new(Scanner::new(options).unwrap()))
    };
    MADE.lock()
        .unwrap()
        .entry(country)
        .or_insert_with(|| make())
}

fn kinds(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|finding| finding.kind.name()).collect()
}

#[test]
fn published_examples_are_found_whole() {
    for (country, kind, word, number) in EXAMPLES.iter().chain(FORMS) {
        let text = format!("{word}: {number}.");
        let found = scanner(country).scan(&text);
        let whole = found
            .iter()
            .any(|finding| finding.kind.name() == *kind && &text[finding.bytes.clone()] == *number);
        assert!(whole, "{text}: {found:?}");
    }
}

#[test]
fn published_examples_are_found_with_every_country_on() {
    let scanner = Scanner::new(Options::default()).unwrap();
    let missed: Vec<_> = EXAMPLES
        .iter()
        .chain(FORMS)
        .filter(|(_, _, word, number)| {
            let text = format!("{word}: {number}.");
            !scanner
                .scan(&text)
                .iter()
                .any(|finding| text[finding.bytes.clone()].contains(number))
        })
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
}

/// Kinds of [`EXAMPLES`] without a check digit.
const UNCHECKED: [&str; 6] = [
    "US_SSN",
    "US_ITIN",
    "US_EIN",
    "US_MBI",
    "UK_NINO",
    "UK_DRIVING_LICENCE",
];

#[test]
fn one_wrong_digit_is_not_taken_for_the_number() {
    for (country, kind, word, number) in EXAMPLES {
        if UNCHECKED.contains(kind) {
            continue;
        }
        // The check digit itself, which stands elsewhere in two of them.
        let places: Vec<_> = number
            .match_indices(|letter: char| letter.is_ascii_digit())
            .map(|(at, _)| at)
            .collect();
        let at = match *kind {
            "UK_UTR" => places[0],
            "AU_MEDICARE" => places[8],
            _ => places[places.len() - 1],
        };
        let right = number.as_bytes()[at] - b'0';
        for add in 1..10 {
            let wrong = format!(
                "{}{}{}",
                &number[..at],
                (right + add) % 10,
                &number[at + 1..]
            );
            let found = scanner(country).scan(&format!("{word}: {wrong}."));
            let taken = found
                .iter()
                .any(|finding| finding.kind.name() == *kind && finding.validated);
            assert!(!taken, "{wrong} for {number}: {found:?}");
        }
    }
}

#[test]
fn a_german_document_of_letters_and_few_digits_is_found_beside_a_word() {
    // Issued numbers are drawn from letters and digits alike: a third of them has two digits or fewer.
    let scanner = scanner("DE");
    for (text, kind) in [
        ("Reisepassnummer: CFGHJK1LM3.", "DE_PASSPORT"),
        ("passport CZ6311T472", "DE_PASSPORT"),
        ("Reisepassnummer: CFGHJK1LM.", "DE_PASSPORT"),
        ("Personalausweis L1PRTVWXY9", "DE_ID_CARD"),
        ("Ausweisnummer L1PRTVWXY", "DE_ID_CARD"),
    ] {
        assert_eq!(kinds(&scanner.scan(text)), [kind], "{text}");
    }
    for text in [
        "the value CFGHJK1LM3 came up",
        "Reisepassnummer, dann CFGHJK1LM4",
        "identity card L1PRTVWXY8",
    ] {
        assert!(scanner.scan(text).is_empty(), "{text}");
    }
}

#[test]
fn a_number_without_a_check_digit_needs_its_word() {
    for (country, kind, _, number) in FORMS {
        let found = scanner(country).scan(&format!("The value {number} came up again."));
        assert!(!kinds(&found).contains(kind), "{number} alone: {found:?}");
    }
}

/// Country and VAT number of a company of the country.
const VAT: [(&str, &str); 18] = [
    ("BG", "BG175074752"),
    ("CY", "CY10259033P"),
    ("CZ", "CZ25123891"),
    ("CZ", "CZ7103192745"),
    ("DK", "DK13585628"),
    ("EE", "EE100931558"),
    ("FI", "FI20774740"),
    ("GR", "EL094259216"),
    ("HR", "HR33392005961"),
    ("HU", "HU12892312"),
    ("IE", "IE6433435F"),
    ("LT", "LT119511515"),
    ("LU", "LU15027442"),
    ("LV", "LV40003521600"),
    ("MT", "MT11679112"),
    ("SE", "SE123456789701"),
    ("SI", "SI50223054"),
    ("SK", "SK2022749619"),
];

#[test]
fn a_vat_number_with_its_letters_is_found_without_a_word_and_a_wrong_one_is_not() {
    for (country, number) in VAT {
        let found = scanner(country).scan(&format!("The value {number} came up again."));
        assert_eq!(kinds(&found), ["TAX_NUMBER"], "{number}: {found:?}");
        let wrong = number.replacen(
            |sign: char| sign.is_ascii_digit(),
            if number[2..].starts_with('3') {
                "4"
            } else {
                "3"
            },
            1,
        );
        let found = scanner(country).scan(&format!("The value {wrong} came up again."));
        assert!(found.is_empty(), "{wrong} for {number}: {found:?}");
    }
}

#[test]
fn a_vat_number_whose_check_is_not_known_needs_a_word() {
    for number in ["SK1020304050", "CZ 9901019999", "RO18547290"] {
        let found = scanner("US").scan(&format!("VAT: {number}."));
        assert_eq!(kinds(&found), ["TAX_NUMBER"], "{number}: {found:?}");
        let found = scanner("US").scan(&format!("The value {number} came up again."));
        assert!(found.is_empty(), "{number} alone: {found:?}");
    }
    let found = scanner("RO").scan("CUI: 18547290");
    assert_eq!(kinds(&found), ["TAX_NUMBER"], "{found:?}");
    let found = scanner("RO").scan("500000 euro, di cui 260000 euro a fondo perduto");
    assert!(found.is_empty(), "of which: {found:?}");
}

#[test]
fn a_number_of_a_country_that_is_off_is_not_named() {
    for (country, kind, word, number) in EXAMPLES {
        let other = if *country == "MT" { "JP" } else { "MT" };
        let found = scanner(other).scan(&format!("{word}: {number}."));
        assert!(!kinds(&found).contains(kind), "{country} is off: {found:?}");
    }
}

/// These have no published examples: computed here by their laws.
#[test]
fn computed_numbers_are_found() {
    let cases = [
        ("HU", "HU_TAJ", "TAJ", taj("12345678")),
        (
            "HU",
            "HU_PERSONAL_ID",
            "személyi szám",
            personal("2720216167", true),
        ),
        (
            "HU",
            "HU_PERSONAL_ID",
            "személyi szám",
            personal("3000216167", false),
        ),
        ("PT", "PT_SOCIAL_SECURITY", "NISS", niss("1234567890")),
        ("BR", "BR_PIS", "PIS", pis("1205641274")),
    ];
    for (country, kind, word, number) in cases {
        let found = scanner(country).scan(&format!("{word}: {number}"));
        assert!(kinds(&found).contains(&kind), "{number}: {found:?}");
    }
}

fn digits(text: &str) -> Vec<usize> {
    text.bytes().map(|byte| usize::from(byte - b'0')).collect()
}

/// The sum of the digits times what their place says.
fn sum(body: &str, weight: impl Fn(usize) -> usize) -> usize {
    digits(body)
        .iter()
        .enumerate()
        .map(|(nth, digit)| digit * weight(nth))
        .sum()
}

fn taj(body: &str) -> String {
    format!("{body}{}", sum(body, |nth| [3, 7][nth % 2]) % 10)
}

/// Counted from the front for those born until 1996, and from the end for those born later.
fn personal(body: &str, forward: bool) -> String {
    let place = |nth: usize| if forward { nth + 1 } else { 10 - nth };
    format!("{body}{}", sum(body, place) % 11)
}

fn niss(body: &str) -> String {
    const PRIMES: [usize; 10] = [29, 23, 19, 17, 13, 11, 7, 5, 3, 2];
    format!("{body}{}", 9 - sum(body, |nth| PRIMES[nth]) % 10)
}

fn pis(body: &str) -> String {
    let last = body.len() - 1;
    let check = match sum(body, |nth| (last - nth) % 8 + 2) * 10 % 11 {
        10 => 0,
        rest => rest,
    };
    format!("{}.{}.{}-{check}", &body[..3], &body[3..8], &body[8..])
}
