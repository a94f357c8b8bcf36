//! Which calls are meant: of what a number is made, from the sums of the screens down to the calls.

use rusqlite::types::Value;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{PricedModel, Span};
use crate::{
    costs::vendors,
    ids::{ClientId, ConversationId, WorkspaceId},
};

/// Of which calls, where not of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct CallFilter {
    /// Of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Billed by this provider; `local` for this computer.
    pub provider: Option<String>,
    /// By the model of this name.
    pub model: Option<String>,
    /// By none of these models.
    pub except: Vec<PricedModel>,
    /// Made for this, by its name.
    pub purpose: Option<String>,
    /// In this conversation.
    pub conversation: Option<ConversationId>,
    /// Asked by this client of the local API.
    pub client: Option<ClientId>,
    /// Failed in this way, by its name; `unknown` where nobody knows how.
    pub error_kind: Option<String>,
    /// Begun at this moment or later, in UTC milliseconds.
    #[specta(type = Option<Number>)]
    pub from_ms: Option<i64>,
    /// Begun before this moment, in UTC milliseconds.
    #[specta(type = Option<Number>)]
    pub until_ms: Option<i64>,
    /// Of those, the ones for which all of this holds.
    pub only: Vec<Only>,
}

/// Calls that share something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// They are under way.
    Running,
    /// The model ended its answer.
    Answered,
    /// A person or a client stopped them, or the model could not take them as they were.
    Stopped,
    /// They failed.
    Failed,
    /// They failed and cost something.
    FailedAndPaid,
    /// They ended by themselves: they were answered or failed.
    Ended,
    /// A model on this computer took them up, so that it is known how long they waited.
    TakenUp,
    /// They wrote a first token.
    Began,
    /// They wrote for long enough to have a speed.
    Wrote,
    /// They ended, and what they cost is not known.
    Unknown,
    /// What they cost rests on our own count.
    Estimated,
    /// They were made on this computer.
    Local,
    /// They were not.
    Elsewhere,
    /// Their conversation is not there, or they never had one.
    WithoutConversation,
    /// They sent a long history: the prompt has more than [`LONG_PROMPT`] tokens that no cache had, and
    /// an answer in the same conversation came before.
    LongHistory,
    /// They began with the same long instructions as a call a moment before, and the cache had little or
    /// nothing of them.
    RepeatedBeginning,
    /// A model was asked, and not just somebody who counts tokens.
    OfModels,
    /// Vectors for so many tokens at once that they are of documents, and nobody waits for them.
    OfDocuments,
}

/// From so many tokens on a prompt is long.
pub const LONG_PROMPT: u32 = 8_000;

/// From so many tokens on a request for vectors is of documents, and not of a few words to look for.
const OF_DOCUMENTS: u32 = 1_000;

/// A provider keeps a beginning for at least so long, in milliseconds: five minutes.
const KEPT_MS: i64 = 300_000;

impl Only {
    /// What holds for a row `k` of the calls, in SQL.
    fn condition(self) -> String {
        let condition = match self {
            Self::Running => "k.status = 'running'",
            Self::Answered => "k.status = 'answered'",
            Self::Stopped => "k.status IN ('stopped', 'refused')",
            Self::Failed => "k.status = 'failed'",
            Self::FailedAndPaid => "k.status = 'failed' AND k.cost_pico > 0",
            Self::Ended => "k.status IN ('answered', 'failed')",
            Self::TakenUp => "k.waited_ms IS NOT NULL",
            Self::Began => "k.first_token_ms IS NOT NULL",
            Self::Wrote => "k.output_tokens > 1 AND k.writing_ms > 0",
            Self::Unknown => "k.cost_pico IS NULL AND k.status <> 'running'",
            Self::Estimated => "k.measured = 0 AND k.cost_pico <> 0",
            Self::Local => "k.provider = 'local'",
            Self::Elsewhere => "k.provider <> 'local'",
            Self::WithoutConversation => "k.conversation_id IS NULL",
            Self::OfModels => "k.purpose <> 'count'",
            Self::LongHistory => return long_history(),
            Self::RepeatedBeginning => return repeated_beginning(),
            Self::OfDocuments => {
                return format!("k.purpose = 'embeddings' AND k.input_tokens >= {OF_DOCUMENTS}");
            }
        };
        condition.to_owned()
    }
}

/// Models that were asked side by side began before any of them had answered: they are no history of
/// each other.
fn long_history() -> String {
    format!(
        "k.input_tokens >= {LONG_PROMPT} AND k.input_tokens - k.cached_tokens > {LONG_PROMPT}
         AND k.provider <> 'local' AND k.purpose = 'chat'
         AND EXISTS (SELECT 1 FROM calls e WHERE e.conversation_id = k.conversation_id
                       AND e.number < k.number AND e.purpose = 'chat'
                       AND e.started_at_ms + e.duration_ms <= k.started_at_ms)"
    )
}

/// Tokens of what a row `k` of the calls begins with, in SQL: as large a part of the prompt that the provider
/// counted as of the one that we did, since our own count can be twice what the provider's is and the cache is
/// told in the provider's. Never more than our own count, as we may have missed more of the rest of the prompt;
/// where there is nothing to compare it with, our own count, at most the prompt.
pub(super) const BEGINNING: &str = "min(k.input_tokens, k.beginning_tokens, \
                                        ifnull(k.beginning_tokens * k.input_tokens / k.own_prompt_tokens, \
                                        k.beginning_tokens))";

/// What a cache had is in steps of its own, so a beginning of which it had more than half counts as
/// found there.
fn repeated_beginning() -> String {
    format!(
        "k.beginning IS NOT NULL AND k.provider <> 'local'
         AND k.input_tokens > 0 AND k.cached_tokens * 2 < {BEGINNING} AND {BEGINNING} >= {least}
         AND EXISTS (SELECT 1 FROM calls e WHERE e.beginning = k.beginning AND e.provider = k.provider
                       AND e.model = k.model AND e.number < k.number AND e.input_tokens > 0
                       AND e.started_at_ms BETWEEN k.started_at_ms - {KEPT_MS} AND k.started_at_ms)",
        least = vendors::least_kept_sql("k.provider")
    )
}

/// Which rows `k` of the calls or of their days are meant, in SQL.
pub(in crate::costs) struct Chosen {
    /// What holds for them.
    pub(in crate::costs) condition: String,
    /// The parameters in it, from the first on.
    pub(in crate::costs) values: Vec<Value>,
}

impl Chosen {
    /// One more condition: `sql` followed by the parameter.
    pub(in crate::costs) fn and(&mut self, sql: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        let number = self.values.len();
        self.condition.push_str(&format!(" AND {sql} ?{number}"));
    }
}

impl CallFilter {
    /// The same calls, as far as this holds for them, too.
    #[must_use]
    pub fn and(&self, only: Only) -> Self {
        let mut these = self.clone();
        these.only.push(only);
        these
    }

    /// The rows of these days that it lets through. Where it names moments, those decide, and by the clocks
    /// of a person who travels they may be in the day before or after.
    pub(in crate::costs) fn chosen(&self, span: Span) -> Chosen {
        let around = i32::from(self.from_ms.is_some() || self.until_ms.is_some());
        let mut chosen = Chosen {
            condition: "k.day BETWEEN ?1 AND ?2".into(),
            values: vec![(span.first - around).into(), (span.last + around).into()],
        };
        let ids = [
            ("k.workspace_id =", self.workspace.map(|id| *id.as_bytes())),
            (
                "k.conversation_id =",
                self.conversation.map(|id| *id.as_bytes()),
            ),
            ("k.client_id =", self.client.map(|id| *id.as_bytes())),
        ];
        for (sql, id) in ids {
            if let Some(id) = id {
                chosen.and(sql, id.to_vec());
            }
        }
        let texts = [
            ("k.provider =", &self.provider),
            ("k.model =", &self.model),
            ("k.purpose =", &self.purpose),
            (
                "k.status = 'failed' AND ifnull(k.error_kind, 'unknown') =",
                &self.error_kind,
            ),
        ];
        for (sql, text) in texts {
            if let Some(text) = text {
                chosen.and(sql, text.clone());
            }
        }
        for of in &self.except {
            chosen.and("NOT (k.provider =", of.provider.clone());
            chosen.and("k.model =", of.model.clone());
            chosen.condition.push(')');
        }
        let moments = [
            ("k.started_at_ms >=", self.from_ms),
            ("k.started_at_ms <", self.until_ms),
        ];
        for (sql, moment) in moments {
            if let Some(moment) = moment {
                chosen.and(sql, moment);
            }
        }
        for only in &self.only {
            chosen
                .condition
                .push_str(&format!(" AND {}", only.condition()));
        }
        chosen
    }

    /// Whether the sums of the days can answer for it.
    pub(in crate::costs) fn is_of_days(&self) -> bool {
        let beyond_days = self.conversation.is_some()
            || self.client.is_some()
            || self.error_kind.is_some()
            || self.from_ms.is_some()
            || self.until_ms.is_some();
        let on_days = |only: &Only| matches!(only, Only::Local | Only::Elsewhere | Only::OfModels);
        !beyond_days && self.only.iter().all(on_days)
    }
}

#[cfg(test)]
mod tests;
