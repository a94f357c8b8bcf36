//! The calls that a number is made of, newest first, a page at a time.

use rusqlite::{Connection, params_from_iter};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{CallFilter, Chosen, ReportError, Span};
use crate::costs::{
    CallRow,
    calls::{call_row, row_columns},
};

/// The most calls of a page.
const LONGEST_PAGE: u32 = 200;

/// Some of the calls that a number is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CallsPage {
    /// Newest first.
    pub calls: Vec<CallRow>,
    /// Where the next page begins, for `after`; `None`: there is no more.
    #[specta(type = Option<Number>)]
    pub next: Option<i64>,
}

/// The calls of these days that a filter lets through, from `after` on (`None`: from the newest).
///
/// # Errors
/// [`ReportError`] when the database fails.
pub fn calls(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
    after: Option<i64>,
    limit: u32,
) -> Result<CallsPage, ReportError> {
    let limit = limit.clamp(1, LONGEST_PAGE);
    let mut chosen = filter.chosen(span);
    if let Some(after) = after {
        chosen.and(
            "(k.day, k.number) <= ((SELECT day FROM calls WHERE number =",
            after,
        );
        chosen.condition.push_str("), ");
        chosen
            .condition
            .push_str(&format!("?{})", chosen.values.len()));
    }
    let Chosen {
        condition,
        mut values,
    } = chosen;
    values.push((limit + 1).into());
    // In the order of an index, so that a page is the beginning of a walk along it.
    let rows: rusqlite::Result<Vec<CallRow>> = conn
        .prepare_cached(&format!(
            "SELECT {} FROM calls k WHERE {condition} ORDER BY k.day DESC, k.number DESC LIMIT ?{}",
            row_columns(),
            values.len()
        ))?
        .query_map(params_from_iter(values), call_row)?
        .collect();
    let mut calls = rows?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = calls.get(page).map(|call| call.summary.number);
    calls.truncate(page);
    Ok(CallsPage { calls, next })
}
