//! A witness that a time-stamp service of the person's choice has signed, too: checked before anybody has
//! it, and recorded.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    app::App,
    changes::here,
    gate::GateError,
    now_ms,
    problem::Problem,
    record::{
        Action, Checkpoint, RecordError, WhileFaulty, Witness,
        time_stamp::{
            self, Authority, LONGEST_ANSWER, TimeStamp, TimeStampError, read_authorities,
        },
    },
    settings::{self, Settings, SettingsError},
    store::{Existing, StoreError, write_two_noted},
};

/// Why there is no witness with a time-stamp. Nothing was given away.
#[derive(Debug, thiserror::Error)]
pub enum StampingError {
    /// The record gives none, or cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The service did not answer.
    #[error(transparent)]
    Service(#[from] GateError),
    /// What it answered is not to be believed.
    #[error(transparent)]
    Stamp(#[from] TimeStampError),
    /// The address or the authority cannot be kept.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gave no random numbers.
    #[error("this computer gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// A file of it cannot be written.
    #[error("the file “{}” cannot be written: {error}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl From<rusqlite::Error> for StampingError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<StampingError> for Problem {
    fn from(error: StampingError) -> Self {
        match error {
            StampingError::Record(error) => error.into(),
            // What can be done about a model that does not answer is not what can be done here.
            StampingError::Service(error) => {
                let said = Self::from(error);
                Self { hint: None, ..said }
                    .hint("Save the witness without a time-stamp, or try another service.")
            }
            StampingError::Stamp(TimeStampError::OtherAuthority) => Self::from(
                TimeStampError::OtherAuthority,
            )
            .hint("If the service has told you that it changed its authority, name the new one."),
            StampingError::Stamp(error) => error.into(),
            StampingError::Settings(error) => error.into(),
            StampingError::Store(error) => error.into(),
            StampingError::Random(_) => {
                Self::new(crate::problem::ProblemCode::Internal, error.to_string())
            }
            StampingError::File { path, error } => Self::not_written(&path, &error),
        }
    }
}

/// A witness with what a service says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampedWitness {
    /// What is witnessed.
    pub checkpoint: Checkpoint,
    /// The text of the witness file, which the stamp is of, byte for byte.
    pub witness: String,
    /// The answer of the service, for the file beside it.
    pub answer: Vec<u8>,
    /// What it says.
    pub stamp: TimeStamp,
    /// Whether its authority was not known before: a person is to compare the fingerprint.
    pub first_of_authority: bool,
}

/// Where what the service says of a witness file lies: beside it.
pub fn beside(witness: &Path) -> PathBuf {
    let mut name = witness.as_os_str().to_owned();
    name.push(".tsr");
    name.into()
}

/// Why a witness was not saved.
enum Unsaved {
    File(io::Error),
    Other(StampingError),
}

impl From<io::Error> for Unsaved {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<StampingError> for Unsaved {
    fn from(error: StampingError) -> Self {
        Self::Other(error)
    }
}

impl App {
    /// What [`App::stamped_witness`] makes, in a file that a person chose and the answer of the service
    /// [`beside`] it: both, or none. Neither the record nor the service hears of it where one of them cannot
    /// be begun; where the disk is full of them later, both have heard of a witness that nobody has.
    ///
    /// # Errors
    /// [`StampingError`].
    pub fn save_stamped_witness(
        &self,
        path: &Path,
        existing: Existing,
        faulty: WhileFaulty,
        address: &str,
        named: Option<&[Authority]>,
    ) -> Result<StampedWitness, StampingError> {
        let answer = beside(path);
        let files = [path, answer.as_path()];
        write_two_noted(&self.folder, files, existing, |witness, answer| {
            let stamped = self.stamped_witness(faulty, address, named)?;
            witness.write_all(stamped.witness.as_bytes())?;
            answer.write_all(&stamped.answer)?;
            Ok(stamped)
        })
        .map_err(|error| match error {
            Unsaved::File(error) => {
                let is_taken = error.kind() == io::ErrorKind::AlreadyExists;
                let in_the_way = is_taken && !path.exists();
                let path = if in_the_way { answer } else { path.to_owned() };
                StampingError::File { path, error }
            }
            Unsaved::Other(error) => error,
        })
    }

    /// Make a witness and have it time-stamped by the service at this address, which is kept, with the
    /// authority that its stamps lead to: the ones named, else the one it had before, else the topmost
    /// that comes with this stamp.
    ///
    /// # Errors
    /// [`StampingError`]; nothing is kept or given away then.
    pub fn stamped_witness(
        &self,
        faulty: WhileFaulty,
        address: &str,
        named: Option<&[Authority]>,
    ) -> Result<StampedWitness, StampingError> {
        let address = address.trim();
        let before = self.store.read(settings::get)?;
        let known = match named {
            Some(named) => named.to_vec(),
            None => authorities_of(&before, address)?,
        };
        self.record.allow(faulty)?;
        let checkpoint = self.record.checkpoint()?;
        let witness = Witness::file(&checkpoint);
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce)?;
        let nonce = u64::from_be_bytes(nonce);
        let query = time_stamp::request(witness.as_bytes(), nonce);
        let answer = self
            .gate
            .ask_for_time_stamp(address, query, LONGEST_ANSWER)?;
        let stamp = time_stamp::check(&answer, witness.as_bytes(), Some(nonce), &known)?;
        self.note_stamp(&checkpoint, &stamp, address, faulty)?;
        // As they are now: a person may have changed others while the service thought.
        let settings = self.store.read(settings::get)?;
        self.set_settings(&Settings {
            time_stamp_url: address.to_owned(),
            time_stamp_authority: stamp.authority.to_pem(),
            ..settings
        })?;
        Ok(StampedWitness {
            first_of_authority: !known.contains(&stamp.authority),
            checkpoint,
            witness,
            answer,
            stamp,
        })
    }

    fn note_stamp(
        &self,
        checkpoint: &Checkpoint,
        stamp: &TimeStamp,
        address: &str,
        faulty: WhileFaulty,
    ) -> Result<(), StampingError> {
        let saved = self.record.witness_event(checkpoint, faulty)?;
        let stamped = here(Action::TimeStamped)
            .fact("count", checkpoint.count)
            .fact("stamped_ms", stamp.time_ms)
            .fact("authority", stamp.authority.fingerprint())
            .payload(json!({ "address": address, "service": stamp.service }));
        Ok(self.store.write(|tx| {
            self.record.append(tx, saved, now_ms())?;
            self.record.append(tx, stamped, now_ms()).map(drop)
        })?)
    }

    /// The authorities that time-stamps are held against where nobody names one.
    ///
    /// # Errors
    /// [`StampingError`] when the database fails, or what is kept there is no certificate.
    pub fn time_stamp_authorities(&self) -> Result<Vec<Authority>, StampingError> {
        let settings = self.store.read(settings::get)?;
        Ok(authorities_of(&settings, &settings.time_stamp_url)?)
    }
}

/// The authority that is known for an address; none for another address than the one that was set.
fn authorities_of(settings: &Settings, address: &str) -> Result<Vec<Authority>, TimeStampError> {
    if settings.time_stamp_url != address || settings.time_stamp_authority.is_empty() {
        return Ok(Vec::new());
    }
    read_authorities(&settings.time_stamp_authority)
}
