//! The end of an answer and of its call, written in one transaction, at once or when it is possible.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use gatehouse_protocol::FinishReason;

use super::{
    GateError,
    answer::Answering,
    call::{CallError, Outcome},
    record,
    work::Since,
};
use crate::{
    chat::{self, ChatError, Message, MessageState},
    costs::CallEnd,
    ids::MessageId,
    now_ms,
    problem::Problem,
    record::Record,
    store::Store,
};

/// How long to wait before an end that could not be written is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(2);

impl Answering<'_> {
    /// Write the end of the answer and of its call in one transaction. If that fails, the answer is
    /// returned all the same, with the reason, so that it stays on the screen.
    /// `refused`: why no other model was asked in its place.
    pub(super) fn end(self, outcome: &Outcome, call: i64, refused: Option<&GateError>) -> Message {
        let (state, problem) = match &outcome.end {
            Ok(FinishReason::Cancelled) => (MessageState::Stopped, None),
            Ok(_) => (MessageState::Done, None),
            Err(error) if error.is_stop() => (MessageState::Stopped, None),
            Err(error) => (MessageState::Failed, Some(told(error, refused))),
        };
        let answer = self
            .rows
            .map(|rows| rows.answer)
            .expect("a call has its answer's row because both are written together");
        let (store, record) = (&self.place.gate.store, &self.place.gate.record);
        let end = End {
            answer: answer.id,
            text: outcome.text.clone(),
            state,
            problem,
            call,
            row: outcome.row(),
        };
        let read = end
            .write(store, record)
            .and_then(|()| store.read(|conn| chat::one(conn, answer.id)));
        read.unwrap_or_else(|error| {
            let since = self.place.since.clone();
            write_when_possible(since, store, record, move |store, record| {
                match end.write(store, record) {
                    Err(ChatError::NoMessage | ChatError::NoConversation) => Ok(()),
                    written => written,
                }
            });
            Message {
                text: outcome.text.clone(),
                state: MessageState::Failed,
                problem: Some(error.into()),
                ..answer
            }
        })
    }
}

/// What went wrong; and where the word of a person is all that another model would have needed, that.
fn told(error: &CallError, refused: Option<&GateError>) -> Problem {
    let problem = Problem::from(error);
    match refused {
        Some(GateError::NotLetGo { account }) => problem.hint(format!(
            "{account} was not asked, as you have not let this leave for it. Choose its model alone, and you \
             are shown what leaves."
        )),
        _ => problem,
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
    fn write(&self, store: &Store, record: &Record) -> Result<(), ChatError> {
        store.write(|tx| {
            chat::end_answer(
                tx,
                self.answer,
                &self.text,
                self.state,
                self.problem.as_ref(),
            )?;
            let answer = Some(self.answer);
            Ok(record::end(
                record,
                tx,
                self.call,
                &self.row,
                answer,
                now_ms(),
            )?)
        })
    }
}

/// The disk was full, or the database held: try again until it works or the app is closed.
pub(super) fn write_when_possible<E: std::fmt::Display>(
    since: Since,
    store: &Arc<Store>,
    record: &Arc<Record>,
    write: impl Fn(&Store, &Arc<Record>) -> Result<(), E> + Send + 'static,
) {
    let (store, record): (Weak<Store>, Weak<Record>) =
        (Arc::downgrade(store), Arc::downgrade(record));
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(TRY_AGAIN_AFTER);
            let (Some(store), Some(record)) = (store.upgrade(), record.upgrade()) else {
                return;
            };
            if since.paused() {
                // It may have been erased: what is kept of it stays as it is.
                return;
            }
            match write(&store, &record) {
                Err(error) => tracing::debug!("an end is not kept yet: {error}"),
                Ok(()) => return,
            }
        }
    });
}
