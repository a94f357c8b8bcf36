//! `gatehouse record verify`: whether the record, or an exported file of one, is as it was written, and what
//! came since a witness.

use std::{
    fs::File,
    io::{self, BufReader, IsTerminal},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use clap::Args;
use gatehouse_core::{
    app::App,
    now_ms,
    record::{
        Compared, Fault, StandingFault, Verdict, Witness, parse_public_key,
        time_stamp::{Authority, TimeStampError},
        verify_file,
    },
};
use serde_json::{Value, json};

use super::witness::{self, Given, Stamp};
use crate::{failure::Failure, output};

/// Verify the record, or an exported file of one.
#[derive(Args)]
pub(crate) struct Verify {
    /// An exported record; without it, the record of this Gatehouse.
    pub(crate) file: Option<PathBuf>,
    /// A witness file, or a code like GH-128-AAAA-….
    #[arg(long, value_name = "FILE-OR-CODE")]
    witness: Option<String>,
    /// The certificate that the time-stamp beside the witness file must lead to.
    #[arg(long, value_name = "CERT.pem", requires = "witness")]
    authority: Option<PathBuf>,
    /// The key that the file must be signed with, as 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", requires = "file")]
    public_key: Option<String>,
}

/// All that was found.
struct Findings<'a> {
    verdict: &'a Verdict,
    /// A fault that was found before, and stands whatever holds now.
    stands: Option<Stands<'a>>,
    compared: Option<&'a Compared>,
    /// With a code, which somebody may have copied with a mistake.
    by_code: bool,
    stamp: Option<Result<Stamp, TimeStampError>>,
}

struct Stands<'a> {
    fault: StandingFault,
    /// What the start of this very command found.
    at_start: Option<&'a Fault>,
}

impl Verify {
    /// Verify a file. It needs no data folder and no key.
    pub(crate) fn of_file(&self, path: &Path, json: bool) -> Result<(), Failure> {
        let given = self.given()?;
        let key = self.public_key.as_deref().map(parse_public_key);
        if key == Some(None) {
            return Err(Failure::input("A public key has 64 hexadecimal digits."));
        }
        let file = File::open(path).map_err(|error| Failure::unread(path, &error))?;
        let key = key.flatten();
        let witness = given.as_ref().map(|given| &given.witness);
        let verdict =
            verify_file(&mut BufReader::new(file), witness, key.as_ref()).map_err(Failure::data)?;
        let findings = Findings {
            verdict: &verdict,
            stands: None,
            compared: verdict.compared.as_ref(),
            by_code: witness.is_some_and(Witness::is_code),
            stamp: self.stamp(given.as_ref(), &[])?,
        };
        findings.tell(json)?;
        if verdict.holds() && !json && key.is_none() && witness.is_none() {
            output::line(
                "Compare the public key, or name a witness: by itself a file only shows that it is in one piece.",
            )?;
        }
        findings.judge()
    }

    /// Verify the record of this Gatehouse.
    pub(super) fn own(&self, app: &App, json: bool) -> Result<(), Failure> {
        let given = self.given()?;
        let known = app.time_stamp_authorities()?;
        let stamp = self.stamp(given.as_ref(), &known)?;
        let verdict = walked(app, json)?;
        let compare = |given: &Given| app.record.compare(&given.witness, now_ms());
        let compared = given.as_ref().map(compare).transpose();
        let compared = compared.map_err(Failure::data)?;
        let stands = app.record.standing_fault().map_err(Failure::data)?;
        let findings = Findings {
            verdict: &verdict,
            stands: stands.map(|fault| Stands {
                fault,
                at_start: app.record.fault_at_start(),
            }),
            compared: compared.as_ref(),
            by_code: given.is_some_and(|given| given.witness.is_code()),
            stamp,
        };
        findings.tell(json)?;
        findings.judge()
    }

    fn given(&self) -> Result<Option<Given>, Failure> {
        self.witness.as_deref().map(Given::read).transpose()
    }

    /// What the time-stamp beside the witness says, to somebody who has named an authority or knows one.
    fn stamp(
        &self,
        given: Option<&Given>,
        known: &[Authority],
    ) -> Result<Option<Result<Stamp, TimeStampError>>, Failure> {
        let named = self
            .authority
            .as_deref()
            .map(witness::authorities)
            .transpose()?;
        Ok(given.and_then(|given| given.stamp(named.as_deref().unwrap_or(known))))
    }
}

/// The verdict on the own record. How far it is stands on a terminal meanwhile.
fn walked(app: &App, json: bool) -> Result<Verdict, Failure> {
    let shows = io::stderr().is_terminal() && !json;
    let total = app.record.status().map_err(Failure::data)?.count.max(1);
    let verdict = app.record.verify(&mut |done| {
        if shows {
            eprint!("\r{} %", done * 100 / total);
        }
        ControlFlow::Continue(())
    });
    if shows {
        eprint!("\r");
    }
    verdict.map_err(Failure::data)
}

impl Findings<'_> {
    /// Whether everything that was looked at holds, and nothing stands against it.
    fn hold(&self) -> bool {
        self.verdict.holds()
            && self.stands.is_none()
            && self
                .compared
                .is_none_or(|compared| compared.fault.is_none())
            && self.stamp.as_ref().is_none_or(Result::is_ok)
    }

    /// Whether what the witness contradicts can be the code itself.
    fn may_be_a_slip(&self) -> bool {
        let fault = self.compared.and_then(|compared| compared.fault.as_ref());
        self.by_code
            && matches!(
                fault,
                Some(Fault::CheckpointDiffers(_) | Fault::CutOff { .. })
            )
    }

    fn judge(&self) -> Result<(), Failure> {
        match &self.stands {
            _ if self.hold() => Ok(()),
            Some(stands) if self.verdict.holds() => Err(Failure::stands(&stands.fault)),
            _ => Err(Failure::does_not_hold()),
        }
    }

    fn tell(&self, json: bool) -> Result<(), Failure> {
        if json {
            return output::json(&self.as_json());
        }
        let verdict = self.verdict;
        output::line(&match (&verdict.fault, &self.stands) {
            (Some(fault), _) => format!("It does not hold. {fault}"),
            (None, None) => format!("All {} entries hold.", verdict.count),
            (None, Some(_)) => format!("All {} entries that are there hold.", verdict.count),
        })?;
        if let Some(stands) = &self.stands
            && (verdict.holds() || stands.at_start.is_some())
        {
            output::line(&stands.words())?;
        }
        for note in verdict.notes.words() {
            output::line(&note)?;
        }
        if let Some(key) = verdict.public_key() {
            output::line(&format!("Public key: {key}"))?;
        }
        self.compared.map_or(Ok(()), |compared| {
            let is_new = compared.fault != verdict.fault;
            tell_compared(compared, is_new)
        })?;
        if self.may_be_a_slip() {
            output::line(
                "A mistake in the code looks the same: compare its number and its letters with what was given away.",
            )?;
        }
        match &self.stamp {
            Some(Ok(stamp)) => output::line(&format!("The witness: {}", stamp.words())),
            Some(Err(error)) => output::line(&format!("The time-stamp of the witness: {error}.")),
            None => Ok(()),
        }
    }

    fn as_json(&self) -> Value {
        let verdict = self.verdict;
        json!({
            "holds": self.hold(),
            "entries": verdict.count,
            "fault": verdict.fault.as_ref().map(Fault::name),
            "at": verdict.fault.as_ref().and_then(Fault::at),
            "standing": self.stands.as_ref().map(|stands| json!({
                "fault": stands.fault.fault,
                "at": stands.fault.at,
                "entry": stands.fault.entry,
                "foundAtThisStart": stands.at_start.is_some(),
            })),
            "publicKey": verdict.public_key(),
            "notes": verdict.notes,
            "witness": self.compared.map(|compared| json!({
                "entries": compared.count,
                "holds": compared.fault.is_none(),
                "fault": compared.fault.as_ref().map(Fault::name),
                "at": compared.fault.as_ref().and_then(Fault::at),
                "since": compared.since.iter().map(|(action, count)| json!({
                    "action": action,
                    "count": count,
                })).collect::<Vec<_>>(),
            })),
            "timeStamp": self.stamp.as_ref().map(|stamp| match stamp {
                Ok(stamp) => stamp.as_json(),
                Err(error) => json!({ "error": error.to_string() }),
            }),
        })
    }
}

impl Stands<'_> {
    fn words(&self) -> String {
        let entry = self.fault.entry;
        match self.at_start {
            Some(fault) => format!(
                "The start of this command found a fault, as entry {entry} says, and it stands: {fault}"
            ),
            None => format!(
                "A fault stands that was found before, as entry {entry} says: {}.",
                self.fault
            ),
        }
    }
}

/// What a witness says; that it contradicts only where that `is_new`, and was not said of the record itself.
fn tell_compared(compared: &Compared, is_new: bool) -> Result<(), Failure> {
    if let Some(fault) = &compared.fault {
        return match is_new {
            true => output::line(&format!("The witness contradicts it: {fault}")),
            false => Ok(()),
        };
    }
    let after: i64 = compared.since.iter().map(|(_, count)| count).sum();
    let first = match compared.count {
        1 => "The first entry is that of the witness".to_owned(),
        count => format!("The first {count} entries are those of the witness"),
    };
    if after == 0 {
        return output::line(&format!("{first}; none came after."));
    }
    output::line(&format!("{first}; {after} came after:"))?;
    for (action, count) in &compared.since {
        output::line(&format!("  {count} × {action}"))?;
    }
    Ok(())
}
