//! Loading a model: look at the file, look at the memory, let llama.cpp read it, make the context.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use gatehouse_gguf::{GgufSummary, words};
use gatehouse_protocol::{LoadErrorKind, LoadRequest, LoadedModel, ModelPurpose};
use llama_cpp_2::{
    llama_backend::LlamaBackend,
    model::{LlamaModel, params::LlamaModelParams},
};

use crate::{
    ffi::{Context, ContextShape, Output},
    inspect::{LoadFailure, explain, inspect},
    log, memory,
};

/// Tokens computed together on the CPU: more read hardly faster and need larger buffers.
const CPU_BATCH_TOKENS: u32 = 256;
/// A GPU wants more at once.
const GPU_BATCH_TOKENS: u32 = 512;
/// An embedding model reads a text as a whole, so this bounds its buffers.
const MAX_EMBEDDING_TOKENS: u32 = 2048;
/// What a sequence must at least hold to be of use.
const MIN_CONTEXT_TOKENS: u32 = 256;

/// A model in memory with a context to compute in.
pub struct Loaded {
    /// The weights and the vocabulary.
    pub model: Arc<LlamaModel>,
    /// Where sequences are computed.
    pub context: Context,
    /// Most tokens in one batch.
    pub batch_tokens: u32,
    /// What the app is told.
    pub report: LoadedModel,
}

/// Load a model. `progress` is told the share that is done; `cancelled` ends the load.
///
/// # Errors
/// [`LoadFailure`] with the reason.
pub fn load(
    backend: &LlamaBackend,
    request: &LoadRequest,
    cancelled: &Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    progress: impl FnMut(f32) + 'static,
) -> Result<Loaded, LoadFailure> {
    let request = &LoadRequest {
        // The app asks for all layers on a GPU; a computer or a build without one takes none, and
        // then all counts as memory of the computer.
        gpu_layers: if backend.supports_gpu_offload() {
            request.gpu_layers
        } else {
            0
        },
        ..request.clone()
    };
    let path = Path::new(&request.path);
    let summary = inspect(path, request.purpose)?;
    let wanted = Wanted::of(request, &summary);
    wanted.check_memory(&summary)?;
    let model = Arc::new(read_weights(backend, request, cancelled, progress)?);
    check_cancelled(cancelled)?;
    let shape = wanted.shape(&model);
    log::forget_errors();
    let context = Context::new(Arc::clone(&model), shape, stop).ok_or_else(no_context)?;
    check_cancelled(cancelled)?;
    let report = LoadedModel {
        context_tokens: context.context_tokens().min(shape.context_tokens),
        sequences: shape.sequences,
        trained_context_tokens: model.n_ctx_train(),
        parameters: model.n_params(),
        embedding_length: u32::try_from(model.n_embd_out()).unwrap_or(0),
        threads: shape.threads,
        weights_bytes: model.size(),
        kv_cache_bytes: wanted.cache_bytes(&summary, context.context_tokens()),
        has_chat_template: model.chat_template(None).is_ok(),
    };
    Ok(Loaded {
        model,
        context,
        batch_tokens: shape.batch_tokens,
        report,
    })
}

fn check_cancelled(cancelled: &AtomicBool) -> Result<(), LoadFailure> {
    if cancelled.load(Ordering::Relaxed) {
        return Err(LoadFailure::new(
            LoadErrorKind::Cancelled,
            "Loading was stopped.",
        ));
    }
    Ok(())
}

/// The context that a request asks for, cut to what the model has.
struct Wanted {
    context_tokens: u32,
    sequences: u32,
    threads: u32,
    gpu: bool,
    output: Output,
}

impl Wanted {
    fn of(request: &LoadRequest, summary: &GgufSummary) -> Self {
        let trained = summary.trained_context_tokens.unwrap_or(u32::MAX);
        let most = match request.purpose {
            ModelPurpose::Chat => trained,
            ModelPurpose::Embedding => trained.min(MAX_EMBEDDING_TOKENS),
        };
        let output = match (request.purpose, summary.pooling) {
            (ModelPurpose::Chat, _) => Output::NextToken,
            (ModelPurpose::Embedding, Some(_)) => Output::Embedding,
            (ModelPurpose::Embedding, None) => Output::MeanEmbedding,
        };
        Self {
            context_tokens: request.context_tokens.max(MIN_CONTEXT_TOKENS).min(most),
            sequences: request.sequences.clamp(1, 256),
            threads: request
                .threads
                .map_or_else(physical_cores, |threads| threads.clamp(1, 512)),
            gpu: request.gpu_layers > 0,
            output,
        }
    }

    fn cache_bytes(&self, summary: &GgufSummary, context_tokens: u32) -> u64 {
        // Texts to embed share the room of one.
        let streams = match self.output {
            Output::NextToken => self.sequences,
            Output::Embedding | Output::MeanEmbedding => 1,
        };
        summary.kv_cache_bytes(context_tokens, streams)
    }

    fn check_memory(&self, summary: &GgufSummary) -> Result<(), LoadFailure> {
        let cache = self.cache_bytes(summary, self.context_tokens);
        // Layers on a GPU need that one's memory; llama.cpp says when it is too little.
        let weights = if self.gpu { 0 } else { summary.weights_bytes };
        let needed = weights
            .saturating_add(cache)
            .saturating_add(memory::OVERHEAD_BYTES);
        match memory::available_bytes() {
            Some(available) if needed > available => Err(LoadFailure::new(
                LoadErrorKind::OutOfMemory,
                format!(
                    "Not enough memory: {} are needed ({} for the weights, {} for a context of {} tokens, {} at once), \
                     {} are free.",
                    words::size(needed),
                    words::size(weights),
                    words::size(cache),
                    words::count(self.context_tokens.into()),
                    self.sequences,
                    words::size(available),
                ),
            )),
            _ => Ok(()),
        }
    }

    fn shape(&self, model: &LlamaModel) -> ContextShape {
        let context_tokens = self.context_tokens.min(model.n_ctx_train().max(1));
        let batch_tokens = match (self.output, self.gpu) {
            (Output::NextToken, false) => CPU_BATCH_TOKENS.min(context_tokens),
            (Output::NextToken, true) => GPU_BATCH_TOKENS.min(context_tokens),
            _ => context_tokens,
        };
        ContextShape {
            context_tokens,
            sequences: self.sequences,
            // Each sequence must fit its one new token beside the others'.
            batch_tokens: batch_tokens.max(self.sequences),
            threads: self.threads,
            output: self.output,
        }
    }
}

/// Hyper-threads share the units that computing needs, so more threads than cores slow each other.
fn physical_cores() -> u32 {
    let usable = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(num_cpus::get_physical().min(usable).max(1)).unwrap_or(1)
}

fn read_weights(
    backend: &LlamaBackend,
    request: &LoadRequest,
    cancelled: &Arc<AtomicBool>,
    mut progress: impl FnMut(f32) + 'static,
) -> Result<LlamaModel, LoadFailure> {
    let flag = Arc::clone(cancelled);
    let mut told = -1.0_f32;
    let params = LlamaModelParams::default()
        .with_n_gpu_layers(request.gpu_layers)
        .with_progress_callback(move |done| {
            // llama.cpp calls this for each tensor; a step of one per cent is all that can be seen.
            if done >= told + 0.01 || (done >= 1.0 && told < 1.0) {
                told = done;
                progress(done.clamp(0.0, 1.0));
            }
            !flag.load(Ordering::Relaxed)
        });
    log::forget_errors();
    LlamaModel::load_from_file(backend, &request.path, &params).map_err(|_| {
        check_cancelled(cancelled)
            .err()
            .unwrap_or_else(|| explain(&log::take_errors()))
    })
}

fn no_context() -> LoadFailure {
    let errors = log::take_errors();
    let first = errors.lines().next().unwrap_or("llama.cpp gave no reason");
    LoadFailure::new(
        LoadErrorKind::OutOfMemory,
        format!("There is not enough memory for this context ({first})."),
    )
}
