//! Reading safetensors, the form in which makers of models give their weights away: a length, so much JSON
//! that says where each tensor lies, then the tensors.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Weights in a file.
pub(super) struct Weights<'a> {
    pub name: String,
    /// Their lengths, the outermost one first.
    pub lengths: Vec<u64>,
    /// The floats, little-endian.
    pub bytes: &'a [u8],
}

/// All weights that are 32-bit floats, by name.
///
/// # Errors
/// The file is not of this form.
pub(super) fn read(file: &[u8]) -> Result<Vec<Weights<'_>>> {
    let (length, rest) = file.split_first_chunk::<8>().context("it is too short")?;
    let length = usize::try_from(u64::from_le_bytes(*length)).context("its head is too long")?;
    let (head, data) = rest
        .split_at_checked(length)
        .context("it ends within its head")?;
    let Value::Object(head) = serde_json::from_slice(head).context("its head is not JSON")? else {
        bail!("its head is not an object");
    };
    let mut all = Vec::new();
    for (name, said) in &head {
        if said["dtype"] == "F32" {
            all.push(
                weights(name, said, data).with_context(|| format!("{name} is not as it says"))?,
            );
        }
    }
    // Not as the JSON has them: whether it keeps their order depends on how it is built.
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

fn weights<'a>(name: &str, said: &Value, data: &'a [u8]) -> Result<Weights<'a>> {
    let lengths = numbers(&said["shape"]).context("it has no shape")?;
    let offsets = numbers(&said["data_offsets"]).context("it has no place")?;
    let [begin, end] = offsets[..] else {
        bail!("its place is not a beginning and an end");
    };
    let place = usize::try_from(begin)?..usize::try_from(end)?;
    let bytes = data.get(place).context("its place is not in the file")?;
    let floats = lengths
        .iter()
        .try_fold(4_u64, |product, length| product.checked_mul(*length));
    ensure!(
        floats == Some(bytes.len() as u64),
        "its shape and its place differ"
    );
    Ok(Weights {
        name: name.to_owned(),
        lengths,
        bytes,
    })
}

fn numbers(list: &Value) -> Option<Vec<u64>> {
    list.as_array()?.iter().map(Value::as_u64).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn file(head: &Value, data: &[u8]) -> Vec<u8> {
        let head = head.to_string();
        let length = (head.len() as u64).to_le_bytes();
        [&length[..], head.as_bytes(), data].concat()
    }

    #[test]
    fn floats_are_found_by_name_and_other_numbers_left_out() {
        let head = json!({
            "__metadata__": { "format": "pt" },
            "b": { "dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8] },
            "ids": { "dtype": "I64", "shape": [1], "data_offsets": [8, 16] },
            "a": { "dtype": "F32", "shape": [1], "data_offsets": [16, 20] },
        });
        let data: Vec<u8> = (0..20).collect();
        let file = file(&head, &data);
        let all = read(&file).expect("it is whole");
        let found: Vec<_> = all
            .iter()
            .map(|weights| (weights.name.as_str(), &weights.lengths[..], weights.bytes))
            .collect();
        assert_eq!(
            found,
            [
                ("a", &[1_u64][..], &data[16..]),
                ("b", &[1, 2][..], &data[..8])
            ]
        );
    }

    #[test]
    fn what_is_not_in_the_file_is_refused() {
        for (shape, offsets) in [
            (json!([2]), json!([0, 9])),
            (json!([3]), json!([0, 8])),
            (json!([2]), json!([8, 0])),
            (json!([u64::MAX, 8]), json!([0, 8])),
            (json!([2]), json!([0])),
            (json!(["2"]), json!([0, 8])),
        ] {
            let head = json!({ "a": { "dtype": "F32", "shape": shape, "data_offsets": offsets } });
            let file = file(&head, &[0; 8]);
            assert!(read(&file).is_err(), "{head}");
        }
        let whole = file(&json!({}), &[]);
        assert!(read(&whole).is_ok());
        assert!(read(&whole[..whole.len() - 1]).is_err(), "it was cut");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            length in 0_u64..40,
            head in "[\\[\\]{}:,\"a-z0-9]{0,40}",
            data in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let _ = read(&[&length.to_le_bytes()[..], head.as_bytes(), &data].concat());
            let _ = read(&data);
        }
    }
}
