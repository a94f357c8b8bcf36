//! `gatehouse policy`: what may leave for where.

use clap::Subcommand;
use gatehouse_core::{
    app::App,
    now_ms,
    policy::{self, Action, Row},
    store::StoreError,
    workspaces,
};

use crate::{failure::Failure, output};

/// What may leave for where.
#[derive(Subcommand)]
pub(crate) enum Policy {
    /// Show the policy of the workspace that is open. The Safety screen of the app changes it.
    Show,
}

impl Policy {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let Self::Show = self;
        let policy = app.store.write(|tx| {
            let workspace = workspaces::current(tx, now_ms())?;
            Ok::<_, StoreError>(policy::get(tx, workspace)?)
        })?;
        if json {
            return output::json(&policy);
        }
        let row = |name: &str, row: Row| {
            [
                name.to_owned(),
                words(row.own_server).to_owned(),
                words(row.cloud).to_owned(),
            ]
        };
        output::table(
            ["FOUND", "A SERVER OF YOUR OWN", "SOMEBODY ELSE'S COMPUTER"],
            &[
                row("nothing", policy.nothing),
                row("personal data", policy.personal),
                row("special categories, such as health", policy.special),
                row("passwords and other secrets", policy.secret),
                row("pictures (not inspected)", policy.pictures),
            ],
        )
    }
}

fn words(action: Action) -> &'static str {
    match action {
        Action::Allow => "leaves as it is",
        Action::Mask => "leaves masked",
        Action::Ask => "you are asked first",
        Action::KeepLocal => "stays on this computer",
        Action::Block => "is not answered",
    }
}
