//! Counters of calls for monitoring: what has ended so far, by model, provider and how it ended, with
//! histograms of times and tokens.
//!
//! The database counts by itself, in the transaction that ends a call, so a counter is right after a
//! crash, and reading all of them takes as long after a million calls as after ten. Counters only grow:
//! erasing takes nothing off them. And they name nobody: a model goes by its name only where this program
//! knows that name from its own price table, one on this computer by the beginning of the SHA-256 of its
//! file, and any other as `other`.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use super::spending::amount;
use crate::{money::Money, store::Migration};

/// Upper ends of the buckets of times, in milliseconds; the last bucket has none. They are those that
/// OpenTelemetry recommends for the time of a call to a model. The view of counted calls has the same.
pub(crate) const TIME_BOUNDS_MS: [u32; 14] = [
    10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 20_480, 40_960, 81_920,
];
/// The same of numbers of tokens.
pub(crate) const TOKEN_BOUNDS: [u32; 14] = [
    1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    67_108_864,
];
/// One bucket more than there are bounds.
pub(crate) const BUCKETS: usize = TIME_BOUNDS_MS.len() + 1;

/// What a model is called whose name is not to be told.
pub(crate) const OTHER: &str = "other";
/// What a model on this computer is called begins so.
const LOCAL_BEGINS: &str = "gguf-";
/// So many digits of the SHA-256 of its file follow.
const LOCAL_DIGITS: usize = 12;
/// So many models on this computer have a name of their own here; those that came later share one.
const MOST_LOCAL: usize = 100;

/// The calls as they are counted: tokens as they are kept with a call, and each in one place, as
/// [`super::estimate::Tokens`] has them. A price says what a dated version of a model is a version of.
macro_rules! view {
    ($which:literal) => {
        concat!(
            "CREATE VIEW counted_calls AS SELECT k.number, k.provider,
       CASE WHEN k.provider = 'local' THEN 'gguf-' || substr(k.version, 1, 12)
            WHEN EXISTS (SELECT 1 FROM prices WHERE origin = 'built_in' AND model = k.model) THEN k.model
            ELSE ifnull((SELECT named.model FROM prices billed JOIN prices named ON named.model = billed.model
                         WHERE billed.id = k.price_id AND named.origin = 'built_in' AND named.model <> '*'
                         LIMIT 1), 'other') END AS model,
       iif(k.purpose = 'embeddings', 'embeddings', 'chat') AS operation,
       k.status, ifnull(k.error_kind, '') AS error, k.cost_pico, k.duration_ms, k.first_token_ms,
       k.input_tokens,
       max(k.input_tokens - k.cached_tokens - k.cache_written_tokens - k.cache_written_hour_tokens, 0) AS fresh_tokens,
       k.cached_tokens, k.cache_written_tokens + k.cache_written_hour_tokens AS cache_written_tokens,
       k.output_tokens, max(k.output_tokens - k.reasoning_tokens, 0) AS plain_tokens, k.reasoning_tokens,
       (SELECT count(*) FROM (VALUES (10), (20), (40), (80), (160), (320), (640), (1280),
         (2560), (5120), (10240), (20480), (40960), (81920)) WHERE column1 < k.duration_ms) AS duration_bucket,
       iif(k.first_token_ms IS NOT NULL, (SELECT count(*) FROM (VALUES (10), (20), (40), (80), (160), (320), (640), (1280),
         (2560), (5120), (10240), (20480), (40960), (81920)) WHERE column1 < k.first_token_ms), NULL) AS first_token_bucket,
       iif(k.input_tokens > 0, (SELECT count(*) FROM (VALUES (1), (4), (16), (64), (256), (1024), (4096), (16384),
         (65536), (262144), (1048576), (4194304), (16777216), (67108864)) WHERE column1 < k.input_tokens), NULL) AS input_bucket,
       iif(k.output_tokens > 0, (SELECT count(*) FROM (VALUES (1), (4), (16), (64), (256), (1024), (4096), (16384),
         (65536), (262144), (1048576), (4194304), (16777216), (67108864)) WHERE column1 < k.output_tokens), NULL) AS output_bucket
     FROM calls k WHERE k.status <> 'running'",
            $which,
            ";"
        )
    };
}

const TABLES: &str = "CREATE INDEX prices_built_in ON prices(model) WHERE origin = 'built_in';
     CREATE TABLE call_meters (
       id INTEGER PRIMARY KEY,
       provider TEXT NOT NULL,
       model TEXT NOT NULL,
       operation TEXT NOT NULL,
       status TEXT NOT NULL,
       error TEXT NOT NULL,
       calls INTEGER NOT NULL,
       unknown INTEGER NOT NULL,
       duration_ms INTEGER NOT NULL,
       first_token_ms INTEGER NOT NULL,
       input INTEGER NOT NULL,
       fresh INTEGER NOT NULL,
       cached INTEGER NOT NULL,
       cache_written INTEGER NOT NULL,
       output INTEGER NOT NULL,
       plain INTEGER NOT NULL,
       reasoning INTEGER NOT NULL,
       cost_high INTEGER NOT NULL,
       cost_low INTEGER NOT NULL,
       UNIQUE (provider, model, operation, status, error)
     ) STRICT;
     CREATE TABLE call_meter_buckets (
       meter INTEGER NOT NULL REFERENCES call_meters(id),
       what INTEGER NOT NULL,
       bucket INTEGER NOT NULL,
       calls INTEGER NOT NULL,
       PRIMARY KEY (meter, what, bucket)
     ) STRICT, WITHOUT ROWID;";

/// Makes rows for calls into those of their meters.
macro_rules! into_meters {
    () => {
        "
             ON CONFLICT DO UPDATE SET
               calls = calls + excluded.calls, unknown = unknown + excluded.unknown,
               duration_ms = duration_ms + excluded.duration_ms,
               first_token_ms = first_token_ms + excluded.first_token_ms,
               input = input + excluded.input, fresh = fresh + excluded.fresh,
               cached = cached + excluded.cached, cache_written = cache_written + excluded.cache_written,
               output = output + excluded.output, plain = plain + excluded.plain,
               reasoning = reasoning + excluded.reasoning,
               cost_high = cost_high + excluded.cost_high, cost_low = cost_low + excluded.cost_low;"
    };
}

/// Counts the calls that have ended and for which a condition holds.
macro_rules! count_those {
    ($which:literal) => {
        concat!(
            "INSERT INTO call_meters (provider, model, operation, status, error, calls, unknown, duration_ms,
               first_token_ms, input, fresh, cached, cache_written, output, plain, reasoning, cost_high,
               cost_low)
             SELECT provider, model, operation, status, error, count(*), sum(cost_pico IS NULL), sum(duration_ms),
               sum(ifnull(first_token_ms, 0)), sum(input_tokens), sum(fresh_tokens), sum(cached_tokens),
               sum(cache_written_tokens), sum(output_tokens), sum(plain_tokens), sum(reasoning_tokens),
               sum(ifnull(cost_pico >> 20, 0)), sum(ifnull(cost_pico & 1048575, 0))
             FROM counted_calls WHERE ", $which, " GROUP BY provider, model, operation, status, error",
            into_meters!(), "
             INSERT INTO call_meter_buckets (meter, what, bucket, calls)
             SELECT m.id, w.column1, CASE w.column1 WHEN 0 THEN c.duration_bucket WHEN 1 THEN c.first_token_bucket
                 WHEN 2 THEN c.input_bucket ELSE c.output_bucket END AS filled, count(*)
             FROM counted_calls c CROSS JOIN (VALUES (0), (1), (2), (3)) w
               JOIN call_meters m ON m.provider = c.provider AND m.model = c.model
                 AND m.operation = c.operation AND m.status = c.status AND m.error = c.error
             WHERE c.", $which, " AND filled IS NOT NULL GROUP BY m.id, w.column1, filled
             ON CONFLICT DO UPDATE SET calls = calls + excluded.calls;"
        )
    };
}

/// Counts the call that a trigger is about.
macro_rules! count_one {
    () => {
        concat!(
            "INSERT INTO call_meters (provider, model, operation, status, error, calls, unknown, duration_ms,
           first_token_ms, input, fresh, cached, cache_written, output, plain, reasoning, cost_high, cost_low)
         SELECT provider, model, operation, status, error, 1, cost_pico IS NULL, duration_ms,
           ifnull(first_token_ms, 0), input_tokens, fresh_tokens, cached_tokens, cache_written_tokens,
           output_tokens, plain_tokens, reasoning_tokens, ifnull(cost_pico >> 20, 0),
           ifnull(cost_pico & 1048575, 0)
         FROM counted_calls WHERE number = NEW.number",
            into_meters!(),
            "
         INSERT INTO call_meter_buckets (meter, what, bucket, calls)
         SELECT m.id, w.column1, CASE w.column1 WHEN 0 THEN c.duration_bucket WHEN 1 THEN c.first_token_bucket
             WHEN 2 THEN c.input_bucket ELSE c.output_bucket END AS filled, 1
         FROM counted_calls c CROSS JOIN call_meters m CROSS JOIN (VALUES (0), (1), (2), (3)) w
         WHERE c.number = NEW.number AND m.provider = c.provider AND m.model = c.model
           AND m.operation = c.operation AND m.status = c.status AND m.error = c.error AND filled IS NOT NULL
         ON CONFLICT DO UPDATE SET calls = calls + excluded.calls;"
        )
    };
}

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-28 say how calls are counted",
        sql: view!(""),
    },
    Migration {
        name: "2026-11-28 create meters of calls",
        sql: TABLES,
    },
    Migration {
        name: "2026-11-28 count calls that have ended",
        sql: count_those!("number > 0"),
    },
    Migration {
        name: "2026-11-28 count each call that ends",
        sql: concat!(
            "CREATE TRIGGER call_meters_of_an_ended_call AFTER UPDATE OF status ON calls
               WHEN OLD.status = 'running' AND NEW.status <> 'running' BEGIN ",
            count_those!("number = NEW.number"),
            " END;
             CREATE TRIGGER call_meters_of_a_written_call AFTER INSERT ON calls
               WHEN NEW.status <> 'running' BEGIN ",
            count_those!("number = NEW.number"),
            " END"
        ),
    },
    // A call can end twice: it is given up when its process seems gone, and then that process ends it. It
    // is one call, counted when it ended first; what it used and cost more is added, in two parts where it
    // is money, as in [`amount`].
    Migration {
        name: "2026-11-28 count what a call that has ended used more",
        sql: "CREATE TRIGGER call_meters_of_a_corrected_call
              AFTER UPDATE OF status, cost_pico, input_tokens, cached_tokens, cache_written_tokens,
                cache_written_hour_tokens, output_tokens, reasoning_tokens ON calls
              WHEN OLD.status <> 'running' AND NEW.status <> 'running' BEGIN
                INSERT INTO call_meters (provider, model, operation, status, error, calls, unknown, duration_ms,
                  first_token_ms, input, fresh, cached, cache_written, output, plain, reasoning, cost_high,
                  cost_low)
                SELECT provider, model, operation, status, error, 0, 0, 0, 0,
                  max(NEW.input_tokens - OLD.input_tokens, 0),
                  max(fresh_tokens - max(OLD.input_tokens - OLD.cached_tokens - OLD.cache_written_tokens
                    - OLD.cache_written_hour_tokens, 0), 0),
                  max(NEW.cached_tokens - OLD.cached_tokens, 0),
                  max(cache_written_tokens - OLD.cache_written_tokens - OLD.cache_written_hour_tokens, 0),
                  max(NEW.output_tokens - OLD.output_tokens, 0),
                  max(plain_tokens - max(OLD.output_tokens - OLD.reasoning_tokens, 0), 0),
                  max(NEW.reasoning_tokens - OLD.reasoning_tokens, 0),
                  max(ifnull(NEW.cost_pico, 0) - ifnull(OLD.cost_pico, 0), 0) >> 20,
                  max(ifnull(NEW.cost_pico, 0) - ifnull(OLD.cost_pico, 0), 0) & 1048575
                FROM counted_calls WHERE number = NEW.number
                ON CONFLICT DO UPDATE SET
                  input = input + excluded.input, fresh = fresh + excluded.fresh,
                  cached = cached + excluded.cached, cache_written = cache_written + excluded.cache_written,
                  output = output + excluded.output, plain = plain + excluded.plain,
                  reasoning = reasoning + excluded.reasoning,
                  cost_high = cost_high + excluded.cost_high, cost_low = cost_low + excluded.cost_low;
              END",
    },
    // To count the tokens of a request, no model is asked.
    Migration {
        name: "2026-11-30 count no counts of tokens",
        sql: concat!(
            "DROP VIEW counted_calls; ",
            view!(" AND k.purpose <> 'count'")
        ),
    },
    // One call makes no groups, and which meter it is counted by is found out once.
    Migration {
        name: "2026-12-02 count a call that ends without grouping it",
        sql: concat!(
            "DROP TRIGGER call_meters_of_an_ended_call;
             DROP TRIGGER call_meters_of_a_written_call;
             CREATE TRIGGER call_meters_of_an_ended_call AFTER UPDATE OF status ON calls
               WHEN OLD.status = 'running' AND NEW.status <> 'running' BEGIN ",
            count_one!(),
            " END;
             CREATE TRIGGER call_meters_of_a_written_call AFTER INSERT ON calls
               WHEN NEW.status <> 'running' BEGIN ",
            count_one!(),
            " END"
        ),
    },
];

/// What calls of one kind were so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meter {
    /// Under whose name its prices are listed; `local` for this computer.
    pub provider: String,
    /// A name that tells nothing of a person.
    pub model: String,
    /// `chat` or `embeddings`.
    pub operation: String,
    /// How they ended.
    pub status: String,
    /// What failed; empty: nothing.
    pub error: String,
    /// How many.
    pub calls: u64,
    /// Of those, without a known cost.
    pub unknown: u64,
    /// How long they took, in milliseconds.
    pub duration_ms: u64,
    /// How long their first tokens took, in milliseconds.
    pub first_token_ms: u64,
    /// Tokens read, whatever a cache did with them.
    pub input: u64,
    /// Of those, such as no cache took part in.
    pub fresh: u64,
    /// Of those, from a cache.
    pub cached: u64,
    /// Of those, kept in one.
    pub cache_written: u64,
    /// Tokens written, reasoning included.
    pub output: u64,
    /// Of those, for the person.
    pub plain: u64,
    /// Of those, while thinking.
    pub reasoning: u64,
    /// What they cost, where it is known.
    pub cost: Money,
    /// How many calls there are in each bucket of a time, from [`TIME_BOUNDS_MS`].
    pub durations: [u64; BUCKETS],
    /// The same of the times until the first token.
    pub first_tokens: [u64; BUCKETS],
    /// The same of the tokens read, from [`TOKEN_BOUNDS`].
    pub inputs: [u64; BUCKETS],
    /// The same of the tokens written.
    pub outputs: [u64; BUCKETS],
}

impl Meter {
    fn buckets(&mut self, what: i64) -> Option<&mut [u64; BUCKETS]> {
        match what {
            0 => Some(&mut self.durations),
            1 => Some(&mut self.first_tokens),
            2 => Some(&mut self.inputs),
            3 => Some(&mut self.outputs),
            _ => None,
        }
    }
}

/// All meters, the oldest first.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn meters(conn: &Connection) -> rusqlite::Result<Vec<Meter>> {
    let mut places = HashMap::new();
    let mut meters = Vec::new();
    let mut statement = conn.prepare_cached(
        "SELECT id, provider, model, operation, status, error, calls, unknown, duration_ms, first_token_ms,
                input, fresh, cached, cache_written, output, plain, reasoning, cost_high, cost_low
         FROM call_meters ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        places.insert(row.get::<_, i64>(0)?, meters.len());
        meters.push(meter(row)?);
    }
    let mut statement =
        conn.prepare_cached("SELECT meter, what, bucket, calls FROM call_meter_buckets")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let meter = places.get(&row.get::<_, i64>(0)?);
        let buckets = meter.and_then(|&place| meters[place].buckets(row.get(1).ok()?));
        if let Some(bucket) = buckets.and_then(|all| all.get_mut(row.get::<_, usize>(2).ok()?)) {
            *bucket = row.get(3)?;
        }
    }
    bound_local(&mut meters);
    Ok(meters)
}

fn meter(row: &Row<'_>) -> rusqlite::Result<Meter> {
    Ok(Meter {
        provider: row.get(1)?,
        model: row.get(2)?,
        operation: row.get(3)?,
        status: row.get(4)?,
        error: row.get(5)?,
        calls: row.get(6)?,
        unknown: row.get(7)?,
        duration_ms: row.get(8)?,
        first_token_ms: row.get(9)?,
        input: row.get(10)?,
        fresh: row.get(11)?,
        cached: row.get(12)?,
        cache_written: row.get(13)?,
        output: row.get(14)?,
        plain: row.get(15)?,
        reasoning: row.get(16)?,
        cost: amount(row, 17)?,
        durations: [0; BUCKETS],
        first_tokens: [0; BUCKETS],
        inputs: [0; BUCKETS],
        outputs: [0; BUCKETS],
    })
}

/// Whoever tries many models out must not make a series for each. Those that came first keep theirs, so
/// that no series ever loses what it has counted.
fn bound_local(meters: &mut [Meter]) {
    let mut known: Vec<String> = Vec::new();
    for meter in meters {
        if !meter.model.starts_with(LOCAL_BEGINS) || known.contains(&meter.model) {
            continue;
        }
        if known.len() < MOST_LOCAL {
            known.push(meter.model.clone());
        } else {
            OTHER.clone_into(&mut meter.model);
        }
    }
}

/// What a model on this computer is called here, by the SHA-256 of its file in hexadecimal digits.
pub(crate) fn local_name(version: &str) -> String {
    let digits: String = version.chars().take(LOCAL_DIGITS).collect();
    format!("{LOCAL_BEGINS}{digits}")
}

/// How many calls are under way, in this process and in others. `today` is in days since 1970-01-01; what
/// began more than a week before is not looked at.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn under_way(conn: &Connection, today: i32) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT ifnull(sum(running), 0) FROM call_days WHERE day > ?1 - 7")?
        .query_row([today], |row| row.get(0))
}

#[cfg(test)]
mod tests;
