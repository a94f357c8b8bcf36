//! Each piece of advice counts what a person can do something about, and leads to exactly those calls.

use super::*;
use crate::{
    chat,
    ids::ConversationId,
    review::tests::{MID_NOVEMBER, app, query},
    store::StoreError,
    workspaces,
};

const MINUTE: i64 = 60_000;

/// A call as a test makes one: answered, of a chat, with 100,000 tokens and no cache.
#[derive(Clone, Copy)]
struct Made {
    provider: &'static str,
    model: &'static str,
    purpose: &'static str,
    status: &'static str,
    at_ms: i64,
    input: u32,
    cached: u32,
    written: u32,
    output: u32,
    pico: Option<i64>,
    conversation: Option<ConversationId>,
    beginning: Option<(i64, u32)>,
    /// The prompt by our own count.
    counted: Option<u32>,
}

const GPT: Made = Made {
    provider: "openai",
    model: "gpt-4o",
    purpose: "chat",
    status: "answered",
    at_ms: MID_NOVEMBER,
    input: 100_000,
    cached: 0,
    written: 0,
    output: 0,
    pico: Some(1_000_000_000_000),
    conversation: None,
    beginning: None,
    counted: None,
};

fn write(app: &App, calls: &[Made]) {
    let written = app.store.write(|tx| {
        let workspace = workspaces::first(tx, 0)?;
        for made in calls {
            let (mark, tokens) = made.beginning.unzip();
            tx.execute(
                "INSERT INTO calls (started_at_ms, workspace_id, purpose, provider, model, version, route, status,
                                    input_tokens, cached_tokens, cache_written_tokens, output_tokens, duration_ms,
                                    cost_pico, day, conversation_id, beginning, beginning_tokens,
                                    own_prompt_tokens)
                 VALUES (?1, ?2, ?3, ?4, ?5, '', 'cloud', ?6, ?7, ?8, ?9, ?10, 1000, ?11, ?1 / 86400000, ?12, ?13,
                         ?14, ?15)",
                rusqlite::params![
                    made.at_ms,
                    workspace,
                    made.purpose,
                    made.provider,
                    made.model,
                    made.status,
                    made.input,
                    made.cached,
                    made.written,
                    made.output,
                    made.pico,
                    made.conversation,
                    mark,
                    tokens,
                    made.counted
                ],
            )?;
        }
        Ok::<_, StoreError>(())
    });
    written.unwrap();
}

fn conversation(app: &App) -> ConversationId {
    let id = ConversationId::new();
    let made = app.store.write(|tx| {
        let workspace = workspaces::first(tx, 0)?;
        chat::create(tx, id, workspace, &chat::Options::default(), 0)
    });
    made.unwrap();
    id
}

/// The advice of a kind, if there is any, after it was seen to lead to as many calls as it counts; and those.
fn found(app: &App, kind: AdviceKind) -> Option<(Advice, Vec<i64>)> {
    let all = app.cost_advice(&query()).unwrap();
    let one = all.into_iter().find(|one| one.kind == kind)?;
    let behind = Query {
        filter: one.filter.clone(),
        ..query()
    };
    let page = app.cost_calls(&behind, None, 200).unwrap();
    let mut numbers: Vec<i64> = page.calls.iter().map(|call| call.summary.number).collect();
    numbers.sort_unstable();
    assert_eq!(one.calls, numbers.len() as u64, "{}", one.reason);
    Some((one, numbers))
}

#[test]
fn failed_calls_that_cost_nothing_are_not_counted_with_those_that_were_paid() {
    let (_dir, app) = app();
    let failed = |pico| Made {
        status: "failed",
        pico,
        ..GPT
    };
    write(&app, &[GPT, failed(Some(0)), failed(None)]);
    assert_eq!(found(&app, AdviceKind::PaidFailures), None);
    write(&app, &[failed(Some(250_000_000_000)), failed(Some(0))]);
    let (one, behind) = found(&app, AdviceKind::PaidFailures).unwrap();
    assert_eq!((one.saving.as_str(), behind), ("$0.25", vec![4]));
    assert!(one.reason.starts_with("1 call failed"), "{}", one.reason);
}

#[test]
fn the_same_instructions_read_anew_are_found_over_chats_and_clients() {
    let (_dir, app) = app();
    let began = |minutes, beginning| Made {
        at_ms: MID_NOVEMBER + minutes * MINUTE,
        conversation: Some(conversation(&app)),
        beginning,
        ..GPT
    };
    let mark = Some((7, 20_000));
    let cached = Made {
        cached: 19_968,
        ..began(2, mark)
    };
    let other_model = Made {
        model: "gpt-4o-mini",
        ..began(1, mark)
    };
    let never_read = Made {
        status: "failed",
        input: 0,
        ..began(2, mark)
    };
    let of_a_client = Made {
        purpose: "api",
        conversation: None,
        ..began(3, mark)
    };
    write(
        &app,
        &[
            began(0, mark),
            other_model,
            began(1, Some((8, 20_000))),
            began(1, None),
            cached,
            never_read,
        ],
    );
    assert_eq!(found(&app, AdviceKind::Caching), None, "nothing to be done");
    write(&app, &[began(2, mark), of_a_client, began(9, mark)]);
    let (one, behind) = found(&app, AdviceKind::Caching).unwrap();
    assert_eq!(
        behind,
        [7, 8],
        "the first, and one much later, are no repeats"
    );
    // 40,000 tokens at $2.50 a million less $1.25 from the cache.
    assert_eq!(one.saving, "$0.05");
}

#[test]
fn what_it_costs_to_keep_a_beginning_is_taken_off() {
    let (_dir, app) = app();
    let claude = |minutes| Made {
        provider: "anthropic",
        model: "claude-sonnet-4-5",
        at_ms: MID_NOVEMBER + minutes * MINUTE,
        beginning: Some((7, 100_000)),
        ..GPT
    };
    write(&app, &[claude(0), claude(1)]);
    let (one, _) = found(&app, AdviceKind::Caching).unwrap();
    // At $3 a million less $0.30 from the cache, and $0.75 more to have it kept.
    assert_eq!((one.saving.as_str(), one.at_most), ("$0.195", false));
}

#[test]
fn what_we_counted_of_a_beginning_is_taken_for_as_large_a_part_of_what_the_provider_counted() {
    let (_dir, app) = app();
    // Of a prompt of 30,000 tokens by the provider's count, the first 16,000: we counted twice as many.
    let russian = |minutes, cached| Made {
        at_ms: MID_NOVEMBER + minutes * MINUTE,
        input: 30_000,
        cached,
        beginning: Some((7, 32_000)),
        counted: Some(60_000),
        ..GPT
    };
    write(&app, &[russian(0, 0), russian(1, 15_872)]);
    assert_eq!(found(&app, AdviceKind::Caching), None, "the cache had it");
    write(&app, &[russian(2, 0)]);
    let (one, behind) = found(&app, AdviceKind::Caching).unwrap();
    // 16,000 tokens at $2.50 a million less $1.25 from the cache.
    assert_eq!((one.saving.as_str(), behind), ("$0.02", vec![3]));
    assert!(one.reason.contains("about 16000 tokens"), "{}", one.reason);
}

#[test]
fn a_beginning_is_never_longer_than_we_counted_it_whatever_we_missed_of_the_rest() {
    let (_dir, app) = app();
    // Instructions in English and a question in an alphabet of which we count too little: 20,000 of 50,000 tokens
    // would be 40,000 of the 100,000 that the provider counted.
    let mixed = |minutes| Made {
        at_ms: MID_NOVEMBER + minutes * MINUTE,
        beginning: Some((7, 20_000)),
        counted: Some(50_000),
        ..GPT
    };
    write(&app, &[mixed(0), mixed(1)]);
    let (one, _) = found(&app, AdviceKind::Caching).unwrap();
    // 20,000 tokens at $2.50 a million less $1.25 from the cache.
    assert_eq!(one.saving, "$0.025");
}

#[test]
fn a_beginning_that_was_counted_alone_is_no_longer_than_its_prompt_and_one_that_no_provider_keeps_is_none()
 {
    let (_dir, app) = app();
    let began = |minutes, mark, counted| Made {
        at_ms: MID_NOVEMBER + minutes * MINUTE,
        input: 10_000,
        beginning: Some((mark, 100_000)),
        counted,
        ..GPT
    };
    // A tenth of a thousandth of what we counted: 1,000 tokens.
    let short = Some(1_000_000);
    write(&app, &[began(0, 1, short), began(1, 1, short)]);
    assert_eq!(found(&app, AdviceKind::Caching), None);
    write(&app, &[began(0, 2, None), began(1, 2, None)]);
    let (one, _) = found(&app, AdviceKind::Caching).unwrap();
    assert_eq!(one.saving, "$0.0125", "of 10,000 tokens");
}

#[test]
fn a_long_first_message_is_no_history_nor_are_models_asked_side_by_side() {
    let (_dir, app) = app();
    let chat = Some(conversation(&app));
    let at = |ms| Made {
        at_ms: MID_NOVEMBER + ms,
        conversation: chat,
        ..GPT
    };
    let request = |purpose| Made {
        purpose,
        conversation: None,
        ..at(9 * MINUTE)
    };
    write(
        &app,
        &[at(0), at(10), request("api"), request("embeddings")],
    );
    assert_eq!(found(&app, AdviceKind::LongHistory), None);
    let mostly_cached = Made {
        cached: 95_000,
        ..at(2 * MINUTE)
    };
    write(&app, &[at(MINUTE), mostly_cached]);
    let (one, behind) = found(&app, AdviceKind::LongHistory).unwrap();
    assert_eq!(behind, [5]);
    // 100,000 tokens at $2.50 a million, less 8,000 of them at $1.25 from the cache.
    assert_eq!((one.saving.as_str(), one.at_most), ("$0.24", true));
}

#[test]
fn what_a_long_history_cost_at_most_has_its_tier_and_all_that_the_cache_took_part_in() {
    let saving = |provider, model| {
        let (_dir, app) = app();
        let chat = Some(conversation(&app));
        let at = |minutes| Made {
            provider,
            model,
            at_ms: MID_NOVEMBER + minutes * MINUTE,
            conversation: chat,
            input: 1_000,
            ..GPT
        };
        let long = Made {
            input: 300_000,
            cached: 100_000,
            written: 150_000,
            output: 1_000,
            ..at(1)
        };
        write(&app, &[at(0), long]);
        let (one, behind) = found(&app, AdviceKind::LongHistory).unwrap();
        assert_eq!(behind, [2]);
        one.saving
    };
    // 50,000 at $3, 100,000 at $0.30 and 150,000 at $3.75 a million; less 8,000 at $0.30.
    assert_eq!(saving("anthropic", "claude-sonnet-4-5"), "$0.7401");
    // By the rates above 200,000 tokens, without one for what is written to the cache: 200,000 at $2.50, 100,000 at
    // $0.25 and 1,000 at $15 a million; less, by the others, 8,000 at $0.125 and 1,000 at $10.
    assert_eq!(saving("google", "gemini-2.5-pro"), "$0.529");
}

#[test]
fn only_vectors_of_documents_can_wait_and_gatehouse_says_that_it_cannot_hand_them_in() {
    let (_dir, app) = app();
    let vectors = |input| Made {
        model: "text-embedding-3-small",
        purpose: "embeddings",
        input,
        pico: Some(i64::from(input) * 20_000),
        ..GPT
    };
    let waited_for = ["api", "title"].map(|purpose| Made { purpose, ..GPT });
    write(&app, &waited_for);
    write(&app, &[vectors(12), vectors(999)]);
    assert_eq!(found(&app, AdviceKind::Batch), None);
    write(&app, &[vectors(2_000_000)]);
    let (one, behind) = found(&app, AdviceKind::Batch).unwrap();
    assert_eq!((one.saving.as_str(), behind), ("$0.02", vec![5]));
    assert!(one.reason.contains("Gatehouse cannot"), "{}", one.reason);
    for raw in ["api", "title", "embeddings"] {
        assert!(!one.title.contains(raw), "{}", one.title);
    }
}

#[test]
fn paid_failures_are_found_along_their_own_index() {
    let (_dir, app) = app();
    let plan = app.store.read(|conn| {
        let sql = "EXPLAIN QUERY PLAN SELECT k.number FROM calls k WHERE k.day BETWEEN 1 AND 2
                   AND k.status = 'failed' AND k.cost_pico > 0";
        let mut statement = conn.prepare(sql)?;
        let steps = statement.query_map([], |row| row.get::<_, String>(3))?;
        steps.collect::<rusqlite::Result<Vec<_>>>()
    });
    let plan = plan.unwrap().join("; ");
    assert!(plan.contains("calls_that_failed_and_were_paid"), "{plan}");
}
