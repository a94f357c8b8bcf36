//! `gatehouse monitor alerts`: what a person wants to be told of.

use clap::{Args, Subcommand, ValueEnum};
use gatehouse_core::{
    app::App,
    costs::reports::PricedModel,
    monitor::{AlertInput, AlertKind},
};
use serde_json::json;

use crate::{failure::Failure, output};

/// What is told.
#[derive(Subcommand)]
pub(crate) enum Alerts {
    /// List the alerts, and how they stand.
    List,
    /// Set an alert.
    Add(Add),
    /// Remove an alert.
    Remove {
        /// Its number, as the list says it.
        number: i64,
    },
}

/// An alert.
#[derive(Args)]
pub(crate) struct Add {
    /// What it watches.
    #[arg(value_enum)]
    kind: Kind,
    /// What may not be passed: percent that fail, seconds, or dollars. Nothing for the record.
    #[arg(default_value = "", required_if_eq_any = [
        ("kind", "failures"), ("kind", "first-token"), ("kind", "duration"), ("kind", "spend"),
    ])]
    over: String,
    /// Only calls of this model, as PROVIDER/MODEL; “local” is this computer.
    #[arg(long, value_name = "PROVIDER/MODEL", value_parser = super::model)]
    model: Option<PricedModel>,
    /// Of calls that began in the last so many minutes.
    #[arg(long, default_value_t = 60)]
    minutes: u32,
    /// It says nothing of fewer calls.
    #[arg(long, default_value_t = 20)]
    calls: u32,
}

/// What an alert watches.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// The percentage of calls that fail.
    Failures,
    /// The seconds to the first token that 95 of 100 calls do not pass.
    FirstToken,
    /// The seconds to the end of an answer that 95 of 100 do not pass.
    Duration,
    /// The dollars that calls cost.
    Spend,
    /// Whether the record verifies.
    Record,
}

impl From<Kind> for AlertKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Failures => Self::Failures,
            Kind::FirstToken => Self::FirstToken,
            Kind::Duration => Self::Duration,
            Kind::Spend => Self::Spend,
            Kind::Record => Self::Record,
        }
    }
}

impl Alerts {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::List => list(app, json),
            Self::Add(add) => {
                let number = app.add_alert(&add.input())?;
                app.judge_alerts()?;
                if json {
                    return output::json(&json!({ "added": number }));
                }
                list(app, json)
            }
            Self::Remove { number } => {
                app.remove_alert(*number)?;
                if json {
                    return output::json(&json!({ "removed": number }));
                }
                output::line(&format!("Alert {number} is removed."))
            }
        }
    }
}

impl Add {
    fn input(&self) -> AlertInput {
        AlertInput {
            kind: self.kind.into(),
            model: self.model.clone(),
            over: self.over.clone(),
            minutes: self.minutes,
            calls: self.calls,
        }
    }
}

fn list(app: &App, json: bool) -> Result<(), Failure> {
    let alerts = app.alerts()?;
    if json {
        return output::json(&alerts);
    }
    let rows = alerts.into_iter().map(|alert| {
        let state = match alert.firing_since_ms {
            Some(since) => format!("since {}", output::time(since)),
            None if alert.enough => "no".into(),
            None => "too few calls".into(),
        };
        [
            alert.number.to_string(),
            state,
            alert.now.unwrap_or("-".into()),
            alert.rule,
        ]
    });
    output::table(
        ["NUMBER", "FIRES", "NOW", "WHEN"],
        &rows.collect::<Vec<_>>(),
    )
}
