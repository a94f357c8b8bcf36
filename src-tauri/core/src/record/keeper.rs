//! The open record: appends entries, and says what it finds wrong.

use std::{
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
};

use ed25519_dalek::Signer;
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    Action, Actor, Event, Facts, Fault, Subject, Verdict, VerifyError,
    checkpoints::{self, Checkpoint, EVERY},
    encoding::hex,
    entries::{self, Entry, Head},
    follower::{Inner, lock},
    keys::{KeyPlace, Keys},
    payloads::{self, Known},
    verify::{self, Progress},
};
use crate::{
    now_ms,
    problem::{Problem, ProblemCode},
    sealed::SealedError,
    secrets::SecretError,
    store::{DataFolder, Instance, Store, StoreError},
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
    inner: Arc<Inner>,
    follower: Mutex<Option<JoinHandle<()>>>,
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
        };
        let checkpoint = store.write(|tx| {
            record.begin(tx, now_ms)?;
            if let Some(fault) = &fault {
                record.note_fault(tx, fault, last.as_ref(), now_ms)?;
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

    /// Append an entry, in the transaction of what it records. Its place in the chain.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when it cannot be written, which also stands for what cannot be sealed, so
    /// that every transaction can append.
    pub fn append(&self, tx: &Connection, event: Event, now_ms: i64) -> rusqlite::Result<i64> {
        let head = entries::head(tx)?;
        let about = seal(tx, head.count + 1, &event).map_err(as_sql)?;
        self.link(tx, head, event, about, now_ms)
    }

    fn link(
        &self,
        tx: &Connection,
        head: Head,
        event: Event,
        about: About,
        now_ms: i64,
    ) -> rusqlite::Result<i64> {
        let sequence = head.count + 1;
        let entry = Entry {
            sequence,
            time_ms: now_ms,
            latest_ms: now_ms.max(head.latest_ms),
            instance: self.inner.instance,
            actor: event.actor.unwrap_or(self.inner.actor).name().to_owned(),
            action: event.action.name().to_owned(),
            subject: about.token,
            facts: event.facts,
            commitment: about.commitment,
            previous: head.hash,
        };
        let hash = entry.hash();
        let mac = self.inner.keys.mac(&hash);
        entries::insert(tx, &entry, &hash, &mac, about.payload.as_deref())?;
        if sequence % EVERY == 0 {
            let head = Head {
                count: sequence,
                hash,
                latest_ms: entry.latest_ms,
            };
            checkpoints::keep(tx, &self.inner.sign(&head, now_ms))?;
        }
        self.inner.follow_to(sequence);
        Ok(sequence)
    }

    /// Destroy all that the record keeps of a subject in private, and write down that it was
    /// destroyed: the place of that entry. `None`: there was nothing.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when it cannot be written.
    pub fn erase(
        &self,
        tx: &Connection,
        subject: Subject,
        event: Event,
        now_ms: i64,
    ) -> rusqlite::Result<Option<i64>> {
        let Some(token) = payloads::destroy(tx, subject)? else {
            return Ok(None);
        };
        let about = About {
            token,
            ..About::default()
        };
        self.link(tx, entries::head(tx)?, event, about, now_ms)
            .map(Some)
    }

    /// Verify all of it; what is wrong is written down.
    ///
    /// # Errors
    /// [`VerifyError`] when it cannot be read or was stopped.
    pub fn verify(&self, progress: &mut Progress<'_>) -> Result<Verdict, VerifyError> {
        let store = &self.inner.store;
        let last = self.inner.place.checkpoint()?;
        let verdict = verify::verify(
            store,
            self.inner.instance,
            &self.inner.keys,
            last.as_ref(),
            progress,
        )?;
        store.write(|tx| match &verdict.fault {
            Some(fault) if entries::is_told(tx, fault)? => Ok(()),
            Some(fault) => self.note_fault(tx, fault, last.as_ref(), now_ms()),
            None => {
                let event = Event::new(Action::Verified).fact("count", verdict.count);
                self.append(tx, event, now_ms()).map(drop)
            }
        })?;
        Ok(verdict)
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

    pub(super) fn public_key(&self) -> String {
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
    fn begin(&self, tx: &Connection, now_ms: i64) -> rusqlite::Result<()> {
        let (public_key, mac_key) = (self.public_key(), self.inner.keys.check_value());
        let named = entries::named_keys(tx)?;
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
        let event = Event::new(action)
            .by_itself()
            .fact("format", 1i64)
            .fact("public_key", public_key)
            .fact("mac_key", mac_key);
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

    /// Write down a fault, with what the last checkpoint said: it is replaced after.
    fn note_fault(
        &self,
        tx: &Connection,
        fault: &Fault,
        last: Option<&Checkpoint>,
        now_ms: i64,
    ) -> rusqlite::Result<()> {
        let facts = Facts::default().with("fault", fault.name());
        let facts = match fault.at() {
            Some(at) => facts.with("at", at),
            None => facts,
        };
        let facts = match last {
            Some(last) => facts
                .with("checkpoint", last.count)
                .with("checkpoint_head", hex(&last.head)),
            None => facts,
        };
        tracing::error!("the record does not verify: {fault}");
        let mut event = Event::new(Action::VerificationFailed).by_itself();
        event.facts = facts;
        self.append(tx, event, now_ms).map(drop)
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.close();
    }
}

/// What an entry is about, and what it keeps of that in private.
#[derive(Default)]
struct About {
    token: Vec<u8>,
    commitment: Vec<u8>,
    payload: Option<Vec<u8>>,
}

fn seal(tx: &Connection, sequence: i64, event: &Event) -> Result<About, SealedError> {
    let Some(subject) = event.about else {
        debug_assert!(event.payload.is_none(), "a payload needs a subject");
        return Ok(About::default());
    };
    let known = Known::of(tx, subject)?;
    let Some(payload) = &event.payload else {
        return Ok(About {
            token: known.token,
            ..About::default()
        });
    };
    let (commitment, sealed) = known.seal(sequence, &payload.to_string())?;
    Ok(About {
        token: known.token,
        commitment: commitment.to_vec(),
        payload: Some(sealed),
    })
}

fn as_sql(error: SealedError) -> rusqlite::Error {
    match error {
        SealedError::Store(StoreError::Sql(error)) => error,
        other => rusqlite::Error::ToSqlConversionFailure(Box::new(other)),
    }
}

fn started() -> Event {
    Event::new(Action::Started)
        .fact("version", VERSION)
        .fact("system", std::env::consts::OS)
}
