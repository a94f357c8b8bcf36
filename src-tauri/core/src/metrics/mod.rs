//! Figures for those who watch Gatehouse from outside: what Prometheus scrapes at the local API and what a
//! collector of OpenTelemetry is sent. `docs/monitoring/README.md` says what each means.
//!
//! No label is a text of a person, names a conversation or a workspace, or has values without end.

mod calls;
mod exporter;
mod family;
mod otlp;
mod state;
mod text;
mod wire;

pub use crate::gate::Delivery;
pub use exporter::{ExportStatus, Exporter, Pace};
pub use family::{Amount, Family, Histogram, Kind, Point, Reading};
pub use text::{CONTENT_TYPE, text};

use crate::{
    app::App,
    clients::{self, Client},
    costs::budgets::BudgetError,
    models::ModelError,
    problem::{Problem, ProblemCode},
    record::RecordError,
    store::StoreError,
};

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The budgets cannot be read.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// The models cannot be read.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The clock is beyond every calendar.
    #[error("the clock of this computer is wrong: {0}")]
    Clock(#[from] jiff::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for MetricsError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<MetricsError> for Problem {
    fn from(error: MetricsError) -> Self {
        match error {
            MetricsError::Record(error) => error.into(),
            MetricsError::Budget(error) => error.into(),
            MetricsError::Model(error) => error.into(),
            MetricsError::Store(error) => error.into(),
            MetricsError::Clock(_) => Self::new(ProblemCode::Internal, error),
        }
    }
}

impl App {
    /// All figures as they are now; `now_ms` is UTC milliseconds. Those of calls are of all processes that
    /// work with this data, those of engines and of work of this one.
    ///
    /// # Errors
    /// [`MetricsError`] when something of it cannot be read.
    pub fn metrics(&self, now_ms: i64) -> Result<Vec<Family>, MetricsError> {
        let mut families = calls::families(self)?;
        families.extend(state::families(self, now_ms)?);
        Ok(families)
    }

    /// The same for a client of the local API, of which it is noted when it last read them.
    ///
    /// # Errors
    /// As for [`App::metrics`].
    pub fn metrics_for(&self, client: &Client, now_ms: i64) -> Result<Vec<Family>, MetricsError> {
        if let Err(error) = clients::note_reading(&self.store, client, now_ms) {
            // The figures are wanted most where something does not work.
            tracing::warn!("that metrics were read could not be noted: {error}");
        }
        self.metrics(now_ms)
    }
}
