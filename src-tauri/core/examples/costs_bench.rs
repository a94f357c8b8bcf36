//! What the Costs screen costs with a million calls of two years behind it, and what writing one more does.
//!
//! `costs_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a release
//! build. `costs_bench --fill FOLDER` fills a data folder with a year of one person's use, to look at the
//! screen with it.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use gatehouse_core::{
    app::{App, Surroundings},
    charts::ChartTheme,
    chat,
    costs::{
        self, CallEnd, CallStart, CallStatus, Purpose, Route,
        budgets::{BudgetInput, Period},
        reports::{By, CallFilter, Query},
    },
    ids::{ConversationId, WorkspaceId},
    metrics,
    money::Money,
    now_ms,
    record::Actor,
    review::{course_of_month, spend},
    secrets::{self, KeyHome},
    store::{DataFolder, StoreError},
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rusqlite::OptionalExtension;
use serde_json::{Value, json};

const CALLS: i64 = 1_000_000;
const DAYS: i64 = 730;
const DAY_MS: i64 = 86_400_000;
const AT_ONCE: i64 = 50_000;
const CALLS_OF_A_CHAT: i64 = 20;
const ROUNDS: usize = 60;
const WRITES: usize = 400;
const MODELS: [(&str, &str); 6] = [
    ("local", "SmolLM2 135M"),
    ("openai", "gpt-5"),
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-sonnet-4-5"),
    ("google", "gemini-2.5-pro"),
    ("mistral", "mistral-large-latest"),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "--json", path] => measure(Path::new(path)),
        [_, "--fill", folder] => a_year(&open(Path::new(folder))),
        _ => {
            eprintln!("usage: costs_bench --json PATH | --fill FOLDER");
            std::process::exit(2);
        }
    }
}

fn measure(path: &Path) {
    let (empty_folder, full_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (empty, full) = (open(empty_folder.path()), open(full_folder.path()));
    fill(&full);
    let mut rows = writing(&empty, &full);
    rows.extend(screen(&full));
    rows.push(scrape(&full));
    std::fs::write(path, json!({ "name": "costs", "rows": rows }).to_string()).unwrap();
}

fn open(folder: &Path) -> App {
    let folder = DataFolder::resolve(Some(folder)).unwrap();
    secrets::database_key(&folder, KeyHome::File).unwrap();
    let around = Surroundings {
        actor: Actor::CommandLine,
        engine_program: PathBuf::new(),
        resources: None,
        on_engine_change: Box::new(|| ()),
    };
    let app = App::open(&folder, around).unwrap();
    for name in ["A client", "Another client"] {
        app.save_workspace(WorkspaceId::new(), name).unwrap();
    }
    app
}

/// Its workspaces: the one that every database has, and two more.
fn workspaces_of(app: &App) -> Vec<WorkspaceId> {
    let all = app
        .store
        .read(|conn| Ok::<_, StoreError>(gatehouse_core::workspaces::all(conn)?))
        .unwrap();
    all.into_iter().map(|workspace| workspace.id).collect()
}

fn fill(app: &App) {
    let workspaces = workspaces_of(app);
    let began = now_ms() - DAYS * DAY_MS;
    for from in (0..CALLS).step_by(usize::try_from(AT_ONCE).unwrap()) {
        app.store
            .write(|tx| {
                for nth in from..from + AT_ONCE {
                    let at_ms = began + nth * (DAYS * DAY_MS / CALLS);
                    write(tx, &workspaces, nth, at_ms)?;
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

/// A year of one person: more on working days, and not each day as many.
fn a_year(app: &App) {
    let workspaces = workspaces_of(app);
    let today = now_ms() / DAY_MS;
    let written = app.store.write(|tx| {
        let mut nth = 0;
        for day in today - 365..=today {
            // The first of January 1970 was a Thursday.
            let is_weekend = (day + 3) % 7 >= 5;
            let calls = if is_weekend { 2 } else { 14 + day * 7 % 23 };
            for at in 0..calls {
                let at_ms = (day * DAY_MS + 8 * 3_600_000 + at * 900_000).min(now_ms());
                // Some of the models more often than others.
                nth += 1 + day * at % 5;
                write(tx, &workspaces, nth, at_ms)?;
            }
        }
        Ok::<_, StoreError>(())
    });
    written.unwrap();
}

/// The chat that a call belongs to: each has some calls in a row.
fn chat_of(
    conn: &rusqlite::Connection,
    workspace: WorkspaceId,
    nth: i64,
    at_ms: i64,
) -> rusqlite::Result<ConversationId> {
    let newest = conn
        .prepare_cached("SELECT id FROM conversations ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    match newest {
        Some(newest) if nth % CALLS_OF_A_CHAT > 0 => Ok(newest),
        _ => {
            let id = ConversationId::new();
            chat::create(conn, id, workspace, &chat::Options::default(), at_ms)
                .map(|_| id)
                .map_err(|_| rusqlite::Error::InvalidQuery)
        }
    }
}

/// A call as the gate writes it: its row, and then its end.
fn write(
    conn: &rusqlite::Connection,
    workspaces: &[WorkspaceId],
    nth: i64,
    at_ms: i64,
) -> rusqlite::Result<()> {
    let at = |most: usize, by: i64| usize::try_from(nth / by).unwrap() % most;
    let (provider, model) = MODELS[at(MODELS.len(), 1)];
    let workspace = workspaces[at(workspaces.len(), 7)];
    let is_title = nth % 5 == 0;
    let number = costs::begin(
        conn,
        &CallStart {
            started_at_ms: at_ms,
            workspace,
            conversation: Some(chat_of(conn, workspace, nth, at_ms)?),
            message: None,
            client: None,
            purpose: if is_title {
                Purpose::Title
            } else {
                Purpose::Chat
            },
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
    let tokens = u32::try_from(nth % 9_000).unwrap() + 200;
    let is_unknown = nth % 997 == 0 && provider != "local";
    let cost = Money::from_pico(i128::from(tokens) * 1_250_000);
    let is_local = provider == "local";
    costs::end(
        conn,
        number,
        &CallEnd {
            status: if nth % 61 == 0 {
                CallStatus::Failed
            } else {
                CallStatus::Answered
            },
            finish: None,
            error_kind: None,
            input_tokens: tokens,
            cached_tokens: tokens / 3,
            cache_written_tokens: 0,
            cache_written_hour_tokens: 0,
            output_tokens: tokens / 8,
            reasoning_tokens: 0,
            dropped_messages: 0,
            waited_ms: None,
            first_token_ms: Some(300),
            duration_ms: 1500,
            writing_ms: 1200,
            cost: (!is_unknown).then_some(if is_local { Money::ZERO } else { cost }),
            price: None,
            measured: true,
        },
    )
}

/// Writing a call beside nothing and beside a million, by turns, each in a transaction of its own.
fn writing(empty: &App, full: &App) -> Vec<Value> {
    let places = [(empty, workspaces_of(empty)), (full, workspaces_of(full))];
    let mut times = [Vec::new(), Vec::new()];
    for nth in 0..i64::try_from(WRITES).unwrap() {
        for ((app, workspaces), times) in places.iter().zip(&mut times) {
            let start = Instant::now();
            app.store
                .write(|tx| Ok::<_, StoreError>(write(tx, workspaces, nth, now_ms())?))
                .unwrap();
            times.push(start.elapsed());
        }
    }
    let [empty, full] = times.map(|times| share(times, 50));
    let ratio = full.as_secs_f64() / empty.as_secs_f64();
    vec![
        row("write a call, empty database", empty, None, ""),
        row("write a call, 1,000,000 calls", full, None, ""),
        json!({
            "measure": "write a call, against an empty database",
            "value": ratio,
            "unit": "x",
            "goal": "<= 1.1 x",
            "met": ratio <= 1.1,
            "note": "medians, by turns",
        }),
    ]
}

fn screen(app: &App) -> Vec<Value> {
    let today = TimeZone::system().to_datetime(Timestamp::now()).date();
    let month = query(today.saturating_sub(29.days()), today, Period::Day);
    let all = query(today.saturating_sub(729.days()), today, Period::Month);
    let drawn = |query: &Query| {
        let overview = app.cost_overview(query).unwrap();
        let draw = || spend(&overview, query.step, ChartTheme::Light, 1040).unwrap();
        share(timed(|| drop(draw())), 95)
    };
    let course = {
        let overview = app.cost_overview(&month).unwrap();
        let draw = || course_of_month(&overview, ChartTheme::Light, 1040).unwrap();
        share(timed(|| drop(draw().unwrap())), 95)
    };
    let times = |work: &dyn Fn()| share(timed(work), 95);
    let limit = |ms: u64| Some(Duration::from_millis(ms));
    vec![
        row(
            "Costs opens, 30 days",
            times(&|| drop(app.cost_overview(&month).unwrap())),
            limit(150),
            "95th percentile",
        ),
        row(
            "Costs opens, two years",
            times(&|| drop(app.cost_overview(&all).unwrap())),
            limit(150),
            "95th percentile",
        ),
        row(
            "chart of where the month ends",
            course,
            limit(30),
            "95th percentile",
        ),
        row(
            "chart of 30 days",
            drawn(&month),
            limit(30),
            "95th percentile",
        ),
        row(
            "chart of two years",
            drawn(&all),
            limit(30),
            "95th percentile",
        ),
        row(
            "first page of calls, 30 days",
            times(&|| drop(app.cost_calls(&month, None, 50).unwrap())),
            None,
            "95th percentile",
        ),
        row(
            "by chat, 30 days",
            times(&|| drop(app.cost_lines(&month, By::Conversation).unwrap())),
            None,
            "95th percentile, read from the calls",
        ),
        row(
            "first tokens, 30 days",
            times(&|| drop(app.cost_first_tokens(&month).unwrap())),
            None,
            "95th percentile, read from the calls beside the rest",
        ),
        row(
            "advice, 30 days",
            times(&|| drop(app.cost_advice(&month).unwrap())),
            None,
            "95th percentile, read from the calls beside the rest",
        ),
    ]
}

/// What Prometheus waits for, with a budget whose month is added up.
fn scrape(app: &App) -> Value {
    let budget = BudgetInput {
        everywhere: true,
        period: Period::Month,
        limit: "1000".into(),
        warn_percent: 80,
        stops: false,
    };
    app.set_budget(&budget).unwrap();
    let scrape = || drop(metrics::text(&app.metrics(now_ms()).unwrap()));
    row(
        "metrics are read",
        share(timed(scrape), 95),
        Some(Duration::from_millis(100)),
        "95th percentile, with a budget",
    )
}

fn query(first: Date, last: Date, step: Period) -> Query {
    Query {
        first,
        last,
        step,
        filter: CallFilter::default(),
    }
}

fn timed(work: impl Fn()) -> Vec<Duration> {
    work();
    (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect()
}

/// The time that so many of a hundred are within.
fn share(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

fn row(measure: &str, took: Duration, limit: Option<Duration>, note: &str) -> Value {
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    json!({
        "measure": measure,
        "value": ms(took),
        "unit": "ms",
        "goal": limit.map(|limit| format!("<= {} ms", ms(limit))),
        "met": limit.map(|limit| took <= limit),
        "note": note,
    })
}
