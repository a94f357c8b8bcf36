//! Writing GGUF files, the form in which llama.cpp reads models: version 3, little-endian, weights as
//! 32-bit floats.

use std::io::{self, Write};

/// What each tensor begins at a multiple of, in bytes.
const ALIGNMENT: usize = 32;

/// What is said of a model under a key.
pub(super) enum Value {
    Number(u32),
    Float(f32),
    Flag(bool),
    Text(String),
    Texts(Vec<String>),
    Numbers(Vec<i32>),
}

/// A tensor of 32-bit floats.
pub(super) struct Tensor<'a> {
    pub name: String,
    /// Its lengths, the innermost one first.
    pub lengths: Vec<u64>,
    /// The floats, little-endian.
    pub bytes: &'a [u8],
}

/// Write a file.
///
/// # Errors
/// [`io::Error`] when `out` does not take it.
pub(super) fn write(
    out: &mut impl Write,
    keys: &[(&str, Value)],
    tensors: &[Tensor<'_>],
) -> io::Result<()> {
    let mut head = b"GGUF".to_vec();
    head.extend(3_u32.to_le_bytes());
    put_count(&mut head, tensors.len());
    put_count(&mut head, keys.len());
    for (key, value) in keys {
        put_text(&mut head, key);
        put_value(&mut head, value);
    }
    let mut offset = 0;
    for tensor in tensors {
        put_text(&mut head, &tensor.name);
        let dimensions = u32::try_from(tensor.lengths.len()).map_err(io::Error::other)?;
        head.extend(dimensions.to_le_bytes());
        head.extend(
            tensor
                .lengths
                .iter()
                .flat_map(|length| length.to_le_bytes()),
        );
        // The type: 32-bit floats.
        head.extend(0_u32.to_le_bytes());
        put_count(&mut head, offset);
        offset += tensor.bytes.len().next_multiple_of(ALIGNMENT);
    }
    write_padded(out, &head)?;
    tensors
        .iter()
        .try_for_each(|tensor| write_padded(out, tensor.bytes))
}

fn write_padded(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let padding = bytes.len().next_multiple_of(ALIGNMENT) - bytes.len();
    out.write_all(bytes)?;
    out.write_all(&[0; ALIGNMENT][..padding])
}

fn put_count(head: &mut Vec<u8>, count: usize) {
    head.extend((count as u64).to_le_bytes());
}

fn put_text(head: &mut Vec<u8>, text: &str) {
    put_count(head, text.len());
    head.extend(text.as_bytes());
}

fn put_value(head: &mut Vec<u8>, value: &Value) {
    let put_kind = |head: &mut Vec<u8>, kind: u32| head.extend(kind.to_le_bytes());
    let put_list = |head: &mut Vec<u8>, kind: u32, count: usize| {
        put_kind(head, 9);
        put_kind(head, kind);
        put_count(head, count);
    };
    match value {
        Value::Number(number) => {
            put_kind(head, 4);
            head.extend(number.to_le_bytes());
        }
        Value::Float(number) => {
            put_kind(head, 6);
            head.extend(number.to_le_bytes());
        }
        Value::Flag(flag) => {
            put_kind(head, 7);
            head.push(u8::from(*flag));
        }
        Value::Text(text) => {
            put_kind(head, 8);
            put_text(head, text);
        }
        Value::Texts(texts) => {
            put_list(head, 8, texts.len());
            texts.iter().for_each(|text| put_text(head, text));
        }
        Value::Numbers(numbers) => {
            put_list(head, 5, numbers.len());
            head.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of four bytes, one after the other.
    fn words(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    #[test]
    fn a_file_is_laid_out_as_the_format_says() {
        let bytes = words(&[1.5_f32.to_bits(), 2.5_f32.to_bits(), 0]);
        let tensors = ["a", "b"].map(|name| Tensor {
            name: name.into(),
            lengths: vec![3, 1],
            bytes: &bytes,
        });
        let mut file = Vec::new();
        write(&mut file, &[("k", Value::Number(7))], &tensors).expect("memory takes it");
        let head = [
            b"GGUF".to_vec(),
            words(&[3, 2, 0, 1, 0]),
            words(&[1, 0]),
            b"k".to_vec(),
            words(&[4, 7]),
            words(&[1, 0]),
            b"a".to_vec(),
            words(&[2, 3, 0, 1, 0, 0, 0, 0]),
            words(&[1, 0]),
            b"b".to_vec(),
            words(&[2, 3, 0, 1, 0, 0, 32, 0]),
        ]
        .concat();
        assert_eq!(file[..head.len()], head);
        let data = head.len().next_multiple_of(32);
        assert!(file[head.len()..data].iter().all(|byte| *byte == 0));
        assert_eq!(file[data..data + 12], bytes, "the first tensor");
        assert_eq!(file[data + 32..data + 44], bytes, "the second, aligned");
        assert_eq!(file.len(), data + 64);
    }

    #[test]
    fn each_kind_of_value_is_written_with_its_number() {
        let written = |value| {
            let mut head = Vec::new();
            put_value(&mut head, &value);
            head
        };
        assert_eq!(written(Value::Flag(true)), [words(&[7]), vec![1]].concat());
        assert_eq!(written(Value::Float(0.5)), words(&[6, 0.5_f32.to_bits()]));
        let text = [words(&[8, 2, 0]), b"hi".to_vec()].concat();
        assert_eq!(written(Value::Text("hi".into())), text);
        let texts = [words(&[9, 8, 1, 0, 2, 0]), b"hi".to_vec()].concat();
        assert_eq!(written(Value::Texts(vec!["hi".into()])), texts);
        assert_eq!(
            written(Value::Numbers(vec![3, -1])),
            words(&[9, 5, 2, 0, 3, u32::MAX])
        );
    }
}
