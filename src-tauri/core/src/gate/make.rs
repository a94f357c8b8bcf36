//! One model is asked: its engine or its provider streams, the caller hears it at once, and what was
//! written so far is kept twice a second.

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    time::{Duration, Instant},
};

use gatehouse_protocol::ModelPurpose;

use super::{
    AnswerEvent, Gate, GateError,
    answer::{Answering, Asked},
    call::{self, CallError, Outcome, Prompt},
    elsewhere::{self, Ready},
};
use crate::{
    chat,
    engine::InUse,
    ids::AccountId,
    models::Model,
    providers::{cloud::Cloud, error::Trouble, http::Http},
};

/// How often what was streamed is kept, so that a crash loses little.
const KEEP_EVERY: Duration = Duration::from_millis(500);

impl Gate {
    /// The client of the account that is about to be asked, with its key, and the way out that the call was begun
    /// with.
    ///
    /// # Errors
    /// As [`Gate::way`].
    pub(super) fn way_to(&self, ready: &mut Ready) -> Result<(Cloud, Arc<Http>), GateError> {
        let opens = ready
            .opens
            .take()
            .expect("a call that is made was begun, which says what it opens");
        // Where there is no key, the line of the connection goes with this.
        let (announced, http) = self.network.way(opens)?;
        let client = self.client_of(&ready.cloud.account, &http)?;
        client.announce(announced);
        Ok((client, http))
    }

    /// Remember how an account has answered. What the offline switch ended says nothing of it.
    pub(super) fn note_health(&self, account: AccountId, failed: Option<&CallError>) {
        match failed {
            Some(CallError::Provider(error)) if error.trouble == Trouble::Offline => {}
            Some(error) if elsewhere::may_move(error) => {
                self.health.failed(account, Instant::now());
            }
            _ => self.health.answered(account),
        }
    }
}

impl Outcome {
    /// A call that was begun in the rows and could not be made.
    pub(super) fn failed_with(error: GateError, since: Instant) -> Self {
        let error = match error {
            GateError::Engine(error) => CallError::Engine(error),
            GateError::Provider(fault) => CallError::Provider(fault.0),
            other => CallError::NotMade(other.into()),
        };
        Self::not_made(error, since)
    }
}

impl Answering<'_> {
    /// Ask the model. What it writes is passed on at once and kept twice a second.
    pub(super) fn make(
        &self,
        asked: Asked,
        call: i64,
        sink: &mut dyn FnMut(AnswerEvent),
    ) -> Outcome {
        let made = match asked {
            Asked::Local(model) => self
                .engine(&model, sink)
                .and_then(|engine| self.stream_local(engine, sink)),
            Asked::Elsewhere(ready) => self.stream_elsewhere(*ready, sink),
        };
        made.unwrap_or_else(|error| {
            tracing::debug!("call {call} was not made: {error}");
            Outcome::failed_with(error, self.since)
        })
    }

    /// The engine, loaded; the caller hears how far it is.
    fn engine(&self, model: &Model, sink: &mut dyn FnMut(AnswerEvent)) -> Result<InUse, GateError> {
        let engine = self.place.gate.ready(
            model,
            ModelPurpose::Chat,
            &self.place.stop,
            &mut |fraction| {
                sink(AnswerEvent::Loading { fraction });
            },
        )?;
        if engine.is_crowded() {
            sink(AnswerEvent::Waiting);
        }
        Ok(engine)
    }

    fn stream_local(
        &self,
        engine: InUse,
        sink: &mut dyn FnMut(AnswerEvent),
    ) -> Result<Outcome, GateError> {
        let conversation = &self.plan.conversation;
        let prompt = Prompt {
            system: conversation.system_prompt.clone(),
            turns: self.plan.texts(),
            sampling: conversation.sampling.clone(),
            constraint: call::held_here(self.constraint.as_ref())?,
            conversation: Some(conversation.id.to_string()),
        };
        Ok(self.keeping(sink, |on_event| {
            let outcome = call::local(&engine, prompt, &self.place.stop, self.since, on_event);
            // The model is free for others while the last text is still being kept.
            drop(engine);
            outcome
        }))
    }

    fn stream_elsewhere(
        &self,
        mut ready: Ready,
        sink: &mut dyn FnMut(AnswerEvent),
    ) -> Result<Outcome, GateError> {
        let (client, http) = self.place.gate.way_to(&mut ready)?;
        let account = ready.cloud.account.id;
        let outcome = self.keeping(sink, |on_event| {
            let stop = &self.place.stop;
            elsewhere::call(&http, &client, ready, stop, self.since, on_event)
        });
        self.place
            .gate
            .note_health(account, outcome.end.as_ref().err());
        Ok(outcome)
    }

    /// Pass on what happens, and keep the text so far twice a second. On a thread of its own: this
    /// one looks at Stop, and a database that another process is writing to may take seconds.
    fn keeping(
        &self,
        sink: &mut dyn FnMut(AnswerEvent),
        call: impl FnOnce(&mut dyn FnMut(AnswerEvent, &str)) -> Outcome,
    ) -> Outcome {
        std::thread::scope(|scope| {
            let (keep, to_keep) = mpsc::channel();
            scope.spawn(move || self.keep_what_was_streamed(&to_keep));
            let mut kept = Instant::now();
            call(&mut |event, so_far| {
                sink(event);
                if kept.elapsed() > KEEP_EVERY {
                    kept = Instant::now();
                    // Nobody receives only if that thread panicked; the end is written then too.
                    let _ = keep.send(so_far.to_owned());
                }
            })
        })
    }

    /// Keep each text that comes, the newest if several wait, until no more can come.
    fn keep_what_was_streamed(&self, texts: &Receiver<String>) {
        let Some(rows) = &self.rows else { return };
        while let Ok(text) = texts.recv() {
            let text = texts.try_iter().last().unwrap_or(text);
            let store = &self.place.gate.store;
            // A full disk must not stop the answer: it is told at the end, when it matters.
            if let Err(error) = store.write(|tx| chat::keep_partial(tx, rows.answer.id, &text)) {
                tracing::warn!("what was streamed could not be kept: {error}");
            }
        }
    }
}
