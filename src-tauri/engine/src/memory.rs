//! How much memory there is, so that a load that cannot fit is refused before the machine starts to
//! swap.

/// What computing needs beside weights and KV cache: buffers, vocabulary, the program itself.
pub const OVERHEAD_BYTES: u64 = 100 << 20;

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
}
