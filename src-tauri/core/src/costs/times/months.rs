//! The counts of whole months, added up once each is over: over two years, ten days of a hundred are read in
//! place of all.
//!
//! A month is added up when somebody asks for that, and counts until a call of it changes: then the database
//! itself lets the sums go, in the transaction that changes the call, and the days are read until the month is
//! added up again.

use rusqlite::{Connection, Row};

use super::{Counted, Measure, Table, each_row};
use crate::{
    costs::reports::{PricedModel, Span, date_of, number_of},
    store::{Migration, Store, StoreError},
};

/// Lets the sums of the month go that a day is in.
macro_rules! let_go {
    ($event:literal, $name:literal, $day:literal) => {
        concat!(
            "CREATE TRIGGER call_months_",
            $name,
            " AFTER ",
            $event,
            " ON call_times
               WHEN ",
            $day,
            " <= (SELECT last_day FROM call_months ORDER BY first_day DESC LIMIT 1) BEGIN
                 DELETE FROM call_times_of_months WHERE measure IN (0, 1, 2, 3) AND day IN
                   (SELECT first_day FROM call_months WHERE first_day <= ",
            $day,
            " AND last_day >= ",
            $day,
            ");
                 DELETE FROM call_months WHERE first_day <= ",
            $day,
            " AND last_day >= ",
            $day,
            ";
               END;"
        )
    };
}

// The day of a month is its first one.
pub(super) const MIGRATION: Migration = Migration {
    name: "2026-12-01 add counts up by month",
    sql: concat!(
        "CREATE TABLE call_months (first_day INTEGER PRIMARY KEY, last_day INTEGER NOT NULL) STRICT;
         CREATE TABLE call_times_of_months (
           measure INTEGER NOT NULL,
           day INTEGER NOT NULL,
           provider TEXT NOT NULL,
           model TEXT NOT NULL,
           floor INTEGER NOT NULL,
           calls INTEGER NOT NULL,
           PRIMARY KEY (measure, day, provider, model, floor)
         ) STRICT, WITHOUT ROWID;",
        let_go!("INSERT", "with_a_new_count", "NEW.day"),
        let_go!("UPDATE", "with_a_changed_count", "NEW.day"),
        let_go!("DELETE", "with_a_removed_count", "OLD.day"),
    ),
};

/// Add up the months that are over by `today`, days since 1970-01-01, and are not added up yet; each in a
/// transaction of its own, so that nobody waits for long.
///
/// # Errors
/// [`StoreError`] when the database fails; the months before are kept.
pub(crate) fn add_up(store: &Store, today: i32) -> Result<(), StoreError> {
    for month in store.read(|conn| missing(conn, today))? {
        store.write(|tx| Ok::<_, StoreError>(add_up_one(tx, month)?))?;
    }
    Ok(())
}

/// The months that [`add_up`] is to add up.
pub(super) fn missing(conn: &Connection, today: i32) -> Result<Vec<Span>, StoreError> {
    let this_month = number_of(date_of(today).first_of_month());
    let mut next_day =
        conn.prepare_cached("SELECT min(day) FROM call_days WHERE day >= ?1 AND day < ?2")?;
    let mut is_known = conn.prepare_cached("SELECT 1 FROM call_months WHERE first_day = ?1")?;
    let (mut months, mut from) = (Vec::new(), i32::MIN);
    // From call to call: an archive may bring one of any day, and the months between have nothing to add up.
    while let Some(day) =
        next_day.query_row([from, this_month], |row| row.get::<_, Option<i32>>(0))?
    {
        let month = Span {
            first: number_of(date_of(day).first_of_month()),
            last: number_of(date_of(day).last_of_month()),
        };
        if !is_known.exists([month.first])? {
            months.push(month);
        }
        from = month.last + 1;
    }
    Ok(months)
}

/// Add up a month, unless another process has done so meanwhile.
pub(super) fn add_up_one(tx: &Connection, month: Span) -> rusqlite::Result<()> {
    let new = tx
        .prepare_cached("INSERT OR IGNORE INTO call_months VALUES (?1, ?2)")?
        .execute([month.first, month.last])?;
    if new == 0 {
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO call_times_of_months
           SELECT measure, ?1, provider, model, floor, sum(calls) FROM call_times
           WHERE measure IN (0, 1, 2, 3) AND day BETWEEN ?1 AND ?2 GROUP BY measure, provider, model, floor",
    )?
    .execute([month.first, month.last])
    .map(drop)
}

/// The months of a span that are added up and wholly in it, in order.
fn known(conn: &Connection, span: Span) -> rusqlite::Result<Vec<Span>> {
    let month = |row: &Row<'_>| {
        Ok(Span {
            first: row.get(0)?,
            last: row.get(1)?,
        })
    };
    conn.prepare_cached(
        "SELECT first_day, last_day FROM call_months WHERE first_day >= ?1 AND last_day <= ?2
         ORDER BY first_day",
    )?
    .query_map([span.first, span.last], month)?
    .collect()
}

/// Hear of every class of these days in which there are calls, one measure after the other: first of the months
/// that are added up and wholly in them, as of their first days, and then of the other days.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn each_counted_by_month(
    conn: &Connection,
    span: Span,
    model: Option<&PricedModel>,
    measures: &[Measure],
    mut hear: impl FnMut(Counted<'_>),
) -> rusqlite::Result<()> {
    let months = known(conn, span)?;
    let spans = others(span, &months);
    for measure in measures {
        if let (Some(first), Some(last)) = (months.first(), months.last()) {
            // A month between them that is not added up has no row there.
            let all = Span {
                first: first.first,
                last: last.first,
            };
            each_row(conn, Table::Months, all, model, *measure, &mut hear)?;
        }
        for span in &spans {
            each_row(conn, Table::Days, *span, model, *measure, &mut hear)?;
        }
    }
    Ok(())
}

/// The days of a span that are in none of these months, which are in order.
fn others(span: Span, months: &[Span]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut first = span.first;
    for month in months {
        if first < month.first {
            spans.push(Span {
                first,
                last: month.first - 1,
            });
        }
        first = month.last + 1;
    }
    if first <= span.last {
        spans.push(Span {
            first,
            last: span.last,
        });
    }
    spans
}
