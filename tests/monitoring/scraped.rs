//! The real Prometheus scrapes a real Gatehouse.

use gatehouse_core::{money::Money, review::PriceInput};
use serde_json::Value;

use super::*;
use crate::support::prometheus::{self, Prometheus, promtool};

/// Answers and a failure of a provider with known prices, and an answer of the model here.
fn with_calls(provider: &Provider) -> Place {
    let models = ["gpt-5", "gpt-5-mini", "gpt-4o", "unpriced", "own-priced"];
    let place = Place::with_prices(provider, &models);
    place.budget("1000");
    for model in [
        "to-gpt-5",
        "to-gpt-5",
        "to-gpt-5-mini",
        &place.local_model(),
    ] {
        let answer = place.ask(model);
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    place.ask("to-gpt-4o");
    app::holds(&place.app);
    place
}

/// As [`provider`], but of one model it says what a cache had and what was thought, too.
fn provider_with_parts() -> Provider {
    Provider::start(|request| {
        let model = request.json()["model"].clone();
        if model == "gpt-4o" {
            return Reply::Refuse(400, "No.");
        }
        if model != "gpt-5-mini" {
            return Reply::Pieces(vec!["Hello".into(), " there.".into()], 12_345, 678);
        }
        let text = json!({ "choices": [{ "index": 0, "delta": { "content": "Hello." } }] });
        let end = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
        let usage = json!({ "choices": [], "usage": {
            "prompt_tokens": 12_345, "prompt_tokens_details": { "cached_tokens": 2_345 },
            "completion_tokens": 678, "completion_tokens_details": { "reasoning_tokens": 200 },
        } });
        let stream = format!("data: {text}\n\ndata: {end}\n\ndata: {usage}\n\ndata: [DONE]\n\n");
        Reply::Raw("text/event-stream", stream.into())
    })
}

/// Have a model answer that nobody but the person knows the price of.
fn ask_at_an_own_price(place: &Place) {
    let price = PriceInput {
        provider: "openai".into(),
        model: "own-priced".into(),
        input: "3".into(),
        output: "7".into(),
        ..PriceInput::default()
    };
    place.app.set_price(&price).unwrap();
    assert_eq!(place.ask("to-own-priced").status, 200);
}

#[test]
fn prometheus_answers_what_the_costs_say_to_the_cent() {
    let provider = provider_with_parts();
    let place = with_calls(&provider);
    ask_at_an_own_price(&place);
    let prometheus = Prometheus::scraping(&place.served, &place.reads);
    let costs = place.costs();
    let sum = |of: fn(&FiguresView) -> u64| costs.iter().map(|(_, now)| of(now)).sum::<u64>();
    let calls = sum(|now| now.calls);
    assert_eq!(calls, 6);
    let same = |wanted: u64| move |value: &str| value == wanted.to_string();
    prometheus.value("sum(llm_requests_total)", same(calls));
    prometheus.value(
        "sum(llm_requests_total{status=\"failed\"})",
        same(sum(|now| now.failed)),
    );
    prometheus.value("sum(llm_errors_total)", same(sum(|now| now.failed)));
    prometheus.value(
        "sum(llm_tokens_total{type=~\"input|cached_input|cache_write\"})",
        same(sum(|now| now.input + now.cached + now.cache_written)),
    );
    prometheus.value(
        "sum(llm_tokens_total{type=~\"output|reasoning\"})",
        same(sum(|now| now.output)),
    );
    let cached = sum(|now| now.cached);
    assert_eq!(cached, 2_345);
    prometheus.value("sum(llm_tokens_total{type=\"cached_input\"})", same(cached));
    prometheus.value("sum(llm_tokens_total{type=\"reasoning\"})", same(200));
    for histogram in [
        "llm_latency_seconds_count",
        "gen_ai_client_operation_duration_seconds_count{error_type=\"\"}",
        "llm_time_to_first_token_seconds_count",
    ] {
        prometheus.value(
            &format!("sum({histogram})"),
            same(calls - sum(|now| now.failed)),
        );
    }
    let mut priced = 0;
    for (model, now) in &costs {
        let expression = format!("llm_cost_dollars_total{{model=\"{model}\"}}");
        let told = prometheus.series(&expression);
        if model.starts_with("gpt-") {
            assert_eq!(dollars(&told[0].1), dollars(&now.cost), "{model}");
            priced += 1;
        }
    }
    assert_eq!(priced, 3);
    let all: Money = costs.iter().map(|(_, now)| dollars(&now.cost)).sum();
    // 12,345 tokens read and 678 written each: twice at 1.25 and 10 dollars a million, once at 0.25 and 2 with
    // 2,345 from a cache at 0.025, and once at 3 and 7.
    assert_eq!(all, dollars("0.090118125"));
    let own = dollars("0.041781");
    prometheus.value("sum(llm_cost_dollars_total{model=\"other\"})", |value| {
        dollars(value) == own
    });
    // Prometheus adds up in floating point.
    prometheus.value("sum(llm_cost_dollars_total)", |value| {
        value
            .parse()
            .is_ok_and(|sum: f64| (sum - 0.090_118_125).abs() < 1e-9)
    });
    prometheus.value("gatehouse_budget_spent_dollars", |value| {
        dollars(value) == all
    });
}

/// A sum of money as Prometheus or a report writes it.
fn dollars(text: &str) -> Money {
    Money::of_dollars(text.trim_start_matches('$')).unwrap()
}

#[test]
fn promtool_finds_nothing_to_say_about_the_figures() {
    let provider = provider();
    let place = with_calls(&provider);
    let text = place.scrape(&place.reads).body;
    assert!(text.contains("llm_cost_dollars_total"));
    let checked = promtool(&["check", "metrics"], &text);
    let said = [checked.stdout, checked.stderr].concat();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&said)
    );
    assert_eq!(String::from_utf8_lossy(&said), "");
}

/// Every expression of the dashboard, as Grafana asks it.
fn of_the_dashboard() -> Vec<String> {
    let text = std::fs::read_to_string(prometheus::file("grafana-dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap());
    targets
        .map(|target| {
            let asked = target["expr"].as_str().unwrap();
            asked
                .replace("$__rate_interval", "1m")
                .replace("$__range", "1h")
                .replace("$model", ".*")
        })
        .collect()
}

/// What each rule compares with its limit: the rule itself answers only when something is wrong.
fn of_the_rules() -> Vec<String> {
    let text = std::fs::read_to_string(prometheus::file("alerts.yml")).unwrap();
    let rules: Value = serde_saphyr::from_str(&text).unwrap();
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    rules
        .iter()
        .map(|rule| {
            let expression = rule["expr"].as_str().unwrap();
            let (compared, limit) = expression.rsplit_once(['<', '>']).unwrap();
            assert!(limit.trim().parse::<f64>().is_ok(), "{expression}");
            compared.to_owned()
        })
        .collect()
}

#[test]
fn a_record_that_was_never_verified_is_told_of_as_one_that_was_long_ago() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("never.yml");
    let alerts = prometheus::file("alerts.yml");
    let labels = |instance: &str| json!({ "severity": "warning", "instance": instance });
    let entries = |instance: &str| {
        let series = format!("gatehouse_record_entries{{instance=\"{instance}\"}}");
        json!({ "series": series, "values": "5x40" })
    };
    // The other one, which is as old, was verified a day ago.
    let verified = json!({
        "series": "gatehouse_record_verified_timestamp_seconds{instance=\"b\"}", "values": "2678400x40",
    });
    let summary = "The record was not verified in the last 30 days, or never.";
    let rules = json!({
        "rule_files": [alerts],
        "evaluation_interval": "1d",
        "tests": [{
            "interval": "1d",
            "input_series": [entries("a"), entries("b"), verified],
            "alert_rule_test": [{
                "eval_time": "32d",
                "alertname": "GatehouseRecordNotVerifiedForLong",
                "exp_alerts": [{ "exp_labels": labels("a"), "exp_annotations": { "summary": summary } }],
            }],
        }],
    });
    // JSON is YAML, too.
    std::fs::write(&file, rules.to_string()).unwrap();
    let tested = promtool(&["test", "rules", file.to_str().unwrap()], "");
    let said = [tested.stdout, tested.stderr].concat();
    assert!(
        tested.status.success(),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

#[test]
fn every_expression_of_the_dashboard_and_of_the_alerts_has_an_answer() {
    let checked = promtool(
        &[
            "check",
            "rules",
            prometheus::file("alerts.yml").to_str().unwrap(),
        ],
        "",
    );
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success(), "{said}");
    let provider = provider();
    let place = with_calls(&provider);
    assert_eq!(
        place.ask("to-unpriced").status,
        200,
        "at a cost that nobody knows"
    );
    let prometheus = Prometheus::scraping(&place.served, &place.reads);
    let (dashboard, rules) = (of_the_dashboard(), of_the_rules());
    assert!(dashboard.len() > 20 && rules.len() == 10);
    for expression in dashboard.iter().chain(&rules) {
        prometheus.until(expression, |series| !series.is_empty());
    }
    let loaded = prometheus.rules();
    assert_eq!(loaded.len(), rules.len());
    for rule in loaded {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
}
