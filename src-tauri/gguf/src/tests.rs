//! The reader against whole, cut, changed and invented files.

use std::io::{Cursor, Read, Seek};

use proptest::prelude::*;

use super::*;

#[path = "../../../tests/support/gguf.rs"]
mod writer;
use writer::{Gguf, Meta};

/// Read the model in a file of so many bytes, its only one.
fn read_from(file: impl Read + Seek, length: u64) -> Result<GgufSummary, GgufError> {
    summary::summarise(header::read(file, length)?, &[])
}

fn read(bytes: &[u8]) -> Result<GgufSummary, GgufError> {
    read_from(Cursor::new(bytes), bytes.len() as u64)
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes).expect_err("the file is bad").to_string()
}

#[test]
fn a_whole_model_is_summed_up() {
    let summary = read(&Gguf::model("llama").bytes()).expect("the file is whole");
    assert_eq!(
        summary,
        GgufSummary {
            kind: ModelKind::Chat,
            architecture: "llama".to_owned(),
            name: Some("Tiny Test".to_owned()),
            parameters: 64 * 40 + 64,
            quantisation: "F32".to_owned(),
            trained_context_tokens: Some(4_096),
            blocks: 2,
            caching_blocks: 2,
            embedding_length: 64,
            heads: vec![4],
            kv_heads: vec![2, 1],
            vocabulary: 40,
            tokenizer: Some("gpt2".to_owned()),
            licence: Some("MIT".to_owned()),
            languages: vec!["en".to_owned(), "de".to_owned()],
            chat_template_bytes: Some(14),
            weights_bytes: (64 * 40 + 64) * 4,
            parts: 1,
            ..GgufSummary::default()
        }
    );
    assert_eq!(
        read(
            &Gguf {
                version: 2,
                ..Gguf::model("llama")
            }
            .bytes()
        )
        .expect("version 2 is read too"),
        summary
    );
}

#[test]
fn encoders_and_pooled_models_are_for_embedding() {
    let kind = |gguf: Gguf| read(&gguf.bytes()).expect("the file is whole").kind;
    assert_eq!(kind(Gguf::model("bert")), ModelKind::Embedding);
    assert_eq!(
        kind(Gguf::model("qwen3").with("qwen3.pooling_type", Meta::U32(3))),
        ModelKind::Embedding
    );
    assert_eq!(
        kind(Gguf::model("llama").with("llama.attention.causal", Meta::Flag(false))),
        ModelKind::Embedding
    );
    assert_eq!(
        kind(Gguf::model("qwen3").with("qwen3.pooling_type", Meta::U32(0))),
        ModelKind::Chat
    );
}

#[test]
fn files_that_are_no_model_of_their_own_are_refused_by_name() {
    let adapter = Gguf::model("llama").with("general.type", Meta::Text("adapter".to_owned()));
    assert!(refusal(&adapter.bytes()).starts_with("This file is an adapter (LoRA)"));
    assert!(
        refusal(&Gguf::model("clip").bytes()).starts_with("This file is the image part of a model")
    );
    assert!(matches!(
        read(&Gguf::model("llama").without_tensors().bytes()),
        Err(GgufError::VocabOnly)
    ));
    let ranker = Gguf::model("qwen3").with("qwen3.pooling_type", Meta::U32(4));
    assert!(refusal(&ranker.bytes()).starts_with("This file is a ranking model"));
}

#[test]
fn versions_and_byte_orders_that_cannot_be_read_are_named() {
    let version = |version| {
        read(
            &Gguf {
                version,
                ..Gguf::model("llama")
            }
            .bytes(),
        )
        .expect_err("not readable")
    };
    assert!(matches!(version(1), GgufError::OldVersion));
    assert!(matches!(version(3_u32.swap_bytes()), GgufError::BigEndian));
    assert!(matches!(version(4), GgufError::UnknownVersion(4)));
    assert!(matches!(version(0), GgufError::UnknownVersion(0)));
}

#[test]
fn absurd_counts_and_lengths_are_refused_before_anything_is_allocated() {
    let keys = Gguf {
        claimed_keys: Some(u64::MAX),
        ..Gguf::model("llama")
    };
    assert_eq!(
        refusal(&keys.bytes()),
        "The file is damaged or made to mislead: it claims 18,446,744,073,709,551,615 keys."
    );
    let tensors = Gguf {
        claimed_tensors: Some(1 << 40),
        ..Gguf::model("llama")
    };
    assert!(refusal(&tensors.bytes()).ends_with("it claims 1,099,511,627,776 tensors."));
    let mut bytes = Gguf::model("llama").bytes();
    let at = bytes
        .windows(21)
        .position(|w| w == b"tokenizer.ggml.tokens")
        .expect("the key is there")
        + 21;
    bytes[at + 8..at + 16].copy_from_slice(&(1_u64 << 62).to_le_bytes());
    assert!(refusal(&bytes).ends_with("it claims 4,611,686,018,427,387,904 texts in a list."));
    bytes[at + 4..at + 8].copy_from_slice(&4_u32.to_le_bytes());
    assert!(
        refusal(&bytes).contains("it claims a description of 18 EB"),
        "a list of numbers is held against the same bounds"
    );
    let mut bytes = Gguf::model("llama").bytes();
    let at = bytes
        .windows(17)
        .position(|w| w == b"token_embd.weight")
        .expect("the tensor is there")
        + 17;
    bytes[at + 4..at + 12].copy_from_slice(&(1_u64 << 63).to_le_bytes());
    assert!(refusal(&bytes).ends_with("it claims weights that no computer could hold."));
    let at = bytes
        .windows(20)
        .position(|w| w == b"general.architecture")
        .expect("the key is there")
        + 24;
    bytes[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(refusal(&bytes).contains("it claims a description of 18 EB"));
}

#[test]
fn numbers_that_no_model_has_are_refused() {
    let blocks = |n| {
        Gguf::model("llama")
            .with("llama.block_count", Meta::U32(n))
            .bytes()
    };
    assert!(refusal(&blocks(u32::MAX)).ends_with("it claims 4,294,967,295 layers."));
    assert!(refusal(&blocks(0)).ends_with("it claims 0 layers."));
    let other = |key: &str, value| refusal(&Gguf::model("llama").with(key, value).bytes());
    for (key, claim) in [
        ("embedding_length", "4,294,967,295 numbers in a vector."),
        ("context_length", "4,294,967,295 tokens of context."),
        ("attention.head_count", "4,294,967,295 heads."),
        ("attention.head_count_kv", "4,294,967,295 heads of keys."),
        ("feed_forward_length", "4,294,967,295 inner numbers."),
        ("expert_count", "4,294,967,295 experts."),
    ] {
        assert!(
            other(&format!("llama.{key}"), Meta::U32(u32::MAX)).ends_with(claim),
            "{key}"
        );
    }
    let heads = |each| other("llama.attention.head_count", Meta::Numbers(each));
    assert!(
        heads(vec![4, i32::MAX]).ends_with("it claims 2,147,483,647 heads."),
        "each layer counts"
    );
    assert!(
        heads(vec![4, -1]).ends_with("it does not say its number of heads."),
        "a layer cannot have less than none"
    );
    let silent = Gguf::model("llama").with("general.architecture", Meta::Text("other".to_owned()));
    assert_eq!(
        refusal(&silent.bytes()),
        "The file is damaged: it does not say its number of layers."
    );
}

#[test]
fn a_large_vocabulary_is_counted_and_not_kept() {
    let tokens = (0..250_000).map(|i| format!("token {i}")).collect();
    let gguf = Gguf::model("llama").with("tokenizer.ggml.tokens", Meta::Texts(tokens));
    assert_eq!(
        read(&gguf.bytes()).expect("the file is whole").vocabulary,
        250_000
    );
}

#[test]
fn tensors_on_top_of_each_other_are_refused() {
    let mut bytes = Gguf::model("llama").bytes();
    let at = bytes
        .windows(18)
        .position(|w| w == b"output_norm.weight")
        .expect("the tensor is there")
        + 18;
    bytes[at + 24..at + 32].copy_from_slice(&0_u64.to_le_bytes());
    assert!(refusal(&bytes).contains("lie on top of each other"));
}

#[test]
fn a_download_that_stopped_says_how_much_is_missing() {
    let bytes = Gguf {
        tensors: vec![("w".to_owned(), [1_000, 500])],
        ..Gguf::model("llama")
    }
    .bytes();
    assert_eq!(
        refusal(&bytes[..1_000_000]),
        "The file is 1.0 MB long but should be 2.0 MB: the download stopped early."
    );
    assert!(refusal(&bytes[..100]).contains("in the middle of its own description"));
    assert!(matches!(read(b"GG"), Err(GgufError::Truncated { .. })));
    assert!(matches!(read(b""), Err(GgufError::Empty)));
}

#[test]
fn a_split_model_is_read_with_all_its_parts_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let part = |no: u32| {
        Gguf::model("llama")
            .with("split.no", Meta::U32(no))
            .with("split.count", Meta::U32(2))
            .bytes()
    };
    let first = folder.path().join("tiny-00001-of-00002.gguf");
    let second = folder.path().join("tiny-00002-of-00002.gguf");
    std::fs::write(&first, part(0)).expect("the folder takes files");
    let missing = read_summary(&first)
        .expect_err("the second part is missing")
        .to_string();
    assert_eq!(
        missing,
        "This model is split into 2 files, and “tiny-00002-of-00002.gguf” is not beside this one."
    );
    std::fs::write(&second, part(1)).expect("the folder takes files");
    let summary = read_summary(&first).expect("all parts are there");
    assert_eq!((summary.parts, summary.parameters), (2, 2 * (64 * 40 + 64)));
    assert_eq!(parts(&first, &summary), [first, second.clone()]);
    assert!(matches!(
        read_summary(&second),
        Err(GgufError::NotFirstPart { part: 2, parts: 2 })
    ));
}

#[test]
fn a_failing_disk_is_told_apart_from_a_bad_file() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("input/output error"))
        }
    }
    impl Seek for Failing {
        fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
            Ok(0)
        }
    }
    let error = read_from(Failing, 1_000).expect_err("the disk fails");
    assert_eq!(
        error.to_string(),
        "The file could not be read: input/output error."
    );
}

proptest! {
    #[test]
    fn any_bytes_end_in_a_summary_or_a_refusal(bytes in proptest::collection::vec(any::<u8>(), 0..300), real in 0..3_usize) {
        // Nothing that is real, magic and version, and these with counts of two tensors and three keys.
        let start = b"GGUF\x03\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0";
        let mut file = start[..[0, 8, 24][real]].to_vec();
        file.extend(bytes);
        if let Err(error) = read(&file) {
            prop_assert!(!error.to_string().is_empty() && !error.hint().is_empty());
        }
    }

    #[test]
    fn a_cut_file_is_refused_or_means_the_same(keep in 0.0..1.0_f64) {
        let whole = Gguf::model("llama").bytes();
        let kept = (whole.len() as f64 * keep) as usize;
        match read(&whole[..kept]) {
            Ok(summary) => prop_assert_eq!(summary, read(&whole).expect("the file is whole")),
            Err(GgufError::Truncated { .. } | GgufError::Empty) => {}
            Err(other) => prop_assert!(false, "a cut file must be called cut: {}", other),
        }
    }

    #[test]
    fn changed_bytes_never_break_the_reader(changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..12)) {
        let mut bytes = Gguf::model("llama").bytes();
        // The header is the part that is read.
        let header = bytes.len() - 64 * 41 * 4;
        for (at, byte) in changes {
            bytes[at.index(header)] = byte;
        }
        if let Ok(summary) = read(&bytes) {
            prop_assert!(summary.weights_bytes <= bytes.len() as u64, "a file cannot hold more than its own size");
        }
    }
}
