//! `gatehouse telemetry`: where figures and spans are sent, if anywhere, and with which header.

use std::io::{self, IsTerminal as _};

use clap::Subcommand;
use gatehouse_core::{
    app::App,
    metrics::Delivery,
    settings::{self, Settings},
    store::StoreError,
};
use serde_json::json;

use crate::{failure::Failure, output, providers::read_key};

/// Figures and spans for a collector of OpenTelemetry, while Gatehouse is open or served.
#[derive(Subcommand)]
pub(crate) enum Telemetry {
    /// Say where they are sent.
    Show,
    /// Send them to this collector from now on; a message is sent at once, to try it. A header that was set
    /// before is forgotten.
    To {
        /// Its address for OTLP over HTTP, such as http://127.0.0.1:4318.
        address: String,
        /// Send a header of this name along, such as authorization or api-key.
        ///
        /// Its value is asked for at the terminal, where it is not shown, or read from standard input, and kept
        /// where your keys are. It is sent to this address alone, and unencrypted only within this computer.
        #[arg(long, value_name = "NAME")]
        header: Option<String>,
    },
    /// Send nothing any more, and forget the header.
    Off,
}

impl Telemetry {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::Show => show(app, None, json),
            Self::To { address, header } => to(app, address.trim(), header.as_deref(), json),
            Self::Off => {
                keep(app, "")?;
                app.gate.forget_telemetry_header()?;
                show(app, None, json)
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

/// Where they are sent, and what a collector said to the first message, if it was asked: nothing, or what is
/// wrong.
fn show(app: &App, tried: Option<Option<String>>, json: bool) -> Result<(), Failure> {
    let address = settings_of(app)?.telemetry_url;
    let header = app.gate.telemetry_header()?;
    if json {
        let mut object = json!({ "telemetry_url": address, "header": header });
        if let Some(problem) = tried {
            object["problem"] = json!(problem);
        }
        return output::json(&object);
    }
    output::line(&match address.as_str() {
        "" => "Nothing is sent.".to_owned(),
        address => format!("Figures and spans are sent to {address}."),
    })?;
    if let Some(header) = header {
        output::line(&format!(
            "The header {} goes along to {}, and to no other address.",
            header.name, header.address
        ))?;
    }
    match tried {
        None => Ok(()),
        Some(None) => output::line("It took the first message."),
        Some(Some(problem)) => {
            output::line(&format!("It did not take the first message: {problem}"))
        }
    }
}

/// What is wrong with the collector now may be right later, so the address is kept all the same.
fn to(app: &App, address: &str, header: Option<&str>, json: bool) -> Result<(), Failure> {
    match header {
        Some(name) => {
            let value = read_key(!io::stdin().is_terminal(), false)?
                .ok_or_else(|| Failure::input("The header has no value."))?;
            app.gate.set_telemetry_header(address, name, &value)?;
            keep(app, address)?;
        }
        None => {
            keep(app, address)?;
            app.gate.forget_telemetry_header()?;
        }
    }
    let problem = match app.try_telemetry(address)? {
        Delivery::Taken => None,
        Delivery::InPart(left) => Some(format!(
            "It did not take {left} of the figures that it was sent."
        )),
        Delivery::Refused(status) => Some(format!("It refused what it was sent ({status}).")),
        Delivery::NotNow(problem) => Some(problem),
    };
    show(app, Some(problem), json)
}
