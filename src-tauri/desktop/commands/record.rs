//! The Record screen: what happened, whether it is as it was written, and proof of it for others.

use std::{
    io::Write as _,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use gatehouse_core::{
    app::App,
    now_ms,
    problem::{Problem, ProblemCode},
    record::{
        Choices, Contents, EntryDetails, EntryRow, ExportError, Fault, Filter, Notes, RecordError,
        RecordStatus, VerifyError, WhileFaulty, Witness,
        time_stamp::{self, TimeStamp, TimeStampError},
    },
    store::replace_file,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;
use tauri::{AppHandle, Manager, State, ipc::Channel};
use tauri_plugin_dialog::DialogExt;

use super::{apart, chosen_file, internal, not_written};
use crate::state::AppState;

type Result<T> = std::result::Result<T, Problem>;

/// What a verification found.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordVerdict {
    /// Entries that hold.
    #[specta(type = Number)]
    count: i64,
    /// What is wrong.
    fault: Option<RecordFault>,
    /// What is right and worth knowing.
    notes: Notes,
}

/// What is wrong with the record.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordFault {
    /// Its name in the record.
    name: String,
    /// What it means, as a sentence.
    words: String,
    /// The entry that it is about.
    #[specta(type = Option<Number>)]
    at: Option<i64>,
}

impl From<&Fault> for RecordFault {
    fn from(fault: &Fault) -> Self {
        Self {
            name: fault.name().to_owned(),
            words: fault.to_string(),
            at: fault.at(),
        }
    }
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

/// What of the private parts goes into an exported record.
#[derive(Debug, Clone, Copy, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RecordContents {
    /// None of them.
    Facts,
    /// All.
    Everything,
}

/// How the record stands.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn record_status(state: State<'_, AppState>) -> Result<RecordStatus> {
    Ok(state.app()?.record.status()?)
}

/// Entries, newest first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn record_entries(state: State<'_, AppState>, filter: Filter) -> Result<Vec<EntryRow>> {
    Ok(state.app()?.record.list(&filter)?)
}

/// What the filters can be set to.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn record_choices(state: State<'_, AppState>) -> Result<Choices> {
    Ok(state.app()?.record.choices()?)
}

/// One entry with all there is to it.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn record_entry(
    state: State<'_, AppState>,
    sequence: u32,
) -> Result<Option<EntryDetails>> {
    Ok(state
        .app()?
        .record
        .open_entry(i64::from(sequence), now_ms())?)
}

/// Verify all of it; the share that is done goes to `on_progress`, 0 to 1.
#[tauri::command]
#[specta::specta]
pub(crate) async fn verify_record(
    handle: AppHandle,
    on_progress: Channel<f64>,
) -> Result<RecordVerdict> {
    apart(move || {
        let state = handle.state::<AppState>();
        state.stop_verifying.store(false, Ordering::Relaxed);
        let app = state.app()?;
        let total = app.record.status()?.count.max(1);
        let verdict = app.record.verify(&mut |done| {
            #[expect(clippy::cast_precision_loss, reason = "a share for the eye")]
            let share = done as f64 / total as f64;
            if let Err(error) = on_progress.send(share) {
                tracing::debug!("the window did not hear of a verification: {error}");
            }
            if state.stop_verifying.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let verdict = verdict.map_err(not_verified)?;
        Ok(RecordVerdict {
            count: verdict.count,
            fault: verdict.fault.as_ref().map(RecordFault::from),
            notes: verdict.notes,
        })
    })
    .await
}

/// Stop the verification that is under way.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn stop_verifying_record(state: State<'_, AppState>) {
    state.stop_verifying.store(true, Ordering::Relaxed);
}

/// The person has read that the record does not verify.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn record_failure_seen(state: State<'_, AppState>) -> Result<()> {
    Ok(state.app()?.record.failure_seen(now_ms())?)
}

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

/// Write a witness to a file that the person chooses, time-stamped by the service at an address if there is
/// one; nothing if they chose no file. Where a fault stands they must insist.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_witness(
    handle: AppHandle,
    insist: bool,
    time_stamp_url: Option<String>,
) -> Result<Option<SavedWitness>> {
    apart(move || {
        let faulty = while_faulty(&handle, insist)?;
        let Some(path) = chosen_file(&handle, "gatehouse-witness.json")? else {
            return Ok(None);
        };
        let write = |path: &Path, content: &[u8]| {
            replace_file(path, |file| file.write_all(content)).map_err(not_written)
        };
        let app = handle.state::<AppState>().app()?;
        let stamp = match time_stamp_url {
            None => {
                let checkpoint = app.record.give_witness(faulty, now_ms())?;
                write(&path, Witness::file(&checkpoint).as_bytes())?;
                None
            }
            Some(url) => {
                let stamped = app.stamped_witness(faulty, &url, None)?;
                write(&path, stamped.witness.as_bytes())?;
                write(&beside(&path), &stamped.answer)?;
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

/// Where the time-stamp of a witness file lies.
fn beside(witness: &Path) -> PathBuf {
    let mut name = witness.as_os_str().to_owned();
    name.push(".tsr");
    name.into()
}

/// Write the record to a file that the person chooses; its path, or nothing if they chose none. Where a
/// fault stands they must insist.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_record(
    handle: AppHandle,
    contents: RecordContents,
    insist: bool,
) -> Result<Option<String>> {
    apart(move || {
        let faulty = while_faulty(&handle, insist)?;
        let Some(path) = chosen_file(&handle, "gatehouse-record.jsonl")? else {
            return Ok(None);
        };
        let contents = match contents {
            RecordContents::Facts => Contents::Facts,
            RecordContents::Everything => Contents::Everything,
        };
        let app = handle.state::<AppState>().app()?;
        app.record
            .export_to(&path, contents, faulty, now_ms())
            .map_err(|error| match error {
                ExportError::Record(error) => error.into(),
                ExportError::File(error) => not_written(error),
            })?;
        Ok(Some(path.display().to_string()))
    })
    .await
}

/// Refused before the person is asked for a file, if it must be.
fn while_faulty(handle: &AppHandle, insist: bool) -> Result<WhileFaulty> {
    if insist {
        return Ok(WhileFaulty::Insist);
    }
    match handle.state::<AppState>().app()?.record.standing_fault()? {
        Some(fault) => Err(RecordError::Faulty(fault).into()),
        None => Ok(WhileFaulty::Refuse),
    }
}

fn not_verified(error: VerifyError) -> Problem {
    match error {
        VerifyError::Stopped => Problem::new(ProblemCode::Cancelled, error),
        VerifyError::Store(error) => error.into(),
        other => Problem::new(ProblemCode::DataUnusable, other),
    }
}

fn not_read(error: std::io::Error) -> Problem {
    Problem::new(
        ProblemCode::InvalidInput,
        format!("The file cannot be read: {error}."),
    )
}
