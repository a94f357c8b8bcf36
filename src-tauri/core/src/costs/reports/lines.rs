//! Figures as a person reads them, one line for each model, provider, workspace, purpose or conversation.

use std::{collections::HashMap, hash::Hash};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{CallFilter, Only, ReportError, Span};
use crate::{
    costs::days::{self, Figures, Group},
    money::Money,
};

/// By what figures are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The model, and whose it is.
    Model,
    /// Who bills it, or this computer.
    Provider,
    /// The workspace.
    Workspace,
    /// What it was made for.
    Purpose,
    /// The conversation.
    Conversation,
}

/// Figures, with money as exact decimal dollars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FiguresView {
    /// All calls.
    #[specta(type = Number)]
    pub calls: u64,
    /// Under way.
    #[specta(type = Number)]
    pub running: u64,
    /// Failed.
    #[specta(type = Number)]
    pub failed: u64,
    /// Ended without a known cost; not in `cost`.
    #[specta(type = Number)]
    pub unknown: u64,
    /// In `cost` by our own count.
    #[specta(type = Number)]
    pub estimated: u64,
    /// Tokens of the prompts that no cache helped with.
    #[specta(type = Number)]
    pub input: u64,
    /// Tokens of the prompts that a cache had.
    #[specta(type = Number)]
    pub cached: u64,
    /// Tokens of the prompts that were written to a cache.
    #[specta(type = Number)]
    pub cache_written: u64,
    /// Tokens written, reasoning included.
    #[specta(type = Number)]
    pub output: u64,
    /// How long the calls took together, in milliseconds.
    #[specta(type = Number)]
    pub duration_ms: u64,
    /// What is known to be spent, exact: `$0.0123`.
    pub cost: String,
    /// Of that, for calls that failed.
    pub lost: String,
}

impl From<&Figures> for FiguresView {
    fn from(figures: &Figures) -> Self {
        let tokens = &figures.tokens;
        Self {
            calls: figures.calls,
            running: figures.running,
            failed: figures.failed,
            unknown: figures.unknown,
            estimated: figures.estimated,
            input: tokens.input,
            cached: tokens.cached,
            cache_written: tokens.cache_write + tokens.cache_write_hour,
            output: tokens.output + tokens.reasoning,
            duration_ms: figures.duration_ms,
            cost: figures.cost.to_string(),
            lost: figures.lost.to_string(),
        }
    }
}

/// The figures of one model, provider, workspace, purpose or conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// What it is called: for a workspace or a conversation its identifier, until somebody who knows
    /// puts its name there.
    pub name: String,
    /// Leads to the calls that it is made of.
    pub filter: CallFilter,
    /// The figures.
    pub figures: FiguresView,
    /// What it cost, for whoever puts lines in order.
    #[serde(skip)]
    pub cost: Money,
}

/// The figures of some days told apart, what cost most first, and then what used most.
///
/// # Errors
/// [`ReportError`] when the database fails.
pub fn lines(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
    by: By,
) -> Result<Vec<Line>, ReportError> {
    if by == By::Conversation {
        let found = days::by_conversation(conn, span, filter)?;
        return Ok(in_order(found.into_iter().map(
            |(conversation, figures)| {
                let name = conversation.map_or(String::new(), |id| id.to_string());
                let filter = match conversation {
                    None => filter.and(Only::WithoutConversation),
                    of => CallFilter {
                        conversation: of,
                        ..filter.clone()
                    },
                };
                (name, filter, figures)
            },
        )));
    }
    Ok(of_groups(&days::groups(conn, span, filter)?, filter, by))
}

/// The lines of groups; by conversation there is none, as no group knows it.
pub(super) fn of_groups(groups: &[Group], filter: &CallFilter, by: By) -> Vec<Line> {
    let filter = || filter.clone();
    match by {
        By::Model => lines_by(
            groups,
            |group| (&group.provider, &group.model),
            |key| {
                let (provider, model) = (key.0.clone(), key.1.clone());
                let filter = CallFilter {
                    provider: Some(provider),
                    model: Some(model.clone()),
                    ..filter()
                };
                (model, filter)
            },
        ),
        By::Provider => lines_by(
            groups,
            |group| &group.provider,
            |provider| {
                let filter = CallFilter {
                    provider: Some((*provider).clone()),
                    ..filter()
                };
                ((*provider).clone(), filter)
            },
        ),
        By::Workspace => lines_by(
            groups,
            |group| group.workspace,
            |workspace| {
                let filter = CallFilter {
                    workspace: Some(*workspace),
                    ..filter()
                };
                (workspace.to_string(), filter)
            },
        ),
        By::Purpose => lines_by(
            groups,
            |group| &group.purpose,
            |purpose| {
                let filter = CallFilter {
                    purpose: Some((*purpose).clone()),
                    ..filter()
                };
                ((*purpose).clone(), filter)
            },
        ),
        By::Conversation => Vec::new(),
    }
}

fn lines_by<'g, K: Eq + Hash>(
    groups: &'g [Group],
    key: impl Fn(&'g Group) -> K,
    named: impl Fn(&K) -> (String, CallFilter),
) -> Vec<Line> {
    let mut found: HashMap<K, Figures> = HashMap::new();
    for group in groups {
        found.entry(key(group)).or_default().add(&group.figures);
    }
    in_order(found.into_iter().map(|(key, figures)| {
        let (name, filter) = named(&key);
        (name, filter, figures)
    }))
}

fn in_order(found: impl Iterator<Item = (String, CallFilter, Figures)>) -> Vec<Line> {
    let mut found: Vec<_> = found.collect();
    found.sort_by(|(one, _, a), (other, _, b)| {
        (b.cost, b.all_tokens(), b.calls)
            .cmp(&(a.cost, a.all_tokens(), a.calls))
            .then_with(|| one.cmp(other))
    });
    let line = |(name, filter, figures): (String, CallFilter, Figures)| Line {
        name,
        filter,
        figures: FiguresView::from(&figures),
        cost: figures.cost,
    };
    found.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
