//! What a message would do if it were sent: where it goes, what leaves, what it costs.

use gatehouse_protocol::Constraint;
use rusqlite::Connection;

use super::{
    Gate, GateError, Turn, call,
    elsewhere::{self, Ready},
    leaving::{self, Preview, WhatLeaves},
    mistakes,
    next::{Next, Weighed, takes_no_pictures},
    route::{self, Plan},
};
use crate::{
    clients::{self, ClientError},
    costs::{self, Move, Route},
    ids::{ClientId, ModelId},
    money::Money,
    now_ms,
    policy::Destination,
    problem::Problem,
    record::{Action, Event, Subject},
    safety::mask::Masks,
    sealed, workspaces,
};

impl Ready {
    /// The colour of the route line.
    pub(super) fn route(&self) -> Route {
        if self.decided.masked > 0 {
            Route::Masked
        } else {
            Route::Cloud
        }
    }
}

impl Gate {
    /// What would become of a turn whose answer is held to `constraint`.
    ///
    /// # Errors
    /// [`GateError`] when the conversation or message is not there, it cannot be inspected, or the
    /// database fails.
    pub fn preview(
        &self,
        turn: &Turn,
        constraint: Option<&Constraint>,
    ) -> Result<Preview, GateError> {
        let plan = self.store.read(|conn| turn.plan(conn))?;
        let (passed, next) = self.next(&plan, constraint)?;
        let moves = passed.moves();
        let preview = match next {
            Next::Here(model) => {
                let question = plan.turns.last().map_or("", |last| &last.text);
                let counted = self.count(&model, question);
                here(&model.name, passed.first(), counted)
            }
            Next::Away { weighed, review } => leaves(&weighed, passed.first(), review),
            Next::Blocked { weighed, error } => Preview {
                route: Route::Blocked,
                ..leaves(&weighed, Some(error.into()), false)
            },
            Next::Nobody => nowhere(passed.last().into()),
        };
        let unseen = plan.pictures() - (preview.pictures as usize).min(plan.pictures());
        Ok(Preview {
            moves,
            unseen: u32::try_from(unseen).unwrap_or(u32::MAX),
            ..preview
        })
    }

    /// Whether a model on this computer that was named would be asked a first message, as the answer looks at it; its
    /// name. `shows`: whether the message shows pictures.
    ///
    /// # Errors
    /// [`GateError`] when it would not be, or is not there.
    pub fn would_answer_here(
        &self,
        model: ModelId,
        shows: bool,
        constraint: Option<&Constraint>,
    ) -> Result<String, GateError> {
        let model = self
            .store
            .read(|conn| route::chat_model(conn, Some(model)))?;
        if shows {
            return Err(takes_no_pictures(&model.name));
        }
        call::held_here(constraint)?;
        Ok(model.name)
    }

    /// What would leave with a turn for the model that would be asked, byte for byte, where its answer is
    /// held to `constraint`; `None`: it would stay on this computer. Only the tags in the placeholders of
    /// [`Turn::New`] are others when it is sent, as each conversation has its own.
    ///
    /// # Errors
    /// [`GateError`] when nobody may answer, the conversation or message is not there, or it cannot
    /// be inspected.
    pub fn what_would_leave(
        &self,
        turn: &Turn,
        constraint: Option<&Constraint>,
    ) -> Result<Option<WhatLeaves>, GateError> {
        let plan = self.store.read(|conn| turn.plan(conn))?;
        let (passed, next) = self.next(&plan, constraint)?;
        let (weighed, asks) = match next {
            Next::Here(_) => return Ok(None),
            Next::Away { weighed, review } => (weighed, review),
            Next::Blocked { error, .. } => return Err(error),
            Next::Nobody => return Err(passed.last()),
        };
        let leaves = shown(&plan, &weighed.ready, passed.moves(), asks)?;
        self.note_shown(turn)?;
        Ok(Some(leaves))
    }

    /// That a person looked at what would leave. A new conversation has no name yet, not even one that
    /// the record gives it, and will be in the workspace that is open.
    pub(super) fn note_shown(&self, turn: &Turn) -> Result<(), GateError> {
        self.store.write(|tx| {
            let event = Event::new(Action::LeavingShown).fact("shown", "before it leaves");
            let event = match turn.conversation(tx)? {
                Some(conversation) => event.about(Subject::Conversation(conversation)),
                None => event.fact("workspace", workspaces::current(tx, now_ms())?.to_string()),
            };
            self.record.append(tx, event, now_ms())?;
            Ok(())
        })
    }

    /// What left with a call, of a conversation or of a client of the local API; `None`: nothing did, as where the
    /// server was not reached, it was not kept, or it was erased. That somebody looked is recorded before anybody has it.
    ///
    /// # Errors
    /// [`GateError`] when it is there and cannot be read.
    pub fn what_left(&self, call: i64) -> Result<Option<WhatLeaves>, GateError> {
        self.store.write(|tx| {
            if costs::was_unreached(tx, call)? {
                return Ok(None);
            }
            let Some(left) = left(tx, call)? else {
                return Ok(None);
            };
            let summary = costs::get(tx, call)?;
            let client = costs::identity(tx, call)?.client;
            let event = Event::new(Action::LeavingShown)
                .fact("call", call)
                .maybe("client", client.map(|id| id.to_string()))
                .about(left.of);
            self.record.append(tx, event, now_ms())?;
            Ok(Some(WhatLeaves {
                model: summary.model,
                account: summary.account.unwrap_or_default(),
                account_id: None,
                asks: false,
                client: client.map(|id| client_name(tx, id)).transpose()?,
                messages: leaving::messages(&left.body, &left.masks),
                masked: summary.masked,
                body: String::from_utf8_lossy(&left.body).into_owned(),
                found: Vec::new(),
                moves: summary.moves,
                tokens: u64::from(summary.prompt_tokens),
                exact: summary.measured,
                cost: summary.cost,
            }))
        })
    }
}

/// What would leave with a request, after `moves`; `asks`: once the person has let it go.
pub(super) fn shown(
    plan: &Plan,
    ready: &Ready,
    moves: Vec<Move>,
    asks: bool,
) -> Result<WhatLeaves, GateError> {
    let account = &ready.cloud.account;
    let body = elsewhere::client(account, None)?
        .body(&ready.request)
        .map_err(GateError::from)?;
    Ok(WhatLeaves {
        model: ready.cloud.model.clone(),
        account: account.name.clone(),
        account_id: Some(account.id),
        asks,
        client: None,
        messages: leaving::messages(&body, &ready.decided.masks),
        masked: ready.decided.masked,
        body: String::from_utf8_lossy(&body).into_owned(),
        found: mistakes::all_found(plan, ready),
        moves,
        tokens: ready.pricing.prompt_tokens,
        exact: ready.pricing.exact,
        cost: ready.pricing.about().map(|money| money.to_string()),
    })
}

/// What is kept of what left with a call.
struct Left {
    of: Subject,
    body: Vec<u8>,
    masks: Masks,
}

fn left(tx: &Connection, call: i64) -> Result<Option<Left>, GateError> {
    if let Some((conversation, body)) = sealed::sent(tx, call)? {
        return Ok(Some(Left {
            of: Subject::Conversation(conversation),
            masks: sealed::masks(tx, conversation)?,
            body,
        }));
    }
    let of_client = sealed::sent_of_client(tx, call)?;
    Ok(of_client.map(|(workspace, body)| Left {
        of: Subject::Workspace(workspace),
        body,
        // What was masked for a client is put back into its answer and kept nowhere.
        masks: Masks::new(0),
    }))
}

fn client_name(tx: &Connection, id: ClientId) -> Result<String, GateError> {
    match clients::get(tx, id) {
        Ok(client) => Ok(client.name),
        Err(ClientError::Store(error)) => Err(error.into()),
        Err(_) => Ok("A client that was removed".into()),
    }
}

/// What stays on this computer.
fn here(model: &str, because: Option<Problem>, counted: super::TokenCount) -> Preview {
    Preview {
        route: Route::Local,
        model: Some(model.to_owned()),
        account: None,
        account_id: None,
        destination: Destination::ThisComputer,
        action: None,
        masked: 0,
        pictures: 0,
        unseen: 0,
        sees: None,
        review: false,
        because,
        moves: Vec::new(),
        tokens: u64::from(counted.tokens),
        exact: counted.exact,
        about: Some(Money::ZERO.to_string()),
        most: Some(Money::ZERO.to_string()),
        budget: None,
    }
}

fn leaves(weighed: &Weighed, because: Option<Problem>, review: bool) -> Preview {
    let ready = &weighed.ready;
    let account = &ready.cloud.account;
    Preview {
        route: ready.route(),
        model: Some(ready.cloud.model.clone()),
        account: Some(account.name.clone()),
        account_id: Some(account.id),
        destination: ready.cloud.destination(),
        action: Some(ready.decided.action),
        masked: ready.decided.masked,
        pictures: ready.decided.shown(),
        unseen: 0,
        sees: ready.pricing.sees,
        review,
        because,
        moves: Vec::new(),
        tokens: ready.pricing.prompt_tokens,
        exact: ready.pricing.exact,
        about: ready.pricing.about().map(|money| money.to_string()),
        most: ready.pricing.most().map(|money| money.to_string()),
        budget: weighed.budget,
    }
}

/// Nobody may or can answer.
fn nowhere(because: Problem) -> Preview {
    Preview {
        route: Route::Blocked,
        model: None,
        account: None,
        account_id: None,
        destination: Destination::ThisComputer,
        action: None,
        masked: 0,
        pictures: 0,
        unseen: 0,
        sees: None,
        review: false,
        because: Some(because),
        moves: Vec::new(),
        tokens: 0,
        exact: false,
        about: None,
        most: None,
        budget: None,
    }
}
