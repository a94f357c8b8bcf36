//! The Record screen: what happened, whether it is as it was written, and proof of it for others.

pub(crate) mod witness;

use std::{ops::ControlFlow, sync::atomic::Ordering};

use gatehouse_core::{
    now_ms,
    problem::{Problem, ProblemCode},
    record::{
        Choices, Contents, EntryDetails, EntryRow, ExportError, Fault, Filter, Notes, RecordError,
        RecordStatus, VerifyError, WhileFaulty,
    },
};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;
use tauri::{AppHandle, Manager, State, ipc::Channel};

use super::{apart, chosen_file};
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
                ExportError::File(error) => Problem::not_written(&path, &error),
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
