//! How addresses are written, and the codes by which they check themselves.

use sha3::{Digest, Keccak256};

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// So many bytes in Bitcoin's base 58; `None` if it is something else or more.
pub(super) fn base58<const N: usize>(address: &str) -> Option<[u8; N]> {
    base58_by(address, BASE58)
}

/// The same with other letters.
pub(super) fn base58_by<const N: usize>(address: &str, letters: &[u8; 58]) -> Option<[u8; N]> {
    let mut bytes = [0_u8; N];
    for letter in address.bytes() {
        let mut carry = letters.iter().position(|known| *known == letter)?;
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

/// Monero, "CryptoNote standard 007": eight bytes in eleven letters each time, and what is left; at the end
/// the first four bytes of the Keccak of those before. Main net: a key, one with a payment, a part of one.
pub(super) fn monero(address: &str) -> bool {
    const VERSIONS: [u8; 3] = [18, 19, 42];
    const BLOCK: usize = 11;
    let mut bytes = Vec::with_capacity(80);
    for block in address.as_bytes().chunks(BLOCK) {
        let Ok(block) = str::from_utf8(block) else {
            return false;
        };
        let length = match block.len() {
            BLOCK => 8,
            7 => 5,
            _ => return false,
        };
        let Some(eight) = base58::<8>(block) else {
            return false;
        };
        if eight[..8 - length].iter().any(|byte| *byte != 0) {
            return false;
        }
        bytes.extend_from_slice(&eight[8 - length..]);
    }
    let Some((body, check)) = bytes.split_last_chunk::<4>() else {
        return false;
    };
    body.first()
        .is_some_and(|version| VERSIONS.contains(version))
        && Keccak256::digest(body).starts_with(check)
}

/// Stellar, SEP-0023: base 32 of a version, 32 bytes and their CRC-16 (XMODEM), its low byte first.
pub(super) fn stellar(address: &str) -> bool {
    const ACCOUNT: u8 = 6 << 3;
    let mut bytes = Vec::with_capacity(35);
    let (mut bits, mut held) = (0_u32, 0);
    for letter in address.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return false,
        };
        bits = bits << 5 | u32::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    let Some((body, check)) = bytes.split_last_chunk::<2>() else {
        return false;
    };
    body.first() == Some(&ACCOUNT) && crc16(body).to_le_bytes() == *check
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |code, byte| {
        (0..8).fold(code ^ u16::from(*byte) << 8, |code, _| {
            code << 1 ^ if code & 0x8000 == 0 { 0 } else { 0x1021 }
        })
    })
}

/// Bitcoin Cash, "CashAddr": a code of forty bits over the prefix and the address.
pub(super) fn cash(address: &str) -> bool {
    const GENERATOR: [u64; 5] = [
        0x98_f2bc_8e61,
        0x79_b76d_99e2,
        0xf3_3e5f_b3c4,
        0xae_2eab_e2a8,
        0x1e_4f43_e470,
    ];
    let Some(values) = values_of(address) else {
        return false;
    };
    let prefix = b"bitcoincash".iter().map(|letter| letter & 31);
    let all = prefix.chain([0]).chain(values);
    let code = all.fold(1_u64, |code, value| {
        let top = code >> 35;
        let shifted = (code & 0x07_ffff_ffff) << 5 ^ u64::from(value);
        let bits = GENERATOR.iter().enumerate();
        bits.fold(shifted, |code, (bit, generator)| {
            if top >> bit & 1 == 1 {
                code ^ generator
            } else {
                code
            }
        })
    });
    code == 1
}

/// What letters of bech32 stand for, five bits each; in one case.
pub(super) fn values_of(data: &str) -> Option<Vec<u8>> {
    const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let value = |letter: u8| {
        let place = LETTERS
            .iter()
            .position(|known| *known == letter.to_ascii_lowercase())?;
        u8::try_from(place).ok()
    };
    data.bytes().map(value).collect()
}

/// The code of BIP 173 over values of five bits.
pub(super) fn polymod(values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    values.iter().fold(1, |code, value| {
        let top = code >> 25;
        let shifted = (code & 0x01ff_ffff) << 5 ^ u32::from(*value);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standards_are_right_and_one_letter_makes_them_wrong() {
        let bitcoin_cash = "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a";
        assert!(cash(bitcoin_cash), "the specification of CashAddr");
        assert!(!cash(&bitcoin_cash.replace("qpm2", "qpm3")));
        let sep_23 = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ";
        assert!(stellar(sep_23), "SEP-0023");
        assert!(!stellar(&sep_23.replace("GA7Q", "GA7R")));
        // The address for gifts to the makers of Monero.
        let gifts = "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A";
        assert!(monero(gifts));
        assert!(!monero(&gifts.replace("44AFF", "44AFG")));
        assert_eq!(crc16(b"123456789"), 0x31c3, "the usual check of XMODEM");
    }
}
