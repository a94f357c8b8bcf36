//! Sums that are kept say what the calls say, whatever happens to those, and spare a call from adding up
//! those before it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::{
    costs::{
        self,
        budgets::{self, Budget, Period},
        testing::{Place, call, ended, workspace},
    },
    store::StoreError,
};

const HALF_HOUR: i64 = 1_800_000;
/// 18 October 2026, 00:00 UTC: clocks are moved in the weeks before and after it.
const MID_OCTOBER: i64 = 1_792_281_600_000;

/// Clocks that are moved back in autumn or forward in spring, by an hour or half of one, at night or at
/// midnight itself; and such as are not. By rule, so that no computer's time zones matter.
fn zones() -> [TimeZone; 5] {
    [
        "UTC0",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "<-03>3<-02>,M11.1.0/0,M2.3.0/0",
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
        "<+0545>-5:45",
    ]
    .map(|rule| TimeZone::posix(rule).unwrap())
}

/// Something that happens to a table of calls, or to the sums.
#[derive(Debug, Clone)]
enum Deed {
    Begin {
        at_ms: i64,
        workspace: usize,
        client: Option<usize>,
    },
    Reserve(usize, Option<i64>),
    End(usize, Option<i64>),
    Remove(usize),
    Move(usize, i64),
    ForgetClient(usize),
    Orphan,
    Keep {
        whose: usize,
        period: Period,
        now_ms: i64,
        zone: usize,
    },
}

/// Moments of some weeks, many of them at the very beginning of a half hour, or directly before.
fn moment() -> impl Strategy<Value = i64> {
    (-1_000i64..1_000, -1i64..=1).prop_map(|(at, by)| MID_OCTOBER + at * HALF_HOUR + by)
}

fn deed() -> impl Strategy<Value = Deed> {
    let amount = || proptest::option::of(0i64..=i64::MAX / 64);
    let period = prop_oneof![Just(Period::Day), Just(Period::Week), Just(Period::Month)];
    prop_oneof![
        5 => (moment(), 0usize..2, proptest::option::of(0usize..2))
            .prop_map(|(at_ms, workspace, client)| Deed::Begin { at_ms, workspace, client }),
        4 => (any::<usize>(), amount()).prop_map(|(which, most)| Deed::Reserve(which, most)),
        4 => (any::<usize>(), amount()).prop_map(|(which, cost)| Deed::End(which, cost)),
        1 => any::<usize>().prop_map(Deed::Remove),
        1 => (any::<usize>(), moment()).prop_map(|(which, at_ms)| Deed::Move(which, at_ms)),
        1 => (0usize..2).prop_map(Deed::ForgetClient),
        1 => Just(Deed::Orphan),
        4 => (0usize..5, period, moment(), 0usize..5)
            .prop_map(|(whose, period, now_ms, zone)| Deed::Keep { whose, period, now_ms, zone }),
    ]
}

/// Two workspaces, and a client in each.
struct Scene {
    workspaces: [WorkspaceId; 2],
    clients: [ClientId; 2],
}

impl Scene {
    fn of(conn: &Connection) -> Self {
        let workspaces = [workspace(conn), workspace(conn)];
        let clients = workspaces.map(|workspace| {
            let id = ClientId::new();
            conn.execute(
                "INSERT INTO clients (id, name, key_hash, workspace_id, created_at_ms, keeps_sent)
                 VALUES (?1, hex(?1), randomblob(32), ?2, 0, 0)",
                params![id, workspace],
            )
            .unwrap();
            id
        });
        Self {
            workspaces,
            clients,
        }
    }

    fn whose(&self, which: usize) -> Whose {
        match which {
            0 => Whose::All,
            1 | 2 => Whose::Workspace(self.workspaces[which - 1]),
            _ => Whose::Client(self.clients[which - 3]),
        }
    }

    fn done(&self, conn: &Connection, deed: &Deed, kept: &mut Vec<(Whose, Range<i64>)>) {
        let numbers: Vec<i64> = conn
            .prepare("SELECT number FROM calls ORDER BY number")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let chosen = |which: &usize| numbers.get(which % numbers.len().max(1)).copied();
        let money = |pico: &Option<i64>| pico.map(|pico| Money::from_pico(pico.into()));
        match deed {
            Deed::Begin {
                at_ms,
                workspace,
                client,
            } => {
                let number = call(conn, self.workspaces[*workspace], *at_ms);
                // One that was forgotten asks no more.
                conn.execute(
                    "UPDATE calls SET client_id = (SELECT id FROM clients WHERE id = ?2) WHERE number = ?1",
                    params![number, client.map(|client| self.clients[client])],
                )
                .unwrap();
            }
            Deed::Reserve(which, most) => {
                if let Some(number) = chosen(which) {
                    set_aside(conn, number, money(most)).unwrap();
                }
            }
            Deed::End(which, cost) => {
                if let Some(number) = chosen(which) {
                    costs::end(conn, number, &ended(money(cost))).unwrap();
                }
            }
            Deed::Remove(which) => {
                conn.execute("DELETE FROM calls WHERE number = ?1", [chosen(which)])
                    .unwrap();
            }
            Deed::Move(which, at_ms) => {
                conn.execute(
                    "UPDATE calls SET started_at_ms = ?2, workspace_id = ?3 WHERE number = ?1",
                    params![chosen(which), at_ms, self.workspaces[0]],
                )
                .unwrap();
            }
            Deed::ForgetClient(which) => {
                conn.execute("DELETE FROM clients WHERE id = ?1", [self.clients[*which]])
                    .unwrap();
            }
            Deed::Orphan => {
                release(conn, |_| false).unwrap();
                costs::orphan(conn).unwrap();
            }
            Deed::Keep {
                whose,
                period,
                now_ms,
                zone,
            } => {
                let time = period.around(*now_ms, &zones()[*zone]).unwrap();
                let whose = self.whose(*whose);
                keep(conn, whose, &time).unwrap();
                assert!(
                    kept::kept(conn, whose, &time).unwrap().is_some(),
                    "it is a sum of its own from now on"
                );
                kept.push((whose, time));
            }
        }
    }

    /// The same from each call, one by one.
    fn plain(conn: &Connection, whose: Whose, time: &Range<i64>) -> Spending {
        let mut sum = Spending::default();
        let mut statement = conn
            .prepare(
                "SELECT started_at_ms, workspace_id, client_id, status, cost_pico, reserved_pico FROM calls",
            )
            .unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let is_theirs = match whose {
                Whose::All => true,
                Whose::Workspace(id) => row.get::<_, WorkspaceId>(1).unwrap() == id,
                Whose::Client(id) => row.get::<_, Option<ClientId>>(2).unwrap() == Some(id),
            };
            if !is_theirs || !time.contains(&row.get(0).unwrap()) {
                continue;
            }
            let (cost, reserved): (Option<Money>, Option<Money>) =
                (row.get(4).unwrap(), row.get(5).unwrap());
            match (cost, reserved) {
                (Some(cost), _) => sum.spent = sum.spent + cost,
                (None, Some(reserved)) => sum.reserved = sum.reserved + reserved,
                (None, None) => {
                    let status: CallStatus = row.get(3).unwrap();
                    sum.unknown_calls += u32::from(status != CallStatus::Running);
                }
            }
        }
        sum
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn kept_sums_say_what_the_calls_say_whatever_happens_to_them(
        deeds in proptest::collection::vec(deed(), 1..60),
    ) {
        let opened = Place::new().open();
        opened
            .write(|tx| {
                let scene = Scene::of(tx);
                let mut kept = Vec::new();
                for deed in &deeds {
                    scene.done(tx, deed, &mut kept);
                    for (whose, time) in &kept {
                        let said = spending_of(tx, *whose, time)?;
                        assert_eq!(said, Scene::plain(tx, *whose, time), "after {deed:?}");
                    }
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

/// How many steps SQLite takes for some work.
fn steps_of(conn: &mut Connection, work: impl FnOnce(&Connection)) -> u64 {
    let steps = Arc::new(AtomicU64::new(0));
    let counted = steps.clone();
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    conn.progress_handler(1, Some(count)).unwrap();
    work(conn);
    conn.progress_handler(1, None::<fn() -> bool>).unwrap();
    steps.load(Ordering::Relaxed)
}

/// A call of a client from its beginning to its end, with what the gate does for budgets; what is spent and
/// set aside with it in the first of those.
fn within_budgets(conn: &Connection, scene: &Scene, at_ms: i64, cost: Option<i128>) -> i128 {
    let most = Some(Money::from_pico(7));
    let here = scene.workspaces[0];
    let time = Period::Month.around(at_ms, &TimeZone::UTC).unwrap();
    budgets::standings(conn, here, at_ms, &TimeZone::UTC).unwrap();
    keep(conn, Whose::Client(scene.clients[0]), &time).unwrap();
    let number = call(conn, here, at_ms);
    let standings = budgets::reserve(conn, number, most, &TimeZone::UTC).unwrap();
    costs::end(conn, number, &ended(cost.map(Money::from_pico))).unwrap();
    standings[0].committed().pico()
}

#[test]
fn what_a_call_costs_does_not_grow_with_the_calls_of_its_period() {
    let place = Place::new();
    drop(place.open());
    let mut conn = place.connection();
    conn.execute_batch("BEGIN").unwrap();
    let scene = Scene::of(&conn);
    for (workspace, period) in [
        (None, Period::Day),
        (None, Period::Month),
        (Some(scene.workspaces[0]), Period::Week),
    ] {
        let budget = Budget {
            workspace,
            period,
            limit: Money::from_pico(1_000_000_000_000),
            warn_percent: 80,
            stops: true,
        };
        budgets::set(&conn, &budget).unwrap();
    }
    within_budgets(&conn, &scene, MID_OCTOBER, Some(5));
    let among_few = steps_of(&mut conn, |conn| {
        within_budgets(conn, &scene, MID_OCTOBER + 1, Some(5));
    });
    for nth in 0..200 {
        let cost = (nth % 3 > 0).then_some(5);
        within_budgets(&conn, &scene, MID_OCTOBER + 2 + nth, cost);
    }
    let among_many = steps_of(&mut conn, |conn| {
        let committed = within_budgets(conn, &scene, MID_OCTOBER + 900, Some(5));
        assert_eq!(committed, (2 + 133) * 5 + 67 * 7 + 7);
    });
    assert!(
        among_many * 100 <= among_few * 105,
        "{among_many} steps beside 202 calls, {among_few} beside one"
    );
}

#[test]
fn sums_of_times_that_are_over_are_let_go() {
    let opened = Place::new().open();
    opened
        .write(|tx| {
            let day = |days: i64| {
                let at_ms = MID_OCTOBER + days * 86_400_000;
                Period::Day.around(at_ms, &TimeZone::UTC).unwrap()
            };
            for days in 0..9 {
                keep(tx, Whose::All, &day(days))?;
            }
            let sums: i64 = tx.query_row("SELECT count(*) FROM call_sums", [], |row| row.get(0))?;
            assert_eq!(sums, 1);
            assert!(kept::kept(tx, Whose::All, &day(8))?.is_some());
            Ok::<_, StoreError>(())
        })
        .unwrap();
}
