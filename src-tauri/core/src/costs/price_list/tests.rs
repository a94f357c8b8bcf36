//! What a file of prices may say, and what the one inside this program says.

use proptest::prelude::*;

use super::*;
use crate::money::UnitPrice;

/// A file with one list of prices.
fn file(prices: &str) -> String {
    format!(
        r#"{{"format": 1, "lists": [{{"provider": "someone", "source": "a test",
            "as_of": "2026-01-01", "prices": [{prices}]}}]}}"#
    )
}

#[test]
fn a_price_is_read_with_all_that_it_can_say() {
    let text = file(
        r#"{"model": "m", "dated": true, "service": "batch", "from": "2025-02-03", "until": "2025-03-04",
            "hours": "16:30-00:30", "rates": {"input": "2.50", "cached": "0.25", "cache_write": "3",
            "cache_write_hour": "5", "output": "10", "reasoning": "20"},
            "tiers": [{"above": 200000, "rates": {"input": "5"}}]}"#,
    );
    let [listing] = parse(&text).unwrap().listings.try_into().unwrap();
    assert_eq!(listing.rates.input.times(2).pico(), 5_000_000);
    assert_eq!((listing.dated, listing.service), (true, Service::Batch));
    assert_eq!(listing.hours.unwrap().to_string(), "16:30-00:30");
    assert_eq!(listing.rates_for(200_001).input.to_string(), "5");
    assert_eq!(listing.as_of.to_string(), "2026-01-01");
}

#[test]
fn a_file_with_anything_wrong_in_it_is_refused_as_a_whole() {
    let cases = [
        (String::new(), "not a file of prices"),
        ("[]".into(), "not a file of prices"),
        (r#"{"format": 2, "prices": {}}"#.into(), "format 2"),
        (
            file(r#"{"model": "m", "from": "2026-01-01", "rates": {"input": 2.5}}"#),
            "string",
        ),
        (
            file(r#"{"model": "m", "from": "2026-01-01", "rates": {"input": "-1"}}"#),
            "“-1” is not a price",
        ),
        (
            file(r#"{"model": "m", "from": "2026-01-01", "rates": {"input": "1", "cahced": "1"}}"#),
            "cahced",
        ),
        (
            file(r#"{"model": "m", "from": "2026-01-01", "rates": {"output": "1"}}"#),
            "input",
        ),
        (
            file(r#"{"model": "m", "from": "2026-02-30", "rates": {"input": "1"}}"#),
            "date",
        ),
        (
            file(r#"{"model": "m", "from": "2026-01-01", "rates": {"input": "1", "input": "2"}}"#),
            "duplicate",
        ),
        (
            file(r#"{"model": "a b", "from": "2026-01-01", "rates": {"input": "1"}}"#),
            "“a b”",
        ),
        (
            file(
                r#"{"model": "m", "from": "2026-01-01", "rates": {"input": "1"}},
                   {"model": "m", "from": "2026-01-01", "rates": {"input": "2"}}"#,
            ),
            "two prices",
        ),
    ];
    for (text, words) in cases {
        let refused = parse(&text).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused} should name {words}");
    }
}

#[test]
fn the_file_in_the_documentation_is_one() {
    let page = include_str!("../../../../../docs/prices.md");
    let (_, from_json) = page.split_once("```json").unwrap();
    let (example, _) = from_json.split_once("```").unwrap();
    let [listing] = parse(example).unwrap().listings.try_into().unwrap();
    assert!(
        built_in().listings.contains(&listing),
        "and says what the built-in one says"
    );
}

#[test]
fn the_built_in_list_has_the_models_that_people_use() {
    let list = built_in();
    let has = |provider, model, service| {
        list.listings
            .iter()
            .any(|one| (&*one.provider, &*one.model, one.service) == (provider, model, service))
    };
    for (provider, model) in [
        ("openai", "gpt-5"),
        ("openai", "gpt-6-luna"),
        ("openai", "gpt-4o-mini"),
        ("openai", "text-embedding-3-small"),
        ("anthropic", "claude-opus-5-5"),
        ("anthropic", "claude-haiku-5-5"),
        ("google", "gemini-3.8-flash"),
        ("mistral", "mistral-large-latest"),
        ("groq", "openai/gpt-oss-120b"),
        ("deepseek", "deepseek-v4-pro"),
        ("xai", "grok-4.7"),
        ("together", "zai-org/GLM-5.3"),
        ("cohere", "command-a-03-2025"),
        ("fireworks", "accounts/fireworks/models/gpt-oss-120b"),
        ("azure", "gpt-5.1"),
        ("local", "*"),
        ("ollama", "*"),
    ] {
        assert!(
            has(provider, model, Service::Standard),
            "{provider} {model}"
        );
    }
    assert!(has("openai", "gpt-6-luna", Service::Batch));
    assert!(has("openai", "gpt-6-luna", Service::Flex));
    assert!(has("openai", "gpt-6-luna", Service::Priority));
}

#[test]
fn nothing_of_a_vendor_is_free_and_everything_on_ones_own_computer_is() {
    for listing in built_in().listings {
        let free = ["local", "ollama"].contains(&listing.provider.as_str());
        assert_eq!(free, listing.model == "*", "{}", listing.model);
        for rates in listing.all_rates() {
            assert_eq!(rates.input.is_zero(), free, "{}", listing.model);
            assert_eq!(
                rates.output.is_some_and(UnitPrice::is_zero),
                free,
                "{}",
                listing.model
            );
        }
    }
}

#[test]
fn the_built_in_file_is_as_the_script_writes_it() {
    let list = built_in();
    let note = BUILT_IN
        .lines()
        .find_map(|line| {
            line.trim()
                .strip_prefix(r#""note": ""#)?
                .strip_suffix(r#"","#)
        })
        .unwrap();
    assert_eq!(write(&list, note), BUILT_IN);
}

proptest! {
    #[test]
    fn any_text_is_a_file_of_prices_or_refused(text in ".{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn a_damaged_file_is_read_or_refused(at in 0usize..400_000, byte: u8) {
        let mut bytes = BUILT_IN.as_bytes().to_vec();
        if let Some(there) = bytes.get_mut(at) {
            *there = byte;
        }
        let _ = parse(&String::from_utf8_lossy(&bytes));
    }
}
