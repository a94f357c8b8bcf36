//! The whole first look at the costs of some days, from one reading of the sums of the days.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{
    By, CallFilter, Energy, FiguresView, Forecast, Kept, Line, Power, PricedModel, ReportError,
    Series, Span, Step, date_of,
    energy::energy,
    forecast::{WEEKS, forecast},
    kept::kept,
    lines::of_groups,
    number_of, steps,
};
use crate::{
    costs::{
        budgets::Period,
        days::{Figures, Group, first_day, groups, has_calls},
    },
    money::Money,
};

/// What is asked of the costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Query {
    /// The first day.
    #[specta(type = String)]
    pub first: Date,
    /// The last day.
    #[specta(type = String)]
    pub last: Date,
    /// Along the time, one step a day, a week or a month.
    pub step: Period,
    /// Of which calls.
    pub filter: CallFilter,
}

impl Query {
    /// Its days.
    ///
    /// # Errors
    /// [`ReportError`] when there are none or too many.
    pub fn span(&self) -> Result<Span, ReportError> {
        Span::of(self.first, self.last)
    }
}

/// What a person has set for their reports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preferences {
    /// The model that what stays on this computer is compared with.
    pub compare_with: Option<PricedModel>,
    /// What this computer takes.
    pub power: Power,
}

/// The costs of some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The first day.
    #[specta(type = String)]
    pub first: Date,
    /// The last day.
    #[specta(type = String)]
    pub last: Date,
    /// The first day with any call; `None`: there is none.
    #[specta(type = Option<String>)]
    pub since: Option<Date>,
    /// All of it.
    pub total: FiguresView,
    /// As many days directly before.
    pub before: FiguresView,
    /// How much more was spent than before, in whole percent, the most that there is room for being as much or more;
    /// `None`: nothing was spent before.
    pub more_percent: Option<i32>,
    /// Along the time.
    pub steps: Vec<Step>,
    /// What models cost in each step.
    pub series: Vec<Series>,
    /// By model.
    pub models: Vec<Line>,
    /// By provider.
    pub providers: Vec<Line>,
    /// By workspace.
    pub workspaces: Vec<Line>,
    /// By purpose.
    pub purposes: Vec<Line>,
    /// By the end of this month; `None`: too little is known.
    pub forecast: Option<Forecast>,
    /// What stayed on this computer.
    pub kept: Kept,
    /// What that took; `None` until somebody has said how many watts.
    pub energy: Option<Energy>,
}

/// The costs of some days; `now_ms` is UTC milliseconds, and `zone` says which day that is.
///
/// # Errors
/// [`ReportError`] when the days are none or the database fails.
pub fn overview(
    conn: &Connection,
    query: &Query,
    preferences: &Preferences,
    now_ms: i64,
    zone: &TimeZone,
) -> Result<Overview, ReportError> {
    let span = query.span()?;
    let filter = &query.filter;
    let these = groups(conn, span, filter)?;
    let earlier = groups(conn, span.before(), filter)?;
    let (total, before) = (sum(&these), sum(&earlier));
    let steps_of = steps::steps_of(span, query.step);
    let mut costs = steps::Costs::of(&steps_of);
    for group in &these {
        let spent = steps::Spending {
            cost: group.figures.cost,
            unknown: group.figures.unknown,
        };
        costs.add(group.day, &group.provider, &group.model, spent);
    }
    Ok(Overview {
        first: query.first,
        last: query.last,
        since: first_day(conn)?.map(date_of),
        total: FiguresView::from(&total),
        before: FiguresView::from(&before),
        more_percent: more_percent(before.cost, total.cost),
        steps: steps::figures(&these, &steps_of),
        series: costs.series(filter),
        models: of_groups(&these, filter, By::Model),
        providers: of_groups(&these, filter, By::Provider),
        workspaces: of_groups(&these, filter, By::Workspace),
        purposes: of_groups(&these, filter, By::Purpose),
        forecast: forecast_of(conn, filter, now_ms, zone)?,
        kept: kept(
            conn,
            span,
            filter,
            &these,
            preferences.compare_with.as_ref(),
            now_ms,
        )?,
        energy: energy(conn, span, filter, preferences.power)?,
    })
}

fn added(mut sum: Figures, group: &Group) -> Figures {
    sum.add(&group.figures);
    sum
}

fn sum(groups: &[Group]) -> Figures {
    groups.iter().fold(Figures::default(), added)
}

/// How much more `now` is than `before`, in whole percent, halves away from zero; no more than there is room for.
fn more_percent(before: Money, now: Money) -> Option<i32> {
    let (before, now) = (before.pico(), now.pico());
    if before <= 0 {
        return None;
    }
    let twice = (now - before) * 200;
    let rounded = (twice + twice.signum() * before) / (2 * before);
    Some(i32::try_from(rounded).unwrap_or(i32::MAX))
}

/// The forecast for the month that `now_ms`, UTC milliseconds, is in by the clocks of `zone`, of the calls that
/// a filter lets through; `None`: too little is known.
///
/// # Errors
/// [`ReportError`] when the clock is beyond every calendar or the database fails.
pub fn forecast_of(
    conn: &Connection,
    filter: &CallFilter,
    now_ms: i64,
    zone: &TimeZone,
) -> Result<Option<Forecast>, ReportError> {
    let today = zone
        .to_datetime(Timestamp::from_millisecond(now_ms)?)
        .date();
    let month = number_of(today.first_of_month());
    let weeks = i64::try_from(WEEKS * 7).unwrap_or(i64::MAX);
    let history = number_of(today.saturating_sub(weeks.days()));
    let today_number = number_of(today);
    let span = Span {
        first: month.min(history),
        last: today_number,
    };
    let known = groups(conn, span, filter)?;
    let earlier = Span {
        first: 0,
        last: span.first - 1,
    };
    // Days without a call are days of nothing as soon as there was one before them.
    let first = if has_calls(conn, earlier, filter)? {
        span.first
    } else {
        match known.first() {
            Some(group) => group.day,
            None => return Ok(None),
        }
    };
    let spent = |days: std::ops::RangeInclusive<i32>| -> Money {
        let of = known.iter().filter(|group| days.contains(&group.day));
        of.map(|group| group.figures.cost).sum()
    };
    let mut by_day = vec![Money::ZERO; usize::try_from(today_number - first).unwrap_or(0)];
    for group in &known {
        // Yesterday first; today is not among them.
        let ago = usize::try_from(today_number - group.day - 1).ok();
        if let Some(day) = ago.and_then(|ago| by_day.get_mut(ago)) {
            *day = *day + group.figures.cost;
        }
    }
    let so_far = spent(month..=today_number);
    let spent_today = spent(today_number..=today_number);
    let of_month = known.iter().filter(|group| group.day >= month);
    let unknown = of_month.map(|group| group.figures.unknown).sum();
    let found = forecast(today, so_far, spent_today, &by_day);
    Ok(found.map(|forecast| Forecast {
        unknown,
        ..forecast
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_there_is_room_for_is_not_said_to_follow_nothing() {
        let pico = Money::from_pico;
        assert_eq!(more_percent(pico(200), pico(301)), Some(51));
        assert_eq!(more_percent(pico(1), pico(1_000_000_000)), Some(i32::MAX));
        assert_eq!(more_percent(pico(1), pico(0)), Some(-100));
        assert_eq!(more_percent(Money::ZERO, pico(1)), None);
    }
}
