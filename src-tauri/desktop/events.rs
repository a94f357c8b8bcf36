//! What the host tells the interface without being asked.

use gatehouse_core::{
    engine::{EngineSnapshot, EngineState},
    ids::{ConversationId, ModelId},
    models::{HowAdded, InstalledModel},
    monitor::AlertNews,
    privacy::{backup::BackupStatus, retention::RetentionStatus},
    problem::Problem,
};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;
use tauri::AppHandle;
use tauri_specta::Event;

use crate::commands::startup::Startup;

/// A conversation changed without the interface's doing: list again.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct ConversationsChanged {
    /// Which one; `None`: any.
    pub(crate) id: Option<ConversationId>,
}

/// Something was found in the open data that a person must decide about: show this screen.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct StartupChanged(pub(crate) Startup);

/// Something that Gatehouse does by itself did not succeed.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct TroubleMet(pub(crate) Problem);

/// The list of models changed.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct ModelsChanged {}

/// How the loaded models stand.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct EnginesChanged(pub(crate) Vec<EngineStatus>);

/// A backup was made by itself, or could not be made.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct BackupsChanged(pub(crate) BackupStatus);

/// What was due was deleted or made anonymous by itself, or could not be, or waits for a person.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct RetentionChanged(pub(crate) RetentionStatus);

/// An alert fires, or does not any more.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct AlertChanged(pub(crate) AlertNews);

/// A file is held over the window, or is not any more.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct ModelDragging {
    over: bool,
}

/// Pictures, and nothing else, are held over the window, or are not any more.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct PictureDragging {
    over: bool,
}

/// Pictures were let go over the window, and wait to be added to a message.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct PicturesDropped {}

/// How adding a file as a model goes.
#[derive(Debug, Clone, Serialize, Type, Event)]
pub(crate) struct ModelAdding {
    /// The file's name.
    pub(crate) file: String,
    /// How it stands.
    pub(crate) state: AddingState,
    /// Share of the file that was read, 0 to 1.
    #[specta(type = Number)]
    pub(crate) fraction: f64,
    /// What was added.
    pub(crate) model: Option<InstalledModel>,
    /// Whether it was on the list before.
    pub(crate) added: Option<HowAdded>,
    /// Why it was refused.
    pub(crate) error: Option<Problem>,
}

/// How adding a file stands.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AddingState {
    /// It is being read and hashed.
    Reading,
    /// It is on the list.
    Added,
    /// It cannot be used.
    Refused,
}

/// How one loaded model stands.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EngineStatus {
    model_id: ModelId,
    state: EngineStatusState,
    /// Share of the load that is done, 0 to 1.
    #[specta(type = Number)]
    fraction: f32,
    context_tokens: u32,
    sequences: u32,
    /// Weights and KV cache, in bytes; 0 before it is loaded.
    #[specta(type = Number)]
    memory_bytes: u64,
    error: Option<Problem>,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "snake_case")]
enum EngineStatusState {
    Loading,
    Ready,
    Answering,
    Failed,
}

impl From<EngineSnapshot> for EngineStatus {
    fn from(engine: EngineSnapshot) -> Self {
        let mut status = Self {
            model_id: engine.model,
            state: EngineStatusState::Loading,
            fraction: 0.0,
            context_tokens: 0,
            sequences: 0,
            memory_bytes: 0,
            error: None,
        };
        match engine.state {
            EngineState::Loading(fraction) => status.fraction = fraction,
            EngineState::Ready(model) => {
                let answering = engine.active > 0;
                status.state = if answering {
                    EngineStatusState::Answering
                } else {
                    EngineStatusState::Ready
                };
                status.fraction = 1.0;
                status.context_tokens = model.context_tokens;
                status.sequences = model.sequences;
                status.memory_bytes = model.weights_bytes + model.kv_cache_bytes;
            }
            EngineState::Failed(error) => {
                status.state = EngineStatusState::Failed;
                status.error = Some(Problem::from(&error));
            }
        }
        status
    }
}

/// Tell that files are held over the window, or are not any more.
pub(crate) fn dragging(handle: &AppHandle, models: bool, pictures: bool) {
    tell(handle, &ModelDragging { over: models });
    tell(handle, &PictureDragging { over: pictures });
}

/// Send an event. Nobody hears it when the window is closing, and then nobody needs to.
pub(crate) fn tell<E: Event + Serialize + Clone>(handle: &AppHandle, event: &E) {
    if let Err(error) = event.emit(handle) {
        tracing::debug!("the window did not hear an event: {error}");
    }
}
