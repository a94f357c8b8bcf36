//! How long calls took, kept beside them as counts by class, of days and of whole months: percentiles over a
//! million calls of two years are read from some thousand rows of each measure.
//!
//! The database keeps the counts right by itself, in the transaction that changes a call, as it does the
//! sums of [`days`](super::days). A test holds them against the calls after any sequence of changes.

mod kept;
mod months;

pub(crate) use kept::MIGRATIONS;
use kept::{duration, first_token, speed};
pub(crate) use months::{add_up, each_counted_by_month};
use rusqlite::{Connection, Row, params, params_from_iter, types::Value};

use super::{
    CallStatus, Purpose, Route,
    reports::{PricedModel, Span},
};
use crate::ids::{ConversationId, WorkspaceId};

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
    for measure in measures {
        each_row(conn, Table::Days, span, model, *measure, &mut hear)?;
    }
    Ok(())
}

/// Where counts stand: of days, or of months under their first days.
#[derive(Clone, Copy)]
enum Table {
    Days,
    Months,
}

fn each_row(
    conn: &Connection,
    table: Table,
    span: Span,
    model: Option<&PricedModel>,
    measure: Measure,
    hear: &mut impl FnMut(Counted<'_>),
) -> rusqlite::Result<()> {
    let (condition, values) = of_days(span, model);
    let table = match table {
        Table::Days => "call_times",
        Table::Months => "call_times_of_months",
    };
    let measure = measure as usize;
    let mut statement = conn.prepare_cached(&format!(
        "SELECT k.day, k.provider, k.model, k.floor, k.calls FROM {table} k
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
    Ok(())
}

/// Hear of every class of these days in which there are first tokens of one workspace, by day.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn each_first_token(
    conn: &Connection,
    span: Span,
    workspace: WorkspaceId,
    mut hear: impl FnMut(Counted<'_>),
) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT day, provider, model, floor, calls FROM call_first_tokens
         WHERE workspace_id = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day",
    )?;
    let mut rows = statement.query(params![workspace, span.first, span.last])?;
    while let Some(row) = rows.next()? {
        hear(Counted {
            day: row.get(0)?,
            provider: row.get_ref(1)?.as_str()?,
            model: row.get_ref(2)?.as_str()?,
            measure: Measure::FirstToken as usize,
            floor: row.get(3)?,
            calls: row.get(4)?,
        });
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
         WHERE k.started_at_ms >= ?1 AND k.status <> 'running' AND k.purpose <> 'count'
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

/// The condition on a row `k` of the calls, or of their days, and its parameters: a count of tokens is no
/// answer of a model, and says nothing of how it does.
fn chosen(span: Span, model: Option<&PricedModel>) -> (String, Vec<Value>) {
    let (condition, values) = of_days(span, model);
    (format!("{condition} AND k.purpose <> 'count'"), values)
}

/// The condition on a row `k` of the counts, in which no count of tokens is.
fn of_days(span: Span, model: Option<&PricedModel>) -> (String, Vec<Value>) {
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
