//! What a server says when something is wrong. They say the same thing in a dozen ways;
//! [`classify`] is the one table of them.

use std::time::Duration;

use serde_json::Value;

use super::error::Trouble;

/// What a provider said went wrong, found in whatever shape it has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Complaint {
    pub message: String,
    /// `type` and `code`, whichever there are, as the server wrote them.
    pub names: Vec<String>,
    /// A status that is written in the body.
    pub status: Option<u16>,
}

impl Complaint {
    /// The error in a JSON answer or event; `None` when there is none. Shapes: OpenAI's
    /// `{"error": {…}}`, Ollama's `{"error": "…"}`, Gemini's list of one, Anthropic's and the
    /// Responses API's `{"type": "error", …}`, vLLM's and Mistral's `{"object": "error", …}`,
    /// FastAPI's `{"detail": …}`.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let value = value.get(0).unwrap_or(value);
        let says_error = ["type", "object"].iter().any(|key| value[*key] == "error");
        match &value["error"] {
            none if is_none(none) && says_error => Some(Self::of_object(value)),
            none if is_none(none) => match &value["detail"] {
                Value::Null => None,
                detail => Some(Self::plain(&text_of(detail))),
            },
            Value::Object(_) => Some(Self::of_object(&value["error"])),
            other => Some(Self::plain(&text_of(other))),
        }
    }

    /// An error that is only words.
    pub(super) fn plain(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            ..Self::default()
        }
    }

    /// The error that an object is.
    pub(super) fn of_object(error: &Value) -> Self {
        let names = ["type", "code", "status"]
            .iter()
            .filter_map(|key| error[*key].as_str())
            .map(str::to_lowercase)
            .collect();
        let status = ["code", "status"]
            .iter()
            .find_map(|key| error[*key].as_u64());
        let message = ["message", "msg", "detail"]
            .iter()
            .map(|key| text_of(&error[*key]))
            .find(|text| !text.is_empty());
        Self {
            message: message.unwrap_or_default(),
            names,
            status: status.and_then(|status| u16::try_from(status).ok()),
        }
    }

    fn is_named(&self, names: &[&str]) -> bool {
        self.names.iter().any(|name| names.contains(&name.as_str()))
    }

    fn says(&self, phrases: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        phrases.iter().any(|phrase| message.contains(phrase))
    }
}

fn is_none(error: &Value) -> bool {
    matches!(error, Value::Null | Value::Bool(false)) || error == ""
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Phrases of servers that have no code for a prompt that is too long: OpenAI and vLLM, Anthropic,
/// llama-server, Gemini, Mistral.
const TOO_LONG: &[&str] = &[
    "maximum context length",
    "prompt is too long",
    "context size",
    "context window",
    "context length",
    "input token count",
    "too many tokens",
    "too large for model",
];
const NO_CREDIT: &[&str] = &[
    "credit balance",
    "insufficient balance",
    "insufficient credit",
    "exceeded your current quota",
];

const QUOTA: &[&str] = &[
    "insufficient_quota",
    "billing_error",
    "billing_hard_limit_reached",
    "insufficient_credits",
];
const CONTEXT: &[&str] = &[
    "context_length_exceeded",
    "request_too_large",
    "exceed_context_size_error",
];
const FILTER: &[&str] = &[
    "content_filter",
    "content_policy_violation",
    "responsibleaipolicyviolation",
];
const OVERLOAD: &[&str] = &["overloaded_error", "server_overloaded", "unavailable"];
const RATE: &[&str] = &[
    "rate_limit_error",
    "rate_limit_exceeded",
    "rate_limited",
    "resource_exhausted",
];
const KEY: &[&str] = &[
    "authentication_error",
    "permission_error",
    "invalid_api_key",
];
const MISSING: &[&str] = &["not_found_error", "model_not_found"];

/// Words for a model that is not there: Ollama's, of a download with status 200 and of a name that can be none.
const NO_MODEL: &[&str] = &[
    "pull model manifest: file does not exist",
    "invalid model name",
];

/// What a status and a complaint mean. A name says most, then the words, then the status; a
/// complaint in the middle of a stream comes with status 200. `wait` is how long the server asked
/// us to wait.
pub(super) fn classify(status: u16, complaint: &Complaint, wait: Option<Duration>) -> Trouble {
    let status = match complaint.status {
        Some(inner) if status < 400 && inner >= 400 => inner,
        _ => status,
    };
    let named = |names| complaint.is_named(names);
    match status {
        402 => Trouble::Quota { wait: None },
        _ if named(QUOTA) || complaint.says(NO_CREDIT) => Trouble::Quota { wait: None },
        413 => Trouble::PromptTooLong,
        _ if named(CONTEXT) => Trouble::PromptTooLong,
        // A refused key or a limit for each minute may speak of length too.
        401 | 403 | 429 if named(FILTER) => Trouble::Filtered,
        401 | 403 => Trouble::KeyWrong,
        429 => Trouble::RateLimited { wait },
        _ if complaint.says(TOO_LONG) => Trouble::PromptTooLong,
        _ if named(FILTER) => Trouble::Filtered,
        _ if named(OVERLOAD) => Trouble::Overloaded,
        _ if named(RATE) => Trouble::RateLimited { wait },
        _ if named(KEY) => Trouble::KeyWrong,
        _ if named(MISSING) || complaint.says(NO_MODEL) => Trouble::NotFound,
        404 => Trouble::NotFound,
        503 | 529 => Trouble::Overloaded,
        300..=399 => Trouble::Moved,
        408 | 425 | 500.. => Trouble::ServerFailed { status },
        400..=499 => Trouble::Refused { status },
        // Status 200, and an error in the stream that is none of the above.
        _ if named(&["invalid_request_error"]) => Trouble::Refused { status: 400 },
        _ => Trouble::ServerFailed { status },
    }
}
