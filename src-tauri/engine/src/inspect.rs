//! Why a file cannot be loaded: what can be seen of it before its weights are read, and what
//! llama.cpp says of it then, both in words that a person can act on.

use std::{fs, io::ErrorKind, path::Path};

use gatehouse_protocol::{LoadErrorKind, ModelPurpose};

use crate::gguf::{Gguf, GgufError, Value};

/// Architectures that read texts and write none.
const EMBEDDING_ARCHITECTURES: &[&str] = &[
    "bert",
    "modern-bert",
    "nomic-bert",
    "nomic-bert-moe",
    "neo-bert",
    "jina-bert-v2",
    "jina-bert-v3",
    "eurobert",
    "t5encoder",
    "gemma-embedding",
    "llama-embed",
];

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
        match &error {
            GgufError::Io(e) => Self::from_io(e),
            GgufError::Version(_) => Self::new(LoadErrorKind::Unsupported, error.to_string()),
            _ => Self::new(LoadErrorKind::Damaged, error.to_string()),
        }
    }
}

impl LoadFailure {
    fn from_io(error: &std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::new(
                LoadErrorKind::NotFound,
                "The file is not there any more. Add the model again from where it is now.",
            ),
            ErrorKind::PermissionDenied => Self::new(
                LoadErrorKind::Unreadable,
                "You may not read this file. Change its permissions, then try again.",
            ),
            _ => Self::new(
                LoadErrorKind::Unreadable,
                format!("The file cannot be read: {error}."),
            ),
        }
    }
}

/// Refuse what can be seen to be of no use without reading the weights.
///
/// # Errors
/// [`LoadFailure`] with the reason.
pub fn inspect(path: &Path, purpose: ModelPurpose) -> Result<Gguf, LoadFailure> {
    let metadata = fs::metadata(path).map_err(|e| LoadFailure::from_io(&e))?;
    if metadata.is_dir() {
        return Err(LoadFailure::new(
            LoadErrorKind::Unreadable,
            "This is a folder. Choose the GGUF file inside it.",
        ));
    }
    // Opening a pipe would wait for somebody to write into it.
    if !metadata.is_file() {
        return Err(LoadFailure::new(
            LoadErrorKind::Unreadable,
            "This is no ordinary file. Choose a GGUF file on a disk.",
        ));
    }
    let gguf = Gguf::open(path)?;
    let Some(architecture) = gguf.architecture().filter(|name| !name.is_empty()) else {
        return Err(GgufError::Nonsense("it does not name an architecture").into());
    };
    refuse_parts(&gguf, architecture)?;
    if gguf.tensors == 0 {
        return Err(LoadFailure::new(
            LoadErrorKind::VocabOnly,
            "The file holds a vocabulary without weights, so it cannot answer. Choose the model's main file.",
        ));
    }
    refuse_absurd_numbers(&gguf)?;
    if purpose == ModelPurpose::Chat && writes_no_text(&gguf, architecture) {
        return Err(LoadFailure::new(
            LoadErrorKind::WrongPurpose,
            "This model turns texts into vectors and cannot chat. Choose a chat model.",
        ));
    }
    Ok(gguf)
}

fn refuse_parts(gguf: &Gguf, architecture: &str) -> Result<(), LoadFailure> {
    let what = match gguf.text("general.type") {
        Some("adapter") => {
            "The file is an adapter (LoRA) for another model. Choose the model itself."
        }
        Some("mmproj") => "The file is the image part of another model. Choose the model itself.",
        _ if architecture == "clip" => {
            "The file is the image part of another model. Choose the model itself."
        }
        _ if matches!(gguf.get("split.no"), Some(Value::Int(1..))) => {
            "The file is a later part of a model that was split. Choose the first part; the others are found beside it."
        }
        _ => return Ok(()),
    };
    Err(LoadFailure::new(LoadErrorKind::Unsupported, what))
}

/// Numbers that llama.cpp would take at their word, some of them into a failed assertion.
fn refuse_absurd_numbers(gguf: &Gguf) -> Result<(), LoadFailure> {
    let bounds = [
        ("block_count", 1, 512),
        ("embedding_length", 1, 1 << 20),
        ("context_length", 1, 1 << 30),
        ("attention.head_count", 0, 1 << 16),
        ("feed_forward_length", 0, 1 << 24),
        ("expert_count", 0, 1 << 12),
    ];
    for (key, least, most) in bounds {
        if let Some(Value::Int(value)) = gguf.of_architecture(key)
            && !(least..=most).contains(value)
        {
            return Err(GgufError::Absurd(format!("{value} for {key}")).into());
        }
    }
    Ok(())
}

/// Whether a model reads a text as a whole and predicts no next token.
pub fn writes_no_text(gguf: &Gguf, architecture: &str) -> bool {
    EMBEDDING_ARCHITECTURES.contains(&architecture)
        || gguf.of_architecture("attention.causal") == Some(&Value::Bool(false))
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
        "not within the file bounds",
        "within file bounds",
        "corrupted or incomplete",
        "unexpectedly reached end",
    ]) {
        return LoadFailure::new(
            LoadErrorKind::Damaged,
            "The file is cut off: weights that it lists are missing at its end. Download it again.",
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
            assert_eq!(LoadFailure::from_io(&error.into()).kind, kind, "{error:?}");
        }
    }
}
