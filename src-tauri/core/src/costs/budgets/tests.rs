//! No calls pass a limit, together or alone, and nothing that is set aside is forgotten.

use std::sync::{
    Barrier,
    atomic::{AtomicUsize, Ordering},
};

use proptest::prelude::*;

use super::*;
use crate::costs::{
    self, reports,
    spending::release,
    testing::{NOON, Opened, Place, call, ended, workspace},
};

const DAY: i64 = 86_400_000;

fn cents(cents: i128) -> Money {
    Money::from_pico(cents * 10_000_000_000)
}

/// A budget for everything that stops at a limit.
fn stop_at(limit: Money, period: Period) -> Budget {
    Budget {
        workspace: None,
        period,
        limit,
        warn_percent: 80,
        stops: true,
    }
}

/// A call that may cost so much, made now.
fn try_call(
    conn: &Connection,
    workspace: WorkspaceId,
    most: Option<Money>,
) -> Result<i64, BudgetError> {
    let number = call(conn, workspace, NOON);
    reserve(conn, number, most, &TimeZone::UTC)?;
    Ok(number)
}

fn standing(conn: &Connection, workspace: WorkspaceId) -> Standing {
    standings(conn, workspace, NOON, &TimeZone::UTC).unwrap()[0]
}

/// Does it in a transaction that is kept if it works, as the gate does.
fn commit<T>(store: &crate::store::Store, work: impl FnOnce(&Connection) -> T) -> T {
    store
        .write(|tx| Ok::<_, rusqlite::Error>(work(tx)))
        .unwrap()
}

#[test]
fn calls_made_at_once_cannot_pass_a_limit_together() {
    let place = Place::new();
    let stores = [place.open(), place.open()]; // as the window and the command line
    let here = commit(&stores[0], |conn| {
        set(conn, &stop_at(cents(35), Period::Day)).unwrap();
        workspace(conn)
    });
    let (start, made) = (Barrier::new(8), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for at in 0..8 {
            let (store, start, made) = (&stores[at % 2], &start, &made);
            scope.spawn(move || {
                start.wait();
                match store.write(|tx| try_call(tx, here, Some(cents(10)))) {
                    Ok(_) => {
                        made.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(error) => assert!(matches!(error, BudgetError::Reached { .. }), "{error}"),
                }
            });
        }
    });
    assert_eq!(
        made.into_inner(),
        3,
        "three calls fit 35 cents, four do not"
    );
    let rows: i64 = commit(&stores[1], |conn| {
        conn.query_row("SELECT count(*) FROM calls", [], |row| row.get(0))
            .unwrap()
    });
    assert_eq!(rows, 3, "of a call that is stopped no row is left");
}

#[test]
fn the_end_of_a_call_puts_its_cost_in_place_of_what_was_set_aside() {
    let store = Place::new().open();
    commit(&store, |conn| {
        let here = workspace(conn);
        set(conn, &stop_at(cents(100), Period::Month)).unwrap();
        let number = try_call(conn, here, Some(cents(60))).unwrap();
        assert!(try_call(conn, here, Some(cents(50))).is_err());
        costs::end(conn, number, &ended(Some(cents(7)))).unwrap();
        assert_eq!(standing(conn, here).left(), cents(93));
        try_call(conn, here, Some(cents(50))).unwrap();
    });
}

#[test]
fn a_call_of_unknown_cost_counts_with_the_most_it_can_have_cost() {
    let store = Place::new().open();
    commit(&store, |conn| {
        let here = workspace(conn);
        set(conn, &stop_at(cents(100), Period::Day)).unwrap();
        let number = try_call(conn, here, Some(cents(60))).unwrap();
        costs::end(conn, number, &ended(None)).unwrap();
        let now = standing(conn, here);
        assert_eq!((now.left(), now.spending.reserved), (cents(40), cents(60)));
    });
}

/// One dollar, of which sixty cents are set aside for a call that is under way.
fn under_way(place: &Place) -> (Opened, WorkspaceId) {
    let store = place.open();
    let here = commit(&store, |conn| {
        let here = workspace(conn);
        set(conn, &stop_at(cents(100), Period::Day)).unwrap();
        try_call(conn, here, Some(cents(60))).unwrap();
        here
    });
    (store, here)
}

#[test]
fn a_crash_leaves_a_reservation_that_the_next_start_releases() {
    let place = Place::new();
    let (store, here) = under_way(&place);
    drop(store);
    let store = place.open();
    commit(&store, |conn| {
        assert_eq!(
            standing(conn, here).left(),
            cents(40),
            "it outlives the process"
        );
        conn.execute("UPDATE calls SET reserved_by = '1 1'", [])
            .unwrap(); // one that is gone
        costs::orphan(conn).unwrap();
        let now = standing(conn, here);
        assert_eq!(now.left(), cents(100));
        assert_eq!(
            now.spending.unknown_calls, 1,
            "what the call cost is unknown, and that is said"
        );
    });
}

#[test]
fn a_start_does_not_release_what_another_process_still_uses() {
    let (store, here) = under_way(&Place::new());
    commit(&store, |conn| {
        costs::orphan(conn).unwrap();
        assert_eq!(standing(conn, here).left(), cents(40));
        costs::end(conn, 1, &ended(None)).unwrap();
        release(conn, |_| false).unwrap();
        assert_eq!(
            standing(conn, here).left(),
            cents(40),
            "a call that has ended at an unknown cost is not under way: nothing of it is released"
        );
    });
}

#[test]
fn a_call_of_unknown_price_is_stopped_only_where_a_budget_stops() {
    let store = Place::new().open();
    commit(&store, |conn| {
        let here = workspace(conn);
        let warns = Budget {
            stops: false,
            ..stop_at(cents(100), Period::Day)
        };
        set(conn, &warns).unwrap();
        try_call(conn, here, None).unwrap();
        set(conn, &stop_at(cents(100), Period::Day)).unwrap();
        let refused = try_call(conn, here, None).unwrap_err();
        assert!(matches!(refused, BudgetError::UnknownPrice(_)), "{refused}");
    });
}

#[test]
fn the_local_model_answers_when_all_is_spent() {
    let store = Place::new().open();
    commit(&store, |conn| {
        let here = workspace(conn);
        set(conn, &stop_at(Money::ZERO, Period::Day)).unwrap();
        try_call(conn, here, Some(Money::ZERO)).unwrap();
        let refused = try_call(conn, here, Some(Money::from_pico(1))).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "this can cost $0.000000000001, and of the budget of $0 for today $0 is left"
        );
    });
}

#[test]
fn a_soft_budget_warns_and_lets_pass() {
    let store = Place::new().open();
    commit(&store, |conn| {
        let here = workspace(conn);
        let budget = Budget {
            stops: false,
            ..stop_at(cents(100), Period::Day)
        };
        set(conn, &budget).unwrap();
        let levels = [79, 1, 20, 1].map(|most| {
            let number = call(conn, here, NOON);
            let said = reserve(conn, number, Some(cents(most)), &TimeZone::UTC).unwrap()[0];
            assert_eq!(said, standing(conn, here), "what is said is what is kept");
            said.level()
        });
        use Level::{Passed, Warn, Within};
        assert_eq!(
            levels,
            [Within, Warn, Warn, Passed],
            "at 79, 80, 100 and 101 cents"
        );
        assert_eq!(standing(conn, here).left(), Money::ZERO);
    });
}

#[test]
fn a_budget_counts_its_own_workspace_and_its_own_time() {
    let store = Place::new().open();
    commit(&store, |conn| {
        let (here, there) = (workspace(conn), workspace(conn));
        let mine = Budget {
            workspace: Some(here),
            ..stop_at(cents(100), Period::Day)
        };
        set(conn, &mine).unwrap();
        for (place, at) in [(there, NOON), (here, NOON - DAY), (here, NOON + DAY)] {
            let number = call(conn, place, at);
            costs::end(conn, number, &ended(Some(cents(99)))).unwrap();
        }
        assert_eq!(standing(conn, here).left(), cents(100));
        assert!(
            standings(conn, there, NOON, &TimeZone::UTC)
                .unwrap()
                .is_empty()
        );
        set(conn, &stop_at(cents(250), Period::Week)).unwrap();
        let refused = try_call(conn, here, Some(cents(100))).unwrap_err();
        assert!(
            refused.to_string().contains("this week"),
            "297 cents went in this week, in all workspaces together: {refused}"
        );
    });
}

#[test]
fn what_a_budget_has_spent_leads_to_exactly_its_calls() {
    let store = Place::new().open();
    commit(&store, |conn| {
        let (here, there) = (workspace(conn), workspace(conn));
        let week = stop_at(cents(900), Period::Week);
        set(conn, &week).unwrap();
        let mine = Budget {
            workspace: Some(here),
            ..week
        };
        set(conn, &mine).unwrap();
        for (place, days) in [(here, 0), (here, 1), (there, 0), (here, -9), (here, 9)] {
            let number = call(conn, place, NOON + days * DAY);
            let day = (NOON + days * DAY) / DAY;
            conn.execute("UPDATE calls SET day = ?2 WHERE number = ?1", [number, day])
                .unwrap();
            costs::end(conn, number, &ended(Some(cents(10)))).unwrap();
        }
        let shown = views(conn, here, NOON).unwrap();
        let spent: Vec<_> = shown.iter().map(|view| view.spent.as_str()).collect();
        assert_eq!(spent, ["$0.3", "$0.2"], "of all, and of this workspace");
        let overall = views(conn, None::<WorkspaceId>, NOON).unwrap();
        assert_eq!(overall, shown[..1], "without a workspace, of all alone");
        for (view, count) in shown.iter().zip([3, 2]) {
            let zone = TimeZone::system();
            let day = |at| reports::date_of(reports::day_of(at, &zone));
            let span = reports::Span::of(day(view.from_ms), day(view.until_ms - 1)).unwrap();
            let filter = reports::CallFilter {
                workspace: (!view.everywhere).then_some(here),
                from_ms: Some(view.from_ms),
                until_ms: Some(view.until_ms),
                ..reports::CallFilter::default()
            };
            let found = reports::calls(conn, span, &filter, None, 50).unwrap();
            assert_eq!(found.calls.len(), count);
        }
    });
}

#[test]
fn a_budget_takes_the_place_of_the_one_before_it() {
    let store = Place::new().open();
    commit(&store, |conn| {
        let here = workspace(conn);
        let mine = Budget {
            workspace: Some(here),
            ..stop_at(cents(1), Period::Day)
        };
        for budget in [
            stop_at(cents(1), Period::Day),
            stop_at(cents(2), Period::Day),
            mine,
        ] {
            set(conn, &budget).unwrap();
        }
        let limits: Vec<_> = standings(conn, here, NOON, &TimeZone::UTC)
            .unwrap()
            .iter()
            .map(|standing| standing.budget.limit)
            .collect();
        assert_eq!(limits, [cents(2), cents(1)]);
        assert!(remove(conn, None, Period::Day).unwrap());
        assert!(!remove(conn, None, Period::Day).unwrap());
        assert_eq!(standing(conn, here).budget, mine);
        for wrong in [
            Budget {
                limit: Money::from_pico(-1),
                ..mine
            },
            Budget {
                limit: Money::from_pico(i128::MAX),
                ..mine
            },
            Budget {
                warn_percent: 0,
                ..mine
            },
            Budget {
                warn_percent: 101,
                ..mine
            },
        ] {
            assert!(set(conn, &wrong).is_err(), "{wrong:?}");
        }
    });
}

#[test]
fn sums_beyond_64_bits_are_exact() {
    let store = Place::new().open();
    commit(&store, |conn| {
        let here = workspace(conn);
        for _ in 0..3 {
            let number = call(conn, here, NOON);
            costs::end(
                conn,
                number,
                &ended(Some(Money::from_pico(i64::MAX.into()))),
            )
            .unwrap();
        }
        let all = costs::spending(conn, None, 0..i64::MAX).unwrap();
        assert_eq!(all.spent.pico(), 3 * i128::from(i64::MAX));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // Whatever calls are made and however they end, as long as none costs more than was said: what
    // is spent and set aside stays within the limit, and is the plain sum.
    #[test]
    fn no_run_of_calls_passes_a_limit(
        limit in 0i64..1_000_000_000_000,
        calls in prop::collection::vec((0i64..400_000_000_000, 0u8..=100, 0u8..3), 1..20),
    ) {
        let store = Place::new().open();
        commit(&store, |conn| {
            let here = workspace(conn);
            set(conn, &stop_at(Money::from_pico(limit.into()), Period::Day)).unwrap();
            let mut expected = 0;
            for (most, share, end) in calls {
                let fits = most == 0 || expected + most <= limit;
                let number = call(conn, here, NOON);
                let reserved = reserve(conn, number, Some(Money::from_pico(most.into())), &TimeZone::UTC);
                prop_assert_eq!(reserved.is_ok(), fits);
                if !fits {
                    conn.execute("DELETE FROM calls WHERE number = ?1", [number]).unwrap();
                    continue;
                }
                let cost = i128::from(most) * i128::from(share) / 100;
                match end {
                    0 => expected += most, // still under way
                    1 => {
                        costs::end(conn, number, &ended(None)).unwrap();
                        expected += most;
                    }
                    _ => {
                        costs::end(conn, number, &ended(Some(Money::from_pico(cost)))).unwrap();
                        expected += i64::try_from(cost).unwrap();
                    }
                }
                prop_assert_eq!(standing(conn, here).committed().pico(), i128::from(expected));
                prop_assert!(expected <= limit);
            }
            Ok(())
        })?;
    }
}
