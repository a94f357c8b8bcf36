//! The end of a request: how its last call ended, in line to be written, and what its client is told of it.

use std::sync::Arc;

use gatehouse_protocol::FinishReason;

use super::{ClientAnswer, ClientFinish, ClientUsage, ask::Asking};
use crate::{
    costs::CallEnd,
    engine::EngineError,
    gate::{
        Gate, GateError, ProviderFault,
        call::{CallError, Outcome},
        end::write_when_possible,
        record,
        under_way::UnderWay,
        work::{Place, Since},
    },
    now_ms,
    record::Record,
    store::{InLine, Store, StoreError},
};

impl<'a> Asking<'a> {
    /// Put the end of a call in line.
    pub(super) fn end(&self, outcome: &Outcome, call: i64) -> Ending<'a> {
        let place = &self.place;
        let row = outcome.row();
        Ending {
            in_line: Some(line_up_end(
                &place.gate.store,
                &place.gate.record,
                call,
                row.clone(),
            )),
            gate: place.gate,
            since: place.since.clone(),
            call,
            row,
            is_told: false,
        }
    }

    /// What came of it, with the end of its last call in line.
    pub(super) fn ended(
        self,
        who: Answerer,
        outcome: Outcome,
        call: i64,
        under_way: Option<UnderWay<'a>>,
    ) -> Ended<'a> {
        Ended {
            who,
            written: Written {
                end: self.end(&outcome, call),
                _under_way: under_way,
                _place: self.place,
            },
            outcome,
            call,
        }
    }
}

fn line_up_end(
    store: &Store,
    log: &Arc<Record>,
    call: i64,
    row: CallEnd<'static>,
) -> InLine<(), StoreError> {
    let log = Arc::clone(log);
    store.line_up(move |tx| Ok(record::end(&log, tx, call, &row, None, now_ms())?))
}

/// The end of a call, in line to be written. Whoever drops it waits until it is, or until it is known that it cannot be
/// now: then it is tried again until it can. Where the client has its answer, it is left to what is written next.
pub(super) struct Ending<'a> {
    /// `None` only while it is dropped.
    in_line: Option<InLine<(), StoreError>>,
    gate: &'a Gate,
    since: Since,
    call: i64,
    row: CallEnd<'static>,
    /// Whether nobody waits for it any more but the place of its request.
    is_told: bool,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let (store, log) = (&self.gate.store, &self.gate.record);
        let written = self.in_line.take().map(|in_line| match self.is_told {
            true => store.leave_to_others(in_line),
            false => store.wait_for(in_line),
        });
        let Some(Err(error)) = written else {
            return;
        };
        tracing::warn!("the end of a call is not kept yet: {error}");
        let (call, row) = (self.call, self.row.clone());
        let again = move |store: &Store, log: &Arc<Record>| {
            store.wait_for(line_up_end(store, log, call, row.clone()))
        };
        write_when_possible(self.since.clone(), store, log, again);
    }
}

/// What is written before its call is under way no more, and the place of its request is free. Dropped in this order.
struct Written<'a> {
    end: Ending<'a>,
    _under_way: Option<UnderWay<'a>>,
    _place: Place<'a>,
}

/// What came of a request. Whoever drops it waits until the end of its call is written, or cannot be now.
pub(super) struct Ended<'a> {
    /// Who was asked last.
    pub who: Answerer,
    /// What came.
    pub outcome: Outcome,
    /// The number of its call.
    call: i64,
    written: Written<'a>,
}

impl Ended<'_> {
    /// Tell the client the whole answer, of which these were the stop texts as it wrote them. It need not wait until
    /// the disk has the end of the call: what it asks next finds that in line before it.
    pub(super) fn tell(
        mut self,
        stops: &[String],
        told: &mut dyn FnMut(ClientAnswer),
    ) -> Result<(), GateError> {
        told(answered(stops, self.who.name, self.outcome, self.call)?);
        self.written.end.is_told = true;
        drop(self.written);
        Ok(())
    }
}

/// Who was asked.
pub(super) struct Answerer {
    pub name: String,
    /// Whether on this computer.
    pub here: bool,
}

/// What a client is given of a call, of which these were the stop texts as it wrote them.
fn answered(
    stops: &[String],
    model: String,
    outcome: Outcome,
    call: i64,
) -> Result<ClientAnswer, GateError> {
    let reason = outcome.end.map_err(failed)?;
    if reason == FinishReason::Cancelled {
        // What a person stopped is no answer, and must not look like one.
        return Err(EngineError::Stopped.into());
    }
    let stop_text = outcome.stopped_by.and_then(|nth| stops.get(nth)).cloned();
    let finish = match reason {
        FinishReason::MaxTokens | FinishReason::ContextFull => ClientFinish::Length,
        _ if !outcome.tool_calls.is_empty() => ClientFinish::ToolCalls,
        FinishReason::StopText if stop_text.is_some() => ClientFinish::StopText,
        FinishReason::StopText | FinishReason::EndOfAnswer | FinishReason::Cancelled => {
            ClientFinish::End
        }
    };
    let counts = outcome.counts;
    Ok(ClientAnswer {
        call,
        model,
        text: outcome.text,
        refusal: outcome.refusal,
        tool_calls: outcome.tool_calls,
        finish,
        stop_text,
        usage: ClientUsage {
            input: counts.input,
            cached: counts.cached,
            cache_written: counts.cache_write.saturating_add(counts.cache_write_hour),
            output: counts.output,
            reasoning: counts.reasoning,
        },
    })
}

pub(super) fn failed(error: CallError) -> GateError {
    match error {
        CallError::Engine(error) => GateError::Engine(error),
        CallError::Provider(error) => GateError::Provider(ProviderFault(error)),
        CallError::NotMade(problem) => GateError::CallFailed(problem),
    }
}
