//! The table of the counts and what keeps it right: the SQL of its migrations.

use crate::{costs::spread::insert_floors, store::Migration};

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
pub(super) use first_token;

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
pub(super) use duration;

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
pub(super) use speed;

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

/// Takes the rows away from which the last call was taken: where `day` comes first in the key, and where
/// `measure` does.
macro_rules! nothing_left {
    () => {
        "DELETE FROM call_times WHERE calls = 0 AND day = ifnull(OLD.day, OLD.started_at_ms / 86400000)
           AND provider = OLD.provider AND model = OLD.model;"
    };
    ($measures:literal) => {
        concat!(
            "DELETE FROM call_times WHERE calls = 0 AND measure IN (",
            $measures,
            ") AND day = ifnull(OLD.day, OLD.started_at_ms / 86400000)
               AND provider = OLD.provider AND model = OLD.model;"
        )
    };
}

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

/// Counts the time to the first token of a call in its workspace, or takes it off.
#[rustfmt::skip]
macro_rules! begun {
    ($sign:literal, $row:literal) => {
        concat!(
            "INSERT INTO call_first_tokens (workspace_id, day, provider, model, floor, calls)
               SELECT ", $row, "workspace_id, ifnull(", $row, "day, ", $row, "started_at_ms / 86400000), ",
                      $row, "provider, ", $row, "model,
                      (SELECT max(floor) FROM call_classes WHERE floor <= ", first_token!($row), "), ", $sign, "1
               WHERE ", $row, "first_token_ms IS NOT NULL
             ON CONFLICT DO UPDATE SET calls = calls + excluded.calls;"
        )
    };
}

/// Takes the rows of a workspace away from which the last call was taken.
macro_rules! none_begun {
    () => {
        "DELETE FROM call_first_tokens WHERE calls = 0 AND workspace_id = OLD.workspace_id
           AND day = ifnull(OLD.day, OLD.started_at_ms / 86400000) AND provider = OLD.provider
           AND model = OLD.model;"
    };
}

/// What keeps the first three measures right, of the calls for which these conditions hold: before a change,
/// and after it.
macro_rules! counting {
    ([$if_old:literal, $if_new:literal] $($nothing_left:tt)*) => {
        concat!(
            "CREATE TRIGGER call_times_of_a_new_call AFTER INSERT ON calls ",
            $if_new,
            "BEGIN ",
            counted!("+", "NEW."),
            " END;
             CREATE TRIGGER call_times_of_a_changed_call AFTER UPDATE OF day, started_at_ms, provider, model, status,
               first_token_ms, duration_ms, output_tokens, writing_ms ON calls ",
            $if_new,
            "BEGIN ",
            counted!("-", "OLD."),
            counted!("+", "NEW."),
            $($nothing_left)*,
            " END;
             CREATE TRIGGER call_times_of_a_removed_call AFTER DELETE ON calls ",
            $if_old,
            "BEGIN ",
            counted!("-", "OLD."),
            $($nothing_left)*,
            " END;"
        )
    };
}

/// What keeps the fourth one right.
macro_rules! counting_waits {
    ($($nothing_left:tt)*) => {
        concat!(
            "CREATE TRIGGER call_waits_of_a_new_call AFTER INSERT ON calls WHEN NEW.waited_ms IS NOT NULL BEGIN ",
            waited!("+", "NEW."),
            " END;
             CREATE TRIGGER call_waits_of_a_changed_call AFTER UPDATE OF day, started_at_ms, provider, model, waited_ms
               ON calls WHEN OLD.waited_ms IS NOT NULL OR NEW.waited_ms IS NOT NULL BEGIN ",
            waited!("-", "OLD."),
            waited!("+", "NEW."),
            $($nothing_left)*,
            " END;
             CREATE TRIGGER call_waits_of_a_removed_call AFTER DELETE ON calls WHEN OLD.waited_ms IS NOT NULL BEGIN ",
            waited!("-", "OLD."),
            $($nothing_left)*,
            " END;"
        )
    };
}

// What is found by status has an index of its own: few calls have failed, and fewer are under way.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-28 count how long calls take",
        sql: COUNTED,
    },
    Migration {
        name: "2026-11-28 count how long calls waited",
        sql: WAITED,
    },
    Migration {
        name: "2026-11-28 keep counts of one measure together",
        sql: BY_MEASURE,
    },
    Migration {
        name: "2026-11-30 count first tokens by workspace",
        sql: BY_WORKSPACE,
    },
    // To count the tokens of a request, no model is asked: how long that takes says nothing of one. Why calls
    // were made never changes. Those that failed are told by the index alone, and so it knows, too.
    Migration {
        name: "2026-11-30 time no counts of tokens",
        sql: WITHOUT_COUNTS,
    },
    super::months::MIGRATION,
    Migration {
        name: "2026-12-02 take nothing off where nothing was counted",
        sql: FIRST_COUNTED,
    },
];

pub(super) const COUNTED: &str = concat!(
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
       WHERE k.size IS NOT NULL GROUP BY 1, 2, 3, 4, 5;",
    counting!(["", ""] nothing_left!()),
);

// Nothing has to be counted of the calls that are there: none of them says how long it waited.
const WAITED: &str = counting_waits!(nothing_left!());

// A chart is of one measure and up to two years: by day first, three rows of four were read in vain.
pub(super) const BY_MEASURE: &str = concat!(
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
     DROP TRIGGER call_waits_of_a_removed_call;",
    counting!(["", ""] nothing_left!("0, 1, 2")),
    counting_waits!(nothing_left!("3")),
);

// Apart from the counts of all, which would be several times as many rows if they told workspaces apart.
pub(super) const BY_WORKSPACE: &str = concat!(
    "CREATE TABLE call_first_tokens (
       workspace_id BLOB NOT NULL,
       day INTEGER NOT NULL,
       provider TEXT NOT NULL,
       model TEXT NOT NULL,
       floor INTEGER NOT NULL,
       calls INTEGER NOT NULL,
       PRIMARY KEY (workspace_id, day, provider, model, floor)
     ) STRICT, WITHOUT ROWID;
     INSERT INTO call_first_tokens
       SELECT k.workspace_id, k.day, k.provider, k.model,
              (SELECT max(floor) FROM call_classes WHERE floor <= k.size), count(*)
       FROM (SELECT workspace_id, ifnull(day, started_at_ms / 86400000) AS day, provider, model, ",
    first_token!(""),
    " AS size FROM calls) AS k
       WHERE k.size IS NOT NULL GROUP BY 1, 2, 3, 4, 5;
     CREATE TRIGGER call_first_tokens_of_a_new_call AFTER INSERT ON calls
       WHEN NEW.first_token_ms IS NOT NULL BEGIN ",
    begun!("+", "NEW."),
    " END;
     CREATE TRIGGER call_first_tokens_of_a_changed_call AFTER UPDATE OF day, started_at_ms, workspace_id, provider,
       model, first_token_ms ON calls
       WHEN OLD.first_token_ms IS NOT NULL OR NEW.first_token_ms IS NOT NULL BEGIN ",
    begun!("-", "OLD."),
    begun!("+", "NEW."),
    none_begun!(),
    " END;
     CREATE TRIGGER call_first_tokens_of_a_removed_call AFTER DELETE ON calls
       WHEN OLD.first_token_ms IS NOT NULL BEGIN ",
    begun!("-", "OLD."),
    none_begun!(),
    " END"
);

const WITHOUT_COUNTS: &str = concat!(
    "DROP INDEX calls_failed;
     CREATE INDEX calls_failed ON calls(day, error_kind, provider, model, purpose) WHERE status = 'failed';
     DROP TRIGGER call_times_of_a_new_call;
     DROP TRIGGER call_times_of_a_changed_call;
     DROP TRIGGER call_times_of_a_removed_call;",
    counting!(["WHEN OLD.purpose <> 'count' ", "WHEN NEW.purpose <> 'count' "] nothing_left!("0, 1, 2")),
);

/// Whether a call says nothing yet of what [`sizes`] counts, as one that is under way.
macro_rules! says_nothing {
    ($row:literal) => {
        concat!(
            "(",
            $row,
            "first_token_ms IS NULL AND ",
            $row,
            "status <> 'answered' AND (",
            $row,
            "output_tokens <= 1 OR ",
            $row,
            "writing_ms <= 0))"
        )
    };
}

// Nearly all changes are ends of calls: then nothing is to be taken off, and no day is left with nothing.
#[rustfmt::skip]
const FIRST_COUNTED: &str = concat!(
    "DROP TRIGGER call_times_of_a_new_call;
     DROP TRIGGER call_times_of_a_changed_call;
     DROP TRIGGER call_waits_of_a_changed_call;
     DROP TRIGGER call_first_tokens_of_a_changed_call;
     CREATE TRIGGER call_times_of_a_new_call AFTER INSERT ON calls
       WHEN NEW.purpose <> 'count' AND NOT ", says_nothing!("NEW."), " BEGIN ",
    counted!("+", "NEW."),
    " END;
     CREATE TRIGGER call_times_of_an_ended_call AFTER UPDATE OF day, started_at_ms, provider, model, status,
       first_token_ms, duration_ms, output_tokens, writing_ms ON calls
       WHEN NEW.purpose <> 'count' AND ", says_nothing!("OLD."), " AND NOT ", says_nothing!("NEW."), " BEGIN ",
    counted!("+", "NEW."),
    " END;
     CREATE TRIGGER call_times_of_a_changed_call AFTER UPDATE OF day, started_at_ms, provider, model, status,
       first_token_ms, duration_ms, output_tokens, writing_ms ON calls
       WHEN NEW.purpose <> 'count' AND NOT ", says_nothing!("OLD."), " BEGIN ",
    counted!("-", "OLD."),
    counted!("+", "NEW."),
    nothing_left!("0, 1, 2"),
    " END;
     CREATE TRIGGER call_waits_of_an_ended_call AFTER UPDATE OF day, started_at_ms, provider, model, waited_ms ON calls
       WHEN OLD.waited_ms IS NULL AND NEW.waited_ms IS NOT NULL BEGIN ",
    waited!("+", "NEW."),
    " END;
     CREATE TRIGGER call_waits_of_a_changed_call AFTER UPDATE OF day, started_at_ms, provider, model, waited_ms ON calls
       WHEN OLD.waited_ms IS NOT NULL BEGIN ",
    waited!("-", "OLD."),
    waited!("+", "NEW."),
    nothing_left!("3"),
    " END;
     CREATE TRIGGER call_first_tokens_of_an_ended_call AFTER UPDATE OF day, started_at_ms, workspace_id, provider,
       model, first_token_ms ON calls
       WHEN OLD.first_token_ms IS NULL AND NEW.first_token_ms IS NOT NULL BEGIN ",
    begun!("+", "NEW."),
    " END;
     CREATE TRIGGER call_first_tokens_of_a_changed_call AFTER UPDATE OF day, started_at_ms, workspace_id, provider,
       model, first_token_ms ON calls WHEN OLD.first_token_ms IS NOT NULL BEGIN ",
    begun!("-", "OLD."),
    begun!("+", "NEW."),
    none_begun!(),
    " END"
);
