//! The form of an archive: the names of its files and what stands in them. `docs/archive.schema.json`
//! says the same for others, and a test holds both together.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    chat::{FileHold, FileModel, over_defaults},
    costs::budgets::{Budget, BudgetError, Period},
    ids::WorkspaceId,
    money::Money,
    policy::{self, Policy, own_rules::OwnRule},
    privacy::retention::RetentionRule,
    protocol::Sampling,
};

/// What an archive calls itself.
pub(super) const FORMAT: &str = "gatehouse-archive";
/// The version of the form that this app writes, and the newest that it reads.
pub(super) const VERSION: u32 = 1;

/// What the archive is and what is in it; it vouches for the others.
pub(super) const MANIFEST: &str = "gatehouse.json";
/// The workspaces.
pub(super) const WORKSPACES: &str = "workspaces.json";
/// What belongs to no workspace.
pub(super) const SHARED: &str = "shared.json";
/// Conversations, one a line.
pub(super) const CONVERSATIONS: &str = "conversations.jsonl";
/// Calls to models, one a line.
pub(super) const CALLS: &str = "calls.jsonl";
/// The record, as `docs/record-format.md` describes it.
pub(super) const RECORD: &str = "record.jsonl";
/// All of it to read.
pub(super) const REPORT: &str = "report.html";

/// The files beside the manifest, and whether each must be there.
pub(super) const MEMBERS: [(&str, bool); 6] = [
    (WORKSPACES, true),
    (SHARED, false),
    (CONVERSATIONS, true),
    (CALLS, true),
    (RECORD, true),
    (REPORT, true),
];

/// The first thing that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub format: String,
    pub version: u32,
    /// UTC milliseconds.
    pub made_at_ms: i64,
    pub app_version: String,
    /// Of what it is made: a conversation, a workspace, everything.
    pub scope: String,
    pub holds: Holdings,
    /// Every other file.
    pub members: Vec<MemberLine>,
}

/// What a manifest says of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::privacy) struct MemberLine {
    pub name: String,
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: String,
}

/// What an archive holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Holdings {
    /// Workspaces.
    pub workspaces: u32,
    /// Conversations.
    pub conversations: u32,
    /// Messages in all branches.
    pub messages: u32,
    /// Calls to models.
    pub calls: u32,
    /// Saved pairs of a system prompt and sampling settings.
    pub presets: u32,
    /// Names for chains of models.
    pub aliases: u32,
    /// Entries of the record.
    pub record_entries: u32,
}

/// A workspace. Of one conversation alone, nothing but its name goes along: the rules of a workspace
/// name other clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileWorkspace {
    pub id: WorkspaceId,
    pub name: String,
    /// UTC milliseconds.
    pub created_at_ms: i64,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "policy::of_file"
    )]
    pub policy: Option<Policy>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<OwnRule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<FileBudget>,
    /// How long its conversations are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<RetentionRule>,
    /// The hold that stands on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<FileHold>,
}

/// What may be spent in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileBudget {
    pub period: Period,
    /// Exact dollars.
    pub limit_usd: String,
    pub warn_percent: u8,
    pub stops: bool,
}

/// What belongs to no workspace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shared {
    #[serde(default)]
    pub presets: Vec<FilePreset>,
    #[serde(default)]
    pub aliases: Vec<FileAlias>,
    #[serde(default)]
    pub budgets: Vec<FileBudget>,
}

/// A system prompt and sampling settings under a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FilePreset {
    pub name: String,
    pub system_prompt: String,
    #[serde(deserialize_with = "over_defaults")]
    pub sampling: Sampling,
}

/// A name for a chain of models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileAlias {
    pub name: String,
    pub chain: Vec<FileLink>,
}

/// One model of a chain, by names that another computer may have, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FileLink {
    /// On the computer; `None`: its default one.
    Local { model: Option<FileModel> },
    /// Of an account.
    Account { account: String, model: String },
}

impl From<&Budget> for FileBudget {
    fn from(budget: &Budget) -> Self {
        Self {
            period: budget.period,
            limit_usd: budget.limit.decimal(),
            warn_percent: budget.warn_percent,
            stops: budget.stops,
        }
    }
}

impl FileBudget {
    /// The budget for a workspace, or (`None`) for everything.
    pub(super) fn budget(&self, workspace: Option<WorkspaceId>) -> Result<Budget, BudgetError> {
        let limit = Money::of_dollars(&self.limit_usd)
            .ok_or_else(|| BudgetError::Amount(self.limit_usd.clone()))?;
        Ok(Budget {
            workspace,
            period: self.period,
            limit,
            warn_percent: self.warn_percent,
            stops: self.stops,
        })
    }
}
