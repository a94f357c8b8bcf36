//! What a conversation sends: its texts as inspection reads them, and the request that is made of what may
//! leave of them.

use gatehouse_protocol::{Constraint, Role, Sampling};
use rusqlite::Connection;

use crate::{
    chat::{ChatError, Said, pictures},
    gate::{
        GateError,
        decide::{Decided, Form, NAMES_MADE_ONE, Piece},
        route,
    },
    providers::cloud::{self, AnswerSchema, CloudRequest, Message, Part, ToolChoice},
    safety::{distinct_object, mask},
};

/// A schema that can be sent is an object; `true` and `false`, which allow all and nothing, are not.
const NO_SCHEMA: &str = "a JSON Schema for a model elsewhere is an object";

/// The prompt as the inspection reads it: the system prompt first, if there is one.
/// `sees`: whether the model can look at pictures; another one is told of those of earlier messages.
pub(in crate::gate) fn prompt(system: &str, turns: &[Said], sees: bool) -> Vec<Said> {
    let system = (!system.trim().is_empty()).then(|| Said::text(Role::System, system));
    let shown = turns.iter().cloned().map(|said| {
        if sees {
            said
        } else {
            route::without_pictures(said)
        }
    });
    system.into_iter().chain(shown).collect()
}

/// What leaves beside a conversation, to be looked at as its texts are: the shape of the answer if it has
/// one, then the texts that end it.
///
/// # Errors
/// [`GateError::OnlyHere`] for a grammar, which no provider takes.
pub(in crate::gate) fn beside(
    sampling: &Sampling,
    constraint: Option<&Constraint>,
) -> Result<Vec<Piece>, GateError> {
    let piece = |form, text| Piece {
        role: Role::System,
        form,
        text,
        pictures: Vec::new(),
    };
    let shape = constraint.map(|constraint| match constraint {
        Constraint::JsonSchema(schema) if schema.is_object() => {
            Ok(piece(Form::Json, schema.to_string()))
        }
        Constraint::JsonSchema(_) => Err(GateError::OnlyHere(NO_SCHEMA)),
        Constraint::Grammar(_) => Err(GateError::OnlyHere(
            "a grammar can only be held to by a model on this computer",
        )),
    });
    let stops = sampling.stop.iter().cloned();
    let stops = stops.map(|text| piece(Form::Words, text));
    Ok(shape.transpose()?.into_iter().chain(stops).collect())
}

/// The settings of a local model are not sent as they are: a provider knows best what suits its
/// model, and some refuse what others take. Only what the person changed is.
pub(super) fn request(
    conn: &Connection,
    model: &str,
    decided: &Decided,
    sampling: &Sampling,
    shaped: bool,
) -> Result<CloudRequest, GateError> {
    let usual = Sampling::default();
    #[expect(
        clippy::float_cmp,
        reason = "a setting that was never touched is the very same"
    )]
    let changed = |value: f32, usual: f32| (value != usual).then(|| decimal(value));
    let mut system = Vec::new();
    let mut messages = Vec::with_capacity(decided.texts.len());
    for text in &decided.texts {
        let said = text.leaving.clone();
        match text.role {
            Role::System => system.push(said),
            Role::User => messages.push(Message::User(parts(conn, &text.pictures, said)?)),
            Role::Assistant => messages.push(Message::Assistant {
                thinking: Vec::new(),
                text: said,
                tool_calls: Vec::new(),
            }),
        }
    }
    if decided.masked > 0 {
        system.push(mask::INSTRUCTION.to_owned());
    }
    let beside = decided.beside.iter().map(|text| text.leaving.as_str());
    let mut beside = beside.peekable();
    let shape = beside.next_if(|_| shaped);
    Ok(CloudRequest {
        model: model.to_owned(),
        system: system.join("\n\n"),
        messages,
        tools: Vec::new(),
        tool_choice: ToolChoice::default(),
        parallel_calls: None,
        schema: shape.map(schema).transpose()?,
        sampling: cloud::Sampling {
            temperature: changed(sampling.temperature, usual.temperature),
            top_p: changed(sampling.top_p, usual.top_p),
            seed: sampling.seed.map(i64::from),
            stop: beside.map(str::to_owned).collect(),
        },
        max_tokens: None,
        effort: None,
        thinks: false,
        keep_prompt: true,
        stream: true,
        prompt_tokens: 0,
        asked_output: None,
    })
}

/// Pictures, then what is said of them, as providers advise.
fn parts(
    conn: &Connection,
    shown: &[pictures::Picture],
    said: String,
) -> Result<Vec<Part>, GateError> {
    let mut parts = Vec::with_capacity(shown.len() + 1);
    for picture in shown {
        parts.push(Part::Image {
            media_type: picture.format.media_type().to_owned(),
            bytes: pictures::content(conn, picture.id).map_err(ChatError::from)?,
        });
    }
    // Some refuse a text with nothing in it.
    if !said.is_empty() || parts.is_empty() {
        parts.push(Part::Text(said));
    }
    Ok(parts)
}

/// A setting as the person wrote it: 0.7 and not 0.699999988079071.
fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// The shape of the answer, as it may leave.
fn schema(leaving: &str) -> Result<AnswerSchema, GateError> {
    Ok(AnswerSchema {
        name: "answer".to_owned(),
        schema: distinct_object(leaving).ok_or(GateError::OnlyHere(NAMES_MADE_ONE))?,
        strict: false,
        any_object: false,
    })
}
