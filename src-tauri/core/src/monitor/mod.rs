//! How well calls go: how many there are, how they end and how long they take, by model and along the
//! time; what is under way right now; and alerts that a person sets.

mod alerts;
mod chart;
mod drift;
mod live;
mod overview;
pub(crate) mod stops;
mod tables;
mod tally;
mod watcher;

use jiff::tz::TimeZone;

pub(crate) use self::watcher::Watcher;
pub use self::{
    alerts::{Alert, AlertError, AlertInput, AlertKind, AlertNews, AlertView},
    chart::MonitorChart,
    drift::{Drift, Drifted},
    live::{Live, LiveCall, LiveEngine},
    overview::{FailureKind, ModelHealth, MonitorOverview, MonitorQuery, MonitorStep, Pace},
    tables::{ChartFile, MonitorTable},
    tally::{Health, Times},
};
use crate::{
    app::App,
    charts::{Chart, ChartError, ChartTheme},
    costs::{
        reports::{ReportError, day_of},
        times,
    },
    models::ModelError,
    now_ms,
    problem::{Problem, ProblemCode},
    store::{Migration, StoreError},
};

pub(crate) const MIGRATIONS: &[&[Migration]] = &[alerts::MIGRATIONS, stops::MIGRATIONS];

/// Why there is nothing to see.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// The days are none.
    #[error(transparent)]
    Days(#[from] ReportError),
    /// They could not be drawn.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// The call has ended, or there is none.
    #[error("this call is not under way any more")]
    NotUnderWay,
    /// The models are not to be had.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for MonitorError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<MonitorError> for Problem {
    fn from(error: MonitorError) -> Self {
        match error {
            MonitorError::Days(error) => error.into(),
            MonitorError::Model(error) => error.into(),
            MonitorError::Store(error) => error.into(),
            MonitorError::NotUnderWay => Self::new(ProblemCode::NotFound, error),
            other @ MonitorError::Chart(_) => Self::new(ProblemCode::Internal, other),
        }
    }
}

impl App {
    /// Add up the counts of months that are over, from which years are read sooner. To be called at the start and
    /// now and then; there is little to do but once a month.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn add_up_months(&self) -> Result<(), StoreError> {
        times::add_up(&self.store, day_of(now_ms(), &TimeZone::system()))
    }

    /// How the calls of some days went, as the Monitor screen opens with.
    ///
    /// # Errors
    /// [`MonitorError`] when the days are none or the database fails.
    pub fn monitor_overview(&self, query: &MonitorQuery) -> Result<MonitorOverview, MonitorError> {
        self.store
            .read(|conn| overview::overview(conn, query, now_ms(), &TimeZone::system()))
    }

    /// A chart of how they went.
    ///
    /// # Errors
    /// [`MonitorError`] when it cannot be drawn.
    pub fn monitor_chart(
        &self,
        query: &MonitorQuery,
        of: MonitorChart,
        theme: ChartTheme,
        width: u32,
    ) -> Result<Chart, MonitorError> {
        let along = self
            .store
            .read(|conn| overview::along_time(conn, query, of.measure(), &TimeZone::system()))?;
        Ok(chart::draw(&along, of, theme, width)?)
    }
}

#[cfg(test)]
mod testing;
