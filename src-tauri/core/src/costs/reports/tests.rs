use std::collections::HashMap;

use num_rational::Ratio;
use proptest::prelude::*;
use rusqlite::{Connection, params};

use super::*;
use crate::{
    costs::{
        self, CallEnd, CallStatus,
        budgets::Period,
        listing::{Listing, Service},
        rates::{Rates, Tier},
        testing::{NOON, Opened, Place, ended, workspace},
    },
    ids::WorkspaceId,
    money::Money,
};

const DAY: i64 = 86_400_000;

/// A call as a test makes one.
#[derive(Debug, Clone)]
struct Made {
    at_ms: i64,
    local: bool,
    model: usize,
    cost: Option<u64>,
    input: u32,
    cached: u32,
    output: u32,
}

fn made() -> impl Strategy<Value = Made> {
    let cost = proptest::option::weighted(0.8, 0u64..9_000_000_000_000);
    (
        0i64..20 * DAY,
        any::<bool>(),
        0usize..8,
        cost,
        0u32..400_000,
        0u32..400_000,
        0u32..50_000,
    )
        .prop_map(|(ago, local, model, cost, input, cached, output)| Made {
            at_ms: NOON - ago,
            local,
            model,
            cost,
            input,
            cached: cached.min(input),
            output,
        })
}

fn write(conn: &Connection, of: WorkspaceId, made: &Made, zone: &TimeZone) -> i64 {
    conn.execute(
        "INSERT INTO calls (started_at_ms, workspace_id, purpose, provider, model, version, route, status, day)
         VALUES (?1, ?2, 'chat', ?3, ?4, '', 'masked', 'running', ?5)",
        params![
            made.at_ms,
            of,
            if made.local { "local" } else { "openai" },
            format!("model-{}", made.model),
            day_of(made.at_ms, zone)
        ],
    )
    .unwrap();
    let number = conn.last_insert_rowid();
    let end = CallEnd {
        status: if made.cost == Some(0) {
            CallStatus::Failed
        } else {
            CallStatus::Answered
        },
        input_tokens: made.input,
        cached_tokens: made.cached,
        output_tokens: made.output,
        ..ended(made.cost.map(|pico| Money::from_pico(pico.into())))
    };
    costs::end(conn, number, &end).unwrap();
    number
}

fn filled(calls: &[Made], zone: &TimeZone) -> Opened {
    let opened = Place::new().open();
    opened
        .write(|tx| {
            let of = workspace(tx);
            calls.iter().for_each(|made| {
                write(tx, of, made, zone);
            });
            Ok::<_, StoreError>(())
        })
        .unwrap();
    opened
}

fn month_query(step: Period) -> Query {
    Query {
        first: jiff::civil::date(2026, 11, 1),
        last: jiff::civil::date(2026, 11, 24),
        step,
        filter: CallFilter::default(),
    }
}

fn look(conn: &Connection, query: &Query) -> Overview {
    overview(conn, query, &Preferences::default(), NOON, &TimeZone::UTC).unwrap()
}

fn pico(shown: &str) -> i128 {
    Money::of_dollars(shown.trim_start_matches('$'))
        .unwrap()
        .pico()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_way_of_telling_costs_apart_adds_up_to_the_exact_sum(
        calls in proptest::collection::vec(made(), 0..60),
    ) {
        let opened = filled(&calls, &TimeZone::UTC);
        // The exact sum in rational dollars, told nothing of pico-dollars in two parts.
        let dollars: Ratio<i128> = calls
            .iter()
            .filter_map(|made| made.cost)
            .map(|pico| Ratio::new(i128::from(pico), 1_000_000_000_000))
            .sum();
        let unknown = calls.iter().filter(|made| made.cost.is_none()).count() as u64;
        opened.read(|conn| {
            for step in [Period::Day, Period::Week, Period::Month] {
                let found = look(conn, &month_query(step));
                let total = Ratio::new(pico(&found.total.cost), 1_000_000_000_000);
                assert_eq!(total, dollars);
                assert_eq!(found.total.unknown, unknown, "counted apart, and nowhere as nothing");
                let of = |costs: Vec<&String>| costs.into_iter().map(|cost| pico(cost)).sum::<i128>();
                let sum = pico(&found.total.cost);
                assert_eq!(of(found.steps.iter().map(|step| &step.figures.cost).collect()), sum);
                assert_eq!(of(found.series.iter().flat_map(|series| &series.costs).collect()), sum);
                for lines in [&found.models, &found.providers, &found.workspaces, &found.purposes] {
                    assert_eq!(of(lines.iter().map(|line| &line.figures.cost).collect()), sum);
                }
            }
            Ok::<_, StoreError>(())
        }).unwrap();
    }

    #[test]
    fn a_chart_is_of_the_same_numbers_as_the_tables(calls in proptest::collection::vec(made(), 0..60)) {
        let opened = filled(&calls, &TimeZone::UTC);
        opened.read(|conn| {
            let unknown = CallFilter::default().and(Only::Unknown);
            for (step, filter) in [(Period::Week, CallFilter::default()), (Period::Day, unknown)] {
                let query = Query { filter, ..month_query(step) };
                let (table, drawn) = (look(conn, &query), along_time(conn, &query).unwrap());
                assert_eq!(drawn.series, table.series);
                let unknown: Vec<u64> = table.steps.iter().map(|step| step.figures.unknown).collect();
                assert_eq!(drawn.unknown, unknown);
                let sums: Vec<String> = drawn.sums.iter().map(Money::to_string).collect();
                let costs: Vec<String> = table.steps.iter().map(|step| step.figures.cost.clone()).collect();
                assert_eq!(sums, costs);
                let days: Vec<_> = table.steps.iter().map(|step| (step.first, step.last)).collect();
                assert_eq!(drawn.steps, days);
            }
            Ok::<_, StoreError>(())
        }).unwrap();
    }

    #[test]
    fn every_number_leads_to_exactly_its_calls(calls in proptest::collection::vec(made(), 1..40), page in 1u32..7) {
        let opened = filled(&calls, &TimeZone::UTC);
        opened.read(|conn| {
            let query = month_query(Period::Day);
            let found = look(conn, &query);
            let days = found.steps.iter().map(|step| {
                (Span::of(step.first, step.last).unwrap(), CallFilter::default(), &step.figures)
            });
            let span = query.span().unwrap();
            let by = [&found.models, &found.providers, &found.workspaces, &found.purposes];
            let lines = by.into_iter().flatten().map(|line| (span, line.filter.clone(), &line.figures));
            let by_model = found.series.iter().flat_map(|series| {
                let steps = found.steps.iter().zip(&series.costs);
                steps.map(|(step, cost)| (Span::of(step.first, step.last).unwrap(), &series.filter, cost))
            });
            for (span, filter, cost) in by_model {
                assert_eq!(&followed(conn, span, filter, page).1, cost);
            }
            for (span, filter, figures) in days.chain(lines) {
                assert_eq!(followed(conn, span, &filter, page), (figures.calls, figures.cost.clone()));
                for (only, count) in [(Only::Failed, figures.failed), (Only::Unknown, figures.unknown)] {
                    let filter = filter.and(only);
                    assert_eq!(followed(conn, span, &filter, page).0, count);
                }
            }
            Ok::<_, StoreError>(())
        }).unwrap();
    }

    #[test]
    fn the_same_usage_elsewhere_costs_what_each_call_would(
        calls in proptest::collection::vec(made(), 1..40),
        border in 1u64..300_000,
        tiered: bool,
    ) {
        let opened = filled(&calls, &TimeZone::UTC);
        let listing = listing(tiered.then_some(border));
        let each: Money = calls.iter().map(|made| {
            let rates = listing.rates_for(made.input.into());
            let fresh = u64::from(made.input - made.cached);
            // The cheap rates know the cache, the dear ones do not.
            let read = match rates.cached {
                Some(cached) => rates.input.times(fresh) + cached.times(made.cached.into()),
                None => rates.input.times(made.input.into()),
            };
            read + rates.output.unwrap().times(made.output.into())
        }).sum();
        opened.read(|conn| {
            let span = month_query(Period::Day).span().unwrap();
            let groups = crate::costs::days::groups(conn, span, &CallFilter::default()).unwrap();
            let used = usages(conn, span, &CallFilter::default(), &listing, groups.iter()).unwrap();
            assert_eq!(used.would_cost(&listing), Ok(each));
            Ok::<_, StoreError>(())
        }).unwrap();
    }

    #[test]
    fn steps_are_all_days_once_each_in_order(first in 15_000i32..25_000, days in 1i32..800) {
        let span = Span { first, last: first + days - 1 };
        for step in [Period::Day, Period::Week, Period::Month] {
            let steps = steps::steps_of(span, step);
            assert_eq!((steps[0].first, steps[steps.len() - 1].last), (span.first, span.last));
            for pair in steps.windows(2) {
                assert_eq!(pair[0].last + 1, pair[1].first);
            }
            if step == Period::Week {
                for step in &steps[1..] {
                    assert_eq!(date_of(step.first).weekday(), jiff::civil::Weekday::Monday);
                }
            }
        }
    }
}

/// How many calls there are behind a number, and what they cost, read page by page.
fn followed(conn: &Connection, span: Span, filter: &CallFilter, page: u32) -> (u64, String) {
    let (mut seen, mut cost, mut after) = (HashMap::new(), 0, None);
    loop {
        let found = calls(conn, span, filter, after, page).unwrap();
        for call in found.calls {
            cost += call.summary.cost.as_deref().map_or(0, pico);
            assert_eq!(
                seen.insert(call.summary.number, ()),
                None,
                "each call is on one page"
            );
        }
        after = found.next;
        if after.is_none() {
            return (seen.len() as u64, Money::from_pico(cost).to_string());
        }
    }
}

fn listing(border: Option<u64>) -> Listing {
    let unit = |text: &str| text.parse().unwrap();
    Listing {
        provider: "openai".into(),
        model: "gpt-5".into(),
        dated: false,
        service: Service::Standard,
        from: jiff::civil::date(2026, 1, 1),
        until: None,
        hours: None,
        rates: Rates {
            input: unit("1.25"),
            cached: Some(unit("0.125")),
            cache_write: None,
            cache_write_hour: None,
            output: Some(unit("10")),
            reasoning: None,
        },
        tiers: border
            .map(|above| Tier {
                above,
                rates: Rates {
                    input: unit("2.5"),
                    cached: None,
                    cache_write: None,
                    cache_write_hour: None,
                    output: Some(unit("15")),
                    reasoning: None,
                },
            })
            .into_iter()
            .collect(),
        source: "a test".into(),
        as_of: jiff::civil::date(2026, 1, 1),
    }
}

#[test]
fn a_call_belongs_to_the_day_on_which_the_person_made_it() {
    // 23:30 on the evening of 24 October in New York is the morning of the 25th by UTC; and on the
    // 25th clocks go back in Berlin.
    let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
    let day = |at, zone| date_of(day_of(at, &TimeZone::get(zone).unwrap()));
    let evening = at("2026-10-25T03:30:00Z");
    assert_eq!(
        day(evening, "America/New_York"),
        jiff::civil::date(2026, 10, 24)
    );
    assert_eq!(
        day(evening, "Europe/Berlin"),
        jiff::civil::date(2026, 10, 25)
    );
    let last_moment = at("2026-10-25T22:59:59.999Z");
    assert_eq!(
        day(last_moment, "Europe/Berlin"),
        jiff::civil::date(2026, 10, 25)
    );
    assert_eq!(
        day(last_moment + 1, "Europe/Berlin"),
        jiff::civil::date(2026, 10, 26)
    );
}

#[test]
fn spending_is_compared_with_as_many_days_before() {
    let opened = filled(
        &[
            call(0, 82),
            call(23, 0),
            call(24, 100),
            call(47, 0),
            call(48, 999),
        ],
        &TimeZone::UTC,
    );
    opened
        .read(|conn| {
            let found = look(conn, &month_query(Period::Day));
            assert_eq!(pico(&found.before.cost), 100, "24 days, and no more");
            assert_eq!(found.more_percent, Some(-18));
            assert_eq!(found.since, Some(jiff::civil::date(2026, 10, 7)));
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

/// A call so many days ago.
fn call(ago: i64, pico: u64) -> Made {
    Made {
        at_ms: NOON - ago * DAY,
        local: false,
        model: 0,
        cost: Some(pico),
        input: 1,
        cached: 0,
        output: 1,
    }
}

#[test]
fn after_a_pause_of_weeks_the_days_without_a_call_are_known_to_have_cost_nothing() {
    let forecast = |calls: &[Made]| {
        let opened = filled(calls, &TimeZone::UTC);
        let filter = CallFilter::default();
        opened
            .read(|conn| forecast_of(conn, &filter, NOON, &TimeZone::UTC))
            .unwrap()
    };
    let new = [call(20, 7_000), call(1, 7_000)];
    assert_eq!(forecast(&new).map(|found| found.days), Some(20));
    let back = [&new[..], &[call(200, 1)]].concat();
    let found = forecast(&back).unwrap();
    assert_eq!(found.days, 56, "the pause is history, too");
    assert_eq!(forecast(&[call(3, 7_000)]), None);
    let away = forecast(&[call(200, 1)]).unwrap();
    assert_eq!((away.days, away.high.as_str()), (56, "$0"));
}

#[test]
fn days_backwards_and_centuries_are_refused() {
    let date = jiff::civil::date;
    assert!(matches!(
        Span::of(date(2026, 2, 2), date(2026, 2, 1)),
        Err(ReportError::Backwards { .. })
    ));
    assert!(matches!(
        Span::of(date(1926, 2, 2), date(2026, 2, 1)),
        Err(ReportError::TooLong)
    ));
}
