//! Why a file cannot be loaded: what can be seen of it before its weights are read, and what
//! llama.cpp says of it then, both in words that a person can act on.

use std::path::Path;

use gatehouse_gguf::{GgufError, GgufSummary, ModelKind, read_summary};
use gatehouse_protocol::{LoadErrorKind, ModelPurpose};

/// A load that failed, as the app is told of it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct LoadFailure {
    /// What kind of fault it was.
    pub kind: LoadErrorKind,
    /// What was found, for people.
    pub message: String,
}

impl LoadFailure {
    /// A failure of this kind.
    pub fn new(kind: LoadErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

impl From<GgufError> for LoadFailure {
    fn from(error: GgufError) -> Self {
        let kind = match &error {
            GgufError::NotFound | GgufError::PartMissing { .. } => LoadErrorKind::NotFound,
            GgufError::Folder
            | GgufError::NotAFile
            | GgufError::NotAllowed
            | GgufError::Unreadable(_) => LoadErrorKind::Unreadable,
            GgufError::BigEndian
            | GgufError::OldVersion
            | GgufError::UnknownVersion(_)
            | GgufError::UnknownTensorType(_)
            | GgufError::NotAModel(_)
            | GgufError::NotFirstPart { .. } => LoadErrorKind::Unsupported,
            GgufError::VocabOnly => LoadErrorKind::VocabOnly,
            GgufError::Empty
            | GgufError::OnlyZeros
            | GgufError::WebPage { .. }
            | GgufError::LfsPointer
            | GgufError::Text { .. }
            | GgufError::OtherFormat(_)
            | GgufError::NotGguf
            | GgufError::Truncated { .. }
            | GgufError::Absurd(_)
            | GgufError::Malformed(_) => LoadErrorKind::Damaged,
        };
        Self::new(kind, format!("{error} {}", error.hint()))
    }
}

/// Refuse what can be seen to be of no use without reading the weights.
///
/// # Errors
/// [`LoadFailure`] with the reason.
pub fn inspect(path: &Path, purpose: ModelPurpose) -> Result<GgufSummary, LoadFailure> {
    let summary = read_summary(path)?;
    if purpose == ModelPurpose::Chat && summary.kind == ModelKind::Embedding {
        return Err(LoadFailure::new(
            LoadErrorKind::WrongPurpose,
            "This model turns texts into vectors and cannot chat. Choose a chat model.",
        ));
    }
    Ok(summary)
}

/// Turn what llama.cpp reported into a reason for people.
#[must_use]
pub fn explain(errors: &str) -> LoadFailure {
    let first = errors.lines().next().unwrap_or("it gave no reason").trim();
    let has = |words: &[&str]| words.iter().any(|word| errors.contains(word));
    if has(&[
        "unknown model architecture",
        "unknown pre-tokenizer",
        "invalid ggml type",
        "unsupported model",
    ]) {
        return LoadFailure::new(
            LoadErrorKind::Unsupported,
            format!(
                "This kind of model is not known to this version of Gatehouse ({first}). Update Gatehouse, or choose another model."
            ),
        );
    }
    if has(&[
        "unable to allocate",
        "failed to allocate",
        "out of memory",
        "bad_alloc",
    ]) {
        return LoadFailure::new(
            LoadErrorKind::OutOfMemory,
            "There is not enough memory for the model's weights. Close other programs, or choose a smaller model.",
        );
    }
    LoadFailure::new(
        LoadErrorKind::Damaged,
        format!("llama.cpp could not use the file: {first}. Download it again."),
    )
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};

    use super::*;

    #[test]
    fn llama_cpps_reasons_get_a_kind_that_the_app_can_act_on() {
        let cases = [
            (
                "error loading model architecture: unknown model architecture: 'x'",
                LoadErrorKind::Unsupported,
            ),
            (
                "tensor 'a' data is not within the file bounds, model is corrupted or incomplete",
                LoadErrorKind::Damaged,
            ),
            ("unable to allocate CPU buffer", LoadErrorKind::OutOfMemory),
            ("", LoadErrorKind::Damaged),
        ];
        for (text, kind) in cases {
            assert_eq!(explain(text).kind, kind, "{text:?}");
        }
    }

    #[test]
    fn what_the_system_says_of_a_file_gets_a_kind_too() {
        for (error, kind) in [
            (ErrorKind::NotFound, LoadErrorKind::NotFound),
            (ErrorKind::PermissionDenied, LoadErrorKind::Unreadable),
            (ErrorKind::Other, LoadErrorKind::Unreadable),
        ] {
            let failure = LoadFailure::from(GgufError::from(io::Error::from(error)));
            assert_eq!(failure.kind, kind, "{error:?}");
        }
    }
}
