use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::params;

use super::*;
use crate::{
    costs::{
        self, CallEnd, CallStatus, Purpose,
        days::first_day,
        ended::Looked,
        prices,
        testing::{NOON, Place, call, ended, workspace},
    },
    store::StoreError,
};

/// A call of this model and version, which has ended.
fn ended_call(
    conn: &Connection,
    (provider, model, version): (&str, &str, &str),
    end: &CallEnd<'_>,
) -> i64 {
    let number = begun(conn, (provider, model, version));
    costs::end(conn, number, end).unwrap();
    number
}

fn begun(conn: &Connection, (provider, model, version): (&str, &str, &str)) -> i64 {
    let of: Option<crate::ids::WorkspaceId> = conn
        .prepare("SELECT id FROM workspaces LIMIT 1")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .next()
        .map(Result::unwrap);
    let number = call(conn, of.unwrap_or_else(|| workspace(conn)), NOON);
    conn.execute(
        "UPDATE calls SET provider = ?2, model = ?3, version = ?4 WHERE number = ?1",
        params![number, provider, model, version],
    )
    .unwrap();
    number
}

fn with_prices<T>(work: impl FnOnce(&Connection) -> T) -> T {
    let opened = Place::new().open();
    opened
        .write(|tx| {
            prices::take_built_in(tx, NOON)?;
            Ok::<_, StoreError>(work(tx))
        })
        .unwrap()
}

/// Of tests in which it does not matter what a model is called.
fn without_prices(work: impl FnOnce(&Connection)) {
    let opened = Place::new().open();
    opened
        .write(|tx| {
            work(tx);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

fn names(conn: &Connection) -> Vec<String> {
    let all = meters(conn).unwrap();
    all.into_iter().map(|meter| meter.model).collect()
}

#[test]
fn a_model_goes_by_its_name_only_where_our_own_price_table_has_it() {
    with_prices(|conn| {
        let hash = "0123456789abcdef".repeat(4);
        ended_call(
            conn,
            ("local", "Letters of Anna Weiss", &hash),
            &ended(None),
        );
        ended_call(conn, ("openai", "gpt-5", ""), &ended(None));
        ended_call(conn, ("compatible", "anna-weiss-tuned", ""), &ended(None));
        assert_eq!(names(conn), ["gguf-0123456789ab", "gpt-5", "other"]);
        assert_eq!(local_name(&hash), "gguf-0123456789ab");
    });
}

#[test]
fn a_price_of_ones_own_makes_no_name_known_and_a_dated_version_goes_by_the_name_of_its_price() {
    with_prices(|conn| {
        conn.execute(
            "INSERT INTO prices (origin, provider, model, dated, service, from_date, hours, rates, tiers, source,
               as_of, added_at_ms)
             VALUES ('own', 'openai', 'weiss-model', 0, 'standard', '2026-01-01', '', '{}', '[]', '', '', 0)",
            [],
        )
        .unwrap();
        let own = conn.last_insert_rowid();
        let listed: i64 = conn
            .query_row(
                "SELECT id FROM prices WHERE origin = 'built_in' AND model = 'gpt-5' LIMIT 1",
                [],
                |row| row.get(0),
            )
            .unwrap();
        for price in [own, listed] {
            let number = begun(conn, ("openai", "weiss-model", ""));
            conn.execute(
                "UPDATE calls SET price_id = ?2, status = 'answered' WHERE number = ?1",
                params![number, price],
            )
            .unwrap();
        }
        assert_eq!(names(conn), ["other", "gpt-5"]);
    });
}

#[test]
fn a_count_of_tokens_is_in_no_meter_and_is_told_to_no_collector() {
    without_prices(|conn| {
        let looked = Looked::now(conn).unwrap();
        let count = |status| {
            let number = begun(conn, ("anthropic", "claude-x", ""));
            let count = "UPDATE calls SET purpose = ?2 WHERE number = ?1";
            conn.execute(count, params![number, Purpose::Count])
                .unwrap();
            let (_, seen, _) = looked.ended(conn, 10).unwrap();
            let end = CallEnd {
                status,
                ..ended(None)
            };
            costs::end(conn, number, &end).unwrap();
            assert_eq!(seen.ended(conn, 10).unwrap().0, [], "seen while under way");
        };
        count(CallStatus::Answered);
        count(CallStatus::Failed);
        assert_eq!(meters(conn).unwrap(), []);
        assert_eq!(looked.ended(conn, 10).unwrap().0, []);
    });
}

#[test]
fn more_models_than_a_hundred_share_one_name_and_the_first_keep_theirs() {
    with_prices(|conn| {
        for nth in 0..MOST_LOCAL + 5 {
            ended_call(
                conn,
                (
                    "local",
                    "A model",
                    &format!("{nth:064x}").chars().rev().collect::<String>(),
                ),
                &ended(None),
            );
        }
        let names = names(conn);
        assert_eq!(names.iter().filter(|name| *name == OTHER).count(), 5);
        assert!(names[..MOST_LOCAL].iter().all(|name| name != OTHER));
    });
}

#[test]
fn what_is_under_way_is_not_counted_until_it_ends() {
    with_prices(|conn| {
        let number = begun(conn, ("openai", "gpt-5", ""));
        assert_eq!(meters(conn).unwrap(), []);
        let today = first_day(conn).unwrap();
        // The tests' rows have no day, and so count to that by UTC.
        assert_eq!(under_way(conn, today.unwrap()).unwrap(), 1);
        costs::end(conn, number, &ended(None)).unwrap();
        assert_eq!(meters(conn).unwrap()[0].calls, 1);
        assert_eq!(under_way(conn, today.unwrap()).unwrap(), 0);
    });
}

#[test]
fn a_call_that_ends_twice_is_one_call_and_costs_what_it_cost() {
    with_prices(|conn| {
        let number = begun(conn, ("openai", "gpt-5", ""));
        costs::orphan(conn).unwrap();
        let end = CallEnd {
            reasoning_tokens: 40,
            ..ended(Some(Money::from_pico(7_000_000_000_123)))
        };
        costs::end(conn, number, &end).unwrap();
        costs::end(conn, number, &end).unwrap();
        let all = meters(conn).unwrap();
        let sum = |of: fn(&Meter) -> u64| all.iter().map(of).sum::<u64>();
        assert_eq!(sum(|meter| meter.calls), 1);
        assert_eq!(
            (
                sum(|meter| meter.fresh),
                sum(|meter| meter.plain),
                sum(|meter| meter.reasoning)
            ),
            (1000, 60, 40)
        );
        let cost: Money = all.iter().map(|meter| meter.cost).sum();
        assert_eq!(cost, Money::from_pico(7_000_000_000_123));
    });
}

#[test]
fn erasing_takes_nothing_off_a_counter() {
    with_prices(|conn| {
        let number = ended_call(
            conn,
            ("openai", "gpt-5", ""),
            &ended(Some(Money::from_pico(5))),
        );
        let before = meters(conn).unwrap();
        conn.execute(
            "UPDATE calls SET conversation_id = NULL, model = 'x' WHERE number = ?1",
            [number],
        )
        .unwrap();
        conn.execute("DELETE FROM calls WHERE number = ?1", [number])
            .unwrap();
        assert_eq!(meters(conn).unwrap(), before);
    });
}

#[test]
fn calls_that_were_there_before_are_counted_by_the_update_as_if_they_ended_now() {
    with_prices(|conn| {
        for (tokens, status) in [
            (1, CallStatus::Answered),
            (70_000, CallStatus::Failed),
            (4, CallStatus::Answered),
        ] {
            let end = CallEnd {
                status,
                input_tokens: tokens,
                first_token_ms: Some(i64::from(tokens) / 3),
                duration_ms: i64::from(tokens),
                ..ended(Some(Money::from_pico((1 << 45) + i128::from(tokens))))
            };
            ended_call(conn, ("openai", "gpt-5", ""), &end);
        }
        begun(conn, ("openai", "gpt-5", ""));
        let one_by_one = by_status(conn);
        conn.execute_batch("DELETE FROM call_meter_buckets; DELETE FROM call_meters;")
            .unwrap();
        conn.execute_batch(MIGRATIONS[2].sql).unwrap();
        assert_eq!(by_status(conn), one_by_one);
        assert_eq!(one_by_one["answered"].calls, 2);
    });
}

#[test]
fn counting_a_call_looks_at_no_other_call() {
    with_prices(|conn| {
        ended_call(conn, ("openai", "gpt-5", ""), &ended(None));
        for sql in count_those!("number = 1").split_terminator(';') {
            let plan: Vec<String> = conn
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap()
                .query_map([], |row| row.get("detail"))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            let of_calls = |step: &&String| step.contains(" k") || step.contains("calls");
            let steps: Vec<_> = plan.iter().filter(of_calls).collect();
            assert!(!steps.is_empty(), "{plan:?}");
            for step in steps {
                assert!(
                    step.starts_with("SEARCH k USING INTEGER PRIMARY KEY"),
                    "{step}"
                );
            }
        }
    });
}

/// Of tests in which all calls are of one model.
fn by_status(conn: &Connection) -> BTreeMap<String, Meter> {
    let all = meters(conn).unwrap();
    all.into_iter()
        .map(|meter| (meter.status.clone(), meter))
        .collect()
}

/// Calls, pico-dollars, and the buckets of times, tokens in and tokens out.
type Expected = (u64, u128, [u64; BUCKETS], [u64; BUCKETS], [u64; BUCKETS]);

/// The bucket of a value, by the definition.
fn bucket(bounds: &[u32], value: u64) -> usize {
    let fits = |end: &u32| value <= u64::from(*end);
    bounds.iter().position(fits).unwrap_or(bounds.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn meters_say_what_the_calls_say(
        calls in proptest::collection::vec(
            (0u32..200_000, 0u32..u32::MAX, 0u32..5000, proptest::option::of(0i64..=i64::MAX / 64), any::<bool>()),
            1..20,
        ),
    ) {
        without_prices(|conn| {
            let mut expected: BTreeMap<String, Expected> = BTreeMap::new();
            for &(ms, input, output, cost, failed) in &calls {
                let status = if failed { CallStatus::Failed } else { CallStatus::Answered };
                let cost = cost.map(|pico| Money::from_pico(pico.into()));
                let end = CallEnd {
                    status,
                    duration_ms: ms.into(),
                    input_tokens: input,
                    output_tokens: output,
                    ..ended(cost)
                };
                ended_call(conn, ("openai", "gpt-5", ""), &end);
                let of = expected.entry(costs::name_of(&status)).or_default();
                of.0 += 1;
                of.1 += cost.unwrap_or_default().pico().unsigned_abs();
                of.2[bucket(&TIME_BOUNDS_MS, ms.into())] += 1;
                of.3[bucket(&TOKEN_BOUNDS, input.into())] += u64::from(input > 0);
                of.4[bucket(&TOKEN_BOUNDS, output.into())] += u64::from(output > 0);
            }
            let found: BTreeMap<_, _> = by_status(conn)
                .into_iter()
                .map(|(status, meter)| {
                    let cost = meter.cost.pico().unsigned_abs();
                    (status, (meter.calls, cost, meter.durations, meter.inputs, meter.outputs))
                })
                .collect();
            assert_eq!(found, expected);
        });
    }
}
