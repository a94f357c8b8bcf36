use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::params;

use super::*;
use crate::{
    costs::{
        self, CallEnd,
        reports::{date_of, number_of},
        spread::floor_of,
        testing::{NOON, Place, call, ended, workspace},
    },
    store::StoreError,
};

/// Days between two times at which calls begin here, which are in several months.
const BETWEEN: i64 = 25;
/// The last day on which one does, by any clock.
const LAST_DAY: i32 = (NOON / 86_400_000 + 2 * BETWEEN) as i32 + 1;

type Counts = BTreeMap<(i32, String, String, usize, i64), u64>;

/// The first tokens of a workspace as they are kept, and as its calls say.
fn first_tokens_of(conn: &Connection, workspace: WorkspaceId) -> [Counts; 2] {
    let [mut kept, mut said] = [Counts::new(), Counts::new()];
    let all = Span {
        first: i32::MIN,
        last: i32::MAX,
    };
    each_first_token(conn, all, workspace, |of| {
        let (provider, model) = (of.provider.to_owned(), of.model.to_owned());
        let key = (of.day, provider, model, of.measure, of.floor);
        assert_eq!(kept.insert(key, of.calls), None, "one row for each class");
    })
    .unwrap();
    let mut statement = conn
        .prepare(
            "SELECT ifnull(day, started_at_ms / 86400000), provider, model, first_token_ms FROM calls
             WHERE workspace_id = ?1 AND first_token_ms IS NOT NULL",
        )
        .unwrap();
    let mut rows = statement.query([workspace]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (day, provider, model) = (
            row.get(0).unwrap(),
            row.get(1).unwrap(),
            row.get(2).unwrap(),
        );
        let floor = floor_of(row.get::<_, i64>(3).unwrap().max(0));
        *said.entry((day, provider, model, 0, floor)).or_default() += 1;
    }
    [kept, said]
}

/// The counts as they are kept.
fn rows_of(conn: &Connection) -> Counts {
    let mut found = Counts::new();
    let all = Span {
        first: i32::MIN,
        last: i32::MAX,
    };
    each_counted(conn, all, None, &Measure::ALL, |of| {
        let key = (
            of.day,
            of.provider.to_owned(),
            of.model.to_owned(),
            of.measure,
            of.floor,
        );
        assert_eq!(found.insert(key, of.calls), None, "one row for each class");
    })
    .unwrap();
    found
}

/// The counts as the calls say.
fn counted(conn: &Connection) -> Counts {
    let mut found = Counts::new();
    let mut statement = conn
        .prepare(
            "SELECT ifnull(day, started_at_ms / 86400000), provider, model, status, first_token_ms, duration_ms,
                    output_tokens, writing_ms, waited_ms FROM calls",
        )
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let status: CallStatus = row.get(3).unwrap();
        let number = |at: usize| row.get::<_, Option<i64>>(at).unwrap();
        let (output, writing) = (number(6).unwrap(), number(7).unwrap());
        let sizes = [
            number(4),
            number(5).filter(|_| status == CallStatus::Answered),
            (output > 1 && writing > 0).then(|| (output - 1) * 1_000_000 / writing),
            number(8),
        ];
        for (measure, size) in sizes.into_iter().enumerate() {
            if let Some(size) = size {
                let (day, provider, model) = (
                    row.get(0).unwrap(),
                    row.get(1).unwrap(),
                    row.get(2).unwrap(),
                );
                *found
                    .entry((day, provider, model, measure, floor_of(size.max(0))))
                    .or_default() += 1;
            }
        }
    }
    found
}

/// The same, added up as a month is: of all months that are over, under their first days.
fn by_month(counts: Counts, today: i32) -> Counts {
    let this_month = number_of(date_of(today).first_of_month());
    let mut found = Counts::new();
    for ((day, provider, model, measure, floor), calls) in counts {
        let month = number_of(date_of(day).first_of_month());
        let day = if month < this_month { month } else { day };
        *found
            .entry((day, provider, model, measure, floor))
            .or_default() += calls;
    }
    found
}

/// All counts as they are read by month, added up by month where they are not yet.
fn months_of(conn: &Connection, today: i32) -> Counts {
    let mut found = Counts::new();
    let all = Span {
        first: 0,
        last: 60_000,
    };
    each_counted_by_month(conn, all, None, &Measure::ALL, |of| {
        let (provider, model) = (of.provider.to_owned(), of.model.to_owned());
        *found
            .entry((of.day, provider, model, of.measure, of.floor))
            .or_default() += of.calls;
    })
    .unwrap();
    by_month(found, today)
}

/// Something that happens to a table of calls.
#[derive(Debug, Clone)]
enum Deed {
    /// The months before the one of the last day are added up.
    AddUp,
    Begin(i64),
    End {
        which: usize,
        status: CallStatus,
        waited_ms: Option<i64>,
        first_token_ms: Option<i64>,
        duration_ms: i64,
        output_tokens: u32,
    },
    Remove(usize),
    Rename(usize),
    Move(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let status = prop_oneof![
        Just(CallStatus::Answered),
        Just(CallStatus::Stopped),
        Just(CallStatus::Failed)
    ];
    prop_oneof![
        4 => (0i64..3).prop_map(Deed::Begin),
        5 => (any::<usize>(), status, proptest::option::of(-1i64..9_000), proptest::option::of(-1i64..200_000),
              -1i64..40_000_000, any::<u32>())
            .prop_map(|(which, status, waited_ms, first_token_ms, duration_ms, output_tokens)| Deed::End {
                which, status, waited_ms, first_token_ms, duration_ms, output_tokens,
            }),
        1 => any::<usize>().prop_map(Deed::Remove),
        1 => any::<usize>().prop_map(Deed::Rename),
        1 => any::<usize>().prop_map(Deed::Move),
        2 => Just(Deed::AddUp),
    ]
}

fn done(conn: &Connection, deed: &Deed, [of, other]: [WorkspaceId; 2]) {
    let numbers: Vec<i64> = conn
        .prepare("SELECT number FROM calls ORDER BY number")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let chosen = |which: &usize| numbers.get(which % numbers.len().max(1)).copied();
    match deed {
        Deed::AddUp => {
            for month in months::missing(conn, LAST_DAY).unwrap() {
                months::add_up_one(conn, month).unwrap();
            }
        }
        Deed::Begin(of_days) => drop(call(conn, of, NOON + of_days * BETWEEN * 86_400_000)),
        Deed::End {
            which,
            status,
            waited_ms,
            first_token_ms,
            duration_ms,
            output_tokens,
        } => {
            let Some(number) = chosen(which) else { return };
            let end = CallEnd {
                status: *status,
                waited_ms: *waited_ms,
                first_token_ms: *first_token_ms,
                duration_ms: *duration_ms,
                writing_ms: duration_ms / 2,
                output_tokens: *output_tokens,
                ..ended(None)
            };
            costs::end(conn, number, &end).unwrap();
        }
        Deed::Remove(which) => {
            conn.execute("DELETE FROM calls WHERE number = ?1", [chosen(which)])
                .unwrap();
        }
        Deed::Rename(which) => {
            conn.execute(
                "UPDATE calls SET model = 'gpt-6', day = 7 WHERE number = ?1",
                [chosen(which)],
            )
            .unwrap();
        }
        Deed::Move(which) => {
            conn.execute(
                "UPDATE calls SET workspace_id = ?2 WHERE number = ?1",
                params![chosen(which), other],
            )
            .unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_counts_say_what_the_calls_say_whatever_happens_to_them(
        deeds in proptest::collection::vec(deed(), 1..40),
    ) {
        let opened = Place::new().open();
        opened
            .write(|tx| {
                let workspaces = [workspace(tx), workspace(tx)];
                for deed in &deeds {
                    done(tx, deed, workspaces);
                    assert_eq!(rows_of(tx), counted(tx), "after {deed:?}");
                    let by_month = by_month(counted(tx), LAST_DAY);
                    assert_eq!(months_of(tx, LAST_DAY), by_month, "after {deed:?}");
                    for of in workspaces {
                        let [kept, said] = first_tokens_of(tx, of);
                        assert_eq!(kept, said, "after {deed:?}");
                    }
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

#[test]
fn calls_from_before_the_counts_are_in_them() {
    let opened = Place::new().open();
    opened
        .write(|tx| {
            let of = workspace(tx);
            for nth in 0..40 {
                let number = call(tx, of, NOON + nth * 3_600_000);
                let end = CallEnd {
                    first_token_ms: (nth % 3 > 0).then_some(nth * 31),
                    duration_ms: nth * 97,
                    writing_ms: nth * 60,
                    ..ended(None)
                };
                costs::end(tx, number, &end)?;
            }
            let before = rows_of(tx);
            for thing in [
                "TABLE call_first_tokens",
                "TABLE call_times",
                "TABLE call_classes",
            ] {
                tx.execute_batch(&format!("DROP {thing}"))?;
            }
            for index in ["calls_failed", "calls_running"] {
                tx.execute_batch(&format!("DROP INDEX {index}"))?;
            }
            for of in ["a_new_call", "a_changed_call", "a_removed_call"] {
                tx.execute_batch(&format!(
                    "DROP TRIGGER call_times_of_{of}; DROP TRIGGER call_first_tokens_of_{of}"
                ))?;
            }
            tx.execute_batch(kept::COUNTED)?;
            assert!(!before.is_empty());
            assert_eq!(rows_of(tx), before);
            tx.execute_batch(kept::BY_MEASURE)?;
            assert_eq!(rows_of(tx), before);
            tx.execute_batch(kept::BY_WORKSPACE)?;
            let [kept, said] = first_tokens_of(tx, of);
            assert!(!kept.is_empty());
            assert_eq!(kept, said);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn calls_under_way_are_found_until_they_end() {
    let opened = Place::new().open();
    opened
        .write(|tx| {
            let of = workspace(tx);
            let [one, other] = [call(tx, of, NOON), call(tx, of, NOON + 1)];
            let numbers = |tx: &Connection, most| -> Vec<i64> {
                let found = under_way(tx, most).unwrap();
                found.into_iter().map(|call| call.number).collect()
            };
            assert_eq!(numbers(tx, 9), [one, other]);
            assert_eq!(numbers(tx, 1), [other], "of many the newest");
            costs::end(tx, one, &ended(None))?;
            assert_eq!(numbers(tx, 9), [other]);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn what_failed_is_told_by_its_kind_and_recent_calls_the_newest_first() {
    let opened = Place::new().open();
    opened
        .write(|tx| {
            let of = workspace(tx);
            for (nth, kind) in [Some("timeout"), Some("overloaded"), None, Some("timeout")]
                .into_iter()
                .enumerate()
            {
                let number = call(tx, of, NOON + i64::try_from(nth).unwrap());
                let end = CallEnd {
                    status: CallStatus::Failed,
                    error_kind: kind,
                    ..ended(None)
                };
                costs::end(tx, number, &end)?;
            }
            call(tx, of, NOON + 9);
            let day = i32::try_from(NOON / 86_400_000).unwrap();
            tx.execute("UPDATE calls SET day = ?1", params![day])?;
            let span = Span {
                first: day,
                last: day,
            };
            let found = failures(tx, span, None)?;
            let told: Vec<_> = found
                .iter()
                .map(|(kind, times)| (kind.as_str(), *times))
                .collect();
            assert_eq!(told, [("timeout", 2), ("overloaded", 1), ("unknown", 1)]);
            let other = PricedModel {
                provider: "openai".into(),
                model: "gpt-6".into(),
            };
            assert_eq!(failures(tx, span, Some(&other))?, []);
            let mut began = Vec::new();
            each_recent(tx, NOON + 1, None, 2, |call| {
                began.push(call.started_at_ms - NOON);
            })?;
            assert_eq!(began, [3, 2], "neither older ones nor those under way");
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn a_month_that_is_over_is_read_from_its_sums_until_a_call_of_it_changes() {
    let opened = Place::new().open();
    let day = |nth: i64| NOON + nth * 86_400_000;
    let written = opened.write(|tx| {
        let of = workspace(tx);
        for nth in 0..90 {
            let number = call(tx, of, day(nth));
            costs::end(tx, number, &timed(200))?;
        }
        Ok::<_, StoreError>(of)
    });
    let of = written.unwrap();
    let today = i32::try_from(day(90) / 86_400_000).unwrap();
    add_up(&opened, today).unwrap();
    let rows = || {
        let read = |conn: &Connection| {
            let mut rows = 0;
            let all = Span {
                first: 0,
                last: today,
            };
            each_counted_by_month(conn, all, None, &[Measure::FirstToken], |_| rows += 1)?;
            Ok::<_, StoreError>(rows)
        };
        opened.read(read).unwrap()
    };
    let added_up = rows();
    assert!(added_up < 40, "{added_up} rows for 90 days");
    add_up(&opened, today).unwrap();
    assert_eq!(rows(), added_up, "nothing is added up twice");
    opened
        .write(|tx| {
            let number = call(tx, of, day(31));
            Ok::<_, StoreError>(costs::end(tx, number, &timed(9_000))?)
        })
        .unwrap();
    assert!(rows() > added_up + 20, "its days are read again");
    let before = "SELECT count(*) FROM call_times_of_months WHERE day BETWEEN ?1 AND ?2";
    let changed = i32::try_from(day(31) / 86_400_000).unwrap();
    let month = number_of(date_of(changed).first_of_month());
    let left: i64 = opened
        .read(|conn| conn.query_row(before, [month, changed], |row| row.get(0)))
        .unwrap();
    assert_eq!(left, 0, "what is not right any more does not stay");
    add_up(&opened, today).unwrap();
    assert_eq!(rows(), added_up + 1, "one class more");
}

#[test]
fn of_calls_far_apart_only_their_months_are_added_up() {
    let opened = Place::new().open();
    let missing = opened.write(|tx| {
        let of = workspace(tx);
        // As an archive may bring them.
        for at_ms in [i64::from(i32::MIN) * 86_400_000, -9_000_000_000_000, NOON] {
            call(tx, of, at_ms);
        }
        months::missing(tx, LAST_DAY)
    });
    assert_eq!(missing.unwrap().len(), 3);
}

fn timed(first_token_ms: i64) -> CallEnd<'static> {
    CallEnd {
        first_token_ms: Some(first_token_ms),
        ..ended(None)
    }
}
