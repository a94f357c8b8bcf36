//! The same figures, and calls as spans, in the messages of OpenTelemetry (OTLP), by its semantic
//! conventions for generative AI. None of them has an attribute for content, and none is filled with any.
//!
//! The numbers of fields are those of `opentelemetry/proto` 1; the tests decode what is sent with the
//! official messages.

use sha2::{Digest, Sha256};

use super::{
    Amount, Family, Histogram, Kind, Point, Reading,
    calls::{error_name, provider_name},
    wire::Wire,
};
use crate::{
    costs::{CallStatus, ended::Ended, name_of},
    record::hex,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const NANOS_IN_MS: u64 = 1_000_000;
/// A figure that is counted since the beginning, and not since it was last sent.
const CUMULATIVE: i64 = 2;
/// A span of who asks another one.
const CLIENT: i64 = 3;
/// A span that failed.
const ERROR: i64 = 2;

/// Who speaks: this installation, under a name that tells nothing but that it is the same.
pub(super) struct Source {
    seed: [u8; 32],
}

impl Source {
    /// `key`: what this installation is known by to those who verify its record.
    pub(super) fn of(key: &str) -> Self {
        Self {
            seed: Sha256::digest(format!("gatehouse telemetry {key}")).into(),
        }
    }

    /// All figures as they are at a time, and since when those count that only grow; both are UTC
    /// milliseconds.
    pub(super) fn metrics(&self, families: &[Family], since_ms: i64, now_ms: i64) -> Vec<u8> {
        let [since, now] = [since_ms, now_ms].map(nanos);
        self.message(|scope| {
            for family in families.iter().filter(|family| !family.points.is_empty()) {
                scope.message(2, |metric| write_metric(metric, family, since, now));
            }
        })
    }

    /// Calls that have ended.
    pub(super) fn spans(&self, calls: &[Ended]) -> Vec<u8> {
        self.message(|scope| {
            for call in calls {
                scope.message(2, |span| self.write_span(span, call));
            }
        })
    }

    /// A request to take what `write` puts into its one scope: spans and figures are wrapped alike.
    fn message(&self, write: impl FnOnce(&mut Wire)) -> Vec<u8> {
        Wire::of(|request| {
            request.message(1, |of_resource| {
                of_resource.message(1, |resource| {
                    text(resource, 1, "service.name", "gatehouse");
                    text(resource, 1, "service.version", VERSION);
                    text(resource, 1, "service.instance.id", &hex(&self.seed[..16]));
                });
                of_resource.message(2, |of_scope| {
                    of_scope.message(1, |scope| {
                        scope.text(1, "gatehouse");
                        scope.text(2, VERSION);
                    });
                    write(of_scope);
                });
            });
        })
    }

    fn write_span(&self, span: &mut Wire, call: &Ended) {
        // The same call has the same identifiers whenever it is sent, so that one sent twice is one.
        let identifiers = Sha256::new()
            .chain_update(self.seed)
            .chain_update(call.number.to_be_bytes())
            .finalize();
        span.bytes(1, &identifiers[..16]);
        span.bytes(2, &identifiers[16..24]);
        span.text(5, &format!("{} {}", call.operation, call.model));
        span.integer(6, CLIENT);
        span.fixed(7, nanos(call.started_at_ms));
        let ended_at_ms = call.started_at_ms.saturating_add(call.duration_ms);
        span.fixed(8, nanos(ended_at_ms));
        write_attributes(span, call);
        if has_failed(call) {
            span.message(15, |status| status.integer(3, ERROR));
        }
    }
}

fn has_failed(call: &Ended) -> bool {
    call.status == name_of(&CallStatus::Failed)
}

fn write_attributes(span: &mut Wire, call: &Ended) {
    const FIELD: u32 = 9;
    text(span, FIELD, "gen_ai.operation.name", &call.operation);
    text(
        span,
        FIELD,
        "gen_ai.provider.name",
        provider_name(&call.provider),
    );
    text(span, FIELD, "gen_ai.request.model", &call.model);
    integer(span, FIELD, "gen_ai.usage.input_tokens", call.input);
    integer(span, FIELD, "gen_ai.usage.output_tokens", call.output);
    integer(span, FIELD, "gatehouse.call", call.number);
    text(span, FIELD, "gatehouse.route", &call.route);
    text(span, FIELD, "gatehouse.status", &call.status);
    if let Some(ms) = call.first_token_ms {
        let time = Amount::Millis(u64::try_from(ms).unwrap_or(0));
        real(span, FIELD, "gatehouse.time_to_first_token", time.real());
    }
    if let Some(cost) = call.cost {
        let dollars = Amount::Dollars(cost).real();
        real(span, FIELD, "gatehouse.cost_dollars", dollars);
    }
    if has_failed(call) {
        text(span, FIELD, "error.type", error_name(&call.error));
    }
}

fn nanos(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0).saturating_mul(NANOS_IN_MS)
}

fn write_metric(metric: &mut Wire, family: &Family, since: u64, now: u64) {
    let (name, unit) = named(family.name);
    metric.text(1, name);
    metric.text(2, family.help);
    metric.text(3, unit);
    let points = |data: &mut Wire| {
        for point in &family.points {
            data.message(1, |written| {
                if family.kind != Kind::Gauge {
                    written.fixed(2, since);
                }
                write_point(written, point, now);
            });
        }
    };
    match family.kind {
        Kind::Gauge => metric.message(5, points),
        Kind::Counter => metric.message(7, |sum| {
            points(sum);
            sum.integer(2, CUMULATIVE);
            // It only grows.
            sum.integer(3, 1);
        }),
        Kind::Histogram => metric.message(9, |histogram| {
            points(histogram);
            histogram.integer(2, CUMULATIVE);
        }),
    }
}

/// The name and the unit by the conventions of OpenTelemetry, where it has one for a figure; the unit is
/// in the names of all others already.
fn named(name: &'static str) -> (&'static str, &'static str) {
    match name {
        "gen_ai_client_operation_duration_seconds" => ("gen_ai.client.operation.duration", "s"),
        "gen_ai_client_token_usage" => ("gen_ai.client.token.usage", "{token}"),
        name if name.ends_with("_seconds") => (name, "s"),
        name if name.ends_with("_bytes") => (name, "By"),
        name if name.contains("_dollars") => (name, "USD"),
        name => (name, "1"),
    }
}

fn write_point(written: &mut Wire, point: &Point, now: u64) {
    written.fixed(3, now);
    match &point.reading {
        Reading::One(amount) => {
            write_labels(written, 7, &point.labels);
            match amount {
                Amount::Count(count) => written.fixed(6, *count),
                other => written.real(4, other.real()),
            }
        }
        Reading::Many(histogram) => {
            write_labels(written, 9, &point.labels);
            write_buckets(written, histogram);
        }
    }
}

fn write_buckets(written: &mut Wire, histogram: &Histogram) {
    written.fixed(4, histogram.count());
    written.real(5, histogram.sum.real());
    written.all_fixed(6, histogram.counts.iter().copied());
    let bounds = histogram.bounds.iter();
    written.all_fixed(7, bounds.map(|end| end.real().to_bits()));
}

/// Labels under the names that OpenTelemetry gives them.
fn write_labels(written: &mut Wire, field: u32, labels: &[(&'static str, String)]) {
    for (label, value) in labels {
        let name = match *label {
            "gen_ai_operation_name" => "gen_ai.operation.name",
            "gen_ai_provider_name" => "gen_ai.provider.name",
            "gen_ai_request_model" => "gen_ai.request.model",
            "gen_ai_token_type" => "gen_ai.token.type",
            "error_type" => "error.type",
            other => other,
        };
        text(written, field, name, value);
    }
}

fn text(wire: &mut Wire, field: u32, key: &str, value: &str) {
    attribute(wire, field, key, |any| any.text(1, value));
}

fn integer(wire: &mut Wire, field: u32, key: &str, value: i64) {
    attribute(wire, field, key, |any| any.integer(3, value));
}

fn real(wire: &mut Wire, field: u32, key: &str, value: f64) {
    attribute(wire, field, key, |any| any.real(4, value));
}

fn attribute(wire: &mut Wire, field: u32, key: &str, value: impl FnOnce(&mut Wire)) {
    wire.message(field, |attribute| {
        attribute.text(1, key);
        attribute.message(2, value);
    });
}
