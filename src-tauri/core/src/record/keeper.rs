//! The open record: begun, followed by its checkpoint, and closed.

use std::{
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
};

use ed25519_dalek::Signer;
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    Action, Actor, Event, Fault, StandingFault,
    checkpoints::{self, Checkpoint},
    encoding::hex,
    entries::{self, Head},
    follower::{Inner, lock},
    keys::{KeyPlace, Keys},
    verify,
};
use crate::{
    problem::{Problem, ProblemCode},
    sealed::SealedError,
    secrets::SecretError,
    store::{DataFolder, Instance, Store, StoreError, set_aside_last},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Why the record cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Its keys cannot be kept or read.
    #[error("the keys of the record: {0}")]
    Secret(#[from] SecretError),
    /// What is private cannot be sealed.
    #[error(transparent)]
    Sealed(#[from] SealedError),
    /// A fault stands, and something was to be signed.
    #[error("a verification found a fault in the record, and it stands ({0})")]
    Faulty(StandingFault),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for RecordError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Store(error) => error.into(),
            faulty @ RecordError::Faulty(_) => Self::new(ProblemCode::DataUnusable, faulty).hint(
                "It stands until somebody has said that they read of it, and all of the record was verified since. \
                 What is signed now speaks of what is there, not of what was.",
            ),
            other => Self::new(ProblemCode::DataUnusable, other),
        }
    }
}

/// The keys, read while the database opens.
pub(crate) struct Unlocked {
    instance: Uuid,
    place: KeyPlace,
    keys: Option<Keys>,
    last: Option<Checkpoint>,
}

impl Unlocked {
    /// What is kept outside the database of this folder, which has its instance.
    ///
    /// # Errors
    /// [`SecretError`] when the place is there and does not answer.
    pub(crate) fn of(folder: &DataFolder) -> Result<Self, SecretError> {
        let instance = Instance::load(folder)?
            .ok_or_else(|| std::io::Error::other("the data folder was never used"))?;
        let place = KeyPlace::of(folder);
        Ok(Self {
            instance: instance.id,
            keys: place.keys()?,
            last: place.checkpoint()?,
            place,
        })
    }
}

/// The open record.
pub struct Record {
    pub(super) inner: Arc<Inner>,
    follower: Mutex<Option<JoinHandle<()>>>,
    at_start: Option<Fault>,
}

impl Record {
    /// Open the record of a store: see whether its end is where the last checkpoint says, write down
    /// if it is not, and that Gatehouse was started.
    ///
    /// # Errors
    /// [`RecordError`] when it cannot be written.
    pub(crate) fn open(
        store: &Arc<Store>,
        unlocked: Unlocked,
        actor: Actor,
        now_ms: i64,
    ) -> Result<Self, RecordError> {
        let Unlocked {
            instance,
            place,
            mut keys,
            mut last,
        } = unlocked;
        // Two may start at once, and the first one makes the keys.
        let turn = place.turn()?;
        let check = |keys: Option<&Keys>, last: Option<&Checkpoint>| {
            store.read(|conn| Ok::<_, RecordError>(verify::check_end(conn, instance, keys, last)?))
        };
        let mut fault = None;
        if keys.is_some() && last.is_some() {
            fault = check(keys.as_ref(), last.as_ref())?;
        }
        if keys.is_none() || last.is_none() || fault.is_some() {
            // What was read while the database opened may be older than what another one kept since.
            (keys, last) = (place.keys()?, place.checkpoint()?);
            fault = check(keys.as_ref(), last.as_ref())?;
        }
        let keys = match keys {
            Some(keys) => keys,
            None => place.new_keys()?,
        };
        let record = Self {
            inner: Arc::new(Inner {
                instance,
                actor,
                keys,
                place,
                store: Arc::clone(store),
                progress: Mutex::default(),
                woken: Condvar::new(),
            }),
            follower: Mutex::default(),
            at_start: fault,
        };
        let fault = &record.at_start;
        let checkpoint = store.write(|tx| {
            // Before anything is written: a table may be gone.
            let mended = match fault {
                Some(fault) => Some((fault, record.set_right(tx, fault, now_ms)?)),
                None => None,
            };
            record.begin(tx, now_ms)?;
            if let Some((fault, mended)) = &mended {
                record.note_fault(tx, fault, last.as_ref(), mended, now_ms)?;
            }
            record.note_update(tx, now_ms)?;
            record.append(tx, started(), now_ms)?;
            Ok::<_, RecordError>(record.inner.sign(&entries::head(tx)?, now_ms))
        })?;
        if fault.is_some() || last.is_none() {
            // What the old one said stands in the record now.
            record.inner.place.replace_checkpoint(&checkpoint)?;
        }
        drop(turn);
        let inner = Arc::clone(&record.inner);
        let follower = thread::Builder::new()
            .name("record".into())
            .spawn(move || inner.follow())
            .map_err(SecretError::from)?;
        *lock(&record.follower) = Some(follower);
        Ok(record)
    }

    /// What this start found wrong; it is in the record.
    pub fn fault_at_start(&self) -> Option<&Fault> {
        self.at_start.as_ref()
    }

    pub(super) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Let the lookup take in what it does not know yet.
    pub(super) fn look_up(&self) -> Result<(), RecordError> {
        self.inner.look_up()
    }

    pub(super) fn instance(&self) -> Uuid {
        self.inner.instance
    }

    pub(crate) fn public_key(&self) -> String {
        hex(&self.inner.keys.public())
    }

    /// The UUID of this installation, as it stands in every entry.
    pub(crate) fn installation(&self) -> String {
        self.inner.instance.to_string()
    }

    /// Ed25519 (RFC 8032) over a message, which must begin with what it is.
    pub(super) fn signature(&self, message: &[u8]) -> [u8; 64] {
        self.inner.keys.signing.sign(message).to_bytes()
    }

    pub(super) fn code_of(&self, head: &Head) -> String {
        checkpoints::code(self.inner.instance, head.count, &head.hash)
    }

    /// Sign where the chain ends now, and keep that in the database and outside it.
    ///
    /// # Errors
    /// [`RecordError`] when it cannot be kept.
    pub fn checkpoint(&self) -> Result<Checkpoint, RecordError> {
        self.inner.checkpoint()
    }

    /// Let the checkpoint outside the database catch up, and stop following: what is appended after is
    /// known outside from the next start on.
    pub fn close(&self) {
        self.inner.end();
        let Some(follower) = lock(&self.follower).take() else {
            return;
        };
        // A panic there was told when it happened.
        let _ = follower.join();
        if let Err(error) = self.inner.checkpoint() {
            tracing::warn!("the last checkpoint of the record could not be kept: {error}");
        }
    }

    /// The first entry, or the one that says that the keys are new: whenever the record names others
    /// than these, however that came.
    pub(super) fn begin(&self, tx: &Connection, now_ms: i64) -> rusqlite::Result<()> {
        let (public_key, mac_key) = (self.public_key(), self.inner.keys.check_value());
        let named = entries::named_keys(tx, i64::MAX)?;
        let is_named = named.is_some_and(|named| {
            named.text("public_key") == Some(&public_key) && named.text("mac_key") == Some(&mac_key)
        });
        if is_named {
            return Ok(());
        }
        let action = match entries::head(tx)?.count {
            0 => Action::RecordBegan,
            _ => Action::KeysReplaced,
        };
        // A record that begins where another one was says which: it does not hide that there was one.
        let before = match action {
            Action::RecordBegan => set_aside_last(self.inner.place.folder()),
            _ => None,
        };
        let event = Event::new(action)
            .by_itself()
            .fact("format", 1i64)
            .fact("public_key", public_key)
            .fact("mac_key", mac_key)
            .maybe("set_aside", before.map(|instance| instance.to_string()));
        self.append(tx, event, now_ms).map(drop)
    }

    /// Another version than the one that started last.
    fn note_update(&self, tx: &Connection, now_ms: i64) -> rusqlite::Result<()> {
        let before = entries::last_version(tx)?;
        match before {
            Some(before) if before != VERSION => {
                let event = Event::new(Action::Updated)
                    .by_itself()
                    .fact("from", before)
                    .fact("to", VERSION);
                self.append(tx, event, now_ms).map(drop)
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.close();
    }
}

fn started() -> Event {
    Event::new(Action::Started)
        .fact("version", VERSION)
        .fact("system", std::env::consts::OS)
}
