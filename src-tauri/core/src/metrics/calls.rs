//! The figures of calls, from the meters that the database keeps.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{Amount, Family, Histogram, MetricsError, Point, Reading, family::owned};
use crate::{
    app::App,
    costs::{
        CallStatus,
        meters::{self, BUCKETS, Meter, TIME_BOUNDS_MS, TOKEN_BOUNDS},
        name_of,
        reports::day_of,
    },
    money::Money,
    now_ms,
};

/// Labels and their values, which name one series.
type Series = Vec<(&'static str, String)>;

/// All figures of calls.
pub(super) fn families(app: &App) -> Result<Vec<Family>, MetricsError> {
    let today = day_of(now_ms(), &TimeZone::system());
    let (meters, under_way) = app.store.read(|conn| {
        Ok::<_, MetricsError>((meters::meters(conn)?, meters::under_way(conn, today)?))
    })?;
    let mut families = counters(&meters);
    families.extend(histograms(&meters));
    families.extend(of_open_telemetry(&meters));
    families.push(Family::gauge(
        "gatehouse_calls_in_progress",
        "Calls to models that are under way, in all processes.",
        vec![Point::alone(Amount::Count(under_way))],
    ));
    Ok(families)
}

fn counters(meters: &[Meter]) -> Vec<Family> {
    vec![
        Family::counter(
            "llm_requests_total",
            "Calls to models that have ended, by how they ended.",
            added(meters, |meter| {
                let labels = owned(&[
                    ("model", &meter.model),
                    ("provider", &meter.provider),
                    ("status", &meter.status),
                ]);
                vec![(labels, meter.calls)]
            }),
        ),
        Family::counter(
            "llm_errors_total",
            "Calls to models that failed, by what failed.",
            added(meters, |meter| {
                let labels = owned(&[
                    ("model", &meter.model),
                    ("provider", &meter.provider),
                    ("error", error_name(&meter.error)),
                ]);
                vec![(labels, if has_failed(meter) { meter.calls } else { 0 })]
            }),
        ),
        Family::counter(
            "llm_tokens_total",
            "Tokens that calls to models used, each in one type.",
            added(meters, of_types),
        ),
        Family::counter(
            "llm_cost_dollars_total",
            "What calls to models cost, as far as it is known.",
            costs(meters),
        ),
        Family::counter(
            "llm_calls_without_known_cost_total",
            "Calls to models that ended without a known cost, which is not in llm_cost_dollars_total.",
            added(meters, |meter| {
                vec![(owned(&[("model", &meter.model)]), meter.unknown)]
            }),
        ),
    ]
}

fn of_types(meter: &Meter) -> Vec<(Series, u64)> {
    let types = [
        ("input", meter.fresh),
        ("cached_input", meter.cached),
        ("cache_write", meter.cache_written),
        ("output", meter.plain),
        ("reasoning", meter.reasoning),
    ];
    types
        .into_iter()
        .map(|(kind, count)| (owned(&[("model", &meter.model), ("type", kind)]), count))
        .collect()
}

fn histograms(meters: &[Meter]) -> Vec<Family> {
    let answered = name_of(&CallStatus::Answered);
    let labels = |meter: &Meter| owned(&[("model", &meter.model), ("provider", &meter.provider)]);
    vec![
        Family::histogram(
            "llm_latency_seconds",
            "From sending a request to the end of its answer, of calls that were answered.",
            gathered(meters, |meter| {
                let wanted = meter.status == answered;
                wanted.then(|| (labels(meter), meter.durations, meter.duration_ms))
            })
            .points(Scale::Time),
        ),
        Family::histogram(
            "llm_time_to_first_token_seconds",
            "From sending a request to the first token of its answer.",
            gathered(meters, |meter| {
                Some((labels(meter), meter.first_tokens, meter.first_token_ms))
            })
            .points(Scale::Time),
        ),
    ]
}

/// The same under the names that OpenTelemetry gives to what clients of models do.
fn of_open_telemetry(meters: &[Meter]) -> Vec<Family> {
    let labels = |meter: &Meter| {
        owned(&[
            ("gen_ai_operation_name", &meter.operation),
            ("gen_ai_provider_name", provider_name(&meter.provider)),
            ("gen_ai_request_model", &meter.model),
        ])
    };
    let of_type = |meter: &Meter, kind: &str, counts, sum| {
        let mut labels = labels(meter);
        labels.push(("gen_ai_token_type", kind.to_owned()));
        (labels, counts, sum)
    };
    let input = |meter: &Meter| Some(of_type(meter, "input", meter.inputs, meter.input));
    let output = |meter: &Meter| Some(of_type(meter, "output", meter.outputs, meter.output));
    let mut tokens = gathered(meters, input).points(Scale::Tokens);
    tokens.extend(gathered(meters, output).points(Scale::Tokens));
    vec![
        Family::histogram(
            "gen_ai_client_operation_duration_seconds",
            "Time of calls to models, by the semantic conventions of OpenTelemetry.",
            gathered(meters, |meter| {
                let mut labels = labels(meter);
                if has_failed(meter) {
                    labels.push(("error_type", error_name(&meter.error).to_owned()));
                }
                Some((labels, meter.durations, meter.duration_ms))
            })
            .points(Scale::Time),
        ),
        Family::histogram(
            "gen_ai_client_token_usage",
            "Tokens of calls to models, by the semantic conventions of OpenTelemetry.",
            tokens,
        ),
    ]
}

fn has_failed(meter: &Meter) -> bool {
    meter.status == name_of(&CallStatus::Failed)
}

/// What failed; `_OTHER` is what OpenTelemetry calls a failure without a kind.
pub(super) fn error_name(error: &str) -> &str {
    if error.is_empty() { "_OTHER" } else { error }
}

/// What the semantic conventions of OpenTelemetry call a provider, where they name it.
pub(super) fn provider_name(provider: &str) -> &str {
    match provider {
        "google" => "gcp.gemini",
        "mistral" => "mistral_ai",
        "xai" => "x_ai",
        "azure" => "azure.ai.openai",
        "azure_ai" => "azure.ai.inference",
        other => other,
    }
}

/// Counts that are not zero, added up by their series.
fn added(meters: &[Meter], of: impl Fn(&Meter) -> Vec<(Series, u64)>) -> Vec<Point> {
    let mut series: BTreeMap<Series, u64> = BTreeMap::new();
    for (labels, count) in meters.iter().flat_map(of).filter(|(_, count)| *count > 0) {
        *series.entry(labels).or_default() += count;
    }
    let point = |(labels, count)| Point {
        labels,
        reading: Reading::One(Amount::Count(count)),
    };
    series.into_iter().map(point).collect()
}

/// What is nothing is told, too: a model on this computer costs that.
fn costs(meters: &[Meter]) -> Vec<Point> {
    let mut series: BTreeMap<Series, Money> = BTreeMap::new();
    for meter in meters {
        let sum = series.entry(owned(&[("model", &meter.model)])).or_default();
        *sum = *sum + meter.cost;
    }
    let point = |(labels, cost)| Point {
        labels,
        reading: Reading::One(Amount::Dollars(cost)),
    };
    series.into_iter().map(point).collect()
}

/// Buckets and the sum of what is in them, by their series.
struct Gathered(BTreeMap<Series, ([u64; BUCKETS], u64)>);

/// In which unit the values of a histogram are.
#[derive(Clone, Copy)]
enum Scale {
    Time,
    Tokens,
}

fn gathered(
    meters: &[Meter],
    of: impl Fn(&Meter) -> Option<(Series, [u64; BUCKETS], u64)>,
) -> Gathered {
    let mut all: BTreeMap<Series, ([u64; BUCKETS], u64)> = BTreeMap::new();
    for (labels, counts, sum) in meters.iter().filter_map(of) {
        if counts.iter().all(|&count| count == 0) {
            continue;
        }
        let entry = all.entry(labels).or_default();
        for (kept, more) in entry.0.iter_mut().zip(counts) {
            *kept += more;
        }
        entry.1 += sum;
    }
    Gathered(all)
}

impl Gathered {
    fn points(self, scale: Scale) -> Vec<Point> {
        let (bounds, amount): (_, fn(u64) -> Amount) = match scale {
            Scale::Time => (TIME_BOUNDS_MS, Amount::Millis),
            Scale::Tokens => (TOKEN_BOUNDS, Amount::Count),
        };
        let point = |(labels, (counts, sum)): (Series, ([u64; BUCKETS], u64))| Point {
            labels,
            reading: Reading::Many(Histogram {
                bounds: bounds.iter().map(|&end| amount(end.into())).collect(),
                counts: counts.to_vec(),
                sum: amount(sum),
            }),
        };
        self.0.into_iter().map(point).collect()
    }
}
