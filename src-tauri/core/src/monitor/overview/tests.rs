use jiff::civil::date;

use super::*;
use crate::{
    app::App,
    charts::ChartTheme,
    costs::{CallStatus, Purpose},
    monitor::{
        MonitorChart, Times, chart,
        testing::{Made, answer, app, call},
    },
    store::StoreError,
};

const DAY_MS: i64 = 86_400_000;
/// 27 November 2026, 12:00 UTC.
const NOON: i64 = 1_795_780_800_000;

fn query(first: Date, last: Date, pace: Pace) -> MonitorQuery {
    MonitorQuery {
        first,
        last,
        pace,
        model: None,
    }
}

/// By UTC, whatever the clocks of this computer say: calls keep the day that those gave them.
fn seen(app: &App, query: &MonitorQuery) -> MonitorOverview {
    app.store
        .read(|conn| overview(conn, query, NOON, &TimeZone::UTC))
        .unwrap()
}

fn by_utc(app: &App) {
    app.store
        .write(|tx| {
            tx.execute("UPDATE calls SET day = started_at_ms / 86400000", [])?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn what_ended_how_and_how_long_it_took_is_told_along_the_time_and_by_model() {
    let (_dir, app) = app();
    for nth in 0..10 {
        call(
            &app,
            Made {
                first_token_ms: 100 * (nth + 1),
                duration_ms: 1_000 * (nth + 1),
                ..answer(NOON - DAY_MS + nth)
            },
        );
    }
    for (status, model) in [
        (CallStatus::Failed, "gpt-6"),
        (CallStatus::Stopped, "gpt-6"),
        (CallStatus::Running, "gpt-6"),
    ] {
        let made = Made {
            status,
            model,
            ..answer(NOON)
        };
        call(&app, made);
    }
    by_utc(&app);
    let all = seen(
        &app,
        &query(date(2026, 11, 25), date(2026, 11, 27), Pace::Day),
    );
    assert!(all.exact);
    assert_eq!(all.since, Some(date(2026, 11, 26)));
    let Health {
        calls,
        running,
        answered,
        stopped,
        failed,
        ..
    } = all.total;
    assert_eq!(
        (calls, running, answered, stopped, failed),
        (13, 1, 10, 1, 1)
    );
    assert_eq!(all.total.success(), Some(9_090), "a stopped one is neither");
    let steps: Vec<u64> = all.steps.iter().map(|step| step.health.calls).collect();
    assert_eq!(steps, [0, 10, 3], "a day without a call is there, too");
    let duration = all.steps[1].health.duration;
    assert_eq!((duration.p50, duration.p95), (Some(5_000), Some(10_000)));
    assert_eq!(all.steps[0].health.duration, Times::default());
    let models: Vec<_> = all
        .models
        .iter()
        .map(|model| (model.of.model.as_str(), model.health.calls))
        .collect();
    assert_eq!(models, [("gpt-5", 10), ("gpt-6", 3)]);
    assert_eq!(
        all.failures,
        [FailureKind {
            kind: "timeout".into(),
            calls: 1
        }]
    );
}

#[test]
fn a_count_of_tokens_is_no_call_of_a_model_whether_each_is_read_or_classes_are() {
    let (_dir, app) = app();
    call(&app, answer(NOON));
    let count = Made {
        purpose: Purpose::Count,
        first_token_ms: 10,
        duration_ms: 20,
        ..answer(NOON)
    };
    for status in [
        CallStatus::Answered,
        CallStatus::Answered,
        CallStatus::Failed,
        CallStatus::Running,
    ] {
        call(&app, Made { status, ..count });
    }
    by_utc(&app);
    let days = query(date(2026, 11, 27), date(2026, 11, 27), Pace::Day);
    let all = seen(&app, &days);
    assert!(all.exact);
    assert_eq!((all.total.calls, all.total.answered), (1, 1));
    assert_eq!((all.total.failed, all.total.running), (0, 0));
    assert_eq!(all.total.duration.p50, Some(1_400));
    assert_eq!(all.failures, []);
    assert_eq!(failures(&all), [vec![]]);
    let span = Span::of(days.first, days.last).unwrap();
    let by_class = app.store.read(|conn| {
        let counted = by_class(
            conn,
            (span, Pace::Day),
            None,
            Steps::of(span, Pace::Day),
            &Measure::ALL,
        )?;
        Ok::<_, StoreError>(counted.total.figures())
    });
    let by_class = by_class.unwrap();
    assert_eq!((by_class.calls, by_class.answered), (1, 1));
    assert_eq!((by_class.failed, by_class.running), (0, 0));
    assert!(by_class.first_token.p50 > Some(300), "{by_class:?}");
}

/// What failed in each step, as kind and count.
fn failures(overview: &MonitorOverview) -> Vec<Vec<(&str, u64)>> {
    let mut found = Vec::new();
    for step in &overview.steps {
        let kinds = step.failures.iter();
        found.push(kinds.map(|of| (of.kind.as_str(), of.calls)).collect());
    }
    found
}

#[test]
fn what_failed_is_told_along_the_time_by_its_kind_by_days_and_by_hours() {
    let (_dir, app) = app();
    for (at, error_kind) in [
        (NOON - DAY_MS, "silent"),
        (NOON, "overloaded"),
        (NOON + 1, "overloaded"),
        (NOON + 3_600_000, "silent"),
        (NOON + 3_600_001, "overloaded"),
    ] {
        let made = Made {
            status: CallStatus::Failed,
            error_kind,
            ..answer(at)
        };
        call(&app, made);
    }
    by_utc(&app);
    let days = seen(
        &app,
        &query(date(2026, 11, 25), date(2026, 11, 27), Pace::Day),
    );
    assert_eq!(
        failures(&days),
        [
            vec![],
            vec![("silent", 1)],
            vec![("overloaded", 3), ("silent", 1)]
        ]
    );
    let weeks = seen(
        &app,
        &query(date(2026, 11, 16), date(2026, 11, 27), Pace::Week),
    );
    assert_eq!(
        failures(&weeks),
        [vec![], vec![("overloaded", 3), ("silent", 2)]]
    );
    let hours = seen(
        &app,
        &query(date(2026, 11, 27), date(2026, 11, 27), Pace::Hour),
    );
    let hours = failures(&hours);
    assert_eq!(hours[12], [("overloaded", 2)]);
    assert_eq!(hours[13], [("overloaded", 1), ("silent", 1)]);
    assert_eq!(hours.iter().flatten().count(), 3);
}

#[test]
fn the_chart_of_failures_has_the_most_frequent_ways_and_all_others_together() {
    let (_dir, app) = app();
    let kinds = [
        "cut",
        "silent",
        "moved",
        "quota",
        "nonsense",
        "rate_limited",
        "offline",
    ];
    for (nth, error_kind) in kinds.into_iter().enumerate() {
        for _ in 0..=nth {
            let status = CallStatus::Failed;
            call(
                &app,
                Made {
                    status,
                    error_kind,
                    ..answer(NOON)
                },
            );
        }
    }
    by_utc(&app);
    let of = MonitorChart::Failures;
    let days = query(date(2026, 11, 26), date(2026, 11, 27), Pace::Day);
    let along = app
        .store
        .read(|conn| along_time(conn, &days, of.measure(), &TimeZone::UTC))
        .unwrap();
    let chart = chart::draw(&along, of, ChartTheme::Light, 760).unwrap();
    let names: Vec<_> = chart.legend.iter().map(|mark| mark.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Offline",
            "Rate limited",
            "Nonsense",
            "Quota",
            "Moved",
            "Other reasons"
        ]
    );
    let values: Vec<_> = chart.spots[1]
        .values
        .iter()
        .map(|spot| (spot.name.as_str(), spot.value.as_str()))
        .collect();
    assert_eq!(values[0], ("Offline", "7"));
    assert_eq!(values[5..], [("Other reasons", "3"), ("Together", "28")]);
}

#[test]
fn how_long_calls_waited_is_told_along_the_time_and_of_those_alone_that_say_so() {
    let (_dir, app) = app();
    for (nth, waited_ms) in [Some(5), Some(40), None, Some(9_000)]
        .into_iter()
        .enumerate()
    {
        let at = NOON - i64::try_from(nth).unwrap() * DAY_MS;
        call(
            &app,
            Made {
                waited_ms,
                ..answer(at)
            },
        );
    }
    by_utc(&app);
    let found = seen(
        &app,
        &query(date(2026, 11, 24), date(2026, 11, 27), Pace::Day),
    );
    let waited: Vec<_> = found
        .steps
        .iter()
        .map(|step| step.health.waited.p95)
        .collect();
    assert_eq!(waited, [Some(9_000), None, Some(40), Some(5)]);
    assert_eq!(found.total.waited.p50, Some(40));
    assert_eq!(found.models[0].health.waited.p99, Some(9_000));
}

#[test]
fn of_one_model_only_its_calls_are_counted() {
    let (_dir, app) = app();
    for model in ["gpt-5", "gpt-6", "gpt-6"] {
        call(
            &app,
            Made {
                model,
                ..answer(NOON)
            },
        );
    }
    by_utc(&app);
    let of_one = MonitorQuery {
        model: Some(PricedModel {
            provider: "openai".into(),
            model: "gpt-6".into(),
        }),
        ..query(date(2026, 11, 1), date(2026, 11, 30), Pace::Month)
    };
    let found = seen(&app, &of_one);
    assert_eq!(
        (found.total.calls, found.models.len(), found.steps.len()),
        (2, 1, 1)
    );
}

#[test]
fn a_day_is_told_by_its_hours() {
    let (_dir, app) = app();
    call(&app, answer(NOON));
    call(&app, answer(NOON + 3_600_000 - 1));
    call(&app, answer(NOON - DAY_MS));
    by_utc(&app);
    let found = seen(
        &app,
        &query(date(2026, 11, 20), date(2026, 11, 27), Pace::Hour),
    );
    assert_eq!(found.pace, Pace::Hour);
    assert_eq!(found.total.calls, 2, "those of the last day");
    let hours: Vec<_> = found
        .steps
        .iter()
        .filter(|step| step.health.calls > 0)
        .map(|step| (step.begins.hour(), step.health.calls))
        .collect();
    assert_eq!((found.steps.len(), hours), (24, vec![(12, 2)]));
}

#[test]
fn counts_by_class_say_what_the_calls_say_to_within_a_tenth() {
    let (_dir, app) = app();
    for nth in 0..200 {
        let first_token_ms = 20 + nth * nth;
        call(
            &app,
            Made {
                waited_ms: (nth % 4 > 0).then_some(first_token_ms / 3),
                first_token_ms,
                duration_ms: first_token_ms + 50 * (nth % 17) + 10,
                status: if nth % 20 == 0 {
                    CallStatus::Failed
                } else {
                    CallStatus::Answered
                },
                model: if nth % 3 == 0 { "gpt-5" } else { "gpt-6" },
                ..answer(NOON - nth * DAY_MS / 40)
            },
        );
    }
    by_utc(&app);
    let span = Span::of(date(2026, 11, 20), date(2026, 11, 27)).unwrap();
    let (exact, classes) = app
        .store
        .read(|conn| {
            let steps = || Steps::of(span, Pace::Day);
            let mut exact = Counting::new(true, steps());
            times::each_call(conn, span, None, |call| exact.add(&TimeZone::UTC, &call))?;
            Ok::<_, StoreError>((
                exact,
                by_class(conn, (span, Pace::Day), None, steps(), &Measure::ALL)?,
            ))
        })
        .unwrap();
    let (exact, classes) = (
        exact
            .steps()
            .into_iter()
            .map(|step| step.health)
            .chain(exact.models().into_iter().map(|model| model.health)),
        classes
            .steps()
            .into_iter()
            .map(|step| step.health)
            .chain(classes.models().into_iter().map(|model| model.health)),
    );
    let mut compared = 0;
    for (exact, classes) in exact.zip(classes) {
        let counts =
            |health: &Health| (health.calls, health.answered, health.failed, health.stopped);
        assert_eq!(counts(&exact), counts(&classes));
        for of in [
            |health: &Health| health.first_token,
            |health: &Health| health.duration,
            |health: &Health| health.speed,
            |health: &Health| health.waited,
        ] {
            let (exact, classes) = (of(&exact), of(&classes));
            for (exact, found) in [
                (exact.p50, classes.p50),
                (exact.p95, classes.p95),
                (exact.p99, classes.p99),
            ] {
                let (Some(exact), Some(found)) = (exact, found) else {
                    assert_eq!(exact, found);
                    continue;
                };
                compared += 1;
                assert!(
                    (exact - found).abs() * 10 <= exact.max(10),
                    "{found} for {exact}"
                );
            }
        }
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn a_chart_says_what_the_overview_says_of_its_measure() {
    let (_dir, app) = app();
    for nth in 0..40 {
        call(&app, answer(NOON - nth * DAY_MS / 8));
    }
    by_utc(&app);
    let query = query(date(2026, 11, 20), date(2026, 11, 27), Pace::Day);
    let span = Span::of(query.first, query.last).unwrap();
    let whole = seen(&app, &query);
    let measures = [
        Measure::FirstToken,
        Measure::Duration,
        Measure::Speed,
        Measure::Waited,
    ];
    for measure in measures {
        let times = |health: &Health| match measure {
            Measure::FirstToken => health.first_token,
            Measure::Duration => health.duration,
            Measure::Speed => health.speed,
            Measure::Waited => health.waited,
        };
        let (drawn, classes, one) = app
            .store
            .read(|conn| {
                let by_class = |measures: &[Measure]| {
                    let steps = Steps::of(span, Pace::Day);
                    by_class(conn, (span, Pace::Day), None, steps, measures)
                };
                let drawn = along_time(conn, &query, Some(measure), &TimeZone::UTC).unwrap();
                Ok::<_, StoreError>((drawn, by_class(&Measure::ALL)?, by_class(&[measure])?))
            })
            .unwrap();
        assert_eq!(drawn.steps, whole.steps, "each call is read");
        assert_eq!(drawn.total, whole.total);
        let all = |counted: &Counting| -> Vec<Times> {
            counted
                .steps()
                .iter()
                .map(|step| times(&step.health))
                .collect()
        };
        assert_eq!(all(&classes), all(&one), "{measure:?}");
    }
}

#[test]
fn each_table_can_be_given_away_and_leaves_its_entry() {
    use crate::{
        monitor::MonitorTable::{Failures, Models, Steps},
        tables::tests::read,
    };
    let (_dir, app) = app();
    for nth in 0..3 {
        call(&app, answer(NOON - nth));
    }
    by_utc(&app);
    let query = query(date(2026, 11, 26), date(2026, 11, 27), Pace::Day);
    for (table, rows, heading) in [
        (Steps, 2, "From"),
        (Models, 1, "Model"),
        (Failures, 0, "Reason"),
    ] {
        let before = app.record.status().unwrap().count;
        let csv = app.export_monitor(&query, table).unwrap();
        let found = read(&String::from_utf8(csv).unwrap());
        assert_eq!((found[0][0].as_str(), found.len()), (heading, rows + 1));
        assert_eq!(app.record.status().unwrap().count, before + 1, "{table:?}");
        let wide = found.iter().all(|row| row.len() == found[0].len());
        assert!(wide, "each row has a cell for each heading");
    }
    let models = app.export_monitor(&query, Models).unwrap();
    let found = read(&String::from_utf8(models).unwrap());
    let calls = found[0]
        .iter()
        .position(|heading| heading == "Calls")
        .unwrap();
    assert_eq!(found[1][calls], "3");
}

#[test]
fn the_entry_of_a_file_says_of_which_days_by_which_clocks_and_in_private_of_which_model_it_is() {
    use crate::monitor::MonitorTable;
    let (_dir, app) = app();
    call(&app, answer(NOON));
    by_utc(&app);
    let query = MonitorQuery {
        model: Some(crate::costs::reports::PricedModel {
            provider: "openai".into(),
            model: "gpt-5".into(),
        }),
        ..query(date(2026, 11, 26), date(2026, 11, 27), Pace::Day)
    };
    app.export_monitor(&query, MonitorTable::Failures).unwrap();
    let newest = app.record.status().unwrap().count;
    let entry = app.record.details(newest).unwrap().unwrap();
    let facts = entry.row.facts.iter().map(|fact| fact.name.as_str());
    let mut facts: Vec<_> = facts.collect();
    facts.sort_unstable();
    assert_eq!(facts, ["format", "from", "until", "zone"]);
    let private = entry.payload.unwrap();
    assert!(private.contains(r#""model":"gpt-5""#), "{private}");
}

#[test]
fn the_table_along_the_time_says_what_failed_in_each_step() {
    use crate::{monitor::MonitorTable, tables::tests::read};
    let (_dir, app) = app();
    for (ago, error_kind) in [(1, "silent"), (0, "overloaded"), (0, "overloaded")] {
        let failed = Made {
            status: CallStatus::Failed,
            error_kind,
            ..answer(NOON - ago * DAY_MS)
        };
        call(&app, failed);
    }
    by_utc(&app);
    let query = query(date(2026, 11, 26), date(2026, 11, 27), Pace::Day);
    let csv = app.export_monitor(&query, MonitorTable::Steps).unwrap();
    let found = read(&String::from_utf8(csv).unwrap());
    let of = |kind: &str| {
        let heading = format!("Failed: {kind}");
        let at = found[0].iter().position(|name| *name == heading).unwrap();
        [&found[1], &found[2]].map(|row| row[at].clone())
    };
    assert_eq!(of("overloaded"), ["0", "2"]);
    assert_eq!(of("silent"), ["1", "0"]);
}

#[test]
fn a_model_that_has_become_slow_is_told_and_one_that_has_not_is_not() {
    let (_dir, app) = app();
    let is_recent = |at: i64| at > NOON - i64::from(RECENT_DAYS) * DAY_MS + DAY_MS / 2;
    for nth in 0..600 {
        let at = NOON - nth * DAY_MS / 20;
        for (model, slower) in [("gpt-5", 3), ("gpt-6", 1)] {
            let times = if is_recent(at) { slower } else { 1 };
            let first_token_ms = times * (300 + 37 * (nth % 11));
            call(
                &app,
                Made {
                    model,
                    first_token_ms,
                    duration_ms: first_token_ms + 1_000,
                    ..answer(at)
                },
            );
        }
    }
    by_utc(&app);
    let drift = seen(
        &app,
        &query(date(2026, 11, 27), date(2026, 11, 27), Pace::Day),
    )
    .drift;
    let [one] = drift.as_slice() else {
        panic!("{drift:?}")
    };
    assert_eq!(one.of.model, "gpt-5");
    assert_eq!(one.what, super::super::drift::Drifted::FirstToken);
    assert!(one.worse && one.now > 2 * one.before, "{one:?}");
    let days = (one.first, one.last);
    assert_eq!(days, (date(2026, 11, 21), date(2026, 11, 27)));
}

#[test]
fn days_the_wrong_way_round_are_refused() {
    let (_dir, app) = app();
    let backwards = query(date(2026, 11, 27), date(2026, 11, 1), Pace::Day);
    assert!(app.monitor_overview(&backwards).is_err());
}

#[test]
fn nothing_yet_is_an_overview_of_nothing() {
    let (_dir, app) = app();
    let found = seen(
        &app,
        &query(date(2026, 11, 1), date(2026, 11, 30), Pace::Week),
    );
    assert_eq!(
        (found.since, found.total, found.models.len()),
        (None, Health::default(), 0)
    );
    assert_eq!(found.total.success(), None);
}
