//! Alerts are set, removed and judged, each change with its entry in the record.

use rusqlite::{Connection, Transaction};
use serde::Serialize;
use serde_json::json;
use specta::Type;

use super::{
    Alert, AlertError, AlertInput, AlertKind, AlertView, add, all, judge, remove, set_firing,
};
use crate::{
    app::App,
    changes::here,
    costs::name_of,
    now_ms,
    record::{Action, Event, Record},
    store::Store,
};

/// That an alert fires, or does not any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AlertNews {
    /// Which, as it stands now.
    pub alert: AlertView,
    /// Whether it fires.
    pub fires: bool,
    /// What is to be told, in words.
    pub words: String,
}

impl App {
    /// All alerts, and how they stand, the oldest first.
    ///
    /// # Errors
    /// [`AlertError`] when the database fails.
    pub fn alerts(&self) -> Result<Vec<AlertView>, AlertError> {
        let broken = broken(&self.record)?;
        self.store.read(|conn| {
            let view = |alert: Alert| {
                let seen = judge::look(conn, &alert, broken, now_ms())?;
                Ok(AlertView::of(alert, seen))
            };
            all(conn)?.into_iter().map(view).collect()
        })
    }

    /// Set an alert, and have it judged soon; its number.
    ///
    /// # Errors
    /// [`AlertError`] when it cannot be one.
    pub fn add_alert(&self, input: &AlertInput) -> Result<i64, AlertError> {
        let number = self.set_alert(input)?;
        self.ring();
        Ok(number)
    }

    /// Set an alert that nobody judges before a call ends or some time has passed.
    pub(super) fn set_alert(&self, input: &AlertInput) -> Result<i64, AlertError> {
        let wanted = input.read()?;
        self.change(|tx| {
            let alert = add(tx, wanted)?;
            let event = event(Action::AlertSet, &alert);
            Ok((alert.number, event))
        })
    }

    /// Remove an alert.
    ///
    /// # Errors
    /// [`AlertError::NotFound`] when it is not there.
    pub fn remove_alert(&self, number: i64) -> Result<(), AlertError> {
        self.change(|tx| {
            let alert = remove(tx, number)?.ok_or(AlertError::NotFound(number))?;
            Ok(((), event(Action::AlertRemoved, &alert)))
        })
    }

    /// Judge all alerts now, and say what has changed. Each change leaves an entry.
    ///
    /// # Errors
    /// [`AlertError`] when the database fails; nothing has changed then.
    pub fn judge_alerts(&self) -> Result<Vec<AlertNews>, AlertError> {
        self.judging().judge(now_ms())
    }

    fn judging(&self) -> Judging<'_> {
        Judging {
            store: &self.store,
            record: &self.record,
        }
    }
}

/// What it takes to judge alerts.
pub(in crate::monitor) struct Judging<'a> {
    pub(in crate::monitor) store: &'a Store,
    pub(in crate::monitor) record: &'a Record,
}

impl Judging<'_> {
    /// Judge all alerts, and keep what has changed. As long as nothing has, nobody who writes waits.
    ///
    /// # Errors
    /// [`AlertError`] when the database fails; nothing has changed then.
    pub(in crate::monitor) fn judge(&self, now_ms: i64) -> Result<Vec<AlertNews>, AlertError> {
        let alerts = self.store.read(all)?;
        if alerts.is_empty() {
            return Ok(Vec::new());
        }
        let broken =
            alerts.iter().any(|alert| alert.kind == AlertKind::Record) && broken(self.record)?;
        let changed = self.store.read(|conn| changes(conn, broken, now_ms))?;
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        // Again, as another Gatehouse on the same data may have been first.
        self.store.write(|tx| self.keep(tx, broken, now_ms))
    }

    fn keep(
        &self,
        tx: &Transaction<'_>,
        broken: bool,
        now_ms: i64,
    ) -> Result<Vec<AlertNews>, AlertError> {
        let changed = changes(tx, broken, now_ms)?;
        let mut news = Vec::with_capacity(changed.len());
        for (mut alert, seen) in changed {
            let fires = alert.firing_since_ms.is_none();
            alert.firing_since_ms = fires.then_some(now_ms);
            set_firing(tx, alert.number, alert.firing_since_ms)?;
            let action = if fires {
                Action::AlertFired
            } else {
                Action::AlertCleared
            };
            let event = event(action, &alert)
                .by_itself()
                .maybe("value", seen.value.map(|value| alert.words_of(value)));
            self.record.append(tx, event, now_ms)?;
            news.push(AlertNews {
                fires,
                words: alert.news(fires, seen.value),
                alert: AlertView::of(alert, seen),
            });
        }
        Ok(news)
    }
}

/// Those that begin or cease to fire, as they stood, and what they see.
fn changes(
    conn: &Connection,
    broken: bool,
    now_ms: i64,
) -> Result<Vec<(Alert, judge::Seen)>, AlertError> {
    let mut changed = Vec::new();
    for alert in all(conn)? {
        let seen = judge::look(conn, &alert, broken, now_ms)?;
        if alert.fires(seen) != alert.firing_since_ms.is_some() {
            changed.push((alert, seen));
        }
    }
    Ok(changed)
}

/// Whether a failed verification of the record stands.
fn broken(record: &Record) -> Result<bool, AlertError> {
    let status = record.status()?;
    Ok(status.failure.is_some_and(|failure| failure.stands))
}

/// What the record says of an alert: the model, which may be a file that is named after a person, in
/// private.
fn event(action: Action, alert: &Alert) -> Event {
    let event = here(action)
        .fact("alert", alert.number)
        .fact("kind", name_of(&alert.kind));
    let event = match alert.kind {
        AlertKind::Record => event,
        _ => event
            .fact("over", alert.words_of(alert.most))
            .fact("minutes", alert.minutes),
    };
    let event = match alert.kind {
        AlertKind::Record | AlertKind::Spend => event,
        _ => event.fact("calls", alert.fewest),
    };
    match &alert.model {
        Some(of) => event.payload(json!({ "provider": of.provider, "model": of.model })),
        None => event,
    }
}
