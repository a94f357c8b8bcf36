//! How long calls took, kept beside them as counts by class: percentiles over a million calls of two
//! years are read from some ten thousand rows.
//!
//! The database keeps the counts right by itself, in the transaction that changes a call, as it does the
//! sums of [`days`](super::days). A test holds them against the calls after any sequence of changes.

use rusqlite::{Connection, Row, params, params_from_iter, types::Value};

use super::{
    CallStatus, Purpose, Route,
    reports::{PricedModel, Span},
    spread::insert_floors,
};
use crate::{ids::ConversationId, store::Migration};

/// What a call says of itself that can be fast or slow: of the row `$row`, as `t(measure, size)`. NULL where
/// it says nothing. A person who stops an answer decides how long it takes, so only answers that
/// ended by themselves have a duration.
macro_rules! sizes {
    ($row:literal) => {
        concat!(
            "(VALUES (0, ",
            first_token!($row),
            "), (1, ",
            duration!($row),
            "), (2, ",
            speed!($row),
            "))"
        )
    };
}

/// From sending to the first token, in milliseconds.
macro_rules! first_token {
    ($row:literal) => {
        concat!("max(", $row, "first_token_ms, 0)")
    };
}

/// From sending to the end of an answer, in milliseconds.
macro_rules! duration {
    ($row:literal) => {
        concat!(
            "CASE WHEN ",
            $row,
            "status = 'answered' THEN max(",
            $row,
            "duration_ms, 0) END"
        )
    };
}

/// Tokens written in a thousand seconds, from the first one on.
macro_rules! speed {
    ($row:literal) => {
        concat!(
            "CASE WHEN ",
            $row,
            "output_tokens > 1 AND ",
            $row,
            "writing_ms > 0 THEN (",
            $row,
            "output_tokens - 1) * 1000000 / ",
            $row,
            "writing_ms END"
        )
    };
}

/// Adds a call to the counts of its day, or takes it off.
#[rustfmt::skip]
macro_rules! counted {
    ($sign:literal, $row:literal) => {
        concat!(
            "INSERT INTO call_times (day, provider, model, measure, floor, calls)
               SELECT ifnull(", $row, "day, ", $row, "started_at_ms / 86400000), ", $row, "provider, ", $row, "model,
                      t.column1, (SELECT max(floor) FROM call_classes WHERE floor <= t.column2), ", $sign, "1
               FROM ", sizes!($row), " t WHERE t.column2 IS NOT NULL
             ON CONFLICT DO UPDATE SET calls = calls + excluded.calls;"
        )
    };
}

/// Takes the rows away from which the last call was taken.
macro_rules! nothing_left {
    () => {
        "DELETE FROM call_times WHERE calls = 0 AND day = ifnull(OLD.day, OLD.started_at_ms / 86400000)
           AND provider = OLD.provider AND model = OLD.model;"
    };
}

// What is found by status has an index of its own: few calls have failed, and fewer are under way.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-28 count how long calls take",
        sql: SQL,
    },
    Migration {
        name: "2026-11-28 count how long calls waited",
        sql: WAITED,
    },
    Migration {
        name: "2026-11-28 keep counts of one measure together",
        sql: BY_MEASURE,
    },
];

/// Counts how long a call waited, or takes it off: as [`counted`], of one measure more.
#[rustfmt::skip]
macro_rules! waited {
    ($sign:literal, $row:literal) => {
        concat!(
            "INSERT INTO call_times (day, provider, model, measure, floor, calls)
               SELECT ifnull(", $row, "day, ", $row, "started_at_ms / 86400000), ", $row, "provider, ", $row, "model,
                      3, (SELECT max(floor) FROM call_classes WHERE floor <= max(", $row, "waited_ms, 0)), ", $sign, "1
               WHERE ", $row, "waited_ms IS NOT NULL
             ON CONFLICT DO UPDATE SET calls = calls + excluded.calls;"
        )
    };
}

// Nothing has to be counted of the calls that are there: none of them says how long it waited.
const WAITED: &str = concat!(
    "CREATE TRIGGER call_waits_of_a_new_call AFTER INSERT ON calls WHEN NEW.waited_ms IS NOT NULL BEGIN ",
    waited!("+", "NEW."),
    " END;
     CREATE TRIGGER call_waits_of_a_changed_call AFTER UPDATE OF day, started_at_ms, provider, model, waited_ms
       ON calls WHEN OLD.waited_ms IS NOT NULL OR NEW.waited_ms IS NOT NULL BEGIN ",
    waited!("-", "OLD."),
    waited!("+", "NEW."),
    nothing_left!(),
    " END;
     CREATE TRIGGER call_waits_of_a_removed_call AFTER DELETE ON calls WHEN OLD.waited_ms IS NOT NULL BEGIN ",
    waited!("-", "OLD."),
    nothing_left!(),
    " END"
);

/// Takes the rows of these measures away from which the last call was taken.
macro_rules! nothing_left_of {
    ($measures:literal) => {
        concat!(
            "DELETE FROM call_times WHERE calls = 0 AND measure IN (",
            $measures,
            ") AND day = ifnull(OLD.day, OLD.started_at_ms / 86400000)
               AND provider = OLD.provider AND model = OLD.model;"
        )
    };
}

// A chart is of one measure and up to two years: by day first, three rows of four were read in vain.
const BY_MEASURE: &str = concat!(
    "CREATE TABLE call_times_by_day AS SELECT * FROM call_times;
     DROP TABLE call_times;
     CREATE TABLE call_times (
       measure INTEGER NOT NULL,
       day INTEGER NOT NULL,
       provider TEXT NOT NULL,
       model TEXT NOT NULL,
       floor INTEGER NOT NULL,
       calls INTEGER NOT NULL,
       PRIMARY KEY (measure, day, provider, model, floor)
     ) STRICT, WITHOUT ROWID;
     INSERT INTO call_times (measure, day, provider, model, floor, calls)
       SELECT measure, day, provider, model, floor, calls FROM call_times_by_day ORDER BY 1, 2, 3, 4, 5;
     DROP TABLE call_times_by_day;
     DROP TRIGGER call_times_of_a_new_call;
     DROP TRIGGER call_times_of_a_changed_call;
     DROP TRIGGER call_times_of_a_removed_call;
     DROP TRIGGER call_waits_of_a_new_call;
     DROP TRIGGER call_waits_of_a_changed_call;
     DROP TRIGGER call_waits_of_a_removed_call;
     CREATE TRIGGER call_times_of_a_new_call AFTER INSERT ON calls BEGIN ",
    counted!("+", "NEW."),
    " END;
     CREATE TRIGGER call_times_of_a_changed_call AFTER UPDATE OF day, started_at_ms, provider, model, status,
       first_token_ms, duration_ms, output_tokens, writing_ms ON calls BEGIN ",
    counted!("-", "OLD."),
    counted!("+", "NEW."),
    nothing_left_of!("0, 1, 2"),
    " END;
     CREATE TRIGGER call_times_of_a_removed_call AFTER DELETE ON calls BEGIN ",
    counted!("-", "OLD."),
    nothing_left_of!("0, 1, 2"),
    " END;
     CREATE TRIGGER call_waits_of_a_new_call AFTER INSERT ON calls WHEN NEW.waited_ms IS NOT NULL BEGIN ",
    waited!("+", "NEW."),
    " END;
     CREATE TRIGGER call_waits_of_a_changed_call AFTER UPDATE OF day, started_at_ms, provider, model, waited_ms
       ON calls WHEN OLD.waited_ms IS NOT NULL OR NEW.waited_ms IS NOT NULL BEGIN ",
    waited!("-", "OLD."),
    waited!("+", "NEW."),
    nothing_left_of!("3"),
    " END;
     CREATE TRIGGER call_waits_of_a_removed_call AFTER DELETE ON calls WHEN OLD.waited_ms IS NOT NULL BEGIN ",
    waited!("-", "OLD."),
    nothing_left_of!("3"),
    " END"
);

const SQL: &str = concat!(
    "CREATE INDEX calls_failed ON calls(day, error_kind, provider, model) WHERE status = 'failed';
     CREATE INDEX calls_running ON calls(status) WHERE status = 'running';
     CREATE TABLE call_classes (floor INTEGER PRIMARY KEY) STRICT;",
    insert_floors!(),
    "CREATE TABLE call_times (
       day INTEGER NOT NULL,
       provider TEXT NOT NULL,
       model TEXT NOT NULL,
       measure INTEGER NOT NULL,
       floor INTEGER NOT NULL,
       calls INTEGER NOT NULL,
       PRIMARY KEY (day, provider, model, measure, floor)
     ) STRICT, WITHOUT ROWID;
     INSERT INTO call_times
       SELECT k.day, k.provider, k.model, k.measure,
              (SELECT max(floor) FROM call_classes WHERE floor <= k.size), count(*)
       FROM (SELECT ifnull(day, started_at_ms / 86400000) AS day, provider, model, 0 AS measure, ",
    first_token!(""),
    " AS size FROM calls UNION ALL
             SELECT ifnull(day, started_at_ms / 86400000), provider, model, 1, ",
    duration!(""),
    " FROM calls UNION ALL
             SELECT ifnull(day, started_at_ms / 86400000), provider, model, 2, ",
    speed!(""),
    " FROM calls) AS k
       WHERE k.size IS NOT NULL GROUP BY 1, 2, 3, 4, 5;
     CREATE TRIGGER call_times_of_a_new_call AFTER INSERT ON calls BEGIN ",
    counted!("+", "NEW."),
    " END;
     CREATE TRIGGER call_times_of_a_changed_call AFTER UPDATE OF day, started_at_ms, provider, model, status,
       first_token_ms, duration_ms, output_tokens, writing_ms ON calls BEGIN ",
    counted!("-", "OLD."),
    counted!("+", "NEW."),
    nothing_left!(),
    " END;
     CREATE TRIGGER call_times_of_a_removed_call AFTER DELETE ON calls BEGIN ",
    counted!("-", "OLD."),
    nothing_left!(),
    " END"
);

/// What is measured of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// From sending to the first token, in milliseconds.
    FirstToken,
    /// From sending to the end of an answer, in milliseconds.
    Duration,
    /// Tokens written in a thousand seconds, from the first one on.
    Speed,
    /// From sending until a model on this computer took it up, in milliseconds.
    Waited,
}

impl Measure {
    /// Every one, in order.
    pub(crate) const ALL: [Self; 4] = [Self::FirstToken, Self::Duration, Self::Speed, Self::Waited];
}

/// How many measures there are.
pub(crate) const MEASURES: usize = Measure::ALL.len();

/// So many calls of a model on one day that fell into one class.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<'r> {
    /// Days since 1970-01-01.
    pub day: i32,
    pub provider: &'r str,
    pub model: &'r str,
    /// Which of the measures, as [`Measure`] has them in order.
    pub measure: usize,
    pub floor: i64,
    pub calls: u64,
}

/// Hear of every class of these days in which there are calls, of one measure after the other and each by
/// day.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn each_counted(
    conn: &Connection,
    span: Span,
    model: Option<&PricedModel>,
    measures: &[Measure],
    mut hear: impl FnMut(Counted<'_>),
) -> rusqlite::Result<()> {
    let (condition, values) = chosen(span, model);
    for measure in measures {
        let measure = *measure as usize;
        let mut statement = conn.prepare_cached(&format!(
            "SELECT k.day, k.provider, k.model, k.floor, k.calls FROM call_times k
             WHERE k.measure = {measure} AND {condition} ORDER BY k.day"
        ))?;
        let mut rows = statement.query(params_from_iter(&values))?;
        while let Some(row) = rows.next()? {
            hear(Counted {
                day: row.get(0)?,
                provider: row.get_ref(1)?.as_str()?,
                model: row.get_ref(2)?.as_str()?,
                measure,
                floor: row.get(3)?,
                calls: row.get(4)?,
            });
        }
    }
    Ok(())
}

/// So many calls of a model on one day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended<'r> {
    /// Days since 1970-01-01.
    pub day: i32,
    pub provider: &'r str,
    pub model: &'r str,
    pub calls: u64,
    pub running: u64,
    pub failed: u64,
}

/// Hear how many calls there were of each model on each of these days.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn each_day(
    conn: &Connection,
    span: Span,
    model: Option<&PricedModel>,
    mut hear: impl FnMut(Ended<'_>),
) -> rusqlite::Result<()> {
    let (condition, values) = chosen(span, model);
    let mut statement = conn.prepare_cached(&format!(
        "SELECT k.day, k.provider, k.model, k.calls, k.running, k.failed FROM call_days k WHERE {condition}"
    ))?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        hear(Ended {
            day: row.get(0)?,
            provider: row.get_ref(1)?.as_str()?,
            model: row.get_ref(2)?.as_str()?,
            calls: row.get(3)?,
            running: row.get(4)?,
            failed: row.get(5)?,
        });
    }
    Ok(())
}

/// How many calls there were in these days.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn how_many(
    conn: &Connection,
    span: Span,
    model: Option<&PricedModel>,
) -> rusqlite::Result<u64> {
    let (condition, values) = chosen(span, model);
    conn.prepare_cached(&format!(
        "SELECT ifnull(sum(k.calls), 0) FROM call_days k WHERE {condition}"
    ))?
    .query_row(params_from_iter(values), |row| row.get(0))
}

/// One call, as far as it is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample<'r> {
    /// Days since 1970-01-01.
    pub day: i32,
    /// UTC milliseconds.
    pub started_at_ms: i64,
    pub provider: &'r str,
    pub model: &'r str,
    pub status: CallStatus,
    /// In the order of [`Measure`].
    pub sizes: [Option<i64>; MEASURES],
}

const SAMPLE: &str = concat!(
    "ifnull(k.day, k.started_at_ms / 86400000), k.started_at_ms, k.provider, k.model, k.status, ",
    first_token!("k."),
    ", ",
    duration!("k."),
    ", ",
    speed!("k."),
    ", max(k.waited_ms, 0)"
);

fn sample<'r>(row: &'r Row<'_>) -> rusqlite::Result<Sample<'r>> {
    Ok(Sample {
        day: row.get(0)?,
        started_at_ms: row.get(1)?,
        provider: row.get_ref(2)?.as_str()?,
        model: row.get_ref(3)?.as_str()?,
        status: row.get(4)?,
        sizes: [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?],
    })
}

/// Hear of every call of these days.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn each_call(
    conn: &Connection,
    span: Span,
    model: Option<&PricedModel>,
    mut hear: impl FnMut(Sample<'_>),
) -> rusqlite::Result<()> {
    let (condition, values) = chosen(span, model);
    let mut statement =
        conn.prepare_cached(&format!("SELECT {SAMPLE} FROM calls k WHERE {condition}"))?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        hear(sample(row)?);
    }
    Ok(())
}

/// Hear of the newest calls that began since then, UTC milliseconds, and have ended: at most so many.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn each_recent(
    conn: &Connection,
    since_ms: i64,
    model: Option<&PricedModel>,
    most: u32,
    mut hear: impl FnMut(Sample<'_>),
) -> rusqlite::Result<()> {
    let (provider, name) = model
        .map(|of| (of.provider.as_str(), of.model.as_str()))
        .unzip();
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {SAMPLE} FROM calls k
         WHERE k.started_at_ms >= ?1 AND k.status <> 'running'
           AND (?2 IS NULL OR (k.provider = ?2 AND k.model = ?3))
         ORDER BY k.started_at_ms DESC LIMIT ?4"
    ))?;
    let mut rows = statement.query(params![since_ms, provider, name, most])?;
    while let Some(row) = rows.next()? {
        hear(sample(row)?);
    }
    Ok(())
}

/// What failed in these days, by its kind, the most frequent first.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn failures(
    conn: &Connection,
    span: Span,
    model: Option<&PricedModel>,
) -> rusqlite::Result<Vec<(String, u64)>> {
    let (condition, values) = chosen(span, model);
    conn.prepare_cached(&format!(
        "SELECT ifnull(k.error_kind, 'unknown') AS kind, count(*) AS times FROM calls k
         WHERE k.status = 'failed' AND {condition} GROUP BY kind ORDER BY times DESC, kind"
    ))?
    .query_map(params_from_iter(values), |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?
    .collect()
}

/// Calls that failed in one way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed<'r> {
    /// Days since 1970-01-01.
    pub day: i32,
    /// When it began, UTC milliseconds; 0 where calls of a day are told together.
    pub started_at_ms: i64,
    /// How, by the name that the record has for it.
    pub kind: &'r str,
    pub calls: u64,
}

/// Hear what failed in these days: of each day by its kind, or, where it is told apart by time, each call.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn each_failed(
    conn: &Connection,
    span: Span,
    model: Option<&PricedModel>,
    by_time: bool,
    mut hear: impl FnMut(Failed<'_>),
) -> rusqlite::Result<()> {
    let (condition, values) = chosen(span, model);
    // By day, the index of failed calls has all that it takes.
    let (columns, groups) = if by_time {
        ("k.started_at_ms, 1", "")
    } else {
        ("0, count(*)", "GROUP BY k.day, k.error_kind")
    };
    let mut statement = conn.prepare_cached(&format!(
        "SELECT k.day, ifnull(k.error_kind, 'unknown'), {columns} FROM calls k
         WHERE k.status = 'failed' AND {condition} {groups}"
    ))?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        hear(Failed {
            day: row.get(0)?,
            kind: row.get_ref(1)?.as_str()?,
            started_at_ms: row.get(2)?,
            calls: row.get(3)?,
        });
    }
    Ok(())
}

/// A call under way, in whatever process.
#[derive(Debug, Clone)]
pub(crate) struct UnderWay {
    pub number: i64,
    pub started_at_ms: i64,
    pub purpose: Purpose,
    pub provider: String,
    pub model: String,
    pub route: Route,
    pub conversation: Option<ConversationId>,
    /// What a person calls the client that asked.
    pub client: Option<String>,
}

/// The calls under way, the oldest first; of more than so many, the newest.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn under_way(conn: &Connection, most: u32) -> rusqlite::Result<Vec<UnderWay>> {
    let mut found: Vec<UnderWay> = conn
        .prepare_cached(
            "SELECT k.number, k.started_at_ms, k.purpose, k.provider, k.model, k.route, k.conversation_id,
                    (SELECT name FROM clients WHERE id = k.client_id)
             FROM calls k WHERE k.status = 'running' ORDER BY k.number DESC LIMIT ?1",
        )?
        .query_map([most], |row| {
            Ok(UnderWay {
                number: row.get(0)?,
                started_at_ms: row.get(1)?,
                purpose: row.get(2)?,
                provider: row.get(3)?,
                model: row.get(4)?,
                route: row.get(5)?,
                conversation: row.get(6)?,
                client: row.get(7)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    found.reverse();
    Ok(found)
}

/// The condition on a row `k` of the calls, or of their days, and its parameters.
fn chosen(span: Span, model: Option<&PricedModel>) -> (String, Vec<Value>) {
    let mut condition = "k.day BETWEEN ?1 AND ?2".to_owned();
    let mut values: Vec<Value> = vec![span.first.into(), span.last.into()];
    if let Some(of) = model {
        condition.push_str(" AND k.provider = ?3 AND k.model = ?4");
        values.extend([of.provider.clone().into(), of.model.clone().into()]);
    }
    (condition, values)
}

#[cfg(test)]
mod tests;
