//! The text that Prometheus reads. By hand, as it is a dozen lines: the crates for it count in binary
//! fractions, in which a sum of money is not exact.

use std::fmt::Write;

use super::family::{Family, Histogram, Kind, Reading};

/// What the text is, for the header of an answer.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The figures as text.
pub fn text(families: &[Family]) -> String {
    let mut text = String::new();
    for family in families.iter().filter(|family| !family.points.is_empty()) {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let name = family.name;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP {name} {}", without_breaks(family.help));
        let _ = writeln!(text, "# TYPE {name} {kind}");
        for point in &family.points {
            let labels = labels(&point.labels);
            match &point.reading {
                Reading::One(amount) => {
                    let _ = writeln!(text, "{name}{} {amount}", in_braces(&labels));
                }
                Reading::Many(histogram) => write_histogram(&mut text, name, &labels, histogram),
            }
        }
    }
    text
}

/// Prometheus has each bucket hold what those before it hold, too.
fn write_histogram(text: &mut String, name: &str, labels: &str, histogram: &Histogram) {
    let comma = if labels.is_empty() { "" } else { "," };
    let ends = histogram.bounds.iter().map(ToString::to_string);
    let mut so_far = 0;
    for (end, count) in ends.chain(["+Inf".to_owned()]).zip(&histogram.counts) {
        so_far += count;
        let _ = writeln!(
            text,
            "{name}_bucket{{{labels}{comma}le=\"{end}\"}} {so_far}"
        );
    }
    let labels = in_braces(labels);
    let _ = writeln!(text, "{name}_sum{labels} {}", histogram.sum);
    let _ = writeln!(text, "{name}_count{labels} {so_far}");
}

fn in_braces(labels: &str) -> String {
    match labels {
        "" => String::new(),
        labels => format!("{{{labels}}}"),
    }
}

fn labels(labels: &[(&'static str, String)]) -> String {
    let labels = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
    labels.collect::<Vec<_>>().join(",")
}

fn escaped(value: &str) -> String {
    without_breaks(value).replace('"', "\\\"")
}

fn without_breaks(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        metrics::{Amount, Point},
        money::Money,
    };

    /// What a reader of the format makes of the value of a label.
    fn read_back(line: &str) -> Option<String> {
        let (_, rest) = line.split_once("=\"")?;
        let mut value = String::new();
        let mut letters = rest.chars();
        loop {
            match letters.next()? {
                '"' => return Some(value),
                '\\' => value.push(match letters.next()? {
                    'n' => '\n',
                    other => other,
                }),
                other => value.push(other),
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_a_label_says_stands_on_one_line_and_is_read_back(value in any::<String>()) {
            let point = Point::of(&[("label", &value)], Amount::Count(1));
            let text = text(&[Family::gauge("a", "b", vec![point])]);
            let lines: Vec<_> = text.split('\n').collect();
            prop_assert_eq!(lines.len(), 4, "two comments, the figure, and nothing after it");
            prop_assert_eq!(read_back(lines[2]), Some(value));
        }

        #[test]
        fn money_and_times_are_written_to_the_last_digit(pico in 0i64.., ms in 0u64..1 << 53) {
            let money = Money::from_pico(pico.into());
            prop_assert_eq!(Money::of_dollars(&Amount::Dollars(money).to_string()), Some(money));
            let seconds = Amount::Millis(ms).to_string();
            let (whole, part) = seconds.split_once('.').unwrap_or((&seconds, "0"));
            let read = whole.parse::<u64>().unwrap() * 1000 + format!("{part:0<3}").parse::<u64>().unwrap();
            prop_assert_eq!(read, ms);
        }

        #[test]
        fn buckets_hold_those_before_them_and_the_last_holds_all(counts in proptest::collection::vec(0u64..1000, 3)) {
            let histogram = Histogram {
                bounds: vec![Amount::Millis(10), Amount::Millis(20)],
                counts: counts.clone(),
                sum: Amount::Millis(5),
            };
            let point = Point { labels: Vec::new(), reading: Reading::Many(histogram) };
            let text = text(&[Family::histogram("t_seconds", "b", vec![point])]);
            let all: u64 = counts.iter().sum();
            let expected = format!(
                "# HELP t_seconds b\n# TYPE t_seconds histogram\nt_seconds_bucket{{le=\"0.01\"}} {}\n\
                 t_seconds_bucket{{le=\"0.02\"}} {}\nt_seconds_bucket{{le=\"+Inf\"}} {all}\nt_seconds_sum 0.005\n\
                 t_seconds_count {all}\n",
                counts[0], counts[0] + counts[1],
            );
            prop_assert_eq!(text, expected);
        }
    }
}
