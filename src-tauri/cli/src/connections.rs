//! `gatehouse connections`: the log of every connection that Gatehouse made.

use clap::Args;
use gatehouse_core::{app::App, connections, costs::name_of, store::StoreError};

use crate::{failure::Failure, output};

/// The log of every connection that Gatehouse made, newest first. The newest 20,000 are kept.
#[derive(Args)]
pub(crate) struct Connections {
    /// At most this many.
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

impl Connections {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let lines = app
            .store
            .read(|conn| Ok::<_, StoreError>(connections::list(conn, self.limit)?))?;
        if json {
            return output::json(&lines);
        }
        let rows = lines.iter().map(|line| {
            [
                output::time(line.at_ms),
                format!("{}:{}", line.host, line.port),
                line.purpose.clone(),
                line.bytes_out.to_string(),
                line.bytes_in.to_string(),
                name_of(&line.outcome).replace('_', " "),
                line.status
                    .map_or(String::new(), |status| status.to_string()),
            ]
        });
        output::table(
            [
                "WHEN",
                "WITH",
                "FOR",
                "BYTES OUT",
                "BYTES IN",
                "OUTCOME",
                "STATUS",
            ],
            &rows.collect::<Vec<_>>(),
        )
    }
}
