//! How weights are stored: the sizes of ggml's tensor types and the names of whole-file quantisations.
//!
//! Numbers and sizes are those of `ggml.h`, `ggml-common.h` and `llama.h` as of the llama.cpp that
//! the engine links.

/// Name, weights in a block, bytes of a block.
type TensorType = (&'static str, u64, u64);

/// The tensor type of a number, if it is known.
pub(crate) fn tensor_type(number: u32) -> Option<TensorType> {
    Some(match number {
        0 => ("F32", 1, 4),
        1 => ("F16", 1, 2),
        2 => ("Q4_0", 32, 18),
        3 => ("Q4_1", 32, 20),
        6 => ("Q5_0", 32, 22),
        7 => ("Q5_1", 32, 24),
        8 => ("Q8_0", 32, 34),
        9 => ("Q8_1", 32, 36),
        10 => ("Q2_K", 256, 84),
        11 => ("Q3_K", 256, 110),
        12 => ("Q4_K", 256, 144),
        13 => ("Q5_K", 256, 176),
        14 => ("Q6_K", 256, 210),
        15 => ("Q8_K", 256, 292),
        16 => ("IQ2_XXS", 256, 66),
        17 => ("IQ2_XS", 256, 74),
        18 => ("IQ3_XXS", 256, 98),
        19 => ("IQ1_S", 256, 50),
        20 => ("IQ4_NL", 32, 18),
        21 => ("IQ3_S", 256, 110),
        22 => ("IQ2_S", 256, 82),
        23 => ("IQ4_XS", 256, 136),
        24 => ("I8", 1, 1),
        25 => ("I16", 1, 2),
        26 => ("I32", 1, 4),
        27 => ("I64", 1, 8),
        28 => ("F64", 1, 8),
        29 => ("IQ1_M", 256, 56),
        30 => ("BF16", 1, 2),
        34 => ("TQ1_0", 256, 54),
        35 => ("TQ2_0", 256, 66),
        39 => ("MXFP4", 32, 17),
        40 => ("NVFP4", 64, 36),
        41 => ("Q1_0", 128, 18),
        42 => ("Q2_0", 64, 18),
        _ => return None,
    })
}

/// The name of a `general.file_type`, if it is known.
fn file_type(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        7 => "Q8_0",
        8 => "Q5_0",
        9 => "Q5_1",
        10 => "Q2_K",
        11 => "Q3_K_S",
        12 => "Q3_K_M",
        13 => "Q3_K_L",
        14 => "Q4_K_S",
        15 => "Q4_K_M",
        16 => "Q5_K_S",
        17 => "Q5_K_M",
        18 => "Q6_K",
        19 => "IQ2_XXS",
        20 => "IQ2_XS",
        21 => "Q2_K_S",
        22 => "IQ3_XS",
        23 => "IQ3_XXS",
        24 => "IQ1_S",
        25 => "IQ4_NL",
        26 => "IQ3_S",
        27 => "IQ3_M",
        28 => "IQ2_S",
        29 => "IQ2_M",
        30 => "IQ4_XS",
        31 => "IQ1_M",
        32 => "BF16",
        36 => "TQ1_0",
        37 => "TQ2_0",
        38 => "MXFP4",
        39 => "NVFP4",
        40 => "Q1_0",
        41 => "Q2_0",
        _ => return None,
    })
}

/// What to call the quantisation of a file: its own claim, unless the weights themselves speak against it.
///
/// The claim is finer (`Q4_K_M` is a mix of types), but converters leave it at `F16` now and then.
pub(crate) fn quantisation(claimed: Option<u64>, dominant: Option<u32>) -> String {
    let is_float = |name: &str| matches!(name, "F32" | "F16" | "BF16" | "F64");
    let claimed = claimed.and_then(file_type);
    let dominant = dominant.and_then(tensor_type).map(|(name, _, _)| name);
    match (claimed, dominant) {
        (Some(claimed), Some(dominant)) if is_float(claimed) || is_float(dominant) => dominant,
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => "unknown",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_keeps_its_finer_name_and_a_false_claim_gives_way_to_the_weights() {
        assert_eq!(quantisation(Some(15), Some(12)), "Q4_K_M");
        assert_eq!(
            quantisation(Some(1), Some(8)),
            "Q8_0",
            "claims F16, holds Q8_0"
        );
        assert_eq!(
            quantisation(Some(7), Some(1)),
            "F16",
            "claims Q8_0, holds F16"
        );
        assert_eq!(quantisation(None, Some(3)), "Q4_1");
        assert_eq!(quantisation(Some(9_999), None), "unknown");
    }
}
