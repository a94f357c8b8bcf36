//! What the Monitor screen costs with a million calls of two years behind it, and what writing one more
//! and judging the alerts after it does.
//!
//! `monitor_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a release
//! build.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

mod support;

use std::{path::Path, time::Instant};

use gatehouse_core::{
    app::App,
    charts::ChartTheme,
    costs::{
        self, CallEnd, CallStart, CallStatus, Purpose, Route,
        budgets::{self, BudgetInput, Period},
        reports::PricedModel,
    },
    ids::WorkspaceId,
    money::Money,
    monitor::{AlertInput, AlertKind, MonitorChart, MonitorQuery, Pace},
    now_ms,
    store::StoreError,
    workspaces,
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};
use support::{MODELS, limited, median, milliseconds, open, row, share_95};

const CALLS: u64 = 1_000_000;
const DAY_MS: u64 = 86_400_000;
const ALL_MS: u64 = 730 * DAY_MS;
const AT_ONCE: u64 = 50_000;
const WRITES: usize = 400;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "--json", path] => measure(Path::new(path)),
        _ => {
            eprintln!("usage: monitor_bench --json PATH");
            std::process::exit(2);
        }
    }
}

fn measure(path: &Path) {
    let (empty_folder, full_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (empty, full) = (open(empty_folder.path()), open(full_folder.path()));
    fill(&full);
    let mut rows = writing(&empty, &full);
    // As every start does.
    full.add_up_months().unwrap();
    rows.extend(screen(&full));
    std::fs::write(path, json!({ "name": "monitor", "rows": rows }).to_string()).unwrap();
}

fn workspace(app: &App) -> WorkspaceId {
    let first = |tx: &rusqlite::Transaction<'_>| workspaces::first(tx, 0).map_err(StoreError::from);
    app.store.write(first).unwrap()
}

fn fill(app: &App) {
    let of = workspace(app);
    let now = u64::try_from(now_ms()).unwrap();
    for from in (0..CALLS).step_by(usize::try_from(AT_ONCE).unwrap()) {
        app.store
            .write(|tx| {
                (from..from + AT_ONCE).try_for_each(|nth| {
                    let at_ms = now - ALL_MS + nth * (ALL_MS / CALLS);
                    write(tx, of, nth, i64::try_from(at_ms).unwrap(), None)
                })?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

/// Numbers below a thousand in no order, always the same.
fn scattered(nth: u64, salt: u64) -> u64 {
    let mixed = (nth + salt * 1_000_003).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32 & 0x3ff
}

/// A call as the gate writes it: its row, with what is set aside for it, and then its end. Times are spread as
/// they are: most near the middle of their model, some many times as long.
fn write(
    conn: &rusqlite::Connection,
    workspace: WorkspaceId,
    nth: u64,
    at_ms: i64,
    most: Option<Money>,
) -> rusqlite::Result<()> {
    let at = usize::try_from(nth % 6).unwrap();
    let (provider, model) = MODELS[at];
    let number = costs::begin(
        conn,
        &CallStart {
            started_at_ms: at_ms,
            workspace,
            conversation: None,
            message: None,
            client: None,
            purpose: Purpose::Chat,
            provider,
            model_id: None,
            account_id: None,
            pictures: 0,
            alias: None,
            decision: None,
            masked: 0,
            moves: &[],
            model,
            version: "",
            route: if provider == "local" {
                Route::Local
            } else {
                Route::Masked
            },
        },
    )?;
    if most.is_some() {
        budgets::reserve(conn, number, most, &TimeZone::system()).unwrap();
    }
    let millis = |ms: u64| i64::try_from(ms).unwrap();
    let failed = scattered(nth, 1) < 17;
    let tail = 1 + scattered(nth, 2) / 900 * (1 + scattered(nth, 3) / 128);
    let first_token = (150 + 60 * (nth % 6)) * (512 + scattered(nth, 4)) / 768 * tail;
    // What a call on this computer waits is most of the time until its first token.
    let waited = (provider == "local").then_some(first_token * scattered(nth, 7) / 1_024);
    let output = 40 + scattered(nth, 5);
    let writing = output * (8 + scattered(nth, 6) / 64);
    costs::end(
        conn,
        number,
        &CallEnd {
            status: if failed {
                CallStatus::Failed
            } else {
                CallStatus::Answered
            },
            finish: None,
            error_kind: failed.then_some("overloaded"),
            input_tokens: 900,
            cached_tokens: 300,
            cache_written_tokens: 0,
            cache_written_hour_tokens: 0,
            output_tokens: u32::try_from(output).unwrap(),
            reasoning_tokens: 0,
            dropped_messages: 0,
            waited_ms: waited.map(millis),
            first_token_ms: (!failed).then_some(millis(first_token)),
            duration_ms: millis(first_token + writing),
            writing_ms: millis(writing),
            cost: Some(Money::from_pico(if provider == "local" {
                0
            } else {
                2_500_000_000
            })),
            price: None,
            measured: true,
        },
    )
}

/// Writing a call and judging the alerts after it beside nothing and beside a million, by turns.
fn writing(empty: &App, full: &App) -> Vec<Value> {
    for app in [empty, full] {
        app.set_budget(&BudgetInput {
            everywhere: true,
            period: Period::Month,
            limit: "1000000".into(),
            warn_percent: 80,
            stops: true,
        })
        .unwrap();
        for (kind, over) in [
            (AlertKind::Failures, "50"),
            (AlertKind::FirstToken, "60"),
            (AlertKind::Duration, "600"),
            (AlertKind::Spend, "1000"),
            (AlertKind::Record, ""),
        ] {
            app.add_alert(&AlertInput {
                kind,
                model: None,
                over: over.into(),
                minutes: 60,
                calls: 20,
            })
            .unwrap();
        }
    }
    let most = Some(Money::from_pico(5_000_000_000));
    let places = [(empty, workspace(empty)), (full, workspace(full))];
    let mut times = [Vec::new(), Vec::new()];
    for nth in 0..u64::try_from(WRITES).unwrap() {
        for ((app, of), times) in places.iter().zip(&mut times) {
            let start = Instant::now();
            app.store
                .write(|tx| Ok::<_, StoreError>(write(tx, *of, nth, now_ms(), most)?))
                .unwrap();
            app.judge_alerts().unwrap();
            times.push(milliseconds(start.elapsed()));
        }
    }
    let [empty, full] = times.map(median);
    let ratio = full / empty;
    let note = "median, by turns, five alerts and a budget that stops";
    vec![
        row(
            "write a call and judge alerts, empty",
            empty,
            "ms",
            None,
            None,
            note,
        ),
        row(
            "write a call and judge alerts, 1,000,000 calls",
            full,
            "ms",
            None,
            None,
            note,
        ),
        row(
            "write a call and judge alerts, against an empty database",
            ratio,
            "x",
            Some("<= 1.1 x"),
            Some(ratio <= 1.1),
            "medians",
        ),
    ]
}

/// Every chart of the screen.
const CHARTS: [(&str, MonitorChart); 6] = [
    ("calls", MonitorChart::Calls),
    ("times", MonitorChart::FirstToken),
    ("whole answers", MonitorChart::Duration),
    ("speeds", MonitorChart::Speed),
    ("waiting", MonitorChart::Waited),
    ("what failed", MonitorChart::Failures),
];

fn screen(app: &App) -> Vec<Value> {
    let today = TimeZone::system().to_datetime(Timestamp::now()).date();
    let query = |days: i64, pace| MonitorQuery {
        first: today.saturating_sub((days - 1).days()),
        last: today,
        pace,
        model: None,
    };
    // What a person waits for: the numbers, then the chart that the window asks for by itself.
    let opens = |name: &str, query: &MonitorQuery| {
        let took = share_95(|| {
            drop(app.live().unwrap());
            drop(app.alerts().unwrap());
            drop(app.monitor_overview(query).unwrap());
        });
        limited(
            name,
            took,
            150.0,
            "95th percentile, with alerts and what is under way",
        )
    };
    let (month, all) = (query(30, Pace::Day), query(730, Pace::Month));
    let (provider, model) = MODELS[0];
    let mut of_one = all.clone();
    of_one.model = Some(PricedModel {
        provider: provider.into(),
        model: model.into(),
    });
    let drawn = |name: &str, query: &MonitorQuery, of| {
        let draw = || {
            drop(
                app.monitor_chart(query, of, ChartTheme::Light, 1040)
                    .unwrap(),
            )
        };
        limited(
            name,
            share_95(draw),
            30.0,
            "95th percentile, as the window asks for it",
        )
    };
    let mut rows = vec![
        opens("Monitor opens, today by hours", &query(1, Pace::Hour)),
        opens("Monitor opens, 7 days", &query(7, Pace::Day)),
        opens("Monitor opens, 30 days", &month),
        opens("Monitor opens, two years", &all),
        opens("Monitor opens, two years of a model", &of_one),
        limited(
            "what is under way",
            share_95(|| drop(app.live().unwrap())),
            150.0,
            "95th percentile",
        ),
    ];
    for (time, query) in [
        ("30 days", &month),
        ("two years", &all),
        ("two years of a model", &of_one),
    ] {
        for (what, of) in CHARTS {
            rows.push(drawn(&format!("chart of {what}, {time}"), query, of));
        }
    }
    rows
}
