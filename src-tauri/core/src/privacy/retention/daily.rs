//! What is due goes by itself: at the start of a window, or of a server where none is open, and once a day, if a
//! copy of the database has what goes and the clock is to be believed.

use super::{
    DAY_MS, RetentionError, RetentionOutcome, Waits, choose, no_copy,
    run::Asked,
    state::{self, State},
};
use crate::{
    app::App,
    record::{self, Action, Event},
    store::{SnapshotError, SnapshotReason, StoreError, snapshot},
};

/// When it was done, for a window or a server that stays open; a start begins with none.
#[derive(Debug, Default)]
pub struct Daily {
    /// Days since 1970.
    done_on: Option<i64>,
}

/// What came of a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It was done today.
    DoneBefore,
    /// It waits for a person.
    Waits(Waits),
    /// What was due went, as far as it could.
    Ran(RetentionOutcome),
}

impl Daily {
    /// Let go what is due at `now_ms`, UTC milliseconds, unless that was done on the same day. What failed
    /// is tried again by the next look.
    ///
    /// # Errors
    /// [`RetentionError`]; what is due is as it was then.
    pub fn look(&mut self, app: &App, now_ms: i64) -> Result<Look, RetentionError> {
        let today = now_ms.div_euclid(DAY_MS);
        if self.done_on == Some(today) {
            return Ok(Look::DoneBefore);
        }
        let look = app.let_go_what_is_due(now_ms)?;
        if let Look::Ran(outcome) = &look
            && !outcome.failed()
        {
            self.done_on = Some(today);
        }
        Ok(look)
    }
}

impl App {
    fn let_go_what_is_due(&self, now_ms: i64) -> Result<Look, RetentionError> {
        // What goes is what is chosen here: what becomes due from here on, as its hold is lifted, is in no copy
        // yet and stays until the next look.
        let (mut state, chosen) = self.store.read(|conn| {
            let both = (state::get(conn)?, choose::everywhere(conn, now_ms)?);
            Ok::<_, RetentionError>(both)
        })?;
        let is_due = choose::is_any_due(&chosen);
        if chosen.is_empty() {
            // Nothing is to go: who makes a rule later has not to be asked about what was before it.
            self.keep_state(State::looked(now_ms))?;
            return Ok(Look::Ran(RetentionOutcome::default()));
        }
        if state.looked_at_ms.is_some_and(|looked| looked > now_ms) {
            // The clock was set back: from here on, how far it goes forward is looked at again.
            state.looked_at_ms = Some(now_ms);
            self.keep_state(state.clone())?;
        }
        if let Some(waits) = state.waits(now_ms, is_due) {
            return Ok(Look::Waits(waits));
        }
        if is_due && let Err(error) = self.copy_of_now(now_ms) {
            state.problem = Some(no_copy(&error));
            if let Err(error) = self.keep_state(state) {
                tracing::warn!("why what is due stays could not be kept: {error}");
            }
            return Err(RetentionError::NoCopy(error));
        }
        self.run(Asked::ByItself, chosen, now_ms).map(Look::Ran)
    }

    /// See to it that a checked copy of the database has everything that a person did up to now.
    fn copy_of_now(&self, now_ms: i64) -> Result<(), SnapshotError> {
        let newest = self.store.read(record::newest_by_a_person)?;
        for made in snapshot::list(&self.folder)? {
            let path = self.folder.snapshots().join(&made.name);
            // One that cannot be read is none that would bring anything back.
            let opened = snapshot::open_copy(&path, self.store.key());
            let end = match opened {
                Ok(Some((copy, _))) => record::end_of_copy(&copy).ok().flatten(),
                _ => None,
            };
            if end.is_some_and(|(count, _)| count >= newest) {
                return Ok(());
            }
        }
        self.store.snapshot(SnapshotReason::Daily, now_ms)?;
        self.note_snapshot(Event::new(Action::SnapshotMade).by_itself());
        Ok(())
    }

    fn keep_state(&self, state: State) -> Result<(), StoreError> {
        self.store.write(|tx| {
            if state::get(tx)? != state {
                state::keep(tx, &state)?;
            }
            Ok(())
        })
    }
}
