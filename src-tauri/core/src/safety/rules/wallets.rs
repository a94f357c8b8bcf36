//! Wallets of cryptocurrencies: addresses that carry a hash or a code of themselves.

use sha2::{Digest, Sha256};
use sha3::Keccak256;

use super::{Scan, finding};
use crate::safety::{Finding, Kind, context::Topic, numbers::Token};

/// An address in one token.
pub(super) fn wallet(scan: &Scan<'_>, token: Token, out: &mut Vec<Finding>) {
    let span = token.start..token.end;
    let address = &scan.view[span.clone()];
    let found = match address.len() {
        25..=35 if address.starts_with(['1', '3', 'L', 'M', 'D', 'X', 'T', 'A', '9', '7']) => {
            base58check(address)
        }
        42..=90 if address.starts_with("0x") || address.starts_with("0X") => {
            ethereum(scan, token, address)
        }
        14..=90 => segwit(address),
        _ => None,
    };
    if let Some((score, validated, rule, reason)) = found {
        out.push(finding(Kind::Crypto, span, score, validated, rule, reason));
    }
}

type Found = (f32, bool, &'static str, &'static str);

/// Base58Check: a version, 20 bytes, and the first four bytes of their SHA-256 taken twice.
fn base58check(address: &str) -> Option<Found> {
    let bytes = base58(address)?;
    let (body, check) = bytes.split_at(21);
    let hash = Sha256::digest(Sha256::digest(body));
    // Bitcoin, Litecoin, Dogecoin, Dash, Tron: main-net versions of keys and scripts.
    let known = matches!(
        body[0],
        0x00 | 0x05 | 0x30 | 0x32 | 0x1e | 0x16 | 0x4c | 0x10 | 0x41
    );
    (known && hash.starts_with(check)).then_some((
        1.0,
        true,
        "wallet/base58",
        "An address of Bitcoin or its kin; the hash is right",
    ))
}

/// The 25 bytes of an address in Bitcoin's base 58.
fn base58(address: &str) -> Option<[u8; 25]> {
    const LETTERS: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0_u8; 25];
    for letter in address.bytes() {
        let mut carry = LETTERS.iter().position(|known| *known == letter)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return None;
        }
    }
    Some(bytes)
}

/// BIP 173 and BIP 350: bech32 and bech32m, of Bitcoin and Litecoin.
fn segwit(address: &str) -> Option<Found> {
    const LETTERS: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const BECH32: u32 = 1;
    const BECH32M: u32 = 0x2bc8_30a3;
    let one_case = !(address.bytes().any(|b| b.is_ascii_lowercase())
        && address.bytes().any(|b| b.is_ascii_uppercase()));
    let lower = address.to_ascii_lowercase();
    let (prefix, data) = lower.split_once('1')?;
    if !one_case || !matches!(prefix, "bc" | "ltc" | "tb") || data.len() < 11 {
        return None;
    }
    let high = prefix.bytes().map(|byte| u32::from(byte >> 5));
    let low = prefix.bytes().map(|byte| u32::from(byte & 31));
    let mut values: Vec<u32> = high.chain([0]).chain(low).collect();
    for letter in data.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        values.push(u32::try_from(value).ok()?);
    }
    matches!(polymod(&values), BECH32 | BECH32M).then_some((
        1.0,
        true,
        "wallet/bech32",
        "An address of Bitcoin or Litecoin; its code is right",
    ))
}

/// The code of BIP 173 over values of five bits.
fn polymod(values: &[u32]) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    values.iter().fold(1, |code, value| {
        let top = code >> 25;
        let shifted = (code & 0x01ff_ffff) << 5 ^ value;
        let bits = GENERATOR.iter().enumerate();
        bits.fold(shifted, |code, (bit, generator)| {
            if top >> bit & 1 == 1 {
                code ^ generator
            } else {
                code
            }
        })
    })
}

/// EIP-55: capitals say whether the address is right. One without capitals needs a word.
fn ethereum(scan: &Scan<'_>, token: Token, address: &str) -> Option<Found> {
    let digits = &address[2..];
    if digits.len() != 40 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let hash = Keccak256::digest(digits.to_ascii_lowercase());
    let right = digits.bytes().enumerate().all(|(nth, byte)| {
        let nibble = hash[nth / 2] >> (4 * (1 - nth % 2)) & 0xf;
        !byte.is_ascii_alphabetic() || byte.is_ascii_uppercase() == (nibble >= 8)
    });
    if right {
        return Some((
            1.0,
            true,
            "wallet/ethereum",
            "An address of Ethereum; its capitals are right",
        ));
    }
    scan.hits
        .distance(Topic::Wallet, &(token.start..token.end))?;
    Some((
        0.75,
        false,
        "wallet/ethereum",
        "The form of an address of Ethereum, near a word for one",
    ))
}

pub(super) const WORDS: &[&str] = &[
    "ethereum",
    "eth",
    "erc20",
    "erc-20",
    "wallet*",
    "address*",
    "metamask",
    "crypto*",
    "usdt",
    "usdc",
    "portefeuille",
    "adresse*",
    "direccion",
    "indirizzo",
    "endereco",
    "token*",
    "contract",
    "send to",
    "ウォレット",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standards_are_right_and_one_letter_makes_them_wrong() {
        let genesis = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
        assert!(
            base58check(genesis).is_some(),
            "the first address of Bitcoin"
        );
        assert!(base58check(&genesis.replace("efi2", "efi3")).is_none());
        let bip173 = "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4";
        assert!(segwit(bip173).is_some(), "BIP 173");
        assert!(segwit(&bip173.replace("508D", "509D")).is_none());
        assert!(
            segwit(&bip173.replace("508D", "508d")).is_none(),
            "one case only"
        );
        let bip350 = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0";
        assert!(segwit(bip350).is_some(), "BIP 350");
    }
}
