//! The record as a file that anyone can verify without Gatehouse: one JSON object a line, each
//! written in one way only, so that no byte of it can be changed unseen.

mod verify;

use std::{
    collections::HashSet,
    io::{self, BufWriter, Write},
    path::Path,
};

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use verify::verify_file;

use super::{
    Action, Event, Record, RecordError, Subject, WhileFaulty,
    checkpoints::{self, Checkpoint, Written},
    encoding::{Hash, from_hex, hex},
    entries::{self, COLUMNS, Entry, Kept},
    facts::Facts,
    payloads::{self, Known, Salted},
};
use crate::store::{Existing, write_file_noted};

/// Entries that are read in one transaction, at most.
const PAGE: i64 = 4096;
/// Bytes of private parts after which no more are read in it: they are all in memory until they are written.
const PAGE_BYTES: usize = if cfg!(test) { 64 << 10 } else { 16 << 20 };
/// No line is longer: a payload has at most half of it, and the facts are short.
const LONGEST_LINE: u64 = 16 << 20;
/// Bytes of a payload as it stands in a line, between its quotation marks.
const LONGEST_PAYLOAD: usize = 8 << 20;

/// Whether a payload may stand in a line, as it is written there.
pub(super) fn fits_a_line(payload: &str) -> bool {
    let escapes: usize = payload
        .bytes()
        .map(|byte| match byte {
            b'"' | b'\\' | 0x08 | 0x09 | 0x0a | 0x0c | 0x0d => 1,
            // `\u0000` for one byte.
            0..0x20 => 5,
            _ => 0,
        })
        .sum();
    payload.len() + escapes <= LONGEST_PAYLOAD
}

/// What goes into the file of what is private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents<'a> {
    /// Nothing: the chain and what is said in the clear.
    Facts,
    /// Of what is private, what is about these.
    About(&'a HashSet<Subject>),
    /// All private parts that are still there.
    Everything,
}

/// How much of what is private goes into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Private {
    LeftOut,
    InPart,
    Included,
}

impl Contents<'_> {
    fn private(self) -> Private {
        match self {
            Contents::Facts => Private::LeftOut,
            Contents::About(_) => Private::InPart,
            Contents::Everything => Private::Included,
        }
    }
}

impl Private {
    /// Its name in the record.
    fn name(self) -> &'static str {
        match self {
            Self::LeftOut => "left out",
            Self::InPart => "in part",
            Self::Included => "included",
        }
    }
}

/// Why the record could not be written to a file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    File(#[from] io::Error),
}

impl From<rusqlite::Error> for ExportError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Record(error.into())
    }
}

/// The first line: what the file must come to in the end.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstLine {
    kind: FirstKind,
    format: u32,
    checkpoint: Written,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum FirstKind {
    #[serde(rename = "gatehouse-record")]
    Record,
}

/// Any other line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Line {
    Entry(EntryLine),
    Checkpoint(Written),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryLine {
    sequence: i64,
    time: i64,
    latest: i64,
    instance: Uuid,
    actor: String,
    action: String,
    subject: String,
    facts: Facts,
    commitment: String,
    previous: String,
    hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<PayloadLine>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PayloadLine {
    salt: String,
    text: String,
}

impl Record {
    /// Write the record as a file, up to a checkpoint that is made now, behind the entry that says so.
    /// That checkpoint. `now_ms` is UTC milliseconds.
    ///
    /// # Errors
    /// [`ExportError`] when a fault stands and nobody insists, or it cannot be read or written; the file
    /// is then incomplete.
    pub fn export(
        &self,
        contents: Contents<'_>,
        faulty: WhileFaulty,
        out: &mut impl Write,
        now_ms: i64,
    ) -> Result<Checkpoint, ExportError> {
        self.note_export(contents.private(), faulty, now_ms)?;
        let last = self.checkpoint()?;
        write_lines(out, &last, |after, until| {
            self.store()
                .read(|conn| page(conn, &last, after, until, contents))
        })?;
        Ok(last)
    }

    /// Write down that the record is exported, with these private parts.
    ///
    /// # Errors
    /// [`RecordError`] when a fault stands and nobody insists, or it cannot be written.
    pub(crate) fn note_export(
        &self,
        private: Private,
        faulty: WhileFaulty,
        now_ms: i64,
    ) -> Result<(), RecordError> {
        let fault = self.allow(faulty)?;
        let event = Event::new(Action::RecordExported)
            .fact("private", private.name())
            .despite(fault.as_ref());
        self.store()
            .write(|tx| self.append(tx, event, now_ms).map(drop))
            .map_err(|error: rusqlite::Error| error.into())
    }

    /// Write the record as a file as it is in the state of the database that `conn` sees, up to a checkpoint
    /// that is made of it now. The caller has noted the export before that. `now_ms` is UTC milliseconds.
    ///
    /// # Errors
    /// [`ExportError`] when it cannot be read or written; the file is then incomplete.
    pub(crate) fn export_of(
        &self,
        conn: &Connection,
        contents: Contents<'_>,
        out: &mut impl Write,
        now_ms: i64,
    ) -> Result<Checkpoint, ExportError> {
        let last = self.inner.sign(&entries::head(conn)?, now_ms);
        write_lines(out, &last, |after, until| {
            page(conn, &last, after, until, contents)
        })?;
        Ok(last)
    }
}

impl Record {
    /// The same into a file, whole or not at all, in the place of one that is there.
    ///
    /// # Errors
    /// [`ExportError`]; a file of this name is then as it was.
    pub fn export_to(
        &self,
        path: &Path,
        contents: Contents<'_>,
        faulty: WhileFaulty,
        now_ms: i64,
    ) -> Result<Checkpoint, ExportError> {
        write_file_noted(self.inner.place.folder(), path, Existing::Replace, |file| {
            let mut out = BufWriter::new(file);
            let last = self.export(contents, faulty, &mut out, now_ms)?;
            out.flush()?;
            Ok(last)
        })
    }
}

/// All lines up to a checkpoint; `page` gives those of the entries after one and up to another, and how far it came.
fn write_lines(
    out: &mut impl Write,
    last: &Checkpoint,
    page: impl Fn(i64, i64) -> Result<(Vec<Line>, i64), ExportError>,
) -> Result<(), ExportError> {
    write_line(out, &FirstLine::of(last))?;
    let mut after = 0;
    while after < last.count {
        let until = last.count.min(after + PAGE);
        let (lines, reached) = page(after, until)?;
        for line in lines {
            write_line(out, &line)?;
        }
        after = reached;
    }
    Ok(())
}

/// The lines of the entries after one and up to another, with the checkpoints that stand there; and the last of
/// these entries, which is an earlier one where private parts are long.
pub(super) fn page(
    conn: &Connection,
    last: &Checkpoint,
    after: i64,
    until: i64,
    contents: Contents<'_>,
) -> Result<(Vec<Line>, i64), ExportError> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    let mut checkpoint = checkpoints::next_from(conn, last.instance, after + 1)?;
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM audit_entries e
         WHERE e.sequence > ?1 AND e.sequence <= ?2 ORDER BY e.sequence"
    ))?;
    let mut rows = statement.query(params![after, until])?;
    while let Some(row) = rows.next()? {
        let kept = entries::read(row)?;
        let sequence = kept.entry.sequence;
        let is_wanted = match contents {
            Contents::Facts => false,
            Contents::About(subjects) => payloads::subject(conn, &kept.entry.subject)?
                .is_some_and(|subject| subjects.contains(&subject)),
            Contents::Everything => true,
        };
        let payload = if is_wanted {
            opened(conn, &kept)?
        } else {
            None
        };
        bytes += payload.as_ref().map_or(0, |payload| payload.text.len());
        lines.push(Line::entry(kept, payload));
        // The last one is in the first line.
        let due = |found: &mut Checkpoint| found.count == sequence && sequence < last.count;
        if let Some(found) = checkpoint.take_if(due) {
            lines.push(Line::checkpoint(&found));
            checkpoint = checkpoints::next_from(conn, last.instance, sequence + 1)?;
        }
        if bytes > PAGE_BYTES {
            return Ok((lines, sequence));
        }
    }
    Ok((lines, until))
}

/// A private part that cannot be opened is left out: the verification says what is wrong with it. So is one from
/// before they were bounded that is too long for a line.
fn opened(conn: &Connection, kept: &Kept) -> rusqlite::Result<Option<PayloadLine>> {
    let Some(sealed) = &kept.sealed else {
        return Ok(None);
    };
    let known = Known::by_token(conn, &kept.entry.subject)?;
    let salted = known.and_then(|known| known.open(kept.entry.sequence, sealed).ok());
    let salted = salted.filter(|salted| fits_a_line(salted.text()));
    Ok(salted.as_ref().map(PayloadLine::of))
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

impl FirstLine {
    pub(super) fn of(last: &Checkpoint) -> Self {
        Self {
            kind: FirstKind::Record,
            format: 1,
            checkpoint: Written::from(last),
        }
    }
}

impl PayloadLine {
    pub(super) fn of(salted: &Salted) -> Self {
        Self {
            salt: hex(salted.salt()),
            text: salted.text().to_owned(),
        }
    }
}

impl Line {
    pub(super) fn entry(kept: Kept, payload: Option<PayloadLine>) -> Self {
        Self::Entry(EntryLine::of(kept, payload))
    }

    pub(super) fn checkpoint(checkpoint: &Checkpoint) -> Self {
        Self::Checkpoint(Written::from(checkpoint))
    }
}

impl EntryLine {
    fn of(kept: Kept, payload: Option<PayloadLine>) -> Self {
        let Kept { entry, hash, .. } = kept;
        Self {
            sequence: entry.sequence,
            time: entry.time_ms,
            latest: entry.latest_ms,
            instance: entry.instance,
            actor: entry.actor,
            action: entry.action,
            subject: hex(&entry.subject),
            facts: entry.facts,
            commitment: hex(&entry.commitment),
            previous: hex(&entry.previous),
            hash: hex(&hash),
            payload,
        }
    }

    /// The entry, the hash beside it, and what is private of it, if all has its form.
    fn read(self) -> Option<(Entry, Hash, Option<Salted>)> {
        let fits = |payload: &PayloadLine| fits_a_line(&payload.text);
        if !self.facts.are_bounded() || !self.payload.as_ref().is_none_or(fits) {
            return None;
        }
        let entry = Entry {
            sequence: self.sequence,
            time_ms: self.time,
            latest_ms: self.latest,
            instance: self.instance,
            actor: self.actor,
            action: self.action,
            subject: from_hex(&self.subject)?,
            facts: self.facts,
            commitment: from_hex(&self.commitment)?,
            previous: from_hex(&self.previous)?.try_into().ok()?,
        };
        let payload = match self.payload {
            Some(payload) => Some(Salted::from_parts(
                &from_hex(&payload.salt)?,
                &payload.text,
            )?),
            None => None,
        };
        let hash = from_hex(&self.hash)?.try_into().ok()?;
        entry.is_well_formed().then_some((entry, hash, payload))
    }
}

/// A public key from its hexadecimal digits; `None` where it is none.
pub fn parse_public_key(text: &str) -> Option<[u8; 32]> {
    from_hex(&text.trim().to_ascii_lowercase())?.try_into().ok()
}
