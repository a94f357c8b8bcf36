//! Calls that have ended since somebody last looked, in the words in which they are counted, and so without
//! a person's. Nothing waits for whoever looks: the table of calls is the queue.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row, params};

use crate::money::Money;

/// How many calls whose end has not come are remembered at most; the oldest are forgotten.
const MOST_OPEN: usize = 10_000;
/// How many numbers are gone back at most: what is behind that was not fetched in time.
const MOST_BEHIND: i64 = 10_000;

/// Up to where somebody has looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Looked {
    /// The number of the next call.
    next: i64,
    /// Calls before it that had not ended.
    open: BTreeSet<i64>,
}

/// A call that has ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ended {
    pub number: i64,
    pub provider: String,
    /// A name that tells nothing of a person.
    pub model: String,
    /// `chat` or `embeddings`.
    pub operation: String,
    pub status: String,
    /// What failed; empty: nothing.
    pub error: String,
    /// Where it went.
    pub route: String,
    pub started_at_ms: i64,
    pub duration_ms: i64,
    pub first_token_ms: Option<i64>,
    pub input: i64,
    pub output: i64,
    pub cost: Option<Money>,
}

impl Looked {
    /// From now on: calls that have ended are done with, those under way are awaited.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(crate) fn now(conn: &Connection) -> rusqlite::Result<Self> {
        let next = next(conn)?;
        let mut looked = Self {
            next: (next - MOST_BEHIND).max(1),
            open: BTreeSet::new(),
        };
        looked.go_on(conn, next)?;
        Ok(looked)
    }

    /// Calls that have ended since, so many at most, and up to where was looked then; how many had to be
    /// passed over, as too many came.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(crate) fn ended(
        &self,
        conn: &Connection,
        most: usize,
    ) -> rusqlite::Result<(Vec<Ended>, Self, u64)> {
        let mut then = self.clone();
        let behind = next(conn)? - MOST_BEHIND;
        let passed = (behind - then.next).max(0);
        then.next = then.next.max(behind);
        let mut ended = Vec::new();
        for number in &self.open {
            if ended.len() >= most {
                break;
            }
            match one(conn, *number)? {
                State::Ended(call) => {
                    then.open.remove(number);
                    ended.push(*call);
                }
                State::Gone => drop(then.open.remove(number)),
                State::UnderWay => {}
            }
        }
        let left = most - ended.len();
        let until = then.next + i64::try_from(left).unwrap_or(0);
        let from = then.next;
        then.go_on(conn, until)?;
        let mut statement = conn.prepare_cached(&format!(
            "SELECT {COLUMNS} WHERE c.number >= ?1 AND c.number < ?2 ORDER BY c.number"
        ))?;
        for row in statement.query_map(params![from, then.next], call)? {
            ended.push(row?);
        }
        Ok((ended, then, u64::try_from(passed).unwrap_or(0)))
    }

    /// Look at the numbers before `until`, and remember what is under way.
    fn go_on(&mut self, conn: &Connection, until: i64) -> rusqlite::Result<()> {
        let until = until.min(next(conn)?).max(self.next);
        let under_way: Vec<i64> = conn
            .prepare_cached(
                "SELECT number FROM calls WHERE number >= ?1 AND number < ?2 AND status = 'running'
                   AND purpose <> 'count'",
            )?
            .query_map([self.next, until], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        self.open.extend(under_way);
        while self.open.len() > MOST_OPEN {
            self.open.pop_first();
        }
        self.next = until;
        Ok(())
    }
}

fn next(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT ifnull(max(number), 0) + 1 FROM calls")?
        .query_row([], |row| row.get(0))
}

enum State {
    UnderWay,
    Ended(Box<Ended>),
    Gone,
}

fn one(conn: &Connection, number: i64) -> rusqlite::Result<State> {
    let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS} WHERE c.number = ?1"))?;
    if let Some(call) = statement.query_map([number], call)?.next() {
        return Ok(State::Ended(Box::new(call?)));
    }
    let there = conn
        .prepare_cached("SELECT 1 FROM calls WHERE number = ?1")?
        .exists([number])?;
    Ok(if there { State::UnderWay } else { State::Gone })
}

const COLUMNS: &str = "c.number, c.provider, c.model, c.operation, c.status, c.error, k.route, k.started_at_ms, \
     c.duration_ms, c.first_token_ms, c.input_tokens, c.output_tokens, c.cost_pico \
     FROM counted_calls c JOIN calls k ON k.number = c.number";

fn call(row: &Row<'_>) -> rusqlite::Result<Ended> {
    Ok(Ended {
        number: row.get(0)?,
        provider: row.get(1)?,
        model: row.get(2)?,
        operation: row.get(3)?,
        status: row.get(4)?,
        error: row.get(5)?,
        route: row.get(6)?,
        started_at_ms: row.get(7)?,
        duration_ms: row.get(8)?,
        first_token_ms: row.get(9)?,
        input: row.get(10)?,
        output: row.get(11)?,
        cost: row.get(12)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        costs::{
            self,
            testing::{NOON, Place, call, ended, workspace},
        },
        store::StoreError,
    };

    fn numbers(calls: &[Ended]) -> Vec<i64> {
        calls.iter().map(|call| call.number).collect()
    }

    #[test]
    fn each_call_is_told_of_once_when_it_has_ended_whatever_the_order() {
        let opened = Place::new().open();
        opened
            .write(|tx| {
                let of = workspace(tx);
                let before = call(tx, of, NOON);
                costs::end(tx, before, &ended(None))?;
                let slow = call(tx, of, NOON);
                let looked = Looked::now(tx)?;
                assert_eq!(
                    looked.ended(tx, 10)?.0,
                    [],
                    "what had ended before is not told"
                );
                let quick: Vec<_> = (0..5).map(|_| call(tx, of, NOON)).collect();
                for number in &quick[1..] {
                    costs::end(tx, *number, &ended(None))?;
                }
                let (first, looked, _) = looked.ended(tx, 3)?;
                assert_eq!(numbers(&first), quick[1..3], "three numbers were looked at");
                let (second, looked, _) = looked.ended(tx, 10)?;
                assert_eq!(numbers(&second), quick[3..]);
                assert_eq!(looked.ended(tx, 10)?.0, []);
                costs::end(tx, slow, &ended(None))?;
                costs::end(tx, quick[0], &ended(None))?;
                let (late, looked, passed) = looked.ended(tx, 10)?;
                assert_eq!(numbers(&late), [slow, quick[0]]);
                assert_eq!((looked.ended(tx, 10)?.0, passed), (vec![], 0));
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }

    #[test]
    fn who_does_not_look_for_long_is_told_how_many_were_passed_over() {
        let opened = Place::new().open();
        opened
            .write(|tx| {
                let of = workspace(tx);
                let looked = Looked::now(tx)?;
                let number = call(tx, of, NOON);
                costs::end(tx, number, &ended(None))?;
                tx.execute(
                    "UPDATE calls SET number = ?1 WHERE number = ?2",
                    [number + MOST_BEHIND + 7, number],
                )?;
                let (told, _, passed) = looked.ended(tx, 10)?;
                assert_eq!((numbers(&told), passed), (vec![], 8));
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
