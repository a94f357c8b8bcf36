//! `gatehouse ask`: one question, one answer, kept as a conversation like any other.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
    sync::Arc,
};

use clap::Args;
use gatehouse_core::{
    app::App,
    chat::{self, Message, MessageState, Options, pictures},
    costs::Move,
    gate::{self, AnswerEvent, GateError, Review, Turn},
    ids::{AccountId, ConversationId, PictureId},
    problem::Problem,
    protocol::{Constraint, FinishReason},
    store::StoreError,
};
use serde_json::json;

use crate::{
    comparing::{self, Answered},
    failure::Failure,
    leaving, mistakes, naming, output,
};

/// Ask a model something.
#[derive(Args)]
pub(crate) struct Ask {
    /// The question; `-` reads it from standard input.
    text: String,
    /// What answers: an alias, ACCOUNT/MODEL, or a model on this computer by its name, file name or
    /// id. Without it, what answers in a new chat. Given several times (no aliases then), each model
    /// writes a version of the answer, and the budgets must hold for all of them together.
    #[arg(long, short)]
    model: Vec<String>,
    /// Print the request that would leave, byte for byte, and send nothing. Only the four letters
    /// at the end of each placeholder are others when it is sent: every conversation has its own.
    #[arg(long, conflicts_with_all = ["may_leave", "keep_here"])]
    show_request: bool,
    /// Where the policy asks before something leaves: it may, for the account that --show-request names; with
    /// several models, for the account of each.
    #[arg(long, conflicts_with = "keep_here")]
    may_leave: bool,
    /// Keep it on this computer, whatever the policy allows.
    #[arg(long)]
    keep_here: bool,
    /// What was found in this text is a mistake: in this chat it leaves as written. May be given several
    /// times.
    #[arg(long = "mistake", value_name = "TEXT")]
    mistakes: Vec<String>,
    /// The same of what was taken for a password or another secret, and is none. What its form proves to
    /// be one never leaves.
    #[arg(long = "no-secret", value_name = "TEXT")]
    no_secrets: Vec<String>,
    /// Show this picture with the question: a PNG, JPEG, WebP or GIF, of which only the pixels are kept
    /// and leave. May be given several times. Nobody can look through a picture for what must not
    /// leave, so unless the policy says otherwise it needs --may-leave.
    #[arg(long = "image", visible_alias = "picture", value_name = "FILE")]
    pictures: Vec<PathBuf>,
    /// Hold the answer to the JSON Schema in this file.
    #[arg(long, value_name = "FILE")]
    json_schema: Option<PathBuf>,
    /// End the answer after so many tokens. Without it a model on this computer writes until it is
    /// done or its memory is full.
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(1..))]
    max_tokens: Option<u32>,
}

impl Ask {
    pub(crate) fn run(&self, app: Arc<App>, json: bool) -> Result<(), Failure> {
        let text = self.question()?;
        let constraint = self.constraint()?;
        let links = comparing::links(&app, &self.model)?;
        let mut options = match (links.first(), self.model.first()) {
            (Some((_, link)), _) => comparing::options(link),
            (None, Some(name)) => naming::options(&app, name)?,
            (None, None) => Options::default(),
        };
        options.sampling.max_tokens = self.max_tokens;
        let elsewhere = comparing::elsewhere(&links).unwrap_or_else(|| options.clone());
        let held_to = constraint.as_ref();
        let mistakes = mistakes::named(
            &app,
            &elsewhere,
            &text,
            held_to,
            &self.mistakes,
            &self.no_secrets,
        )?;
        if self.show_request {
            if self.model.len() > 1 {
                return Err(Failure::input("--show-request shows one model at a time."));
            }
            return leaving::show(
                &app,
                &options,
                &text,
                &self.pictures,
                mistakes,
                held_to,
                json,
            );
        }
        stop_on_interrupt(&app)?;
        let conversation = app.gate.new_conversation(&options)?.id;
        mistakes::keep(&app, conversation, &text, held_to, &mistakes)?;
        let pictures = taken(&app, Some(conversation), &self.pictures)?;
        if !links.is_empty() {
            let ask = gate::Ask::SayWith(conversation, &text, &pictures);
            let answers = self
                .review(|| Ok(comparing::accounts(&links)))
                .and_then(|review| comparing::answers(&app, ask, &links, constraint, review, json));
            return match answers {
                Ok(answers) => self.all_ended(answers, &conversation.to_string(), json),
                Err(error) => Err(not_begun(&app, &text, &pictures, error)),
            };
        }
        let mut printed = String::new();
        let mut hear = |event: AnswerEvent| match event {
            AnswerEvent::Text { text, .. } if !json => {
                show(&text);
                printed.push_str(&text);
            }
            AnswerEvent::Moved { moves, to, .. } if !json => tell_moves(&moves, &to),
            _ => {}
        };
        let ask = gate::Ask::SayWith(conversation, &text, &pictures);
        let answered = self
            .review(|| next(&app, conversation, &text, &pictures, constraint.as_ref()))
            .and_then(|review| {
                app.gate
                    .answer_reviewed(ask, constraint.clone(), review, &mut hear)
            });
        let (_, answer) = match answered {
            Ok(answered) => answered,
            Err(error) => return Err(not_begun(&app, &text, &pictures, error)),
        };
        if !printed.is_empty() && !printed.ends_with('\n') {
            output::line("")?;
        }
        if json {
            output::json(&object(&answer, &conversation.to_string()))?;
        }
        self.ended(answer, json)
    }

    /// Whether all answers came to their ends; the first trouble is what the exit code says.
    fn all_ended(
        &self,
        answers: Vec<comparing::Answered>,
        conversation: &str,
        json: bool,
    ) -> Result<(), Failure> {
        if json {
            let told = answers.iter().map(|one| match &one.answer {
                Ok(answer) => object(answer, conversation),
                Err(problem) => json!({ "model": one.model, "error": problem }),
            });
            output::json(&json!({ "answers": told.collect::<Vec<_>>() }))?;
        }
        let mut trouble = Ok(());
        for Answered { model, answer } in answers {
            let ended = match answer {
                Ok(answer) => self.ended(answer, json),
                Err(problem) => Err(Failure::from(Problem {
                    message: format!("{model} did not answer: {}", problem.message),
                    ..problem
                })),
            };
            trouble = trouble.and(ended);
        }
        trouble
    }

    /// Whether the answer came to its end, and what to say if it did not.
    fn ended(&self, answer: Message, json: bool) -> Result<(), Failure> {
        if answer.state == MessageState::Stopped {
            return Err(Failure::stopped());
        }
        if let Some(problem) = answer.problem {
            return Err(Failure::answer(problem));
        }
        let Some(why) = cut(answer.call.as_ref().and_then(|call| call.finish)) else {
            return Ok(());
        };
        if self.json_schema.is_some() {
            return Err(Failure::cut(why));
        }
        if !json {
            eprintln!("{why}");
        }
        Ok(())
    }

    /// What was said about what leaves, for the accounts that `named` gives.
    fn review(
        &self,
        named: impl FnOnce() -> Result<Vec<AccountId>, GateError>,
    ) -> Result<Review, GateError> {
        Ok(match (self.may_leave, self.keep_here) {
            (true, _) => Review::MayLeave(named()?),
            (_, true) => Review::KeepHere,
            _ => Review::NotAsked,
        })
    }

    fn question(&self) -> Result<String, Failure> {
        let text = match self.text.as_str() {
            "-" => from_standard_input()?,
            text => text.to_owned(),
        };
        if text.trim().is_empty() {
            return Err(Failure::input("The question is empty."));
        }
        Ok(text)
    }

    fn constraint(&self) -> Result<Option<Constraint>, Failure> {
        let Some(path) = &self.json_schema else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(path).map_err(|error| Failure::unread(path, &error))?;
        let schema = serde_json::from_str(&text).map_err(|error| {
            Failure::input(format!(
                "The file “{}” is not JSON: {error}",
                path.display()
            ))
        })?;
        Ok(Some(Constraint::JsonSchema(schema)))
    }
}

/// The account that would be asked now, which is the one that `--show-request` names.
fn next(
    app: &App,
    conversation: ConversationId,
    text: &str,
    shown: &[PictureId],
    constraint: Option<&Constraint>,
) -> Result<Vec<AccountId>, GateError> {
    let turn = Turn::Say {
        conversation,
        text: text.to_owned(),
        pictures: shown.to_vec(),
    };
    let preview = app.gate.preview(&turn, constraint)?;
    Ok(preview.account_id.into_iter().collect())
}

/// What is read of standard input at most, in bytes: more than any model can read.
const MOST_BYTES: u64 = 16_000_000;

fn from_standard_input() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(Failure::system)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::input(
            "Standard input is longer than any model can read (over 16 MB).",
        ));
    }
    String::from_utf8(bytes).map_err(|_| Failure::input("Standard input is not text in UTF-8."))
}

/// Why an answer is shorter than the model would have had it.
fn cut(finish: Option<FinishReason>) -> Option<&'static str> {
    match finish? {
        FinishReason::MaxTokens => {
            Some("The answer was cut: it reached the most tokens that were allowed.")
        }
        FinishReason::ContextFull => Some("The answer was cut: the context of the model is full."),
        FinishReason::EndOfAnswer | FinishReason::StopText | FinishReason::Cancelled => None,
    }
}

/// Add files as pictures to what is not sent yet; none of them if one cannot be taken.
///
/// # Errors
/// [`Failure`] names the file.
pub(crate) fn taken(
    app: &App,
    conversation: Option<ConversationId>,
    files: &[PathBuf],
) -> Result<Vec<PictureId>, Failure> {
    let mut ids = Vec::with_capacity(files.len());
    for path in files {
        match pictures::take_file(&app.store, conversation, path) {
            Ok(picture) => ids.push(picture.id),
            Err(error) => {
                given_back(app, &ids)?;
                return Err(Failure::input(format!("{}: {error}", path.display())));
            }
        }
    }
    Ok(ids)
}

/// Take pictures that were not sent out again.
///
/// # Errors
/// [`Failure`] when the database fails.
pub(crate) fn given_back(app: &App, ids: &[PictureId]) -> Result<(), Failure> {
    let removed = app.store.write(|tx| {
        ids.iter()
            .try_for_each(|id| pictures::remove_from_draft(tx, *id))
    });
    removed.map_err(|error| Failure::from(Problem::from(error)))
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
            "firstTokenMs": call.first_token_ms,
            "durationMs": call.duration_ms,
            "tokensPerSecond": call.tokens_per_second,
        })),
        "account": call.and_then(|call| call.account.as_ref()),
        "masked": call.map_or(0, |call| call.masked),
        "pictures": call.map_or(0, |call| call.pictures),
        "moves": call.map_or(&[][..], |call| &call.moves),
        "cost": call.and_then(|call| call.cost.as_ref()),
        "call": call.map(|call| call.number),
        "finish": call.and_then(|call| call.finish),
    })
}

/// A question that nobody was asked is kept for the person, behind what they were writing themselves.
fn not_begun(app: &App, text: &str, shown: &[PictureId], error: GateError) -> Failure {
    let asks = matches!(error, GateError::ReviewFirst { .. });
    // Nothing is found in a picture, so nothing in one can be found by mistake.
    let held = matches!(&error, GateError::Blocked { what, .. } if !what.contains("picture"));
    let mut failure = Failure::from(error);
    if asks {
        failure = failure.and(
            "--show-request shows it, --may-leave sends it, --keep-here has a model on this computer answer.",
        );
    }
    if held {
        failure = failure.and("Where it is none, --mistake or --no-secret with its text says so.");
    }
    let kept = app.store.write(|tx| {
        let draft = chat::draft(tx, None)?;
        let both = match draft.as_str() {
            "" => text.to_owned(),
            _ if draft.ends_with(text) => draft,
            draft => format!("{draft}\n\n{text}"),
        };
        for picture in shown {
            pictures::move_to_new_draft(tx, *picture)?;
        }
        Ok::<_, StoreError>(chat::save_draft(tx, None, &both)?)
    });
    match kept {
        Ok(()) => failure.and("What you wrote waits in the app as the draft of a new chat."),
        Err(_) => failure,
    }
}

/// Say on standard error why another model answers.
fn tell_moves(moves: &[Move], to: &str) {
    for moved in moves {
        let words = format!("{} does not answer: {}", moved.model, moved.reason);
        eprintln!("{}", output::harmless(&words, &io::stderr()));
    }
    eprintln!(
        "{}",
        output::harmless(&format!("{to} answers."), &io::stderr())
    );
}

/// Print a piece at once. If the reader went away the answer is still kept, so nothing is done.
pub(crate) fn show(text: &str) {
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
