//! What a Gatehouse that stays open does by itself: its models forget what another process has erased. And where
//! no window does it: the day's snapshot, what was deleted goes for good, months are added up, what is kept no
//! longer goes, and the backup that is due is made.

use gatehouse_core::{
    app::App,
    now_ms,
    privacy::retention::{Daily, Look},
    store::InstanceLock,
};

use crate::{note, retention, snapshots};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What was done and told since the start.
#[derive(Default)]
pub(crate) struct Upkeep {
    /// When what was deleted went for good, in days since 1970.
    purged_on: Option<i64>,
    why_remembered: Told,
    retention: Daily,
    why_kept: Told,
    why_no_months: Told,
    why_no_backup: Told,
}

impl Upkeep {
    /// Do what is due. What fails is told, and tried again by the next look.
    pub(crate) fn look(&mut self, app: &App, json: bool) {
        let remembered = app
            .forget_what_others_erased()
            .err()
            .map(|error| format!("Models may remember what was erased elsewhere: {error}"));
        self.why_remembered.tell(remembered, json);
        // Whoever cannot tell whether a window is open leaves it to that.
        if InstanceLock::is_held(&app.folder).unwrap_or(true) || !snapshots::daily(app, json) {
            return;
        }
        let now_ms = now_ms();
        let today = now_ms.div_euclid(DAY_MS);
        if self.purged_on != Some(today) {
            match app.purge_deleted() {
                Ok(()) => self.purged_on = Some(today),
                Err(error) => note(
                    &format!("What was deleted could not be removed: {error}"),
                    json,
                ),
            }
        }
        let no_months = app.add_up_months().err();
        let no_months = no_months.map(|error| format!("Months could not be added up: {error}"));
        self.why_no_months.tell(no_months, json);
        // Before a backup, which is not to keep what goes.
        let kept = match self.retention.look(app, now_ms) {
            Ok(Look::DoneBefore) => None,
            Ok(Look::Waits(waits)) => Some(retention::waiting(waits)),
            Ok(Look::Ran(outcome)) => retention::problem(&outcome),
            Err(error) => Some(format!("What is kept no longer did not go: {error}")),
        };
        self.why_kept.tell(kept, json);
        let made = app.back_up_if_due();
        let no_backup = made
            .err()
            .map(|error| format!("The backup that is due was not made: {error}"));
        self.why_no_backup.tell(no_backup, json);
    }
}

/// What was told last: the same is not told every quarter of an hour.
#[derive(Default)]
struct Told(Option<String>);

impl Told {
    fn tell(&mut self, words: Option<String>, json: bool) {
        if let Some(words) = &words
            && self.0.as_ref() != Some(words)
        {
            note(words, json);
        }
        self.0 = words;
    }
}
