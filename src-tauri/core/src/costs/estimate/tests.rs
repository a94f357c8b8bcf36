//! What the arithmetic promises, against exact rationals.

use num_rational::Ratio;
use proptest::prelude::*;

use super::*;
use crate::{
    costs::{
        self,
        listing::Service,
        rates::{Rates, Tier},
        testing::{NOON, Place, call, ended, workspace},
    },
    money::UnitPrice,
    store::StoreError,
};

type Exact = Ratio<i128>;

/// A decimal such as `2.50` as a fraction, read by other means than the code under test.
fn fraction(text: &str) -> Exact {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: i128 = format!("{whole}{part}").parse().unwrap();
    Ratio::new(digits, 10_i128.pow(u32::try_from(part.len()).unwrap()))
}

fn listing(rates: Rates, tiers: Vec<Tier>) -> Listing {
    Listing {
        provider: "someone".into(),
        model: "model".into(),
        dated: false,
        service: Service::Standard,
        from: jiff::civil::date(2026, 1, 1),
        until: None,
        hours: None,
        rates,
        tiers,
        source: "a test".into(),
        as_of: jiff::civil::date(2026, 1, 1),
    }
}

fn only_input(dollars: &str) -> Rates {
    Rates {
        input: dollars.parse().unwrap(),
        cached: None,
        cache_write: None,
        cache_write_hour: None,
        output: None,
        reasoning: None,
    }
}

/// A price as text, in the order of [`TokenKind::ALL`], and the same read.
fn rates() -> impl Strategy<Value = ([String; 6], Rates)> {
    prop::array::uniform6("[0-9]{1,4}\\.[0-9]{1,6}").prop_map(|texts| {
        let unit = |at: usize| -> UnitPrice { texts[at].parse().unwrap() };
        let rates = Rates {
            input: unit(0),
            cached: Some(unit(1)),
            cache_write: Some(unit(2)),
            cache_write_hour: Some(unit(3)),
            output: Some(unit(4)),
            reasoning: Some(unit(5)),
        };
        (texts, rates)
    })
}

fn tokens() -> impl Strategy<Value = Tokens> {
    // Small counts meet the borders of tiers, large ones the width of the numbers.
    let count = || prop_oneof![0u64..40, 0u64..(1 << 40)];
    prop::array::uniform6(count()).prop_map(|counts| Tokens {
        input: counts[0],
        cached: counts[1],
        cache_write: counts[2],
        cache_write_hour: counts[3],
        output: counts[4],
        reasoning: counts[5],
    })
}

proptest! {
    #[test]
    fn a_cost_is_the_exact_sum_of_counts_times_prices(
        base in rates(),
        long in rates(),
        above in 1u64..100,
        tokens in tokens(),
    ) {
        let price = listing(base.1, vec![Tier { above, rates: long.1 }]);
        let shown = cost(&price, &tokens).unwrap().to_string();
        let prompt = tokens.input + tokens.cached + tokens.cache_write + tokens.cache_write_hour;
        let texts = if prompt > above { long.0 } else { base.0 };
        let counts = TokenKind::ALL.map(|kind| i128::from(tokens.count(kind)));
        let exact: Exact = texts
            .iter()
            .zip(counts)
            .map(|(text, count)| fraction(text) * count / 1_000_000)
            .sum();
        prop_assert_eq!(fraction(shown.trim_start_matches('$')), exact);
    }

    #[test]
    fn no_call_costs_more_than_the_most_that_was_said_before_it(
        base in rates(),
        long in rates(),
        above in 1u64..200,
        tokens in tokens(),
        room in 0u64..50,
        caching in prop_oneof![
            Just(Caching::Reads), Just(Caching::Writes), Just(Caching::WritesForAnHour),
        ],
    ) {
        let tokens = match caching {
            Caching::Reads => Tokens { cache_write: 0, cache_write_hour: 0, ..tokens },
            Caching::Writes => Tokens { cache_write_hour: 0, ..tokens },
            Caching::WritesForAnHour => tokens,
        };
        let price = listing(base.1, vec![Tier { above, rates: long.1 }]);
        let ahead = Ahead {
            prompt: tokens.prompt() + room,
            max_output: tokens.output + tokens.reasoning + room,
            caching,
        };
        prop_assert!(cost(&price, &tokens).unwrap() <= most(&price, &ahead).unwrap());
    }

    #[test]
    fn without_a_cache_the_most_is_what_a_full_answer_costs(base in rates(), prompt: u32, output: u32) {
        let rates = Rates { cached: None, reasoning: None, ..base.1 };
        let price = listing(rates, Vec::new());
        let ahead = Ahead { prompt: prompt.into(), max_output: output.into(), caching: Caching::Reads };
        let tokens = Tokens { input: prompt.into(), output: output.into(), ..Tokens::default() };
        prop_assert_eq!(most(&price, &ahead).unwrap(), cost(&price, &tokens).unwrap());
    }

    #[test]
    fn taking_a_report_apart_counts_each_token_once(
        fresh: u32, cached: u32, written: u32, hour: u32, visible: u32, reasoning: u32,
    ) {
        let expected = Tokens {
            input: fresh.into(),
            cached: cached.into(),
            cache_write: written.into(),
            cache_write_hour: hour.into(),
            output: visible.into(),
            reasoning: reasoning.into(),
        };
        let usage = |input| Usage {
            input,
            cached: cached.into(),
            cache_write: written.into(),
            cache_write_hour: hour.into(),
            output: u64::from(visible) + u64::from(reasoning),
            reasoning: reasoning.into(),
        };
        prop_assert_eq!(Tokens::of(usage(expected.prompt()), Counting::CacheIncluded), expected);
        prop_assert_eq!(Tokens::of(usage(fresh.into()), Counting::CacheApart), expected);
    }

    #[test]
    fn no_report_of_a_provider_breaks_the_arithmetic(counts: [u64; 6], base in rates()) {
        let [input, cached, cache_write, cache_write_hour, output, reasoning] = counts;
        let usage = Usage { input, cached, cache_write, cache_write_hour, output, reasoning };
        let price = listing(base.1, Vec::new());
        for counting in [Counting::CacheIncluded, Counting::CacheApart] {
            let tokens = Tokens::of(usage, counting);
            prop_assert!(cost(&price, &tokens).unwrap() >= Money::ZERO);
            prop_assert_eq!(tokens.cached, cached, "what is reported is billed");
        }
    }
}

#[test]
fn a_prompt_at_the_border_is_not_yet_long() {
    let price = listing(
        only_input("1"),
        vec![
            Tier {
                above: 10,
                rates: only_input("2"),
            },
            Tier {
                above: 20,
                rates: only_input("4"),
            },
        ],
    );
    let costs = [10, 11, 20, 21].map(|input| {
        let tokens = Tokens {
            input,
            ..Tokens::default()
        };
        cost(&price, &tokens).unwrap().pico() / 1_000_000
    });
    assert_eq!(
        costs,
        [10, 22, 40, 84],
        "a tier holds for every token of the call"
    );
}

#[test]
fn a_dearer_short_prompt_counts_for_the_most() {
    let price = listing(
        only_input("5"),
        vec![Tier {
            above: 10,
            rates: only_input("1"),
        }],
    );
    let ahead = Ahead {
        prompt: 11,
        max_output: 0,
        caching: Caching::Reads,
    };
    assert_eq!(
        most(&price, &ahead).unwrap().pico(),
        50_000_000,
        "ten tokens at the short price are more than eleven at the long one"
    );
}

#[test]
fn tokens_without_a_price_make_the_cost_unknown_and_not_zero() {
    let price = listing(only_input("1"), Vec::new());
    for (tokens, kind) in [
        (
            Tokens {
                cached: 1,
                ..Tokens::default()
            },
            TokenKind::Cached,
        ),
        (
            Tokens {
                cache_write: 1,
                ..Tokens::default()
            },
            TokenKind::CacheWrite,
        ),
        (
            Tokens {
                cache_write_hour: 1,
                ..Tokens::default()
            },
            TokenKind::CacheWriteHour,
        ),
        (
            Tokens {
                output: 1,
                ..Tokens::default()
            },
            TokenKind::Output,
        ),
        (
            Tokens {
                reasoning: 1,
                ..Tokens::default()
            },
            TokenKind::Reasoning,
        ),
    ] {
        assert_eq!(cost(&price, &tokens), Err(Unpriced(kind)));
    }
    let ahead = Ahead {
        prompt: 1,
        max_output: 1,
        caching: Caching::Reads,
    };
    assert_eq!(most(&price, &ahead), Err(Unpriced(TokenKind::Output)));
}

#[test]
fn reasoning_costs_what_output_does_where_it_has_no_price_of_its_own() {
    let rates = Rates {
        output: Some("3".parse().unwrap()),
        ..only_input("1")
    };
    let tokens = Tokens {
        output: 2,
        reasoning: 5,
        ..Tokens::default()
    };
    assert_eq!(
        cost(&listing(rates, Vec::new()), &tokens).unwrap().pico(),
        21_000_000
    );
}

#[test]
fn whatever_counts_a_server_sends_the_end_of_the_call_is_stored_with_an_exact_cost_or_none() {
    let store = Place::new().open();
    let of = store
        .write(|tx| Ok::<_, StoreError>(workspace(tx)))
        .unwrap();
    let count = || prop_oneof![any::<u64>(), 0..1_000_000_u64, Just(u64::MAX)];
    let dollars = || prop_oneof![0.0..1_000_000.0_f64, 0.0..10.0_f64];
    proptest!(|(input in count(), cached in count(), output in count(), price in dollars())| {
        let rates = Rates {
            cached: Some("0.1".parse().unwrap()),
            output: Some("9".parse().unwrap()),
            ..only_input(&format!("{price:.6}"))
        };
        let usage = Usage { input, cached, output, ..Usage::default() };
        let tokens = Tokens::of(usage, Counting::CacheIncluded);
        let exact = cost(&listing(rates, Vec::new()), &tokens).unwrap();
        let kept = exact.storable();
        let stored: Option<Money> = store.write(|tx| {
            let number = call(tx, of, NOON);
            costs::end(tx, number, &ended(kept))?;
            let row = tx.query_row("SELECT cost_pico FROM calls WHERE number = ?1", [number], |row| row.get(0))?;
            Ok::<_, StoreError>(row)
        }).unwrap();
        let fits = exact.pico() <= i128::from(i64::MAX);
        prop_assert_eq!(stored, fits.then_some(exact));
    });
}

#[test]
fn anthropic_counts_the_cache_apart_and_the_others_within() {
    assert_eq!(Counting::of_provider("anthropic"), Counting::CacheApart);
    for provider in ["openai", "google", "mistral", "deepseek", "groq", "someone"] {
        assert_eq!(Counting::of_provider(provider), Counting::CacheIncluded);
    }
}
