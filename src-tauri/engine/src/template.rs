//! From messages to the text that a model was trained on, through the Jinja template in its file.
//!
//! Templates come with models from anywhere, so they run with bounded steps, depth and output, and
//! can reach nothing but the messages and the date.

use std::io;

use gatehouse_protocol::{ChatMessage, Role};
use jiff::ZonedDateTime;
use minijinja::{Environment, Error, ErrorKind, Value, context, value::Kwargs};
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::date;

/// Used for models that carry no template: ChatML, the format that most others descend from.
pub const FALLBACK: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n\
    {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// Texts that end an answer in the fallback's format, for models that do not know them as tokens.
pub const FALLBACK_STOPS: [&str; 2] = ["<|im_end|>", "<|im_start|>"];

const STEPS: u64 = 1_000_000;
const STEPS_A_MESSAGE: u64 = 20_000;
const DEPTH: usize = 64;
const MAX_OUTPUT_BYTES: usize = 64 << 20;

/// Why a template gave no text.
#[derive(Debug, Clone, thiserror::Error)]
#[error("The model's chat template failed: {0}.")]
pub struct TemplateError(String);

impl From<Error> for TemplateError {
    fn from(error: Error) -> Self {
        Self(
            error
                .detail()
                .map_or_else(|| error.to_string(), ToOwned::to_owned)
                .trim_end_matches('.')
                .to_owned(),
        )
    }
}

/// A model's chat template, ready to render.
pub struct Template {
    environment: Environment<'static>,
    bos: String,
    eos: String,
    takes_system: bool,
}

impl Template {
    /// Parse a template. `bos` and `eos` are the texts of the tokens that begin and end a sequence.
    ///
    /// # Errors
    /// [`TemplateError`] when it is no valid template.
    pub fn new(source: &str, bos: String, eos: String) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_recursion_limit(DEPTH);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function(
            "raise_exception",
            |message: String| -> Result<Value, Error> {
                Err(Error::new(ErrorKind::InvalidOperation, message))
            },
        );
        environment.add_function("strftime_now", |format: String| {
            date::format(&format, &ZonedDateTime::now())
        });
        environment.add_filter("tojson", to_json);
        environment.add_template_owned("chat", without_generation_marks(source))?;
        let mut template = Self {
            environment,
            bos,
            eos,
            takes_system: true,
        };
        template.takes_system = template.shows_system_messages();
        Ok(template)
    }

    /// The text for these messages, ending where the answer begins.
    ///
    /// A template that refuses or ignores system messages gets that text at the head of the first
    /// user message; one that refuses two turns of one side in a row gets them as one.
    ///
    /// # Errors
    /// [`TemplateError`] when the template fails on every form of the conversation.
    pub fn render(&self, messages: &[ChatMessage]) -> Result<String, TemplateError> {
        if !self.takes_system
            && messages
                .first()
                .is_some_and(|first| first.role == Role::System)
        {
            return self.render_turns(&with_system_folded_in(messages));
        }
        self.render_turns(messages)
    }

    fn render_turns(&self, messages: &[ChatMessage]) -> Result<String, TemplateError> {
        self.run(messages).or_else(|error| {
            let joined = with_runs_joined(messages);
            if joined.len() == messages.len() {
                Err(error)
            } else {
                self.run(&joined)
            }
        })
    }

    fn run(&self, messages: &[ChatMessage]) -> Result<String, TemplateError> {
        let mut environment = self.environment.clone();
        environment.set_fuel(Some(STEPS + STEPS_A_MESSAGE * messages.len() as u64));
        let mut output = Bounded(Vec::new());
        environment.get_template("chat")?.render_captured_to(
            context! {
                messages => Value::from_serialize(messages),
                bos_token => self.bos,
                eos_token => self.eos,
                add_generation_prompt => true,
                // Templates test these with `is none` or as a truth value.
                tools => (),
                documents => (),
            },
            &mut output,
        )?;
        String::from_utf8(output.0)
            .map_err(|_| TemplateError("it wrote bytes that are no text".into()))
    }

    fn shows_system_messages(&self) -> bool {
        const PROBE: &str = "a-system-prompt";
        let message = |role, content: &str| ChatMessage {
            role,
            content: content.into(),
        };
        self.run(&[message(Role::System, PROBE), message(Role::User, "Hello")])
            .is_ok_and(|text| text.contains(PROBE))
    }
}

/// Marks for training, which other engines of Jinja do not know; they change nothing in the text.
fn without_generation_marks(source: &str) -> String {
    let mut source = source.to_owned();
    for (open, close) in [("{%", "%}"), ("{%-", "%}"), ("{%", "-%}"), ("{%-", "-%}")] {
        source = source
            .replace(
                &format!("{open} generation {close}"),
                &format!("{open} if true {close}"),
            )
            .replace(
                &format!("{open} endgeneration {close}"),
                &format!("{open} endif {close}"),
            );
    }
    source
}

fn with_system_folded_in(messages: &[ChatMessage]) -> Vec<ChatMessage> {
    let Some((system, turns)) = messages.split_first() else {
        return Vec::new();
    };
    let mut turns = turns.to_vec();
    match turns.iter_mut().find(|turn| turn.role == Role::User) {
        Some(first) => first.content = format!("{}\n\n{}", system.content, first.content),
        None => turns.insert(
            0,
            ChatMessage {
                role: Role::User,
                content: system.content.clone(),
            },
        ),
    }
    turns
}

fn with_runs_joined(messages: &[ChatMessage]) -> Vec<ChatMessage> {
    let mut joined: Vec<ChatMessage> = Vec::new();
    for message in messages {
        match joined.last_mut() {
            Some(last) if last.role == message.role => {
                last.content = format!("{}\n\n{}", last.content, message.content)
            }
            _ => joined.push(message.clone()),
        }
    }
    joined
}

/// JSON as Python writes it, which is what models saw in training.
fn to_json(value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let mut bytes = Vec::new();
    let written = match indent {
        Some(width) => {
            let width = " ".repeat(width.min(16));
            let pretty = PrettyFormatter::with_indent(width.as_bytes());
            serde::Serialize::serialize(value, &mut Serializer::with_formatter(&mut bytes, pretty))
        }
        None => {
            serde::Serialize::serialize(value, &mut Serializer::with_formatter(&mut bytes, Spaced))
        }
    };
    written.map_err(|e| Error::new(ErrorKind::BadSerialization, e.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// One line, with a space after each comma and colon.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT_BYTES {
            return Err(io::Error::other(
                "it wrote more text than any conversation has",
            ));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
