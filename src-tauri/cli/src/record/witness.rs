//! `gatehouse record witness`, and what is read of a witness later: the file, and the time-stamp beside it.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use gatehouse_core::{
    app::App,
    now_ms,
    record::{
        Checkpoint, WhileFaulty, Witness, WitnessError,
        time_stamp::{self, Authority, TimeStamp, TimeStampError, read_authorities},
    },
    stamping::{StampedWitness, StampingError, beside},
    store::Existing,
};
use serde_json::{Value, json};

use super::{failed, while_faulty};
use crate::{failure::Failure, output, saving::save_new};

/// Write a signed checkpoint to a file, to give away: it shows later that nothing before it changed.
#[derive(Args)]
pub(crate) struct Give {
    /// The new file.
    file: PathBuf,
    /// Also where a verification found a fault; the record then says so.
    #[arg(long)]
    anyway: bool,
    /// Have it time-stamped by the service (RFC 3161) at this address; its answer goes into FILE.tsr.
    #[arg(long, value_name = "URL")]
    time_stamp: Option<String>,
    /// The certificate that the time-stamp must lead to; without it, the one that was accepted before, or
    /// the topmost that comes with it.
    #[arg(long, value_name = "CERT.pem", requires = "time_stamp")]
    authority: Option<PathBuf>,
}

impl Give {
    pub(super) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let faulty = while_faulty(self.anyway);
        let Some(address) = &self.time_stamp else {
            let checkpoint = save_new(app, &self.file, |file| {
                let checkpoint = app.record.give_witness(faulty, now_ms()).map_err(failed)?;
                file.write_all(Witness::file(&checkpoint).as_bytes())?;
                Ok(checkpoint)
            })?;
            return told(&self.file, &checkpoint, None, json);
        };
        let stamped = self.stamped(app, faulty, address)?;
        let stamp = Stamp {
            stamp: stamped.stamp,
            is_named: !stamped.first_of_authority,
        };
        told(&self.file, &stamped.checkpoint, Some(&stamp), json)
    }

    /// Write a witness and what the service says of it.
    fn stamped(
        &self,
        app: &App,
        faulty: WhileFaulty,
        address: &str,
    ) -> Result<StampedWitness, Failure> {
        let named = self.authority.as_deref().map(authorities).transpose()?;
        app.save_stamped_witness(
            &self.file,
            Existing::Keep,
            faulty,
            address,
            named.as_deref(),
        )
        .map_err(|error| match error {
            StampingError::Record(error) => failed(error),
            StampingError::File { path, error } => Failure::unwritten(&path, &error),
            other => Failure::from(other),
        })
    }
}

fn told(
    path: &Path,
    checkpoint: &Checkpoint,
    stamp: Option<&Stamp>,
    json: bool,
) -> Result<(), Failure> {
    if json {
        return output::json(&json!({
            "entries": checkpoint.count,
            "code": checkpoint.code(),
            "timeStamp": stamp.map(Stamp::as_json),
        }));
    }
    output::line(&format!(
        "{} speaks for {} entries. Give it to somebody you trust. Its code, for paper: {}",
        path.display(),
        checkpoint.count,
        checkpoint.code()
    ))?;
    match stamp {
        Some(stamp) => output::line(&stamp.words()),
        None => Ok(()),
    }
}

/// A witness, and the time-stamp that lies beside its file.
pub(super) struct Given {
    pub(super) witness: Witness,
    /// The bytes of the file, and what the service said of them.
    stamped: Option<(Vec<u8>, Vec<u8>)>,
}

impl Given {
    /// From the name of a file, or a code.
    pub(super) fn read(given: &str) -> Result<Self, Failure> {
        let path = Path::new(given);
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(_) if given.trim().to_ascii_uppercase().starts_with("GH-") => {
                given.as_bytes().to_vec()
            }
            Err(error) => return Err(Failure::unread(path, &error)),
        };
        let witness =
            Witness::read(&String::from_utf8_lossy(&bytes)).map_err(|error| match error {
                WitnessError::Unsigned => Failure::unsigned(&error),
                WitnessError::Unknown => Failure::input(error),
            })?;
        let answer = beside(path);
        let stamped = match answer.exists() {
            false => None,
            true => {
                let answer = fs::read(&answer).map_err(|error| Failure::unread(&answer, &error))?;
                Some((bytes, answer))
            }
        };
        Ok(Self { witness, stamped })
    }

    /// What the time-stamp beside it says, if there is one.
    pub(super) fn stamp(&self, authorities: &[Authority]) -> Option<Result<Stamp, TimeStampError>> {
        let (witness, answer) = self.stamped.as_ref()?;
        let stamp = time_stamp::check(answer, witness, None, authorities);
        Some(stamp.map(|stamp| Stamp {
            stamp,
            is_named: !authorities.is_empty(),
        }))
    }
}

/// The certificates in a file.
pub(super) fn authorities(path: &Path) -> Result<Vec<Authority>, Failure> {
    let pem = fs::read_to_string(path).map_err(|error| Failure::unread(path, &error))?;
    read_authorities(&pem).map_err(Failure::input)
}

/// What a service vouches for.
pub(super) struct Stamp {
    stamp: TimeStamp,
    /// Whether its authority was named, now or before: else it is whatever certificate came with the stamp,
    /// which anybody can make.
    is_named: bool,
}

impl Stamp {
    pub(super) fn words(&self) -> String {
        let time = output::time(self.stamp.time_ms);
        let (service, authority) = (&self.stamp.service, &self.stamp.authority);
        let (name, fingerprint) = (&authority.name, authority.fingerprint());
        match self.is_named {
            true => format!(
                "It was there by {time}, says “{service}”. Its authority is “{name}”, with the fingerprint (SHA-256) \
                 {fingerprint}."
            ),
            false => format!(
                "A time-stamp in the name of “{service}” has the time {time}. Nobody has named its authority before, \
                 and anybody can make one of this name: the time counts only if the fingerprint (SHA-256) of “{name}” \
                 that the service publishes is {fingerprint}."
            ),
        }
    }

    pub(super) fn as_json(&self) -> Value {
        json!({
            "timeMs": self.stamp.time_ms,
            "service": self.stamp.service,
            "authority": self.stamp.authority.name,
            "fingerprint": self.stamp.authority.fingerprint(),
            "named": self.is_named,
        })
    }
}
