//! The record in the database, with the keys that are kept outside it: every entry, proof, private
//! part and checkpoint, in pages, so that neither memory nor the log grows with its length.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    panic::resume_unwind,
    sync::atomic::{AtomicBool, AtomicI64, Ordering},
    thread,
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{Chain, Fault, Verdict, VerifyError, texts};
use crate::{
    record::{
        checkpoints::{self, Checkpoint},
        encoding::Hash,
        entries::{self, COLUMN_COUNT, COLUMNS, Head, Kept, MILESTONES},
        faults::TABLES,
        keys::Keys,
        lookup::{self, Values},
        payloads::Known,
        strays,
    },
    store::{Schema, Store},
};

/// Entries that are read in one transaction.
const PAGE: i64 = 4096;
/// Keys of subjects that are remembered at once.
const REMEMBERED_KEYS: usize = 1024;
/// How often is looked for a stop while only the second half is still walked along.
const GLANCE: Duration = Duration::from_millis(50);
/// From so many entries on, two halves are walked along at once, each by a processor of its own. Tests walk so from
/// a few on.
const SPLIT_FROM: i64 = if cfg!(test) { 8 } else { 20_000 };

/// Gets how many entries are done, and says whether to go on.
pub(in crate::record) type Progress<'a> = dyn FnMut(i64) -> ControlFlow<()> + 'a;

/// What the end of the chain must be by the last checkpoint, with the entries after it: what every
/// start looks at before anything is written.
pub(in crate::record) fn check_end(
    conn: &Connection,
    instance: Uuid,
    keys: Option<&Keys>,
    last: Option<&Checkpoint>,
) -> rusqlite::Result<Option<Fault>> {
    let schema = match check_schema(conn, last)? {
        Made::Readable { fault, .. } => fault,
        Made::Replaced(fault) => return Ok(Some(fault)),
    };
    // That entries are gone says more than that something was put beside them.
    Ok(check_last(conn, instance, keys, last)?.or(schema))
}

/// What the last checkpoint says of the end, and what those say that stand beyond it.
fn check_last(
    conn: &Connection,
    instance: Uuid,
    keys: Option<&Keys>,
    last: Option<&Checkpoint>,
) -> rusqlite::Result<Option<Fault>> {
    let fault = against(conn, instance, keys, last)?;
    let own = keys.map(Keys::public);
    let stray = strays::find(conn, instance, own.as_ref())?;
    let stray = match stray {
        Some(stray) => Some(stray.fault(entries::head(conn)?.count)),
        None => None,
    };
    Ok(match (fault, stray) {
        // What is certain, before what cannot be said.
        (Some(Fault::CheckpointMissing), Some(cut @ Fault::CutOff { .. })) => Some(cut),
        (fault, stray) => fault.or(stray),
    })
}

fn against(
    conn: &Connection,
    instance: Uuid,
    keys: Option<&Keys>,
    last: Option<&Checkpoint>,
) -> rusqlite::Result<Option<Fault>> {
    let head = entries::head(conn)?;
    if entries::any_beyond(conn)? {
        return Ok(Some(Fault::Missing(head.count + 1)));
    }
    if head.count == 0 && last.is_none() {
        return Ok(None);
    }
    let Some(keys) = keys else {
        return Ok(Some(Fault::KeysMissing(head.count)));
    };
    let Some(last) = last else {
        return Ok(Some(Fault::CheckpointMissing));
    };
    if last.public_key != keys.public() || last.instance != instance || !last.is_signed() {
        return Ok(Some(Fault::CheckpointUnsigned(last.count)));
    }
    let fault = match entries::hash_at(conn, last.count)? {
        Some(hash) if hash == last.head => tail(conn, keys, last)?,
        Some(_) => Some(Fault::CheckpointDiffers(last.count)),
        None => Some(Fault::CutOff {
            expected: last.count,
            found: head.count,
        }),
    };
    Ok(fault)
}

/// What the database is made of.
enum Made {
    /// The tables of the record are its own, whatever else is not.
    Readable {
        fault: Option<Fault>,
        /// Whether the tables of the messages are, too.
        with_texts: bool,
    },
    /// What stands in their place says nothing.
    Replaced(Fault),
}

/// Whether the database is made of what we make. Without its table the record is one that has no entries.
fn check_schema(conn: &Connection, last: Option<&Checkpoint>) -> rusqlite::Result<Made> {
    let schema = Schema::of(conn)?;
    if schema.has_tables(|name| TABLES.contains(&name)) {
        return Ok(Made::Readable {
            fault: (!schema.is_ours()).then_some(Fault::TableReplaced),
            with_texts: schema.has_tables(|_| true),
        });
    }
    let is_there = conn
        .prepare("SELECT 1 FROM sqlite_schema WHERE lower(name) = 'audit_entries'")?
        .exists([])?;
    Ok(Made::Replaced(match last {
        Some(last) if !is_there => Fault::CutOff {
            expected: last.count,
            found: 0,
        },
        _ => Fault::TableReplaced,
    }))
}

/// Walk along the first entries alone: they are what they say that they are, and the last of them has
/// this hash.
pub(in crate::record) fn walk_to(
    conn: &Connection,
    instance: Uuid,
    count: i64,
) -> rusqlite::Result<Result<Hash, Fault>> {
    let mut chain = Chain::new(instance);
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM audit_entries e WHERE e.sequence <= ?1 ORDER BY e.sequence"
    ))?;
    let mut rows = statement.query([count])?;
    while let Some(row) = rows.next()? {
        let taken = match entries::read(row) {
            Ok(kept) => chain.take(&kept.entry, &kept.hash),
            Err(_) => Err(Fault::Unreadable(chain.end.count + 1)),
        };
        if let Err(fault) = taken {
            return Ok(Err(fault));
        }
    }
    Ok(if chain.end.count == count {
        Ok(chain.end.hash)
    } else {
        Err(Fault::CutOff {
            expected: count,
            found: chain.end.count,
        })
    })
}

/// The entries after the last checkpoint, which a crash or another process left behind.
fn tail(conn: &Connection, keys: &Keys, last: &Checkpoint) -> rusqlite::Result<Option<Fault>> {
    let latest_ms = conn.query_row(
        "SELECT latest_ms FROM audit_entries WHERE sequence = ?1",
        [last.count],
        |row| row.get(0),
    )?;
    let end = Head {
        count: last.count,
        hash: last.head,
        latest_ms,
    };
    let mut chain = Chain::after(last.instance, end);
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM audit_entries e WHERE e.sequence > ?1 ORDER BY e.sequence"
    ))?;
    let mut rows = statement.query([last.count])?;
    while let Some(row) = rows.next()? {
        let place = chain.end.count + 1;
        let Ok(kept) = entries::read(row) else {
            return Ok(Some(Fault::Unreadable(place)));
        };
        match chain.take(&kept.entry, &kept.hash) {
            Ok(hash) if kept.mac == keys.mac(&hash) => {}
            Ok(_) => return Ok(Some(Fault::Forged(place))),
            Err(fault) => return Ok(Some(fault)),
        }
    }
    Ok(None)
}

/// Walk along the whole chain, up to the entries that are there when it begins.
///
/// # Errors
/// [`VerifyError`] when it cannot be read or was stopped.
pub(in crate::record) fn verify(
    store: &Store,
    instance: Uuid,
    keys: &Keys,
    last: Option<&Checkpoint>,
    progress: &mut Progress<'_>,
) -> Result<Verdict, VerifyError> {
    let (schema, with_texts) = match store.read(|conn| check_schema(conn, last))? {
        Made::Readable { fault, with_texts } => (fault, with_texts),
        Made::Replaced(fault) => return Ok(Verdict::failed(fault, 1)),
    };
    let (fault, until, looked_up) = store.read(|conn| {
        let fault = check_last(conn, instance, Some(keys), last)?;
        let until = entries::head(conn)?.count;
        Ok::<_, VerifyError>((fault, until, until - lookup::behind(conn)?))
    })?;
    let begin = |chain| Walk::new(chain, keys, looked_up, with_texts);
    let middle = match until {
        ..SPLIT_FROM => None,
        // What cannot be read in the middle is met by the walk, which names what comes before it first.
        _ => store
            .read(|conn| assumed_at(conn, instance, keys, until / 2))
            .unwrap_or(None),
    };
    let (walk, found) = match middle {
        Some(middle) => in_halves(store, begin, middle, until, progress)?,
        None => begin(Chain::new(instance)).to(store, until, progress)?,
    };
    // What the walk finds says more than what is wrong at the end, and that more than what was put beside.
    let fault = found
        .or(fault)
        .or_else(|| walk.keys_are_ours())
        .or(walk.text_differs)
        .or(schema)
        .or(walk.lookup_differs.map(Fault::Hidden));
    Ok(Verdict {
        from: 1,
        count: walk.chain.end.count,
        head: walk.chain.end.hash,
        fault,
        compared: None,
        public_key: walk.chain.public_key,
        notes: walk.chain.notes,
    })
}

/// What the chain is after this many entries, if it is what it should be: the hash that stands there, and the
/// keys of now, which it has had since the last time they were lost.
fn assumed_at(
    conn: &Connection,
    instance: Uuid,
    keys: &Keys,
    count: i64,
) -> rusqlite::Result<Option<Chain>> {
    let head = conn
        .query_row(
            "SELECT hash, latest_ms FROM audit_entries WHERE sequence = ?1",
            [count],
            |row| Ok((row.get(0), row.get(1))),
        )
        .optional()?;
    let Some((Ok(hash), Ok(latest_ms))) = head else {
        return Ok(None);
    };
    let end = Head {
        count,
        hash,
        latest_ms,
    };
    let mut chain = Chain::after(instance, end);
    chain.public_key = Some(keys.public());
    chain.mac_key = Some(keys.check_value());
    Ok(Some(chain))
}

/// Walk along both halves at once. What the second begins with is believed until the first has come to it, and
/// counts for nothing where it was not so: then the walk goes on from what is really there.
fn in_halves<'a>(
    store: &Store,
    begin: impl Fn(Chain) -> Walk<'a>,
    middle: Chain,
    until: i64,
    progress: &mut Progress<'_>,
) -> Result<(Walk<'a>, Option<Fault>), VerifyError> {
    let half = middle.end.count;
    let first = begin(Chain::new(middle.instance));
    let second = begin(middle.clone());
    let (ahead, is_over) = (AtomicI64::new(0), AtomicBool::new(false));
    let go_on = || match is_over.load(Ordering::Relaxed) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(|| {
            second.to(store, until, &mut |count| {
                ahead.store(count - half, Ordering::Relaxed);
                go_on()
            })
        });
        let mut first = first.to(store, half, &mut |count| {
            progress(count + ahead.load(Ordering::Relaxed))
        });
        let is_good = matches!(&first, Ok((walk, None)) if walk.chain.stands_as(&middle));
        is_over.store(!is_good, Ordering::Relaxed);
        while is_good && !second.is_finished() {
            thread::park_timeout(GLANCE);
            if progress(half + ahead.load(Ordering::Relaxed)).is_break() {
                is_over.store(true, Ordering::Relaxed);
                first = Err(VerifyError::Stopped);
                break;
            }
        }
        let second = second.join().unwrap_or_else(|panic| resume_unwind(panic));
        (first, is_good.then_some(second))
    });
    let (first, found) = first?;
    match second {
        Some(second) => {
            let (second, found) = second?;
            Ok((first.then(second), found))
        }
        None if found.is_some() => Ok((first, found)),
        None => first.to(store, until, progress),
    }
}

struct Walk<'a> {
    chain: Chain,
    keys: &'a Keys,
    mac_key: String,
    /// The next checkpoint that the walk comes to, and whether it was looked for.
    next: Option<Option<Checkpoint>>,
    subjects: HashMap<Vec<u8>, Option<Known>>,
    /// How many entries the lookup has taken in.
    looked_up: i64,
    values: Values,
    /// The first entry that would not be found by what it says.
    lookup_differs: Option<i64>,
    /// Whether texts can be read at all.
    with_texts: bool,
    /// The first fault in a text: the chain is whole all the same, so the walk goes on.
    text_differs: Option<Fault>,
}

impl<'a> Walk<'a> {
    fn new(chain: Chain, keys: &'a Keys, looked_up: i64, with_texts: bool) -> Self {
        Self {
            chain,
            keys,
            mac_key: keys.check_value(),
            next: None,
            subjects: HashMap::new(),
            looked_up,
            values: Values::default(),
            lookup_differs: None,
            with_texts,
            text_differs: None,
        }
    }

    /// Walk as far as this entry, or to the first fault in the chain.
    fn to(
        mut self,
        store: &Store,
        until: i64,
        progress: &mut Progress<'_>,
    ) -> Result<(Self, Option<Fault>), VerifyError> {
        let mut found = None;
        while self.chain.end.count < until && found.is_none() {
            found = store.read(|conn| self.page(conn, until))?;
            if progress(self.chain.end.count).is_break() {
                return Err(VerifyError::Stopped);
            }
        }
        Ok((self, found))
    }

    /// This walk and the one that went on where it ends.
    fn then(self, later: Self) -> Self {
        let mut both = Self {
            lookup_differs: self.lookup_differs.or(later.lookup_differs),
            text_differs: self.text_differs.or(later.text_differs),
            ..later
        };
        both.chain.notes = self.chain.notes.then(both.chain.notes);
        both
    }

    /// Take the next entries.
    fn page(&mut self, conn: &Connection, until: i64) -> Result<Option<Fault>, VerifyError> {
        let after = self.chain.end.count;
        let mut statement = conn.prepare_cached(&format!(
            "SELECT {COLUMNS}, l.sequence, {} FROM audit_entries e
             LEFT JOIN audit_lookup l ON l.sequence = e.sequence
             WHERE e.sequence > ?1 AND e.sequence <= ?2 ORDER BY e.sequence",
            lookup::COLUMNS
        ))?;
        let last = until.min(after + PAGE);
        let mut rows = statement.query(params![after, last])?;
        loop {
            let place = self.chain.end.count + 1;
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) if place <= last => return Ok(Some(Fault::Missing(place))),
                Ok(None) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let Ok(kept) = entries::read(row) else {
                return Ok(Some(Fault::Unreadable(place)));
            };
            if self.lookup_differs.is_none() && place <= self.looked_up {
                let there = row.get::<_, Option<i64>>(COLUMN_COUNT)?.is_some();
                if !there
                    || !self
                        .values
                        .agree(conn, row, COLUMN_COUNT + 1, &kept.entry)?
                {
                    self.lookup_differs = Some(place);
                }
            }
            if let Err(fault) = self.entry(conn, &kept)? {
                return Ok(Some(fault));
            }
        }
    }

    fn entry(&mut self, conn: &Connection, kept: &Kept) -> Result<Result<(), Fault>, VerifyError> {
        let hash = match self.chain.take(&kept.entry, &kept.hash) {
            Ok(hash) => hash,
            Err(fault) => return Ok(Err(fault)),
        };
        if let Err(fault) = self.proof(kept, &hash) {
            return Ok(Err(fault));
        }
        if let Err(fault) = self.payload(conn, kept)? {
            return Ok(Err(fault));
        }
        self.checkpoint(conn)
    }

    fn proof(&mut self, kept: &Kept, hash: &Hash) -> Result<(), Fault> {
        if self.chain.mac_key.as_ref() != Some(&self.mac_key) {
            self.chain.notes.unproven += 1;
            return Ok(());
        }
        if self.keys.mac(hash) == *kept.mac {
            Ok(())
        } else {
            Err(Fault::Forged(kept.entry.sequence))
        }
    }

    fn payload(
        &mut self,
        conn: &Connection,
        kept: &Kept,
    ) -> Result<Result<(), Fault>, VerifyError> {
        let entry = &kept.entry;
        let sequence = entry.sequence;
        let subject = match (entry.commitment.is_empty(), &kept.sealed) {
            (true, None) => return Ok(Ok(())),
            (true, Some(_)) => return Ok(Err(Fault::PayloadAdded(sequence))),
            (false, _) => self.subject(conn, &entry.subject)?,
        };
        Ok(match (subject, &kept.sealed) {
            (Some(known), Some(sealed)) => match known.open(sequence, sealed) {
                Ok(salted) if salted.commitment() == *entry.commitment => {
                    if self.with_texts && self.text_differs.is_none() {
                        self.text_differs = texts::differ(conn, entry, salted.text())?;
                    }
                    Ok(())
                }
                _ => Err(Fault::PayloadChanged(sequence)),
            },
            _ if erased_after(conn, &entry.subject, sequence)? => {
                self.chain.notes.erased += 1;
                Ok(())
            }
            _ => Err(Fault::PayloadMissing(sequence)),
        })
    }

    fn subject(&mut self, conn: &Connection, token: &[u8]) -> Result<Option<&Known>, VerifyError> {
        if self.subjects.len() >= REMEMBERED_KEYS {
            self.subjects.clear();
        }
        if !self.subjects.contains_key(token) {
            let known = Known::by_token(conn, token)?;
            self.subjects.insert(token.to_vec(), known);
        }
        Ok(self.subjects[token].as_ref())
    }

    /// The checkpoint that was kept after this entry, if one was.
    fn checkpoint(&mut self, conn: &Connection) -> Result<Result<(), Fault>, VerifyError> {
        let place = self.chain.end.count;
        let next = match self.next.take() {
            Some(next) => next,
            None => checkpoints::next_from(conn, self.chain.instance, place)?,
        };
        if next.as_ref().is_some_and(|next| next.count == place) {
            return Ok(next.map_or(Ok(()), |next| self.chain.check(&next)));
        }
        self.next = Some(next);
        Ok(Ok(()))
    }

    /// A chain whose last keys are not ours was written elsewhere.
    fn keys_are_ours(&self) -> Option<Fault> {
        let ours = self.chain.mac_key.as_ref() == Some(&self.mac_key);
        (self.chain.end.count > 0 && !ours).then_some(Fault::KeysMissing(self.chain.end.count))
    }
}

/// Whether a later entry says that what is private about this subject was erased: all of it, or the
/// `entries` that it names, of which this must be one.
fn erased_after(conn: &Connection, token: &[u8], sequence: i64) -> rusqlite::Result<bool> {
    conn.prepare_cached(&format!(
        "SELECT EXISTS (SELECT 1 FROM audit_entries
                        WHERE subject = ?1 AND action = 'content.erased' AND {MILESTONES}
                          AND sequence > ?2
                          AND (facts ->> 'entries' IS NULL
                               OR instr(',' || (facts ->> 'entries') || ',', ',' || ?2 || ',')))"
    ))?
    .query_row(params![token, sequence], |row| row.get(0))
}
