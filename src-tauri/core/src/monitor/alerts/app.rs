//! Alerts are set, removed and judged, each change with its entry in the record, and told by whoever is open,
//! whichever process judged them.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction};
use serde::Serialize;
use serde_json::json;
use specta::Type;

use super::{
    Alert, AlertError, AlertInput, AlertKind, AlertView, add, all, get,
    judge::{self, Verified},
    remove, set_firing,
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
        let verified = verified(&self.record)?;
        self.store.read(|conn| {
            let view = |alert: Alert| {
                let seen = judge::look(conn, &alert, verified, now_ms())?;
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
        // Held until it is gone: who removes an alert need not be told so.
        let mut listening = self.watcher.listening();
        self.change(|tx| {
            let alert = remove(tx, number)?.ok_or(AlertError::NotFound(number))?;
            Ok::<_, AlertError>(((), event(Action::AlertRemoved, &alert)))
        })?;
        if let Some(listener) = listening.as_mut() {
            listener.told.0.remove(&number);
        }
        Ok(())
    }

    /// Judge all alerts now, and say what has changed. Each change leaves an entry.
    ///
    /// # Errors
    /// [`AlertError`] when the database fails; nothing has changed then.
    pub fn judge_alerts(&self) -> Result<Vec<AlertNews>, AlertError> {
        self.judging().judge(now_ms())
    }

    pub(in crate::monitor) fn judging(&self) -> Judging<'_> {
        Judging {
            store: &self.store,
            record: &self.record,
        }
    }
}

/// The alerts that fire, as they were when that was last told.
#[derive(Debug, Default)]
pub(in crate::monitor) struct Told(BTreeMap<i64, Alert>);

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
        let of_record = alerts.iter().any(|alert| alert.kind == AlertKind::Record);
        let verified = if of_record {
            verified(self.record)?
        } else {
            Verified::UNKNOWN
        };
        let changed = self.store.read(|conn| changes(conn, verified, now_ms))?;
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        // Again, as another Gatehouse on the same data may have been first.
        self.store.write(|tx| self.keep(tx, verified, now_ms))
    }

    /// What fires now, as if it had been told.
    ///
    /// # Errors
    /// [`AlertError`] when the database fails.
    pub(in crate::monitor) fn told(&self) -> Result<Told, AlertError> {
        Ok(Told(self.store.read(firing)?))
    }

    /// What has begun or ceased to fire since it was told, whoever judged it; it counts as told then.
    ///
    /// # Errors
    /// [`AlertError`] when the database fails; nothing counts as told then.
    pub(in crate::monitor) fn untold(
        &self,
        told: &mut Told,
        now_ms: i64,
    ) -> Result<Vec<AlertNews>, AlertError> {
        let news = |conn: &Connection| {
            let firing = firing(conn)?;
            let since = |alert: &Alert| (alert.number, alert.firing_since_ms);
            if firing.values().map(since).eq(told.0.values().map(since)) {
                return Ok::<_, AlertError>((Vec::new(), firing));
            }
            let verified = verified(self.record)?;
            let mut news = Vec::new();
            for alert in firing.values() {
                let before = told.0.get(&alert.number);
                if before.map(since) != Some(since(alert)) {
                    let seen = judge::look(conn, alert, verified, now_ms)?;
                    news.push(AlertNews::begun(alert.clone(), seen));
                }
            }
            let is_over = |alert: &&Alert| !firing.contains_key(&alert.number);
            for before in told.0.values().filter(is_over) {
                news.push(match get(conn, before.number)? {
                    Some(alert) => {
                        let seen = judge::look(conn, &alert, verified, now_ms)?;
                        AlertNews::over(alert, seen)
                    }
                    None => AlertNews::removed(before.clone()),
                });
            }
            Ok((news, firing))
        };
        let (news, firing) = self.store.read(news)?;
        told.0 = firing;
        Ok(news)
    }

    fn keep(
        &self,
        tx: &Transaction<'_>,
        verified: Verified,
        now_ms: i64,
    ) -> Result<Vec<AlertNews>, AlertError> {
        let changed = changes(tx, verified, now_ms)?;
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
                .maybe("value", alert.sees(seen));
            self.record.append(tx, event, now_ms)?;
            news.push(if fires {
                AlertNews::begun(alert, seen)
            } else {
                AlertNews::over(alert, seen)
            });
        }
        Ok(news)
    }
}

impl AlertNews {
    fn begun(alert: Alert, seen: judge::Seen) -> Self {
        Self {
            fires: true,
            words: alert.news(true, seen),
            alert: AlertView::of(alert, seen),
        }
    }

    fn over(alert: Alert, seen: judge::Seen) -> Self {
        Self {
            fires: false,
            words: alert.news(false, seen),
            alert: AlertView::of(alert, seen),
        }
    }

    /// As it was, and not there any more.
    fn removed(mut alert: Alert) -> Self {
        alert.firing_since_ms = None;
        Self {
            fires: false,
            words: format!("An alert was removed: {}", alert.rule()),
            alert: AlertView::of(alert, judge::Seen::default()),
        }
    }
}

/// Those that fire, by their number.
fn firing(conn: &Connection) -> Result<BTreeMap<i64, Alert>, AlertError> {
    let mut alerts = all(conn)?;
    alerts.retain(|alert| alert.firing_since_ms.is_some());
    Ok(alerts
        .into_iter()
        .map(|alert| (alert.number, alert))
        .collect())
}

/// Those that begin or cease to fire, as they stood, and what they see.
fn changes(
    conn: &Connection,
    verified: Verified,
    now_ms: i64,
) -> Result<Vec<(Alert, judge::Seen)>, AlertError> {
    let mut changed = Vec::new();
    for alert in all(conn)? {
        let seen = judge::look(conn, &alert, verified, now_ms)?;
        if alert.fires(seen) != alert.firing_since_ms.is_some() {
            changed.push((alert, seen));
        }
    }
    Ok(changed)
}

/// What is known of the record.
fn verified(record: &Record) -> Result<Verified, AlertError> {
    let status = record.status()?;
    Ok(Verified {
        broken: status.failure.is_some_and(|failure| failure.stands),
        last_ms: status.verified.map(|moment| moment.time_ms),
    })
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
