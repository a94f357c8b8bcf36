//! What would leave with a question, shown without sending it.

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
};

use gatehouse_core::{
    app::App,
    chat::Options,
    costs::{Move, Route},
    gate::{Mistake, Preview, Turn, WhatLeaves},
    ids::PictureId,
    protocol::Constraint,
};

use crate::{ask, failure::Failure, output, providers};

/// Print the request byte for byte, and everything about it on standard error. Where nothing would
/// leave, say so.
pub(crate) fn show(
    app: &App,
    options: &Options,
    text: &str,
    pictures: &[PathBuf],
    mistakes: Vec<Mistake>,
    constraint: Option<&Constraint>,
    json: bool,
) -> Result<(), Failure> {
    let shown = ask::taken(app, None, pictures)?;
    let looked = match options.model_id {
        // A model on this computer was named: nobody else is asked.
        Some(id) => match app
            .gate
            .would_answer_here(id, !shown.is_empty(), constraint)
        {
            Ok(name) => stays(&name, &[], json),
            Err(error) => Err(error.into()),
        },
        None => look(
            app,
            &turn(options, text, &shown, mistakes),
            constraint,
            json,
        ),
    };
    ask::given_back(app, &shown)?;
    looked
}

/// The first message of a new conversation.
pub(crate) fn turn(
    options: &Options,
    text: &str,
    pictures: &[PictureId],
    mistakes: Vec<Mistake>,
) -> Turn {
    Turn::New {
        elsewhere: options.elsewhere.clone(),
        text: text.to_owned(),
        pictures: pictures.to_vec(),
        mistakes,
    }
}

fn look(
    app: &App,
    turn: &Turn,
    constraint: Option<&Constraint>,
    json: bool,
) -> Result<(), Failure> {
    let preview = app.gate.preview(turn, constraint)?;
    if preview.route == Route::Blocked {
        return Err(blocked(preview));
    }
    match app.gate.what_would_leave(turn, constraint)? {
        Some(leaves) => print(&leaves, &preview, json),
        None => stays(
            preview.model.as_deref().unwrap_or("a model"),
            &preview.moves,
            json,
        ),
    }
}

fn print(leaves: &WhatLeaves, preview: &Preview, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(leaves);
    }
    tell(&about(leaves, preview));
    let mut out = io::stdout();
    let body = output::harmless(&leaves.body, &out);
    let written = out.write_all(body.as_bytes()).and_then(|()| {
        if out.is_terminal() {
            out.write_all(b"\n")?;
        }
        out.flush()
    });
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::system(error)),
        _ => Ok(()),
    }
}

/// Where it would go, what was done to it, and about what it would cost.
fn about(leaves: &WhatLeaves, preview: &Preview) -> String {
    let mut lines = vec![format!(
        "This would leave for {} ({}, {}). Nothing was sent.",
        leaves.account,
        leaves.model,
        providers::whose(preview.destination)
    )];
    lines.extend(leaves.moves.iter().map(passed_over));
    let pieces = leaves.messages.iter().flat_map(|message| &message.pieces);
    for piece in pieces {
        if let Some(original) = &piece.original {
            lines.push(format!("masked: {original} leaves as {}", piece.sent));
        } else if piece.removed {
            lines.push(format!(
                "a secret was taken out: it leaves as {}",
                piece.sent
            ));
        }
    }
    for found in leaves.found.iter().filter(|found| found.overruled) {
        lines.push(format!("leaves as written, as you said: {}", found.text));
    }
    match preview.pictures {
        0 => {}
        1 => lines.push("A picture leaves as it is: nobody can look through it.".into()),
        more => lines.push(format!(
            "{more} pictures leave as they are: nobody can look through them."
        )),
    }
    if preview.pictures > 0 && preview.sees.is_none() {
        lines.push("Nobody knows whether this model can look at pictures.".into());
    }
    if preview.review {
        lines.push("The policy asks first: --may-leave sends it.".into());
    }
    let about = if leaves.exact { "" } else { "about " };
    lines.push(match &leaves.cost {
        Some(cost) => format!("{about}{} tokens, about {cost}", leaves.tokens),
        None => format!("{about}{} tokens, cost unknown", leaves.tokens),
    });
    lines.join("\n")
}

fn stays(model: &str, moves: &[Move], json: bool) -> Result<(), Failure> {
    tell(&format!(
        "Nothing leaves: {model}, on this computer, answers."
    ));
    for moved in moves {
        tell(&passed_over(moved));
    }
    if json {
        return output::json(&None::<WhatLeaves>);
    }
    Ok(())
}

/// Why a model of the chain would not be asked.
fn passed_over(moved: &Move) -> String {
    format!("{} would not be asked: {}", moved.model, moved.reason)
}

fn blocked(preview: Preview) -> Failure {
    preview.because.map_or_else(
        || Failure::missing("Nobody can answer, and nothing leaves."),
        Failure::from,
    )
}

fn tell(words: &str) {
    eprintln!("{}", output::harmless(words, &io::stderr()));
}
