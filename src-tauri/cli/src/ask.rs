//! `gatehouse ask`: one question, one answer, kept as a conversation like any other.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
    sync::Arc,
};

use clap::Args;
use gatehouse_core::{
    app::App,
    chat::{Message, MessageState, Options},
    gate::{self, AnswerEvent},
    models,
    protocol::Constraint,
};
use serde_json::json;

use crate::{failure::Failure, output};

/// Ask a model something.
#[derive(Args)]
pub(crate) struct Ask {
    /// The question; `-` reads it from standard input.
    text: String,
    /// Which installed model answers: a name, a file name or an id.
    #[arg(long, short)]
    model: Option<String>,
    /// Hold the answer to the JSON Schema in this file.
    #[arg(long, value_name = "FILE")]
    json_schema: Option<PathBuf>,
}

impl Ask {
    pub(crate) fn run(&self, app: App, json: bool) -> Result<(), Failure> {
        let text = self.question()?;
        let constraint = self.constraint()?;
        let model_id = match &self.model {
            Some(name) => Some(app.store.read(|conn| models::find(conn, name))?.id),
            None => None,
        };
        let app = Arc::new(app);
        stop_on_interrupt(&app)?;
        let options = Options {
            model_id,
            ..Options::default()
        };
        let conversation = app.gate.new_conversation(&options)?.id;
        let mut printed = String::new();
        let (_, answer) = app.gate.answer(
            gate::Ask::Say(conversation, &text),
            constraint,
            &mut |event| {
                if let AnswerEvent::Text { text, .. } = event
                    && !json
                {
                    show(&text);
                    printed.push_str(&text);
                }
            },
        )?;
        if !printed.is_empty() && !printed.ends_with('\n') {
            output::line("")?;
        }
        if json {
            output::json(&object(&answer, &conversation.to_string()))?;
        }
        match answer.state {
            MessageState::Stopped => Err(Failure::stopped()),
            _ => answer
                .problem
                .map_or(Ok(()), |problem| Err(Failure::answer(problem))),
        }
    }

    fn question(&self) -> Result<String, Failure> {
        if self.text != "-" {
            return Ok(self.text.clone());
        }
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(Failure::input)?;
        Ok(text)
    }

    fn constraint(&self) -> Result<Option<Constraint>, Failure> {
        let Some(path) = &self.json_schema else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
        let schema = serde_json::from_str(&text)
            .map_err(|error| Failure::input(format!("{} is not JSON: {error}", path.display())))?;
        Ok(Some(Constraint::JsonSchema(schema)))
    }
}

/// What `--json` ends with.
fn object(answer: &Message, conversation: &str) -> serde_json::Value {
    let call = answer.call.as_ref();
    json!({
        "answer": answer.text,
        "state": answer.state,
        "conversation": conversation,
        "model": call.map(|call| &call.model),
        "tokens": call.map(|call| json!({
            "input": call.prompt_tokens,
            "cached": call.cached_tokens,
            "output": call.output_tokens,
        })),
        "times": call.map(|call| json!({
            "first_token_ms": call.first_token_ms,
            "duration_ms": call.duration_ms,
            "tokens_per_second": call.tokens_per_second,
        })),
        "cost": call.and_then(|call| call.cost.as_ref()),
        "call": call.map(|call| call.number),
        "finish": call.and_then(|call| call.finish),
    })
}

/// Print a piece at once. If the reader went away the answer is still kept, so nothing is done.
fn show(text: &str) {
    let mut out = io::stdout();
    let _ = out
        .write_all(output::harmless(text, &std::io::stdout()).as_bytes())
        .and_then(|()| out.flush());
}

/// Ctrl-C stops the answer, which is then kept as far as it came.
fn stop_on_interrupt(app: &Arc<App>) -> Result<(), Failure> {
    let app = Arc::downgrade(app);
    ctrlc::set_handler(move || {
        if app.upgrade().is_none_or(|app| !app.gate.stop_all()) {
            std::process::exit(130);
        }
    })
    .map_err(Failure::system)
}
