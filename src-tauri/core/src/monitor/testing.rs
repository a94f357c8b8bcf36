//! What the tests of this module stand on: an app with nothing in it, and calls.

use tempfile::TempDir;

use crate::{
    app::{App, Surroundings},
    costs::{self, CallEnd, CallStart, CallStatus, Purpose, Route},
    money::Money,
    record::Actor,
    secrets::{self, KeyHome},
    store::{DataFolder, StoreError},
    workspaces,
};

/// An app of its own, gone when the test ends.
pub(super) fn app() -> (TempDir, App) {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::resolve(Some(dir.path())).unwrap();
    secrets::database_key(&folder, KeyHome::File).unwrap();
    let app = beside(&dir);
    (dir, app)
}

/// Another one on the same data.
pub(super) fn beside(dir: &TempDir) -> App {
    let folder = DataFolder::resolve(Some(dir.path())).unwrap();
    let around = Surroundings {
        engine_program: "no engine".into(),
        resources: None,
        actor: Actor::CommandLine,
        on_engine_change: Box::new(|| {}),
    };
    App::open(&folder, around).unwrap()
}

/// What is told apart of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    pub(super) model: &'static str,
    pub(super) started_at_ms: i64,
    pub(super) status: CallStatus,
    pub(super) purpose: Purpose,
    /// What failed, if it did.
    pub(super) error_kind: &'static str,
    pub(super) waited_ms: Option<i64>,
    pub(super) first_token_ms: i64,
    pub(super) duration_ms: i64,
    /// Millionths of a dollar.
    pub(super) cost: i128,
}

/// An answer that began then.
pub(super) fn answer(started_at_ms: i64) -> Made {
    Made {
        model: "gpt-5",
        started_at_ms,
        status: CallStatus::Answered,
        purpose: Purpose::Chat,
        error_kind: "timeout",
        waited_ms: None,
        first_token_ms: 400,
        duration_ms: 1_400,
        cost: 0,
    }
}

/// Write a call as the gate does: its row, and then its end.
pub(super) fn call(app: &App, made: Made) -> i64 {
    app.store
        .write(|tx| {
            let start = CallStart {
                started_at_ms: made.started_at_ms,
                workspace: workspaces::first(tx, 0)?,
                conversation: None,
                message: None,
                client: None,
                purpose: made.purpose,
                provider: "openai",
                model_id: None,
                account_id: None,
                alias: None,
                decision: None,
                masked: 0,
                pictures: 0,
                moves: &[],
                model: made.model,
                version: made.model,
                route: Route::Cloud,
            };
            let number = costs::begin(tx, &start)?;
            if made.status == CallStatus::Running {
                return Ok(number);
            }
            let end = CallEnd {
                status: made.status,
                finish: None,
                error_kind: (made.status == CallStatus::Failed).then_some(made.error_kind),
                input_tokens: 100,
                cached_tokens: 0,
                cache_written_tokens: 0,
                cache_written_hour_tokens: 0,
                output_tokens: 41,
                reasoning_tokens: 0,
                dropped_messages: 0,
                waited_ms: made.waited_ms,
                first_token_ms: (made.status != CallStatus::Failed).then_some(made.first_token_ms),
                duration_ms: made.duration_ms,
                writing_ms: made.duration_ms - made.first_token_ms,
                cost: Some(Money::from_pico(made.cost * 1_000_000)),
                price: None,
                measured: true,
            };
            costs::end(tx, number, &end)?;
            Ok::<_, StoreError>(number)
        })
        .unwrap()
}
