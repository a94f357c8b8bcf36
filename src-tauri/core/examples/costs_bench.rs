//! What the Costs screen costs with a million calls of two years behind it, and what writing one more does.
//!
//! `costs_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a release
//! build. `costs_bench --fill FOLDER` fills a data folder with a year of one person's use, to look at the
//! screen with it.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

mod support;

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::{
    app::App,
    charts::ChartTheme,
    chat,
    clients::{self, ClientBudget, NewClient},
    costs::{
        self, CallEnd, CallStart, CallStatus, Purpose, Route,
        budgets::{self, BudgetInput, BudgetView, Period},
        reports::{By, CallFilter, Query},
    },
    ids::{ClientId, ConversationId, WorkspaceId},
    metrics,
    money::Money,
    now_ms,
    record::{Action, Event},
    store::StoreError,
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rusqlite::OptionalExtension;
use serde_json::{Value, json};
use support::{MODELS, limited, median, milliseconds, row, share_95};

const CALLS: i64 = 1_000_000;
const DAYS: i64 = 730;
const DAY_MS: i64 = 86_400_000;
const AT_ONCE: i64 = 50_000;
const CALLS_OF_A_CHAT: i64 = 20;
const WRITES: usize = 400;

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
    full.add_up_months().unwrap();
    until_looked_up(&full);
    let mut rows = writing(&empty, &full);
    rows.extend(writing_with_entries(&empty, &full));
    rows.extend(writing_within_budgets(&empty, &full));
    rows.extend(screen(&full));
    rows.push(scrape(&full));
    std::fs::write(path, json!({ "name": "costs", "rows": rows }).to_string()).unwrap();
}

/// A Gatehouse with three workspaces, and a client with a budget.
fn open(folder: &Path) -> App {
    let app = support::open(folder);
    for name in ["A client", "Another client"] {
        app.save_workspace(WorkspaceId::new(), name).unwrap();
    }
    let budget = ClientBudget {
        period: Period::Month,
        limit: Money::from_pico(1_000_000_000_000_000_000),
    };
    let client = NewClient {
        name: "A program".into(),
        workspace_id: None,
        days: None,
        budget: Some(budget),
        keeps_sent: false,
        only_metrics: false,
    };
    app.add_client(&client).unwrap();
    app
}

/// Whose calls are written.
struct Place<'a> {
    app: &'a App,
    /// The workspace that every database has, and two more.
    workspaces: Vec<WorkspaceId>,
    client: ClientId,
}

impl<'a> Place<'a> {
    fn of(app: &'a App) -> Self {
        let found = app.store.read(|conn| {
            let all = gatehouse_core::workspaces::all(conn)?;
            let workspaces = all.into_iter().map(|workspace| workspace.id).collect();
            Ok::<_, StoreError>((workspaces, clients::all(conn)?[0].id))
        });
        let (workspaces, client) = found.unwrap();
        Self {
            app,
            workspaces,
            client,
        }
    }
}

fn fill(app: &App) {
    let place = Place::of(app);
    let began = now_ms() - DAYS * DAY_MS;
    for from in (0..CALLS).step_by(usize::try_from(AT_ONCE).unwrap()) {
        app.store
            .write(|tx| {
                for nth in from..from + AT_ONCE {
                    let at_ms = began + nth * (DAYS * DAY_MS / CALLS);
                    write_with_entries(tx, &place, nth, at_ms)?;
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

/// Wait until the record has taken in what its entries are found by, which it does on a thread of its own and, of
/// two million entries at once, for a minute.
fn until_looked_up(app: &App) {
    let behind = "SELECT (SELECT max(sequence) FROM audit_entries)
                         - ifnull((SELECT max(sequence) FROM audit_lookup), 0)";
    let read = |conn: &rusqlite::Connection| {
        let left: i64 = conn.query_row(behind, [], |row| row.get(0))?;
        Ok::<_, StoreError>(left)
    };
    while app.store.read(read).unwrap() > 0 {
        thread::sleep(Duration::from_millis(100));
    }
}

/// A year of one person: more on working days, and not each day as many.
fn a_year(app: &App) {
    let place = Place::of(app);
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
                write(tx, &place, nth, at_ms)?;
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

/// The row of a call, and then its end.
fn write(
    conn: &rusqlite::Connection,
    place: &Place<'_>,
    nth: i64,
    at_ms: i64,
) -> rusqlite::Result<()> {
    let number = begin(conn, place, nth, at_ms)?;
    end(conn, number, nth)
}

/// The same with the two entries of the record that the gate writes with them.
fn write_with_entries(
    conn: &rusqlite::Connection,
    place: &Place<'_>,
    nth: i64,
    at_ms: i64,
) -> rusqlite::Result<()> {
    let number = begin(conn, place, nth, at_ms)?;
    let (provider, model) = model_of(nth);
    let note = |action| {
        let event = Event::new(action)
            .fact("call", number)
            .fact("provider", provider)
            .fact("model", model);
        place.app.record.append(conn, event, at_ms)
    };
    note(Action::CallBegan)?;
    end(conn, number, nth)?;
    note(Action::CallEnded)?;
    Ok(())
}

/// Which model a call is made with.
fn model_of(nth: i64) -> (&'static str, &'static str) {
    MODELS[usize::try_from(nth).unwrap() % MODELS.len()]
}

fn begin(
    conn: &rusqlite::Connection,
    place: &Place<'_>,
    nth: i64,
    at_ms: i64,
) -> rusqlite::Result<i64> {
    let (provider, model) = model_of(nth);
    let workspaces = &place.workspaces;
    let workspace = workspaces[usize::try_from(nth / 7).unwrap() % workspaces.len()];
    let is_title = nth % 5 == 0;
    costs::begin(
        conn,
        &CallStart {
            started_at_ms: at_ms,
            workspace,
            conversation: Some(chat_of(conn, workspace, nth, at_ms)?),
            message: None,
            client: (nth % 11 == 0).then_some(place.client),
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
    )
}

fn end(conn: &rusqlite::Connection, number: i64, nth: i64) -> rusqlite::Result<()> {
    let (provider, _) = model_of(nth);
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
            // In no order, from 0.2 to 3 seconds.
            first_token_ms: Some(200 + nth * 7_919 % 2_800),
            duration_ms: 4200,
            writing_ms: 1200,
            cost: (!is_unknown).then_some(if is_local { Money::ZERO } else { cost }),
            price: None,
            measured: true,
        },
    )
}

/// Writing a call beside nothing and beside a million, by turns, each in a transaction of its own.
fn writing(empty: &App, full: &App) -> Vec<Value> {
    by_turns(empty, full, "write a call", |tx, place, nth| {
        write(tx, place, nth, now_ms())
    })
}

/// The same with its entries, beside a record of none and one of all those calls.
fn writing_with_entries(empty: &App, full: &App) -> Vec<Value> {
    let name = "write a call and its entries";
    by_turns(empty, full, name, |tx, place, nth| {
        write_with_entries(tx, place, nth, now_ms())
    })
}

/// The same with budgets that stop: what the call can cost is set aside before it is made.
fn writing_within_budgets(empty: &App, full: &App) -> Vec<Value> {
    for app in [empty, full] {
        for period in [Period::Day, Period::Week, Period::Month] {
            set_budget(app, period, true);
        }
    }
    let name = "write a call within three budgets";
    let rows = by_turns(empty, full, name, |tx, place, nth| {
        let number = begin(tx, place, nth, now_ms())?;
        let most = Some(Money::from_pico(20_000_000_000));
        budgets::reserve(tx, number, most, &TimeZone::system()).unwrap();
        end(tx, number, nth)
    });
    for app in [empty, full] {
        for period in [Period::Day, Period::Week, Period::Month] {
            app.remove_budget(true, period).unwrap();
        }
    }
    rows
}

fn by_turns(
    empty: &App,
    full: &App,
    name: &str,
    work: impl Fn(&rusqlite::Connection, &Place<'_>, i64) -> rusqlite::Result<()>,
) -> Vec<Value> {
    let places = [Place::of(empty), Place::of(full)];
    let mut times = [Vec::new(), Vec::new()];
    for nth in 0..i64::try_from(WRITES).unwrap() {
        for (place, times) in places.iter().zip(&mut times) {
            let start = Instant::now();
            let store = &place.app.store;
            let written = store.write(|tx| Ok::<_, StoreError>(work(tx, place, nth)?));
            written.unwrap();
            times.push(milliseconds(start.elapsed()));
        }
    }
    let [empty, full] = times.map(median);
    let ratio = full / empty;
    let took = |beside: &str, value| row(&format!("{name}, {beside}"), value, "ms", None, None, "");
    vec![
        took("empty database", empty),
        took("1,000,000 calls", full),
        row(
            &format!("{name}, against an empty database"),
            ratio,
            "x",
            Some("<= 1.1 x"),
            Some(ratio <= 1.1),
            "medians, by turns",
        ),
    ]
}

/// What a person waits for, by the methods that the window calls.
fn screen(app: &App) -> Vec<Value> {
    set_budget(app, Period::Month, false);
    let today = TimeZone::system().to_datetime(Timestamp::now()).date();
    let month = query(today.saturating_sub(29.days()), today, Period::Day);
    let all = query(today.saturating_sub(729.days()), today, Period::Month);
    let mut of_one = all.clone();
    of_one.filter.workspace = Place::of(app).workspaces.first().copied();
    let opens = |name: &str, query: &Query| {
        let took = share_95(|| {
            drop(app.cost_overview(query).unwrap());
            drop(budget_views(app));
            drop(
                app.store
                    .read(|conn| clients::standings(conn, now_ms()))
                    .unwrap(),
            );
            drop(app.cost_first_tokens(query).unwrap());
        });
        let note = "95th percentile, with budgets, those of clients, and first tokens";
        limited(name, took, 150.0, note)
    };
    let as_called = "95th percentile, as the window asks for it";
    let drawn = |name: &str, query: &Query| {
        let draw = || drop(app.cost_chart(query, ChartTheme::Light, 1040).unwrap());
        limited(name, share_95(draw), 30.0, as_called)
    };
    let course = || {
        let drawn = app.cost_forecast_chart(&month, ChartTheme::Light, 1040);
        drop(drawn.unwrap().unwrap());
    };
    let times =
        |name: &str, work: &dyn Fn(), note: &str| row(name, share_95(work), "ms", None, None, note);
    let calls = || drop(app.cost_calls(&month, None, 50).unwrap());
    let chats = || drop(app.cost_lines(&month, By::Conversation).unwrap());
    let advice = || drop(app.cost_advice(&month).unwrap());
    let from_calls = "95th percentile, read from the calls beside the rest";
    vec![
        opens("Costs opens, 30 days", &month),
        opens("Costs opens, two years", &all),
        opens("Costs opens, two years of a workspace", &of_one),
        limited(
            "chart of where the month ends",
            share_95(course),
            30.0,
            as_called,
        ),
        drawn("chart of 30 days", &month),
        drawn("chart of two years", &all),
        times("first page of calls, 30 days", &calls, "95th percentile"),
        times("by chat, 30 days", &chats, from_calls),
        times("advice, 30 days", &advice, from_calls),
    ]
}

fn set_budget(app: &App, period: Period, stops: bool) {
    let budget = BudgetInput {
        everywhere: true,
        period,
        limit: "1000000".into(),
        warn_percent: 80,
        stops,
    };
    app.set_budget(&budget).unwrap();
}

fn budget_views(app: &App) -> Vec<BudgetView> {
    let views = app.store.read(|conn| {
        let workspace = gatehouse_core::workspaces::current(conn, now_ms())?;
        budgets::views(conn, workspace, now_ms())
    });
    views.unwrap()
}

/// What Prometheus waits for, with a budget for the month.
fn scrape(app: &App) -> Value {
    let scrape = || drop(metrics::text(&app.metrics(now_ms()).unwrap()));
    let note = "95th percentile, with a budget";
    limited("metrics are read", share_95(scrape), 100.0, note)
}

fn query(first: Date, last: Date, step: Period) -> Query {
    Query {
        first,
        last,
        step,
        filter: CallFilter::default(),
    }
}
