//! The checkpoint outside the database, which follows the entries, and the lookup behind them.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use uuid::Uuid;

use super::{
    Actor, RecordError,
    checkpoints::{self, Checkpoint},
    entries::{self, Head},
    keys::{KeyPlace, Keys},
    lookup,
};
use crate::{now_ms, store::Store};

/// How long after an entry the checkpoint outside the database follows: entries that come together
/// are one.
const FOLLOWS_AFTER: Duration = Duration::from_secs(1);

/// How often it is looked for an entry whose transaction is still open, or was undone.
const LOOKS: u32 = 5;

/// What the threads of an open record share.
pub(super) struct Inner {
    pub(super) instance: Uuid,
    pub(super) actor: Actor,
    pub(super) keys: Keys,
    pub(super) place: KeyPlace,
    pub(super) store: Arc<Store>,
    pub(super) progress: Mutex<Followed>,
    pub(super) woken: Condvar,
}

/// What the checkpoint outside the database is to follow.
#[derive(Default)]
pub(super) struct Followed {
    /// The last entry that this process appended and that was not looked for yet.
    appended: Option<i64>,
    closing: bool,
}

impl Inner {
    pub(super) fn sign(&self, head: &Head, now_ms: i64) -> Checkpoint {
        Checkpoint::sign(&self.keys.signing, self.instance, head, now_ms)
    }

    /// Sign where the chain ends now, and keep that in the database and outside it.
    pub(super) fn checkpoint(&self) -> Result<Checkpoint, RecordError> {
        let checkpoint = self.store.write(|tx| {
            let checkpoint = self.sign(&entries::head(tx)?, now_ms());
            checkpoints::keep(tx, &checkpoint)?;
            Ok::<_, RecordError>(checkpoint)
        })?;
        self.place.keep_checkpoint(&checkpoint)?;
        Ok(checkpoint)
    }

    /// An entry was appended, in a transaction that may still be open.
    pub(super) fn follow_to(&self, sequence: i64) {
        if lock(&self.progress).appended.replace(sequence).is_none() {
            self.woken.notify_one();
        }
    }

    /// Follow no longer.
    pub(super) fn end(&self) {
        lock(&self.progress).closing = true;
        self.woken.notify_one();
    }

    /// Until the record is closed: keep a checkpoint outside soon after entries were appended.
    pub(super) fn follow(&self) {
        let mut progress = lock(&self.progress);
        let mut looks = 0;
        loop {
            let idle = |progress: &mut Followed| !progress.closing && progress.appended.is_none();
            progress = unpoisoned(self.woken.wait_while(progress, idle));
            let open = |progress: &mut Followed| !progress.closing;
            let waited = self.woken.wait_timeout_while(progress, FOLLOWS_AFTER, open);
            progress = unpoisoned(waited).0;
            if progress.closing {
                return;
            }
            let wanted = progress.appended.take();
            drop(progress);
            let kept = self.keep_up();
            progress = lock(&self.progress);
            looks = if kept >= wanted { 0 } else { looks + 1 };
            if (1..LOOKS).contains(&looks) {
                progress.appended = progress.appended.or(wanted);
            }
        }
    }

    /// Let the lookup take in what it does not know yet.
    pub(super) fn look_up(&self) -> Result<(), RecordError> {
        while self.store.read(lookup::behind)? > 0 {
            if self.store.write(|tx| lookup::catch_up(tx))? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Keep a checkpoint of what is in the database now; how many entries that is. The lookup follows
    /// after it and whatever comes of it: it proves nothing.
    fn keep_up(&self) -> Option<i64> {
        let kept = self
            .store
            .read(|conn| Ok::<_, RecordError>(entries::head(conn)?))
            .and_then(|head| {
                let checkpoint = self.sign(&head, now_ms());
                self.place.keep_checkpoint(&checkpoint)?;
                Ok(head.count)
            });
        if let Err(error) = self.look_up() {
            tracing::warn!("entries of the record are not found by what they say yet: {error}");
        }
        kept.inspect_err(|error| tracing::warn!("no checkpoint of the record is kept: {error}"))
            .ok()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    unpoisoned(mutex.lock())
}

fn unpoisoned<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}
