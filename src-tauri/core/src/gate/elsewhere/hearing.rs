//! An answer from elsewhere as it comes: restored piece by piece, told, and kept for the count at its end.

use std::time::Instant;

use super::Ready;
use crate::{
    costs::estimate::Usage,
    gate::{AnswerEvent, call::Outcome, client::Refusal},
    providers::cloud::{CloudEvent, Delta, EndReason, ToolCall},
    safety::restore::{Channel, Restorer},
};

/// The text of an answer that is JSON. Arguments of calls are restored once they are whole.
const JSON_TEXT: Channel = Channel::Arguments(0);

/// An answer as far as it was heard.
pub(super) struct Hearing<'a> {
    restorer: Restorer,
    /// As what its text is restored; `None`: it is to have a shape, and nothing came yet that shows whether
    /// it has one.
    content: Option<Channel>,
    pub(super) outcome: Outcome,
    pub(super) end: Option<EndReason>,
    /// The stop text that ended it, as it was sent.
    pub(super) stop_text: Option<String>,
    pub(super) usage: Option<Usage>,
    /// As the model wrote it, reasoning included.
    pub(super) written: String,
    pub(super) tool_calls: Vec<ToolCall>,
    since: Instant,
    on_event: &'a mut dyn FnMut(AnswerEvent, &str),
}

impl<'a> Hearing<'a> {
    pub(super) fn new(
        ready: &Ready,
        since: Instant,
        on_event: &'a mut dyn FnMut(AnswerEvent, &str),
    ) -> Self {
        Self {
            restorer: Restorer::new(&ready.decided.masks),
            content: ready.request.schema.is_none().then_some(Channel::Content),
            outcome: Outcome::begun(),
            end: None,
            stop_text: None,
            usage: None,
            written: String::new(),
            tool_calls: Vec::new(),
            since,
            on_event,
        }
    }

    pub(super) fn hear(&mut self, event: CloudEvent) {
        match event {
            CloudEvent::Delta(Delta::Text(piece)) => {
                self.piece(&piece);
                // What is held back of a refusal stands before it.
                let rest = self.restorer.end(Channel::Refusal);
                self.tell(rest, true);
                let channel = self.channel(&piece);
                let text = self.restorer.piece(channel, &piece);
                self.tell(text, false);
            }
            CloudEvent::Delta(Delta::Refusal(piece)) => {
                self.piece(&piece);
                // What is held back of the answer stands before it.
                let rest = self.restorer.end(self.content.unwrap_or(Channel::Content));
                self.tell(rest, false);
                let text = self.restorer.piece(Channel::Refusal, &piece);
                self.tell(text, true);
            }
            CloudEvent::Delta(Delta::Reasoning(piece)) => {
                self.piece(&piece);
                let text = self.restorer.piece(Channel::Reasoning, &piece);
                self.think(text);
            }
            // Nothing may be called before it is whole, so nobody is told of pieces.
            CloudEvent::Delta(Delta::ToolCall { arguments, .. }) => self.piece(&arguments),
            CloudEvent::Usage(usage) => self.usage = Some(usage),
            CloudEvent::End(end) => {
                self.end = Some(end.reason);
                self.stop_text = end.stop_text;
                self.tool_calls = end.tool_calls;
            }
        }
    }

    fn piece(&mut self, piece: &str) {
        let since = self.since;
        self.outcome
            .first_token
            .get_or_insert_with(|| since.elapsed());
        self.written.push_str(piece);
    }

    /// As what the next piece of the text is restored. JSON that was asked for stays JSON, whatever the
    /// values are that come back into its strings; words in place of it are words all the same.
    fn channel(&mut self, piece: &str) -> Channel {
        let first = piece.trim_start().chars().next();
        if let (None, Some(first)) = (self.content, first) {
            self.content = Some(match first {
                '{' => JSON_TEXT,
                _ => Channel::Content,
            });
        }
        self.content.unwrap_or(Channel::Content)
    }

    /// `refusal`: whether it is said in place of an answer.
    fn tell(&mut self, text: String, refusal: bool) {
        if text.is_empty() {
            return;
        }
        if refusal && self.outcome.refusal.is_none() {
            self.outcome.refusal = Some(Refusal {
                answer: self.outcome.text.clone(),
                words: String::new(),
            });
        }
        if let Some(apart) = &mut self.outcome.refusal {
            match refusal {
                true => apart.words.push_str(&text),
                false => apart.answer.push_str(&text),
            }
        }
        self.outcome.text.push_str(&text);
        let tokens = u32::try_from(self.written.len().div_ceil(4)).unwrap_or(u32::MAX);
        let event = AnswerEvent::Text {
            text,
            tokens,
            refusal,
        };
        (self.on_event)(event, &self.outcome.text);
    }

    fn think(&mut self, text: String) {
        if !text.is_empty() {
            (self.on_event)(AnswerEvent::Thinking { text }, &self.outcome.text);
        }
    }

    /// What was held back comes out, however the answer ended.
    pub(super) fn finish(&mut self) {
        for (channel, rest) in self.restorer.end_all() {
            match channel {
                Channel::Content | JSON_TEXT => self.tell(rest, false),
                Channel::Refusal => self.tell(rest, true),
                Channel::Reasoning => self.think(rest),
                Channel::Arguments(_) => {}
            }
        }
    }
}
