//! What a collector of OpenTelemetry gets, and that a bad one troubles nobody.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use gatehouse_core::{
    aliases::Elsewhere,
    chat::{MessageState, Options},
    connections,
    ids::ConversationId,
    metrics::{ExportStatus, Exporter, Pace},
    record::Action,
    settings::{self, Settings},
    store::StoreError,
};
use serde_json::Value;

use super::*;
use crate::support::collector::Collector;

const QUICK: Pace = Pace {
    calls: Duration::from_millis(20),
    figures: Duration::from_millis(50),
};

/// What the messages call a span of who asks another one.
const CLIENT: i64 = 3;
/// How long a test waits for the exporter.
const LONG: Duration = Duration::from_secs(60);

/// A Gatehouse that sends to a collector.
struct Watched {
    exporter: Exporter,
    app: Arc<App>,
    elsewhere: ConversationId,
    _folder: TempFolder,
}

/// With a conversation that a provider answers.
fn watched(collector: &Collector, provider: &Provider) -> Watched {
    watched_at(QUICK, collector, provider)
}

fn watched_at(pace: Pace, collector: &Collector, provider: &Provider) -> Watched {
    let (folder, app) = app::new();
    let input = AccountInput {
        kind: ProviderKind::OpenAi,
        name: "Account of Anna Weiss".into(),
        base_url: provider.address.clone(),
        destination: None,
        context_tokens: None,
    };
    let account = app.gate.save_account(None, &input).unwrap();
    let key = Zeroizing::new("sk-test-5f3a9c0b7e1d4826".to_owned());
    app.gate.set_account_key(account.id, key).unwrap();
    let options = Options {
        elsewhere: Some(Elsewhere::Account {
            account_id: account.id,
            model: "gpt-5".into(),
        }),
        ..Options::default()
    };
    let elsewhere = app.gate.new_conversation(&options).unwrap().id;
    change(&app, |settings| {
        settings.automatic_titles = false;
        settings.fall_back_to_local = false;
        settings.telemetry_url = collector.address.clone();
    });
    let app = Arc::new(app);
    Watched {
        exporter: Exporter::start(&app, pace).unwrap(),
        app,
        elsewhere,
        _folder: folder,
    }
}

fn change(app: &App, change: impl FnOnce(&mut Settings)) {
    let mut settings = app
        .store
        .read(|conn| Ok::<_, StoreError>(settings::get(conn)?))
        .unwrap();
    change(&mut settings);
    app.set_settings(&settings).unwrap();
}

impl Watched {
    fn ask(&self) {
        let answer = app::say(&self.app, self.elsewhere, SECRET);
        assert_eq!(answer.state, MessageState::Done);
    }

    /// Wait until the sending stands so.
    fn until(&self, wanted: impl Fn(&ExportStatus) -> bool) -> ExportStatus {
        let start = Instant::now();
        loop {
            let status = self.exporter.status();
            if wanted(&status) {
                return status;
            }
            assert!(start.elapsed() < LONG, "it stands at {status:?}");
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_collector_gets_each_call_as_a_span_and_the_figures_and_none_of_the_words() {
    let collector = Collector::start();
    let provider = provider();
    let watched = watched(&collector, &provider);
    // From the first message on it is told of what ends.
    collector.metrics();
    let here = app::conversation(&watched.app, 3).id;
    app::say(&watched.app, here, SECRET);
    watched.ask();
    let spans = collector.spans(2);
    let of = |name: &str| {
        let values = spans.iter().map(|span| span["attributes"][name].clone());
        values.collect::<Vec<_>>()
    };
    assert_eq!(of("gen_ai.provider.name"), ["local", "openai"]);
    assert_eq!(of("gen_ai.operation.name"), ["chat", "chat"]);
    assert_eq!(of("gen_ai.request.model")[1], "gpt-5");
    assert_eq!(spans[1]["name"], "chat gpt-5");
    assert_eq!(of("gen_ai.usage.input_tokens")[1], 12_345);
    assert_eq!(of("gen_ai.usage.output_tokens")[1], 678);
    // 12,345 at 1.25 and 678 at 10 dollars a million.
    assert_eq!(of("gatehouse.cost_dollars")[1], 0.022_211_25);
    for span in &spans {
        assert_eq!(span["kind"], CLIENT);
        assert_eq!(span["trace"].as_str().unwrap().len(), 32);
        assert!(span["start"].as_u64() < span["end"].as_u64(), "{span}");
        assert_eq!(span["resource"]["service.name"], "gatehouse");
    }
    assert_ne!(spans[0]["trace"], spans[1]["trace"]);
    let figures = figures_of_two(&collector);
    for point in figures["points"].as_array().unwrap() {
        assert_eq!(point["count"], 1);
        assert_eq!(point["bounds"][13], 81.92);
        let since = point["since"].as_u64().unwrap();
        assert!(
            0 < since && since < point["time"].as_u64().unwrap(),
            "{point}"
        );
        let buckets = point["buckets"].as_array().unwrap();
        let all: u64 = buckets.iter().filter_map(Value::as_u64).sum();
        assert_eq!((buckets.len(), all), (15, 1));
    }
    drop(watched.exporter);
    let sent = collector.everything();
    assert!(sent.contains("gen_ai.request.model"));
    for word in ["weiss", "lease", "march", "hello", "there.", "smollm"] {
        assert!(!sent.contains(word), "{word} was sent");
    }
}

/// The time of calls, once there is one of each of two models.
fn figures_of_two(collector: &Collector) -> Value {
    loop {
        let metrics = collector.metrics();
        let cost = metrics
            .iter()
            .find(|metric| metric["name"] == "llm_cost_dollars_total");
        assert!(cost.is_none_or(|cost| cost["grows"] == true));
        for metric in &metrics {
            let is_gauge = metric["kind"] == "gauge";
            for point in metric["points"].as_array().unwrap() {
                assert_eq!(point["since"] == 0, is_gauge, "{metric}");
            }
        }
        let time = metrics
            .into_iter()
            .find(|metric| metric["name"] == "gen_ai.client.operation.duration");
        if let Some(time) = time
            && time["points"]
                .as_array()
                .is_some_and(|points| points.len() == 2)
        {
            return time;
        }
    }
}

#[test]
fn a_collector_that_hangs_keeps_neither_a_call_nor_the_end_waiting() {
    let collector = Collector::start();
    collector.becomes("hangs");
    let provider = provider();
    let watched = watched(&collector, &provider);
    // It is waited for now.
    collector.next();
    for _ in 0..3 {
        watched.ask();
    }
    let ending = Instant::now();
    drop(watched.exporter);
    assert!(
        ending.elapsed() < Duration::from_secs(5),
        "it gives a collector ten"
    );
}

#[test]
fn what_a_collector_refuses_is_lost_and_counted_and_the_next_is_sent() {
    let collector = Collector::start();
    let provider = provider();
    let watched = watched(&collector, &provider);
    collector.metrics();
    collector.becomes("answers 500");
    watched.ask();
    let status = watched.until(|status| status.lost == 1);
    assert!(status.sent_at_ms.is_some());
    collector.becomes("takes");
    watched.ask();
    watched.ask();
    // The one that was refused came, too, and once.
    assert_eq!(collector.spans(3).len(), 3);
    watched.until(|status| status.problem.is_none());
    assert_eq!(watched.exporter.status().lost, 1);
}

#[test]
fn what_a_collector_takes_only_in_part_is_counted_and_another_one_begins_anew() {
    let [collector, other] = [Collector::start(), Collector::start()];
    let provider = provider();
    let watched = watched(&collector, &provider);
    collector.metrics();
    collector.becomes("rejects 1");
    watched.ask();
    let status = watched.until(|status| status.lost == 1);
    assert!(status.sent_at_ms.is_some());
    let problem = status.problem.unwrap();
    assert!(problem.contains("did not take 1 of"), "{problem}");
    change(&watched.app, |settings| {
        settings.telemetry_url = other.address.clone();
    });
    watched.until(|status| status.lost == 0 && status.problem.is_none());
}

#[test]
fn what_is_refused_of_figures_is_told_though_calls_are_taken() {
    let collector = Collector::start();
    collector.becomes("rejects 1 figures");
    let provider = provider();
    // Figures are sent once.
    let pace = Pace {
        figures: Duration::from_secs(3600),
        ..QUICK
    };
    let watched = watched_at(pace, &collector, &provider);
    watched.until(|status| status.problem.is_some());
    for _ in 0..2 {
        // The second is sent after the first was taken.
        watched.ask();
        assert_eq!(collector.spans(1).len(), 1);
    }
    let status = watched.exporter.status();
    let problem = status.problem.unwrap();
    assert!(problem.contains("did not take 1 of"), "{problem}");
    assert_eq!(status.lost, 0);
}

#[test]
fn what_ends_while_a_collector_is_away_is_sent_when_it_is_back() {
    let collector = Collector::start();
    let provider = provider();
    let watched = watched(&collector, &provider);
    collector.metrics();
    for away in ["closes", "answers 503"] {
        collector.becomes(away);
        watched.until(|status| status.problem.is_some());
        watched.ask();
        watched.ask();
        collector.becomes("takes");
        watched.until(|status| status.problem.is_none());
    }
    // What it did not take came several times, each time the same.
    let mut calls = BTreeSet::new();
    while calls.len() < 4 {
        let spans = collector.spans(1);
        calls.extend(
            spans
                .iter()
                .map(|span| span["attributes"]["gatehouse.call"].as_i64()),
        );
    }
    assert_eq!(watched.exporter.status().lost, 0);
}

#[test]
fn nothing_is_sent_offline_or_after_the_collector_was_taken_away_and_each_connection_is_logged() {
    let collector = Collector::start();
    let provider = provider();
    let watched = watched(&collector, &provider);
    collector.metrics();
    let logged = || {
        let lines = watched
            .app
            .store
            .read(|conn| Ok::<_, StoreError>(connections::list(conn, 100)?))
            .unwrap();
        lines
            .iter()
            .filter(|line| line.purpose == "telemetry")
            .count()
    };
    let start = Instant::now();
    while logged() == 0 {
        assert!(start.elapsed() < LONG, "the connection is not in the log");
    }
    change(&watched.app, |settings| settings.offline = true);
    let status = watched.until(|status| status.problem.is_some());
    assert!(
        status.problem.unwrap().to_lowercase().contains("offline"),
        "it says why"
    );
    change(&watched.app, |settings| {
        settings.telemetry_url = String::new()
    });
    assert_eq!(
        app::fact(&watched.app, Action::SettingsChanged, "changed").as_deref(),
        Some("telemetryUrl")
    );
    watched.until(|status| *status == ExportStatus::default());
}

#[test]
fn of_two_on_one_folder_one_sends() {
    let collector = Collector::start();
    let provider = provider();
    let watched = watched(&collector, &provider);
    collector.metrics();
    let second = Exporter::start(&watched.app, QUICK).unwrap();
    watched.ask();
    watched.ask();
    let spans = collector.spans(2);
    assert_ne!(spans[0]["span"], spans[1]["span"]);
    assert_eq!(second.status(), ExportStatus::default());
}

#[test]
fn the_command_line_names_a_collector_tries_it_and_takes_it_away() {
    let collector = Collector::start();
    let shell = crate::command_line::Shell::new();
    let said = shell.json(&["telemetry", "to", &collector.address]);
    assert_eq!(said["problem"], Value::Null, "{said}");
    assert!(!collector.metrics().is_empty());
    assert_eq!(
        shell.json(&["telemetry", "show"])["telemetry_url"],
        collector.address.as_str()
    );
    assert_eq!(shell.json(&["telemetry", "off"])["telemetry_url"], "");
    let (_, refused) = shell.refused(&["telemetry", "to", "http://me:secret@collector.example"]);
    assert!(refused.contains("without a name or password"), "{refused}");
}

/// What a collector wants to see before it takes anything.
const VALUE: &str = "Bearer 3e9d17c05b8f42a6";

/// The header of this name in the next message.
fn header(collector: &Collector, name: &str) -> Option<String> {
    let told = collector.next();
    Some(told["headers"][name].as_str()?.to_owned())
}

#[test]
fn a_header_goes_with_every_message_to_the_address_that_it_was_set_for_and_to_no_other() {
    let [collector, other] = [Collector::start(), Collector::start()];
    let provider = provider();
    let watched = watched(&collector, &provider);
    let gate = &watched.app.gate;
    let value = Zeroizing::new(VALUE.to_owned());
    let shown = gate
        .set_telemetry_header(&collector.address, "Authorization", &value)
        .unwrap();
    assert_eq!(
        (shown.name.as_str(), shown.address.as_str()),
        ("authorization", collector.address.as_str())
    );
    // What was under way without it comes first.
    while header(&collector, "authorization").as_deref() != Some(VALUE) {}
    watched.ask();
    loop {
        let told = collector.next();
        assert_eq!(told["headers"]["authorization"], VALUE);
        if told["traces"].is_array() {
            break;
        }
    }
    change(&watched.app, |settings| {
        settings.telemetry_url = other.address.clone();
    });
    for _ in 0..3 {
        assert_eq!(header(&other, "authorization"), None);
    }
    change(&watched.app, |settings| {
        settings.telemetry_url = collector.address.clone();
    });
    while header(&collector, "authorization").as_deref() != Some(VALUE) {}
    assert!(gate.forget_telemetry_header().unwrap());
    while header(&collector, "authorization").is_some() {}
    assert_eq!(header(&collector, "authorization"), None);
}

#[test]
fn the_command_line_sets_a_header_from_standard_input_and_nothing_but_the_keys_has_it() {
    let collector = Collector::start();
    let shell = crate::command_line::Shell::new();
    let to = ["telemetry", "to", &collector.address];
    let (code, printed) = shell.fed(
        &[&to[..], &["--header", "Api-Key"]].concat(),
        format!("{VALUE}\n").as_bytes(),
    );
    assert_eq!(code, 0, "{printed}");
    assert!(
        printed.contains("The header api-key goes along"),
        "{printed}"
    );
    assert!(printed.contains("It took the first message."), "{printed}");
    assert!(!printed.contains(VALUE));
    assert_eq!(header(&collector, "api-key").as_deref(), Some(VALUE));
    assert_eq!(
        shell.json(&["telemetry", "show"])["header"]["name"],
        "api-key"
    );
    let kept: Vec<_> = files_with(shell.path(), VALUE.as_bytes());
    assert!(
        kept.len() == 1 && kept[0].ends_with("keys/telemetry-header.key"),
        "{kept:?}"
    );
    // Told without a header, it goes without one.
    shell.text(&to);
    assert_eq!(header(&collector, "api-key"), None);
    assert_eq!(
        files_with(shell.path(), VALUE.as_bytes()),
        Vec::<PathBuf>::new()
    );
    for (address, name, input, words) in [
        (
            "http://collector.example",
            "api-key",
            VALUE,
            "for all to read",
        ),
        (
            "https://collector.example",
            "host",
            VALUE,
            "is not the name of a header",
        ),
        (
            "https://collector.example",
            "api-key",
            "a\u{1}b",
            "has characters",
        ),
        ("https://collector.example", "api-key", "", "no key"),
    ] {
        let (code, said) = shell.fed(
            &["telemetry", "to", address, "--header", name],
            input.as_bytes(),
        );
        assert!(code != 0 && said.contains(words), "{said}");
    }
    assert_eq!(
        shell.json(&["telemetry", "show"])["telemetry_url"],
        collector.address.as_str(),
        "what was refused changes nothing"
    );
    let actions: Vec<_> = shell
        .json(&["record", "list", "--limit", "50"])
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap().to_owned())
        .filter(|action| action.starts_with("key."))
        .collect();
    assert_eq!(actions, ["key.removed", "key.set"]);
}

#[test]
fn a_collector_that_wants_another_header_is_told_of_as_such() {
    let collector = Collector::start();
    let provider = provider();
    let watched = watched(&collector, &provider);
    collector.becomes("answers 401");
    let status = watched.until(|status| status.problem.is_some());
    assert!(
        status
            .problem
            .unwrap()
            .contains("wants a header with a key")
    );
}

/// Files below a folder with these bytes in them.
fn files_with(folder: &Path, wanted: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, wanted));
        } else if std::fs::read(&path)
            .unwrap()
            .windows(wanted.len())
            .any(|window| window == wanted)
        {
            found.push(path);
        }
    }
    found
}
