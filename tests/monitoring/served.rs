//! What `/metrics` says, and to whom.

use gatehouse_core::record::Action;

use super::*;

/// The lines of a text that tell of calls, which no restart changes.
fn of_calls(text: &str) -> Vec<&str> {
    let lines = text.lines();
    lines
        .filter(|line| line.starts_with("llm_") || line.starts_with("gen_ai_"))
        .collect()
}

#[test]
fn metrics_are_read_by_a_client_that_was_added_for_it_and_does_nothing_else() {
    let place = Place::new();
    assert_eq!(
        app::fact(&place.app, Action::ClientAdded, "reads").as_deref(),
        Some("metrics")
    );
    let read = place.scrape(&place.reads);
    assert_eq!(read.status, 200, "{}", read.body);
    assert!(
        read.head
            .contains("content-type: text/plain; version=0.0.4"),
        "{}",
        read.head
    );
    assert_eq!(place.scrape(&place.asks).status, 403);
    assert_eq!(place.scrape("gatehouse-none").status, 401);
    let body = json!({ "model": "default", "messages": [{ "role": "user", "content": "Hello" }] });
    for path in ["/v1/chat/completions", "/v1/messages", "/v1/embeddings"] {
        let refused = place.served.post(path, &place.reads, &body);
        assert_eq!(refused.status, 403, "{path}: {}", refused.body);
    }
    assert!(place.costs().is_empty(), "no model was asked");
}

#[test]
fn a_page_that_plays_our_name_or_comes_from_elsewhere_reads_no_metrics() {
    let place = Place::new();
    let with = |headers: &str| {
        let request = format!(
            "GET /metrics HTTP/1.1\r\n{headers}\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
            place.reads
        );
        place.served.send(request.as_bytes()).status
    };
    let own = place.served.host();
    assert_eq!(with(&format!("host: {own}")), 200);
    assert_eq!(with("host: evil.example"), 421);
    assert_eq!(
        with(&format!("host: {own}\r\norigin: https://evil.example")),
        403
    );
}

#[test]
fn no_label_says_what_a_person_wrote_or_what_a_person_called_something() {
    let provider = provider();
    let place = Place::with_prices(&provider, &["gpt-5", "anna-weiss-tuned"]);
    place.budget("100");
    for model in ["to-gpt-5", "to-anna-weiss-tuned", &place.local_model()] {
        let answer = place.ask(model);
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let text = place.scrape(&place.reads).body;
    let lower = text.to_lowercase();
    for word in ["anna", "weiss", "lease", "smollm", "to-gpt", "editor"] {
        assert!(!lower.contains(word), "{word} in {text}");
    }
    let workspace = app::here(&place.app).to_string();
    assert!(!lower.contains(&workspace.to_lowercase()));
    for model in ["gpt-5", "other"] {
        let line = format!(
            "llm_requests_total{{model=\"{model}\",provider=\"openai\",status=\"answered\"}} 1"
        );
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
}

#[cfg(unix)]
#[test]
fn counters_go_on_where_they_were_after_a_restart() {
    let provider = provider();
    let place = Place::with_prices(&provider, &["gpt-5"]);
    place.ask("to-gpt-5");
    let before = place.scrape(&place.reads).body;
    assert!(of_calls(&before).len() > 40, "{before}");
    let Place {
        served,
        folder,
        app,
        asks,
        reads,
    } = place;
    served.stop();
    let place = Place {
        served: Served::start(&folder.folder, &[]),
        app,
        asks,
        reads,
        folder,
    };
    let after = place.scrape(&place.reads).body;
    assert_eq!(of_calls(&after), of_calls(&before));
}
