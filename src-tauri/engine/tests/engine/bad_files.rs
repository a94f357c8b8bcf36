//! Files that are no usable model, each refused with its own reason.

use std::{fs, path::PathBuf};

use gatehouse_protocol::{Event, LoadErrorKind, LoadRequest};
use tempfile::TempDir;

use crate::support::{Engine, load_request, starter_bytes, starter_model};

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

/// A GGUF description with these texts and numbers, one tensor of four numbers, and its data.
fn gguf(texts: &[(&str, &str)], numbers: &[(&str, u32)]) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3_u32.to_le_bytes());
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend(((texts.len() + numbers.len()) as u64).to_le_bytes());
    for (key, value) in texts {
        bytes.extend([text(key), 8_u32.to_le_bytes().to_vec(), text(value)].concat());
    }
    for (key, value) in numbers {
        bytes.extend(
            [
                text(key),
                4_u32.to_le_bytes().to_vec(),
                value.to_le_bytes().to_vec(),
            ]
            .concat(),
        );
    }
    bytes.extend(
        [
            text("token_embd.weight"),
            1_u32.to_le_bytes().to_vec(),
            4_u64.to_le_bytes().to_vec(),
        ]
        .concat(),
    );
    bytes.extend([0_u32.to_le_bytes().to_vec(), 0_u64.to_le_bytes().to_vec()].concat());
    bytes.resize(bytes.len().next_multiple_of(32) + 16, 0);
    bytes
}

#[test]
fn an_empty_file() {
    let (kind, message) = refused_file(b"");
    assert_eq!(kind, LoadErrorKind::Damaged);
    assert!(message.contains("empty"), "{message}");
}

#[test]
fn a_text_file_with_the_name_of_a_model() {
    for bytes in [
        &b"Once upon a time there was a model."[..],
        b"GG",
        b"<html><body>404</body></html>",
    ] {
        let (kind, message) = refused_file(bytes);
        assert_eq!(kind, LoadErrorKind::Damaged);
        assert!(message.contains("not a GGUF"), "{message}");
    }
}

#[test]
fn a_file_cut_off_in_its_weights_or_in_its_description() {
    let whole = starter_bytes();
    for length in [60_000_000, 1_000_000, 30] {
        let (kind, message) = refused_file(&whole[..length]);
        assert_eq!(kind, LoadErrorKind::Damaged);
        assert!(
            message.contains("cut off") || message.contains("can hold"),
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
    let llama = ("general.architecture", "llama");
    let layers = gguf(&[llama], &[("llama.block_count", u32::MAX)]);
    let context = gguf(
        &[llama],
        &[("llama.context_length", u32::MAX), ("llama.block_count", 1)],
    );
    for bytes in [metadata, tensors, layers, context] {
        let (kind, message) = refused_file(&bytes);
        assert_eq!(kind, LoadErrorKind::Damaged);
        assert!(message.contains("claims"), "{message}");
    }
}

#[test]
fn weights_that_llama_cpp_misses() {
    let numbers = [
        ("llama.block_count", 2),
        ("llama.context_length", 512),
        ("llama.embedding_length", 64),
        ("llama.attention.head_count", 4),
        ("llama.feed_forward_length", 64),
    ];
    let (kind, message) = refused_file(&gguf(&[("general.architecture", "llama")], &numbers));
    assert_eq!(kind, LoadErrorKind::Damaged, "{message}");
}

#[test]
fn an_architecture_that_nobody_knows() {
    let (kind, message) = refused_file(&gguf(&[("general.architecture", "brandnew")], &[]));
    assert_eq!(kind, LoadErrorKind::Unsupported);
    assert!(message.contains("brandnew"), "{message}");
}

#[test]
fn a_model_that_only_embeds_loaded_for_chat() {
    let (kind, message) = refused_file(&gguf(
        &[("general.architecture", "bert")],
        &[("bert.block_count", 6)],
    ));
    assert_eq!(kind, LoadErrorKind::WrongPurpose);
    assert!(message.contains("cannot chat"), "{message}");
}

#[test]
fn a_part_of_another_model() {
    for texts in [
        &[("general.architecture", "clip")][..],
        &[
            ("general.architecture", "llama"),
            ("general.type", "adapter"),
        ],
    ] {
        assert_eq!(
            refused_file(&gguf(texts, &[])).0,
            LoadErrorKind::Unsupported
        );
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
    let numbers = [
        ("llama.block_count", 500),
        ("llama.context_length", 1 << 24),
        ("llama.embedding_length", 1 << 16),
        ("llama.attention.head_count", 64),
    ];
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("huge.gguf");
    fs::write(&path, gguf(&[("general.architecture", "llama")], &numbers)).unwrap();
    let (kind, message) = refusal(load_request(path, 1 << 24, 4));
    assert_eq!(kind, LoadErrorKind::OutOfMemory);
    assert!(message.contains("GB are needed"), "{message}");
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
