//! Brazil: CPF, CNPJ, PIS.

use super::{Check, NumberRule, words};
use crate::safety::{
    Kind,
    check::{all_same, digit, weighted},
};

pub(super) const NUMBERS: &[NumberRule] = &[
    NumberRule {
        name: "br-cpf",
        kind: Kind::BrCpf,
        country: "BR",
        shapes: &[
            "ddd.ddd.ddd-dd",
            "ddd ddd ddd dd",
            "ddddddddd-dd",
            "ddddddddddd",
        ],
        words: &[
            &["cpf*", "cadastro de pessoas fisicas", "pessoa fisica"],
            words::TAX,
        ],
        check: Check::Strong(cpf),
        reason: "11 digits of a Brazilian CPF; both check digits are right",
    },
    NumberRule {
        name: "br-cnpj",
        kind: Kind::BrCnpj,
        country: "BR",
        shapes: &["xx.xxx.xxx/xxxx-dd", "xxxxxxxxxxxxdd", "xxxxxxxx/xxxx-dd"],
        words: &[&["cnpj*", "pessoa juridica"], words::TAX],
        check: Check::Strong(cnpj),
        reason: "14 characters of a Brazilian CNPJ; both check digits are right",
    },
    NumberRule {
        name: "br-pis",
        kind: Kind::BrPis,
        country: "BR",
        shapes: &["ddd.ddddd.dd-d", "ddd.dddddd.dd", "ddddddddddd"],
        words: &[
            &["pis", "pasep", "nis", "nit", "pis/pasep", "inss"],
            words::SOCIAL,
        ],
        check: Check::Weak(pis),
        reason: "11 digits of a Brazilian PIS; the check digit is right",
    },
];

/// What a sum modulo 11 gives as a check digit in Brazil.
fn check_digit(sum: u32) -> u32 {
    (11 - sum % 11) % 11 % 10
}

/// Receita Federal: weights 10 to 2, then 11 to 2 over one digit more, modulus 11.
fn cpf(number: &[u8]) -> bool {
    let first = weighted(number, &[10, 9, 8, 7, 6, 5, 4, 3, 2]).map(check_digit);
    let second = weighted(number, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]).map(check_digit);
    !all_same(number) && digit(number[9]) == first && digit(number[10]) == second
}

/// Receita Federal, IN RFB 2.229/2024: letters count as their ASCII code less 48; weights 2 to 9 from the
/// right, modulus 11, twice.
fn cnpj(number: &[u8]) -> bool {
    const WEIGHTS: [u32; 13] = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
    let sum = |body: &[u8], weights: &[u32]| {
        let values = body.iter().map(|byte| u32::from(byte.saturating_sub(b'0')));
        values
            .zip(weights)
            .map(|(value, weight)| value * weight)
            .sum()
    };
    let first = check_digit(sum(&number[..12], &WEIGHTS[1..]));
    let second = check_digit(sum(&number[..13], &WEIGHTS));
    !all_same(number) && digit(number[12]) == Some(first) && digit(number[13]) == Some(second)
}

/// Caixa Econômica Federal: weights 3 2 9 8 7 6 5 4 3 2, modulus 11.
fn pis(number: &[u8]) -> bool {
    let sum = weighted(number, &[3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
    !all_same(number) && sum.is_some_and(|sum| digit(number[10]) == Some(check_digit(sum)))
}
