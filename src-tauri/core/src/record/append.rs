//! How an entry gets into the chain: sealed, linked, proven and kept, in the transaction of what it
//! records.

use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    Event, Record, Subject,
    checkpoints::{self, EVERY},
    encoding::hex,
    entries::{self, Entry, Head},
    file::fits_a_line,
    payloads::{self, Known},
};
use crate::{sealed::SealedError, store::StoreError};

impl Record {
    /// Append an entry, in the transaction of what it records. Its place in the chain.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when it cannot be written, which also stands for what cannot be sealed, so
    /// that every transaction can append.
    pub fn append(&self, tx: &Connection, event: Event, now_ms: i64) -> rusqlite::Result<i64> {
        let head = entries::head(tx)?;
        let event = event.with_workspace(tx)?;
        let about = seal(tx, head.count + 1, &event).map_err(as_sql)?;
        self.link(tx, head, event, about, now_ms)
    }

    fn link(
        &self,
        tx: &Connection,
        head: Head,
        event: Event,
        about: About,
        now_ms: i64,
    ) -> rusqlite::Result<i64> {
        let sequence = head.count + 1;
        let entry = Entry {
            sequence,
            time_ms: now_ms,
            latest_ms: now_ms.max(head.latest_ms),
            instance: self.inner.instance,
            actor: event.actor.unwrap_or(self.inner.actor).name().to_owned(),
            action: event.action.name().to_owned(),
            subject: about.token,
            facts: event.facts.bounded(),
            commitment: about.commitment,
            previous: head.hash,
        };
        let hash = entry.hash();
        let mac = self.inner.keys.mac(&hash);
        entries::insert(tx, &entry, &hash, &mac, about.payload.as_deref())?;
        if sequence % EVERY == 0 {
            let head = Head {
                count: sequence,
                hash,
                latest_ms: entry.latest_ms,
            };
            checkpoints::keep(tx, &self.inner.sign(&head, now_ms))?;
        }
        self.inner.follow_to(sequence);
        Ok(sequence)
    }

    /// Destroy all that the record keeps of a subject in private, and write down that it was
    /// destroyed: the place of that entry. `None`: there was nothing. Of a conversation that is gone already,
    /// `event` must say the workspace.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when it cannot be written.
    pub fn erase(
        &self,
        tx: &Connection,
        subject: Subject,
        event: Event,
        now_ms: i64,
    ) -> rusqlite::Result<Option<i64>> {
        let Some(token) = payloads::destroy(tx, subject)? else {
            return Ok(None);
        };
        let about = About {
            token,
            ..About::default()
        };
        let event = event.about(subject).with_workspace(tx)?;
        self.link(tx, entries::head(tx)?, event, about, now_ms)
            .map(Some)
    }
}

/// What an entry is about, and what it keeps of that in private.
#[derive(Default)]
struct About {
    token: Vec<u8>,
    commitment: Vec<u8>,
    payload: Option<Vec<u8>>,
}

fn seal(tx: &Connection, sequence: i64, event: &Event) -> Result<About, SealedError> {
    let Some(subject) = event.about else {
        debug_assert!(event.payload.is_none(), "a payload needs a subject");
        return Ok(About::default());
    };
    let known = Known::of(tx, subject)?;
    let Some(payload) = &event.payload else {
        return Ok(About {
            token: known.token,
            ..About::default()
        });
    };
    let payload = bounded(payload.to_string());
    let (commitment, sealed) = known.seal(sequence, &payload)?;
    Ok(About {
        token: known.token,
        commitment: commitment.to_vec(),
        payload: Some(sealed),
    })
}

/// A payload that a line of an exported file can hold: one that is longer gives way to its length and hash.
fn bounded(payload: String) -> String {
    if fits_a_line(&payload) {
        return payload;
    }
    let sha256 = hex(&Sha256::digest(&payload));
    json!({ "left_out": { "bytes": payload.len(), "sha256": sha256 } }).to_string()
}

fn as_sql(error: SealedError) -> rusqlite::Error {
    match error {
        SealedError::Store(StoreError::Sql(error)) => error,
        other => rusqlite::Error::ToSqlConversionFailure(Box::new(other)),
    }
}
