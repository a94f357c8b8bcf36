use proptest::prelude::*;
use rusqlite::params;

use super::*;
use crate::{
    costs::{
        self, CallStatus,
        testing::{NOON, Place, call, ended, workspace},
    },
    store::StoreError,
};

/// Something that happens to a table of calls.
#[derive(Debug, Clone)]
enum Deed {
    Begin {
        day: i64,
        workspace: usize,
        local: bool,
    },
    End {
        which: usize,
        cost: Option<i64>,
        failed: bool,
        tokens: u32,
    },
    Forget(usize),
    Remove(usize),
    Rename(usize),
    Orphan,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0i64..4, 0usize..2, any::<bool>())
            .prop_map(|(day, workspace, local)| Deed::Begin { day, workspace, local }),
        4 => (any::<usize>(), proptest::option::of(0i64..=i64::MAX / 64), any::<bool>(), 0u32..=u32::MAX)
            .prop_map(|(which, cost, failed, tokens)| Deed::End { which, cost, failed, tokens }),
        1 => any::<usize>().prop_map(Deed::Forget),
        1 => any::<usize>().prop_map(Deed::Remove),
        1 => any::<usize>().prop_map(Deed::Rename),
        1 => Just(Deed::Orphan),
    ]
}

fn done(conn: &Connection, deed: &Deed, workspaces: &[WorkspaceId]) {
    let numbers: Vec<i64> = conn
        .prepare("SELECT number FROM calls ORDER BY number")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let chosen = |which: &usize| numbers.get(which % numbers.len().max(1)).copied();
    match deed {
        Deed::Begin {
            day,
            workspace,
            local,
        } => {
            let number = call(conn, workspaces[*workspace], NOON + day * 86_400_000);
            if *local {
                conn.execute(
                    "UPDATE calls SET provider = 'local', route = 'local' WHERE number = ?1",
                    [number],
                )
                .unwrap();
            }
        }
        Deed::End {
            which,
            cost,
            failed,
            tokens,
        } => {
            let Some(number) = chosen(which) else { return };
            let status = if *failed {
                CallStatus::Failed
            } else {
                CallStatus::Answered
            };
            let end = costs::CallEnd {
                status,
                input_tokens: *tokens,
                cached_tokens: *tokens / 3,
                output_tokens: *tokens / 5,
                reasoning_tokens: *tokens / 7,
                measured: tokens % 2 == 0,
                ..ended(cost.map(|pico| Money::from_pico(pico.into())))
            };
            costs::end(conn, number, &end).unwrap();
        }
        // As erasing does: the link goes, the figures stay.
        Deed::Forget(which) => {
            let number = chosen(which);
            conn.execute(
                "UPDATE calls SET conversation_id = NULL, message_id = NULL WHERE number = ?1",
                [number],
            )
            .unwrap();
        }
        Deed::Remove(which) => {
            conn.execute("DELETE FROM calls WHERE number = ?1", [chosen(which)])
                .unwrap();
        }
        Deed::Rename(which) => {
            conn.execute(
                "UPDATE calls SET model = 'gpt-6', day = day + 1 WHERE number = ?1",
                [chosen(which)],
            )
            .unwrap();
        }
        Deed::Orphan => {
            costs::orphan(conn).unwrap();
        }
    }
}

/// The sums as they stand, and as the calls say.
fn both(conn: &Connection) -> [Vec<Vec<rusqlite::types::Value>>; 2] {
    let of_calls = ADDED_UP;
    let sqls = [
        format!("SELECT {KEYS}, {COLUMNS} FROM call_days k ORDER BY 1, 2, 3, 4, 5"),
        format!(
            "SELECT k.day, k.workspace_id, k.provider, k.model, k.purpose, {of_calls}
             FROM (SELECT *, coalesce(day, started_at_ms / 86400000) AS own FROM calls) k
             GROUP BY k.own, 2, 3, 4, 5 ORDER BY k.own, 2, 3, 4, 5"
        )
        .replace("SELECT k.day,", "SELECT k.own,"),
    ];
    sqls.map(|sql| {
        let mut statement = conn.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| {
            // A sum over unknown costs alone is nothing known: zero among the sums.
            let value = |at| row.get::<_, rusqlite::types::Value>(at).unwrap();
            Ok((0..22)
                .map(|at| match value(at) {
                    rusqlite::types::Value::Null => 0.into(),
                    other => other,
                })
                .collect())
        });
        rows.unwrap().map(Result::unwrap).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_days_say_what_the_calls_say_whatever_happens_to_them(deeds in proptest::collection::vec(deed(), 1..40)) {
        let opened = Place::new().open();
        opened
            .write(|tx| {
                let workspaces = [workspace(tx), workspace(tx)];
                for deed in &deeds {
                    done(tx, deed, &workspaces);
                    let [days, calls] = both(tx);
                    assert_eq!(parts_joined(days), parts_joined(calls), "after {deed:?}");
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

/// Rows with the two parts of each amount made one, as sums of parts may carry differently.
fn parts_joined(rows: Vec<Vec<rusqlite::types::Value>>) -> Vec<String> {
    let integer = |value: &rusqlite::types::Value| match value {
        rusqlite::types::Value::Integer(value) => i128::from(*value),
        other => panic!("{other:?}"),
    };
    rows.iter()
        .map(|row| {
            let amount = |at: usize| (integer(&row[at]) << 20) + integer(&row[at + 1]);
            format!("{:?} {} {}", &row[..18], amount(18), amount(20))
        })
        .collect()
}

#[test]
fn a_change_that_is_taken_back_leaves_the_days_as_they_were() {
    let opened = Place::new().open();
    let of = opened
        .write(|tx| {
            let of = workspace(tx);
            call(tx, of, NOON);
            Ok::<_, StoreError>(of)
        })
        .unwrap();
    let before = opened.read(|conn| Ok::<_, StoreError>(both(conn))).unwrap();
    let failed: Result<(), StoreError> = opened.write(|tx| {
        call(tx, of, NOON);
        Err(rusqlite::Error::QueryReturnedNoRows.into())
    });
    assert!(failed.is_err());
    let after = opened.read(|conn| Ok::<_, StoreError>(both(conn))).unwrap();
    assert_eq!(before, after);
}

#[test]
fn a_removed_conversation_leaves_what_it_cost_in_the_days() {
    let opened = Place::new().open();
    opened
        .write(|tx| {
            let of = workspace(tx);
            let conversation = ConversationId::new();
            tx.execute(
                "INSERT INTO conversations (id, workspace_id, sampling, created_at_ms, updated_at_ms)
                 VALUES (?1, ?2, '{}', 0, 0)",
                params![conversation, of],
            )?;
            let number = call(tx, of, NOON);
            tx.execute(
                "UPDATE calls SET conversation_id = ?2 WHERE number = ?1",
                params![number, conversation],
            )?;
            costs::end(tx, number, &ended(Some(Money::from_pico(7))))?;
            let before = both(tx);
            tx.execute("DELETE FROM conversations WHERE id = ?1", [conversation])?;
            assert_eq!(before, both(tx), "the link went, the figures stay");
            Ok::<_, StoreError>(())
        })
        .unwrap();
}
