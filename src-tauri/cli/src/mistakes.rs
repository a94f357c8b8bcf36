//! What was found in a question and is none: a person names it by its text.

use gatehouse_core::{
    app::App,
    chat::Options,
    gate::{GateError, Mistake, MistakeError, Overruling, Turn},
    ids::ConversationId,
    protocol::Constraint,
};

use crate::{failure::Failure, leaving};

/// What these texts were taken for in a question whose answer is held to `constraint`. `no_secrets` are those
/// of which a person is sure.
///
/// # Errors
/// [`Failure`] when nothing was found in one of them, or it stays what it is.
pub(crate) fn named(
    app: &App,
    options: &Options,
    text: &str,
    constraint: Option<&Constraint>,
    mistakes: &[String],
    no_secrets: &[String],
) -> Result<Vec<Mistake>, Failure> {
    let mut named: Vec<Mistake> = Vec::new();
    let wanted = || mistakes.iter().chain(no_secrets);
    if wanted().next().is_none() {
        return Ok(named);
    }
    // A finding may lie below another one, and is seen when that one is none.
    loop {
        let more = found(app, options, text, constraint, &named)?;
        let before = named.len();
        for (mistake, overruling) in more {
            if !wanted().any(|text| text.trim() == mistake.text.trim()) {
                continue;
            }
            match overruling {
                Overruling::Never => return Err(GateError::from(MistakeError::Proven).into()),
                Overruling::Surely
                    if !no_secrets
                        .iter()
                        .any(|text| text.trim() == mistake.text.trim()) =>
                {
                    let failure = Failure::from(GateError::from(MistakeError::NotSure));
                    return Err(failure.and("--no-secret with its text says so."));
                }
                _ => named.push(mistake),
            }
        }
        if named.len() == before {
            break;
        }
    }
    let is_named = |text: &&String| named.iter().any(|one| one.text.trim() == text.trim());
    match wanted().find(|text| !is_named(text)) {
        Some(text) => Err(Failure::input(format!(
            "Nothing is kept back of the question that reads “{text}”. --show-request and “gatehouse safety scan” show what is found."
        ))),
        None => Ok(named),
    }
}

/// What is found beside what was named already.
fn found(
    app: &App,
    options: &Options,
    text: &str,
    constraint: Option<&Constraint>,
    named: &[Mistake],
) -> Result<Vec<(Mistake, Overruling)>, Failure> {
    if options.model_id.is_some() {
        return Ok(Vec::new());
    }
    let turn = leaving::turn(options, text, &[], named.to_vec());
    let found = app
        .gate
        .found_in(&turn, constraint)?
        .map(|found| found.found);
    let still = found.into_iter().flatten().filter(|one| !one.overruled);
    Ok(still
        .map(|one| {
            let mistake = Mistake {
                kind: one.kind,
                text: one.text,
            };
            (mistake, one.overruling)
        })
        .collect())
}

/// Keep them with the conversation that the question is asked in.
///
/// # Errors
/// [`Failure`] when one cannot be kept: then nothing is to be sent.
pub(crate) fn keep(
    app: &App,
    conversation: ConversationId,
    text: &str,
    constraint: Option<&Constraint>,
    mistakes: &[Mistake],
) -> Result<(), Failure> {
    let turn = Turn::Say {
        conversation,
        text: text.to_owned(),
        pictures: Vec::new(),
    };
    for mistake in mistakes {
        app.gate.overrule(&turn, constraint, mistake, true)?;
    }
    Ok(())
}
