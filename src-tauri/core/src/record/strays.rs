//! Checkpoints in the database that stand for no entry in it: one that was signed is the proof that there
//! were more entries, and one that was not is something that somebody put there.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{
    Event, Fault,
    checkpoints::{COLUMNS, Checkpoint, read},
    encoding::{from_hex, hex},
    entries,
};

/// Of no entry, or of more than the chain has.
const BEYOND: &str = "(count < 1 OR count > ?1)";

/// A checkpoint that says something about what is not there.
#[derive(Debug)]
pub(super) struct Stray {
    checkpoint: Checkpoint,
    /// Whether the key of the record signed it.
    is_signed: bool,
}

impl Stray {
    /// What it shows of a chain that has so many entries.
    pub(super) fn fault(&self, entries: i64) -> Fault {
        match self.is_signed {
            true => Fault::CutOff {
                expected: self.checkpoint.count,
                found: entries,
            },
            false => Fault::CheckpointUnsigned(self.checkpoint.count),
        }
    }
}

/// What was taken out of the table, and stands in the record now.
#[derive(Debug)]
pub(super) struct TakenOut {
    /// The one that shows most.
    shows: Checkpoint,
    /// How many there were.
    number: i64,
}

/// Of the checkpoints beyond the end the one that shows most: the greatest count that the key of the record
/// signed, for its hash is over all entries before; else the greatest. `own` is the key of this computer.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn find(
    conn: &Connection,
    instance: Uuid,
    own: Option<&[u8; 32]>,
) -> rusqlite::Result<Option<Stray>> {
    let end = entries::head(conn)?.count;
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM checkpoints WHERE {BEYOND} ORDER BY count DESC"
    ))?;
    let mut rows = statement.query([end])?;
    let named = key_at(conn, end)?;
    let mut greatest = None;
    while let Some(row) = rows.next()? {
        let checkpoint = read(row, instance)?;
        let key = Some(&checkpoint.public_key);
        if (key == named.as_ref() || key == own) && checkpoint.is_signed() {
            return Ok(Some(Stray {
                checkpoint,
                is_signed: true,
            }));
        }
        greatest.get_or_insert(Stray {
            checkpoint,
            is_signed: false,
        });
    }
    Ok(greatest)
}

/// Take the checkpoints beyond the end out of the table, and the one that was found `unsigned`, if it is
/// in the table. The caller writes down what that was, in the same transaction.
///
/// One that was signed and differs from the entries that it covers stays: the fault is theirs.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn take_out(
    tx: &Connection,
    instance: Uuid,
    own: &[u8; 32],
    unsigned: Option<i64>,
) -> rusqlite::Result<Option<TakenOut>> {
    let end = entries::head(tx)?.count;
    let beyond = find(tx, instance, Some(own))?.map(|stray| stray.checkpoint);
    let within = match unsigned {
        Some(count) => unsigned_at(tx, instance, count)?,
        None => None,
    };
    let number = tx.execute(
        &format!("DELETE FROM checkpoints WHERE {BEYOND} OR count = ?2"),
        params![end, within.as_ref().map(|checkpoint| checkpoint.count)],
    )?;
    Ok(beyond.or(within).map(|shows| TakenOut {
        shows,
        number: i64::try_from(number).unwrap_or(i64::MAX),
    }))
}

/// The checkpoint after this entry, if the key that the record names there did not sign it.
fn unsigned_at(
    conn: &Connection,
    instance: Uuid,
    count: i64,
) -> rusqlite::Result<Option<Checkpoint>> {
    let found = conn
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM checkpoints WHERE count = ?1"
        ))?
        .query_row([count], |row| read(row, instance))
        .optional()?;
    let named = key_at(conn, count)?;
    Ok(found.filter(|found| Some(found.public_key) != named || !found.is_signed()))
}

/// The key that signs checkpoints after this entry, as the record says.
fn key_at(conn: &Connection, count: i64) -> rusqlite::Result<Option<[u8; 32]>> {
    let named = entries::named_keys(conn, count)?;
    let key = named.and_then(|facts| from_hex(facts.text("public_key")?));
    Ok(key.and_then(|key| key.try_into().ok()))
}

impl Event {
    /// With what was taken out, so that a stranger can check it: see `docs/record-format.md`.
    pub(super) fn taken_out(self, taken: Option<&TakenOut>) -> Self {
        let shows = taken.map(|taken| &taken.shows);
        self.maybe("strays", taken.map(|taken| taken.number))
            .with_checkpoint(
                shows,
                [
                    "stray_count",
                    "stray_head",
                    "stray_time",
                    "stray_key",
                    "stray_signature",
                ],
            )
    }

    /// With all of a checkpoint but the installation, under these names.
    pub(super) fn with_checkpoint(
        self,
        checkpoint: Option<&Checkpoint>,
        [count, head, time, key, signature]: [&'static str; 5],
    ) -> Self {
        let Some(checkpoint) = checkpoint else {
            return self;
        };
        self.fact(count, checkpoint.count)
            .fact(head, hex(&checkpoint.head))
            .fact(time, checkpoint.time_ms)
            .fact(key, hex(&checkpoint.public_key))
            .fact(signature, hex(&checkpoint.signature))
    }
}
