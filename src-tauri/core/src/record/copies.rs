//! The record inside a copy of the database: whether it is in one piece by itself, and whether it is the
//! beginning of the one that is kept here.

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::{
    Actor, Fault, checkpoints,
    encoding::Hash,
    entries::{self, COLUMNS},
    strays,
    verify::Chain,
};

/// What the record in a copy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copied {
    /// Which installation wrote it; `None`: it has no entry.
    pub instance: Option<Uuid>,
    /// Entries, up to the first fault.
    pub count: i64,
    /// The hash of the last good one.
    pub head: Hash,
    /// What is wrong with it, if anything.
    pub fault: Option<Fault>,
}

/// Walk along the record in a copy, with the checkpoints that stand in it. The proofs under this
/// computer's key are not looked at: a copy may be of another one.
///
/// # Errors
/// [`rusqlite::Error`] when it cannot be read.
pub(crate) fn in_copy(conn: &Connection) -> rusqlite::Result<Copied> {
    let instance = instance(conn)?;
    let mut chain = Chain::new(instance.unwrap_or_default());
    let fault = match instance {
        Some(_) => walk(conn, &mut chain)?.err(),
        None => None,
    };
    Ok(Copied {
        instance,
        count: chain.end.count,
        head: chain.end.hash,
        fault,
    })
}

fn walk(conn: &Connection, chain: &mut Chain) -> rusqlite::Result<Result<(), Fault>> {
    let mut next = checkpoints::next_from(conn, chain.instance, 1)?;
    let mut statement = conn.prepare(&format!(
        "SELECT {COLUMNS} FROM audit_entries e ORDER BY e.sequence"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let taken = match entries::read(row) {
            Ok(kept) => chain.take(&kept.entry, &kept.hash),
            Err(_) => Err(Fault::Unreadable(chain.end.count + 1)),
        };
        if let Err(fault) = taken {
            return Ok(Err(fault));
        }
        if let Some(checkpoint) = &next
            && checkpoint.count == chain.end.count
        {
            if let Err(fault) = chain.check(checkpoint) {
                return Ok(Err(fault));
            }
            next = checkpoints::next_from(conn, chain.instance, chain.end.count + 1)?;
        }
    }
    Ok(match strays::find(conn, chain.instance, None)? {
        Some(stray) => Err(stray.fault(chain.end.count)),
        None => Ok(()),
    })
}

/// The installation that the record in a copy begins with; `None` where there is no record.
fn instance(conn: &Connection) -> rusqlite::Result<Option<Uuid>> {
    if !conn.table_exists(None, "audit_entries")? {
        return Ok(None);
    }
    conn.query_row(
        "SELECT instance FROM audit_entries ORDER BY sequence LIMIT 1",
        [],
        |row| row.get(0),
    )
    .optional()
    .map(|found| found.map(Uuid::from_bytes))
}

/// How many entries the record in a copy has, and the hash of the last one, without walking along it;
/// `None`: it has none.
///
/// # Errors
/// [`rusqlite::Error`] when it cannot be read.
pub(crate) fn end_of_copy(conn: &Connection) -> rusqlite::Result<Option<(i64, Hash)>> {
    if !conn.table_exists(None, "audit_entries")? {
        return Ok(None);
    }
    let head = entries::head(conn)?;
    Ok((head.count > 0).then_some((head.count, head.hash)))
}

/// Whether the record that is kept here has an entry in this place with this hash, and so had the same
/// entries up to there.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn has(conn: &Connection, count: i64, head: &Hash) -> rusqlite::Result<bool> {
    Ok(entries::hash_at(conn, count)?.is_some_and(|hash| hash == head))
}

/// The number of the newest entry of something that a person did, and not Gatehouse by itself; 0: there is
/// none.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn newest_by_a_person(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT coalesce((SELECT sequence FROM audit_entries WHERE actor <> ?1
                          ORDER BY sequence DESC LIMIT 1), 0)",
    )?
    .query_row([Actor::App.name()], |row| row.get(0))
}

/// How far the record in a copy, which was written by this installation, goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reach {
    /// The entries that it has in common with the record that is kept here: all of them, unless an older
    /// database was put back since.
    pub common: i64,
    /// All that it has.
    pub entries: i64,
}

/// How far the record in a copy goes, if this installation wrote it: it is a part of the one that is kept
/// here, or names `public_key`, the key of the one here, as its own. A copy that came to another place has had
/// keys of its own since.
///
/// # Errors
/// [`rusqlite::Error`] when one of them cannot be read.
pub(crate) fn reach_of_own(
    copy: &Connection,
    here: &Connection,
    public_key: &str,
) -> rusqlite::Result<Option<Reach>> {
    let Some((count, head)) = end_of_copy(copy)? else {
        return Ok(None);
    };
    if has(here, count, &head)? {
        return Ok(Some(Reach {
            common: count,
            entries: count,
        }));
    }
    let named = entries::named_keys(copy, i64::MAX)?;
    if named.is_none_or(|named| named.text("public_key") != Some(public_key)) {
        return Ok(None);
    }
    // An entry that both have is one before which both have all: half of what is left is looked at each time.
    let (mut common, mut differs) = (0, count);
    while differs - common > 1 {
        let middle = common + (differs - common) / 2;
        let hash = entries::hash_at(copy, middle)?;
        match hash.is_some() && hash == entries::hash_at(here, middle)? {
            true => common = middle,
            false => differs = middle,
        }
    }
    Ok(Some(Reach {
        common,
        entries: count,
    }))
}
