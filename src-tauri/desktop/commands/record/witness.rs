//! Witnesses of the record: given away, time-stamped, and compared with it later.

use std::path::Path;

use gatehouse_core::{
    app::App,
    now_ms,
    problem::{Problem, ProblemCode},
    record::{
        Witness,
        time_stamp::{self, TimeStamp, TimeStampError},
    },
    stamping::beside,
    store::Existing,
};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::DialogExt;

use super::{RecordFault, Result, while_faulty};
use crate::{
    commands::{apart, chosen_file, internal},
    state::AppState,
};

/// A witness that was written to a file.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedWitness {
    /// Where it is.
    path: String,
    /// What a time-stamp service says of it; its answer is in a file beside it.
    stamp: Option<StampShown>,
}

/// What a time-stamp service vouches for.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StampShown {
    /// When the witness was there: UTC milliseconds by the clock of the service.
    #[specta(type = Number)]
    time_ms: i64,
    /// Who signed.
    service: String,
    /// Whose certificate vouches for that.
    authority: String,
    /// SHA-256 of that certificate, in hexadecimal digits.
    fingerprint: String,
    /// Whether that authority was never seen before: the person is to compare the fingerprint.
    is_new: bool,
}

impl StampShown {
    fn of(stamp: TimeStamp, is_new: bool) -> Self {
        Self {
            time_ms: stamp.time_ms,
            service: stamp.service,
            fingerprint: stamp.authority.fingerprint(),
            authority: stamp.authority.name,
            is_new,
        }
    }
}

/// The certificates of authorities in a file: a stamp must lead to one of them.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NamedAuthorities {
    /// What is in the file, for [`save_witness`].
    pem: String,
    /// Whose they are.
    authorities: Vec<AuthorityShown>,
}

/// An authority for time-stamps.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthorityShown {
    /// The name that its certificate gives it.
    name: String,
    /// SHA-256 of the certificate, in hexadecimal digits.
    fingerprint: String,
}

/// Read the certificates of authorities from a PEM file that the person chooses; nothing if they chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_time_stamp_authorities(
    handle: AppHandle,
) -> Result<Option<NamedAuthorities>> {
    apart(move || {
        let dialog = handle.dialog().file();
        let dialog = dialog.add_filter("Certificates", &["pem", "crt", "cer"]);
        let Some(path) = dialog.blocking_pick_file() else {
            return Ok(None);
        };
        let path = path.into_path().map_err(internal)?;
        let pem = std::fs::read_to_string(path).map_err(not_read)?;
        let authorities = time_stamp::read_authorities(&pem)?.into_iter();
        Ok(Some(NamedAuthorities {
            authorities: authorities
                .map(|authority| AuthorityShown {
                    fingerprint: authority.fingerprint(),
                    name: authority.name,
                })
                .collect(),
            pem,
        }))
    })
    .await
}

/// Write a witness to a file that the person chooses, time-stamped by the service at an address if there is
/// one; nothing if they chose no file. The stamp must lead to one of the `authorities` (PEM), if there are
/// any. Where a fault stands they must insist.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_witness(
    handle: AppHandle,
    insist: bool,
    time_stamp_url: Option<String>,
    authorities: Option<String>,
) -> Result<Option<SavedWitness>> {
    apart(move || {
        let faulty = while_faulty(&handle, insist)?;
        let named = authorities
            .as_deref()
            .map(time_stamp::read_authorities)
            .transpose()?;
        let Some(path) = chosen_file(&handle, "gatehouse-witness.json")? else {
            return Ok(None);
        };
        let app = handle.state::<AppState>().app()?;
        let stamp = match time_stamp_url {
            None => {
                let checkpoint = app.record.give_witness(faulty, now_ms())?;
                app.save_file(&path, Witness::file(&checkpoint).as_bytes())?;
                None
            }
            Some(url) => {
                // The dialog has asked about the file that is there.
                let existing = Existing::Replace;
                let named = named.as_deref();
                let stamped = app.save_stamped_witness(&path, existing, faulty, &url, named)?;
                Some(StampShown::of(stamped.stamp, stamped.first_of_authority))
            }
        };
        Ok(Some(SavedWitness {
            path: path.display().to_string(),
            stamp,
        }))
    })
    .await
}

/// Compare with a code, or (no code) with a witness file that the person chooses; nothing if they
/// chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn compare_witness(
    handle: AppHandle,
    code: Option<String>,
) -> Result<Option<WitnessVerdict>> {
    apart(move || {
        let app = handle.state::<AppState>().app()?;
        let (text, stamp) = match code {
            Some(code) => (code, None),
            None => match handle.dialog().file().blocking_pick_file() {
                Some(path) => {
                    let path = path.into_path().map_err(internal)?;
                    let text = std::fs::read_to_string(&path).map_err(not_read)?;
                    let stamp = stamp_beside(&app, &path, &text)?;
                    (text, stamp)
                }
                None => return Ok(None),
            },
        };
        let witness =
            Witness::read(&text).map_err(|error| Problem::new(ProblemCode::InvalidInput, error))?;
        let compared = app.record.compare(&witness, now_ms())?;
        let (stamp, stamp_fault) = match stamp {
            None => (None, None),
            Some(Ok(stamp)) => (Some(stamp), None),
            Some(Err(error)) => (None, Some(Problem::from(error).message)),
        };
        let since = compared.since.into_iter();
        Ok(Some(WitnessVerdict {
            count: compared.count,
            fault: compared.fault.as_ref().map(RecordFault::from),
            since: since
                .map(|(action, count)| Added { action, count })
                .collect(),
            stamp,
            stamp_fault,
        }))
    })
    .await
}

/// What the time-stamp beside a witness file says.
fn stamp_beside(
    app: &App,
    witness: &Path,
    text: &str,
) -> Result<Option<std::result::Result<StampShown, TimeStampError>>> {
    let answer = match std::fs::read(beside(witness)) {
        Ok(answer) => answer,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(not_read(error)),
    };
    let known = app.time_stamp_authorities()?;
    let checked = time_stamp::check(&answer, text.as_bytes(), None, &known);
    Ok(Some(checked.map(|stamp| {
        let is_new = !known.contains(&stamp.authority);
        StampShown::of(stamp, is_new)
    })))
}

/// What a comparison with a witness says.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WitnessVerdict {
    /// How many entries the witness speaks of.
    #[specta(type = Number)]
    count: i64,
    /// What is not as it was then.
    fault: Option<RecordFault>,
    /// What was added since, most first.
    since: Vec<Added>,
    /// What the time-stamp beside the witness file says, if there is one that holds.
    stamp: Option<StampShown>,
    /// Why the one that is there does not hold, as a sentence.
    stamp_fault: Option<String>,
}

/// Entries of one kind.
#[derive(Debug, Serialize, Type)]
pub(crate) struct Added {
    /// What happened.
    action: String,
    /// How often.
    #[specta(type = Number)]
    count: i64,
}

fn not_read(error: std::io::Error) -> Problem {
    Problem::new(
        ProblemCode::InvalidInput,
        format!("The file cannot be read: {error}."),
    )
}
