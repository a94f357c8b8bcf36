//! How much memory a model's KV cache takes, as llama.cpp allocates it.
//!
//! For every layer that caches, token and sequence one key and one value per KV head, two bytes a
//! number (F16). llama.cpp pads the context of a sequence to 256 tokens and clears the whole cache at
//! the start, so all of it counts. Layers with a sliding window are counted in full, as llama.cpp's
//! default is to keep them in full. Encoders keep no cache.

use crate::GgufSummary;

/// llama.cpp pads a sequence to this many tokens.
const PADDED_TO_TOKENS: u64 = 256;
/// Bytes of a number in the cache (F16).
const NUMBER_BYTES: u64 = 2;

impl GgufSummary {
    /// Bytes of the KV cache for `sequences` sequences with a context of `context_tokens` each.
    pub fn kv_cache_bytes(&self, context_tokens: u32, sequences: u32) -> u64 {
        if self.causal == Some(false) {
            return 0;
        }
        let per_head = self.embedding_length / self.heads.iter().copied().max().unwrap_or(1).max(1);
        let head_pair = u64::from(self.key_length.unwrap_or(per_head))
            + u64::from(self.value_length.unwrap_or(per_head));
        let heads = if self.kv_heads.is_empty() {
            &self.heads
        } else {
            &self.kv_heads
        };
        let all_heads: u64 = match heads.as_slice() {
            &[] => 0,
            &[same] => u64::from(same).saturating_mul(self.caching_blocks.into()),
            each => each.iter().map(|&heads| u64::from(heads)).sum(),
        };
        let cells = u64::from(context_tokens)
            .next_multiple_of(PADDED_TO_TOKENS)
            .saturating_mul(sequences.into());
        all_heads
            .saturating_mul(head_pair)
            .saturating_mul(NUMBER_BYTES)
            .saturating_mul(cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shape of Llama 3 8B.
    fn llama_8b() -> GgufSummary {
        GgufSummary {
            caching_blocks: 32,
            embedding_length: 4_096,
            heads: vec![32],
            kv_heads: vec![8],
            ..GgufSummary::default()
        }
    }

    #[test]
    fn the_cache_of_llama_3_8b_is_128_kib_a_token() {
        assert_eq!(llama_8b().kv_cache_bytes(8_192, 1), 128 * 1024 * 8_192);
        assert_eq!(
            llama_8b().kv_cache_bytes(8_000, 2),
            2 * 128 * 1024 * 8_192,
            "llama.cpp pads to 256 tokens"
        );
    }

    #[test]
    fn heads_given_per_layer_are_summed_and_layers_without_a_cache_cost_nothing() {
        let hybrid = GgufSummary {
            kv_heads: vec![0, 0, 8, 0],
            caching_blocks: 4,
            ..llama_8b()
        };
        assert_eq!(hybrid.kv_cache_bytes(1_024, 1), 8 * 256 * 2 * 1_024);
        let every_fourth = GgufSummary {
            caching_blocks: 8,
            ..llama_8b()
        };
        assert_eq!(
            every_fourth.kv_cache_bytes(1_024, 1) * 4,
            llama_8b().kv_cache_bytes(1_024, 1)
        );
        let lengths = GgufSummary {
            key_length: Some(576),
            value_length: Some(512),
            kv_heads: vec![1],
            ..llama_8b()
        };
        assert_eq!(lengths.kv_cache_bytes(256, 1), 32 * (576 + 512) * 2 * 256);
    }

    #[test]
    fn an_encoder_keeps_no_cache() {
        let bert = GgufSummary {
            causal: Some(false),
            ..llama_8b()
        };
        assert_eq!(bert.kv_cache_bytes(8_192, 4), 0);
    }
}
