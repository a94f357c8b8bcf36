//! The only unsafe code of Gatehouse: a llama.cpp context of our own.
//!
//! `llama-cpp-2` wraps contexts too, but offers no way to stop a computation that has begun. A long
//! prompt takes seconds, a cancel must take effect within 100 ms, so the context is made here, with
//! llama.cpp's abort callback, through the same crate's raw bindings. Models, vocabularies and
//! samplers stay with the safe wrapper.

#![allow(unsafe_code)]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    ptr::NonNull,
    slice,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use llama_cpp_2::{model::LlamaModel, token::LlamaToken};
use llama_cpp_sys_2 as sys;

use crate::log;

/// How a context is to be made.
#[derive(Debug, Clone, Copy)]
pub struct ContextShape {
    /// Tokens that one sequence can hold.
    pub context_tokens: u32,
    /// Sequences beside each other.
    pub sequences: u32,
    /// Most tokens in one batch.
    pub batch_tokens: u32,
    /// Threads for computing.
    pub threads: u32,
    /// What is read from it.
    pub output: Output,
}

impl ContextShape {
    /// Tokens that the KV cache holds altogether; `None` when there are too many to count. Texts to
    /// embed share the room of one, as each batch of them is forgotten before the next.
    #[must_use]
    pub fn cells(&self) -> Option<u32> {
        match self.output {
            Output::NextToken => self.context_tokens.checked_mul(self.sequences),
            Output::Embedding | Output::MeanEmbedding => Some(self.context_tokens),
        }
    }
}

/// What a context is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Scores of the next token.
    NextToken,
    /// One vector a sequence, pooled as the model says.
    Embedding,
    /// One vector a sequence, the mean over its tokens: for models that do not say.
    MeanEmbedding,
}

/// Why a batch was not computed. What the batch wrote for each sequence must be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The stop flag was raised.
    #[error("stopped")]
    Stopped,
    /// llama.cpp's own code for the fault.
    #[error("llama.cpp could not compute the batch (code {0})")]
    Failed(i32),
}

/// Tokens to compute together, each at a position of a sequence.
#[derive(Debug, Default)]
pub struct Batch {
    tokens: Vec<sys::llama_token>,
    positions: Vec<sys::llama_pos>,
    sequences: Vec<sys::llama_seq_id>,
    outputs: Vec<i8>,
}

impl Batch {
    /// Empty it, keeping its memory.
    pub fn clear(&mut self) {
        self.tokens.clear();
        self.positions.clear();
        self.sequences.clear();
        self.outputs.clear();
    }

    /// Add a token; with `output`, what follows it can be read afterwards under the returned index.
    pub fn add(&mut self, token: LlamaToken, position: usize, sequence: i32, output: bool) -> i32 {
        let index = as_c_int(self.tokens.len());
        self.tokens.push(token.0);
        self.positions.push(as_c_int(position));
        self.sequences.push(sequence);
        self.outputs.push(i8::from(output));
        index
    }

    /// Tokens in the batch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is nothing to compute.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}

/// A llama.cpp context with its KV cache: one stream of memory for each sequence.
pub struct Context {
    raw: NonNull<sys::llama_context>,
    threads: Option<NonNull<sys::ggml_threadpool>>,
    model: Arc<LlamaModel>,
    // llama.cpp holds a pointer into this; it is dropped after the context.
    _stop: Arc<AtomicBool>,
}

impl Context {
    /// Make a context. `stop` ends a running [`Self::decode`] while it is `true` (on the CPU; other
    /// devices look at it between batches only). `None` when llama.cpp could not get the memory.
    #[must_use]
    pub fn new(model: Arc<LlamaModel>, shape: ContextShape, stop: Arc<AtomicBool>) -> Option<Self> {
        // SAFETY: takes nothing, returns a plain struct.
        let mut params = unsafe { sys::llama_context_default_params() };
        let embeddings = shape.output != Output::NextToken;
        params.n_ctx = shape.cells()?;
        params.n_seq_max = shape.sequences;
        params.n_batch = shape.batch_tokens;
        params.n_ubatch = shape.batch_tokens;
        // Logits are wanted for one token a sequence: the buffer for a whole batch of them would be
        // the largest of all (batch × vocabulary).
        params.n_outputs_max = if embeddings { 0 } else { shape.sequences };
        params.n_threads = as_c_int(shape.threads as usize);
        params.n_threads_batch = params.n_threads;
        // A pooled vector needs all of a text in one go, which llama.cpp only gives in one stream.
        params.kv_unified = embeddings;
        params.embeddings = embeddings;
        if shape.output == Output::MeanEmbedding {
            params.pooling_type = sys::LLAMA_POOLING_TYPE_MEAN;
        }
        params.no_perf = true;
        params.abort_callback = Some(stop_is_wanted);
        params.abort_callback_data = Arc::as_ptr(&stop).cast_mut().cast::<c_void>();

        // SAFETY: `LlamaModel` is a transparent wrapper of a non-null `llama_model` pointer, and the
        // model outlives the context because the context keeps the `Arc`. The callback's data is the
        // atomic inside `stop`, which is kept as long.
        let raw = unsafe {
            let model = *std::ptr::from_ref::<LlamaModel>(&model).cast::<*mut sys::llama_model>();
            NonNull::new(sys::llama_init_from_model(model, params))?
        };
        let mut context = Self {
            raw,
            threads: None,
            model,
            _stop: stop,
        };
        context.attach_threads(shape.threads);
        (!embeddings || context.pools()).then_some(context)
    }

    /// Keep the threads alive between batches: starting them anew costs more than a small batch.
    fn attach_threads(&mut self, threads: u32) {
        // SAFETY: the parameters are plain data; the pool is freed in `drop`, after the context.
        unsafe {
            let mut params = sys::ggml_threadpool_params_default(as_c_int(threads as usize));
            self.threads = NonNull::new(sys::ggml_threadpool_new(&raw mut params));
            if let Some(pool) = self.threads {
                sys::llama_attach_threadpool(self.raw.as_ptr(), pool.as_ptr(), pool.as_ptr());
            }
        }
    }

    fn pools(&self) -> bool {
        // SAFETY: reads a field of a live context.
        let pooling = unsafe { sys::llama_pooling_type(self.raw.as_ptr()) };
        pooling != sys::LLAMA_POOLING_TYPE_NONE && pooling != sys::LLAMA_POOLING_TYPE_RANK
    }

    /// Tokens that one sequence can hold, as llama.cpp rounded them.
    #[must_use]
    pub fn context_tokens(&self) -> u32 {
        // SAFETY: reads a field of a live context.
        unsafe { sys::llama_n_ctx_seq(self.raw.as_ptr()) }
    }

    /// Compute a batch.
    ///
    /// # Errors
    /// [`DecodeError`]; the caller takes back every sequence of the batch with [`Self::truncate`].
    pub fn decode(&mut self, batch: &mut Batch) -> Result<(), DecodeError> {
        let mut counts = vec![1; batch.len()];
        let mut sequences: Vec<*mut sys::llama_seq_id> =
            batch.sequences.iter_mut().map(std::ptr::from_mut).collect();
        let raw = sys::llama_batch {
            n_tokens: as_c_int(batch.tokens.len()),
            token: batch.tokens.as_mut_ptr(),
            embd: std::ptr::null_mut(),
            pos: batch.positions.as_mut_ptr(),
            n_seq_id: counts.as_mut_ptr(),
            seq_id: sequences.as_mut_ptr(),
            logits: batch.outputs.as_mut_ptr(),
        };
        // SAFETY: all arrays have `n_tokens` elements and live over the call; each `seq_id` points to
        // one identifier, as `n_seq_id` says. llama.cpp checks token, position and sequence ranges.
        match unsafe { sys::llama_decode(self.raw.as_ptr(), raw) } {
            0 => Ok(()),
            2 => Err(DecodeError::Stopped),
            code => Err(DecodeError::Failed(code)),
        }
    }

    /// Scores of every token of the vocabulary after the batch's token `index`, if it had `output`.
    #[must_use]
    pub fn logits(&self, index: i32) -> Option<&[f32]> {
        // SAFETY: llama.cpp returns null or `n_vocab` floats, valid until the next decode, which
        // needs `&mut self`.
        unsafe {
            let logits = NonNull::new(sys::llama_get_logits_ith(self.raw.as_ptr(), index))?;
            let length = usize::try_from(self.model.n_vocab()).ok()?;
            Some(slice::from_raw_parts(logits.as_ptr(), length))
        }
    }

    /// The embedding of a sequence of the last batch.
    #[must_use]
    pub fn embedding(&self, sequence: i32) -> Option<&[f32]> {
        // SAFETY: null, or `n_embd_out` floats (ranking, the one exception, is refused in `new`),
        // valid until the next decode, which needs `&mut self`.
        unsafe {
            let vector = NonNull::new(sys::llama_get_embeddings_seq(self.raw.as_ptr(), sequence))?;
            let length = usize::try_from(self.model.n_embd_out()).ok()?;
            Some(slice::from_raw_parts(vector.as_ptr(), length))
        }
    }

    /// Forget a sequence from `position` on. `false` when the model's memory cannot be cut there
    /// (recurrent models); the sequence is then forgotten as a whole.
    pub fn truncate(&mut self, sequence: i32, position: usize) -> bool {
        // SAFETY: the memory belongs to the live context; a model without one has a null pointer,
        // which llama.cpp accepts. Forgetting a whole sequence cannot fail.
        unsafe {
            let memory = sys::llama_get_memory(self.raw.as_ptr());
            let cut = sys::llama_memory_seq_rm(memory, sequence, as_c_int(position), -1);
            if !cut {
                sys::llama_memory_seq_rm(memory, sequence, -1, -1);
            }
            cut
        }
    }

    /// Copy all that one sequence holds over another one's memory.
    pub fn copy(&mut self, from: i32, to: i32) {
        // SAFETY: the memory belongs to the live context; both identifiers are below `sequences`, and
        // whole sequences may be copied between streams.
        unsafe {
            let memory = sys::llama_get_memory(self.raw.as_ptr());
            sys::llama_memory_seq_cp(memory, from, to, -1, -1);
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: both were made in `new` and are used nowhere after this.
        unsafe {
            sys::llama_free(self.raw.as_ptr());
            if let Some(pool) = self.threads {
                sys::ggml_threadpool_free(pool.as_ptr());
            }
        }
    }
}

/// llama.cpp asks before each step of a computation.
unsafe extern "C" fn stop_is_wanted(data: *mut c_void) -> bool {
    // SAFETY: `data` is the atomic that the context keeps alive.
    unsafe { (*data.cast::<AtomicBool>()).load(Ordering::Relaxed) }
}

/// Send llama.cpp's messages to `log`: it would print them itself otherwise.
pub fn capture_logs() {
    // SAFETY: the callback is a plain function that lives for the whole program and uses no data.
    unsafe { sys::llama_log_set(Some(take_log), std::ptr::null_mut()) }
}

unsafe extern "C" fn take_log(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    // Messages of the level "continue" end the line of the one before, at that one's level.
    static LEVEL: Mutex<sys::ggml_log_level> = Mutex::new(sys::GGML_LOG_LEVEL_NONE);
    let Ok(mut last) = LEVEL.lock() else { return };
    if level != sys::GGML_LOG_LEVEL_CONT {
        *last = level;
    }
    // SAFETY: llama.cpp passes a terminated string that lives over the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    match *last {
        sys::GGML_LOG_LEVEL_ERROR => log::llama(log::Level::Error, &text),
        sys::GGML_LOG_LEVEL_WARN => log::llama(log::Level::Warning, &text),
        _ => {}
    }
}

/// End the process now. The usual way out runs llama.cpp's clean-up while its threads compute.
pub fn end_process(code: i32) -> ! {
    unsafe extern "C" {
        fn _exit(code: c_int) -> !;
    }
    // SAFETY: every supported platform's C library has it; it does not return.
    unsafe { _exit(code) }
}

fn as_c_int(value: usize) -> c_int {
    c_int::try_from(value)
        .expect("contexts and batches are far below 2³¹ because they fit in memory")
}
