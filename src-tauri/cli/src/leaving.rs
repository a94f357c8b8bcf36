//! What would leave with a question, shown without sending it.

use std::io::{self, IsTerminal, Write};

use gatehouse_core::{
    aliases::Elsewhere,
    app::App,
    chat::Options,
    costs::Route,
    gate::{Preview, WhatLeaves},
};

use crate::{failure::Failure, output, providers};

/// Print the request byte for byte, and everything about it on standard error. Where nothing would
/// leave, say so.
pub(crate) fn show(app: &App, options: &Options, text: &str, json: bool) -> Result<(), Failure> {
    // A model on this computer was named: nobody else is asked.
    if options.model_id.is_some() {
        return stays(None, json);
    }
    let preview = app.gate.preview(None, options.elsewhere.as_ref(), text)?;
    if preview.route == Route::Blocked {
        return Err(blocked(preview));
    }
    let (Some(account_id), Some(model)) = (preview.account_id, preview.model.clone()) else {
        return stays(Some(&preview), json);
    };
    // The one of a chain that would be asked, not the first of it.
    let elsewhere = Elsewhere::Account { account_id, model };
    match app.gate.what_would_leave(None, Some(&elsewhere), text)? {
        Some(leaves) => print(&leaves, &preview, json),
        None => stays(Some(&preview), json),
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
    if let Some(because) = &preview.because {
        lines.push(format!("It goes there because {}", because.message));
    }
    let pieces = leaves.messages.iter().flat_map(|message| &message.pieces);
    for piece in pieces {
        if let Some(original) = &piece.original {
            lines.push(format!("masked: {original} leaves as {}", piece.sent));
        }
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

fn stays(preview: Option<&Preview>, json: bool) -> Result<(), Failure> {
    let model = preview.and_then(|preview| preview.model.as_deref());
    let who = model.map_or("a model on this computer".to_owned(), |name| {
        format!("{name}, on this computer,")
    });
    tell(&format!("Nothing leaves: {who} answers."));
    if let Some(because) = preview.and_then(|preview| preview.because.as_ref()) {
        tell(&because.to_string());
    }
    if json {
        return output::json(&None::<WhatLeaves>);
    }
    Ok(())
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
