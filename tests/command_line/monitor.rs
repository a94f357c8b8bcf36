//! How well calls go, and alerts, from a shell.

use super::*;

#[test]
fn it_says_how_calls_went_to_people_and_to_programs() {
    let shell = Shell::used();
    let words = shell.text(&["monitor"]);
    assert!(
        words.contains("FIRST TOKEN") && words.contains("together"),
        "{words}"
    );
    shell.text(&["ask", "Say hello.", "--max-tokens", "8"]);
    let told = shell.json(&["monitor", "--range", "today"]);
    let total = &told["overview"]["total"];
    assert_eq!(
        (&total["calls"], &total["answered"]),
        (&1.into(), &1.into()),
        "{told}"
    );
    let [waited, first] = ["waited", "firstToken"].map(|of| total[of]["p50"].as_i64().unwrap());
    assert!(
        0 < waited && waited <= first,
        "it had to be loaded: {total}"
    );
    assert_eq!(told["overview"]["exact"], true);
    assert_eq!(told["overview"]["steps"].as_array().unwrap().len(), 24);
    assert_eq!(told["live"]["calls"].as_array().unwrap().len(), 0);
    let of_another = shell.json(&["monitor", "--model", "openai/gpt-5"]);
    assert_eq!(of_another["overview"]["total"]["calls"], 0);
}

#[test]
fn alerts_are_set_listed_and_removed_and_each_leaves_an_entry() {
    let shell = Shell::used();
    let list = shell.text(&[
        "monitor",
        "alerts",
        "add",
        "failures",
        "5",
        "--minutes",
        "15",
    ]);
    assert!(
        list.contains("More than 5% of calls fail in the last 15 minutes"),
        "{list}"
    );
    shell.text(&["monitor", "alerts", "add", "record"]);
    let alerts = shell.json(&["monitor", "alerts", "list"]);
    let kinds: Vec<_> = alerts
        .as_array()
        .unwrap()
        .iter()
        .map(|alert| &alert["kind"])
        .collect();
    assert_eq!(kinds, ["failures", "record"]);
    shell.text(&["monitor", "alerts", "remove", "1"]);
    let (code, words) = shell.refused(&["monitor", "alerts", "remove", "1"]);
    assert_eq!(code, 4, "{words}");
    let record = shell.text(&["record", "list"]);
    for action in ["alert.set", "alert.removed"] {
        assert!(record.contains(action), "{record}");
    }
}

#[test]
fn an_open_gatehouse_tells_of_an_alert_that_a_program_beside_it_fires() {
    let shell = Shell::used();
    let arguments = [
        "monitor", "alerts", "add", "duration", "0.001", "--calls", "1",
    ];
    shell.text(&arguments);
    let window = app::open(&shell.0.folder);
    let (tell, told) = std::sync::mpsc::channel();
    window.tell_alerts(move |news| drop(tell.send(news.clone())));
    // The program judges its call before it ends.
    shell.text(&["ask", "Say hello.", "--max-tokens", "4"]);
    let news = told
        .recv_timeout(std::time::Duration::from_secs(60))
        .expect("it is told");
    assert!(news.fires && news.alert.number == 1, "{news:?}");
    let fired = shell.json(&["record", "list", "--action", "alert.fired"]);
    assert_eq!(fired.as_array().unwrap().len(), 1, "{fired}");
}

#[test]
fn what_is_no_alert_is_refused_in_words() {
    let shell = Shell::used();
    for (arguments, said) in [
        (
            &["monitor", "alerts", "add", "failures", "many"][..],
            "is not a percentage",
        ),
        (&["monitor", "alerts", "add", "failures"], "required"),
        (
            &[
                "monitor",
                "alerts",
                "add",
                "spend",
                "5",
                "--model",
                "openai/gpt-5",
            ],
            "all models",
        ),
        (&["monitor", "--model", "gpt-5"], "openai/gpt-5"),
    ] {
        let (_, words) = shell.refused(arguments);
        assert!(words.contains(said), "{arguments:?}: {words}");
    }
}
