//! From key-values and tensor sums to what the screens show and the memory plan needs.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    GgufError, encoding,
    header::{Header, Tensors, Value},
    keys::Keys,
    words,
};

/// Architectures that turn a text into a vector and cannot write.
const ENCODERS: [&str; 11] = [
    "bert",
    "modern-bert",
    "nomic-bert",
    "nomic-bert-moe",
    "neo-bert",
    "jina-bert-v2",
    "jina-bert-v3",
    "eurobert",
    "gemma-embedding",
    "llama-embed",
    "t5encoder",
];

/// Architectures that llama.cpp knows and a conversation cannot use.
const UNUSABLE: [(&str, &str); 12] = [
    ("clip", "the image part of a model (mmproj)"),
    ("t5", "a model that rewrites one text into another (T5)"),
    ("wavtokenizer-dec", "the sound part of a speech model"),
    ("qwen3tts", "a speech model"),
    ("pockettts", "a speech model"),
    ("eagle3", "a draft model, which only speeds up another one"),
    ("dflash", "a draft model, which only speeds up another one"),
    (
        "gemma4-assistant",
        "a draft model, which only speeds up another one",
    ),
    (
        "dream",
        "a diffusion model, which does not write from left to right",
    ),
    (
        "llada",
        "a diffusion model, which does not write from left to right",
    ),
    (
        "llada-moe",
        "a diffusion model, which does not write from left to right",
    ),
    (
        "rnd1",
        "a diffusion model, which does not write from left to right",
    ),
];

/// What a model is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Writes answers.
    #[default]
    Chat,
    /// Turns texts into vectors.
    Embedding,
}

/// How an embedding model makes one vector of its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The mean of all tokens.
    Mean,
    /// The first token.
    First,
    /// The last token.
    Last,
    /// A score of how well two texts match: not a vector.
    Rank,
}

/// What a model file says about itself. Nothing in it is verified beyond the file's own structure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GgufSummary {
    /// What the model is for.
    pub kind: ModelKind,
    /// llama.cpp's name of the architecture, for example `llama`.
    pub architecture: String,
    /// The name that its makers gave it.
    pub name: Option<String>,
    /// The size that its makers state, for example `135M` or `8x7B`.
    pub size_label: Option<String>,
    /// Weights, summed over all tensors.
    pub parameters: u64,
    /// How the weights are stored, for example `Q4_K_M`.
    pub quantisation: String,
    /// Tokens that the model was trained to see at once.
    pub trained_context_tokens: Option<u32>,
    /// Layers.
    pub blocks: u32,
    /// Layers that keep every token; the others keep a state of fixed size.
    pub caching_blocks: u32,
    /// Width of the model.
    pub embedding_length: u32,
    /// Attention heads: one number, or one a layer.
    pub heads: Vec<u32>,
    /// Heads of keys and values: one number, or one a layer; empty: as `heads`.
    pub kv_heads: Vec<u32>,
    /// Length of one head's key, when it is not `embedding_length / heads`.
    pub key_length: Option<u32>,
    /// Length of one head's value, when it is not `embedding_length / heads`.
    pub value_length: Option<u32>,
    /// Tokens in the vocabulary.
    pub vocabulary: u32,
    /// The tokenizer, for example `gpt2`.
    pub tokenizer: Option<String>,
    /// The licence that its makers state.
    pub licence: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// Where it comes from: a repository or the model it is made of.
    pub source: Option<String>,
    /// Languages that its makers name, as codes.
    pub languages: Vec<String>,
    /// Length of the chat template in bytes; `None`: there is none.
    pub chat_template_bytes: Option<u64>,
    /// How an embedding model makes one vector.
    pub pooling: Option<Pooling>,
    /// Whether a token sees only those before it, when the file or its architecture says so.
    pub causal: Option<bool>,
    /// Bytes of all weights.
    pub weights_bytes: u64,
    /// Files that the model is split into; 1: not split.
    pub parts: u64,
}

/// Put the parts together; refuse what is not a model of its own.
pub(crate) fn summarise(first: Header, rest: &[Header]) -> Result<GgufSummary, GgufError> {
    let keys = Keys::new(first.values);
    let architecture = keys
        .architecture
        .clone()
        .ok_or_else(|| GgufError::Malformed("it names no architecture".to_owned()))?;
    refuse_fragments(&keys, &architecture)?;
    refuse_nonsense(&keys)?;
    let tensors = rest
        .iter()
        .map(|header| &header.tensors)
        .fold(first.tensors, Tensors::and);
    if tensors.count == 0 {
        return Err(GgufError::VocabOnly);
    }
    let pooling = pooling(&keys);
    if pooling == Some(Pooling::Rank) {
        return Err(GgufError::NotAModel(
            "a ranking model, which scores how well two texts match",
        ));
    }
    let encoder = ENCODERS.contains(&architecture.as_str());
    let causal = keys.flag("attention.causal").or(encoder.then_some(false));
    let embeds = encoder || causal == Some(false) || pooling.is_some();
    let dominant = tensors
        .weights_by_type
        .iter()
        .max_by_key(|&(_, weights)| weights)
        .map(|(&kind, _)| kind);
    Ok(GgufSummary {
        kind: if embeds {
            ModelKind::Embedding
        } else {
            ModelKind::Chat
        },
        quantisation: encoding::quantisation(keys.any_number("general.file_type"), dominant),
        parameters: tensors.weights,
        weights_bytes: tensors.bytes,
        pooling,
        causal,
        parts: 1 + rest.len() as u64,
        ..described(&keys, architecture)
    })
}

/// What the key-values alone say.
fn described(keys: &Keys, architecture: String) -> GgufSummary {
    let blocks = keys.number("block_count").unwrap_or(0);
    let interval = keys
        .number("full_attention_interval")
        .filter(|&n| n > 0)
        .unwrap_or(1);
    GgufSummary {
        architecture,
        name: keys.text("general.name"),
        size_label: keys.text("general.size_label"),
        trained_context_tokens: keys.number("context_length").filter(|&n| n > 0),
        blocks,
        caching_blocks: blocks / interval,
        embedding_length: keys.number("embedding_length").unwrap_or(0),
        heads: keys.numbers("attention.head_count"),
        kv_heads: keys.numbers("attention.head_count_kv"),
        key_length: keys.number("attention.key_length"),
        value_length: keys.number("attention.value_length"),
        vocabulary: keys
            .count("tokenizer.ggml.tokens")
            .or_else(|| keys.number("vocab_size"))
            .unwrap_or(0),
        tokenizer: keys.text("tokenizer.ggml.model"),
        licence: licence(keys),
        author: keys
            .text("general.author")
            .or_else(|| keys.text("general.organization")),
        source: [
            "general.source.repo_url",
            "general.repo_url",
            "general.url",
            "general.base_model.0.repo_url",
        ]
        .iter()
        .find_map(|key| keys.text(key)),
        languages: keys.texts("general.languages"),
        chat_template_bytes: keys
            .text_bytes("tokenizer.chat_template")
            .filter(|&bytes| bytes > 0),
        ..GgufSummary::default()
    }
}

/// Refuse GGUF files that only mean something together with a model.
fn refuse_fragments(keys: &Keys, architecture: &str) -> Result<(), GgufError> {
    match keys.text("general.type").as_deref() {
        Some("adapter") => {
            return Err(GgufError::NotAModel(
                "an adapter (LoRA), which changes another model",
            ));
        }
        Some("mmproj") => return Err(GgufError::NotAModel("the image part of a model (mmproj)")),
        Some("imatrix") => {
            return Err(GgufError::NotAModel(
                "an importance matrix, which is used to make models",
            ));
        }
        Some("vocab") => return Err(GgufError::VocabOnly),
        _ => {}
    }
    match UNUSABLE.iter().find(|(name, _)| *name == architecture) {
        Some(&(_, what)) => Err(GgufError::NotAModel(what)),
        None => Ok(()),
    }
}

/// Refuse numbers that no model has, and that llama.cpp would take at their word, some of them into a
/// failed assertion: it takes 512 layers and 1,024 experts at most. What may be 0 may also be missing,
/// or be a list with one number a layer.
fn refuse_nonsense(keys: &Keys) -> Result<(), GgufError> {
    let bounds = [
        ("block_count", "layers", 1..=512),
        ("embedding_length", "numbers in a vector", 1..=1 << 20),
        ("context_length", "tokens of context", 1..=1 << 30),
        ("attention.head_count", "heads", 0..=1 << 16),
        ("attention.head_count_kv", "heads of keys", 0..=1 << 16),
        ("feed_forward_length", "inner numbers", 0..=1 << 24),
        ("expert_count", "experts", 0..=1 << 10),
    ];
    for (key, what, allowed) in bounds {
        let may_be_missing = allowed.contains(&0);
        let numbers = match keys.own(key) {
            Some(Value::Number(n)) => std::slice::from_ref(n),
            // Negative numbers and fractions are counted and not kept.
            Some(Value::List { count, numbers, .. })
                if may_be_missing && *count == numbers.len() as u64 =>
            {
                numbers
            }
            None if may_be_missing => &[],
            _ => {
                return Err(GgufError::Malformed(format!(
                    "it does not say its number of {what}"
                )));
            }
        };
        if let Some(&n) = numbers.iter().find(|&n| !allowed.contains(n)) {
            return Err(GgufError::Absurd(format!("{} {what}", words::count(n))));
        }
    }
    Ok(())
}

fn pooling(keys: &Keys) -> Option<Pooling> {
    match keys.number("pooling_type")? {
        1 => Some(Pooling::Mean),
        2 => Some(Pooling::First),
        3 => Some(Pooling::Last),
        4 => Some(Pooling::Rank),
        _ => None,
    }
}

/// The licence as its makers wrote it, in SPDX's spelling where that is the usual one.
fn licence(keys: &Keys) -> Option<String> {
    let stated = keys.text("general.license")?;
    Some(match stated.to_ascii_lowercase().as_str() {
        "apache-2.0" => "Apache-2.0".to_owned(),
        "mit" => "MIT".to_owned(),
        "other" => keys.text("general.license.name").unwrap_or(stated),
        _ => stated,
    })
}

impl Tensors {
    fn and(mut self, other: &Self) -> Self {
        self.count = self.count.saturating_add(other.count);
        self.weights = self.weights.saturating_add(other.weights);
        self.bytes = self.bytes.saturating_add(other.bytes);
        for (&kind, &weights) in &other.weights_by_type {
            let same_type = self.weights_by_type.entry(kind).or_default();
            *same_type = same_type.saturating_add(weights);
        }
        self
    }
}
