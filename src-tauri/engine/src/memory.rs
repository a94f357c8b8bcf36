//! How much memory a model needs and how much there is, so that a load that cannot fit is refused
//! before the machine starts to swap.

use crate::gguf::{Gguf, Value};

/// What computing needs beside weights and KV cache: buffers, vocabulary, the program itself.
pub const OVERHEAD_BYTES: u64 = 100 << 20;

/// Bytes of one cached number (16-bit floats).
const CACHED_NUMBER_BYTES: u64 = 2;

/// Bytes of the KV cache for `tokens` tokens, or 0 where the file does not say enough.
///
/// Exact for plain attention; an upper bound for models that remember less in some layers.
#[must_use]
pub fn kv_cache_bytes(gguf: &Gguf, tokens: u64) -> u64 {
    let layers = gguf.int("block_count").unwrap_or(0);
    let heads = gguf.int("attention.head_count").unwrap_or(0);
    let width = gguf.int("embedding_length").unwrap_or(0);
    let head_width = width.checked_div(heads).unwrap_or(0);
    let key = gguf.int("attention.key_length").unwrap_or(head_width);
    let value = gguf.int("attention.value_length").unwrap_or(head_width);
    let cached_heads = match gguf.of_architecture("attention.head_count_kv") {
        Some(Value::Ints(each)) => each
            .iter()
            .filter_map(|&heads| u64::try_from(heads).ok())
            .sum(),
        Some(Value::Int(all)) => u64::try_from(*all).unwrap_or(0).saturating_mul(layers),
        _ => heads.saturating_mul(layers),
    };
    cached_heads
        .saturating_mul(key.saturating_add(value))
        .saturating_mul(CACHED_NUMBER_BYTES)
        .saturating_mul(tokens)
}

/// Memory that can be had without swapping; `None` where the system does not say.
#[must_use]
pub fn available_bytes() -> Option<u64> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    available_in(&meminfo)
}

fn available_in(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Where memory runs out, the system ends a process: let it be this one and not the app.
pub fn offer_self_first() {
    // Raising one's own score is always allowed; where there is no such file there is no such choice.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
}

/// A size for people, in GB of 10⁹ bytes.
#[must_use]
pub fn gigabytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let gigabytes = bytes as f64 / 1e9;
    format!("{gigabytes:.1} GB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn available_memory_is_read_from_the_kernels_table() {
        let table =
            "MemTotal:       24612345 kB\nMemFree:         1000 kB\nMemAvailable:   23000000 kB\n";
        assert_eq!(available_in(table), Some(23_000_000 * 1024));
        assert_eq!(available_in("MemTotal: 1 kB\n"), None, "no line, no number");
    }

    #[test]
    fn sizes_are_told_with_one_decimal() {
        assert_eq!(gigabytes(4_960_000_000), "5.0 GB");
    }
}
