//! A name for a conversation, written by the local model that answered it.

use std::time::Instant;

use gatehouse_protocol::{ChatMessage, Role, Sampling};

use super::{
    Gate, GateError, call,
    call::Prompt,
    record, route,
    work::{Place, Task},
};
use crate::{
    chat,
    costs::{CallStart, Purpose, Route},
    engine::{EngineState, InUse},
    ids::{ConversationId, WorkspaceId},
    models::Model,
    now_ms,
    providers::local,
    settings,
};

/// Letters of the first question and answer that the model is shown.
const SHOWN: usize = 600;

impl Gate {
    /// Name a conversation after its first answer, if it has no name yet, titles are wanted and
    /// the model is loaded. Whether it has a new name.
    ///
    /// # Errors
    /// [`GateError`] when the model or the database fails; the conversation then stays without.
    pub fn title(&self, conversation: ConversationId) -> Result<bool, GateError> {
        // Before anything is read: what is erased meanwhile must not come back as a title.
        let Ok(place) = Place::take(self, conversation, Task::Title) else {
            return Ok(false);
        };
        let Some(untitled) = self.untitled(conversation)? else {
            return Ok(false);
        };
        if untitled.would_put_out {
            let title = beginning(&untitled.asked);
            self.store
                .write(|tx| chat::set_title(tx, conversation, &title))?;
            return Ok(true);
        }
        let Untitled { model, engine, .. } = &untitled;
        let start = CallStart {
            started_at_ms: now_ms(),
            workspace: untitled.workspace,
            conversation: Some(conversation),
            message: None,
            client: None,
            purpose: Purpose::Title,
            provider: local::NAME,
            model_id: Some(model.id),
            account_id: None,
            alias: None,
            decision: None,
            masked: 0,
            pictures: 0,
            moves: &[],
            model: &model.name,
            version: &model.version(),
            route: Route::Local,
        };
        let number = self
            .store
            .write(|tx| record::begin(&self.record, tx, &start, None))?;
        let under_way = self.under_way(number, &place.stop);
        let outcome = call::local(
            engine,
            prompt(&untitled.asked, &untitled.answered),
            &place.stop,
            Instant::now(),
            &mut |event, _| under_way.hear(&event),
        );
        let title = clean(&outcome.text).unwrap_or_else(|| beginning(&untitled.asked));
        self.store.write(|tx| {
            record::end(&self.record, tx, number, &outcome.row(), None, now_ms())?;
            chat::set_title(tx, conversation, &title)
        })?;
        Ok(true)
    }

    /// What a title is made from; `None` where there is to be none, or not now.
    fn untitled(&self, conversation: ConversationId) -> Result<Option<Untitled>, GateError> {
        let (thread, wanted) = self.store.read(|conn| {
            Ok::<_, GateError>((
                chat::thread(conn, conversation)?,
                settings::get(conn)?.automatic_titles,
            ))
        })?;
        let [question, answer, ..] = thread.messages.as_slice() else {
            return Ok(None);
        };
        if !wanted || thread.conversation.title.is_some() || answer.text.is_empty() {
            return Ok(None);
        }
        let chosen = thread.conversation.model_id;
        let model = self.store.read(|conn| route::chat_model(conn, chosen))?;
        let Some(engine) = self.engines.get(&model) else {
            return Ok(None);
        };
        let EngineState::Ready(loaded) = engine.state() else {
            return Ok(None);
        };
        Ok(Some(Untitled {
            would_put_out: loaded.sequences < 2,
            workspace: thread.conversation.workspace_id,
            asked: match question.text.trim() {
                "" => "What is in this picture?".to_owned(),
                text => text.to_owned(),
            },
            answered: answer.text.clone(),
            model,
            engine,
        }))
    }
}

/// A conversation that is to have a title, and who writes it.
struct Untitled {
    /// The engine keeps what it has read of one conversation alone: writing a title would have it read all
    /// of this one again at its next turn.
    would_put_out: bool,
    workspace: WorkspaceId,
    asked: String,
    answered: String,
    model: Model,
    engine: InUse,
}

fn prompt(question: &str, answer: &str) -> Prompt {
    let shown = |text: &str| text.chars().take(SHOWN).collect::<String>();
    let content = format!(
        "Question: {}\n\nAnswer: {}\n\nWrite a title for this conversation: at most six words, in the language of \
         the question. Write only the title.",
        shown(question),
        shown(answer)
    );
    Prompt {
        system: String::new(),
        turns: vec![ChatMessage {
            role: Role::User,
            content,
        }],
        sampling: Sampling {
            temperature: 0.0,
            max_tokens: Some(24),
            stop: vec!["\n".into()],
            ..Sampling::default()
        },
        constraint: None,
        conversation: None,
    }
}

/// A title without what small models put around it; `None` when it is none.
fn clean(written: &str) -> Option<String> {
    let line = written.lines().find(|line| !line.trim().is_empty())?.trim();
    if line.starts_with("```") {
        // It begins to answer in code instead, and the language is no title.
        return None;
    }
    let named = line
        .strip_prefix("Title:")
        .or_else(|| line.strip_prefix("title:"))
        .unwrap_or(line);
    let bare = named.trim_matches(|c: char| c.is_whitespace() || "\"'*#`“”„«».:".contains(c));
    let words = bare.split_whitespace().count();
    ((1..=9).contains(&words) && bare.chars().count() <= 70).then(|| bare.to_owned())
}

/// The first words of a question, for when the model wrote no usable title.
fn beginning(question: &str) -> String {
    let words: Vec<&str> = question.split_whitespace().take(8).collect();
    let mut short: String = words.join(" ").chars().take(60).collect();
    if short.len() < question.trim().len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_a_block_of_code_is_no_title() {
        assert_eq!(clean("```python"), None);
    }

    #[test]
    fn a_title_loses_what_small_models_put_around_it() {
        assert_eq!(
            clean("\n\"Notice period in the lease.\"").as_deref(),
            Some("Notice period in the lease")
        );
        assert_eq!(
            clean("Title: **Rent review**").as_deref(),
            Some("Rent review")
        );
    }

    #[test]
    fn a_whole_paragraph_is_no_title() {
        assert_eq!(
            clean("The user asks about a lease and wants to know how long the notice is."),
            None
        );
        assert_eq!(clean(" \n "), None);
    }

    #[test]
    fn the_beginning_of_a_question_stands_in_for_a_title() {
        assert_eq!(beginning("What is a lease?"), "What is a lease?");
        assert_eq!(
            beginning("one two three four five six seven eight nine"),
            "one two three four five six seven eight…"
        );
    }
}
