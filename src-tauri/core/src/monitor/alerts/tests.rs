use std::{ops::ControlFlow, sync::mpsc};

use proptest::prelude::*;

use super::{judge::Seen, *};
use crate::{
    app::App,
    costs::{CallStatus, Purpose},
    monitor::testing::{Made, answer, app, beside, call},
    now_ms,
    problem::{Problem, ProblemCode},
    record::Filter,
};

fn input(kind: AlertKind, over: &str) -> AlertInput {
    AlertInput {
        kind,
        model: None,
        over: over.into(),
        minutes: 60,
        calls: 5,
    }
}

fn calls(app: &App, status: CallStatus, how_many: usize) {
    for _ in 0..how_many {
        let made = Made {
            status,
            cost: 500_000,
            ..answer(now_ms())
        };
        call(app, made);
    }
}

/// The newest entries of the record, the newest first, by what happened.
fn entries(app: &App, most: u32) -> Vec<String> {
    let filter = Filter {
        limit: most,
        ..Filter::default()
    };
    let rows = app.record.list(&filter).unwrap();
    rows.into_iter().map(|row| row.action).collect()
}

fn fires(app: &App) -> Vec<bool> {
    let all = app.alerts().unwrap();
    all.iter()
        .map(|alert| alert.firing_since_ms.is_some())
        .collect()
}

#[test]
fn failures_fire_once_and_clear_once_each_with_its_entry() {
    let (_dir, app) = app();
    app.set_alert(&input(AlertKind::Failures, "20")).unwrap();
    assert_eq!(entries(&app, 1), ["alert.set"]);
    calls(&app, CallStatus::Failed, 4);
    assert_eq!(app.judge_alerts().unwrap(), [], "four calls are not enough");
    calls(&app, CallStatus::Failed, 1);
    let news = app.judge_alerts().unwrap();
    let [one] = news.as_slice() else {
        panic!("{news:?}")
    };
    assert!(
        one.fires && one.words.contains("Now: 100%"),
        "{}",
        one.words
    );
    assert_eq!(entries(&app, 1), ["alert.fired"]);
    assert_eq!(app.judge_alerts().unwrap(), [], "it fires already");
    // 5 of 30 are less than the limit and more than four fifths of it.
    calls(&app, CallStatus::Answered, 25);
    assert_eq!(app.judge_alerts().unwrap(), [], "it does not flicker");
    calls(&app, CallStatus::Answered, 5);
    let news = app.judge_alerts().unwrap();
    assert!(news.len() == 1 && !news[0].fires, "{news:?}");
    assert_eq!(entries(&app, 2), ["alert.cleared", "alert.fired"]);
    assert_eq!(fires(&app), [false]);
}

#[test]
fn spending_and_times_fire_and_a_stopped_call_is_no_failure() {
    let (_dir, app) = app();
    app.set_alert(&input(AlertKind::Spend, "$2")).unwrap();
    app.set_alert(&input(AlertKind::Duration, "1.2 s")).unwrap();
    app.set_alert(&input(AlertKind::FirstToken, "1")).unwrap();
    app.set_alert(&input(AlertKind::Failures, "0")).unwrap();
    calls(&app, CallStatus::Stopped, 4);
    assert_eq!(
        app.judge_alerts().unwrap(),
        [],
        "two dollars do not pass two dollars"
    );
    calls(&app, CallStatus::Answered, 5);
    app.judge_alerts().unwrap();
    assert_eq!(fires(&app), [true, true, false, false]);
    let seen: Vec<_> = app
        .alerts()
        .unwrap()
        .into_iter()
        .map(|alert| alert.now)
        .collect();
    let seen: Vec<_> = seen.iter().map(Option::as_deref).collect();
    assert_eq!(
        seen,
        [Some("$4.5"), Some("1.4 s"), Some("400 ms"), Some("0%")]
    );
}

#[test]
fn calls_of_unknown_cost_are_told_beside_what_is_known_to_be_spent_and_never_taken_for_nothing() {
    let (_dir, app) = app();
    app.set_alert(&input(AlertKind::Spend, "$0.4")).unwrap();
    let forget_cost_of_newest = || {
        let forget =
            "UPDATE calls SET cost_pico = NULL WHERE number = (SELECT max(number) FROM calls)";
        app.store.write(|tx| tx.execute(forget, [])).unwrap();
    };
    let now = || app.alerts().unwrap().remove(0).now;
    calls(&app, CallStatus::Answered, 1);
    forget_cost_of_newest();
    assert_eq!(now().as_deref(), Some("not known (1 call of unknown cost)"));
    calls(&app, CallStatus::Answered, 1);
    forget_cost_of_newest();
    calls(&app, CallStatus::Answered, 1);
    let news = app.judge_alerts().unwrap().remove(0);
    let told = "Now: $0.5 (2 calls of unknown cost).";
    assert!(news.words.ends_with(told), "{}", news.words);
}

#[test]
fn counts_of_tokens_make_no_model_seem_quick_and_none_seem_to_fail() {
    let (_dir, app) = app();
    app.set_alert(&input(AlertKind::Duration, "1.2 s")).unwrap();
    app.set_alert(&input(AlertKind::Failures, "0")).unwrap();
    calls(&app, CallStatus::Answered, 5);
    for status in [CallStatus::Answered, CallStatus::Failed] {
        for _ in 0..100 {
            let count = Made {
                status,
                purpose: Purpose::Count,
                duration_ms: 20,
                ..answer(now_ms())
            };
            call(&app, count);
        }
    }
    app.judge_alerts().unwrap();
    assert_eq!(fires(&app), [true, false], "by the five answers alone");
}

#[test]
fn an_alert_of_one_model_does_not_hear_of_others_and_old_calls_are_over() {
    let (_dir, app) = app();
    let of = |model: &str| AlertInput {
        model: Some(PricedModel {
            provider: "openai".into(),
            model: model.into(),
        }),
        calls: 1,
        ..input(AlertKind::Failures, "10")
    };
    app.set_alert(&of("gpt-5")).unwrap();
    app.set_alert(&of("gpt-6")).unwrap();
    let failed = Made {
        status: CallStatus::Failed,
        ..answer(now_ms())
    };
    call(&app, failed);
    call(
        &app,
        Made {
            model: "gpt-6",
            started_at_ms: now_ms() - 61 * 60_000,
            ..failed
        },
    );
    app.judge_alerts().unwrap();
    assert_eq!(fires(&app), [true, false]);
}

#[test]
fn an_alert_whose_calls_are_all_too_old_clears() {
    let (_dir, app) = app();
    app.set_alert(&AlertInput {
        calls: 1,
        ..input(AlertKind::Failures, "10")
    })
    .unwrap();
    calls(&app, CallStatus::Failed, 1);
    assert_eq!(app.judge_alerts().unwrap().len(), 1);
    let judging = Judging {
        store: &app.store,
        record: &app.record,
    };
    let news = judging.judge(now_ms() + 2 * 3_600_000).unwrap();
    assert!(news.len() == 1 && !news[0].fires, "{news:?}");
}

#[test]
fn calls_that_end_are_told_without_anybody_asking() {
    let (_dir, app) = app();
    let (tell, told) = mpsc::channel();
    app.tell_alerts(move |news| drop(tell.send(news.clone())));
    calls(&app, CallStatus::Failed, 5);
    app.add_alert(&input(AlertKind::Failures, "20")).unwrap();
    let news = told.recv().unwrap();
    assert!(news.fires && news.alert.number == 1, "{news:?}");
}

/// An alert that will fire, and that nobody has judged.
fn failing(app: &App) -> i64 {
    let number = app.set_alert(&input(AlertKind::Failures, "20")).unwrap();
    calls(app, CallStatus::Failed, 5);
    number
}

#[test]
fn what_another_gatehouse_judged_is_told_here_too_and_once() {
    let (dir, window) = app();
    let command_line = beside(&dir);
    let (tell, told) = mpsc::channel();
    window.tell_alerts(move |news| drop(tell.send(news.clone())));
    failing(&command_line);
    command_line.judge_alerts().unwrap();
    // Nobody rings here: it is found in time.
    let news = told.recv().unwrap();
    assert!(news.fires && news.words.contains("Now: 100%"), "{news:?}");
    assert!(news.alert.firing_since_ms.is_some());
    // Rung for, nothing is told again before it is over.
    window.ring();
    calls(&command_line, CallStatus::Answered, 30);
    command_line.judge_alerts().unwrap();
    window.ring();
    let news = told.recv().unwrap();
    assert!(
        !news.fires && news.words.starts_with("It is over"),
        "{news:?}"
    );
    assert_eq!(told.try_recv().ok(), None, "each once");
}

#[test]
fn what_fires_already_is_no_news_to_who_opens_and_its_end_is() {
    let (dir, command_line) = app();
    failing(&command_line);
    command_line.judge_alerts().unwrap();
    let window = beside(&dir);
    let (tell, told) = mpsc::channel();
    window.tell_alerts(move |news| drop(tell.send(news.clone())));
    assert_eq!(fires(&window), [true], "it is shown");
    window.ring();
    calls(&command_line, CallStatus::Answered, 30);
    command_line.judge_alerts().unwrap();
    window.ring();
    let first = told.recv().unwrap();
    assert!(!first.fires, "{first:?}");
}

#[test]
fn an_alert_that_was_removed_elsewhere_is_told_and_one_removed_here_is_not() {
    let (dir, window) = app();
    let command_line = beside(&dir);
    let [one, other] = [failing(&window), failing(&window)];
    window.judge_alerts().unwrap();
    let (tell, told) = mpsc::channel();
    window.tell_alerts(move |news| drop(tell.send(news.clone())));
    window.remove_alert(one).unwrap();
    command_line.remove_alert(other).unwrap();
    window.ring();
    let news = told.recv().unwrap();
    assert_eq!((news.fires, news.alert.number), (false, other), "{news:?}");
    assert!(
        news.words
            .starts_with("An alert was removed: More than 20%"),
        "{news:?}"
    );
    assert_eq!(told.try_recv().ok(), None);
}

#[test]
fn a_record_that_does_not_verify_is_told() {
    let (_dir, app) = app();
    app.set_alert(&AlertInput {
        over: String::new(),
        ..input(AlertKind::Record, "")
    })
    .unwrap();
    app.judge_alerts().unwrap();
    assert_eq!(fires(&app), [false]);
    let seen = || {
        let alert = app.alerts().unwrap().remove(0);
        (alert.now, alert.verified_ms)
    };
    assert_eq!(seen(), (None, None), "nobody has verified it yet");
    let before = now_ms();
    app.record
        .verify(&mut |_| ControlFlow::Continue(()))
        .unwrap();
    let (now, verified) = seen();
    assert_eq!(now.as_deref(), Some("verifies"));
    assert!(verified >= Some(before), "{verified:?}");
    app.store
        .write(|tx| {
            tx.execute_batch("DROP TRIGGER audit_entries_stay_as_they_are")?;
            tx.execute(
                "UPDATE audit_entries SET time_ms = time_ms + 1 WHERE sequence = 2",
                [],
            )?;
            Ok::<_, crate::store::StoreError>(())
        })
        .unwrap();
    app.record
        .verify(&mut |_| ControlFlow::Continue(()))
        .unwrap();
    app.judge_alerts().unwrap();
    assert_eq!(fires(&app), [true]);
    assert_eq!(entries(&app, 1), ["alert.fired"]);
}

#[test]
fn what_is_no_alert_is_refused_in_words_and_nothing_is_kept() {
    let (_dir, app) = app();
    let good = input(AlertKind::Failures, "5");
    let of_model = Some(PricedModel {
        provider: "openai".into(),
        model: "gpt-5".into(),
    });
    let bad = [
        input(AlertKind::Failures, "100"),
        input(AlertKind::Failures, "-1"),
        input(AlertKind::Failures, "1e1"),
        input(AlertKind::FirstToken, "NaN"),
        input(AlertKind::FirstToken, "86401"),
        input(AlertKind::Duration, ""),
        input(AlertKind::Spend, "-2"),
        input(AlertKind::Spend, "much"),
        AlertInput {
            minutes: 0,
            ..good.clone()
        },
        AlertInput {
            minutes: 1_441,
            ..good.clone()
        },
        AlertInput {
            calls: 0,
            ..good.clone()
        },
        AlertInput {
            calls: 1_001,
            ..good.clone()
        },
        AlertInput {
            model: of_model,
            ..input(AlertKind::Spend, "2")
        },
    ];
    for input in bad {
        let error = app.add_alert(&input).unwrap_err();
        assert_eq!(
            Problem::from(error).code,
            ProblemCode::InvalidInput,
            "{input:?}"
        );
    }
    assert_eq!(app.alerts().unwrap(), []);
    assert!(matches!(app.remove_alert(1), Err(AlertError::NotFound(1))));
    assert_ne!(entries(&app, 1), ["alert.removed"]);
}

#[test]
fn a_removed_alert_is_gone_with_an_entry() {
    let (_dir, app) = app();
    let number = app.add_alert(&input(AlertKind::Spend, "0.5")).unwrap();
    let rule = &app.alerts().unwrap()[0].rule;
    assert_eq!(rule, "More than $0.5 is spent in the last hour.");
    app.remove_alert(number).unwrap();
    assert_eq!(entries(&app, 1), ["alert.removed"]);
    assert_eq!(app.alerts().unwrap(), []);
}

#[test]
fn rules_read_as_sentences() {
    let rule = |input: AlertInput| input.read().unwrap().rule();
    assert_eq!(
        rule(AlertInput {
            calls: 1,
            minutes: 15,
            ..input(AlertKind::Failures, "2.5%")
        }),
        "More than 2.5% of calls fail in the last 15 minutes, of at least one call."
    );
    assert_eq!(
        rule(AlertInput {
            minutes: 1_440,
            ..input(AlertKind::Duration, "0.25")
        }),
        "Answers take longer than 250 ms in more than 5 of 100 calls in the last day, of at least 5 calls."
    );
    assert_eq!(
        rule(AlertInput {
            minutes: 120,
            ..input(AlertKind::FirstToken, "12.5")
        }),
        "The first token takes longer than 12.5 s in more than 5 of 100 calls in the last 2 hours, of at least 5 \
         calls."
    );
}

fn with_limit(most: i64, fewest: u32) -> Alert {
    Alert {
        number: 1,
        kind: AlertKind::Duration,
        model: None,
        most,
        minutes: 60,
        fewest,
        firing_since_ms: None,
    }
}

proptest! {
    /// What is seen goes up and down; the alert follows it and does not flicker.
    #[test]
    fn an_alert_begins_above_its_limit_and_ends_below_four_fifths_of_it(
        most in 0i64..=i64::MAX, fewest in 1u32..50,
        seen in proptest::collection::vec((proptest::option::of(0i64..=i64::MAX), 0u64..100), 1..60),
    ) {
        let mut alert = with_limit(most, fewest);
        for (value, calls) in seen {
            let fired = alert.firing_since_ms.is_some();
            let fires = alert.fires(Seen { value, calls, ..Seen::default() });
            if fires && !fired {
                prop_assert!(value.is_some_and(|value| value > most) && calls >= u64::from(fewest));
            }
            if fired && !fires {
                prop_assert!(value.is_none_or(|value| i128::from(value) * 5 <= i128::from(most) * 4));
            }
            alert.firing_since_ms = fires.then_some(0);
        }
    }

    #[test]
    fn what_stays_between_the_two_limits_changes_nothing(
        most in 0i64..1_000_000_000, share in 81i64..=100, firing in any::<bool>(),
    ) {
        let alert = Alert { firing_since_ms: firing.then_some(0), ..with_limit(most, 1) };
        let value = most * share / 100;
        prop_assume!(value * 5 > most * 4);
        prop_assert_eq!(alert.fires(Seen { value: Some(value), calls: 9, ..Seen::default() }), firing);
    }

    #[test]
    fn no_words_for_a_limit_break_it(over in ".{0,12}|[0-9.]{0,8}[%s$]?", minutes in any::<u32>(), calls in any::<u32>()) {
        for kind in [AlertKind::Failures, AlertKind::FirstToken, AlertKind::Spend, AlertKind::Record] {
            let input = AlertInput { kind, model: None, over: over.clone(), minutes, calls };
            if let Ok(alert) = input.read() {
                prop_assert!(alert.most >= 0 && alert.minutes > 0 && alert.fewest > 0);
                prop_assert!(alert.rule().ends_with('.'));
            }
        }
    }
}
