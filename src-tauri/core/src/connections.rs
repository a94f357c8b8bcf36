//! The log of every connection that the app made, for the person to read.

use rusqlite::{Connection as Database, Row, params};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use crate::{
    costs::{process, stored_by_name},
    store::Migration,
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-27 create connections",
        sql: "CREATE TABLE connections (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at_ms INTEGER NOT NULL,
            host TEXT NOT NULL,
            port INTEGER NOT NULL,
            purpose TEXT NOT NULL,
            bytes_out INTEGER NOT NULL,
            bytes_in INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            status INTEGER
          ) STRICT",
    },
    // Only while it is open, so that one that was left behind is told from one that is under way.
    Migration {
        name: "2026-11-28 note whose connection is open",
        sql: "ALTER TABLE connections ADD COLUMN open_in TEXT;
          CREATE INDEX connections_open_in ON connections(open_in) WHERE open_in IS NOT NULL",
    },
];

/// Lines that are kept; the oldest go first.
const KEPT: i64 = 20_000;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has not ended yet, and its request may be under way.
    Open,
    /// The server was not found or did not let us in; nothing was sent.
    NotReached,
    /// The server answered.
    Answered,
    /// It broke off.
    Broken,
    /// Nothing came for too long.
    Silent,
    /// A person stopped it.
    Stopped,
    /// The offline switch ended it.
    Offline,
}
stored_by_name!(Outcome);

/// One connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// When, in UTC milliseconds.
    #[specta(type = Number)]
    pub at_ms: i64,
    /// With whom.
    pub host: String,
    /// On which port.
    pub port: u16,
    /// What for: `chat`, `models`, …
    pub purpose: String,
    /// Bytes of the request's body.
    #[specta(type = Number)]
    pub bytes_out: u64,
    /// Bytes of the answer's body, as they came.
    #[specta(type = Number)]
    pub bytes_in: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// The HTTP status, if there was one.
    pub status: Option<u16>,
}

/// Some lines of the log, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionPage {
    /// The lines.
    pub lines: Vec<Connection>,
    /// What to ask with for those before them; `None`: there are none.
    #[specta(type = Option<Number>)]
    pub next: Option<i64>,
    /// How many lines are kept at most; the oldest go first.
    #[specta(type = Number)]
    pub kept: i64,
}

/// Write a line of the log; its number.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn add(db: &Database, line: &Connection) -> rusqlite::Result<i64> {
    let open_in = (line.outcome == Outcome::Open).then(process::this_process);
    let number = db
        .prepare_cached(
            "INSERT INTO connections
                    (at_ms, host, port, purpose, bytes_out, bytes_in, outcome, status, open_in)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .insert(params![
            line.at_ms,
            line.host,
            line.port,
            line.purpose,
            line.bytes_out,
            line.bytes_in,
            line.outcome,
            line.status,
            open_in
        ])?;
    db.prepare_cached("DELETE FROM connections WHERE number <= ?1")?
        .execute([number - KEPT])?;
    Ok(number)
}

/// Complete the line of a connection that was open.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn complete(db: &Database, number: i64, line: &Connection) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE connections SET bytes_out = ?2, bytes_in = ?3, outcome = ?4, status = ?5, open_in = NULL
         WHERE number = ?1",
    )?
    .execute(params![
        number,
        line.bytes_out,
        line.bytes_in,
        line.outcome,
        line.status
    ])?;
    Ok(())
}

/// Take the line of a connection away that was not opened after all.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget(db: &Database, number: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM connections WHERE number = ?1")?
        .execute([number])?;
    Ok(())
}

/// Say of every connection that is open that it broke off, when no process is left that could have it open.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn break_off_open(db: &Database) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE connections SET outcome = ?1, open_in = NULL WHERE outcome = ?2",
        [Outcome::Broken, Outcome::Open],
    )?;
    Ok(())
}

/// The same of the connections of processes that have ended, while others may have some open.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn break_off_of_ended(db: &Database) -> rusqlite::Result<()> {
    for process in ended_processes(db)? {
        db.prepare_cached(
            "UPDATE connections SET outcome = ?1, open_in = NULL WHERE open_in = ?2",
        )?
        .execute(params![Outcome::Broken, process])?;
    }
    Ok(())
}

/// Whether [`break_off_of_ended`] would find any: a look that keeps nobody from writing.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn is_any_left_open(db: &Database) -> rusqlite::Result<bool> {
    Ok(!ended_processes(db)?.is_empty())
}

fn ended_processes(db: &Database) -> rusqlite::Result<Vec<String>> {
    let mut processes: Vec<String> = db
        .prepare_cached("SELECT DISTINCT open_in FROM connections WHERE open_in IS NOT NULL")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    processes.retain(|process| process::has_ended(process));
    Ok(processes)
}

/// The newest lines first.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn list(db: &Database, limit: u32) -> rusqlite::Result<Vec<Connection>> {
    Ok(page(db, None, limit)?.lines)
}

/// So many lines after those of the page that said `before`, or the newest.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn page(db: &Database, before: Option<i64>, limit: u32) -> rusqlite::Result<ConnectionPage> {
    // One more shows whether there is another page.
    let mut numbered: Vec<(i64, Connection)> = db
        .prepare_cached(
            "SELECT at_ms, host, port, purpose, bytes_out, bytes_in, outcome, status, number FROM connections
             WHERE number < ?1 ORDER BY number DESC LIMIT ?2",
        )?
        .query_map(params![before.unwrap_or(i64::MAX), i64::from(limit) + 1], |row| {
            Ok((row.get(8)?, line(row)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let is_whole = numbered.len() <= limit as usize;
    numbered.truncate(limit as usize);
    let next = numbered.last().map(|(number, _)| *number);
    Ok(ConnectionPage {
        next: next.filter(|_| !is_whole),
        lines: numbered.into_iter().map(|(_, line)| line).collect(),
        kept: KEPT,
    })
}

fn line(row: &Row<'_>) -> rusqlite::Result<Connection> {
    Ok(Connection {
        at_ms: row.get(0)?,
        host: row.get(1)?,
        port: row.get(2)?,
        purpose: row.get(3)?,
        bytes_out: row.get(4)?,
        bytes_in: row.get(5)?,
        outcome: row.get(6)?,
        status: row.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: u16) -> Database {
        let db = Database::open_in_memory().unwrap();
        for step in MIGRATIONS {
            db.execute_batch(step.sql).unwrap();
        }
        for port in 1..=lines {
            let line = Connection {
                at_ms: 0,
                host: "models.example".into(),
                port,
                purpose: "chat".into(),
                bytes_out: 0,
                bytes_in: 0,
                outcome: Outcome::Answered,
                status: None,
            };
            add(&db, &line).unwrap();
        }
        db
    }

    #[test]
    fn pages_have_every_line_once_and_the_last_one_says_so() {
        let db = log(7);
        let (mut ports, mut sizes, mut before) = (Vec::new(), Vec::new(), None);
        loop {
            let page = page(&db, before, 3).unwrap();
            sizes.push(page.lines.len());
            ports.extend(page.lines.iter().map(|line| line.port));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(ports, [7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(sizes, [3, 3, 1]);
        assert_eq!(page(&db, None, 7).unwrap().next, None, "there is no eighth");
    }
}
