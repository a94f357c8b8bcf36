//! The domain of Gatehouse: conversations, models, the gate, the store. No window, no model code.
//!
//! Every call to a model passes [`gate`]; what it may use and what may use it is drawn in
//! `ARCHITECTURE.md`.

pub mod accounts;
pub mod aliases;
pub mod app;
mod changes;
pub mod charts;
pub mod chat;
pub mod clients;
pub mod connections;
pub mod costs;
pub mod engine;
pub mod gate;
pub mod ids;
mod looks;
pub mod metrics;
pub mod models;
pub mod money;
pub mod monitor;
pub mod policy;
pub mod privacy;
pub mod problem;
mod providers;
pub mod record;
pub mod review;
pub mod safety;
pub mod schema;
mod sealed;
pub mod secrets;
pub mod settings;
pub mod stamping;
pub mod startup;
pub mod store;
mod tables;
pub mod workspaces;

pub use gatehouse_gguf::words;
pub use gatehouse_protocol as protocol;

/// UTC milliseconds of the system's clock; 0 before 1970.
pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

/// The time zone of this computer by its name, or by how far it is from UTC where it has none.
pub(crate) fn zone_of(now_ms: i64) -> String {
    let zone = jiff::tz::TimeZone::system();
    let now = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    zone.iana_name()
        .map_or_else(|| zone.to_offset(now).to_string(), str::to_owned)
}

/// Whether a time that somebody else wrote, in UTC milliseconds, is a date that can be shown in every time
/// zone: from 1970 to the year 9999.
pub(crate) fn is_date(at_ms: i64) -> bool {
    (0..=jiff::Timestamp::MAX.as_millisecond()).contains(&at_ms)
}
