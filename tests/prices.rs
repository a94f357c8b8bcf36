//! What calls cost and what models cost, as a script asks for it: the real program on a folder of
//! its own.

use serde_json::Value;

use crate::command_line::Shell;

/// A day on which the built-in prices that are used here are known to hold.
const AT: [&str; 2] = ["--at", "2025-11-25"];

/// What `costs estimate` says for these arguments on that day.
fn estimate(shell: &Shell, arguments: &[&str]) -> Value {
    shell.json(&[&["costs", "estimate"], &AT[..], arguments].concat())
}

fn cost(shell: &Shell, arguments: &[&str]) -> String {
    estimate(shell, arguments)["cost_usd"]
        .as_str()
        .unwrap()
        .into()
}

/// A file with the price of one model.
fn price_file(shell: &Shell, input: &str, as_of: &str) -> String {
    let path = shell.path().join("prices.json");
    let text = format!(
        r#"{{"format": 1, "lists": [{{"provider": "openai", "source": "OpenAI, one day",
            "as_of": "{as_of}", "prices": [{{"model": "gpt-9", "dated": true, "from": "2025-01-01",
            "rates": {{"input": "{input}", "output": "9"}}}}]}}]}}"#
    );
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().into()
}

#[test]
fn an_estimate_says_exact_dollars_and_where_the_price_was_read() {
    let shell = Shell::new();
    let said = estimate(
        &shell,
        &[
            "--model",
            "gpt-5-2025-08-07",
            "--input",
            "1001",
            "--cached",
            "1",
            "--output",
            "7",
        ],
    );
    assert_eq!(
        said["cost_usd"], "0.001320125",
        "1000 × 1.25 + 1 × 0.125 + 7 × 10 millionths"
    );
    let price = &said["price"];
    assert_eq!(
        (&price["provider"], &price["model"]),
        (&"openai".into(), &"gpt-5".into())
    );
    assert_eq!(price["origin"], "built_in");
    assert!(price["source"].as_str().unwrap().contains("OpenAI"));
    assert_eq!(price["as_of"], "2025-12-31");
    let text = shell.text(&[
        "costs", "estimate", "--model", "gpt-5", "--input", "1000000",
    ]);
    assert!(text.contains("$1.25") && text.contains("LiteLLM"), "{text}");
}

#[test]
fn well_known_models_cost_what_their_vendors_say() {
    let shell = Shell::new();
    let of = |model, counts: &[&str]| {
        let day = ["--at", "2026-11-24", "--model", model];
        let arguments = [&["costs", "estimate"], &day[..], counts].concat();
        shell.json(&arguments)["cost_usd"].clone()
    };
    let long = [
        "--input", "300000", "--cached", "100000", "--output", "1000",
    ];
    assert_eq!(
        of("gpt-6-luna", &long),
        "0.04275",
        "above 272 000: 200 000 × 0.2 + 100 000 × 0.02 + 1000 × 0.75 millionths"
    );
    let written = ["--input", "1000", "--cache-write", "3000", "--output", "10"];
    assert_eq!(
        of("claude-haiku-5-5", &written),
        "0.00048",
        "1000 × 0.1 + 3000 × 0.125 + 10 × 0.5 millionths"
    );
    assert_eq!(
        of("gemini/gemini-2.5-pro", &long),
        "0.54",
        "above 200 000: 200 000 × 2.5 + 100 000 × 0.25 + 1000 × 15 millionths"
    );
}

#[test]
fn a_day_without_an_hour_has_its_usual_price_and_a_moment_says_which_hours_its_price_is_for() {
    let shell = Shell::new();
    let of = |at| {
        shell.text(&[
            "costs",
            "estimate",
            "--model",
            "deepseek-chat",
            "--input",
            "1000000",
            "--at",
            at,
        ])
    };
    // Midnight by UTC is within the hours of the night.
    let day = of("2025-05-05");
    assert!(day.contains("$0.27") && !day.contains("UTC"), "{day}");
    let night = of("2025-05-05T00:00Z");
    assert!(
        night.contains("$0.135") && night.contains("16:30-00:30 UTC"),
        "{night}"
    );
}

#[test]
fn counts_mean_what_the_provider_means_by_them() {
    let shell = Shell::new();
    let counts = ["--input", "1000000", "--cached", "1000000", "--output", "0"];
    let of = |model| cost(&shell, &[&["--model", model], &counts[..]].concat());
    assert_eq!(
        of("gpt-5"),
        "0.125",
        "OpenAI's input includes what was cached"
    );
    assert_eq!(of("claude-opus-4-5"), "5.5", "Anthropic's does not");
    let written = [
        "--model",
        "claude-opus-4-5",
        "--input",
        "0",
        "--cache-write",
        "8",
    ];
    assert_eq!(cost(&shell, &written), "0.00005");
    let (code, words) = shell.refused(&[
        "costs", "estimate", "--model", "gpt-5", "--input", "1", "--cached", "2",
    ]);
    assert!(code == 2 && words.contains("--input"), "{code}: {words}");
}

#[test]
fn the_date_and_the_length_of_the_prompt_choose_the_price() {
    let shell = Shell::new();
    let o3 = |at| {
        let arguments = [
            "costs", "estimate", "--model", "o3", "--input", "1000000", "--at", at,
        ];
        shell.json(&arguments)["cost_usd"].clone()
    };
    assert_eq!(
        (o3("2025-06-09"), o3("2025-06-10")),
        ("10".into(), "2".into())
    );
    let sonnet = |input| cost(&shell, &["--model", "claude-sonnet-4-5", "--input", input]);
    assert_eq!(sonnet("200000"), "0.6");
    assert_eq!(
        sonnet("200001"),
        "1.200006",
        "a long prompt costs more from its first token on"
    );
    let batch = [
        "--model",
        "gpt-5",
        "--service",
        "batch",
        "--input",
        "1000000",
    ];
    assert_eq!(cost(&shell, &batch), "0.625");
    assert_eq!(
        shell
            .refused(&[
                "costs", "estimate", "--model", "o3", "--input", "1", "--at", "soon"
            ])
            .0,
        2
    );
}

#[test]
fn an_unknown_price_is_an_error_with_a_hint_and_no_zero() {
    let shell = Shell::new();
    let (code, words) = shell.refused(&["costs", "estimate", "--model", "gpt-9", "--input", "1"]);
    assert!(
        code == 4 && words.contains("gpt-9") && words.contains("prices set"),
        "{code}: {words}"
    );
    let (code, words) = shell.refused(&[
        "costs",
        "estimate",
        "--model",
        "gpt-5-pro",
        "--input",
        "2",
        "--cached",
        "1",
    ]);
    assert!(
        code == 4 && words.contains("cached input"),
        "{code}: {words}"
    );
    let free = [
        "--provider",
        "ollama",
        "--model",
        "llama3.2:3b",
        "--input",
        "9",
        "--output",
        "9",
    ];
    assert_eq!(
        cost(&shell, &free),
        "0",
        "what runs on one's own computer does cost nothing"
    );
}

#[test]
fn ones_own_price_goes_first_and_can_be_taken_back() {
    let shell = Shell::new();
    let asked = ["--model", "gpt-5", "--input", "1000000"];
    let own = ["--provider", "openai", "--model", "gpt-5"];
    shell.text(
        &[
            &["prices", "set"],
            &own[..],
            &["--input", "0.5", "--from", "2025-01-01"],
        ]
        .concat(),
    );
    let said = estimate(&shell, &asked);
    assert_eq!(
        (&said["cost_usd"], &said["price"]["origin"]),
        (&"0.5".into(), &"own".into())
    );
    shell.text(&[&["prices", "set", "--remove"], &own[..]].concat());
    assert_eq!(cost(&shell, &asked), "1.25");
    assert_eq!(
        shell
            .refused(&[&["prices", "set", "--remove"], &own[..]].concat())
            .0,
        4
    );
    for price in ["1.0000001", "-1", "free", "1e3"] {
        let (code, _) =
            shell.refused(&[&["prices", "set"], &own[..], &["--input", price]].concat());
        assert_eq!(code, 2, "{price}");
    }
}

#[test]
fn a_file_updates_the_prices_and_says_what_changes() {
    let shell = Shell::new();
    let before = shell.json(&["prices", "list"]).as_array().unwrap().len();
    let file = price_file(&shell, "3", "2025-06-01");
    let said = shell.json(&["prices", "update", &file, "--dry-run"]);
    assert_eq!(said["written"], false);
    assert_eq!(said["changes"]["added"][0]["model"], "gpt-9");
    assert_eq!(
        shell.json(&["prices", "list"]).as_array().unwrap().len(),
        before
    );
    assert!(
        shell
            .text(&["prices", "update", &file])
            .contains("1 new, 0 changed")
    );
    let file = price_file(&shell, "4", "2025-06-02");
    let said = shell.json(&["prices", "update", &file]);
    let change = &said["changes"]["changed"][0];
    assert_eq!(
        (
            &change["before"]["rates"]["input"],
            &change["after"]["rates"]["input"]
        ),
        (&"3".into(), &"4".into())
    );
    let file = price_file(&shell, "5", "2025-05-01");
    assert_eq!(
        shell.json(&["prices", "update", &file])["changes"]["older"],
        1
    );
    assert_eq!(
        cost(
            &shell,
            &["--model", "gpt-9-2025-11-11", "--input", "1000000"]
        ),
        "4"
    );
    let listed = shell.text(&["prices", "list", "--provider", "openai", "--model", "gpt-9"]);
    assert!(
        listed.contains("$4") && listed.contains("file") && !listed.contains("gpt-4o"),
        "{listed}"
    );
}

#[test]
fn the_list_that_is_published_online_is_taken_as_it_is() {
    let shell = Shell::new();
    let path = shell.path().join("online.json");
    let update = |input: &str, day: &str| {
        let text = format!(
            r#"{{"sample_spec": {{"mode": "one of"}}, "gemini/gemini-99": {{"mode": "chat",
                "litellm_provider": "gemini", "input_cost_per_token": {input},
                "output_cost_per_token": 2e-06, "max_output_tokens": 9000}}}}"#
        );
        std::fs::write(&path, text).unwrap();
        shell.json(&["prices", "update", path.to_str().unwrap(), "--as-of", day])
    };
    let said = update("1.5e-07", "2030-01-01");
    assert_eq!(said["changes"]["added"][0]["model"], "gemini-99");
    assert_eq!(said["skipped"]["other_vendor"], 1);
    assert_eq!(update("1.5e-07", "2030-02-01")["changes"]["confirmed"], 1);
    let changed = &update("3e-07", "2030-03-01")["changes"]["changed"][0];
    assert_eq!(
        (
            &changed["before"]["rates"]["input"],
            &changed["after"]["rates"]["input"]
        ),
        (&"0.15".into(), &"0.3".into())
    );
    let at = |day| {
        let asked = [
            "costs",
            "estimate",
            "--provider",
            "gemini",
            "--model",
            "gemini-99",
        ];
        shell.json(&[&asked[..], &["--input", "1000000", "--at", day]].concat())["cost_usd"].clone()
    };
    assert_eq!(at("2030-02-28"), "0.15");
    assert_eq!(at("2030-03-01"), "0.3");
    let (code, words) = shell.refused(&[
        "costs",
        "estimate",
        "--model",
        "gemini-99",
        "--input",
        "1",
        "--at",
        "2029-12-31",
    ]);
    assert!(
        code == 4 && words.contains("gemini-99"),
        "nobody has seen what it cost before: {code}: {words}"
    );
}

#[test]
fn a_file_that_is_wrong_anywhere_changes_nothing() {
    let shell = Shell::new();
    let before = shell.json(&["prices", "list"]);
    let file = price_file(&shell, "-3", "2025-06-01");
    let (code, words) = shell.refused(&["prices", "update", &file]);
    assert!(code == 2 && words.contains("-3"), "{code}: {words}");
    std::fs::write(&file, "x".repeat((16 << 20) + 1)).unwrap();
    let (code, words) = shell.refused(&["prices", "update", &file]);
    assert!(code == 2 && words.contains("too large"), "{code}: {words}");
    assert_eq!(shell.refused(&["prices", "update", "/no/such/file"]).0, 4);
    assert_eq!(shell.json(&["prices", "list"]), before);
}

#[test]
fn a_report_says_what_was_used_and_its_table_leaves_an_entry() {
    let shell = Shell::new();
    shell.text(&["ask", "Say hello", "--max-tokens", "8"]);
    let said = shell.json(&["costs", "report", "--by", "provider"]);
    let line = &said["lines"]["lines"][0];
    assert_eq!(
        (&line["name"], &line["figures"]["calls"]),
        (&Value::from("local"), &said["total"]["calls"]),
        "all of it stayed on this computer"
    );
    assert_eq!(line["figures"]["cost"], "$0", "which costs nothing");
    assert!(line["figures"]["output"].as_u64().unwrap() > 0);
    let table = shell.text(&["costs", "report", "--by", "call", "--csv"]);
    let calls = said["total"]["calls"].as_u64().unwrap();
    assert_eq!(table.lines().count() as u64, calls + 1, "{table}");
    let entries = shell.json(&["record", "list", "--action", "costs.exported"]);
    assert_eq!(entries.as_array().unwrap().len(), 1);
    let (code, words) = shell.refused(&[
        "costs",
        "report",
        "--from",
        "2026-02-02",
        "--to",
        "2026-02-01",
    ]);
    assert!(
        code == 2 && words.contains("after the last"),
        "{code}: {words}"
    );
}

#[test]
fn a_report_is_written_into_files_as_the_window_writes_it_and_never_over_others() {
    let shell = Shell::new();
    shell.text(&["ask", "Say hello", "--max-tokens", "8"]);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (html, pdf, tables) = (path("costs.html"), path("costs.pdf"), path("tables"));
    let all = [
        "costs", "report", "--html", &html, "--pdf", &pdf, "--csv", &tables,
    ];
    let said = shell.json(&all);
    let files = said["files"].as_array().unwrap();
    assert_eq!(files.len(), 7, "a page, the sheets and five tables: {said}");
    let page = std::fs::read_to_string(&html).unwrap();
    assert!(page.contains("<h2>By model</h2>") && page.contains("Titles of chats are left out."));
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF-"));
    for file in &files[2..] {
        let table = std::fs::read_to_string(file.as_str().unwrap()).unwrap();
        assert!(table.lines().count() > 1, "{file}: {table}");
    }
    let exported = || {
        let entries = shell.json(&["record", "list", "--action", "costs.exported"]);
        entries.as_array().unwrap().len()
    };
    assert_eq!(exported(), files.len(), "each file has its entry");
    let (code, words) = shell.refused(&[
        "costs",
        "report",
        "--pdf",
        &path("new.pdf"),
        "--html",
        &html,
    ]);
    assert!(code == 5 && words.contains("costs.html"), "{code}: {words}");
    assert!(
        !folder.path().join("new.pdf").exists(),
        "nothing is written where one cannot be"
    );
    assert_eq!(exported(), files.len());
}

#[test]
fn every_rate_of_a_price_is_listed() {
    let shell = Shell::new();
    let listed = shell.text(&[
        "prices",
        "list",
        "--provider",
        "anthropic",
        "--model",
        "claude-sonnet-4-5",
    ]);
    for rate in ["$3.75, $6 for an hour", "cache writes $7.5", "output $22.5"] {
        assert!(listed.contains(rate), "{rate} is not in: {listed}");
    }
}
