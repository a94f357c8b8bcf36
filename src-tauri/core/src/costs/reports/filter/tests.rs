//! What a filter lets through is what a plain look at each call says, as calls and as sums.

use proptest::prelude::*;
use rusqlite::params;

use super::*;
use crate::{
    costs::{
        days::groups,
        reports::calls,
        testing::{NOON, Place, workspace},
    },
    store::StoreError,
};

const HOUR: i64 = 3_600_000;

/// A call as a test makes one, `hours` before [`NOON`].
#[derive(Debug, Clone)]
struct Made {
    hours: i64,
    model: &'static str,
    purpose: &'static str,
    status: &'static str,
    error: Option<&'static str>,
    of_client: bool,
    pico: Option<i64>,
    output: u32,
    waited_ms: Option<i64>,
    first_token_ms: Option<i64>,
    writing_ms: i64,
}

fn made() -> impl Strategy<Value = Made> {
    let statuses = prop_oneof![
        Just("running"),
        Just("answered"),
        Just("stopped"),
        Just("failed")
    ];
    let errors = proptest::option::of(prop_oneof![Just("silent"), Just("overloaded")]);
    let models = prop_oneof![Just("gpt-5"), Just("gpt-5-mini"), Just("gpt-4o")];
    (
        (0i64..48, models),
        prop_oneof![Just("chat"), Just("count")],
        statuses,
        errors,
        any::<bool>(),
        proptest::option::of(0i64..3),
        0u32..4,
        proptest::option::of(0i64..90),
        proptest::option::of(0i64..900),
        0i64..2,
    )
        .prop_map(
            |(
                (hours, model),
                purpose,
                status,
                error,
                of_client,
                pico,
                output,
                waited_ms,
                first_token_ms,
                writing_ms,
            )| Made {
                hours,
                model,
                purpose,
                status,
                error: error.filter(|_| status == "failed"),
                of_client,
                pico,
                output,
                waited_ms,
                first_token_ms,
                writing_ms,
            },
        )
}

type Holds = Box<dyn Fn(&Made) -> bool>;

/// Filters, and what holds for the calls that each lets through.
fn filters(client: ClientId) -> Vec<(CallFilter, Holds)> {
    fn only(only: Only, holds: fn(&Made) -> bool) -> (CallFilter, Holds) {
        (CallFilter::default().and(only), Box::new(holds))
    }
    let error = |kind: &str, known: Option<&'static str>| {
        let filter = CallFilter {
            error_kind: Some(kind.to_owned()),
            ..CallFilter::default()
        };
        let holds: Holds = Box::new(move |made| made.status == "failed" && made.error == known);
        (filter, holds)
    };
    let of = |model: &str| PricedModel {
        provider: "openai".into(),
        model: model.into(),
    };
    let of_others = CallFilter {
        except: vec![of("gpt-5"), of("gpt-4o")],
        ..CallFilter::default()
    };
    let of_client = CallFilter {
        client: Some(client),
        ..CallFilter::default()
    };
    let of_hours = CallFilter {
        from_ms: Some(NOON - 7 * HOUR),
        until_ms: Some(NOON - 3 * HOUR),
        ..CallFilter::default()
    };
    vec![
        only(Only::Running, |made| made.status == "running"),
        only(Only::Answered, |made| made.status == "answered"),
        only(Only::Stopped, |made| made.status == "stopped"),
        only(Only::Failed, |made| made.status == "failed"),
        only(Only::Ended, |made| {
            ["answered", "failed"].contains(&made.status)
        }),
        only(Only::FailedAndPaid, |made| {
            made.status == "failed" && made.pico > Some(0)
        }),
        only(Only::TakenUp, |made| made.waited_ms.is_some()),
        only(Only::Began, |made| made.first_token_ms.is_some()),
        only(Only::OfModels, |made| made.purpose != "count"),
        only(Only::Wrote, |made| made.output > 1 && made.writing_ms > 0),
        error("silent", Some("silent")),
        error("overloaded", Some("overloaded")),
        error("unknown", None),
        (of_others, Box::new(|made| made.model == "gpt-5-mini")),
        (of_client, Box::new(|made| made.of_client)),
        (of_hours, Box::new(|made| (4..=7).contains(&made.hours))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_filter_lets_exactly_those_calls_through_that_it_names(all in proptest::collection::vec(made(), 0..40)) {
        let opened = Place::new().open();
        let client = ClientId::new();
        let written = opened.write(|tx| {
            let of = workspace(tx);
            tx.execute(
                "INSERT INTO clients (id, name, key_hash, workspace_id, created_at_ms, keeps_sent)
                 VALUES (?1, 'A program', zeroblob(32), ?2, 0, 0)",
                params![client, of],
            )?;
            for made in &all {
                tx.execute(
                    "INSERT INTO calls (started_at_ms, workspace_id, purpose, provider, model, version, route, status,
                                        error_kind, client_id, cost_pico, output_tokens, first_token_ms, writing_ms, waited_ms,
                                        day)
                     VALUES (?1, ?2, ?11, 'openai', ?12, '', 'cloud', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
                             ?1 / 86400000)",
                    params![
                        NOON - made.hours * HOUR,
                        of,
                        made.status,
                        made.error,
                        made.of_client.then_some(client),
                        made.pico,
                        made.output,
                        made.first_token_ms,
                        made.writing_ms,
                        made.waited_ms,
                        made.purpose,
                        made.model
                    ],
                )?;
            }
            Ok::<_, StoreError>(())
        });
        written.unwrap();
        let day = |date: i8| jiff::civil::date(2026, 11, date);
        let span = Span::of(day(22), day(24)).unwrap();
        opened.read(|conn| {
            for (filter, holds) in filters(client) {
                // Numbers are given in order, from 1.
                let wanted: Vec<i64> = (1..).zip(&all).filter(|(_, made)| holds(made)).map(|(n, _)| n).collect();
                let page = calls(conn, span, &filter, None, 200).unwrap();
                let mut found: Vec<i64> = page.calls.iter().map(|call| call.summary.number).collect();
                found.sort_unstable();
                assert_eq!(&found, &wanted, "{filter:?}");
                let sums = groups(conn, span, &filter)?;
                let counted: u64 = sums.iter().map(|group| group.figures.calls).sum();
                assert_eq!(counted, wanted.len() as u64, "{filter:?}");
            }
            Ok::<_, StoreError>(())
        }).unwrap();
    }
}

#[test]
fn moments_decide_and_not_the_day_that_the_clocks_of_a_journey_said() {
    let opened = Place::new().open();
    let written = opened.write(|tx| {
        let of = workspace(tx);
        // Made in the morning of the 25th, by clocks far to the east.
        tx.execute(
            "INSERT INTO calls (started_at_ms, workspace_id, purpose, provider, model, version, route, status, day)
             VALUES (?1, ?2, 'chat', 'openai', 'gpt-5', '', 'cloud', 'answered', ?1 / 86400000 + 1)",
            params![NOON, of],
        )?;
        Ok::<_, StoreError>(())
    });
    written.unwrap();
    let day = jiff::civil::date(2026, 11, 24);
    let of_the_day = CallFilter {
        from_ms: Some(NOON - 12 * HOUR),
        until_ms: Some(NOON + 12 * HOUR),
        ..CallFilter::default()
    };
    let found = opened.read(|conn| {
        let page = calls(conn, Span::of(day, day).unwrap(), &of_the_day, None, 10);
        Ok::<_, StoreError>(page.unwrap().calls.len())
    });
    assert_eq!(found.unwrap(), 1);
}
