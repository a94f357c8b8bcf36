//! What is read from a list of that form, what is left out, and that nothing in it does harm.

use proptest::prelude::*;

use super::*;
use crate::costs::rates::Rates;

fn day() -> Date {
    "2026-11-20".parse().unwrap()
}

/// What is read of a list with these entries.
fn read_of(entries: &str) -> Result<Published, PublishedError> {
    read(format!("{{{entries}}}").as_bytes(), "a test", day())
}

/// A model of OpenAI with these fields beside the usual ones.
fn model(name: &str, fields: &str) -> String {
    let comma = if fields.is_empty() { "" } else { "," };
    format!(
        r#""{name}": {{"litellm_provider": "openai", "mode": "chat",
            "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05{comma} {fields}}}"#
    )
}

/// The listings of one model, and what was left out of it.
fn listings(fields: &str) -> (Vec<Listing>, Skipped) {
    let read = read_of(&model("m", fields)).unwrap();
    (read.list.listings, read.skipped)
}

/// Why a model with these fields is left out. Another one is there, so that the list is one.
fn skipped(fields: &str) -> Option<Skip> {
    let read = read_of(&format!("{}, {}", model("fine", ""), model("m", fields))).unwrap();
    assert!(read.models() == 2 || read.skipped.total() == 1, "{fields}");
    read.skipped.0.into_keys().next()
}

fn shown(rates: &Rates) -> String {
    serde_json::to_string(rates).unwrap()
}

#[test]
fn every_price_of_a_token_is_read_exactly() {
    let (listings, skipped) = listings(
        r#""cache_read_input_token_cost": 1.25e-07, "cache_creation_input_token_cost": 1.5625E-06,
           "cache_creation_input_token_cost_above_1hr": 0.0000025,
           "output_cost_per_reasoning_token": 2e-5, "max_input_tokens": 272000,
           "input_cost_per_audio_token": 3.2e-05, "supports_vision": true"#,
    );
    let [listing] = listings.try_into().unwrap();
    assert_eq!(
        shown(&listing.rates),
        r#"{"input":"1.25","cached":"0.125","cache_write":"1.5625","cache_write_hour":"2.5","output":"10","reasoning":"20"}"#
    );
    assert_eq!((listing.from, listing.as_of), (day(), day()));
    assert_eq!(listing.source, "a test");
    assert_eq!(skipped, Skipped::default());
}

#[test]
fn ways_of_asking_and_long_prompts_have_prices_of_their_own() {
    let (listings, skipped) = listings(
        r#""input_cost_per_token_above_200k_tokens": 2.5e-06,
           "output_cost_per_token_above_200k_tokens": 1.5e-05,
           "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 5e-06,
           "input_cost_per_token_batches": 6.25e-07, "output_cost_per_token_batches": 5e-06,
           "input_cost_per_token_above_200k_tokens_batches": 1.25e-06,
           "output_cost_per_token_above_200k_tokens_batches": 7.5e-06,
           "input_cost_per_token_priority": 2.5e-06, "output_cost_per_token_priority": 2e-05"#,
    );
    let [standard, batch] = listings.try_into().unwrap();
    assert_eq!(
        (standard.service, batch.service),
        (Service::Standard, Service::Batch)
    );
    assert_eq!(
        shown(standard.rates_for(200_001)),
        r#"{"input":"2.5","cache_write_hour":"5","output":"15"}"#
    );
    assert_eq!(standard.rates_for(200_000), &standard.rates);
    assert_eq!(
        shown(batch.rates_for(200_001)),
        r#"{"input":"1.25","output":"7.5"}"#
    );
    assert_eq!(
        skipped.0,
        [(Skip::OtherForm, 1)].into(),
        "priority without a price for long prompts would be taken to have the same one"
    );
}

#[test]
fn off_peak_hours_are_prices_of_their_own() {
    let (listings, _) = listings(
        r#""cache_read_input_token_cost": 2e-07, "off_peak_pricing": {"input_cost_per_token": 6e-07,
           "windows": [{"hours_utc": ["00:00-01:00", "10:00-00:00"], "weekdays": [1, 2, 3, 4, 5]},
                       {"hours_utc": "00:00-00:00", "weekdays": [6, 7]}]}"#,
    );
    let hours: Vec<_> = listings
        .iter()
        .map(|one| one.hours.map(|hours| hours.to_string()))
        .collect();
    let expected = [
        "mon-fri 00:00-01:00",
        "mon-fri 10:00-00:00",
        "sat-sun 00:00-00:00",
    ];
    assert_eq!(hours[0], None);
    assert_eq!(hours[1..], expected.map(|hours| Some(hours.to_owned())));
    assert_eq!(
        shown(&listings[1].rates),
        r#"{"input":"0.6","cached":"0.2","output":"10"}"#,
        "what is not said of these hours is as in all hours"
    );
    for wrong in [
        r#"{"windows": [{"hours_utc": "10:00-12:00", "weekdays": [1, 3]}]}"#,
        r#"{"windows": [{"hours_utc": "10:00-12:00", "weekdays": [0, 1]}]}"#,
        r#"{"windows": [{"hours_utc": "10:00-12:00", "weekdays": []}]}"#,
        r#"{"windows": [{"hours_utc": "10:00-12:00", "months": [1]}]}"#,
        r#"{"windows": [{"hours_utc": "at night"}]}"#,
        r#"{"windows": [{"hours_utc": "10:00-12:00"}], "weekday_timezone": "Asia/Shanghai"}"#,
        r#"{"input_cost_per_token": 1e-7}"#,
    ] {
        let fields = format!(r#""off_peak_pricing": {wrong}"#);
        assert_eq!(
            self::skipped(&fields),
            Some(Skip::OtherForm),
            "a price of all hours would be wrong in some: {wrong}"
        );
    }
}

#[test]
fn a_model_has_the_name_that_its_vendor_gives_it() {
    let entry = |name: &str, vendor: &str| {
        format!(
            r#""{name}": {{"litellm_provider": "{vendor}", "mode": "chat",
                "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}}"#
        )
    };
    let read = read_of(
        &[
            entry("gemini/gemini-9", "gemini"),
            entry("groq/openai/gpt-oss", "groq"),
            entry("openai/gpt-9", "openai"),
            entry("gpt-9", "openai"),
            entry("command-z", "cohere_chat"),
            r#""gpt-latest": {"alias_of": "gpt-9"}, "lost": {"alias_of": "gone"}"#.into(),
            entry("elsewhere/m", "elsewhere"),
        ]
        .join(","),
    )
    .unwrap();
    let names: Vec<_> = read
        .list
        .listings
        .iter()
        .map(|one| (&*one.provider, &*one.model, one.dated))
        .collect();
    assert_eq!(
        names,
        [
            ("cohere", "command-z", false),
            ("google", "gemini-9", true),
            ("groq", "openai/gpt-oss", false),
            ("openai", "gpt-9", true),
            ("openai", "gpt-latest", false),
        ]
    );
    assert_eq!(
        read.skipped.0,
        [(Skip::OtherVendor, 1), (Skip::OtherForm, 1)].into()
    );
}

#[test]
fn what_cannot_be_said_exactly_is_left_out_and_counted() {
    let cases = [
        (r#""mode": "image_generation""#, Skip::OtherKind),
        (r#""mode": 7"#, Skip::Malformed),
        (r#""litellm_provider": "elsewhere""#, Skip::OtherVendor),
        (r#""litellm_provider": null"#, Skip::OtherVendor),
        (r#""input_cost_per_token": 0.0"#, Skip::NoPrice),
        (r#""input_cost_per_token": null"#, Skip::NoPrice),
        (r#""input_cost_per_token": -1e-7"#, Skip::Malformed),
        (r#""input_cost_per_token": "1e-7""#, Skip::Malformed),
        (r#""input_cost_per_token": [1e-7]"#, Skip::Malformed),
        (r#""input_cost_per_token": 2"#, Skip::Malformed),
        (r#""input_cost_per_token": 1e400"#, Skip::Malformed),
        (
            r#""input_cost_per_token": 2.0000000000000002e-7"#,
            Skip::TooFine,
        ),
        (r#""input_cost_per_request": 0.005"#, Skip::OtherFees),
        (r#""tiered_pricing": []"#, Skip::OtherForm),
        (
            r#""output_cost_per_token_above_200k_tokens": 1e-5"#,
            Skip::OtherForm,
        ),
        (
            r#""input_cost_per_token_above_12m_tokens": 1e-5"#,
            Skip::OtherForm,
        ),
        (
            r#""input_cost_per_token_above_0k_tokens": 1e-5"#,
            Skip::OtherForm,
        ),
        (
            r#""input_cost_per_token_above_99999999999999999999k_tokens": 1e-5"#,
            Skip::OtherForm,
        ),
    ];
    for (fields, why) in cases {
        assert_eq!(skipped(fields), Some(why), "{fields}");
    }
    assert_eq!(skipped(r#""input_cost_per_request": 0"#), None);
    let twice = [
        model("m", ""),
        model("openai/m", r#""cache_read_input_token_cost": 1e-7"#),
    ];
    let read = read_of(&format!("{}, {}", twice.join(","), model("fine", ""))).unwrap();
    assert_eq!(
        read.models(),
        1,
        "nobody can say which of two prices is right"
    );
    assert_eq!(read.skipped.0, [(Skip::Contradictory, 1)].into());
}

#[test]
fn a_zero_beside_a_price_says_nothing() {
    let (listings, _) = listings(
        r#""cache_creation_input_token_cost": 0.0, "cache_read_input_token_cost": 0,
           "input_cost_per_token_cache_hit": 3e-8"#,
    );
    assert_eq!(
        shown(&listings[0].rates),
        r#"{"input":"1.25","cached":"0.03","output":"10"}"#,
        "and the older name of a field stands in for the newer"
    );
}

#[test]
fn how_much_a_model_can_read_and_write_comes_along_where_it_is_a_number() {
    let limits = |fields| read_of(&model("m", fields)).unwrap().list.limits;
    let [known] = limits(r#""max_input_tokens": 272000, "max_output_tokens": 128000"#)
        .try_into()
        .unwrap();
    assert_eq!((&*known.provider, &*known.model), ("openai", "m"));
    assert_eq!(known.limits.max_input_tokens, Some(272_000));
    assert_eq!(known.limits.max_output_tokens, Some(128_000));
    let nothing = r#""max_input_tokens": "many", "max_output_tokens": -1"#;
    assert_eq!(limits(nothing), []);
    assert_eq!(limits(r#""max_input_tokens": 99999999999999999999"#), []);
}

#[test]
fn what_is_no_such_list_is_refused() {
    for text in ["", "[]", "{", "7", "{\"m\": {}} x"] {
        let refused = read(text.as_bytes(), "a test", day());
        assert!(matches!(refused, Err(PublishedError::Format(_))), "{text}");
    }
    for text in ["{}", r#"{"m": 7}"#, r#"{"m": {"litellm_provider": []}}"#] {
        let refused = read(text.as_bytes(), "a test", day());
        assert!(matches!(refused, Err(PublishedError::Nothing)), "{text}");
    }
    assert!(read(b"\xff\xfe", "a test", day()).is_err());
    assert!(is_published(r#"{"sample_spec": {}, "gpt-9": {}}"#));
    assert!(!is_published(r#"{"format": 1, "lists": []}"#));
    assert!(!is_published("no JSON"));
}

#[test]
fn depth_does_not_end_the_program() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let fields = format!(r#""off_peak_pricing": {deep}"#);
    assert_eq!(skipped(&fields), Some(Skip::Malformed));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = read(&bytes, "a test", day());
    }

    #[test]
    fn any_value_of_a_field_is_read_or_left_out(
        field in "(input|output)_cost_per_token(_above_[0-9]{1,3}k_tokens)?(_batches)?|mode|alias_of|off_peak_pricing",
        value in r#"-?[0-9]{1,3}(\.[0-9]{1,20})?([eE]-?[0-9]{1,3})?|"[a-z]{0,9}"|null|true|\{\}|\[[0-9]\]"#,
    ) {
        let fields = format!(r#""{field}": {value}"#);
        let _ = read_of(&model("m", &fields));
    }

    #[test]
    fn a_price_is_the_written_number_times_a_million(pico in 1u64..=1_000_000_000_000) {
        let fields = format!(r#""input_cost_per_token": {pico}e-12"#);
        let (listings, _) = listings(&fields);
        let price = listings[0].rates.input;
        prop_assert_eq!(price.times(1).pico(), i128::from(pico));
    }
}
