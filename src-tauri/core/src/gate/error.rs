//! Why a call was not made or did not end well, and how a person is told.

use gatehouse_protocol::{LoadErrorKind, RequestErrorKind};

use crate::{
    chat::ChatError,
    engine::{Death, EngineError},
    models::ModelError,
    problem::{Problem, ProblemCode},
    store::StoreError,
};

/// Why a call was not made or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// Nothing to answer with.
    #[error("no model is installed yet")]
    NoModel,
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// This conversation is being answered already.
    #[error("this conversation is being answered already")]
    Busy,
    /// The engine could not do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The conversation or message cannot be used.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for GateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<GateError> for Problem {
    fn from(error: GateError) -> Self {
        use ProblemCode as Code;
        match error {
            GateError::NoModel => {
                Problem::new(Code::NoModel, &error).hint("Add a GGUF file on the Models screen.")
            }
            GateError::Busy => {
                Problem::new(Code::Busy, &error).hint("Stop that answer or wait for its end.")
            }
            GateError::Model(model) => model.into(),
            GateError::Engine(engine) => Problem::from(&engine),
            GateError::Chat(chat) => chat.into(),
            GateError::Store(store) => store.into(),
        }
    }
}

impl From<&EngineError> for Problem {
    fn from(error: &EngineError) -> Self {
        use ProblemCode as Code;
        match error {
            EngineError::Start { .. } => {
                Problem::new(Code::Internal, error).hint("Install Gatehouse again: a part of it is missing.")
            }
            EngineError::Load { kind, .. } => load_problem(*kind, error),
            EngineError::Died(Death::Killed) => Problem::new(Code::EngineDied, error)
                .hint("What was written is kept. Close other programs or choose a smaller model, then try again."),
            EngineError::Died(_) => Problem::new(Code::EngineDied, error)
                .hint("What was written is kept. Try again: the next answer starts a new engine."),
            EngineError::Request { kind, .. } => match kind {
                RequestErrorKind::PromptTooLong => Problem::new(Code::PromptTooLong, error)
                    .hint("Shorten the message, or raise the context size in Settings."),
                RequestErrorKind::BadConstraint => Problem::new(Code::BadConstraint, error)
                    .hint("Check the JSON Schema or the grammar."),
                RequestErrorKind::Template => Problem::new(Code::ModelRefused, error)
                    .hint("The model's own chat template does not work. Use another file of this model."),
                RequestErrorKind::NotReady | RequestErrorKind::Compute => {
                    Problem::new(Code::EngineDied, error).hint("Try again.")
                }
            },
            EngineError::Stopped => Problem::new(Code::Cancelled, error),
        }
    }
}

fn load_problem(kind: LoadErrorKind, error: &EngineError) -> Problem {
    use ProblemCode as Code;
    match kind {
        LoadErrorKind::Cancelled => Problem::new(Code::Cancelled, error),
        LoadErrorKind::NotFound | LoadErrorKind::Unreadable => {
            Problem::new(Code::ModelMissing, error)
        }
        LoadErrorKind::OutOfMemory => Problem::new(Code::ModelTooLarge, error)
            .hint("Close other programs, or choose a smaller model or context."),
        LoadErrorKind::Damaged
        | LoadErrorKind::Unsupported
        | LoadErrorKind::VocabOnly
        | LoadErrorKind::WrongPurpose
        | LoadErrorKind::Other => Problem::new(Code::ModelRefused, error),
    }
}

impl From<ChatError> for Problem {
    fn from(error: ChatError) -> Self {
        use ProblemCode as Code;
        match error {
            ChatError::NoConversation | ChatError::NoMessage => Problem::new(Code::NotFound, error),
            ChatError::EmptyName | ChatError::EmptyMessage | ChatError::Sampling(_) => {
                Problem::new(Code::InvalidInput, error)
            }
            ChatError::Store(error) => error.into(),
        }
    }
}
