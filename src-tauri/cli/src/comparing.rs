//! One question to several models, and their answers one below the other.

use gatehouse_core::{
    aliases::{Elsewhere, Link},
    app::App,
    chat::{Message, Options},
    gate::{AnswerEvent, Ask, GateError, Review},
    ids::AccountId,
    problem::Problem,
    protocol::Constraint,
};

use crate::{ask, failure::Failure, naming, output};

/// A model and what came of the question.
pub(crate) struct Answered {
    /// As the person named it.
    pub(crate) model: String,
    pub(crate) answer: Result<Message, Problem>,
}

/// The models by the names that were given for them; none where there is nothing to compare.
///
/// # Errors
/// [`Failure`] when a name means none.
pub(crate) fn links(app: &App, names: &[String]) -> Result<Vec<(String, Link)>, Failure> {
    if names.len() < 2 {
        return Ok(Vec::new());
    }
    let link = |name: &String| {
        if naming::is_alias(app, name)? {
            return Err(Failure::input(format!(
                "“{name}” is an alias, which stands for a chain of models: name the models to compare."
            )));
        }
        Ok((name.clone(), naming::link(app, name)?))
    };
    names.iter().map(link).collect()
}

/// What a conversation goes on with that one of them answers.
pub(crate) fn options(link: &Link) -> Options {
    match link {
        Link::Local { model_id } => Options {
            model_id: *model_id,
            ..Options::default()
        },
        Link::Account { account_id, model } => Options {
            elsewhere: Some(Elsewhere::Account {
                account_id: *account_id,
                model: model.clone(),
            }),
            ..Options::default()
        },
    }
}

/// The same of the first that is not on this computer, if one is not.
pub(crate) fn elsewhere(models: &[(String, Link)]) -> Option<Options> {
    let mut links = models.iter().map(|(_, link)| link);
    links
        .find(|link| matches!(link, Link::Account { .. }))
        .map(options)
}

/// The accounts that the models are of.
pub(crate) fn accounts(models: &[(String, Link)]) -> Vec<AccountId> {
    let links = models.iter().map(|(_, link)| link);
    links
        .filter_map(|link| match link {
            Link::Account { account_id, .. } => Some(*account_id),
            Link::Local { .. } => None,
        })
        .collect()
}

/// Ask all of them. The answers are printed as they come, unless they are for a program.
///
/// # Errors
/// [`GateError`] when none was asked.
pub(crate) fn answers(
    app: &App,
    ask: Ask<'_>,
    models: &[(String, Link)],
    constraint: Option<Constraint>,
    review: Review,
    json: bool,
) -> Result<Vec<Answered>, GateError> {
    let links: Vec<Link> = models.iter().map(|(_, link)| link.clone()).collect();
    let mut open = false;
    let mut hear = |event: AnswerEvent| match event {
        AnswerEvent::Begun { answer, .. } => {
            let name = answer.call.as_ref().map_or("", |call| call.model.as_str());
            ask::show(&format!("{}## {name}\n\n", if open { "\n" } else { "" }));
            open = true;
        }
        AnswerEvent::Text { text, .. } => ask::show(&text),
        AnswerEvent::Ended { .. } => ask::show("\n"),
        _ => {}
    };
    let constraint = constraint.as_ref();
    let (_, compared) = if json {
        app.gate
            .compare(ask, &links, constraint, review, &mut |_| {})?
    } else {
        app.gate
            .compare(ask, &links, constraint, review, &mut hear)?
    };
    let named = models.iter().zip(compared);
    Ok(named
        .map(|((model, _), one)| Answered {
            model: output::harmless(model, &std::io::stdout()).into_owned(),
            answer: one.answer.map_err(Problem::from),
        })
        .collect())
}
