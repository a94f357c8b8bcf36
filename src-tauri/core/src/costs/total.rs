//! What a conversation has cost so far: what is known of it, and what is not.

use rusqlite::Row;
use serde::Serialize;
use specta::Type;

use super::spending::amount;

/// What the calls of a conversation have cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Total {
    /// What is known, exact, in dollars.
    pub known: String,
    /// Calls whose cost is in it and rests on our own count.
    pub estimated: u32,
    /// Calls that have ended and whose cost nobody knows: it is not in it, and it is not nothing.
    pub unknown: u32,
}

/// A query for what [`total`] reads, one row a conversation. A call under way is neither known nor
/// unknown yet, and one on this computer costs nothing however it ended.
pub(crate) const BY_CONVERSATION: &str = "SELECT conversation_id, sum(cost_pico >> 20) AS high, sum(cost_pico & 1048575) AS low, \
     count(*) FILTER (WHERE measured = 0 AND cost_pico <> 0) AS estimated, \
     count(*) FILTER (WHERE cost_pico IS NULL AND status <> 'running') AS unknown \
     FROM calls GROUP BY conversation_id";

/// A total from the columns of [`BY_CONVERSATION`] behind its first, from column `at` on.
pub(crate) fn total(row: &Row<'_>, at: usize) -> rusqlite::Result<Total> {
    Ok(Total {
        known: amount(row, at)?.to_string(),
        estimated: row.get(at + 2)?,
        unknown: row.get(at + 3)?,
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, params};

    use super::*;
    use crate::{
        costs::{
            self, CallEnd,
            testing::{NOON, Place, call, ended, workspace},
        },
        ids::{ConversationId, WorkspaceId},
        money::Money,
        store::StoreError,
    };

    fn conversation(conn: &Connection, workspace: WorkspaceId) -> ConversationId {
        let id = ConversationId::new();
        conn.execute(
            "INSERT INTO conversations (id, workspace_id, sampling, created_at_ms, updated_at_ms)
             VALUES (?1, ?2, '{}', 0, 0)",
            params![id, workspace],
        )
        .unwrap();
        id
    }

    fn total_of(conn: &Connection, conversation: ConversationId) -> Option<Total> {
        conn.prepare(&format!(
            "SELECT * FROM ({BY_CONVERSATION}) WHERE conversation_id = ?1"
        ))
        .unwrap()
        .query_map([conversation], |row| total(row, 1))
        .unwrap()
        .next()
        .map(Result::unwrap)
    }

    #[test]
    fn a_total_is_exact_and_says_what_is_estimated_and_what_is_unknown() {
        let opened = Place::new().open();
        opened
            .write(|tx| {
                let workspace = workspace(tx);
                let (mine, other) = (conversation(tx, workspace), conversation(tx, workspace));
                let made = |of: ConversationId, end: Option<CallEnd<'_>>| {
                    let number = call(tx, workspace, NOON);
                    tx.execute(
                        "UPDATE calls SET conversation_id = ?2 WHERE number = ?1",
                        params![number, of],
                    )
                    .unwrap();
                    if let Some(end) = end {
                        costs::end(tx, number, &end).unwrap();
                    }
                };
                let pico = |pico| Some(Money::from_pico(pico));
                made(mine, Some(ended(pico(90_000_000))));
                made(
                    mine,
                    Some(CallEnd {
                        measured: false,
                        ..ended(pico(1))
                    }),
                );
                made(
                    mine,
                    Some(CallEnd {
                        measured: false,
                        ..ended(pico(0))
                    }),
                );
                made(mine, Some(ended(None)));
                made(mine, None);
                made(other, Some(ended(pico(5_000_000_000_000))));
                assert_eq!(
                    total_of(tx, mine),
                    Some(Total {
                        known: "$0.000090000001".into(),
                        estimated: 1,
                        unknown: 1
                    }),
                    "to the last digit; what is nothing is not estimated, and what runs is not unknown"
                );
                assert_eq!(total_of(tx, conversation(tx, workspace)), None);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
