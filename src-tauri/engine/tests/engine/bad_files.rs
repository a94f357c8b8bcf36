//! Files that are no usable model, each refused with its own reason.

use std::{fs, path::PathBuf};

use gatehouse_protocol::{Event, LoadErrorKind, LoadRequest};
use tempfile::TempDir;

use crate::{
    gguf::{Gguf, Meta},
    support::{Engine, load_request, starter_bytes, starter_model},
};

/// Load and give the refusal; the engine must end after it.
fn refusal(request: LoadRequest) -> (LoadErrorKind, String) {
    let mut engine = Engine::bare();
    let failure = engine
        .load(request.clone())
        .expect_err("it must be refused");
    let Event::LoadFailed { kind, message } = failure else {
        panic!("{failure:?} for {request:?}")
    };
    assert!(
        message.ends_with('.') && message.len() > 20,
        "a reason for people: {message:?}"
    );
    assert_eq!(engine.wait().code(), Some(3));
    (kind, message)
}

fn refused_file(bytes: &[u8]) -> (LoadErrorKind, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.gguf");
    fs::write(&path, bytes).unwrap();
    refusal(load_request(path, 512, 1))
}

/// A small model with these numbers in place of its own.
fn llama(numbers: &[(&str, u32)]) -> Gguf {
    numbers
        .iter()
        .fold(Gguf::model("llama"), |gguf, &(key, n)| {
            gguf.with(&format!("llama.{key}"), Meta::U32(n))
        })
}

#[test]
fn an_empty_file() {
    let (kind, message) = refused_file(b"");
    assert_eq!(kind, LoadErrorKind::Damaged);
    assert!(message.contains("empty"), "{message}");
}

#[test]
fn a_text_file_with_the_name_of_a_model() {
    for (bytes, words) in [
        (&b"Once upon a time"[..], "a text file, not a model"),
        (b"GG", "ends after 2 bytes"),
        (b"<html><body>404</body></html>", "a web page, not a model"),
        (b"PK\x03\x04", "a ZIP or PyTorch archive, not a GGUF model"),
        (b"\x01\x02\xff\xfe", "not a GGUF model"),
    ] {
        let (kind, message) = refused_file(bytes);
        assert_eq!(kind, LoadErrorKind::Damaged);
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn a_file_cut_off_in_its_weights_or_in_its_description() {
    let whole = starter_bytes();
    for length in [60_000_000, 1_000_000, 30] {
        let (kind, message) = refused_file(&whole[..length]);
        assert_eq!(kind, LoadErrorKind::Damaged);
        assert!(
            message.contains("the download stopped early"),
            "{length}: {message}"
        );
    }
}

#[test]
fn a_vocabulary_without_weights() {
    let mut bytes = starter_bytes();
    bytes[8..16].copy_from_slice(&0_u64.to_le_bytes());
    bytes.truncate(10_000_000);
    assert_eq!(refused_file(&bytes).0, LoadErrorKind::VocabOnly);
}

#[test]
fn counts_that_cannot_be_true() {
    let mut metadata = starter_bytes();
    metadata[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut tensors = starter_bytes();
    tensors[8..16].copy_from_slice(&(u64::MAX / 2).to_le_bytes());
    let numbers = [
        "block_count",
        "embedding_length",
        "context_length",
        "attention.head_count",
        "feed_forward_length",
        "expert_count",
    ];
    let lies = numbers.map(|key| llama(&[(key, u32::MAX)]).bytes());
    for bytes in [metadata, tensors].into_iter().chain(lies) {
        let (kind, message) = refused_file(&bytes);
        assert_eq!(kind, LoadErrorKind::Damaged);
        assert!(message.contains("claims"), "{message}");
    }
}

#[test]
fn weights_that_llama_cpp_misses() {
    let without_layers = llama(&[("vocab_size", 40)])
        .with("llama.attention.layer_norm_rms_epsilon", Meta::F32(1e-5))
        .with("tokenizer.ggml.model", Meta::Text("no_vocab".to_owned()));
    let (kind, message) = refused_file(&without_layers.bytes());
    assert_eq!(kind, LoadErrorKind::Damaged);
    assert!(message.contains("blk.0.attn_norm.weight"), "{message}");
}

#[test]
fn an_architecture_that_nobody_knows() {
    let (kind, message) = refused_file(&Gguf::model("brandnew").bytes());
    assert_eq!(kind, LoadErrorKind::Unsupported);
    assert!(message.contains("brandnew"), "{message}");
}

#[test]
fn a_model_that_only_embeds_loaded_for_chat() {
    let (kind, message) = refused_file(&Gguf::model("bert").bytes());
    assert_eq!(kind, LoadErrorKind::WrongPurpose);
    assert!(message.contains("cannot chat"), "{message}");
}

#[test]
fn a_part_of_another_model() {
    let adapter = Gguf::model("llama").with("general.type", Meta::Text("adapter".to_owned()));
    let later_part = Gguf::model("llama")
        .with("split.no", Meta::U32(1))
        .with("split.count", Meta::U32(2));
    for gguf in [Gguf::model("clip"), adapter, later_part] {
        assert_eq!(refused_file(&gguf.bytes()).0, LoadErrorKind::Unsupported);
    }
}

#[test]
fn a_folder_and_a_file_that_is_gone() {
    let folder = TempDir::new().unwrap();
    let (kind, message) = refusal(load_request(folder.path(), 512, 1));
    assert_eq!(kind, LoadErrorKind::Unreadable);
    assert!(message.contains("folder"), "{message}");
    let (kind, _) = refusal(load_request(folder.path().join("gone.gguf"), 512, 1));
    assert_eq!(kind, LoadErrorKind::NotFound);
    let (kind, _) = refusal(load_request(PathBuf::new(), 512, 1));
    assert_eq!(kind, LoadErrorKind::NotFound);
}

#[test]
#[cfg(target_os = "linux")]
fn a_model_that_needs_more_memory_than_there_is() {
    let huge = llama(&[
        ("block_count", 500),
        ("context_length", 1 << 24),
        ("embedding_length", 1 << 16),
        ("attention.head_count", 64),
        ("attention.head_count_kv", 64),
    ]);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("huge.gguf");
    fs::write(&path, huge.bytes()).unwrap();
    let (kind, message) = refusal(load_request(path, 1 << 24, 4));
    assert_eq!(kind, LoadErrorKind::OutOfMemory);
    assert!(message.contains("8.8 PB are needed"), "{message}");
}

#[test]
fn a_sound_file_under_another_name_loads() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("übung 模型.bin");
    fs::copy(starter_model(), &path).unwrap();
    Engine::bare()
        .load(load_request(path, 512, 1))
        .expect("the name does not matter");
}
