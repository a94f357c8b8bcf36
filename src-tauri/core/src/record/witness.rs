//! A checkpoint that was given away: what shows, later, that everything up to it is as it was, even
//! to somebody who trusts neither the computer nor its keychain.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Action, Checkpoint, Event, Fault, Record, RecordError, WhileFaulty,
    checkpoints::{Written, code, read_code},
    encoding::Hash,
    verify::walk_to,
};

/// What was given away: a signed checkpoint in a file, or a code on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witness {
    /// A signed checkpoint.
    Checkpoint(Box<Checkpoint>),
    /// A code: how many entries, and 160 bits of what they hash to.
    Code {
        /// As it was given away.
        code: String,
        /// How many entries it speaks of.
        count: i64,
    },
}

/// Why something is no witness.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// Neither a file of ours nor a code.
    #[error(
        "this is neither a witness file of Gatehouse nor a code like GH-128-AAAA-BBBB-…, which has eight times four \
         letters"
    )]
    Unknown,
    /// A witness file whose signature does not fit.
    #[error("the signature of this witness does not fit: it was changed, or is damaged")]
    Unsigned,
}

const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kind: Kind,
    format: u32,
    checkpoint: Written,
    code: String,
}

#[derive(Serialize, Deserialize)]
enum Kind {
    #[serde(rename = "gatehouse-witness")]
    Witness,
}

impl Witness {
    /// From the text of a witness file, or from a code.
    ///
    /// # Errors
    /// [`WitnessError`] when it is neither, or was changed.
    pub fn read(text: &str) -> Result<Self, WitnessError> {
        if let Some((code, count)) = read_code(text) {
            return Ok(Self::Code { code, count });
        }
        let file: File = serde_json::from_str(text).map_err(|_| WitnessError::Unknown)?;
        if file.format != FORMAT {
            return Err(WitnessError::Unknown);
        }
        let checkpoint = file.checkpoint.read().ok_or(WitnessError::Unknown)?;
        if checkpoint.count <= 0 {
            // Of no entries anybody could sign one, and every record would fit.
            return Err(WitnessError::Unknown);
        }
        if !checkpoint.is_signed() || file.code != checkpoint.code() {
            return Err(WitnessError::Unsigned);
        }
        Ok(Self::Checkpoint(Box::new(checkpoint)))
    }

    /// The text of the witness file of a checkpoint.
    pub fn file(checkpoint: &Checkpoint) -> String {
        let file = File {
            kind: Kind::Witness,
            format: FORMAT,
            checkpoint: Written::from(checkpoint),
            code: checkpoint.code(),
        };
        let json = serde_json::to_string_pretty(&file)
            .expect("a witness is JSON because it is texts and numbers");
        json + "\n"
    }

    /// How many entries it speaks of.
    pub fn count(&self) -> i64 {
        match self {
            Self::Checkpoint(checkpoint) => checkpoint.count,
            Self::Code { count, .. } => *count,
        }
    }

    /// Whether it is a code, which somebody may have copied with a mistake that cannot be told from a change.
    pub fn is_code(&self) -> bool {
        matches!(self, Self::Code { .. })
    }

    /// Whether it is of a chain that ends with this hash after as many entries as it counts.
    pub(super) fn speaks_of(&self, instance: Uuid, hash: &Hash) -> bool {
        match self {
            Self::Checkpoint(checkpoint) => {
                checkpoint.instance == instance && checkpoint.head == *hash
            }
            Self::Code { code: known, count } => *known == code(instance, *count, hash),
        }
    }
}

/// What a comparison with a witness says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// How many entries the witness speaks of.
    pub count: i64,
    /// What is not as it was then; `None`: everything up to there is.
    pub fault: Option<Fault>,
    /// How many entries of each kind were added since, most first.
    pub since: Vec<(String, i64)>,
}

impl Record {
    /// Make a checkpoint to give away, and write down that it was, after it. `now_ms` is UTC
    /// milliseconds.
    ///
    /// # Errors
    /// [`RecordError`] when a fault stands and nobody insists, or the database or the keychain fails.
    pub fn give_witness(
        &self,
        faulty: WhileFaulty,
        now_ms: i64,
    ) -> Result<Checkpoint, RecordError> {
        self.allow(faulty)?;
        let checkpoint = self.checkpoint()?;
        let event = self.witness_event(&checkpoint, faulty)?;
        self.store()
            .write(|tx| self.append(tx, event, now_ms).map_err(RecordError::from))?;
        Ok(checkpoint)
    }

    /// What the record says of a checkpoint that is given away.
    pub(crate) fn witness_event(
        &self,
        checkpoint: &Checkpoint,
        faulty: WhileFaulty,
    ) -> Result<Event, RecordError> {
        let fault = self.allow(faulty)?;
        Ok(Event::new(Action::WitnessSaved)
            .fact("count", checkpoint.count)
            .despite(fault.as_ref()))
    }

    /// Compare with a witness, entry by entry up to its count, and write down that it was compared.
    /// What came after is what [`Record::verify`] looks at.
    ///
    /// # Errors
    /// [`RecordError`] when the database fails.
    pub fn compare(&self, witness: &Witness, now_ms: i64) -> Result<Compared, RecordError> {
        let fault = self
            .store()
            .read(|conn| differs(conn, self.instance(), witness))?;
        self.store().write(|tx| {
            let event = Event::new(Action::WitnessCompared)
                .fact("count", witness.count())
                .fact("outcome", fault.as_ref().map_or("holds", Fault::name));
            let since = added_since(tx, witness.count())?;
            self.append(tx, event, now_ms)?;
            Ok(Compared {
                count: witness.count(),
                fault,
                since,
            })
        })
    }
}

fn differs(
    conn: &Connection,
    instance: Uuid,
    witness: &Witness,
) -> rusqlite::Result<Option<Fault>> {
    let count = witness.count();
    Ok(match walk_to(conn, instance, count)? {
        Ok(hash) if witness.speaks_of(instance, &hash) => None,
        Ok(_) => Some(Fault::CheckpointDiffers(count)),
        Err(fault) => Some(fault),
    })
}

fn added_since(conn: &Connection, count: i64) -> rusqlite::Result<Vec<(String, i64)>> {
    conn.prepare_cached(
        "SELECT action, count(*) FROM audit_entries WHERE sequence > ?1
         GROUP BY action ORDER BY count(*) DESC, action",
    )?
    .query_map(params![count], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}
