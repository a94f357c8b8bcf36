//! Vehicles: identification numbers, and plates after a word.

use super::{Check, NumberRule};
use crate::safety::{Kind, check::digit};

const PLATE_WORDS: &[&str] = &[
    "license plate*",
    "licence plate*",
    "number plate*",
    "numberplate*",
    "license plates",
    "plate number*",
    "plate no*",
    "plate",
    "plates",
    "reg plate*",
    "registration plate*",
    "vehicle registration*",
    "vehicle reg*",
    "reg no",
    "reg number",
    "car registration",
    "registration number",
    "vrn",
    "vrm",
    "licenseplate*",
    "kennzeichen*",
    "nummernschild*",
    "autokennzeichen",
    "kfz-kennzeichen",
    "immatricul*",
    "plaque*",
    "plaque d'immatriculation",
    "matricula*",
    "placa*",
    "targa*",
    "targato",
    "targata",
    "kenteken*",
    "nummerplaat",
    "rejestracj*",
    "numer rejestracyjny",
    "nr rejestracyjny",
    "nr rej",
    "tablica rejestracyjna",
    "registreringsnummer*",
    "regnr",
    "reg.nr",
    "nummerplade*",
    "rekisterinumero*",
    "rekisteritunnus",
    "rendszam*",
    "spz",
    "rz",
    "registracni znacka",
    "ecv",
    "numar de inmatriculare",
    "nr inmatriculare",
    "registarska oznaka",
    "registrska stevilka",
    "numerio zenkl*",
    "valsts numurs",
    "autonumbr*",
    "registreerimisnumb*",
    "αριθμοσ κυκλοφοριασ",
    "πινακιδ*",
    "регистрационен номер",
    "рег. номер",
    "ナンバープレート",
];

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "mac",
        kind: Kind::MacAddress,
        country: "",
        shapes: &["xx-xx-xx-xx-xx-xx"],
        words: &[MAC_WORDS],
        check: Check::Strong(|number| is_mac(number) && number.iter().any(u8::is_ascii_digit)),
        reason: "Twelve hexadecimal digits in the groups of a network card's address",
    },
    NumberRule {
        name: "mac/dotted",
        kind: Kind::MacAddress,
        country: "",
        shapes: &["xxxx.xxxx.xxxx"],
        words: &[MAC_WORDS],
        check: Check::Strong(|number| {
            is_mac(number)
                && number.iter().any(u8::is_ascii_digit)
                && !number.iter().all(u8::is_ascii_digit)
        }),
        reason: "Twelve hexadecimal digits in the groups of a network card's address",
    },
    // Without letters that is how articles and accounts are numbered, too: "1234.5678.9012".
    NumberRule {
        name: "mac/decimal",
        kind: Kind::MacAddress,
        country: "",
        shapes: &["dddd.dddd.dddd"],
        words: &[MAC_WORDS],
        check: Check::Form(is_mac),
        reason: "Twelve digits in the groups of a network card's address",
    },
    NumberRule {
        name: "vin",
        kind: Kind::Vin,
        country: "",
        shapes: &["x{17,17}"],
        words: &[VIN_WORDS],
        check: Check::Strong(checked_vin),
        reason: "17 characters of a vehicle identification number; the check digit is right",
    },
    NumberRule {
        name: "vin/without-check",
        kind: Kind::Vin,
        country: "",
        shapes: &["x{17,17}"],
        words: &[VIN_WORDS],
        check: Check::Form(is_vin),
        reason: "17 characters of a vehicle identification number",
    },
    NumberRule {
        name: "vehicle-plate",
        kind: Kind::VehiclePlate,
        country: "",
        shapes: &[
            "x{5,8}",
            "LLdd LLL",
            "L{1,3}-L{1,2} d{1,4}",
            "L{1,3} L{1,2} d{1,4}",
            "L{1,3}-L{1,2} d{1,4}L",
            "L{1,2}-d{1,5} L{1,3}",
            "L{1,3}-L{1,2}-d{1,4}",
            "L{1,3} L{1,2}d{1,4}",
            "L{1,3}-d{1,5}",
            "L{1,3} d{3,6}",
            "LL-ddd-LL",
            "LL ddd LL",
            "dddd LLL",
            "dddd-LLL",
            "xx-xx-xx",
            "xx-xxx-x",
            "x-xxx-xx",
            "xxx-xx-x",
            "LL ddddx",
            "LLL ddx",
            "LLL-ddd",
            "LLL ddd",
            "L-LLL-ddd",
            "d-LLL-ddd",
            "LLL-dddd",
            "LLL dddd",
            "LLLdLdd",
            "LL dd LL dddd",
            "LLddLLdddd",
            "LL dd L dddd",
            "d{1,3}-LLL",
            "d{1,3} LLL",
            "LL-dddd-LL",
            "dLx dddd",
            "L-dddd-LL",
            "L dddd LL",
            "LL dddd LL",
            "LL ddd dd",
            "LL ddddd",
            "ddLL-L-d{1,6}",
            "ddd-L-d{1,6}",
            "dd-L-d{1,6}",
        ],
        words: &[PLATE_WORDS],
        check: Check::Form(|number| {
            let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
            digits >= 1 && digits < number.len()
        }),
        reason: "The form of a plate after a word for one",
    },
];

const MAC_WORDS: &[&str] = &[
    "mac",
    "mac address*",
    "physical address*",
    "hardware address*",
    "ethernet",
    "hwaddr",
    "bssid",
];

/// Any hexadecimal digits but those of no card.
fn is_mac(number: &[u8]) -> bool {
    number.iter().all(u8::is_ascii_hexdigit) && !super::network::is_idle_mac(number.iter().copied())
}

const VIN_WORDS: &[&str] = &[
    "vin",
    "vin number",
    "vehicle identification*",
    "chassis*",
    "fahrgestellnummer*",
    "fahrzeug-ident*",
    "fin",
    "numero de chassis",
    "bastidor",
    "telaio",
    "numero di telaio",
    "chassisnummer*",
    "numer vin",
];

/// ISO 3779: no I, O or Q, and the last four are digits.
fn is_vin(number: &[u8]) -> bool {
    let letters = number
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .count();
    !number.iter().any(|byte| b"IOQ".contains(byte))
        && number.iter().skip(13).all(u8::is_ascii_digit)
        && (2..=13).contains(&letters)
}

/// 49 CFR 565.15: the ninth character checks the others, modulus 11, X for 10. North America and China
/// require it.
fn checked_vin(number: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    // A to H are 1 to 8, J to R 1 to 9 (without O and Q), S to Z 2 to 9.
    const VALUES: &[u8; 26] = b"12345678.12345.7.923456789";
    let value = |&byte: &u8| match byte {
        b'A'..=b'Z' => digit(VALUES[usize::from(byte - b'A')]),
        _ => digit(byte),
    };
    let products = number
        .iter()
        .zip(WEIGHTS)
        .map(|(byte, weight)| Some(value(byte)? * weight));
    let sum: Option<u32> = products.sum();
    is_vin(number) && sum.is_some_and(|sum| b"0123456789X"[(sum % 11) as usize] == number[8])
}
