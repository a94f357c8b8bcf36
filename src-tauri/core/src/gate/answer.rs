//! Answers in a conversation: from a question to the rows that are kept of its answer.

use std::{
    collections::hash_map::Entry,
    sync::{
        Arc, Weak,
        mpsc::{self, Receiver},
    },
    time::{Duration, Instant},
};

use gatehouse_protocol::{Constraint, Event, FinishReason, LoadRequest, ModelPurpose};
use rusqlite::Transaction;

use super::{
    AnswerEvent, Gate, GateError, call,
    call::{Outcome, Prompt},
    route,
};
use crate::{
    chat::{self, ChatError, Conversation, Message, MessageState, NewTurn, Options},
    costs::{self, CallEnd, CallStart, CallStatus, Purpose, Route},
    engine::{EngineError, InUse, Stop},
    ids::{ConversationId, MessageId},
    models::{self, Model},
    now_ms,
    problem::Problem,
    providers::local,
    settings,
    store::{Store, StoreError},
};

/// How often what was streamed is kept, so that a crash loses little.
const KEEP_EVERY: Duration = Duration::from_millis(500);

/// How long to wait before an end that could not be written is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// What to answer.
#[derive(Debug, Clone, Copy)]
pub enum Ask<'a> {
    /// Something new at the end of a conversation.
    Say(ConversationId, &'a str),
    /// Something else in place of an old question.
    Edit(MessageId, &'a str),
    /// The question of an old answer again.
    Again(MessageId),
}

/// An answer that has its rows and its place among those that are being written.
struct Begun<'a> {
    place: Place<'a>,
    conversation: Conversation,
    model: Model,
    /// `None` when an old one is answered again.
    question: Option<Message>,
    answer: Message,
    call: i64,
    since: Instant,
}

impl Gate {
    /// Answer. `sink` hears everything from [`AnswerEvent::Begun`] to [`AnswerEvent::Ended`]; the
    /// conversation and its answer are returned as they are kept, also when it was stopped or failed.
    ///
    /// # Errors
    /// [`GateError`] when nothing was begun: the text is then still the caller's.
    pub fn answer(
        &self,
        ask: Ask<'_>,
        constraint: Option<Constraint>,
        sink: &mut dyn FnMut(AnswerEvent),
    ) -> Result<(ConversationId, Message), GateError> {
        let begun = self.begin(ask)?;
        let answer = begun.answer.clone();
        sink(AnswerEvent::Begun {
            question: begun.question.clone().map(Box::new),
            answer: Box::new(answer.clone()),
        });
        let called = begun
            .ready(sink)
            .and_then(|engine| begun.stream(engine, constraint, sink));
        let (outcome, problem) = match called {
            Ok(outcome) => (outcome, None),
            Err(GateError::Engine(error)) => (Outcome::not_made(error, begun.since), None),
            Err(other) => (
                Outcome::not_made(EngineError::Stopped, begun.since),
                Some(other.into()),
            ),
        };
        let conversation = begun.conversation.id;
        let answer = begun.end(answer, &outcome, problem);
        sink(AnswerEvent::Ended {
            answer: Box::new(answer.clone()),
        });
        Ok((conversation, answer))
    }

    /// Start an empty conversation with the options of a new one.
    ///
    /// # Errors
    /// [`GateError`] when the options or the database refuse.
    pub fn new_conversation(&self, options: &Options) -> Result<Conversation, GateError> {
        let id = ConversationId::new();
        self.store.write(|tx| {
            let workspace = crate::workspaces::first(tx, now_ms())?;
            chat::create(tx, id, workspace, options, now_ms())?;
            Ok(chat::get(tx, id)?)
        })
    }

    /// Route, and write the rows of question, answer and call in one transaction.
    fn begin(&self, ask: Ask<'_>) -> Result<Begun<'_>, GateError> {
        let since = Instant::now();
        let id = match ask {
            Ask::Say(conversation, _) => conversation,
            Ask::Edit(message, _) | Ask::Again(message) => self
                .store
                .read(|conn| chat::conversation_of(conn, message))?,
        };
        let place = Place::take(self, id)?;
        self.store.write(|tx| {
            let conversation = chat::get(tx, id)?;
            let model = route::chat_model(tx, conversation.model_id)?;
            // From its first answer on a conversation has its model, whatever others use meanwhile.
            chat::settle_model(tx, id, model.id)?;
            models::mark_used(tx, model.id, now_ms())?;
            let turn = begin_rows(tx, ask)?;
            let call = begin_call(tx, &conversation, &model, turn.answer)?;
            let question = turn.question.map(|id| chat::one(tx, id)).transpose()?;
            let answer = chat::one(tx, turn.answer)?;
            Ok(Begun {
                place,
                conversation,
                model,
                question,
                answer,
                call,
                since,
            })
        })
    }

    /// How a model is to be loaded: as large a context as memory allows, up to what was set.
    /// Models that are not in use make room first where that helps.
    pub(super) fn load_request(&self, model: &Model) -> Result<LoadRequest, GateError> {
        let settings = self.store.read(settings::get)?;
        let wanted = Some(settings.context_tokens);
        let verdict = model.view(models::computer_memory(), wanted).memory.verdict;
        if verdict != models::Verdict::Fits {
            self.engines.unload_unused(model.id);
        }
        let load = model.load_request(ModelPurpose::Chat, models::computer_memory(), wanted)?;
        Ok(LoadRequest {
            threads: settings.threads,
            // A build with a GPU back end takes all it can; one without takes none.
            gpu_layers: u32::from(u16::MAX),
            ..load
        })
    }
}

impl Begun<'_> {
    /// The engine, loaded; the caller hears how far it is.
    fn ready(&self, sink: &mut dyn FnMut(AnswerEvent)) -> Result<InUse, GateError> {
        let engine = self
            .place
            .gate
            .ready(&self.model, &self.place.stop, &mut |fraction| {
                sink(AnswerEvent::Loading { fraction });
            })?;
        if engine.is_crowded() {
            sink(AnswerEvent::Waiting);
        }
        Ok(engine)
    }

    /// Ask the model. What it writes is passed on at once and kept twice a second.
    fn stream(
        &self,
        engine: InUse,
        constraint: Option<Constraint>,
        sink: &mut dyn FnMut(AnswerEvent),
    ) -> Result<Outcome, GateError> {
        let store = &self.place.gate.store;
        let prompt = Prompt {
            system: self.conversation.system_prompt.clone(),
            turns: store.read(|conn| chat::history(conn, self.answer.id))?,
            sampling: self.conversation.sampling.clone(),
            constraint,
            conversation: Some(self.conversation.id.to_string()),
        };
        // Kept on a thread of its own: this one looks at Stop, and a database that another process
        // is writing to may take seconds.
        Ok(std::thread::scope(|scope| {
            let (keep, to_keep) = mpsc::channel();
            scope.spawn(move || self.keep_what_was_streamed(&to_keep));
            let mut kept = Instant::now();
            let outcome = call::call(
                &engine,
                prompt,
                &self.place.stop,
                self.since,
                &mut |event, so_far| {
                    if let Some(event) = for_the_caller(event) {
                        sink(event);
                    }
                    if kept.elapsed() > KEEP_EVERY {
                        kept = Instant::now();
                        // Nobody receives only if that thread panicked; the end is written then too.
                        let _ = keep.send(so_far.to_owned());
                    }
                },
            );
            // The model is free for others while the last text is still being kept.
            drop(engine);
            outcome
        }))
    }

    /// Keep each text that comes, the newest if several wait, until no more can come.
    fn keep_what_was_streamed(&self, texts: &Receiver<String>) {
        while let Ok(text) = texts.recv() {
            let text = texts.try_iter().last().unwrap_or(text);
            let store = &self.place.gate.store;
            // A full disk must not stop the answer: it is told at the end, when it matters.
            if let Err(error) = store.write(|tx| chat::keep_partial(tx, self.answer.id, &text)) {
                tracing::warn!("what was streamed could not be kept: {error}");
            }
        }
    }

    /// Write the end of the answer and of its call in one transaction. If that fails, the answer is
    /// returned all the same, with the reason, so that it stays on the screen.
    fn end(self, answer: Message, outcome: &Outcome, problem: Option<Problem>) -> Message {
        let (state, problem) = match &outcome.end {
            _ if problem.is_some() => (MessageState::Failed, problem),
            Ok(FinishReason::Cancelled) | Err(EngineError::Stopped) => {
                (MessageState::Stopped, None)
            }
            Ok(_) => (MessageState::Done, None),
            Err(error) => (MessageState::Failed, Some(Problem::from(error))),
        };
        let mut row = outcome.row();
        if state == MessageState::Failed {
            row.status = CallStatus::Failed;
            row.error_kind = row.error_kind.or(Some("not_made"));
        }
        let store = &self.place.gate.store;
        let end = End {
            answer: answer.id,
            text: outcome.text.clone(),
            state,
            problem: problem.clone(),
            call: self.call,
            row,
        };
        let read = end
            .write(store)
            .map_err(ChatError::from)
            .and_then(|()| store.read(|conn| chat::one(conn, answer.id)));
        read.unwrap_or_else(|error| {
            end.write_when_possible(Arc::downgrade(store));
            Message {
                text: outcome.text.clone(),
                state: MessageState::Failed,
                problem: Some(error.into()),
                ..answer
            }
        })
    }
}

/// How an answer and its call ended.
struct End {
    answer: MessageId,
    text: String,
    state: MessageState,
    problem: Option<Problem>,
    call: i64,
    row: CallEnd<'static>,
}

impl End {
    fn write(&self, store: &Store) -> Result<(), StoreError> {
        store.write(|tx| {
            chat::end_answer(
                tx,
                self.answer,
                &self.text,
                self.state,
                self.problem.as_ref(),
            )?;
            Ok(costs::end(tx, self.call, &self.row)?)
        })
    }

    /// The disk was full, or the database held: try again until it works or the app is closed.
    fn write_when_possible(self, store: Weak<Store>) {
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(TRY_AGAIN_AFTER);
                match store.upgrade().map(|store| self.write(&store)) {
                    Some(Err(error)) => tracing::debug!("an answer is not kept yet: {error}"),
                    Some(Ok(())) | None => return,
                }
            }
        });
    }
}

/// The rows of the conversation; a draft that was sent is a draft no more.
fn begin_rows(tx: &Transaction<'_>, ask: Ask<'_>) -> Result<NewTurn, GateError> {
    Ok(match ask {
        Ask::Say(conversation, text) => {
            let was = chat::get(tx, conversation)?;
            chat::save_draft(tx, Some(conversation), "")?;
            if was.leaf.is_none() {
                // The first message was the draft of the new chat until now.
                chat::save_draft(tx, None, "")?;
            }
            chat::begin_turn(tx, conversation, text, now_ms())?
        }
        Ask::Edit(question, text) => chat::begin_edit(tx, question, text, now_ms())?,
        Ask::Again(answer) => chat::begin_regenerate(tx, answer, now_ms())?,
    })
}

fn begin_call(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    model: &Model,
    answer: MessageId,
) -> rusqlite::Result<i64> {
    costs::begin(
        tx,
        &CallStart {
            started_at_ms: now_ms(),
            workspace: conversation.workspace_id,
            conversation: Some(conversation.id),
            message: Some(answer),
            purpose: Purpose::Chat,
            provider: local::NAME,
            model_id: model.id,
            model: &model.name,
            version: &model.version(),
            route: Route::Local,
        },
    )
}

fn for_the_caller(event: &Event) -> Option<AnswerEvent> {
    Some(match event {
        Event::Started {
            prompt_tokens,
            cached_tokens,
            dropped_messages,
            ..
        } => AnswerEvent::Started {
            prompt_tokens: *prompt_tokens,
            cached_tokens: *cached_tokens,
            dropped_messages: *dropped_messages,
        },
        Event::Reading { read, total, .. } => AnswerEvent::Reading {
            read: *read,
            total: *total,
        },
        Event::Text { text, tokens, .. } => AnswerEvent::Text {
            text: text.clone(),
            tokens: *tokens,
        },
        _ => return None,
    })
}

/// The place of a conversation among those that are being answered: one answer at a time.
struct Place<'a> {
    gate: &'a Gate,
    conversation: ConversationId,
    stop: Stop,
}

impl<'a> Place<'a> {
    fn take(gate: &'a Gate, conversation: ConversationId) -> Result<Self, GateError> {
        let stop = Stop::default();
        match gate.answering().entry(conversation) {
            Entry::Occupied(_) => Err(GateError::Busy),
            Entry::Vacant(free) => {
                free.insert(stop.clone());
                Ok(Self {
                    gate,
                    conversation,
                    stop,
                })
            }
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.gate.answering().remove(&self.conversation);
    }
}
