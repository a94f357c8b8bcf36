//! Wallets of cryptocurrencies: addresses that carry a hash or a code of themselves, and some that do not
//! and need a word.

mod codes;

use codes::{base58, base58_by, cash, monero, polymod, stellar, values_of};
use sha2::{Digest, Sha256};
use sha3::Keccak256;

use super::{Scan, finding};
use crate::safety::{Finding, Kind, context::Topic, numbers::Token};

/// An address in one token.
pub(super) fn wallet(scan: &Scan<'_>, token: Token, out: &mut Vec<Finding>) {
    let mut span = token.start..token.end;
    let address = &scan.view[span.clone()];
    let found = match address.len() {
        25..=35 if address.starts_with('r') => ripple(address),
        42 if address.starts_with(['q', 'p', 'Q', 'P']) && cash(address) => {
            const PREFIX: &str = "bitcoincash:";
            let head = &scan.view.as_bytes()[..span.start];
            let from = head.len().saturating_sub(PREFIX.len());
            if head[from..].eq_ignore_ascii_case(PREFIX.as_bytes()) {
                span.start = from;
            }
            Some((
                1.0,
                true,
                "wallet/cash",
                "An address of Bitcoin Cash; its code is right",
            ))
        }
        56 if address.starts_with('G') && stellar(address) => Some((
            1.0,
            true,
            "wallet/stellar",
            "An address of Stellar; its code is right",
        )),
        95 | 106 if address.starts_with(['4', '8']) && monero(address) => Some((
            1.0,
            true,
            "wallet/monero",
            "An address of Monero; the hash is right",
        )),
        25..=35 if address.starts_with(['1', '3', 'L', 'M', 'D', 'X', 'T', 'A', '9', '7']) => {
            base58check(address)
        }
        42..=90 if address.starts_with("0x") || address.starts_with("0X") => {
            ethereum(scan, token, address)
        }
        14..=LONGEST_BECH32 => bech32(address),
        _ => None,
    };
    let found = found.or_else(|| by_word(scan, token, address));
    if let Some((score, validated, rule, reason)) = found {
        out.push(finding(Kind::Crypto, span, score, validated, rule, reason));
    }
}

type Found = (f32, bool, &'static str, &'static str);

/// Base58Check: a version, 20 bytes, and the first four bytes of their SHA-256 taken twice.
fn base58check(address: &str) -> Option<Found> {
    // Bitcoin, Litecoin, Dogecoin, Dash, Tron: main-net versions of keys and scripts.
    const VERSIONS: &[u8] = &[0x00, 0x05, 0x30, 0x32, 0x1e, 0x16, 0x4c, 0x10, 0x41];
    let bytes = base58::<25>(address)?;
    (VERSIONS.contains(&bytes[0]) && is_hashed(&bytes)).then_some((
        1.0,
        true,
        "wallet/base58",
        "An address of Bitcoin or its kin; the hash is right",
    ))
}

/// XRP Ledger, "Base58 encodings": the same with letters in another order, version 0.
fn ripple(address: &str) -> Option<Found> {
    const LETTERS: &[u8; 58] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";
    let bytes = base58_by::<25>(address, LETTERS)?;
    (bytes[0] == 0 && is_hashed(&bytes)).then_some((
        1.0,
        true,
        "wallet/ripple",
        "An address of the XRP Ledger; the hash is right",
    ))
}

/// Whether the last four bytes are the first of the SHA-256, taken twice, of those before them.
fn is_hashed(bytes: &[u8; 25]) -> bool {
    let (body, check) = bytes.split_at(21);
    Sha256::digest(Sha256::digest(body)).starts_with(check)
}

/// The longest address in bech32, of Cardano.
const LONGEST_BECH32: usize = 108;

/// BIP 173 and BIP 350: bech32 and bech32m, by the coins' prefixes (SLIP-0173).
fn bech32(address: &str) -> Option<Found> {
    const PREFIXES: &[&str] = &[
        "bc", "tb", "ltc", "addr", "stake", "cosmos", "osmo", "juno", "kava", "terra", "secret",
        "akash", "inj", "sei", "celestia", "dydx", "thor", "bnb", "erd", "zil",
    ];
    const BECH32: u32 = 1;
    const BECH32M: u32 = 0x2bc8_30a3;
    let one_case = !(address.bytes().any(|b| b.is_ascii_lowercase())
        && address.bytes().any(|b| b.is_ascii_uppercase()));
    let (prefix, data) = address.rsplit_once('1')?;
    let known = PREFIXES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(prefix));
    if !one_case || !known || data.len() < 11 {
        return None;
    }
    let lower = prefix.to_ascii_lowercase();
    let high = lower.bytes().map(|byte| byte >> 5);
    let low = lower.bytes().map(|byte| byte & 31);
    let mut values: Vec<u8> = high.chain([0]).chain(low).collect();
    values.extend(values_of(data)?);
    matches!(polymod(&values), BECH32 | BECH32M).then_some((
        1.0,
        true,
        "wallet/bech32",
        "An address of a cryptocurrency; its code is right",
    ))
}

/// Solana's are 32 bytes without any check, Polkadot's 35 with a hash that is not looked at: a word must
/// say so.
fn by_word(scan: &Scan<'_>, token: Token, address: &str) -> Option<Found> {
    if !matches!(address.len(), 32..=44 | 46..=48) {
        return None;
    }
    scan.hits.distance(Topic::Coin, &(token.start..token.end))?;
    let mixed = address.bytes().any(|b| b.is_ascii_lowercase())
        && address.bytes().any(|b| b.is_ascii_uppercase());
    let right = match address.len() {
        32..=44 => base58::<32>(address).is_some(),
        _ => base58::<35>(address).is_some(),
    };
    if !mixed || !right {
        return None;
    }
    Some((
        0.75,
        false,
        "wallet/word",
        "As many bytes as a wallet has, near a word for one",
    ))
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

/// Coins whose addresses need their name.
pub(super) const COINS: &[&str] = &[
    "solana",
    "sol",
    "spl",
    "phantom",
    "solflare",
    "polkadot",
    "dot",
    "kusama",
    "ksm",
    "substrate",
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
        assert!(bech32(bip173).is_some(), "BIP 173");
        assert!(bech32(&bip173.replace("508D", "509D")).is_none());
        assert!(
            bech32(&bip173.replace("508D", "508d")).is_none(),
            "one case only"
        );
        let upper = "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4".to_lowercase();
        assert!(bech32(&upper).is_some(), "in either case");
        let bip350 = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0";
        assert!(bech32(bip350).is_some(), "BIP 350");
        let xrp = "rDTXLQ7ZKZVKz33zJbHjgVShjsBnqMBhmN";
        assert!(ripple(xrp).is_some());
        assert!(ripple(&xrp.replace("DTX", "DTY")).is_none());
    }
}
