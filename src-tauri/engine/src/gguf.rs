//! A cheap look at a GGUF file before llama.cpp sees it: is it one, is it whole, what is inside.
//!
//! Every count in the file is held against the bytes that are left, so a file that lies about its
//! contents costs nothing: no count makes us allocate or loop for longer than the file is.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

/// Longer texts (chat templates) are not needed here and not kept.
const KEPT_TEXT_BYTES: u64 = 256;
/// Longer arrays (vocabularies) are not needed here and not kept.
const KEPT_ARRAY_ITEMS: u64 = 1024;
/// llama.cpp's own limit on dimensions.
const MAX_DIMENSIONS: u32 = 4;
/// Deeper nesting of arrays is in no real file.
const MAX_NESTING: u32 = 4;

/// Why a file is not a usable GGUF. The texts are for people.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Nothing in it.
    #[error("The file is empty. Download it again.")]
    Empty,
    /// Other contents under this name.
    #[error("This is not a GGUF file: it starts with other bytes. Choose a file in GGUF format.")]
    NotGguf,
    /// A version that this code does not read.
    #[error("The file uses version {0} of the GGUF format; versions 2 and 3 can be used.")]
    Version(u32),
    /// It ends inside its own description.
    #[error(
        "The file is cut off: it ends before its own description of the model does. Download it again."
    )]
    CutOff,
    /// A number in it cannot be true.
    #[error(
        "The file is damaged: it claims {0}, more than a file of its size can hold. Download it again."
    )]
    Absurd(String),
    /// Something in it has no meaning.
    #[error("The file is damaged: {0}. Download it again.")]
    Nonsense(&'static str),
}

/// A value of the metadata, where it is of a kind that the engine needs.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Any whole number.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// A short text.
    Text(String),
    /// A short array of whole numbers.
    Ints(Vec<i64>),
    /// Anything else.
    Other,
}

/// What a GGUF file says about itself.
#[derive(Debug)]
pub struct Gguf {
    values: HashMap<String, Value>,
    /// Tensors in the file.
    pub tensors: u64,
    /// Size of the file.
    pub file_bytes: u64,
}

impl Gguf {
    /// Read the description at the start of a file.
    ///
    /// # Errors
    /// [`GgufError`] when it cannot be read or cannot be true.
    pub fn open(path: &Path) -> Result<Self, GgufError> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Self::read(BufReader::with_capacity(1 << 16, file), bytes)
    }

    /// Read the description from `input`, which has `bytes` bytes.
    ///
    /// # Errors
    /// [`GgufError`] when it cannot be read or cannot be true.
    pub fn read(input: impl Read + Seek, bytes: u64) -> Result<Self, GgufError> {
        if bytes == 0 {
            return Err(GgufError::Empty);
        }
        let mut scan = Scan { input, left: bytes };
        if scan.array::<4>().map_err(|_| GgufError::NotGguf)? != *b"GGUF" {
            return Err(GgufError::NotGguf);
        }
        let version = scan.u32()?;
        if !(2..=3).contains(&version) {
            return Err(GgufError::Version(version));
        }
        let tensors = scan.u64()?;
        let pairs = scan.u64()?;
        // The shortest entry: an empty name, dimensions, type, offset; an empty name, type, a byte.
        scan.bound(tensors, 24, "tensors")?;
        scan.bound(pairs, 13, "metadata entries")?;
        let mut values = HashMap::new();
        for _ in 0..pairs {
            let key = scan.text()?;
            let kind = scan.u32()?;
            let value = scan.value(kind, 0)?;
            values.insert(key, value);
        }
        for _ in 0..tensors {
            scan.tensor(bytes)?;
        }
        Ok(Self {
            values,
            tensors,
            file_bytes: bytes,
        })
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// The model's architecture.
    #[must_use]
    pub fn architecture(&self) -> Option<&str> {
        self.text("general.architecture")
    }

    /// A short text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The value of a key that belongs to the architecture.
    #[must_use]
    pub fn of_architecture(&self, key: &str) -> Option<&Value> {
        self.get(&format!("{}.{key}", self.architecture()?))
    }

    /// A number that belongs to the architecture.
    #[must_use]
    pub fn int(&self, key: &str) -> Option<u64> {
        match self.of_architecture(key) {
            Some(Value::Int(value)) => u64::try_from(*value).ok(),
            _ => None,
        }
    }
}

struct Scan<R> {
    input: R,
    left: u64,
}

impl<R: Read + Seek> Scan<R> {
    fn bound(&self, count: u64, item_bytes: u64, what: &str) -> Result<(), GgufError> {
        if count > self.left / item_bytes {
            return Err(GgufError::Absurd(format!("{count} {what}")));
        }
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        self.take(N as u64)?;
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn take(&mut self, bytes: u64) -> Result<(), GgufError> {
        self.left = self.left.checked_sub(bytes).ok_or(GgufError::CutOff)?;
        Ok(())
    }

    fn skip(&mut self, bytes: u64) -> Result<(), GgufError> {
        self.take(bytes)?;
        let mut bytes = bytes;
        // Buffered readers keep their buffer only on a relative seek within it, which this is not
        // always; reading is cheaper for what is short.
        while bytes > 0 {
            if bytes > 1 << 20 {
                let step = i64::try_from(bytes).map_err(|_| GgufError::CutOff)?;
                self.input.seek(SeekFrom::Current(step))?;
                return Ok(());
            }
            let read = io::copy(&mut self.input.by_ref().take(bytes), &mut io::sink())?;
            if read == 0 {
                return Err(GgufError::CutOff);
            }
            bytes -= read;
        }
        Ok(())
    }

    fn u32(&mut self) -> Result<u32, GgufError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, GgufError> {
        self.array().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Result<String, GgufError> {
        let length = self.u64()?;
        self.bound(length, 1, "bytes of text")?;
        self.kept_text(length)
    }

    fn kept_text(&mut self, length: u64) -> Result<String, GgufError> {
        if length > KEPT_TEXT_BYTES {
            self.skip(length)?;
            return Ok(String::new());
        }
        self.take(length)?;
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        self.input.read_exact(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn value(&mut self, kind: u32, nesting: u32) -> Result<Value, GgufError> {
        Ok(match kind {
            0 => Value::Int(i64::from(self.array::<1>()?[0])),
            1 => Value::Int(i64::from(i8::from_le_bytes(self.array()?))),
            2 => Value::Int(i64::from(u16::from_le_bytes(self.array()?))),
            3 => Value::Int(i64::from(i16::from_le_bytes(self.array()?))),
            4 => Value::Int(i64::from(self.u32()?)),
            5 => Value::Int(i64::from(i32::from_le_bytes(self.array()?))),
            6 => self.skip(4).map(|()| Value::Other)?,
            7 => Value::Bool(self.array::<1>()?[0] != 0),
            8 => Value::Text(self.text()?),
            9 => self.list(nesting)?,
            10 => Value::Int(i64::try_from(self.u64()?).unwrap_or(i64::MAX)),
            11 => Value::Int(i64::from_le_bytes(self.array()?)),
            12 => self.skip(8).map(|()| Value::Other)?,
            _ => {
                return Err(GgufError::Nonsense(
                    "it has a metadata entry of an unknown type",
                ));
            }
        })
    }

    fn list(&mut self, nesting: u32) -> Result<Value, GgufError> {
        let kind = self.u32()?;
        let count = self.u64()?;
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => 8,
            9 if nesting < MAX_NESTING => 12,
            _ => return Err(GgufError::Nonsense("it has an array of an unknown type")),
        };
        self.bound(count, width, "entries in one array")?;
        if kind == 8 || kind == 9 || count <= KEPT_ARRAY_ITEMS {
            let mut ints = Vec::new();
            for _ in 0..count {
                match self.value(kind, nesting + 1)? {
                    Value::Int(value) => ints.push(value),
                    Value::Bool(value) => ints.push(i64::from(value)),
                    _ => {}
                }
            }
            return Ok(if ints.is_empty() {
                Value::Other
            } else {
                Value::Ints(ints)
            });
        }
        self.skip(count * width)?;
        Ok(Value::Other)
    }

    fn tensor(&mut self, file_bytes: u64) -> Result<(), GgufError> {
        self.text()?;
        let dimensions = self.u32()?;
        if dimensions > MAX_DIMENSIONS {
            return Err(GgufError::Absurd(format!(
                "a tensor of {dimensions} dimensions"
            )));
        }
        let mut weights: u64 = 1;
        for _ in 0..dimensions {
            weights = weights.saturating_mul(self.u64()?);
        }
        // The densest types need more than one bit for a weight.
        if weights / 8 > file_bytes {
            return Err(GgufError::Absurd(format!("a tensor of {weights} weights")));
        }
        let _kind = self.u32()?;
        if self.u64()? > file_bytes {
            return Err(GgufError::CutOff);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn header(tensors: u64, pairs: u64) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(tensors.to_le_bytes());
        bytes.extend(pairs.to_le_bytes());
        bytes
    }

    fn pair(bytes: &mut Vec<u8>, key: &str, kind: u32, value: &[u8]) {
        bytes.extend((key.len() as u64).to_le_bytes());
        bytes.extend(key.as_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(value);
    }

    fn read(bytes: &[u8]) -> Result<Gguf, GgufError> {
        Gguf::read(Cursor::new(bytes), bytes.len() as u64)
    }

    #[test]
    fn numbers_and_texts_are_found_under_the_architecture() {
        let mut bytes = header(0, 2);
        let mut text = 5_u64.to_le_bytes().to_vec();
        text.extend(b"llama");
        pair(&mut bytes, "general.architecture", 8, &text);
        pair(&mut bytes, "llama.block_count", 4, &30_u32.to_le_bytes());
        let gguf = read(&bytes).expect("the bytes follow the format");
        assert_eq!(gguf.architecture(), Some("llama"));
        assert_eq!(gguf.int("block_count"), Some(30));
    }

    #[test]
    fn counts_that_the_file_cannot_hold_are_refused_at_once() {
        for (tensors, pairs) in [(u64::MAX, 0), (0, u64::MAX), (1 << 40, 1 << 40)] {
            let read = read(&header(tensors, pairs));
            assert!(
                matches!(read, Err(GgufError::Absurd(_))),
                "{tensors} and {pairs} do not fit in 24 bytes"
            );
        }
    }

    #[test]
    fn an_array_longer_than_the_file_is_refused() {
        let mut bytes = header(0, 1);
        let mut list = 4_u32.to_le_bytes().to_vec();
        list.extend((1_u64 << 60).to_le_bytes());
        pair(&mut bytes, "x", 9, &list);
        assert!(matches!(read(&bytes), Err(GgufError::Absurd(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_a_description_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
            let mut behind_a_header = header(2, 3);
            behind_a_header.extend(bytes);
            let _ = read(&behind_a_header);
        }
    }
}
