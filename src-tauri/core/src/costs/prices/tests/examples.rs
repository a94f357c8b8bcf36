//! What the built-in prices make of calls that vendors give as examples.

use super::*;

/// What a call costs on a day, by the built-in prices.
fn dollars(store: &Store, model: &str, day: &str, usage: Usage) -> String {
    let wanted = Wanted {
        at: at(&format!("{day}T12:00:00Z")),
        ..wanted(None, model)
    };
    let price = found(store, &wanted).listing;
    let tokens = Tokens::of(usage, Counting::of_provider(&price.provider));
    cost(&price, &tokens).unwrap().to_string()
}

#[test]
fn published_examples_cost_what_they_cost() {
    let store = store();
    let usage = Usage {
        input: 1_000_000,
        cached: 400_000,
        output: 200_000,
        reasoning: 150_000,
        ..Usage::default()
    };
    let of = |model, day| dollars(&store, model, day, usage);
    // 0.6 × 1.25 + 0.4 × 0.125 + 0.2 × 10
    assert_eq!(of("gpt-5", "2025-11-25"), "$2.8");
    assert_eq!(of("gpt-5", "2026-11-24"), "$2.8");
    // More than 200 000 tokens of prompt, as it was: 1 × 6 + 0.4 × 0.6 + 0.2 × 22.5
    assert_eq!(of("claude-sonnet-4-5", "2025-11-25"), "$10.74");
    // Without a price for long prompts, as it is: 1 × 3 + 0.4 × 0.3 + 0.2 × 15
    assert_eq!(of("claude-sonnet-4-5", "2026-11-24"), "$6.12");
    // 1 × 5 + 0.4 × 0.5 + 0.2 × 25
    assert_eq!(of("claude-opus-4-5", "2026-11-24"), "$10.2");
    // More than 272 000: 0.6 × 0.2 + 0.4 × 0.02 + 0.2 × 0.75
    assert_eq!(of("gpt-6-luna", "2026-11-24"), "$0.278");
    // More than 200 000: 0.6 × 2.5 + 0.4 × 0.25 + 0.2 × 15
    assert_eq!(of("gemini-2.5-pro", "2026-11-24"), "$4.6");
}

#[test]
fn cache_writes_and_long_prompts_cost_what_the_vendor_says() {
    let store = store();
    let usage = |input| Usage {
        input,
        cached: 10_000,
        cache_write: 20_000,
        cache_write_hour: 30_000,
        output: 1_001,
        ..Usage::default()
    };
    let haiku = |input| dollars(&store, "claude-haiku-5-5", "2026-11-24", usage(input));
    // A prompt of 100 000 in all: 40 000 × 0.1 + 10 000 × 0.01 + 20 000 × 0.125 + 30 000 × 0.2
    // + 1001 × 0.5 millionths.
    assert_eq!(haiku(40_000), "$0.0131005");
    // One token more, and all of it costs five times as much.
    assert_eq!(haiku(40_001), "$0.065503");
}

#[test]
fn off_peak_hours_cost_less_on_their_days() {
    let store = store();
    let at_time = |time| {
        let wanted = Wanted {
            at: at(time),
            ..wanted(Some("deepseek"), "deepseek-v4-pro")
        };
        input(&store, &wanted)
    };
    assert_eq!(at_time("2026-11-24T09:59:00Z"), "1.32", "a Tuesday at work");
    assert_eq!(at_time("2026-11-24T10:00:00Z"), "0.66", "that evening");
    assert_eq!(at_time("2026-11-28T09:59:00Z"), "0.66", "a Saturday");
}
