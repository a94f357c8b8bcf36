//! A tiny writer of GGUF files for tests: whole ones, and with any number in them made a lie.

#![allow(
    dead_code,
    reason = "each crate whose tests include this file uses its own part"
)]

/// One metadata value.
#[derive(Debug, Clone)]
pub enum Meta {
    /// A `u32`.
    U32(u32),
    /// An `f32`.
    F32(f32),
    /// A `bool`.
    Flag(bool),
    /// A string.
    Text(String),
    /// An array of strings.
    Texts(Vec<String>),
    /// An array of `i32`.
    Numbers(Vec<i32>),
}

/// A GGUF file in the making.
#[derive(Debug, Clone)]
pub struct Gguf {
    /// Version in the header.
    pub version: u32,
    /// Key-values in order.
    pub keys: Vec<(String, Meta)>,
    /// Names, rows and columns of F32 tensors.
    pub tensors: Vec<(String, [u64; 2])>,
    /// Key count in the header, when it shall not be the true one.
    pub claimed_keys: Option<u64>,
    /// Tensor count in the header, when it shall not be the true one.
    pub claimed_tensors: Option<u64>,
}

impl Gguf {
    /// A whole small model of an architecture, with a vocabulary and a chat template.
    pub fn model(architecture: &str) -> Self {
        let own = |key: &str| format!("{architecture}.{key}");
        let keys = vec![
            (
                "general.architecture".to_owned(),
                Meta::Text(architecture.to_owned()),
            ),
            (
                "general.name".to_owned(),
                Meta::Text("Tiny Test".to_owned()),
            ),
            ("general.license".to_owned(), Meta::Text("mit".to_owned())),
            (
                "general.languages".to_owned(),
                Meta::Texts(vec!["en".to_owned(), "de".to_owned()]),
            ),
            (own("context_length"), Meta::U32(4_096)),
            (own("block_count"), Meta::U32(2)),
            (own("embedding_length"), Meta::U32(64)),
            (own("attention.head_count"), Meta::U32(4)),
            (own("attention.head_count_kv"), Meta::Numbers(vec![2, 1])),
            (
                "tokenizer.ggml.model".to_owned(),
                Meta::Text("gpt2".to_owned()),
            ),
            (
                "tokenizer.ggml.tokens".to_owned(),
                Meta::Texts((0..40).map(|i| format!("t{i}")).collect()),
            ),
            (
                "tokenizer.chat_template".to_owned(),
                Meta::Text("{{ messages }}".to_owned()),
            ),
        ];
        let tensors = vec![
            ("token_embd.weight".to_owned(), [64, 40]),
            ("output_norm.weight".to_owned(), [64, 1]),
        ];
        Self {
            version: 3,
            keys,
            tensors,
            claimed_keys: None,
            claimed_tensors: None,
        }
    }

    /// The same with this key, in place of the one of its name.
    #[must_use]
    pub fn with(mut self, key: &str, value: Meta) -> Self {
        self.keys.retain(|(known, _)| known != key);
        self.keys.push((key.to_owned(), value));
        self
    }

    /// The same without weights.
    #[must_use]
    pub fn without_tensors(mut self) -> Self {
        self.tensors.clear();
        self
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(self.version.to_le_bytes());
        out.extend(
            self.claimed_tensors
                .unwrap_or(self.tensors.len() as u64)
                .to_le_bytes(),
        );
        out.extend(
            self.claimed_keys
                .unwrap_or(self.keys.len() as u64)
                .to_le_bytes(),
        );
        for (key, value) in &self.keys {
            put_text(&mut out, key);
            put_meta(&mut out, value);
        }
        let mut offset = 0_u64;
        for (name, [columns, rows]) in &self.tensors {
            put_text(&mut out, name);
            out.extend(2_u32.to_le_bytes());
            out.extend(columns.to_le_bytes());
            out.extend(rows.to_le_bytes());
            out.extend(0_u32.to_le_bytes());
            out.extend(offset.to_le_bytes());
            offset += (columns * rows * 4).next_multiple_of(32);
        }
        if offset > 0 {
            out.resize(out.len().next_multiple_of(32) + offset as usize, 0);
        }
        out
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn put_meta(out: &mut Vec<u8>, value: &Meta) {
    let mut list = |kind: u32, count: usize| {
        out.extend(9_u32.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend((count as u64).to_le_bytes());
    };
    match value {
        Meta::U32(n) => {
            out.extend(4_u32.to_le_bytes());
            out.extend(n.to_le_bytes());
        }
        Meta::F32(n) => {
            out.extend(6_u32.to_le_bytes());
            out.extend(n.to_le_bytes());
        }
        Meta::Flag(flag) => {
            out.extend(7_u32.to_le_bytes());
            out.push(u8::from(*flag));
        }
        Meta::Text(text) => {
            out.extend(8_u32.to_le_bytes());
            put_text(out, text);
        }
        Meta::Texts(texts) => {
            list(8, texts.len());
            texts.iter().for_each(|text| put_text(out, text));
        }
        Meta::Numbers(numbers) => {
            list(5, numbers.len());
            numbers.iter().for_each(|n| out.extend(n.to_le_bytes()));
        }
    }
}
