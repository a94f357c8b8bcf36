//! all-MiniLM-L6-v2, a small model that makes vectors of texts, as a GGUF file. Its makers give it as
//! safetensors and a list of word pieces; nothing of it is rounded, so the same file comes out everywhere.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};

use super::gguf::{self, Tensor, Value};
use super::safetensors;

/// Part of the file, but nothing that a vector is made with.
const UNUSED: &str = "pooler.";

/// What its makers call the weights, and what llama.cpp does.
const OUTSIDE: [(&str, &str); 4] = [
    ("embeddings.word_embeddings", "token_embd"),
    ("embeddings.position_embeddings", "position_embd"),
    ("embeddings.token_type_embeddings", "token_types"),
    ("embeddings.LayerNorm", "token_embd_norm"),
];

/// The same within each of its blocks.
const IN_A_BLOCK: [(&str, &str); 8] = [
    ("attention.self.query", "attn_q"),
    ("attention.self.key", "attn_k"),
    ("attention.self.value", "attn_v"),
    ("attention.output.dense", "attn_output"),
    ("attention.output.LayerNorm", "attn_output_norm"),
    ("intermediate.dense", "ffn_up"),
    ("output.dense", "ffn_down"),
    ("output.LayerNorm", "layer_output_norm"),
];

/// Pieces that stand for no text.
const CONTROL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// Make the GGUF file `to` of what is in a folder.
///
/// # Errors
/// Something is not there or not as it should be, or the file cannot be written.
pub(super) fn convert(folder: &Path, to: &Path) -> Result<()> {
    let weights = folder.join("model.safetensors");
    let bytes = fs::read(&weights).with_context(|| format!("cannot read {}", weights.display()))?;
    let weights = safetensors::read(&bytes)
        .with_context(|| format!("cannot take {} apart", weights.display()))?;
    let words = folder.join("vocab.txt");
    let words =
        fs::read_to_string(&words).with_context(|| format!("cannot read {}", words.display()))?;
    let used = weights
        .into_iter()
        .filter(|weights| !weights.name.starts_with(UNUSED));
    let tensors: Vec<Tensor<'_>> = used
        .map(|weights| {
            let name = name(&weights.name)
                .with_context(|| format!("llama.cpp has no {}", weights.name))?;
            let mut lengths = weights.lengths;
            lengths.reverse();
            Ok(Tensor {
                name,
                lengths,
                bytes: weights.bytes,
            })
        })
        .collect::<Result<_>>()?;
    let written = || format!("cannot write {}", to.display());
    let mut out = BufWriter::new(File::create(to).with_context(written)?);
    gguf::write(&mut out, &keys(&words), &tensors)
        .and_then(|()| out.flush())
        .with_context(written)
}

/// llama.cpp's name of weights.
fn name(theirs: &str) -> Option<String> {
    let of = |names: &[(&str, &'static str)], part: &str| {
        let found = names.iter().find(|(theirs, _)| *theirs == part);
        found.map(|(_, ours)| *ours)
    };
    let (part, kind) = theirs.rsplit_once('.')?;
    let ours = match part.strip_prefix("encoder.layer.") {
        None => of(&OUTSIDE, part)?.to_owned(),
        Some(inside) => {
            let (block, part) = inside.split_once('.')?;
            format!("blk.{block}.{}", of(&IN_A_BLOCK, part)?)
        }
    };
    Some(format!("{ours}.{kind}"))
}

/// What the file says of the model; `words`: its pieces, one a line. Those of control have the numbers that
/// llama.cpp takes for granted.
fn keys(words: &str) -> Vec<(&'static str, Value)> {
    let text = |text: &str| Value::Text(text.to_owned());
    vec![
        ("general.architecture", text("bert")),
        ("general.name", text("all-MiniLM-L6-v2")),
        ("general.license", text("apache-2.0")),
        ("general.file_type", Value::Number(0)),
        ("bert.block_count", Value::Number(6)),
        ("bert.context_length", Value::Number(512)),
        ("bert.embedding_length", Value::Number(384)),
        ("bert.feed_forward_length", Value::Number(1_536)),
        ("bert.attention.head_count", Value::Number(12)),
        ("bert.attention.layer_norm_epsilon", Value::Float(1e-12)),
        ("bert.attention.causal", Value::Flag(false)),
        // The mean of all tokens.
        ("bert.pooling_type", Value::Number(1)),
        ("tokenizer.ggml.model", text("bert")),
        ("tokenizer.ggml.token_type_count", Value::Number(2)),
        (
            "tokenizer.ggml.tokens",
            Value::Texts(words.lines().map(piece).collect()),
        ),
        (
            "tokenizer.ggml.token_type",
            Value::Numbers(words.lines().map(kind).collect()),
        ),
    ]
}

/// llama.cpp marks where a word begins, and their list where one goes on.
fn piece(theirs: &str) -> String {
    match theirs.strip_prefix("##") {
        Some(inside) => inside.to_owned(),
        None if CONTROL.contains(&theirs) => theirs.to_owned(),
        None => format!("\u{2581}{theirs}"),
    }
}

/// llama.cpp's number for a piece of text, or one of control.
fn kind(theirs: &str) -> i32 {
    if CONTROL.contains(&theirs) { 3 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_get_the_names_under_which_llama_cpp_looks_for_them() {
        for (theirs, ours) in [
            ("embeddings.word_embeddings.weight", "token_embd.weight"),
            ("embeddings.LayerNorm.bias", "token_embd_norm.bias"),
            (
                "encoder.layer.5.attention.self.key.weight",
                "blk.5.attn_k.weight",
            ),
            (
                "encoder.layer.0.attention.output.LayerNorm.weight",
                "blk.0.attn_output_norm.weight",
            ),
            ("encoder.layer.0.output.dense.bias", "blk.0.ffn_down.bias"),
        ] {
            assert_eq!(name(theirs).as_deref(), Some(ours));
        }
        for unknown in ["", "weight", "encoder.layer.0.weight", "decoder.x.weight"] {
            assert_eq!(name(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn pieces_are_marked_where_a_word_begins() {
        assert_eq!(piece("eat"), "\u{2581}eat");
        assert_eq!(piece("##ing"), "ing");
        assert_eq!(piece("#"), "\u{2581}#");
        assert_eq!((piece("[CLS]").as_str(), kind("[CLS]")), ("[CLS]", 3));
        assert_eq!(kind("[unused1]"), 1);
    }

    #[test]
    fn weights_that_llama_cpp_does_not_have_are_refused_by_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let head = br#"{"mystery.weight":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#;
        let file = [&(head.len() as u64).to_le_bytes()[..], &head[..], &[0; 4]].concat();
        fs::write(folder.path().join("model.safetensors"), file).expect("written");
        fs::write(folder.path().join("vocab.txt"), "[PAD]\n").expect("written");
        let error = convert(folder.path(), &folder.path().join("to.gguf")).expect_err("refused");
        assert!(format!("{error:#}").contains("mystery.weight"), "{error:#}");
    }
}
