//! What the calls of each day used and cost, kept beside the calls: a million calls of two years are a few
//! ten thousand rows here.
//!
//! The database keeps it right by itself, in the transaction that changes a call: nobody who writes a call
//! can forget it. A test holds it against the calls after any sequence of changes.

use rusqlite::{Connection, Row, params_from_iter};

use super::{
    estimate::{Counting, Tokens, Usage},
    reports::{CallFilter, Chosen, Span},
    spending::amount,
};
use crate::{
    ids::{ConversationId, WorkspaceId},
    money::Money,
    store::Migration,
};

/// The row of a call among the days: what it adds, or takes off. Money goes in two parts, as in [`amount`].
#[rustfmt::skip]
macro_rules! added {
    ($sign:literal, $row:literal) => {
        concat!(
            "ifnull(", $row, "day, ", $row, "started_at_ms / 86400000), ", $row, "workspace_id, ",
            $row, "provider, ", $row, "model, ", $row, "purpose, ",
            $sign, "1, ",
            $sign, "(", $row, "status = 'running'), ",
            $sign, "(", $row, "status = 'failed'), ",
            $sign, "(", $row, "cost_pico IS NULL AND ", $row, "status <> 'running'), ",
            $sign, "(", $row, "measured = 0 AND ifnull(", $row, "cost_pico, 0) <> 0), ",
            $sign, $row, "masked, ",
            $sign, $row, "input_tokens, ",
            $sign, $row, "cached_tokens, ",
            $sign, $row, "cache_written_tokens, ",
            $sign, $row, "cache_written_hour_tokens, ",
            $sign, $row, "output_tokens, ",
            $sign, $row, "reasoning_tokens, ",
            $sign, $row, "duration_ms, ",
            $sign, "ifnull(", $row, "cost_pico >> 20, 0), ",
            $sign, "ifnull(", $row, "cost_pico & 1048575, 0), ",
            $sign, "ifnull((", $row, "status = 'failed') * (", $row, "cost_pico >> 20), 0), ",
            $sign, "ifnull((", $row, "status = 'failed') * (", $row, "cost_pico & 1048575), 0)"
        )
    };
}

/// Makes rows for calls into rows of their days.
#[rustfmt::skip]
macro_rules! into_days {
    () => {
        " ON CONFLICT DO UPDATE SET
            calls = calls + excluded.calls, running = running + excluded.running,
            failed = failed + excluded.failed, unknown = unknown + excluded.unknown,
            estimated = estimated + excluded.estimated, masked = masked + excluded.masked,
            input = input + excluded.input, cached = cached + excluded.cached,
            cache_written = cache_written + excluded.cache_written,
            cache_written_hour = cache_written_hour + excluded.cache_written_hour,
            output = output + excluded.output, reasoning = reasoning + excluded.reasoning,
            duration_ms = duration_ms + excluded.duration_ms,
            cost_high = cost_high + excluded.cost_high, cost_low = cost_low + excluded.cost_low,
            lost_high = lost_high + excluded.lost_high, lost_low = lost_low + excluded.lost_low;"
    };
}

/// Adds a call to its day, or takes it off.
macro_rules! moved {
    ($sign:literal, $row:literal) => {
        concat!(
            "INSERT INTO call_days VALUES (",
            added!($sign, $row),
            ")",
            into_days!()
        )
    };
}

/// Takes the day off which the last call was taken: a row of nothing is no row.
macro_rules! nothing_left {
    () => {
        "DELETE FROM call_days WHERE calls = 0
           AND day = ifnull(OLD.day, OLD.started_at_ms / 86400000) AND workspace_id = OLD.workspace_id
           AND provider = OLD.provider AND model = OLD.model AND purpose = OLD.purpose;"
    };
}

/// Whether a call that changes stays in the row that it is in.
macro_rules! stays {
    () => {
        "ifnull(OLD.day, OLD.started_at_ms / 86400000) = ifnull(NEW.day, NEW.started_at_ms / 86400000)
           AND OLD.workspace_id = NEW.workspace_id AND OLD.provider = NEW.provider AND OLD.model = NEW.model
           AND OLD.purpose = NEW.purpose"
    };
}

/// Adds to a column what a call that changes is more, or less: its expression, in parts between which the row stands.
macro_rules! change {
    ($column:literal, $open:literal $(, $part:literal)+) => {
        concat!(
            $column, " = ", $column,
            " + ", $open, $("NEW.", $part,)+
            " - ", $open, $("OLD.", $part,)+
        )
    };
}
pub(super) use change;

// A call belongs to the day on which it began by the clocks of the person then: days since 1970-01-01.
// One written without it counts to the day by UTC. Those that are there already are taken by the
// clocks of this computer.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-27 add calls up by day",
        sql: SQL,
    },
    // Few prompts are long, and those are what tiers of prices and advice are about.
    Migration {
        name: "2026-11-28 find long prompts",
        sql: "CREATE INDEX calls_with_long_prompts ON calls(day, provider, model, input_tokens, cached_tokens)
              WHERE input_tokens >= 8000",
    },
    // Advice about them finds them in the index alone; and few failed calls are paid.
    Migration {
        name: "2026-11-29 find long histories and paid failures",
        sql: "DROP INDEX calls_with_long_prompts;
              CREATE INDEX calls_with_long_prompts ON calls(day, provider, model, input_tokens, cached_tokens,
                                                            purpose, conversation_id, started_at_ms)
              WHERE input_tokens >= 8000;
              CREATE INDEX calls_that_failed_and_were_paid ON calls(day, number)
              WHERE status = 'failed' AND cost_pico > 0",
    },
    Migration {
        name: "2026-12-02 change days in one step",
        sql: IN_ONE_STEP,
    },
];

const SQL: &str = concat!(
    "ALTER TABLE calls ADD COLUMN day INTEGER;
     UPDATE calls SET day =
       CAST(julianday(date(started_at_ms / 1000, 'unixepoch', 'localtime')) - 2440587.5 AS INTEGER);
     CREATE INDEX calls_by_day ON calls(day, number, provider, model);
     CREATE TABLE call_days (
       day INTEGER NOT NULL,
       workspace_id BLOB NOT NULL,
       provider TEXT NOT NULL,
       model TEXT NOT NULL,
       purpose TEXT NOT NULL,
       calls INTEGER NOT NULL,
       running INTEGER NOT NULL,
       failed INTEGER NOT NULL,
       unknown INTEGER NOT NULL,
       estimated INTEGER NOT NULL,
       masked INTEGER NOT NULL,
       input INTEGER NOT NULL,
       cached INTEGER NOT NULL,
       cache_written INTEGER NOT NULL,
       cache_written_hour INTEGER NOT NULL,
       output INTEGER NOT NULL,
       reasoning INTEGER NOT NULL,
       duration_ms INTEGER NOT NULL,
       cost_high INTEGER NOT NULL,
       cost_low INTEGER NOT NULL,
       lost_high INTEGER NOT NULL,
       lost_low INTEGER NOT NULL,
       PRIMARY KEY (day, workspace_id, provider, model, purpose)
     ) STRICT, WITHOUT ROWID;
     INSERT INTO call_days SELECT ",
    added!("+", ""),
    " FROM calls WHERE true",
    into_days!(),
    "CREATE TRIGGER call_days_of_a_new_call AFTER INSERT ON calls BEGIN ",
    moved!("+", "NEW."),
    " END;
     CREATE TRIGGER call_days_of_a_changed_call AFTER UPDATE OF day, started_at_ms, workspace_id, provider,
       model, purpose, status, cost_pico, measured, masked, input_tokens, cached_tokens, cache_written_tokens,
       cache_written_hour_tokens, output_tokens, reasoning_tokens, duration_ms ON calls BEGIN ",
    moved!("-", "OLD."),
    moved!("+", "NEW."),
    nothing_left!(),
    " END;
     CREATE TRIGGER call_days_of_a_removed_call AFTER DELETE ON calls BEGIN ",
    moved!("-", "OLD."),
    nothing_left!(),
    " END"
);

// Nearly all changes are ends of calls, which stay where they are: one search in place of three.
#[rustfmt::skip]
const IN_ONE_STEP: &str = concat!(
    "DROP TRIGGER call_days_of_a_changed_call;
     CREATE TRIGGER call_days_of_a_changed_call AFTER UPDATE OF day, started_at_ms, workspace_id, provider,
       model, purpose, status, cost_pico, measured, masked, input_tokens, cached_tokens, cache_written_tokens,
       cache_written_hour_tokens, output_tokens, reasoning_tokens, duration_ms ON calls
       WHEN ", stays!(), " BEGIN
         UPDATE call_days SET ",
    change!("running", "(", "status = 'running')"), ", ",
    change!("failed", "(", "status = 'failed')"), ", ",
    change!("unknown", "(", "cost_pico IS NULL AND ", "status <> 'running')"), ", ",
    change!("estimated", "(", "measured = 0 AND ifnull(", "cost_pico, 0) <> 0)"), ", ",
    change!("masked", "", "masked"), ", ",
    change!("input", "", "input_tokens"), ", ",
    change!("cached", "", "cached_tokens"), ", ",
    change!("cache_written", "", "cache_written_tokens"), ", ",
    change!("cache_written_hour", "", "cache_written_hour_tokens"), ", ",
    change!("output", "", "output_tokens"), ", ",
    change!("reasoning", "", "reasoning_tokens"), ", ",
    change!("duration_ms", "", "duration_ms"), ", ",
    change!("cost_high", "ifnull(", "cost_pico >> 20, 0)"), ", ",
    change!("cost_low", "ifnull(", "cost_pico & 1048575, 0)"), ", ",
    change!("lost_high", "ifnull((", "status = 'failed') * (", "cost_pico >> 20), 0)"), ", ",
    change!("lost_low", "ifnull((", "status = 'failed') * (", "cost_pico & 1048575), 0)"), "
         WHERE day = ifnull(NEW.day, NEW.started_at_ms / 86400000) AND workspace_id = NEW.workspace_id
           AND provider = NEW.provider AND model = NEW.model AND purpose = NEW.purpose;
       END;
     CREATE TRIGGER call_days_of_a_moved_call AFTER UPDATE OF day, started_at_ms, workspace_id, provider, model,
       purpose ON calls WHEN NOT (", stays!(), ") BEGIN ",
    moved!("-", "OLD."),
    moved!("+", "NEW."),
    nothing_left!(),
    " END"
);

/// What calls used and cost, added up exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// All calls, those under way included.
    pub calls: u64,
    /// Under way.
    pub running: u64,
    /// Failed.
    pub failed: u64,
    /// Ended without a known cost: what they cost is not in `cost`, and it is not nothing.
    pub unknown: u64,
    /// Calls whose cost rests on our own count.
    pub estimated: u64,
    /// Places that were masked in what left.
    pub masked: u64,
    /// Tokens, each in one place.
    pub tokens: Tokens,
    /// How long the calls took together, in milliseconds.
    pub duration_ms: u64,
    /// What is known to be spent.
    pub cost: Money,
    /// Of that, for calls that failed.
    pub lost: Money,
}

impl Figures {
    /// Add another's to it.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.running += other.running;
        self.failed += other.failed;
        self.unknown += other.unknown;
        self.estimated += other.estimated;
        self.masked += other.masked;
        self.tokens.add(&other.tokens);
        self.duration_ms += other.duration_ms;
        self.cost = self.cost + other.cost;
        self.lost = self.lost + other.lost;
    }

    /// Tokens read and written, of every kind.
    pub fn all_tokens(&self) -> u64 {
        self.tokens.prompt() + self.tokens.output + self.tokens.reasoning
    }
}

/// What the calls of one day, workspace, model and purpose used and cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// Days since 1970-01-01.
    pub day: i32,
    pub workspace: WorkspaceId,
    pub provider: String,
    pub model: String,
    pub purpose: String,
    pub figures: Figures,
}

/// The groups of these days that a filter lets through, by day: read from the calls themselves where
/// the filter looks at what no day knows.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn groups(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
) -> rusqlite::Result<Vec<Group>> {
    let Chosen { condition, values } = filter.chosen(span);
    let sql = if filter.is_of_days() {
        format!("SELECT {KEYS}, {COLUMNS} FROM call_days k WHERE {condition} ORDER BY k.day")
    } else {
        format!(
            "SELECT {KEYS}, {ADDED_UP} FROM calls k WHERE {condition} GROUP BY {KEYS} ORDER BY k.day"
        )
    };
    conn.prepare_cached(&sql)?
        .query_map(params_from_iter(values), group)?
        .collect()
}

/// Whether there was any call in these days that a filter lets through.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn has_calls(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
) -> rusqlite::Result<bool> {
    let Chosen { condition, values } = filter.chosen(span);
    let table = if filter.is_of_days() {
        "call_days"
    } else {
        "calls"
    };
    conn.prepare_cached(&format!(
        "SELECT EXISTS (SELECT 1 FROM {table} k WHERE {condition})"
    ))?
    .query_row(params_from_iter(values), |row| row.get(0))
}

/// What calls of one day with one model cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spent<'r> {
    /// Days since 1970-01-01.
    pub day: i32,
    pub provider: &'r str,
    pub model: &'r str,
    /// What is known of it.
    pub cost: Money,
    /// Calls that ended without a known cost.
    pub unknown: u64,
}

/// Hear what the same groups cost, and nothing more of them: for a chart, that is a fourth of what there is
/// to read.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn each_cost(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
    mut hear: impl FnMut(Spent<'_>),
) -> rusqlite::Result<()> {
    let Chosen { condition, values } = filter.chosen(span);
    let sql = if filter.is_of_days() {
        format!(
            "SELECT k.day, k.provider, k.model, k.unknown, k.cost_high, k.cost_low FROM call_days k
             WHERE {condition}"
        )
    } else {
        format!(
            "SELECT k.day, k.provider, k.model, sum(k.cost_pico IS NULL AND k.status <> 'running'),
                    ifnull(sum(k.cost_pico >> 20), 0), ifnull(sum(k.cost_pico & 1048575), 0)
             FROM calls k WHERE {condition} GROUP BY k.day, k.provider, k.model"
        )
    };
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        hear(Spent {
            day: row.get(0)?,
            provider: row.get_ref(1)?.as_str()?,
            model: row.get_ref(2)?.as_str()?,
            unknown: row.get(3)?,
            cost: amount(row, 4)?,
        });
    }
    Ok(())
}

fn group(row: &Row<'_>) -> rusqlite::Result<Group> {
    Ok(Group {
        day: row.get(0)?,
        workspace: row.get(1)?,
        provider: row.get(2)?,
        model: row.get(3)?,
        purpose: row.get(4)?,
        figures: figures(row, 5)?,
    })
}

const KEYS: &str = "k.day, k.workspace_id, k.provider, k.model, k.purpose";

/// The first day with a call, in days since 1970-01-01.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn first_day(conn: &Connection) -> rusqlite::Result<Option<i32>> {
    conn.prepare_cached("SELECT min(day) FROM call_days")?
        .query_row([], |row| row.get(0))
}

const COLUMNS: &str = "k.calls, k.running, k.failed, k.unknown, k.estimated, k.masked, k.input, k.cached, \
     k.cache_written, k.cache_written_hour, k.output, k.reasoning, k.duration_ms, k.cost_high, k.cost_low, \
     k.lost_high, k.lost_low";

/// The same, from calls that are put in groups.
const ADDED_UP: &str = "count(*), sum(k.status = 'running'), sum(k.status = 'failed'), \
     sum(k.cost_pico IS NULL AND k.status <> 'running'), \
     sum(k.measured = 0 AND k.cost_pico IS NOT NULL AND k.cost_pico <> 0), sum(k.masked), \
     sum(k.input_tokens), sum(k.cached_tokens), sum(k.cache_written_tokens), \
     sum(k.cache_written_hour_tokens), sum(k.output_tokens), sum(k.reasoning_tokens), sum(k.duration_ms), \
     sum(k.cost_pico >> 20), sum(k.cost_pico & 1048575), \
     sum((k.cost_pico >> 20) * (k.status = 'failed')), \
     sum((k.cost_pico & 1048575) * (k.status = 'failed'))";

/// Figures from [`COLUMNS`], of which the first is column `at`. With a call its counts are kept together,
/// whoever counted them; here each token is in one place again.
fn figures(row: &Row<'_>, at: usize) -> rusqlite::Result<Figures> {
    Ok(Figures {
        calls: row.get(at)?,
        running: row.get(at + 1)?,
        failed: row.get(at + 2)?,
        unknown: row.get(at + 3)?,
        estimated: row.get(at + 4)?,
        masked: row.get(at + 5)?,
        tokens: Tokens::of(
            Usage {
                input: row.get(at + 6)?,
                cached: row.get(at + 7)?,
                cache_write: row.get(at + 8)?,
                cache_write_hour: row.get(at + 9)?,
                output: row.get(at + 10)?,
                reasoning: row.get(at + 11)?,
            },
            Counting::CacheIncluded,
        ),
        duration_ms: row.get(at + 12)?,
        cost: amount(row, at + 13)?,
        lost: amount(row, at + 15)?,
    })
}

/// The figures of the calls that a filter lets through, by their conversation: read from the calls
/// themselves, as no day knows it.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn by_conversation(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
) -> rusqlite::Result<Vec<(Option<ConversationId>, Figures)>> {
    let Chosen { condition, values } = filter.chosen(span);
    conn.prepare_cached(&format!(
        "SELECT k.conversation_id, {ADDED_UP} FROM calls k WHERE {condition} GROUP BY k.conversation_id"
    ))?
    .query_map(params_from_iter(values), |row| {
        Ok((row.get(0)?, figures(row, 1)?))
    })?
    .collect()
}

#[cfg(test)]
mod tests;
