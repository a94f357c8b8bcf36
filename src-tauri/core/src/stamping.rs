//! A witness that a time-stamp service of the person's choice has signed, too: checked before anybody has
//! it, and recorded.

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
    store::StoreError,
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

impl App {
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
