//! How much memory a model needs, whether this computer has it, and how large a context it allows.
//!
//! The parts, as llama.cpp allocates them on a CPU:
//! - weights: the tensors of the file, mapped into memory as they are;
//! - KV cache: [`GgufSummary::kv_cache_bytes`];
//! - overhead: the buffers of one batch, which grow with the model's width, and the process with the
//!   vocabulary. The engine asks for the scores of one token a sequence only, so the buffer that is
//!   llama.cpp's largest by default (batch × vocabulary) is not there. The engine's benchmark holds
//!   the whole to 100 MB for the starter model.

use gatehouse_gguf::{GgufSummary, words};
use gatehouse_protocol::LoadedModel;
use serde::{Deserialize, Serialize};
use specta::Type;

/// The context when a person chose none and the model allows it: a long conversation, a small cache.
pub const DEFAULT_CONTEXT_TOKENS: u32 = 8_192;
/// Below this a conversation is no use, so a plan never goes lower by itself.
pub const LEAST_CONTEXT_TOKENS: u32 = 2_048;
/// Requests that run together when memory allows.
pub const MOST_SEQUENCES: u32 = 4;

/// Tokens that the engine computes at once.
const BATCH_TOKENS: u64 = 256;
/// Vectors of the model's width (F32) that are alive at once for each token of a batch.
const LIVE_VECTORS: u64 = 16;
/// The engine's program, threads, vocabulary and llama.cpp's own structures.
const PROCESS_BYTES: u64 = 90_000_000;
/// Several sequences are planned only while their cache stays below one part in so many of the free memory.
/// Two at least are worth much of it: with one alone each request that is no turn of the conversation puts out
/// what was read of it.
const CACHE_SHARE: u64 = 3;

/// The memory of this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComputerMemory {
    /// All of it, in bytes.
    pub total_bytes: u64,
    /// What programs can still take without swapping, in bytes.
    pub available_bytes: u64,
}

/// Whether a model fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It fits beside what runs now.
    Fits,
    /// It fits when other programs give memory back.
    Tight,
    /// It does not fit this computer.
    TooLarge,
}

/// How a model would be loaded, what that takes, and whether it fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MemoryPlan {
    /// Context of one sequence, in tokens.
    pub context_tokens: u32,
    /// Requests that run together, each with a context of its own.
    pub sequences: u32,
    /// Memory of the weights, in bytes.
    #[specta(type = specta_typescript::Number)]
    pub weights_bytes: u64,
    /// Memory of the KV cache of all sequences, in bytes.
    #[specta(type = specta_typescript::Number)]
    pub kv_cache_bytes: u64,
    /// Memory of buffers and the process, in bytes; an upper bound.
    #[specta(type = specta_typescript::Number)]
    pub overhead_bytes: u64,
    /// All of it together, in bytes.
    #[specta(type = specta_typescript::Number)]
    pub total_bytes: u64,
    /// Whether it fits.
    pub verdict: Verdict,
    /// Why, in plain words.
    pub reason: String,
}

/// Ask the operating system, and the container's limit where there is one.
pub fn computer_memory() -> ComputerMemory {
    let mut system = sysinfo::System::new()
        .expect("memory can be asked for, because Linux, macOS and Windows can");
    system.refresh_memory();
    let computer = ComputerMemory {
        total_bytes: system.total_memory(),
        available_bytes: system.available_memory(),
    };
    match system.cgroup_limits() {
        Some(limit) if limit.total_memory > 0 => ComputerMemory {
            total_bytes: computer.total_bytes.min(limit.total_memory),
            available_bytes: computer.available_bytes.min(limit.free_memory),
        },
        _ => computer,
    }
}

/// Choose context and sequences for a model, and say whether they fit.
///
/// The wanted context (a person's setting, else [`DEFAULT_CONTEXT_TOKENS`]) is cut to what the model
/// was trained for. Then: four sequences, or two, while their cache is small; else one; else less
/// context, down to [`LEAST_CONTEXT_TOKENS`]; else the verdict says that it does not fit.
pub fn plan(
    model: &GgufSummary,
    memory: ComputerMemory,
    wanted_context: Option<u32>,
) -> MemoryPlan {
    let trained = model.trained_context_tokens.unwrap_or(LEAST_CONTEXT_TOKENS);
    let wanted = wanted_context
        .unwrap_or(DEFAULT_CONTEXT_TOKENS)
        .clamp(1, trained.max(1));
    let least = LEAST_CONTEXT_TOKENS.min(wanted);
    let cache_limit = memory.available_bytes / CACHE_SHARE;
    let several =
        [MOST_SEQUENCES, MOST_SEQUENCES / 2].map(|sequences| Needs::of(model, wanted, sequences));
    let shorter = std::iter::successors(Some(wanted), |&c| (c > least).then(|| (c / 2).max(least)));
    let chosen = several
        .into_iter()
        .filter(|needs| needs.kv_cache <= cache_limit)
        .chain(shorter.map(|context| Needs::of(model, context, 1)))
        .find(|needs| needs.verdict(memory) == Verdict::Fits)
        .unwrap_or_else(|| Needs::of(model, least, 1));
    let verdict = chosen.verdict(memory);
    MemoryPlan {
        context_tokens: chosen.context,
        sequences: chosen.sequences,
        weights_bytes: chosen.weights,
        kv_cache_bytes: chosen.kv_cache,
        overhead_bytes: chosen.overhead,
        total_bytes: chosen.total(),
        verdict,
        reason: reason(&chosen, verdict, memory, wanted),
    }
}

impl MemoryPlan {
    /// The plan of a model that is in memory: what it was loaded with, and so it fits.
    pub(crate) fn is_loaded(&mut self, loaded: &LoadedModel) {
        self.context_tokens = loaded.context_tokens;
        self.sequences = loaded.sequences;
        self.weights_bytes = loaded.weights_bytes;
        self.kv_cache_bytes = loaded.kv_cache_bytes;
        self.total_bytes = (self.weights_bytes)
            .saturating_add(self.kv_cache_bytes)
            .saturating_add(self.overhead_bytes);
        self.verdict = Verdict::Fits;
        self.reason = format!(
            "It is in memory and takes about {}.",
            words::size(self.total_bytes)
        );
    }
}

/// What one way of loading takes.
struct Needs {
    context: u32,
    sequences: u32,
    weights: u64,
    kv_cache: u64,
    overhead: u64,
}

impl Needs {
    fn of(model: &GgufSummary, context: u32, sequences: u32) -> Self {
        let buffers = BATCH_TOKENS * LIVE_VECTORS * 4 * u64::from(model.embedding_length);
        Self {
            context,
            sequences,
            weights: model.weights_bytes,
            kv_cache: model.kv_cache_bytes(context, sequences),
            overhead: buffers.saturating_add(PROCESS_BYTES),
        }
    }

    fn total(&self) -> u64 {
        self.weights
            .saturating_add(self.kv_cache)
            .saturating_add(self.overhead)
    }

    fn verdict(&self, memory: ComputerMemory) -> Verdict {
        // What the computer itself needs to stay usable: a tenth, at least 512 MB, on tiny ones a quarter.
        let reserve = (memory.total_bytes / 10)
            .max(512_000_000)
            .min(memory.total_bytes / 4);
        let needed = self.total().saturating_add(reserve);
        match needed {
            n if n <= memory.available_bytes => Verdict::Fits,
            n if n <= memory.total_bytes => Verdict::Tight,
            _ => Verdict::TooLarge,
        }
    }
}

fn reason(chosen: &Needs, verdict: Verdict, memory: ComputerMemory, wanted: u32) -> String {
    let needed = words::size(chosen.total());
    let free = words::size(memory.available_bytes);
    let all = words::size(memory.total_bytes);
    match verdict {
        Verdict::Fits if chosen.context < wanted => format!(
            "Needs about {needed}; this computer has {free} free. To fit, it sees {} tokens at a time instead of {}.",
            words::count(chosen.context.into()),
            words::count(wanted.into())
        ),
        Verdict::Fits => format!("Needs about {needed}; this computer has {free} free."),
        Verdict::Tight => {
            format!(
                "Needs about {needed}; only {free} of {all} are free. Close other programs first, or it may not load."
            )
        }
        Verdict::TooLarge => format!(
            "Needs about {needed} even with a short context; this computer has {all}. Choose a smaller model or quantisation."
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GB: u64 = 1_000_000_000;

    /// The shape of Llama 3 8B at Q4_K_M.
    fn llama_8b() -> GgufSummary {
        GgufSummary {
            trained_context_tokens: Some(131_072),
            blocks: 32,
            caching_blocks: 32,
            embedding_length: 4_096,
            heads: vec![32],
            kv_heads: vec![8],
            weights_bytes: 4_920_000_000,
            ..GgufSummary::default()
        }
    }

    fn computer(total_gb: u64, free_gb: u64) -> ComputerMemory {
        ComputerMemory {
            total_bytes: total_gb * GB,
            available_bytes: free_gb * GB,
        }
    }

    #[test]
    fn sequences_go_first_then_context_then_the_model() {
        let seen: Vec<_> = [(64, 60), (32, 26), (16, 12), (9, 7), (8, 4), (4, 3)]
            .map(|(total, free)| plan(&llama_8b(), computer(total, free), None))
            .iter()
            .map(|plan| (plan.sequences, plan.context_tokens, plan.verdict))
            .collect();
        assert_eq!(
            seen,
            [
                (4, 8_192, Verdict::Fits),
                (4, 8_192, Verdict::Fits),
                (2, 8_192, Verdict::Fits),
                (1, 4_096, Verdict::Fits),
                (1, 2_048, Verdict::Tight),
                (1, 2_048, Verdict::TooLarge),
            ]
        );
    }

    #[test]
    fn the_reason_names_the_numbers_and_what_can_be_done() {
        let reason = |total, free| plan(&llama_8b(), computer(total, free), None).reason;
        assert_eq!(
            reason(16, 12),
            "Needs about 7.2 GB; this computer has 12 GB free."
        );
        assert_eq!(
            reason(9, 7),
            "Needs about 5.6 GB; this computer has 7.0 GB free. To fit, it sees 4,096 tokens at a time instead of 8,192."
        );
        assert_eq!(
            reason(8, 4),
            "Needs about 5.3 GB; only 4.0 GB of 8.0 GB are free. Close other programs first, or it may not load."
        );
        assert_eq!(
            reason(4, 3),
            "Needs about 5.3 GB even with a short context; this computer has 4.0 GB. Choose a smaller model or quantisation."
        );
    }

    #[test]
    fn a_person_may_choose_the_context_up_to_what_the_model_was_trained_for() {
        assert_eq!(
            plan(&llama_8b(), computer(64, 60), Some(32_768)).context_tokens,
            32_768
        );
        assert_eq!(
            plan(&llama_8b(), computer(64, 60), Some(1_024)).context_tokens,
            1_024
        );
        let short = GgufSummary {
            trained_context_tokens: Some(512),
            ..llama_8b()
        };
        assert_eq!(
            plan(&short, computer(64, 60), Some(32_768)).context_tokens,
            512
        );
    }

    #[test]
    fn this_computer_has_memory() {
        let memory = computer_memory();
        assert!(memory.total_bytes > 0 && memory.available_bytes <= memory.total_bytes);
    }

    proptest! {
        #[test]
        fn any_numbers_give_a_plan_that_adds_up(
            blocks: u32, width: u32, heads: u32, kv in proptest::collection::vec(any::<u32>(), 0..4), key: Option<u32>,
            weights: u64, trained: Option<u32>, wanted: Option<u32>, total: u64, free: u64,
        ) {
            let model = GgufSummary {
                trained_context_tokens: trained, blocks, caching_blocks: blocks, embedding_length: width,
                heads: vec![heads], kv_heads: kv, key_length: key, weights_bytes: weights,
                ..GgufSummary::default()
            };
            let memory = ComputerMemory { total_bytes: total, available_bytes: free.min(total) };
            let plan = plan(&model, memory, wanted);
            let sum = plan.weights_bytes.saturating_add(plan.kv_cache_bytes).saturating_add(plan.overhead_bytes);
            prop_assert_eq!(plan.total_bytes, sum);
            prop_assert!(plan.context_tokens >= 1 && (1..=MOST_SEQUENCES).contains(&plan.sequences));
            prop_assert!(plan.verdict != Verdict::Fits || plan.total_bytes <= memory.available_bytes);
        }
    }
}
