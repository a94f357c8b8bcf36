//! How calls went in some days: along the time, by model, and what failed.
//!
//! Percentiles are those of the calls themselves as long as there are not too many to read at once; of
//! more, they are read from the counts by class that the database keeps, which are right to within a
//! tenth. The overview says which.

use std::{collections::BTreeMap, slice};

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{
    MonitorError,
    drift::{BEFORE_DAYS, Drift, RECENT_DAYS, drift},
    tally::{Health, Tally},
};
use crate::costs::{
    budgets::Period,
    days,
    reports::{PricedModel, Span, date_of, day_of, step_at, steps_of},
    times::{self, Measure},
};

/// So many calls are read one by one; of more, the counts are.
const EXACT: u64 = 10_000;

/// So many calls of one day are read one by one, to tell its hours apart.
const EXACT_OF_A_DAY: u64 = 50_000;

/// How long a step along the time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// An hour of one day.
    Hour,
    /// A day.
    Day,
    /// From Monday on.
    Week,
    /// A month of the calendar.
    Month,
}

/// Which calls, and how they are told apart along the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MonitorQuery {
    /// The first day, by the person's own clock.
    #[specta(type = String)]
    pub first: Date,
    /// The last day.
    #[specta(type = String)]
    pub last: Date,
    /// How long a step is. Hours are those of the last day alone.
    pub pace: Pace,
    /// Of this model; `None`: of all.
    pub model: Option<PricedModel>,
}

/// How calls went in some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MonitorOverview {
    /// How long a step is: days in place of hours where there are too many calls.
    pub pace: Pace,
    /// The day of the first call ever; `None`: there is none.
    #[specta(type = Option<String>)]
    pub since: Option<Date>,
    /// Whether percentiles are those of the calls themselves; otherwise they are right to within a
    /// tenth.
    pub exact: bool,
    /// All calls together.
    pub total: Health,
    /// Along the time; those without a call are there, too.
    pub steps: Vec<MonitorStep>,
    /// By model, the most asked first.
    pub models: Vec<ModelHealth>,
    /// What failed, the most frequent first.
    pub failures: Vec<FailureKind>,
    /// Models that do not do as they did, whatever days are looked at.
    pub drift: Vec<Drift>,
}

/// A step along the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MonitorStep {
    /// When it begins, by the person's own clock.
    #[specta(type = String)]
    pub begins: DateTime,
    /// Its last day.
    #[specta(type = String)]
    pub last: Date,
    /// How calls went in it.
    pub health: Health,
    /// What failed in it, by the names of the kinds.
    pub failures: Vec<FailureKind>,
}

/// How the calls of a model went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelHealth {
    /// Which.
    #[serde(flatten)]
    pub of: PricedModel,
    /// How they went.
    pub health: Health,
}

/// Calls that failed in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FailureKind {
    /// In which, by the name that the record has for it.
    pub kind: String,
    /// How many.
    #[specta(type = Number)]
    pub calls: u64,
}

/// How the calls of some days went.
///
/// # Errors
/// [`MonitorError`] when the days are none or the database fails.
pub(super) fn overview(
    conn: &Connection,
    query: &MonitorQuery,
    now_ms: i64,
    zone: &TimeZone,
) -> Result<MonitorOverview, MonitorError> {
    let model = query.model.as_ref();
    let Asked { span, pace, exact } = asked(conn, query)?;
    let steps = Steps::of(span, pace);
    let counted = if exact {
        one_by_one(conn, span, model, steps, zone)?
    } else {
        by_class(conn, (span, pace), model, steps, &Measure::ALL)?
    };
    let failures = times::failures(conn, span, model)?;
    Ok(MonitorOverview {
        pace,
        since: days::first_day(conn)?.map(date_of),
        exact,
        total: counted.total.figures(),
        steps: with_failures(conn, counted.steps(), (span, pace), model, zone)?,
        models: counted.models(),
        failures: failures
            .into_iter()
            .map(|(kind, calls)| FailureKind { kind, calls })
            .collect(),
        drift: drifts(conn, day_of(now_ms, zone), model)?,
    })
}

/// How calls went along the time: only what a chart of one measure needs, and so sooner read than an
/// overview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AlongTime {
    pub(super) pace: Pace,
    pub(super) total: Health,
    pub(super) steps: Vec<MonitorStep>,
}

/// How the calls of some days went along the time. Of the measures, only the one that is asked for is right;
/// `None`: what failed is asked for, which is not told otherwise, and nothing else is right.
///
/// # Errors
/// [`MonitorError`] when the days are none or the database fails.
pub(super) fn along_time(
    conn: &Connection,
    query: &MonitorQuery,
    measure: Option<Measure>,
    zone: &TimeZone,
) -> Result<AlongTime, MonitorError> {
    let model = query.model.as_ref();
    let Asked { span, pace, exact } = asked(conn, query)?;
    let steps = Steps::of(span, pace);
    let counted = match &measure {
        None => Counting::new(exact, steps),
        Some(_) if exact => one_by_one(conn, span, model, steps, zone)?,
        Some(measure) => by_class(conn, (span, pace), model, steps, slice::from_ref(measure))?,
    };
    let steps = match measure {
        None => with_failures(conn, counted.steps(), (span, pace), model, zone)?,
        Some(_) => counted.steps(),
    };
    Ok(AlongTime {
        pace,
        total: counted.total.figures(),
        steps,
    })
}

/// What is really read of what was asked.
struct Asked {
    span: Span,
    pace: Pace,
    /// Whether each call is read.
    exact: bool,
}

fn asked(conn: &Connection, query: &MonitorQuery) -> Result<Asked, MonitorError> {
    let mut span = Span::of(query.first, query.last)?;
    if query.pace == Pace::Hour {
        span.first = span.last;
    }
    let calls = times::how_many(conn, span, query.model.as_ref())?;
    let pace = match query.pace {
        Pace::Hour if calls > EXACT_OF_A_DAY => Pace::Day,
        pace => pace,
    };
    let exact = pace == Pace::Hour || calls <= EXACT;
    Ok(Asked { span, pace, exact })
}

/// The calls of some days, each of them read.
fn one_by_one(
    conn: &Connection,
    span: Span,
    model: Option<&PricedModel>,
    steps: Steps,
    zone: &TimeZone,
) -> rusqlite::Result<Counting> {
    let mut counted = Counting::new(true, steps);
    times::each_call(conn, span, model, |call| counted.add(zone, &call))?;
    Ok(counted)
}

/// The calls of some days, from the counts that the database keeps of these measures.
fn by_class(
    conn: &Connection,
    (span, pace): (Span, Pace),
    model: Option<&PricedModel>,
    steps: Steps,
    measures: &[Measure],
) -> rusqlite::Result<Counting> {
    let mut counted = Counting::new(false, steps);
    times::each_day(conn, span, model, |day| {
        counted.each(day.day, day.provider, day.model, &|tally| {
            tally.add_day(&day);
        });
    })?;
    let add = |class: times::Counted<'_>| {
        counted.each(class.day, class.provider, class.model, &|tally| {
            tally.add_class(&class);
        });
    };
    if pace == Pace::Month {
        times::each_counted_by_month(conn, span, model, measures, add)?;
    } else {
        times::each_counted(conn, span, model, measures, add)?;
    }
    Ok(counted)
}

/// The steps of some days.
enum Steps {
    /// The hours of a day.
    Hours(i32),
    /// Days in a row, one step each.
    Days(Vec<Span>),
}

impl Steps {
    fn of(span: Span, pace: Pace) -> Self {
        Self::Days(match pace {
            Pace::Hour => return Self::Hours(span.last),
            Pace::Day => steps_of(span, Period::Day),
            Pace::Week => steps_of(span, Period::Week),
            Pace::Month => steps_of(span, Period::Month),
        })
    }

    fn count(&self) -> usize {
        match self {
            Self::Hours(_) => 24,
            Self::Days(steps) => steps.len(),
        }
    }
}

/// Calls while they are counted: all together, in steps, and by model.
struct Counting {
    exact: bool,
    total: Tally,
    steps: Steps,
    in_steps: Vec<Tally>,
    by_model: BTreeMap<String, BTreeMap<String, Tally>>,
}

impl Counting {
    fn new(exact: bool, steps: Steps) -> Self {
        Self {
            exact,
            total: Tally::new(exact),
            in_steps: vec![Tally::new(exact); steps.count()],
            steps,
            by_model: BTreeMap::new(),
        }
    }

    fn add(&mut self, zone: &TimeZone, call: &times::Sample<'_>) {
        let step = match &self.steps {
            Steps::Hours(_) => {
                let at = Timestamp::from_millisecond(call.started_at_ms).unwrap_or_default();
                usize::try_from(zone.to_datetime(at).hour()).ok()
            }
            Steps::Days(steps) => step_at(steps, call.day),
        };
        self.at(step, call.provider, call.model, &|tally| {
            tally.add_call(call)
        });
    }

    /// Count something of one day in every place that it belongs to.
    fn each(&mut self, day: i32, provider: &str, model: &str, count: &dyn Fn(&mut Tally)) {
        let step = match &self.steps {
            Steps::Hours(_) => None,
            Steps::Days(steps) => step_at(steps, day),
        };
        self.at(step, provider, model, count);
    }

    fn at(&mut self, step: Option<usize>, provider: &str, model: &str, count: &dyn Fn(&mut Tally)) {
        count(&mut self.total);
        if let Some(tally) = step.and_then(|step| self.in_steps.get_mut(step)) {
            count(tally);
        }
        // Looked up before it is named, as there are few models and many calls.
        let known = self
            .by_model
            .get_mut(provider)
            .and_then(|models| models.get_mut(model));
        match known {
            Some(tally) => count(tally),
            None => {
                let models = self.by_model.entry(provider.to_owned()).or_default();
                let tally = models.entry(model.to_owned());
                count(tally.or_insert_with(|| Tally::new(self.exact)));
            }
        }
    }

    fn steps(&self) -> Vec<MonitorStep> {
        let begins: Vec<(DateTime, Date)> = match &self.steps {
            Steps::Hours(day) => (0..24_i64)
                .map(|hour| {
                    let day = date_of(*day);
                    (day.at(0, 0, 0, 0).saturating_add(hour.hours()), day)
                })
                .collect(),
            Steps::Days(steps) => steps
                .iter()
                .map(|step| (date_of(step.first).at(0, 0, 0, 0), date_of(step.last)))
                .collect(),
        };
        let step = |((begins, last), tally): ((DateTime, Date), &Tally)| MonitorStep {
            begins,
            last,
            health: tally.figures(),
            failures: Vec::new(),
        };
        begins.into_iter().zip(&self.in_steps).map(step).collect()
    }

    fn models(&self) -> Vec<ModelHealth> {
        let mut models: Vec<ModelHealth> = each_model(&self.by_model)
            .map(|(of, tally)| ModelHealth {
                of,
                health: tally.figures(),
            })
            .collect();
        models.sort_by_key(|model| std::cmp::Reverse(model.health.calls));
        models
    }
}

fn each_model(
    by_model: &BTreeMap<String, BTreeMap<String, Tally>>,
) -> impl Iterator<Item = (PricedModel, &Tally)> {
    by_model.iter().flat_map(|(provider, models)| {
        models.iter().map(move |(model, tally)| {
            let of = PricedModel {
                provider: provider.clone(),
                model: model.clone(),
            };
            (of, tally)
        })
    })
}

/// The steps along the time, with what failed in each.
fn with_failures(
    conn: &Connection,
    mut steps: Vec<MonitorStep>,
    (span, pace): (Span, Pace),
    model: Option<&PricedModel>,
    zone: &TimeZone,
) -> rusqlite::Result<Vec<MonitorStep>> {
    let by_time = pace == Pace::Hour;
    times::each_failed(conn, span, model, by_time, |failed| {
        let day = date_of(failed.day);
        let nth = if by_time {
            let at = Timestamp::from_millisecond(failed.started_at_ms).unwrap_or_default();
            usize::try_from(zone.to_datetime(at).hour()).ok()
        } else {
            let begun = steps.partition_point(|step| step.begins.date() <= day);
            begun.checked_sub(1)
        };
        let step = nth.and_then(|nth| steps.get_mut(nth));
        let Some(step) = step else { return };
        let known = step.failures.iter_mut().find(|of| of.kind == failed.kind);
        match known {
            Some(of) => of.calls += failed.calls,
            None => step.failures.push(FailureKind {
                kind: failed.kind.to_owned(),
                calls: failed.calls,
            }),
        }
    })?;
    for step in &mut steps {
        step.failures
            .sort_by(|one, other| one.kind.cmp(&other.kind));
    }
    Ok(steps)
}

/// What has changed with models by today.
fn drifts(
    conn: &Connection,
    today: i32,
    model: Option<&PricedModel>,
) -> Result<Vec<Drift>, MonitorError> {
    let recent = Span {
        first: today - RECENT_DAYS + 1,
        last: today,
    };
    let before = Span {
        first: recent.first - BEFORE_DAYS,
        last: recent.first - 1,
    };
    let in_days = |span| {
        let steps = Steps::Days(Vec::new());
        by_class(conn, (span, Pace::Day), model, steps, &Measure::ALL)
    };
    let now = in_days(recent)?.by_model;
    let before = in_days(before)?.by_model;
    let found = each_model(&now).filter_map(|(of, now)| {
        let before = before.get(&of.provider)?.get(&of.model)?;
        Some(drift(&of, before, now, recent))
    });
    Ok(found.flatten().collect())
}

#[cfg(test)]
mod tests;
