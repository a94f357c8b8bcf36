//! Each number of a line that leads to calls leads to as many as it says, whatever it is a line of.

use proptest::{prelude::*, test_runner::TestCaseError};
use rusqlite::params;

use super::*;
use crate::{
    costs::{
        reports::calls,
        testing::{NOON, Place, workspace},
    },
    ids::{ConversationId, WorkspaceId},
    store::StoreError,
};

/// A call as a test makes one.
#[derive(Debug, Clone)]
struct Made {
    /// In which chat; the first is none.
    chat: usize,
    provider: &'static str,
    model: u8,
    purpose: &'static str,
    status: &'static str,
    pico: Option<i64>,
}

fn made() -> impl Strategy<Value = Made> {
    let one_of = |words: [&'static str; 3]| prop::sample::select(words.to_vec());
    (
        0usize..3,
        one_of(["local", "openai", "anthropic"]),
        0u8..2,
        one_of(["chat", "title", "api"]),
        one_of(["answered", "failed", "stopped"]),
        proptest::option::of(0i64..3),
    )
        .prop_map(|(chat, provider, model, purpose, status, pico)| Made {
            chat,
            provider,
            model,
            purpose,
            status,
            pico,
        })
}

fn chat_in(conn: &Connection, of: WorkspaceId) -> ConversationId {
    let id = ConversationId::new();
    crate::chat::create(conn, id, of, &crate::chat::Options::default(), 0).unwrap();
    id
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_link_of_each_line_lists_as_many_calls_as_it_says(all in proptest::collection::vec(made(), 1..40)) {
        let opened = Place::new().open();
        opened.write(|tx| {
            let of = workspace(tx);
            let chats = [None, Some(chat_in(tx, of)), Some(chat_in(tx, of))];
            for made in &all {
                tx.execute(
                    "INSERT INTO calls (started_at_ms, workspace_id, conversation_id, purpose, provider, model, version,
                                        route, status, cost_pico, day)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', 'cloud', ?7, ?8, ?1 / 86400000)",
                    params![NOON, of, chats[made.chat], made.purpose, made.provider, made.model.to_string(),
                            made.status, made.pico],
                )?;
            }
            Ok::<_, StoreError>(())
        }).unwrap();
        let day = jiff::civil::date(2026, 11, 24);
        let span = Span::of(day, day).unwrap();
        let asked = [CallFilter::default(), CallFilter::default().and(Only::Elsewhere)];
        let found = opened.read(|conn| Ok::<_, StoreError>((|| {
            let listed = |filter: &CallFilter| calls(conn, span, filter, None, 200).unwrap().calls.len() as u64;
            for filter in &asked {
                for by in [By::Model, By::Provider, By::Workspace, By::Purpose, By::Conversation] {
                    for line in lines(conn, span, filter, by).unwrap() {
                        let Line { filter, figures, .. } = &line;
                        prop_assert_eq!(listed(filter), figures.calls, "{:?} {:?}", by, filter);
                        let failed = filter.and(Only::Failed);
                        prop_assert_eq!(listed(&failed), figures.failed, "{:?} {:?}", by, failed);
                        let unknown = filter.and(Only::Unknown);
                        prop_assert_eq!(listed(&unknown), figures.unknown, "{:?} {:?}", by, unknown);
                    }
                }
            }
            Ok::<_, TestCaseError>(())
        })()));
        found.unwrap()?;
    }
}
