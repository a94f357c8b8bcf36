//! What goes wrong with installed models, in words a person can act on.

use std::path::PathBuf;

use gatehouse_gguf::GgufError;

use crate::{
    problem::{Problem, ProblemCode},
    store::StoreError,
};

/// Why a model could not be added, found or used. [`ModelError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file is not a model that Gatehouse can use.
    #[error(transparent)]
    File(#[from] GgufError),
    /// The file grew or changed while it was read.
    #[error("The file changed while it was read.")]
    Unsettled,
    /// The path is not Unicode, and so cannot be shown or kept.
    #[error("The path of the file has characters that cannot be kept: {}.", .0.display())]
    PathNotText(PathBuf),
    /// The person stopped it.
    #[error("Adding the model was stopped. Nothing was changed.")]
    Cancelled,
    /// The file in the starter model's place is another one.
    #[error("The starter model at {} is damaged or another file.", .0.display())]
    WrongStarter(PathBuf),
    /// No installed model has this name or id.
    #[error("There is no installed model “{0}”.")]
    Unknown(String),
    /// Several installed models have this name.
    #[error("“{text}” could be any of {}.", .candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        text: String,
        /// Ids of the models that it could be.
        candidates: Vec<String>,
    },
    /// The file is gone.
    #[error("The file of “{name}” is not at {} any more.", .path.display())]
    Missing {
        /// The model.
        name: String,
        /// Where its file was.
        path: PathBuf,
    },
    /// The file is not the one that was added.
    #[error("The file of “{name}” was changed since it was added: {}.", .path.display())]
    Changed {
        /// The model.
        name: String,
        /// Where its file is.
        path: PathBuf,
    },
    /// An embedding model was chosen for chat.
    #[error("“{0}” turns texts into vectors for searching; it cannot chat.")]
    EmbeddingOnly(String),
    /// A chat model was chosen for embedding.
    #[error("“{0}” writes answers; it does not turn texts into vectors.")]
    ChatOnly(String),
    /// It does not fit this computer's memory.
    #[error("“{name}” does not fit the memory. {reason}")]
    TooLarge {
        /// The model.
        name: String,
        /// The numbers.
        reason: String,
    },
    /// The list itself could not be read or written.
    #[error("The list of models could not be read or written: {0}.")]
    Store(#[from] rusqlite::Error),
}

impl ModelError {
    /// What a person can do about it, when there is something.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::File(error) => error.hint(),
            Self::Unsettled => "Wait until its download or copy has ended, then add it again.",
            Self::PathNotText(_) => "Rename the file or its folder.",
            Self::WrongStarter(_) => {
                "Delete that file and start again, or add a model of your own."
            }
            Self::Unknown(_) => {
                "The Models screen and “gatehouse models list” show what is installed."
            }
            Self::Ambiguous { .. } => "Give the id instead.",
            Self::Missing { .. } => "Put it back, or add it again from where it is now.",
            Self::Changed { .. } => "Add the file again to check it, or put the old one back.",
            Self::EmbeddingOnly(_) => "Choose a chat model.",
            Self::ChatOnly(_) => "Choose an embedding model.",
            // The reason already says it.
            Self::TooLarge { .. } | Self::Cancelled | Self::Store(_) => return None,
        })
    }
}

impl From<ModelError> for Problem {
    fn from(error: ModelError) -> Self {
        let code = match &error {
            ModelError::File(GgufError::NotFound)
            | ModelError::Missing { .. }
            | ModelError::Changed { .. } => ProblemCode::ModelMissing,
            ModelError::File(_)
            | ModelError::Unsettled
            | ModelError::WrongStarter(_)
            | ModelError::EmbeddingOnly(_)
            | ModelError::ChatOnly(_) => ProblemCode::ModelRefused,
            ModelError::PathNotText(_) | ModelError::Ambiguous { .. } => ProblemCode::InvalidInput,
            ModelError::Cancelled => ProblemCode::Cancelled,
            ModelError::Unknown(_) => ProblemCode::NotFound,
            ModelError::TooLarge { .. } => ProblemCode::ModelTooLarge,
            ModelError::Store(_) => ProblemCode::Internal,
        };
        match error {
            ModelError::Store(error) => StoreError::from(error).into(),
            _ => Self {
                hint: error.hint().map(str::to_owned),
                ..Self::new(code, &error)
            },
        }
    }
}
