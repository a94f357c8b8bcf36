//! How Gatehouse stands: budgets, work, engines, the record, and this process.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::{Amount, Family, MetricsError, Point};
use crate::{
    app::App,
    costs::{
        budgets::{self, Standing},
        meters::{OTHER, local_name},
        name_of,
    },
    engine::{EngineSnapshot, EngineState},
    models::{self, Model},
    money::Money,
};

/// All figures of how it stands.
pub(super) fn families(app: &App, now_ms: i64) -> Result<Vec<Family>, MetricsError> {
    let budgets = app
        .store
        .read(|conn| budgets::all_standings(conn, now_ms, &TimeZone::system()))?;
    let mut families = of_budgets(&budgets);
    families.extend(of_work(app));
    families.extend(of_engines(app)?);
    families.extend(of_record(app)?);
    families.extend(of_this_process());
    Ok(families)
}

/// Those of all workspaces together in dollars; of the others only how full the fullest one is, as a
/// workspace is named by a person.
fn of_budgets(standings: &[Standing]) -> Vec<Family> {
    let amounts = |of: fn(&Standing) -> Money| {
        let whole = standings
            .iter()
            .filter(|standing| standing.budget.workspace.is_none());
        let point = |standing: &Standing| {
            let period = name_of(&standing.budget.period);
            Point::of(&[("period", &period)], Amount::Dollars(of(standing)))
        };
        whole.map(point).collect()
    };
    let mut fullest: BTreeMap<(&str, String), f64> = BTreeMap::new();
    for standing in standings {
        let scope = match standing.budget.workspace {
            None => "everywhere",
            Some(_) => "workspace",
        };
        let share = fullest
            .entry((scope, name_of(&standing.budget.period)))
            .or_default();
        *share = share.max(standing.share());
    }
    let used = |((scope, period), share): ((&str, String), f64)| {
        Point::of(
            &[("scope", scope), ("period", &period)],
            Amount::Real(share),
        )
    };
    vec![
        Family::gauge(
            "gatehouse_budget_limit_dollars",
            "What may be spent in all workspaces together.",
            amounts(|standing| standing.budget.limit),
        ),
        Family::gauge(
            "gatehouse_budget_spent_dollars",
            "What is spent of it.",
            amounts(|standing| standing.spending.spent),
        ),
        Family::gauge(
            "gatehouse_budget_reserved_dollars",
            "What is set aside of it for calls under way, and for calls without a known cost.",
            amounts(|standing| standing.spending.reserved),
        ),
        Family::gauge(
            "gatehouse_budget_used_ratio",
            "Share of the fullest budget that is spent or set aside; 1 is all of it.",
            fullest.into_iter().map(used).collect(),
        ),
    ]
}

fn of_work(app: &App) -> Vec<Family> {
    let working = app.gate.working();
    let points = [
        ("answer", working.answers),
        ("title", working.titles),
        ("client", working.clients),
    ];
    let point = |(kind, count): (&str, usize)| Point::of(&[("kind", kind)], counted(count));
    vec![Family::gauge(
        "gatehouse_requests_in_progress",
        "Requests that this process works on.",
        points.into_iter().map(point).collect(),
    )]
}

/// One loaded model.
struct Loaded {
    model: String,
    seats: usize,
    active: usize,
    process: u32,
}

fn of_engines(app: &App) -> Result<Vec<Family>, MetricsError> {
    let known = app.store.read(models::all)?;
    let engines = app.engines.snapshot();
    let loaded: Vec<Loaded> = engines
        .iter()
        .filter_map(|engine| loaded(&known, engine))
        .collect();
    let of = |amount: &dyn Fn(&Loaded) -> Amount| {
        let point = |engine: &Loaded| Point::of(&[("model", &engine.model)], amount(engine));
        loaded.iter().map(point).collect::<Vec<_>>()
    };
    let processes: Vec<u32> = loaded.iter().map(|engine| engine.process).collect();
    let memory = memory(&processes);
    Ok(vec![
        Family::gauge(
            "gatehouse_models_loaded",
            "Models that this process holds in memory.",
            vec![Point::alone(counted(loaded.len()))],
        ),
        Family::gauge(
            "gatehouse_model_memory_bytes",
            "Memory of the process of a loaded model.",
            of(&|engine| Amount::Count(memory.get(&engine.process).copied().unwrap_or(0))),
        ),
        Family::gauge(
            "gatehouse_model_requests",
            "Requests that a loaded model works on or has waiting.",
            of(&|engine| counted(engine.active)),
        ),
        Family::gauge(
            "gatehouse_model_requests_waiting",
            "Requests that wait for a loaded model.",
            of(&|engine| counted(engine.active.saturating_sub(engine.seats))),
        ),
    ])
}

/// A model that is loaded; `None`: it is not, or not yet.
fn loaded(known: &[Model], engine: &EngineSnapshot) -> Option<Loaded> {
    let EngineState::Ready(ready) = &engine.state else {
        return None;
    };
    let model = known.iter().find(|model| model.id == engine.model);
    Some(Loaded {
        model: model.map_or(OTHER.to_owned(), |model| local_name(&model.version())),
        seats: usize::try_from(ready.sequences).unwrap_or(usize::MAX),
        active: engine.active,
        process: engine.process,
    })
}

fn of_record(app: &App) -> Result<Vec<Family>, MetricsError> {
    let record = app.record.status()?;
    let stands = record.failure.is_some_and(|failure| failure.stands);
    let verified = record
        .verified
        .map(|verified| Point::alone(Amount::Millis(u64::try_from(verified.time_ms).unwrap_or(0))));
    Ok(vec![
        Family::gauge(
            "gatehouse_record_entries",
            "Entries of the record.",
            vec![Point::alone(Amount::Count(
                u64::try_from(record.count).unwrap_or(0),
            ))],
        ),
        Family::gauge(
            "gatehouse_record_verification_failed",
            "1 where the record did not verify, until a complete verification finds it whole.",
            vec![Point::alone(Amount::Count(u64::from(stands)))],
        ),
        Family::gauge(
            "gatehouse_record_verified_timestamp_seconds",
            "When a complete verification last found the record whole, since 1970; absent: never.",
            verified.into_iter().collect(),
        ),
    ])
}

fn of_this_process() -> Vec<Family> {
    let this = std::process::id();
    let memory = memory(&[this]).get(&this).copied().unwrap_or(0);
    vec![
        Family::gauge(
            "process_resident_memory_bytes",
            "Memory of this process, without the engines.",
            vec![Point::alone(Amount::Count(memory))],
        ),
        Family::gauge(
            "gatehouse_info",
            "Which Gatehouse this is.",
            vec![Point::of(
                &[("version", env!("CARGO_PKG_VERSION"))],
                Amount::Count(1),
            )],
        ),
    ]
}

/// Bytes of memory of these processes; those that the system does not tell of are left out.
fn memory(processes: &[u32]) -> BTreeMap<u32, u64> {
    let Ok(mut system) = System::new() else {
        return BTreeMap::new();
    };
    let wanted: Vec<Pid> = processes.iter().copied().map(Pid::from_u32).collect();
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&wanted),
        true,
        ProcessRefreshKind::nothing().with_memory(),
    );
    let bytes = |&pid: &u32| Some((pid, system.process(Pid::from_u32(pid))?.memory()));
    processes.iter().filter_map(bytes).collect()
}

fn counted(count: usize) -> Amount {
    Amount::Count(u64::try_from(count).unwrap_or(u64::MAX))
}
