//! The life of an engine: say hello, load one model, answer requests until there are no more.
//!
//! Three threads: this one computes; one reads requests, so that a cancel is seen at once; one
//! counts tokens, so that counting while somebody types does not wait for a batch, nor a batch or a
//! cancel for the counting of a very long text.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use gatehouse_protocol::{
    ChatMessage, Event, GenerateRequest, LoadErrorKind, LoadRequest, ModelPurpose,
    PROTOCOL_VERSION, Request, RequestErrorKind,
};
use llama_cpp_2::{list_llama_ggml_backend_devices, llama_backend::LlamaBackend};

use crate::{
    answer::count,
    embedding::Embedder,
    exit, ffi,
    inspect::LoadFailure,
    load::{self, Loaded},
    log, memory,
    prompt::{PromptBuilder, PromptForm},
    scheduler::{Scheduler, Setup},
    template::{self, Template},
    vocabulary::Vocabulary,
    wire::{Outlet, read_requests},
};

/// What the threads share.
#[derive(Default)]
struct Shared {
    /// Ends the batch that is being computed.
    stop: Arc<AtomicBool>,
    /// Ends the load that is under way.
    cancel_load: Arc<AtomicBool>,
    /// The loaded model's vocabulary.
    vocabulary: OnceLock<Vocabulary>,
    /// How the loaded model reads conversations, if it is one for chat.
    form: OnceLock<Arc<PromptForm>>,
}

/// What is counted beside the answers.
enum Counting {
    Texts { id: u64, texts: Vec<String> },
    Prompt { id: u64, messages: Vec<ChatMessage> },
}

/// Serve until the app has no more requests; gives the exit code.
#[must_use]
pub fn serve() -> i32 {
    memory::offer_self_first();
    ffi::capture_logs();
    let out = Arc::new(Outlet::stdout());
    let Ok(backend) = LlamaBackend::init() else {
        log::line("llama.cpp was started twice");
        return exit::BAD_FRAME;
    };
    out.send(&Event::Hello {
        protocol: PROTOCOL_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        devices: list_llama_ggml_backend_devices()
            .into_iter()
            .map(|device| device.name)
            .collect(),
    });
    let shared = Arc::new(Shared::default());
    let requests = start_threads(&shared, &out);
    let Some(load) = wait_for_load(&requests, &out) else {
        return exit::DONE;
    };
    match start_worker(&backend, &load, &shared, &out) {
        Ok(worker) => work(worker, &requests, &shared, &out),
        Err(failure) => {
            out.send(&Event::LoadFailed {
                kind: failure.kind,
                message: failure.message,
            });
            if failure.kind == LoadErrorKind::Cancelled {
                exit::DONE
            } else {
                exit::LOAD_FAILED
            }
        }
    }
}

fn start_threads(shared: &Arc<Shared>, out: &Arc<Outlet>) -> Receiver<Request> {
    let (to_worker, requests) = mpsc::channel();
    let (to_counter, counts) = mpsc::channel();
    let (counter_shared, counter_out) = (Arc::clone(shared), Arc::clone(out));
    thread::spawn(move || count_tokens(&counts, &counter_shared, &counter_out));
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        read_requests(|request| pass_on(request, &to_worker, &to_counter, &shared))
    });
    requests
}

/// A request that was read. The channels' other ends live as long as the process.
fn pass_on(
    request: Request,
    to_worker: &Sender<Request>,
    to_counter: &Sender<Counting>,
    shared: &Shared,
) {
    match request {
        Request::CountTokens { id, texts } => {
            let _ = to_counter.send(Counting::Texts { id, texts });
        }
        Request::CountPrompt { id, messages } => {
            let _ = to_counter.send(Counting::Prompt { id, messages });
        }
        request => {
            let urgent = matches!(request, Request::Cancel { .. } | Request::Shutdown);
            if matches!(request, Request::Shutdown) {
                shared.cancel_load.store(true, Ordering::Relaxed);
            }
            let _ = to_worker.send(request);
            // After sending: who sees the flag finds the request.
            if urgent {
                shared.stop.store(true, Ordering::Relaxed);
            }
        }
    }
}

fn count_tokens(requests: &Receiver<Counting>, shared: &Shared, out: &Outlet) {
    for request in requests {
        match (request, shared.vocabulary.get(), shared.form.get()) {
            (Counting::Texts { id, texts }, Some(vocabulary), _) => {
                let counts = texts.iter().map(|text| vocabulary.count(text)).collect();
                out.send(&Event::Counted { id, counts });
            }
            (Counting::Prompt { id, messages }, _, Some(form)) => match form.count(&messages) {
                Ok(tokens) => out.send(&Event::Counted {
                    id,
                    counts: vec![count(tokens)],
                }),
                Err(error) => out.send(&Event::Failed {
                    id,
                    kind: RequestErrorKind::Template,
                    message: error.to_string(),
                }),
            },
            (Counting::Prompt { id, .. }, Some(_), None) => {
                not_ready(out, id, "This model is loaded for embeddings.");
            }
            (Counting::Texts { id, .. } | Counting::Prompt { id, .. }, None, _) => {
                not_ready(out, id, "No model is loaded yet.");
            }
        }
    }
}

fn not_ready(out: &Outlet, id: u64, message: &str) {
    out.send(&Event::Failed {
        id,
        kind: RequestErrorKind::NotReady,
        message: message.to_owned(),
    });
}

fn wait_for_load(requests: &Receiver<Request>, out: &Outlet) -> Option<LoadRequest> {
    loop {
        match requests.recv().ok()? {
            Request::Load(load) => return Some(load),
            Request::Generate(GenerateRequest { id, .. }) | Request::Embed { id, .. } => {
                not_ready(out, id, "No model is loaded yet.");
            }
            Request::Shutdown => return None,
            Request::Cancel { .. } | Request::CountTokens { .. } | Request::CountPrompt { .. } => {}
        }
    }
}

/// What the loaded model is used for.
enum Worker {
    Chat(Box<Scheduler>),
    Embedding(Box<Embedder>),
}

fn start_worker(
    backend: &LlamaBackend,
    request: &LoadRequest,
    shared: &Shared,
    out: &Arc<Outlet>,
) -> Result<Worker, LoadFailure> {
    let progress_out = Arc::clone(out);
    let progress = move |fraction| progress_out.send(&Event::Loading { fraction });
    let loaded = load::load(
        backend,
        request,
        &shared.cancel_load,
        Arc::clone(&shared.stop),
        progress,
    )?;
    let vocabulary = Vocabulary::new(Arc::clone(&loaded.model));
    let report = loaded.report.clone();
    let worker = match request.purpose {
        ModelPurpose::Chat => Worker::Chat(Box::new(chat_worker(
            loaded,
            vocabulary.clone(),
            shared,
            out,
        ))),
        ModelPurpose::Embedding => Worker::Embedding(Box::new(Embedder::new(
            loaded.model,
            loaded.context,
            report.sequences as usize,
            loaded.batch_tokens as usize,
            Arc::clone(out),
        ))),
    };
    // After the form: where a vocabulary is known, it is known whether the model is one for chat.
    let _ = shared.vocabulary.set(vocabulary);
    out.send(&Event::Loaded(report));
    Ok(worker)
}

fn chat_worker(
    loaded: Loaded,
    vocabulary: Vocabulary,
    shared: &Shared,
    out: &Arc<Outlet>,
) -> Scheduler {
    let own = loaded
        .model
        .chat_template(None)
        .ok()
        .and_then(|template| template.to_string().ok());
    let extra_stops = match own {
        Some(_) => Vec::new(),
        None => template::FALLBACK_STOPS.map(str::to_owned).to_vec(),
    };
    let (bos, eos) = vocabulary.sequence_marks();
    let template = Template::new(own.as_deref().unwrap_or(template::FALLBACK), bos, eos);
    let form = Arc::new(PromptForm::new(template, vocabulary.clone()));
    let _ = shared.form.set(Arc::clone(&form));
    Scheduler::new(Setup {
        prompts: PromptBuilder::new(form, Arc::clone(&shared.stop)),
        vocabulary,
        extra_stops,
        sequences: loaded.report.sequences as usize,
        batch_tokens: loaded.batch_tokens as usize,
        context_tokens: loaded.report.context_tokens as usize,
        model: loaded.model,
        context: loaded.context,
        out: Arc::clone(out),
    })
}

fn work(mut worker: Worker, requests: &Receiver<Request>, shared: &Shared, out: &Outlet) -> i32 {
    loop {
        if !worker.has_work() {
            let Ok(request) = requests.recv() else {
                return exit::DONE;
            };
            if let Some(code) = worker.take(request, out) {
                return code;
            }
        }
        // Before looking: a cancel that comes after this stops the batch, and is seen next time.
        shared.stop.store(false, Ordering::Relaxed);
        while let Ok(request) = requests.try_recv() {
            if let Some(code) = worker.take(request, out) {
                return code;
            }
        }
        worker.step();
    }
}

impl Worker {
    fn has_work(&self) -> bool {
        match self {
            Self::Chat(scheduler) => scheduler.has_work(),
            Self::Embedding(embedder) => embedder.has_work(),
        }
    }

    fn step(&mut self) {
        match self {
            Self::Chat(scheduler) => scheduler.step(),
            Self::Embedding(embedder) => embedder.step(),
        }
    }

    /// Take a request; gives an exit code when it was the last.
    fn take(&mut self, request: Request, out: &Outlet) -> Option<i32> {
        match (self, request) {
            (Self::Chat(scheduler), Request::Generate(request)) => scheduler.submit(request),
            (Self::Embedding(embedder), Request::Embed { id, texts }) => {
                embedder.submit(id, &texts)
            }
            (Self::Chat(scheduler), Request::Cancel { id }) => {
                scheduler.cancel(id);
            }
            (Self::Embedding(embedder), Request::Cancel { id }) => {
                embedder.cancel(id);
            }
            (Self::Chat(_), Request::Embed { id, .. }) => {
                not_ready(out, id, "This model is loaded for chat.")
            }
            (Self::Embedding(_), Request::Generate(GenerateRequest { id, .. })) => {
                not_ready(out, id, "This model is loaded for embeddings.");
            }
            (_, Request::Shutdown) => return Some(exit::DONE),
            (_, Request::Load(_)) => {
                log::line("a second model was sent, and an engine has one for its whole life");
                return Some(exit::BAD_FRAME);
            }
            (_, Request::CountTokens { .. } | Request::CountPrompt { .. }) => {}
        }
        None
    }
}
