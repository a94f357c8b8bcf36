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
        told(&self.file, &stamped.checkpoint, Some(&stamped.stamp), json)?;
        if stamped.first_of_authority && !json {
            output::line(
                "Nobody has named this authority before. Compare its fingerprint with what the service publishes.",
            )?;
        }
        Ok(())
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
    stamp: Option<&TimeStamp>,
    json: bool,
) -> Result<(), Failure> {
    if json {
        return output::json(&json!({
            "entries": checkpoint.count,
            "code": checkpoint.code(),
            "timeStamp": stamp.map(as_json),
        }));
    }
    output::line(&format!(
        "{} speaks for {} entries. Give it to somebody you trust. Its code, for paper: {}",
        path.display(),
        checkpoint.count,
        checkpoint.code()
    ))?;
    match stamp {
        Some(stamp) => output::line(&words(stamp)),
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
    pub(super) fn stamp(
        &self,
        authorities: &[Authority],
    ) -> Option<Result<TimeStamp, TimeStampError>> {
        let (witness, answer) = self.stamped.as_ref()?;
        Some(time_stamp::check(answer, witness, None, authorities))
    }
}

/// The certificates in a file.
pub(super) fn authorities(path: &Path) -> Result<Vec<Authority>, Failure> {
    let pem = fs::read_to_string(path).map_err(|error| Failure::unread(path, &error))?;
    read_authorities(&pem).map_err(Failure::input)
}

/// What a service vouches for, in a sentence.
pub(super) fn words(stamp: &TimeStamp) -> String {
    format!(
        "It was there by {}, says “{}”. Its authority is “{}”, with the fingerprint (SHA-256) {}.",
        output::time(stamp.time_ms),
        stamp.service,
        stamp.authority.name,
        stamp.authority.fingerprint()
    )
}

pub(super) fn as_json(stamp: &TimeStamp) -> Value {
    json!({
        "timeMs": stamp.time_ms,
        "service": stamp.service,
        "authority": stamp.authority.name,
        "fingerprint": stamp.authority.fingerprint(),
    })
}
