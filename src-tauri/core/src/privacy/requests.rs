//! Requests of people about their data: who asked for what, and until when it must be answered.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{IdentifierError, Identifiers};
use crate::{
    app::App,
    costs::name_of,
    now_ms,
    problem::{Problem, ProblemCode},
    record::{Action, Event},
    store::{Migration, StoreError},
};

pub(super) const MIGRATION: Migration = Migration {
    name: "2026-11-27 create subject requests",
    sql: "CREATE TABLE subject_requests (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('access', 'erasure')),
            identifiers TEXT CHECK (identifiers IS NULL OR json_valid(identifiers)),
            note TEXT NOT NULL,
            received_at_ms INTEGER NOT NULL,
            due_at_ms INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused')),
            closed_at_ms INTEGER
          ) STRICT",
};

/// A closed request used to keep its note, which may say who it was about.
pub(super) const FORGET_NOTES: Migration = Migration {
    name: "2026-11-30 forget the notes of closed requests",
    sql: "UPDATE subject_requests SET note = '' WHERE state <> 'open'",
};

/// Clocks differ by so much.
const MINUTE_MS: i64 = 60 * 1000;
/// Letters of a note.
const LONGEST_NOTE: usize = 2_000;

/// What a person asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// To see what is kept about them: GDPR, article 15.
    Access,
    /// That it is erased: GDPR, article 17.
    Erasure,
}

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// It was not answered yet.
    Open,
    /// What was asked for was done.
    Done,
    /// It was refused.
    Refused,
}

/// A request of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SubjectRequest {
    /// Its number: what the record calls it.
    #[specta(type = Number)]
    pub number: i64,
    /// What was asked for.
    pub kind: RequestKind,
    /// What the person is found by; nothing once it is closed.
    pub identifiers: Vec<String>,
    /// What one wants to remember of it; nothing once it is closed.
    pub note: String,
    /// When it came: UTC milliseconds.
    #[specta(type = Number)]
    pub received_at_ms: i64,
    /// When it must be answered: UTC milliseconds.
    #[specta(type = Number)]
    pub due_at_ms: i64,
    /// How it stands.
    pub state: RequestState,
    /// When it was closed: UTC milliseconds.
    #[specta(type = Option<Number>)]
    pub closed_at_ms: Option<i64>,
}

/// A request to be noted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NewRequest {
    /// What was asked for.
    pub kind: RequestKind,
    /// What the person is found by.
    pub identifiers: Vec<String>,
    /// What one wants to remember of it.
    pub note: String,
    /// When it came: UTC milliseconds.
    #[specta(type = Number)]
    pub received_at_ms: i64,
}

/// Why a request is not kept.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Nobody can be found by what it says.
    #[error(transparent)]
    Identifier(#[from] IdentifierError),
    /// It came after today.
    #[error("a request cannot have come in the future")]
    Future,
    /// It came before there was a calendar for it.
    #[error("this is no date on which a request can have come")]
    NoDate,
    /// Its note is a document.
    #[error("a note has at most {LONGEST_NOTE} letters")]
    LongNote,
    /// There is none of this number, or it is closed.
    #[error("there is no open request {0}")]
    NotOpen(i64),
    /// What was erased is not what it asks for.
    #[error(
        "request {0} does not ask for this: it is about somebody else, or asks for something else"
    )]
    Other(i64),
    /// It would be opened by closing it.
    #[error("a request is closed as done or as refused")]
    NotClosed,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for RequestError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Store(store) => store.into(),
            RequestError::NotOpen(_) => Self::new(ProblemCode::NotFound, error),
            other => Self::new(ProblemCode::InvalidInput, other),
        }
    }
}

impl App {
    /// Note a request of a person.
    ///
    /// # Errors
    /// [`RequestError`] when it cannot be one.
    pub fn open_request(&self, new: &NewRequest) -> Result<SubjectRequest, RequestError> {
        let due = check(new, now_ms())?;
        self.change(|tx| {
            let request = insert(tx, new, due)?;
            let event = Event::new(Action::RequestOpened)
                .fact("request", request.number)
                .fact("kind", name_of(&request.kind))
                .fact("due", due);
            Ok((request, event))
        })
    }

    /// All requests, newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn requests(&self) -> Result<Vec<SubjectRequest>, StoreError> {
        self.store.read(|conn| {
            let mut statement = conn.prepare_cached(&format!("{SELECT} ORDER BY number DESC"))?;
            let all = statement
                .query_map([], read)?
                .collect::<rusqlite::Result<_>>()?;
            Ok(all)
        })
    }

    /// Close a request as done or refused. Who it was about and its note are forgotten with that.
    ///
    /// # Errors
    /// [`RequestError::NotOpen`] when it is not open.
    pub fn close_request(
        &self,
        number: i64,
        state: RequestState,
    ) -> Result<SubjectRequest, RequestError> {
        if state == RequestState::Open {
            return Err(RequestError::NotClosed);
        }
        self.change(|tx| {
            let request = close(tx, number, state, now_ms())?;
            Ok((request, closed_event(number, state)))
        })
    }
}

pub(super) fn closed_event(number: i64, state: RequestState) -> Event {
    Event::new(Action::RequestClosed)
        .fact("request", number)
        .fact("outcome", name_of(&state))
}

/// When a request must be answered: a month after it came (GDPR, article 12, paragraph 3), on the
/// same day of the month by this computer's calendar, or the last one where there is none (Regulation
/// 1182/71, article 3).
fn check(new: &NewRequest, now_ms: i64) -> Result<i64, RequestError> {
    Identifiers::parse(&new.identifiers)?;
    if new.note.chars().count() > LONGEST_NOTE {
        return Err(RequestError::LongNote);
    }
    if new.received_at_ms > now_ms + MINUTE_MS {
        return Err(RequestError::Future);
    }
    due(new.received_at_ms, TimeZone::system()).ok_or(RequestError::NoDate)
}

fn due(received_at_ms: i64, zone: TimeZone) -> Option<i64> {
    let received = Timestamp::from_millisecond(received_at_ms).ok()?;
    let due = received
        .to_zoned_datetime(zone)
        .checked_add(1.month())
        .ok()?;
    Some(due.timestamp().as_millisecond())
}

const SELECT: &str =
    "SELECT number, kind, identifiers, note, received_at_ms, due_at_ms, state, closed_at_ms
                      FROM subject_requests";

fn insert(conn: &Connection, new: &NewRequest, due: i64) -> rusqlite::Result<SubjectRequest> {
    let identifiers = serde_json::to_string(&new.identifiers)
        .expect("identifiers are JSON because they are texts");
    conn.prepare_cached(
        "INSERT INTO subject_requests (kind, identifiers, note, received_at_ms, due_at_ms, state)
         VALUES (?1, ?2, ?3, ?4, ?5, 'open')",
    )?
    .execute(params![
        name_of(&new.kind),
        identifiers,
        new.note.trim(),
        new.received_at_ms,
        due
    ])?;
    conn.query_row(
        &format!("{SELECT} WHERE number = ?1"),
        [conn.last_insert_rowid()],
        read,
    )
}

/// Close an open one; who it was about goes, and the note, which may say it.
pub(super) fn close(
    conn: &Connection,
    number: i64,
    state: RequestState,
    now_ms: i64,
) -> Result<SubjectRequest, RequestError> {
    conn.prepare_cached(
        "UPDATE subject_requests SET state = ?2, closed_at_ms = ?3, identifiers = NULL, note = ''
         WHERE number = ?1 AND state = 'open'
         RETURNING number, kind, identifiers, note, received_at_ms, due_at_ms, state, closed_at_ms",
    )?
    .query_row(params![number, name_of(&state), now_ms], read)
    .optional()?
    .ok_or(RequestError::NotOpen(number))
}

/// Close an open request for the erasure of a person who is found by nothing but `identifiers`.
pub(super) fn close_erased(
    conn: &Connection,
    number: i64,
    identifiers: &[String],
    now_ms: i64,
) -> Result<(), RequestError> {
    let open = conn
        .query_row(&format!("{SELECT} WHERE number = ?1"), [number], read)
        .optional()?
        .filter(|request| request.state == RequestState::Open)
        .ok_or(RequestError::NotOpen(number))?;
    let plain = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let erased: Vec<String> = identifiers.iter().map(plain).collect();
    let is_whole = open
        .identifiers
        .iter()
        .map(plain)
        .all(|one| one.is_empty() || erased.contains(&one));
    if open.kind != RequestKind::Erasure || !is_whole {
        return Err(RequestError::Other(number));
    }
    close(conn, number, RequestState::Done, now_ms).map(drop)
}

fn read(row: &Row<'_>) -> rusqlite::Result<SubjectRequest> {
    let kind: String = row.get(1)?;
    let identifiers: Option<String> = row.get(2)?;
    let state: String = row.get(6)?;
    Ok(SubjectRequest {
        number: row.get(0)?,
        kind: match kind.as_str() {
            "erasure" => RequestKind::Erasure,
            _ => RequestKind::Access,
        },
        identifiers: identifiers
            .and_then(|json| serde_json::from_str(&json).ok())
            .unwrap_or_default(),
        note: row.get(3)?,
        received_at_ms: row.get(4)?,
        due_at_ms: row.get(5)?,
        state: match state.as_str() {
            "done" => RequestState::Done,
            "refused" => RequestState::Refused,
            _ => RequestState::Open,
        },
        closed_at_ms: row.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due_on(received: &str) -> String {
        let received: Timestamp = received.parse().unwrap();
        let due = due(received.as_millisecond(), TimeZone::UTC).unwrap();
        Timestamp::from_millisecond(due).unwrap().to_string()
    }

    #[test]
    fn a_request_is_due_a_month_later_or_at_the_end_of_a_shorter_one() {
        assert_eq!(due_on("2026-11-27T09:00:00Z"), "2026-12-27T09:00:00Z");
        assert_eq!(due_on("2027-01-31T09:00:00Z"), "2027-02-28T09:00:00Z");
    }

    #[test]
    fn the_notes_of_requests_that_are_closed_already_go_with_the_update() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATION.sql).unwrap();
        conn.execute_batch(
            "INSERT INTO subject_requests (kind, note, received_at_ms, due_at_ms, state)
             VALUES ('access', 'Of Mr Novak', 1, 2, 'done'), ('access', 'Of Ms Weiss', 1, 2, 'open')",
        )
        .unwrap();
        conn.execute_batch(FORGET_NOTES.sql).unwrap();
        let notes = "SELECT group_concat(note, '|' ORDER BY number) FROM subject_requests";
        let left: String = conn.query_row(notes, [], |row| row.get(0)).unwrap();
        assert_eq!(left, "|Of Ms Weiss");
    }

    #[test]
    fn what_cannot_be_a_request_is_refused_in_words() {
        let new = NewRequest {
            kind: RequestKind::Access,
            identifiers: vec!["Hans Müller".into()],
            note: String::new(),
            received_at_ms: 1_790_000_000_000,
        };
        assert!(check(&new, new.received_at_ms).is_ok());
        let an_hour_ago = new.received_at_ms - 60 * MINUTE_MS;
        assert!(matches!(
            check(&new, an_hour_ago),
            Err(RequestError::Future)
        ));
        let nobody = NewRequest {
            identifiers: vec![" ".into()],
            ..new.clone()
        };
        assert!(matches!(
            check(&nobody, new.received_at_ms),
            Err(RequestError::Identifier(_))
        ));
        let long = NewRequest {
            note: "x".repeat(LONGEST_NOTE + 1),
            ..new.clone()
        };
        assert!(matches!(
            check(&long, new.received_at_ms),
            Err(RequestError::LongNote)
        ));
    }
}
