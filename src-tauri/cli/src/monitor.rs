//! `gatehouse monitor`: how well calls go, what is under way, and alerts.

mod alerts;

use clap::{Args, Subcommand, ValueEnum};
use gatehouse_core::{
    app::App,
    costs::reports::PricedModel,
    monitor::{Drifted, Health, Live, MonitorOverview, MonitorQuery, Pace, Times},
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::json;

use crate::{failure::Failure, output};

/// How well calls go.
#[derive(Args)]
pub(crate) struct Monitor {
    /// The days to look at, up to today.
    #[arg(long, value_enum, default_value = "week")]
    range: Range,
    /// Only calls of this model, as PROVIDER/MODEL; “local” is this computer.
    #[arg(long, value_name = "PROVIDER/MODEL", value_parser = model)]
    model: Option<PricedModel>,
    #[command(subcommand)]
    then: Option<Then>,
}

#[derive(Subcommand)]
enum Then {
    /// Be told when calls fail, take long or cost much, or the record does not verify.
    #[command(subcommand)]
    Alerts(alerts::Alerts),
}

/// Days up to today.
#[derive(Clone, Copy, ValueEnum)]
enum Range {
    /// Today, hour by hour.
    Today,
    /// The last seven days.
    Week,
    /// The last thirty days.
    Month,
    /// Twelve months, month by month.
    Year,
}

impl Monitor {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        if let Some(Then::Alerts(alerts)) = &self.then {
            return alerts.run(app, json);
        }
        let query = self.query();
        let (overview, live) = (app.monitor_overview(&query)?, app.live()?);
        if json {
            return output::json(&json!({ "query": query, "overview": overview, "live": live }));
        }
        show(&overview)?;
        show_live(&live)
    }

    fn query(&self) -> MonitorQuery {
        let today: Date = TimeZone::system().to_datetime(Timestamp::now()).date();
        let (first, pace) = match self.range {
            Range::Today => (today, Pace::Hour),
            Range::Week => (today.saturating_sub(6.days()), Pace::Day),
            Range::Month => (today.saturating_sub(29.days()), Pace::Day),
            Range::Year => (
                today.first_of_month().saturating_sub(11.months()),
                Pace::Month,
            ),
        };
        MonitorQuery {
            first,
            last: today,
            pace,
            model: self.model.clone(),
        }
    }
}

fn show(overview: &MonitorOverview) -> Result<(), Failure> {
    let form = match overview.pace {
        Pace::Hour => "%Y-%m-%d %H:%M",
        _ => "%Y-%m-%d",
    };
    let steps = overview.steps.iter().filter(|step| step.health.calls > 0);
    let mut rows: Vec<_> = steps
        .map(|step| row(step.begins.strftime(form).to_string(), &step.health))
        .collect();
    rows.push(row("together".into(), &overview.total));
    output::table(headings("BEGINS"), &rows)?;
    let models = overview.models.iter();
    let rows: Vec<_> = models
        .map(|model| row(name(&model.of), &model.health))
        .collect();
    if !rows.is_empty() {
        output::line("")?;
        output::table(headings("MODEL"), &rows)?;
    }
    if !overview.failures.is_empty() {
        output::line("")?;
        let failures = overview.failures.iter();
        let rows: Vec<_> = failures
            .map(|failure| [failure.kind.clone(), failure.calls.to_string()])
            .collect();
        output::table(["FAILED BY", "CALLS"], &rows)?;
    }
    for drift in &overview.drift {
        let change = if drift.worse { "worse" } else { "better" };
        let (what, words): (_, fn(i64) -> String) = match drift.what {
            Drifted::FirstToken => ("time to the first token", time),
            Drifted::Speed => ("speed", speed),
            Drifted::Failures => ("share of failed calls", share),
        };
        output::line(&format!(
            "\n{}: its {what} is {change} than in the four weeks before: {} was {}.",
            name(&drift.of),
            words(drift.now),
            words(drift.before)
        ))?;
    }
    if !overview.exact {
        output::line("\nThere are many calls: times are right to within a tenth.")?;
    }
    Ok(())
}

fn show_live(live: &Live) -> Result<(), Failure> {
    if !live.calls.is_empty() {
        output::line("")?;
        let calls = live.calls.iter();
        let rows: Vec<_> = calls
            .map(|call| {
                [
                    call.number.to_string(),
                    output::time(call.started_at_ms),
                    format!("{}/{}", call.provider, call.model),
                    call.client.clone().unwrap_or_default(),
                ]
            })
            .collect();
        output::table(["UNDER WAY", "SINCE", "MODEL", "CLIENT"], &rows)?;
    }
    Ok(())
}

const fn headings(first: &str) -> [&str; 8] {
    [
        first,
        "CALLS",
        "SUCCESS",
        "FAILED",
        "FIRST TOKEN p50/p95/p99",
        "DURATION p50/p95/p99",
        "SPEED p50/p95/p99",
        "WAITED p50/p95/p99",
    ]
}

fn row(name: String, health: &Health) -> [String; 8] {
    let nothing = || "-".to_owned();
    let success = health.success();
    [
        name,
        health.calls.to_string(),
        success.map_or_else(nothing, |share| self::share(share.cast_signed())),
        health.failed.to_string(),
        three(&health.first_token, time),
        three(&health.duration, time),
        three(&health.speed, speed),
        three(&health.waited, time),
    ]
}

fn three(of: &Times, words: fn(i64) -> String) -> String {
    match (of.p50, of.p95, of.p99) {
        (Some(p50), Some(p95), Some(p99)) => {
            format!("{} / {} / {}", words(p50), words(p95), words(p99))
        }
        _ => "-".into(),
    }
}

/// Milliseconds.
fn time(value: i64) -> String {
    match value {
        ..1_000 => format!("{value} ms"),
        _ => format!("{}.{:02} s", value / 1_000, value % 1_000 / 10),
    }
}

/// Tokens in a thousand seconds.
fn speed(value: i64) -> String {
    format!("{}.{}/s", value / 1_000, value % 1_000 / 100)
}

/// Hundredths of a percent.
fn share(value: i64) -> String {
    format!("{}.{:02} %", value / 100, value % 100)
}

fn name(of: &PricedModel) -> String {
    format!("{}/{}", of.provider, of.model)
}

/// A model with who runs it; the model's name may have strokes of its own.
fn model(text: &str) -> Result<PricedModel, String> {
    match text.split_once('/') {
        Some((provider, model)) if !provider.is_empty() && !model.is_empty() => Ok(PricedModel {
            provider: provider.to_owned(),
            model: model.to_owned(),
        }),
        _ => Err("write a model as openai/gpt-5, or local/NAME for one on this computer".into()),
    }
}
