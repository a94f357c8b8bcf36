//! `gatehouse telemetry`: where figures and spans are sent, if anywhere.

use clap::Subcommand;
use gatehouse_core::{
    app::App,
    metrics::Delivery,
    settings::{self, Settings},
    store::StoreError,
};
use serde_json::json;

use crate::{failure::Failure, output};

/// Figures and spans for a collector of OpenTelemetry, while Gatehouse is open or served.
#[derive(Subcommand)]
pub(crate) enum Telemetry {
    /// Say where they are sent.
    Show,
    /// Send them to this collector from now on; a message is sent at once, to try it.
    To {
        /// Its address for OTLP over HTTP, such as http://127.0.0.1:4318.
        address: String,
    },
    /// Send nothing any more.
    Off,
}

impl Telemetry {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::Show => show(&settings_of(app)?.telemetry_url, json),
            Self::To { address } => to(app, address.trim(), json),
            Self::Off => {
                keep(app, "")?;
                show("", json)
            }
        }
    }
}

fn settings_of(app: &App) -> Result<Settings, Failure> {
    Ok(app.store.read(settings::get).map_err(StoreError::from)?)
}

fn keep(app: &App, address: &str) -> Result<(), Failure> {
    Ok(app.set_settings(&Settings {
        telemetry_url: address.to_owned(),
        ..settings_of(app)?
    })?)
}

fn show(address: &str, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&json!({ "telemetry_url": address }));
    }
    match address {
        "" => output::line("Nothing is sent."),
        address => output::line(&format!("Figures and spans are sent to {address}.")),
    }
}

/// What is wrong with the collector now may be right later, so the address is kept all the same.
fn to(app: &App, address: &str, json: bool) -> Result<(), Failure> {
    keep(app, address)?;
    let problem = match app.try_telemetry(address)? {
        Delivery::Taken => None,
        Delivery::Refused(status) => Some(format!("It refused what it was sent ({status}).")),
        Delivery::NotNow(problem) => Some(problem),
    };
    if json {
        return output::json(&json!({ "telemetry_url": address, "problem": problem }));
    }
    show(address, json)?;
    output::line(&match problem {
        None => "It took the first message.".to_owned(),
        Some(problem) => format!("It did not take the first message: {problem}"),
    })
}
