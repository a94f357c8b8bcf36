//! Answers in a conversation: from a question to the rows that are kept of its answer.
//!
//! A chain of models may answer. The first one that may be asked and can answer does; each that did
//! not is kept with its reason, so that the answer can say why another one wrote it.

use std::time::Instant;

use gatehouse_protocol::{Constraint, LoadRequest, ModelPurpose};

use super::{
    AnswerEvent, Gate, GateError, Review,
    call::{self, Outcome},
    elsewhere::{self, Ready},
    next, record,
    route::{self, Candidate, Plan},
    work::{Place, Task},
};
use crate::{
    chat::{self, Conversation, Message, Options, pictures},
    costs::{Move, Route},
    ids::{ConversationId, MessageId, PictureId},
    models::{self, Model},
    now_ms,
    problem::Problem,
    providers::error::Trouble,
    settings::{self, Settings},
};

/// What to answer.
#[derive(Debug, Clone, Copy)]
pub enum Ask<'a> {
    /// Something new at the end of a conversation.
    Say(ConversationId, &'a str),
    /// The same with pictures of its draft.
    SayWith(ConversationId, &'a str, &'a [PictureId]),
    /// Something else in place of an old question, with the same pictures.
    Edit(MessageId, &'a str),
    /// The question of an old answer again.
    Again(MessageId),
}

/// A model that is about to be asked.
pub(super) enum Asked {
    /// On this computer.
    Local(Box<Model>),
    /// Elsewhere, with what would leave.
    Elsewhere(Box<Ready>),
}

/// The rows of an answer.
pub(super) struct Rows {
    /// `None` when an old one is answered again.
    pub(super) question: Option<Message>,
    pub(super) answer: Message,
}

/// An answer that is being made, and its place among those that are.
pub(super) struct Answering<'a> {
    pub(super) place: &'a Place<'a>,
    pub(super) plan: Plan,
    pub(super) ask: Ask<'a>,
    pub(super) constraint: Option<Constraint>,
    /// What the person said; [`Answering::review`] is what of it counts.
    pub(super) said: Review,
    /// Whether what they let go is noted, with the first call for an account that was shown to them.
    pub(super) is_noted: bool,
    /// There once the first call was begun.
    pub(super) rows: Option<Rows>,
    pub(super) moves: Vec<Move>,
    /// When it became the turn of the model that is asked: that of an earlier one is not its time.
    pub(super) since: Instant,
}

/// Why a model of the chain is not asked.
pub(super) enum Passed {
    /// The next one may answer.
    Over(GateError),
    /// No other may answer either: the person is to know.
    Ends(GateError),
}

impl Passed {
    /// Why its call could not be begun: another one may cost less, be told what this one cannot, or be on this
    /// computer.
    pub(super) fn by(error: GateError) -> Self {
        let may_another = match &error {
            GateError::Budget(_) | GateError::ClientBudget(_) | GateError::Offline => true,
            GateError::Provider(fault) => fault.0.trouble == Trouble::Unsupported,
            _ => false,
        };
        if may_another {
            Self::Over(error)
        } else {
            Self::Ends(error)
        }
    }
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
        self.answer_reviewed(ask, constraint, Review::NotAsked, sink)
    }

    /// The same after the person has said for which accounts it may leave. For another one they are
    /// asked, and once a model was asked, one that would need their word is passed over.
    ///
    /// # Errors
    /// [`GateError`] when nothing was begun; [`GateError::ReviewFirst`] when the person is to look
    /// at what would leave before anything does.
    pub fn answer_reviewed(
        &self,
        ask: Ask<'_>,
        constraint: Option<Constraint>,
        review: Review,
        sink: &mut dyn FnMut(AnswerEvent),
    ) -> Result<(ConversationId, Message), GateError> {
        let since = Instant::now();
        let id = self.conversation_of(ask)?;
        let place = Place::take(self, id, Task::Answer)?;
        self.settle_pictures(id, ask)?;
        let plan = self.store.read(|conn| route::plan(conn, ask))?;
        let answering = Answering {
            place: &place,
            plan,
            ask,
            constraint,
            said: review,
            is_noted: false,
            rows: None,
            moves: Vec::new(),
            since,
        };
        let answer = answering
            .run(sink)
            .inspect_err(|error| self.note_refused(id, error))?;
        sink(AnswerEvent::Ended {
            answer: Box::new(answer.clone()),
        });
        self.network.settle();
        Ok((id, answer))
    }

    /// The conversation that is asked in.
    pub(super) fn conversation_of(&self, ask: Ask<'_>) -> Result<ConversationId, GateError> {
        match ask {
            Ask::Say(conversation, _) | Ask::SayWith(conversation, ..) => Ok(conversation),
            Ask::Edit(message, _) | Ask::Again(message) => Ok(self
                .store
                .read(|conn| chat::conversation_of(conn, message))?),
        }
    }

    /// Pictures of a new chat's draft belong to the conversation that it has become.
    pub(super) fn settle_pictures(
        &self,
        id: ConversationId,
        ask: Ask<'_>,
    ) -> Result<(), GateError> {
        let Ask::SayWith(_, _, shown @ [_, ..]) = ask else {
            return Ok(());
        };
        self.store
            .write(|tx| pictures::settle(tx, id, shown).map_err(GateError::from))
    }

    /// Nothing was begun, and why. The refusal holds whether or not it can be written down.
    pub(super) fn note_refused(&self, conversation: ConversationId, error: &GateError) {
        let event = record::refused(conversation, error);
        let noted = self
            .store
            .write(|tx| self.record.append(tx, event, now_ms()));
        if let Err(error) = noted {
            tracing::warn!("a refusal could not be recorded: {error}");
        }
    }

    /// Start an empty conversation with the options of a new one, in the workspace that is open. It
    /// keeps what answers elsewhere by the settings of now, whatever they become.
    ///
    /// # Errors
    /// [`GateError`] when the options or the database refuse.
    pub fn new_conversation(&self, options: &Options) -> Result<Conversation, GateError> {
        let id = ConversationId::new();
        self.store.write(|tx| {
            let workspace = crate::workspaces::current(tx, now_ms())?;
            let mut options = options.clone();
            if options.elsewhere.is_none() && options.model_id.is_none() {
                options.elsewhere = settings::get(tx)?.default_elsewhere;
            }
            chat::create(tx, id, workspace, &options, now_ms())?;
            Ok(chat::get(tx, id)?)
        })
    }

    /// How a model is to be loaded for a purpose: as large a context as memory allows, up to what was set.
    /// An outdated engine of it, and models that are not in use where that helps, make room first.
    pub(super) fn load_request(
        &self,
        model: &Model,
        purpose: ModelPurpose,
        settings: &Settings,
    ) -> Result<LoadRequest, GateError> {
        let wanted = Some(settings.context_tokens);
        // What cannot be loaded puts nothing out.
        model.load_request(purpose, models::computer_memory(), wanted)?;
        self.engines.make_way(model, settings.context_tokens);
        let verdict = model.view(models::computer_memory(), wanted).memory.verdict;
        if verdict != models::Verdict::Fits {
            self.engines.unload_unused(model.id);
        }
        let load = model.load_request(purpose, models::computer_memory(), wanted)?;
        Ok(LoadRequest {
            threads: settings.threads,
            // A build with a GPU back end takes all it can; one without takes none.
            gpu_layers: u32::from(u16::MAX),
            ..load
        })
    }
}

impl Answering<'_> {
    /// Ask one model after the other until one has answered.
    pub(super) fn run(mut self, sink: &mut dyn FnMut(AnswerEvent)) -> Result<Message, GateError> {
        let candidates = std::mem::take(&mut self.plan.chain.candidates);
        let mut last: Option<(Outcome, i64)> = None;
        let mut refused = GateError::NoModel;
        for (nth, candidate) in candidates.iter().enumerate() {
            let others = nth + 1 < candidates.len();
            let begun = self.ready(candidate, others).and_then(|mut asked| {
                let call = self.begin(&mut asked, last.as_ref())?;
                Ok((asked, call))
            });
            let (asked, call) = match begun {
                Ok(begun) => begun,
                Err(Passed::Over(error)) => {
                    self.moves.push(next::moved(candidate.name(), &error));
                    refused = error;
                    continue;
                }
                Err(Passed::Ends(error)) if self.rows.is_none() => return Err(error),
                Err(Passed::Ends(error)) => {
                    refused = error;
                    break;
                }
            };
            self.tell_begun(&asked, last.is_some(), sink);
            let gate = self.place.gate;
            let under_way = gate.under_way(call, &self.place.stop);
            let outcome = self.make(asked, call, &mut |event| {
                under_way.hear(&event);
                sink(event);
            });
            let moves_on = others
                && outcome.is_silent()
                && outcome.end.as_ref().is_err_and(elsewhere::may_move);
            if !moves_on {
                return Ok(self.end(&outcome, call, None));
            }
            if let Err(error) = &outcome.end {
                self.moves.push(Move {
                    model: candidate.name().to_owned(),
                    reason: Problem::from(error).message,
                    call: Some(call),
                });
            }
            gate.came_to_nothing(&outcome, call);
            last = Some((outcome, call));
            self.since = Instant::now();
        }
        match last {
            // The last model that was asked did not answer, and no other one may.
            Some((outcome, call)) => Ok(self.end(&outcome, call, Some(&refused))),
            None => Err(self.nobody(refused)),
        }
    }

    /// Why nobody may answer: what a person can act on comes before "there is no model".
    fn nobody(&self, refused: GateError) -> GateError {
        match self.moves.first() {
            Some(moved) if matches!(refused, GateError::NoModel) => {
                GateError::NotAllowed(moved.reason.clone())
            }
            Some(first) => next::nobody(first, refused),
            None => refused,
        }
    }

    /// Whether a model may be asked, and with what. `others`: whether another one could answer.
    fn ready(&self, candidate: &Candidate, others: bool) -> Result<Asked, Passed> {
        let cloud = match candidate {
            Candidate::Local(model) if self.plan.shows_pictures() => {
                return Err(Passed::Over(next::takes_no_pictures(&model.name)));
            }
            Candidate::Local(model) => {
                call::held_here(self.constraint.as_ref())
                    .map_err(|error| Passed::Over(error.into()))?;
                return Ok(Asked::Local(model.clone()));
            }
            Candidate::Elsewhere(cloud) => cloud,
        };
        let gate = self.place.gate;
        let constraint = self.constraint.as_ref();
        let (weighed, verdict) = gate
            .weigh(&self.plan, cloud, constraint, self.review(), others)
            .map_err(Passed::Ends)?;
        match verdict {
            Ok(()) => Ok(Asked::Elsewhere(Box::new(weighed.ready))),
            // The answer is under way, and nobody can be asked in the middle of it.
            Err(GateError::ReviewFirst { account }) if self.rows.is_some() => {
                Err(Passed::Over(GateError::NotLetGo { account }))
            }
            Err(error @ (GateError::ReviewFirst { .. } | GateError::Blocked { .. })) => {
                Err(Passed::Ends(error))
            }
            Err(error) => Err(Passed::Over(error)),
        }
    }

    /// What the person said, as far as it counts for the model that is asked next. What they let go is noted with
    /// the first call for an account that was shown to them, and from then on the notes say what they saw.
    pub(super) fn review(&self) -> &Review {
        match &self.said {
            Review::MayLeave(_) if self.is_noted => &Review::NotAsked,
            said => said,
        }
    }

    fn tell_begun(&self, asked: &Asked, again: bool, sink: &mut dyn FnMut(AnswerEvent)) {
        let Some(rows) = &self.rows else { return };
        if !again {
            sink(AnswerEvent::Begun {
                question: rows.question.clone().map(Box::new),
                answer: Box::new(rows.answer.clone()),
            });
        }
        if !self.moves.is_empty() {
            let (to, route) = match asked {
                Asked::Local(model) => (model.name.clone(), Route::Local),
                Asked::Elsewhere(ready) => (ready.cloud.model.clone(), ready.route()),
            };
            sink(AnswerEvent::Moved {
                moves: self.moves.clone(),
                to,
                route,
            });
        }
    }
}
