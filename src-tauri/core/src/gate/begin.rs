//! The rows with which an answer begins, written in one transaction before anything is asked.

use std::sync::Arc;

use jiff::tz::TimeZone;
use rusqlite::Transaction;

use super::{
    Ask, Gate, GateError,
    answer::{Answering, Asked, Passed, Rows},
    call::Outcome,
    elsewhere::Ready,
    network::Opens,
    record,
};
use crate::{
    chat::{self, NewTurn},
    costs::{self, CallEnd, CallStart, CallStatus, Purpose, Route, budgets},
    ids::{ConversationId, MessageId, PictureId},
    models, now_ms, policy,
    providers::local,
    sealed,
};

impl Answering<'_> {
    /// Write the rows of the call in one transaction, with those of question and answer if they are
    /// not there yet. From here on a crash leaves a state that the next start shows as interrupted.
    pub(super) fn begin(
        &mut self,
        asked: &mut Asked,
        before: Option<&(Outcome, i64)>,
    ) -> Result<i64, Passed> {
        let store = Arc::clone(&self.place.gate.store);
        let log = &self.place.gate.record;
        let begun = store.write(|tx| {
            if let Some((outcome, call)) = before {
                record::end(log, tx, *call, &failed_row(outcome), None, now_ms())?;
                costs::hand_over(tx, *call)?;
            }
            let turn = match &self.rows {
                Some(rows) => rows.answer.id,
                None => begin_rows(tx, self.ask)?.answer,
            };
            let (call, opens) = self.begin_call(tx, asked, turn)?;
            let rows = match self.rows {
                Some(_) => None,
                None => Some(read_rows(tx, turn, self.ask)?),
            };
            Ok::<_, GateError>((call, opens, rows))
        });
        match begun {
            Ok((call, opens, rows)) => {
                if let Asked::Elsewhere(ready) = asked {
                    ready.opens = opens;
                    self.is_noted |= self.review().lets(ready.cloud.account.id);
                }
                if let Some(rows) = rows {
                    self.rows = Some(rows);
                }
                Ok(call)
            }
            Err(error) => Err(Passed::by(error)),
        }
    }

    fn begin_call(
        &self,
        tx: &Transaction<'_>,
        asked: &Asked,
        answer: MessageId,
    ) -> Result<(i64, Option<Opens>), GateError> {
        let conversation = &self.plan.conversation;
        let version = match asked {
            Asked::Local(model) => model.version(),
            Asked::Elsewhere(ready) => ready.cloud.model.clone(),
        };
        let start = CallStart {
            started_at_ms: now_ms(),
            workspace: conversation.workspace_id,
            conversation: Some(conversation.id),
            message: Some(answer),
            client: None,
            purpose: Purpose::Chat,
            provider: local::NAME,
            model_id: None,
            account_id: None,
            alias: self.plan.chain.alias.as_deref(),
            model: &version,
            version: &version,
            route: Route::Local,
            decision: None,
            masked: 0,
            pictures: 0,
            moves: &self.moves,
        };
        match asked {
            Asked::Local(model) => {
                if conversation.elsewhere.is_none() {
                    // From its first answer on it has its model, whatever others use meanwhile.
                    chat::settle_model(tx, conversation.id, model.id)?;
                }
                models::mark_used(tx, model.id, now_ms())?;
                let call = CallStart {
                    model_id: Some(model.id),
                    model: &model.name,
                    ..start
                };
                let call = record::begin(&self.place.gate.record, tx, &call, None)?;
                Ok((call, None))
            }
            Asked::Elsewhere(ready) => {
                let (call, opens) = self.begin_elsewhere(tx, ready, start)?;
                Ok((call, Some(opens)))
            }
        }
    }

    /// What leaves is set aside in the budgets and kept, with the map that restores it and the line of its
    /// connection, before it does.
    fn begin_elsewhere(
        &self,
        tx: &Transaction<'_>,
        ready: &Ready,
        start: CallStart<'_>,
    ) -> Result<(i64, Opens), GateError> {
        let account = &ready.cloud.account;
        let conversation = self.plan.conversation.id;
        let body = ready.body()?;
        let opens = ready.opens(&self.place.gate.network.offline(), tx, &body)?;
        let start = CallStart {
            provider: account.billed_as(),
            account_id: Some(account.id),
            route: ready.route(),
            decision: Some(ready.decided.action),
            masked: ready.decided.masked,
            pictures: ready.decided.shown(),
            ..start
        };
        let call = record::begin(&self.place.gate.record, tx, &start, Some(&body))?;
        budgets::reserve(tx, call, ready.pricing.most(), &TimeZone::system())?;
        if let Some(beginning) = self.place.gate.beginnings.of(ready) {
            beginning.keep(tx, call)?;
        }
        if ready.decided.masked > 0 {
            sealed::save_masks(tx, conversation, &ready.decided.masks)?;
        }
        sealed::keep_sent(tx, call, conversation, &body)?;
        if self.review().lets(account.id) {
            let to = ready.cloud.whither();
            policy::reviews::note(tx, conversation, to, now_ms())?;
            for picture in ready.decided.pictures() {
                policy::reviews::note_picture(tx, picture.id, to, now_ms())?;
            }
        }
        Ok((call, opens))
    }
}

impl Gate {
    /// Another model is to be asked in place of one that did not answer: what was set aside for it must not keep
    /// the other one from being asked. If that cannot be written, the budgets hold all the more.
    pub(super) fn came_to_nothing(&self, outcome: &Outcome, call: i64) {
        let cost = outcome.row().cost;
        let written = self
            .store
            .write(|tx| budgets::came_to_nothing(tx, call, cost));
        if let Err(error) = written {
            tracing::warn!("what was set aside for a call stays so: {error}");
        }
    }
}

/// The row of a call that another one took over from.
pub(super) fn failed_row(outcome: &Outcome) -> CallEnd<'static> {
    CallEnd {
        status: CallStatus::Failed,
        ..outcome.row()
    }
}

fn read_rows(tx: &Transaction<'_>, answer: MessageId, ask: Ask<'_>) -> Result<Rows, GateError> {
    let answer = chat::one(tx, answer)?;
    let question = match ask {
        Ask::Again(_) => None,
        Ask::Say(..) | Ask::SayWith(..) | Ask::Edit(..) => {
            answer.parent_id.map(|id| chat::one(tx, id)).transpose()?
        }
    };
    Ok(Rows { question, answer })
}

/// The rows of the conversation; a draft that was sent is a draft no more.
fn begin_rows(tx: &Transaction<'_>, ask: Ask<'_>) -> Result<NewTurn, GateError> {
    Ok(match ask {
        Ask::Say(conversation, text) => begin_said(tx, conversation, text, &[])?,
        Ask::SayWith(conversation, text, pictures) => begin_said(tx, conversation, text, pictures)?,
        Ask::Edit(question, text) => chat::begin_edit(tx, question, text, now_ms())?,
        Ask::Again(answer) => chat::begin_regenerate(tx, answer, now_ms())?,
    })
}

fn begin_said(
    tx: &Transaction<'_>,
    conversation: ConversationId,
    text: &str,
    pictures: &[PictureId],
) -> Result<NewTurn, GateError> {
    let was = chat::get(tx, conversation)?;
    chat::save_draft(tx, Some(conversation), "")?;
    if was.leaf.is_none() {
        // The first message was the draft of the new chat until now.
        chat::save_draft(tx, None, "")?;
    }
    Ok(chat::begin_turn_with(
        tx,
        conversation,
        text,
        pictures,
        now_ms(),
    )?)
}
