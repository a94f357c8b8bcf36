//! Signed statements of how long the chain was and where it ended: what shows a cut tail, a
//! rolled-back file or a swapped one, and what a stranger checks with the public key alone.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    encoding::{Encoding, Hash, from_hex, hex},
    entries::Head,
};
use crate::store::Migration;

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-27 create checkpoints",
    sql: "CREATE TABLE checkpoints (
            count INTEGER PRIMARY KEY,
            head BLOB NOT NULL CHECK (length(head) = 32),
            time_ms INTEGER NOT NULL,
            public_key BLOB NOT NULL CHECK (length(public_key) = 32),
            signature BLOB NOT NULL CHECK (length(signature) = 64)
          ) STRICT",
}];

/// After how many entries one is kept in the database.
pub(super) const EVERY: i64 = 64;

/// A signed statement: this installation's record had so many entries, the last with this hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which installation.
    pub instance: Uuid,
    /// Entries.
    pub count: i64,
    /// The hash of the last one.
    pub head: [u8; 32],
    /// When it was signed: UTC milliseconds by this computer's clock.
    pub time_ms: i64,
    /// The key it is checked with.
    pub public_key: [u8; 32],
    /// Ed25519 (RFC 8032) over its encoding.
    pub signature: [u8; 64],
}

impl Checkpoint {
    pub(super) fn sign(key: &SigningKey, instance: Uuid, head: &Head, time_ms: i64) -> Self {
        let message = encoding(instance, head.count, &head.hash, time_ms);
        Self {
            instance,
            count: head.count,
            head: head.hash,
            time_ms,
            public_key: key.verifying_key().to_bytes(),
            signature: key.sign(&message).to_bytes(),
        }
    }

    /// Whether the holder of the public key signed exactly this.
    pub fn is_signed(&self) -> bool {
        let message = encoding(self.instance, self.count, &self.head, self.time_ms);
        VerifyingKey::from_bytes(&self.public_key).is_ok_and(|key| {
            key.verify_strict(&message, &Signature::from_bytes(&self.signature))
                .is_ok()
        })
    }

    /// A short form for paper: the count and 160 bits that stand for installation, count and head.
    pub fn code(&self) -> String {
        code(self.instance, self.count, &self.head)
    }
}

fn encoding(instance: Uuid, count: i64, head: &Hash, time_ms: i64) -> Vec<u8> {
    Encoding::of("gatehouse record checkpoint 1")
        .bytes(instance.as_bytes())
        .integer(count)
        .bytes(head)
        .integer(time_ms)
        .into_bytes()
}

/// The code of a chain that has `count` entries and ends with `head`.
pub(super) fn code(instance: Uuid, count: i64, head: &Hash) -> String {
    let hash = Encoding::of("gatehouse record code 1")
        .bytes(instance.as_bytes())
        .integer(count)
        .bytes(head)
        .hash();
    let letters = base32(&hash[..20]);
    let groups: Vec<_> = letters
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    format!("GH-{count}-{}", groups.join("-"))
}

/// Those of RFC 4648's Base32.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// 5 bytes are 8 letters.
fn base32(bytes: &[u8]) -> String {
    bytes
        .chunks_exact(5)
        .flat_map(|five| {
            let value = five
                .iter()
                .fold(0u64, |all, byte| all << 8 | u64::from(*byte));
            (0..8).map(move |place| LETTERS[(value >> (35 - 5 * place)) as usize & 31] as char)
        })
        .collect()
}

/// Groups of letters in a code.
const GROUPS: usize = 8;

/// A code that somebody has copied from paper, as it was given away, and the number of entries that it speaks
/// of; `None`: it is no code. Small letters and spaces do not matter, and digits that no code has among its
/// letters are taken for the letters that look like them.
pub(super) fn read_code(copied: &str) -> Option<(String, i64)> {
    let copied = copied.to_ascii_uppercase().replace(char::is_whitespace, "");
    let mut parts = copied.split('-');
    let ("GH", count) = (parts.next()?, parts.next()?) else {
        return None;
    };
    let groups: Vec<String> = parts
        .map(|part| part.chars().map(meant).collect())
        .collect();
    let are_letters =
        |group: &String| group.len() == 4 && group.bytes().all(|letter| LETTERS.contains(&letter));
    let is_number = !count.starts_with('0') && count.bytes().all(|digit| digit.is_ascii_digit());
    let is_code = is_number && groups.len() == GROUPS && groups.iter().all(are_letters);
    let number = count.parse().ok().filter(|_| is_code)?;
    Some((format!("GH-{count}-{}", groups.join("-")), number))
}

/// The letter that is meant where somebody wrote a digit that looks like it.
fn meant(written: char) -> char {
    match written {
        '0' => 'O',
        '1' => 'I',
        '8' => 'B',
        letter => letter,
    }
}

/// As it is written in files and in the keychain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    instance: Uuid,
    count: i64,
    head: String,
    time: i64,
    public_key: String,
    signature: String,
}

impl From<&Checkpoint> for Written {
    fn from(checkpoint: &Checkpoint) -> Self {
        Self {
            instance: checkpoint.instance,
            count: checkpoint.count,
            head: hex(&checkpoint.head),
            time: checkpoint.time_ms,
            public_key: hex(&checkpoint.public_key),
            signature: hex(&checkpoint.signature),
        }
    }
}

impl Written {
    /// The checkpoint, if lengths and digits are right; its signature is not looked at.
    pub(super) fn read(&self) -> Option<Checkpoint> {
        Some(Checkpoint {
            instance: self.instance,
            count: self.count,
            head: from_hex(&self.head)?.try_into().ok()?,
            time_ms: self.time,
            public_key: from_hex(&self.public_key)?.try_into().ok()?,
            signature: from_hex(&self.signature)?.try_into().ok()?,
        })
    }
}

/// Keep a checkpoint; one that has the same count stays as it is.
pub(super) fn keep(conn: &Connection, checkpoint: &Checkpoint) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR IGNORE INTO checkpoints VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            checkpoint.count,
            checkpoint.head,
            checkpoint.time_ms,
            checkpoint.public_key,
            checkpoint.signature
        ])?;
    Ok(())
}

/// The first checkpoint of at least this many entries.
pub(super) fn next_from(
    conn: &Connection,
    instance: Uuid,
    count: i64,
) -> rusqlite::Result<Option<Checkpoint>> {
    use rusqlite::OptionalExtension;
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM checkpoints WHERE count >= ?1 ORDER BY count LIMIT 1"
    ))?
    .query_row([count], |row| read(row, instance))
    .optional()
}

pub(super) const COLUMNS: &str = "count, head, time_ms, public_key, signature";

/// A row of [`COLUMNS`]. What is no checkpoint any more is read as one that nobody signed: it is told as
/// that, and stops nothing.
pub(super) fn read(row: &rusqlite::Row<'_>, instance: Uuid) -> rusqlite::Result<Checkpoint> {
    Ok(Checkpoint {
        instance,
        count: row.get(0)?,
        head: row.get(1).unwrap_or_default(),
        time_ms: row.get(2).unwrap_or_default(),
        public_key: row.get(3).unwrap_or_default(),
        signature: row.get(4).unwrap_or([0; 64]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(count: i64) -> Checkpoint {
        let head = Head {
            count,
            hash: [7; 32],
            latest_ms: 0,
        };
        Checkpoint::sign(&SigningKey::from_bytes(&[1; 32]), Uuid::nil(), &head, 5)
    }

    #[test]
    fn any_change_breaks_the_signature() {
        let good = signed(64);
        assert!(good.is_signed());
        for change in [
            |c: &mut Checkpoint| c.count += 1,
            |c: &mut Checkpoint| c.head[0] ^= 1,
            |c: &mut Checkpoint| c.time_ms += 1,
            |c: &mut Checkpoint| c.instance = Uuid::max(),
            |c: &mut Checkpoint| c.signature[63] ^= 128,
            |c: &mut Checkpoint| c.public_key[0] ^= 1,
        ] {
            let mut changed = good.clone();
            change(&mut changed);
            assert!(!changed.is_signed(), "{changed:?}");
        }
    }

    #[test]
    fn a_code_names_its_count_and_differs_where_the_head_does() {
        let mut other = signed(64);
        other.head[31] ^= 1;
        let code = signed(64).code();
        assert_eq!(read_code(&code), Some((code.clone(), 64)));
        assert_ne!(code, other.code());
    }

    #[test]
    fn a_code_is_read_as_people_copy_it() {
        let code = "GH-64-BOIB-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG-HHH7";
        for copied in [
            "gh-64-boib-bbbb-cccc-dddd-eeee-ffff-gggg-hhh7",
            " GH-64-BOIB-BBBB-CCCC-DDDD-\n EEEE-FFFF-GGGG-HHH7 ",
            "GH-64-801B-8B88-CCCC-DDDD-EEEE-FFFF-GGGG-HHH7",
        ] {
            assert_eq!(read_code(copied), Some((code.into(), 64)), "{copied}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        let rest = "-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG-HHHH";
        for (begin, why) in [
            ("GH-64-AAA", "a letter is missing"),
            ("GH-64-AAAAA", "there is one too many"),
            ("GH-64-AAA9", "no code has this digit"),
            ("GH-64-AAAÄ", "nor this letter"),
            ("GH-64-AAAA-AAAA", "nine groups"),
            ("GH-64", "seven groups"),
            ("GH-064-AAAA", "a count has no zero before it"),
            ("GH-+64-AAAA", "nor a sign"),
            ("GH--64-AAAA", "nor less than nothing"),
            ("GH-0-AAAA", "of no entry there is no checkpoint"),
            ("GH--AAAA", "no count"),
            ("GH-99999999999999999999-AAAA", "more than can be"),
            ("GX-64-AAAA", "another word"),
        ] {
            assert_eq!(read_code(&format!("{begin}{rest}")), None, "{why}");
        }
        assert_eq!(read_code("hello"), None);
    }

    /// Examples of RFC 4648, section 10, padded to whole groups.
    #[test]
    fn letters_are_those_of_base32() {
        assert_eq!(base32(b"fooba"), "MZXW6YTB");
    }
}
