//! The bounded reader: header, key-values and tensor infos of one file, with no trust in any number.
//!
//! Every length is checked against the file's size and against [`MAX_HEADER_BYTES`] before it is
//! used, values are skipped where they lie, and only short ones are kept. So the time is bounded by
//! the header's bytes and the memory by [`MAX_KEYS`] short values, whatever the file says.

use std::{
    collections::BTreeMap,
    io::{BufReader, Read, Seek},
};

use crate::{GgufError, encoding, foreign, words};

/// Everything before the weights ends within this. A vocabulary of 250,000 tokens takes about 12 MB.
const MAX_HEADER_BYTES: u64 = 128 * 1024 * 1024;
/// Models have 30 to 100 keys.
const MAX_KEYS: u64 = 4_096;
/// The largest models have a few thousand tensors.
const MAX_TENSORS: u64 = 100_000;
/// The format's own limit for keys; names of tensors are far shorter.
const MAX_NAME_BYTES: u64 = 65_535;
/// The largest vocabularies have about a million tokens.
const MAX_LIST_TEXTS: u64 = 8_000_000;
/// How much of a text is kept.
const KEPT_TEXT_BYTES: u64 = 4_096;
/// How many numbers of an array are kept: one a layer.
const KEPT_NUMBERS: u64 = 1_024;
/// How many texts of an array are kept, for lists of languages.
const KEPT_TEXTS: u64 = 32;
/// No model is larger than 64 TiB.
const MAX_WEIGHTS_BYTES: u64 = 1 << 46;

/// One metadata value, as far as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A whole number from 0.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// A text, perhaps cut, with its full length in bytes.
    Text { start: String, bytes: u64 },
    /// An array: its length, and its first numbers or texts.
    List {
        count: u64,
        numbers: Vec<u64>,
        texts: Vec<String>,
    },
    /// A fraction or a negative number: none is needed.
    Other,
}

/// What a file says about itself.
#[derive(Debug)]
pub(crate) struct Header {
    pub values: BTreeMap<String, Value>,
    pub tensors: Tensors,
}

/// Sums over the tensors of a file.
#[derive(Debug, Default)]
pub(crate) struct Tensors {
    pub count: u64,
    pub weights: u64,
    pub bytes: u64,
    /// Weights by tensor type.
    pub weights_by_type: BTreeMap<u32, u64>,
    /// Where the last one ends, from the start of the data.
    end: u64,
}

/// Read the header of a file of `length` bytes.
pub(crate) fn read(file: impl Read + Seek, length: u64) -> Result<Header, GgufError> {
    let mut bounded = Bounded {
        inner: BufReader::with_capacity(64 * 1024, file),
        at: 0,
        length,
    };
    if length == 0 {
        return Err(GgufError::Empty);
    }
    bounded.magic()?;
    bounded.version()?;
    let tensor_count = bounded.u64()?;
    let key_count = bounded.u64()?;
    check("keys", key_count, MAX_KEYS)?;
    check("tensors", tensor_count, MAX_TENSORS)?;
    let mut values = BTreeMap::new();
    for _ in 0..key_count {
        let key = bounded.name()?;
        let kind = bounded.u32()?;
        let value = bounded.value(kind)?;
        values.insert(key, value);
    }
    let alignment = alignment(&values)?;
    let mut tensors = Tensors {
        count: tensor_count,
        ..Tensors::default()
    };
    for _ in 0..tensor_count {
        bounded.tensor(&mut tensors, alignment)?;
    }
    if tensor_count > 0 {
        let expected = bounded.at.next_multiple_of(alignment) + tensors.end;
        if length < expected {
            return Err(GgufError::Truncated {
                actual_bytes: length,
                expected_bytes: Some(expected),
            });
        }
        if tensors.bytes > tensors.end {
            return Err(GgufError::Malformed(
                "its tensors lie on top of each other".to_owned(),
            ));
        }
    }
    Ok(Header { values, tensors })
}

fn check(what: &str, count: u64, most: u64) -> Result<(), GgufError> {
    if count > most {
        return Err(GgufError::Absurd(format!("{} {what}", words::count(count))));
    }
    Ok(())
}

fn alignment(values: &BTreeMap<String, Value>) -> Result<u64, GgufError> {
    match values.get("general.alignment") {
        None => Ok(32),
        Some(&Value::Number(n)) if n.is_power_of_two() && n <= 1 << 20 => Ok(n),
        Some(_) => Err(GgufError::Malformed(
            "the alignment of its weights makes no sense".to_owned(),
        )),
    }
}

/// A reader that knows how much is left and takes no length on trust.
struct Bounded<R> {
    inner: BufReader<R>,
    at: u64,
    length: u64,
}

impl<R: Read + Seek> Bounded<R> {
    /// Refuse what no header has, and what this file has not.
    fn check_room(&self, bytes: u64) -> Result<(), GgufError> {
        if bytes > MAX_HEADER_BYTES || self.at + bytes > MAX_HEADER_BYTES {
            return Err(GgufError::Absurd(format!(
                "a description of {} and more",
                words::size(bytes.max(self.at))
            )));
        }
        if self.at + bytes > self.length {
            return Err(self.ends_early());
        }
        Ok(())
    }

    /// Step over `bytes` on paper; the caller then reads or skips them.
    fn claim(&mut self, bytes: u64) -> Result<(), GgufError> {
        self.check_room(bytes)?;
        self.at += bytes;
        Ok(())
    }

    fn ends_early(&self) -> GgufError {
        GgufError::Truncated {
            actual_bytes: self.length,
            expected_bytes: None,
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), GgufError> {
        self.claim(bytes.len() as u64)?;
        self.inner.read_exact(bytes).map_err(|e| match e.kind() {
            // The file became shorter since its size was asked for.
            std::io::ErrorKind::UnexpectedEof => self.ends_early(),
            _ => e.into(),
        })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, GgufError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, GgufError> {
        self.array().map(u64::from_le_bytes)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), GgufError> {
        self.claim(bytes)?;
        // Fits, as `claim` lets no more than MAX_HEADER_BYTES pass.
        Ok(self.inner.seek_relative(bytes as i64)?)
    }

    fn magic(&mut self) -> Result<(), GgufError> {
        let mut start = vec![0; self.length.min(foreign::LOOKED_AT_BYTES) as usize];
        self.fill(&mut start)?;
        if start.starts_with(b"GGUF") {
            self.at = 4;
            let rest = start.len() as i64 - 4;
            return Ok(self.inner.seek_relative(-rest)?);
        }
        if b"GGUF".starts_with(&start) {
            return Err(self.ends_early());
        }
        Err(foreign::diagnose(&start))
    }

    fn version(&mut self) -> Result<(), GgufError> {
        match self.u32()? {
            2 | 3 => Ok(()),
            1 => Err(GgufError::OldVersion),
            // A small number read in the wrong byte order has its low half empty.
            n if n != 0 && n.trailing_zeros() >= 16 => Err(GgufError::BigEndian),
            n => Err(GgufError::UnknownVersion(n)),
        }
    }

    /// The name of a key or a tensor.
    fn name(&mut self) -> Result<String, GgufError> {
        let bytes = self.u64()?;
        if bytes > MAX_NAME_BYTES {
            return Err(GgufError::Absurd(format!(
                "a name of {}",
                words::size(bytes)
            )));
        }
        self.text_of(bytes)
    }

    /// A text of `bytes` bytes, of which the beginning is kept.
    fn text_of(&mut self, bytes: u64) -> Result<String, GgufError> {
        let mut kept = vec![0; bytes.min(KEPT_TEXT_BYTES) as usize];
        self.fill(&mut kept)?;
        self.skip(bytes - kept.len() as u64)?;
        Ok(String::from_utf8_lossy(&kept).into_owned())
    }

    fn value(&mut self, kind: u32) -> Result<Value, GgufError> {
        match kind {
            8 => {
                let bytes = self.u64()?;
                Ok(Value::Text {
                    start: self.text_of(bytes)?,
                    bytes,
                })
            }
            9 => self.list(),
            7 => Ok(Value::Flag(self.array::<1>()? != [0])),
            _ => Ok(self.scalar(kind)?.map_or(Value::Other, Value::Number)),
        }
    }

    /// A number of a type with a fixed size; `None` when it is negative or a fraction.
    fn scalar(&mut self, kind: u32) -> Result<Option<u64>, GgufError> {
        let unsigned = match kind {
            0 | 7 => u64::from(self.array::<1>()?[0]),
            2 => u64::from(u16::from_le_bytes(self.array()?)),
            4 => u64::from(self.u32()?),
            10 => self.u64()?,
            1 => return Ok(u64::try_from(i8::from_le_bytes(self.array()?)).ok()),
            3 => return Ok(u64::try_from(i16::from_le_bytes(self.array()?)).ok()),
            5 => return Ok(u64::try_from(i32::from_le_bytes(self.array()?)).ok()),
            11 => return Ok(u64::try_from(i64::from_le_bytes(self.array()?)).ok()),
            6 | 12 => {
                self.skip(scalar_bytes(kind).unwrap_or_default())?;
                return Ok(None);
            }
            _ => {
                return Err(GgufError::Malformed(format!(
                    "it has a value of the unknown type {kind}"
                )));
            }
        };
        Ok(Some(unsigned))
    }

    fn list(&mut self) -> Result<Value, GgufError> {
        let kind = self.u32()?;
        let count = self.u64()?;
        let (mut numbers, mut texts) = (Vec::new(), Vec::new());
        if kind == 8 {
            check("texts in a list", count, MAX_LIST_TEXTS)?;
            // Every text has a length of eight bytes, so `claim` bounds this loop too.
            for i in 0..count {
                let bytes = self.u64()?;
                if i < KEPT_TEXTS {
                    texts.push(self.text_of(bytes)?)
                } else {
                    self.skip(bytes)?
                }
            }
        } else {
            // Lists in lists are in the format, but in no model, and llama.cpp refuses them.
            let size = scalar_bytes(kind)
                .ok_or_else(|| GgufError::Malformed(format!("it has a list of the type {kind}")))?;
            self.check_room(count.saturating_mul(size))?;
            let kept = count.min(KEPT_NUMBERS);
            for _ in 0..kept {
                numbers.extend(self.scalar(kind)?);
            }
            self.skip((count - kept) * size)?;
        }
        Ok(Value::List {
            count,
            numbers,
            texts,
        })
    }

    fn tensor(&mut self, sums: &mut Tensors, alignment: u64) -> Result<(), GgufError> {
        self.name()?;
        let dimensions = self.u32()?;
        if dimensions > 4 {
            return Err(GgufError::Absurd(format!(
                "a tensor of {} dimensions",
                words::count(dimensions.into())
            )));
        }
        let mut row = 1;
        let mut weights = 1_u64;
        for i in 0..dimensions {
            let length = self.u64()?;
            row = if i == 0 { length } else { row };
            weights = weights.checked_mul(length).ok_or_else(too_large)?;
        }
        let kind = self.u32()?;
        let offset = self.u64()?;
        let (_, block, block_bytes) =
            encoding::tensor_type(kind).ok_or(GgufError::UnknownTensorType(kind))?;
        if row % block != 0 || !offset.is_multiple_of(alignment) {
            return Err(GgufError::Malformed(
                "its tensors do not lie as they must".to_owned(),
            ));
        }
        let bytes = (weights / block)
            .checked_mul(block_bytes)
            .ok_or_else(too_large)?;
        let end = offset
            .checked_add(bytes)
            .filter(|&end| end <= MAX_WEIGHTS_BYTES)
            .ok_or_else(too_large)?;
        sums.end = sums.end.max(end);
        sums.bytes = sums.bytes.saturating_add(bytes);
        sums.weights = sums.weights.saturating_add(weights);
        let same_type = sums.weights_by_type.entry(kind).or_default();
        *same_type = same_type.saturating_add(weights);
        Ok(())
    }
}

fn too_large() -> GgufError {
    GgufError::Absurd("weights that no computer could hold".to_owned())
}

/// Bytes of a value of a type with a fixed size.
fn scalar_bytes(kind: u32) -> Option<u64> {
    Some(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return None,
    })
}
