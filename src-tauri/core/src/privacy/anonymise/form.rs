//! The form of an export for analysis, as `docs/archive.md` describes it.

use jiff::Timestamp;
use serde::Serialize;

use super::{Anonymity, Done, Found, keys::Pseudonyms, texts::Texts};
use crate::{
    chat::{Conversation, FileConversation, MessageState, Rating},
    costs::{CallStatus, Purpose, Route, file_calls::FileCall},
    policy::Action,
    privacy::archive::{MemberLine, Scope},
    protocol::Role,
    safety::everywhere::Everywhere,
};

/// Conversations, one a line.
pub(super) const CONVERSATIONS: &str = "conversations.jsonl";
/// Calls to models, one a line.
pub(super) const CALLS: &str = "calls.jsonl";
/// What was found, counted.
pub(super) const FINDINGS: &str = "findings.json";
/// The same for people.
pub(super) const FINDINGS_IN_WORDS: &str = "findings.txt";

const FORMAT: &str = "gatehouse-anonymous";
const VERSION: u32 = 1;

/// What the export is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    format: &'static str,
    version: u32,
    made_at: String,
    app_version: &'static str,
    scope: &'static str,
    days_only: bool,
    /// Whether later exports can have the same pseudonyms.
    key_kept: bool,
    conversations: u32,
    messages: u32,
    members: Vec<MemberLine>,
}

/// One conversation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    conversation: String,
    workspace: String,
    title: Option<String>,
    begun: String,
    changed: String,
    system_prompt: String,
    pub(super) messages: Vec<MessageLine>,
    leaf: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageLine {
    parent: Option<usize>,
    role: Role,
    text: String,
    at: String,
    state: MessageState,
    rating: Option<Rating>,
    model: Option<String>,
}

/// One call to a model: what says nothing about who.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Call<'a> {
    conversation: Option<String>,
    workspace: String,
    at: String,
    purpose: Purpose,
    route: Route,
    decision: Option<Action>,
    masked: u32,
    model: String,
    status: CallStatus,
    input_tokens: u32,
    cached_tokens: u32,
    output_tokens: u32,
    reasoning_tokens: u32,
    first_token_ms: Option<i64>,
    duration_ms: i64,
    cost_usd: Option<&'a str>,
    measured: bool,
}

impl Manifest {
    pub(super) fn new(
        made_at_ms: i64,
        scope: Scope,
        anonymity: Anonymity,
        done: &Done,
        members: Vec<MemberLine>,
    ) -> Self {
        Self {
            format: FORMAT,
            version: VERSION,
            made_at: time(made_at_ms, anonymity),
            app_version: env!("CARGO_PKG_VERSION"),
            scope: scope.name(),
            days_only: anonymity.days_only,
            key_kept: anonymity.keep_key,
            conversations: done.conversations,
            messages: done.messages,
            members,
        }
    }
}

impl Line {
    /// A conversation whose identifiers are pseudonyms, and whose texts are as they were.
    pub(super) fn new(
        file: &FileConversation,
        conversation: &Conversation,
        pseudonyms: &Pseudonyms,
        anonymity: Anonymity,
    ) -> Self {
        let title = conversation.title.as_deref();
        Self {
            conversation: pseudonyms.of("CONVERSATION", conversation.id.as_bytes()),
            workspace: pseudonyms.of("WORKSPACE", conversation.workspace_id.as_bytes()),
            title: title.map(|title| pseudonyms.of("TITLE", title)),
            begun: time(file.created_at_ms, anonymity),
            changed: time(file.updated_at_ms, anonymity),
            system_prompt: file.system_prompt.clone(),
            messages: file
                .messages
                .iter()
                .map(|message| MessageLine {
                    parent: message.parent,
                    role: message.role,
                    text: message.text.clone(),
                    at: time(message.created_at_ms, anonymity),
                    state: message.state,
                    rating: message.rating,
                    model: message.model.clone(),
                })
                .collect(),
            leaf: file.leaf,
        }
    }

    /// The same with pseudonyms in its texts.
    pub(super) fn masked(mut self, texts: &Texts, known: &Everywhere, found: &mut Found) -> Self {
        self.system_prompt = texts.replaced(&self.system_prompt, known, found);
        for message in &mut self.messages {
            message.text = texts.replaced(&message.text, known, found);
            let model = message.model.as_deref();
            message.model = model.map(|model| texts.short(model, known));
        }
        self
    }
}

impl<'a> Call<'a> {
    pub(super) fn new(
        call: &'a FileCall,
        model: String,
        pseudonyms: &Pseudonyms,
        anonymity: Anonymity,
    ) -> Self {
        let conversation = call.conversation;
        Self {
            conversation: conversation.map(|id| pseudonyms.of("CONVERSATION", id.as_bytes())),
            workspace: pseudonyms.of("WORKSPACE", call.workspace.as_bytes()),
            at: time(call.started_at_ms, anonymity),
            purpose: call.purpose,
            route: call.route,
            decision: call.decision,
            masked: call.masked,
            model,
            status: call.status,
            input_tokens: call.input_tokens,
            cached_tokens: call.cached_tokens,
            output_tokens: call.output_tokens,
            reasoning_tokens: call.reasoning_tokens,
            first_token_ms: call.first_token_ms,
            duration_ms: call.duration_ms,
            cost_usd: call.cost_usd.as_deref(),
            measured: call.measured,
        }
    }
}

/// UTC, or only the day of it.
fn time(ms: i64, anonymity: Anonymity) -> String {
    let form = if anonymity.days_only {
        "%Y-%m-%d"
    } else {
        "%Y-%m-%dT%H:%M:%SZ"
    };
    match Timestamp::from_millisecond(ms) {
        Ok(time) => time.strftime(form).to_string(),
        Err(_) => "unknown".to_owned(),
    }
}
