//! The end of an answer and of its call, written in one transaction, at once or when it is possible.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use gatehouse_protocol::FinishReason;

use super::{answer::Answering, call::Outcome};
use crate::{
    chat::{self, ChatError, Message, MessageState},
    costs::{self, CallEnd},
    ids::MessageId,
    problem::Problem,
    store::{Store, StoreError},
};

/// How long to wait before an end that could not be written is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(2);

impl Answering<'_> {
    /// Write the end of the answer and of its call in one transaction. If that fails, the answer is
    /// returned all the same, with the reason, so that it stays on the screen.
    pub(super) fn end(self, outcome: &Outcome, call: i64) -> Message {
        let (state, problem) = match &outcome.end {
            Ok(FinishReason::Cancelled) => (MessageState::Stopped, None),
            Ok(_) => (MessageState::Done, None),
            Err(error) if error.is_stop() => (MessageState::Stopped, None),
            Err(error) => (MessageState::Failed, Some(Problem::from(error))),
        };
        let answer = self
            .rows
            .map(|rows| rows.answer)
            .expect("a call has its answer's row because both are written together");
        let store = &self.place.gate.store;
        let end = End {
            answer: answer.id,
            text: outcome.text.clone(),
            state,
            problem,
            call,
            row: outcome.row(),
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
