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

/// A model that is in memory, or on its way there.
struct Engine {
    model: String,
    is_loaded: bool,
    requests: usize,
    waiting: u32,
    process: u32,
}

fn of_engines(app: &App) -> Result<Vec<Family>, MetricsError> {
    let known = app.store.read(models::all)?;
    Ok(of_snapshots(&known, &app.engines.snapshot()))
}

fn of_snapshots(known: &[Model], engines: &[EngineSnapshot]) -> Vec<Family> {
    let engines: Vec<Engine> = engines
        .iter()
        .filter_map(|engine| engine_of(known, engine))
        .collect();
    let loaded: Vec<&Engine> = engines.iter().filter(|engine| engine.is_loaded).collect();
    let point = |engine: &Engine, amount| Point::of(&[("model", &engine.model)], amount);
    let of_all = |amount: fn(&Engine) -> Amount| {
        let points = engines.iter().map(|engine| point(engine, amount(engine)));
        points.collect::<Vec<_>>()
    };
    let processes: Vec<u32> = loaded.iter().map(|engine| engine.process).collect();
    let memory = memory(&processes);
    let bytes = |engine: &&Engine| memory.get(&engine.process).copied().unwrap_or(0);
    let of_loaded = loaded
        .iter()
        .map(|engine| point(engine, Amount::Count(bytes(engine))));
    vec![
        Family::gauge(
            "gatehouse_models_loaded",
            "Models that this process holds in memory.",
            vec![Point::alone(counted(loaded.len()))],
        ),
        Family::gauge(
            "gatehouse_model_memory_bytes",
            "Memory of the process of a loaded model.",
            of_loaded.collect(),
        ),
        Family::gauge(
            "gatehouse_model_requests",
            "Requests that a model works on or has waiting.",
            of_all(|engine| counted(engine.requests)),
        ),
        Family::gauge(
            "gatehouse_model_requests_waiting",
            "Requests that wait for their turn with a model, or until it is loaded.",
            of_all(|engine| Amount::Count(engine.waiting.into())),
        ),
    ]
}

/// A model that is loaded or is being loaded; `None`: that did not succeed.
fn engine_of(known: &[Model], engine: &EngineSnapshot) -> Option<Engine> {
    let is_loaded = match &engine.state {
        EngineState::Ready(_) => true,
        EngineState::Loading(_) => false,
        EngineState::Failed(_) => return None,
    };
    let model = known.iter().find(|model| model.id == engine.model);
    Some(Engine {
        model: model.map_or(OTHER.to_owned(), |model| local_name(&model.version())),
        is_loaded,
        requests: engine.active,
        waiting: engine.shares().1,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ModelId;

    /// The one point of a figure, if it has one.
    fn of(families: &[Family], name: &str) -> Option<String> {
        let family = families.iter().find(|family| family.name == name)?;
        assert!(family.points.len() < 2, "{family:?}");
        match &family.points.first()?.reading {
            super::super::Reading::One(amount) => Some(amount.to_string()),
            super::super::Reading::Many(_) => None,
        }
    }

    fn engine(state: EngineState) -> Vec<Family> {
        let engine = EngineSnapshot {
            model: ModelId::new(),
            state,
            active: 3,
            process: std::process::id(),
        };
        of_snapshots(&[], &[engine])
    }

    #[test]
    fn requests_for_a_model_that_still_loads_are_waiting_ones() {
        let loading = engine(EngineState::Loading(0.4));
        let figure = |name| of(&loading, name);
        assert_eq!(figure("gatehouse_model_requests").as_deref(), Some("3"));
        assert_eq!(
            figure("gatehouse_model_requests_waiting").as_deref(),
            Some("3")
        );
        assert_eq!(figure("gatehouse_models_loaded").as_deref(), Some("0"));
        assert_eq!(figure("gatehouse_model_memory_bytes"), None);
    }
}
