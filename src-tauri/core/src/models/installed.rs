//! An installed model as the screens and the command line show it.

use std::path::Path;

use gatehouse_gguf::{GgufSummary, words};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{ComputerMemory, MemoryPlan, Model, ModelKind, memory::plan, starter};
use crate::ids::ModelId;

/// Where an installed model comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It came with Gatehouse.
    Starter,
    /// The person added it.
    Added,
}

/// Whether the file of a model is where it was, as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// It is.
    Present,
    /// It is gone, or its drive is.
    Missing,
    /// There is a file, but another one.
    Changed,
}

/// What is shown of an installed model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InstalledModel {
    /// Its identifier.
    pub id: ModelId,
    /// What it is called.
    pub name: String,
    /// Where its file is.
    pub path: String,
    /// What it is for.
    pub kind: ModelKind,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it is the starter model.
    pub is_starter: bool,
    /// Size of the file.
    #[specta(type = specta_typescript::Number)]
    pub size_bytes: u64,
    /// How the weights are stored, for example `Q4_K_M`.
    pub quantisation: String,
    /// Number of weights.
    #[specta(type = specta_typescript::Number)]
    pub parameters: u64,
    /// The same in short, for example `135M`.
    pub parameters_label: String,
    /// Tokens that it was trained to see at once; `memory.context_tokens` is what it gets here.
    pub context_tokens: Option<u32>,
    /// llama.cpp's name of the architecture.
    pub architecture: String,
    /// The licence that its makers state.
    pub licence: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// Where its makers publish it.
    pub source: Option<String>,
    /// Languages that its makers name, as codes.
    pub languages: Vec<String>,
    /// Whether it knows how a conversation is laid out.
    pub has_chat_template: bool,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Whether the file is where it was, as it was.
    pub file_state: FileState,
    /// How it would be loaded, and whether it fits.
    pub memory: MemoryPlan,
    /// What the person should know about it, when there is something.
    pub note: Option<String>,
    /// When it was added, UTC milliseconds.
    #[specta(type = specta_typescript::Number)]
    pub added_at_ms: i64,
    /// When it was loaded last, UTC milliseconds.
    #[specta(type = Option<specta_typescript::Number>)]
    pub last_used_at_ms: Option<i64>,
}

pub(super) fn view(
    model: &Model,
    memory: ComputerMemory,
    wanted_context: Option<u32>,
) -> InstalledModel {
    let summary = &model.summary;
    let is_starter = model.sha256 == starter::SHA256;
    let file_state = model.file_state();
    InstalledModel {
        id: model.id,
        name: model.name.clone(),
        path: model.path.to_string_lossy().into_owned(),
        kind: summary.kind,
        origin: if is_starter {
            Origin::Starter
        } else {
            Origin::Added
        },
        is_starter,
        size_bytes: model.stamp.bytes,
        quantisation: summary.quantisation.clone(),
        parameters: summary.parameters,
        parameters_label: summary
            .size_label
            .clone()
            .unwrap_or_else(|| words::parameters(summary.parameters)),
        context_tokens: summary.trained_context_tokens,
        architecture: summary.architecture.clone(),
        licence: summary.licence.clone(),
        author: summary.author.clone(),
        source: summary.source.clone(),
        languages: summary.languages.clone(),
        has_chat_template: summary.chat_template_bytes.is_some(),
        sha256: model
            .sha256
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        file_state,
        memory: plan(summary, memory, wanted_context),
        note: note(summary, file_state, is_starter).map(str::to_owned),
        added_at_ms: model.added_at_ms,
        last_used_at_ms: model.last_used_at_ms,
    }
}

/// The most urgent thing to know.
fn note(summary: &GgufSummary, file_state: FileState, is_starter: bool) -> Option<&'static str> {
    match (file_state, summary.kind) {
        (FileState::Missing, _) => {
            Some("Its file is gone. Put it back, or add it again from where it is now.")
        }
        (FileState::Changed, _) => {
            Some("Its file was changed since it was added. Add it again to check it.")
        }
        _ if is_starter => Some(starter::NOTE),
        (FileState::Present, ModelKind::Embedding) => {
            Some("It turns texts into vectors for searching; it cannot chat.")
        }
        (FileState::Present, ModelKind::Chat) => summary
            .chat_template_bytes
            .is_none()
            .then_some("It has no chat template: it goes on with a text and may not answer well."),
    }
}

/// What to call a model: its file's name without the ending and the quantisation, which are shown
/// beside it; what its makers call it when the file's name says nothing.
pub(super) fn name(path: &Path, summary: &GgufSummary) -> String {
    const SAY_NOTHING: [&str; 5] = ["model", "ggml-model", "ggml", "gguf", "weights"];
    let file = path.file_stem().unwrap_or_default().to_string_lossy();
    let whole = words::clean(&file, 100);
    let mut name = whole.as_str();
    if summary.parts > 1
        && let Some((before, _)) = name.rsplit_once("-00001-of-")
    {
        name = before;
    }
    let cut = name.len().saturating_sub(summary.quantisation.len());
    if let Some((before, ending)) = name.split_at_checked(cut)
        && ending.eq_ignore_ascii_case(&summary.quantisation)
        && before.ends_with(['-', '.', '_', ' '])
    {
        name = before.trim_end_matches(['-', '.', '_', ' ']);
    }
    let says_nothing = name.len() < 3 || SAY_NOTHING.contains(&name.to_ascii_lowercase().as_str());
    match &summary.name {
        Some(given) if says_nothing => given.clone(),
        _ if name.is_empty() => whole,
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_called_by_its_file_without_what_is_shown_beside_it() {
        let called = |file: &str, quantisation: &str, parts| {
            let summary = GgufSummary {
                quantisation: quantisation.to_owned(),
                name: Some("Given".to_owned()),
                parts,
                ..GgufSummary::default()
            };
            name(Path::new(file), &summary)
        };
        assert_eq!(
            called("/m/SmolLM2-135M-Instruct.Q4_1.gguf", "Q4_1", 1),
            "SmolLM2-135M-Instruct"
        );
        assert_eq!(
            called("qwen2.5-7b-instruct-q4_k_m.gguf", "Q4_K_M", 1),
            "qwen2.5-7b-instruct"
        );
        assert_eq!(called("Big-Q8_0-00001-of-00003.gguf", "Q8_0", 3), "Big");
        assert_eq!(called("ggml-model-q4_0.gguf", "Q4_0", 1), "Given");
        assert_eq!(called("Größe.gguf", "Q4_0", 1), "Größe");
        assert_eq!(called("Q4_0.gguf", "Q4_0", 1), "Q4_0");
    }
}
