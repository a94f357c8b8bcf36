//! `gatehouse calls`: what was asked of which model, and what it used.

use clap::Subcommand;
use gatehouse_core::{app::App, costs, store::StoreError};

use crate::{failure::Failure, output};

/// Calls to models.
#[derive(Subcommand)]
pub(crate) enum Calls {
    /// List calls, newest first.
    List {
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

impl Calls {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let Self::List { limit } = self;
        let calls = app
            .store
            .read(|conn| Ok::<_, StoreError>(costs::list(conn, *limit)?))?;
        if json {
            return output::json(&calls);
        }
        let rows: Vec<_> = calls
            .iter()
            .map(|call| {
                let summary = &call.summary;
                [
                    summary.number.to_string(),
                    output::time(call.started_at_ms),
                    costs::name_of(&call.purpose),
                    summary.model.clone(),
                    costs::name_of(&call.status),
                    format!(
                        "{} in, {} out",
                        summary.prompt_tokens, summary.output_tokens
                    ),
                    summary.cost.clone().unwrap_or_else(|| "unknown".into()),
                ]
            })
            .collect();
        output::table(
            ["CALL", "WHEN", "FOR", "MODEL", "STATUS", "TOKENS", "COST"],
            &rows,
        )
    }
}
