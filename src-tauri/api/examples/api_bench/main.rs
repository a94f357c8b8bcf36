//! The local API against the proxy of the PyPI package `litellm[proxy]`, in front of the same server, with
//! the same clients, in one run; and whether it stands a minute of them.
//!
//! `api_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a release build
//! and names the other proxy in `GATEHOUSE_LITELLM`. The server behind both is a small one in this process,
//! which answers at once, so what is measured is what each proxy costs. Both run as processes of their own and are
//! asked until they are warm before the clock starts; then they are asked in turns, as the speed of a machine drifts,
//! and what is compared is the median of what each round compares.
//!
//! The other proxy is set as its documentation advises for production, with as many workers as there are
//! processors, and has less to do: it has no database, knows one key, and neither masks nor records.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

mod client;
mod load;
mod proxies;
mod upstream;

use std::{
    thread,
    time::{Duration, Instant},
};

use client::Client;
use proxies::Proxy;
use serde_json::{Value, json};

const CLIENTS: usize = 64;
/// How often each is measured.
const ROUNDS: usize = 7;
/// How long all clients ask in a round.
const TIME: Duration = Duration::from_secs(4);
/// How often one alone asks in a round.
const TIMES: usize = 101;
/// Before the clock starts: connections, caches, compiled code.
const WARM_UP: Duration = Duration::from_secs(5);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let path = arguments
        .iter()
        .position(|a| a == "--json")
        .and_then(|at| arguments.get(at + 1));
    let Some(path) = path else {
        eprintln!("usage: api_bench --json PATH");
        std::process::exit(2);
    };
    let upstream = upstream::start();
    let mut rows = rows(&measure(&upstream));
    rows.extend(load::rows(&upstream));
    let results = json!({ "name": "local API", "rows": rows });
    std::fs::write(path, results.to_string()).unwrap();
}

/// What a proxy does.
struct Measured {
    /// Requests a second.
    throughput: f64,
    /// What came in place of answers, if anything did.
    lost: Option<String>,
    /// What it adds to a request, at the median, in milliseconds.
    added: f64,
}

/// What was measured in one turn.
struct Round {
    /// How long a request takes without a proxy, at the median, in milliseconds.
    direct: f64,
    ours: Measured,
    /// `None`: there is nothing to compare with.
    theirs: Option<Measured>,
}

/// Both proxies, in turns.
fn measure(upstream: &str) -> Vec<Round> {
    let direct = Client::new(upstream, "none", "test-model");
    let (ours, theirs) = (proxies::gatehouse(upstream), proxies::litellm(upstream));
    let (ours, theirs) = (ours.client(), theirs.as_ref().map(Proxy::client));
    for client in std::iter::once(&ours).chain(&theirs) {
        run(client, WARM_UP);
    }
    let round = |_| {
        let direct = median(&direct);
        Round {
            direct,
            ours: measure_one(&ours, direct),
            theirs: theirs.as_ref().map(|client| measure_one(client, direct)),
        }
    };
    (0..ROUNDS).map(round).collect()
}

fn measure_one(client: &Client, direct: f64) -> Measured {
    let begin = Instant::now();
    let asked = run(client, TIME);
    let seconds = begin.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count for the eye")]
    let throughput = asked.answered as f64 / seconds;
    Measured {
        throughput,
        lost: asked.said(),
        added: (median(client) - direct).max(0.0),
    }
}

/// What came of asking.
#[derive(Default)]
struct Asked {
    answered: u64,
    /// Calls without an answer.
    lost: u64,
    /// What came in place of the first of those.
    first: Option<String>,
}

impl Asked {
    fn add(mut self, other: Self) -> Self {
        self.answered += other.answered;
        self.lost += other.lost;
        self.first = self.first.or(other.first);
        self
    }

    /// That calls were lost, in words.
    fn said(&self) -> Option<String> {
        let first = self.first.as_ref()?;
        Some(format!(
            "{} calls were lost, the first with: {first}",
            self.lost
        ))
    }
}

/// All clients ask for a time.
fn run(client: &Client, time: Duration) -> Asked {
    let begin = Instant::now();
    let ask = || {
        let (mut client, mut asked) = (client.clone(), Asked::default());
        while begin.elapsed() < time {
            match client.ask() {
                Ok(()) => asked.answered += 1,
                Err(said) => {
                    asked.lost += 1;
                    asked.first.get_or_insert(said);
                }
            }
        }
        asked
    };
    thread::scope(|scope| {
        let asking: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        asking
            .into_iter()
            .map(|one| one.join().unwrap())
            .fold(Asked::default(), Asked::add)
    })
}

/// How long one request takes while there is no other, in milliseconds.
fn median(client: &Client) -> f64 {
    let mut client = client.clone();
    middle((0..TIMES).map(|_| {
        let begin = Instant::now();
        client.ask().unwrap();
        begin.elapsed().as_secs_f64() * 1000.0
    }))
}

/// The median.
fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn rows(rounds: &[Round]) -> Vec<Value> {
    let of = |what: fn(&Round) -> f64| middle(rounds.iter().map(what));
    let mut rows = vec![
        json!({ "measure": "Requests a second, 64 clients", "value": of(|round| round.ours.throughput),
                "unit": "/s", "goal": null, "met": null,
                "note": rounds.iter().find_map(|round| round.ours.lost.clone()) }),
        row(
            "Added to a request, median",
            of(|round| round.ours.added),
            "ms",
        ),
        row(
            "A request without a proxy, median",
            of(|round| round.direct),
            "ms",
        ),
    ];
    let theirs: Vec<(&Round, &Measured)> = rounds
        .iter()
        .filter_map(|round| Some((round, round.theirs.as_ref()?)))
        .collect();
    if theirs.is_empty() {
        // What was not compared is not met.
        let note = "litellm could not be installed here, so nothing is compared";
        rows.extend([compared(FASTER, None, note), compared(SHARE, None, note)]);
        return rows;
    }
    let of = |what: fn(&Round, &Measured) -> f64| {
        middle(theirs.iter().map(|(round, theirs)| what(round, theirs)))
    };
    let faster = of(|round, theirs| round.ours.throughput / theirs.throughput);
    let share = of(|round, theirs| round.ours.added / theirs.added);
    rows.extend([
        json!({ "measure": "litellm: requests a second, 64 clients", "value": of(|_, theirs| theirs.throughput),
                "unit": "/s", "goal": null, "met": null,
                "note": theirs.iter().find_map(|(_, theirs)| theirs.lost.clone()) }),
        row(
            "litellm: added to a request, median",
            of(|_, theirs| theirs.added),
            "ms",
        ),
        compared(FASTER, Some((faster, faster >= 20.0)), ""),
        compared(SHARE, Some((share, share <= 0.1)), ""),
    ]);
    rows
}

/// What is compared with litellm, and the goal.
const FASTER: (&str, &str) = ("Requests a second against litellm", "≥ 20");
const SHARE: (&str, &str) = ("Added latency against litellm", "≤ 0.1");

/// A comparison: its value and whether that is enough; `None`: there was nothing to compare with.
fn compared((measure, goal): (&str, &str), found: Option<(f64, bool)>, note: &str) -> Value {
    let (value, met) = found.unzip();
    json!({ "measure": measure, "value": value, "unit": "×", "goal": goal, "met": met.unwrap_or(false),
            "note": note })
}

fn row(measure: &str, value: f64, unit: &str) -> Value {
    json!({ "measure": measure, "value": value, "unit": unit, "goal": null, "met": null, "note": null })
}
