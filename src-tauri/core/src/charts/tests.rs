use std::{collections::HashSet, path::PathBuf};

use proptest::{prelude::*, test_runner::TestCaseError};
use resvg::tiny_skia::Pixmap;

use super::*;

fn named(labels: Vec<String>) -> Labels {
    Labels {
        full: labels.clone(),
        short: labels,
    }
}

/// Three models over a month, always the same.
fn month(theme: ChartTheme) -> Chart {
    let days = 30u32;
    let labels: Vec<String> = (0..days).map(|day| format!("{} Nov", day + 1)).collect();
    let dollars = |model: u32, day: u32| f64::from((day * 37 + model * 53) % 41) / 100.0;
    let stacks: Vec<Stack> = ["claude-sonnet-5-5", "gpt-6-luna", "Größer als Ωμέγα"]
        .iter()
        .zip(0..)
        .map(|(name, model)| {
            let heights: Vec<f64> = (0..days).map(|day| dollars(model, day)).collect();
            let values = heights
                .iter()
                .map(|height| format!("${height:.2}"))
                .collect();
            Stack {
                name: (*name).into(),
                heights,
                values,
                open: Vec::new(),
            }
        })
        .collect();
    let sums: Vec<String> = (0..days)
        .map(|day| {
            format!(
                "${:.2}",
                (0..3).map(|model| dollars(model, day)).sum::<f64>()
            )
        })
        .collect();
    let frame = Frame {
        title: "Spend a day",
        description: "Thirty days, by model, in US dollars.",
        labels: &named(labels),
        scale: Scale::Dollars,
        theme,
        width: 760,
        height: 240,
    };
    bars(&Bars {
        frame,
        stacks: &stacks,
        sums: &sums,
    })
    .unwrap()
}

/// A month of which some days are over, always the same.
fn way(theme: ChartTheme, over: u32) -> Chart {
    let points: Vec<Point> = (1..=30u32)
        .map(|day| {
            let spent = f64::from(day.min(over)) * 2.5;
            let ahead = f64::from(day.saturating_sub(over));
            Point {
                known: (day <= over).then_some(spent),
                likely: (day >= over).then_some(Band {
                    low: spent + ahead * 1.8,
                    likely: spent + ahead * 2.6,
                    high: spent + ahead * 3.9,
                }),
                values: vec![SpotValue {
                    name: "Spent".into(),
                    value: format!("${spent:.2}"),
                }],
            }
        })
        .collect();
    drawn(&points, theme)
}

fn drawn(points: &[Point], theme: ChartTheme) -> Chart {
    let days = 1..=points.len();
    let labels = Labels {
        short: days.clone().map(|day| day.to_string()).collect(),
        full: days.map(|day| format!("{day} November")).collect(),
    };
    let frame = Frame {
        title: "The month",
        description: "Thirty days, in US dollars.",
        labels: &labels,
        scale: Scale::Dollars,
        theme,
        width: 760,
        height: 240,
    };
    course(&Course {
        frame,
        names: ["Spent", "Likely", "Eight of ten months"],
        points,
    })
    .unwrap()
}

fn with_names(names: &[String], heights: &[f64]) -> Chart {
    let labels: Vec<String> = heights.iter().map(|_| "1 Nov".to_owned()).collect();
    let stacks: Vec<Stack> = names
        .iter()
        .map(|name| Stack {
            name: name.clone(),
            heights: heights.to_vec(),
            values: labels.clone(),
            open: Vec::new(),
        })
        .collect();
    let frame = Frame {
        title: &names.join(" & "),
        description: &names.join(" < "),
        labels: &named(labels.clone()),
        scale: Scale::Count,
        theme: ChartTheme::Dark,
        width: 640,
        height: 240,
    };
    bars(&Bars {
        frame,
        stacks: &stacks,
        sums: &labels,
    })
    .unwrap()
}

fn lines_with_names(names: &[String], heights: &[f64]) -> Chart {
    let labels: Vec<String> = heights.iter().map(|_| "1 Nov".to_owned()).collect();
    let lines_of: Vec<Line> = names
        .iter()
        .map(|name| Line {
            name: name.clone(),
            heights: heights.iter().copied().map(Some).collect(),
            values: labels.clone(),
        })
        .collect();
    let frame = Frame {
        title: &names.join(" & "),
        description: &names.join(" < "),
        labels: &named(labels),
        scale: Scale::PerSecond,
        theme: ChartTheme::Dark,
        width: 640,
        height: 240,
    };
    lines(&Lines {
        frame,
        lines: &lines_of,
    })
    .unwrap()
}

/// Words along the side of a drawing, from top to bottom.
fn along_the_side(chart: &Chart) -> Vec<String> {
    let drawing = resvg::usvg::roxmltree::Document::parse(&chart.svg).unwrap();
    let texts = drawing
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
    let at_side = texts.filter(|node| node.attribute("text-anchor") == Some("end"));
    at_side
        .map(|node| node.text().unwrap_or_default().trim().to_owned())
        .collect()
}

#[test]
fn what_is_not_known_of_a_bar_is_marked_above_it_and_said_where_it_is_pointed_at() {
    let labels = ["1 Nov", "2 Nov", "3 Nov"].map(str::to_owned).to_vec();
    let said = ["$1 + 2 unknown", "not known", "$2"].map(str::to_owned);
    let draw = |open: Vec<bool>| {
        let frame = Frame {
            title: "Spend a day",
            description: "Three days.",
            labels: &named(labels.clone()),
            scale: Scale::Dollars,
            theme: ChartTheme::Light,
            width: 400,
            height: 200,
        };
        let stacks = [Stack {
            name: "gpt-5".into(),
            heights: vec![1.0, 0.0, 2.0],
            values: said.to_vec(),
            open,
        }];
        bars(&Bars {
            frame,
            stacks: &stacks,
            sums: &said,
        })
        .unwrap()
    };
    let marks = |chart: &Chart| chart.svg.matches("<rect").count();
    let (known, open) = (draw(Vec::new()), draw(vec![true, true, false]));
    // One in the legend and one above each of two bars.
    assert_eq!(marks(&open), marks(&known) + 3);
    let names: Vec<&str> = open.legend.iter().map(|mark| mark.name.as_str()).collect();
    assert_eq!(names, ["gpt-5", "Not known"]);
    let values: Vec<Vec<&str>> = open
        .spots
        .iter()
        .map(|spot| spot.values.iter().map(|of| of.value.as_str()).collect())
        .collect();
    assert_eq!(
        values,
        [vec![said[0].as_str()], vec!["not known"], vec!["$2"]]
    );
}

#[test]
fn a_file_says_the_exact_values_of_each_bar_to_who_points_at_it() {
    let chart = with_names(&["<b>gpt-5</b>".into(), "mini".into()], &[1.0, 2.0]);
    let file = chart.with_values();
    let drawing = resvg::usvg::roxmltree::Document::parse(&file).unwrap();
    let said: Vec<String> = drawing
        .descendants()
        .filter(|node| node.attribute("pointer-events") == Some("all"))
        .filter_map(|node| Some(node.first_element_child()?.text()?.to_owned()))
        .collect();
    assert_eq!(said.len(), chart.spots.len());
    assert!(said[0].starts_with("1 Nov\n<b>gpt-5</b>: "), "{said:?}");
    assert_eq!(said[0].lines().count(), 1 + chart.spots[0].values.len());
}

proptest! {
    #[test]
    fn counts_stand_along_the_side_as_whole_numbers_each_once(calls in proptest::collection::vec(0u32..3_000, 1..9)) {
        let heights: Vec<f64> = calls.iter().map(|calls| f64::from(*calls)).collect();
        let side = along_the_side(&with_names(&["calls".into()], &heights));
        prop_assert!(!side.is_empty());
        let whole: Result<HashSet<u32>, _> = side.iter().map(|words| words.parse::<u32>()).collect();
        prop_assert_eq!(whole.map(|apart| apart.len()), Ok(side.len()), "{:?}", side);
    }
}

/// Three percentiles over a month, always the same, with a gap and a day on its own.
fn month_of_times(theme: ChartTheme) -> Chart {
    let days = 30u32;
    let labels: Vec<String> = (0..days).map(|day| format!("{} Nov", day + 1)).collect();
    let is_empty = |day: u32| matches!(day, 8..=10 | 12..=13);
    let lines_of: Vec<Line> = ["Half of the calls", "95 of 100", "99 of 100"]
        .iter()
        .zip([400.0, 1_300.0, 2_600.0])
        .map(|(name, middle)| {
            let height = |day: u32| middle * (1.0 + f64::from((day * 17) % 9) / 12.0);
            let heights = (0..days).map(|day| (!is_empty(day)).then(|| height(day)));
            Line {
                name: (*name).into(),
                values: (0..days)
                    .map(|day| format!("{:.0} ms", height(day)))
                    .collect(),
                heights: heights.collect(),
            }
        })
        .collect();
    let frame = Frame {
        title: "Time to the first token",
        description: "Thirty days.",
        labels: &named(labels),
        scale: Scale::Time,
        theme,
        width: 760,
        height: 240,
    };
    lines(&Lines {
        frame,
        lines: &lines_of,
    })
    .unwrap()
}

/// The stored pictures of each theme. `GATEHOUSE_WRITE_CHARTS=1` writes them anew.
#[test]
fn a_chart_looks_as_it_is_stored_in_both_themes() {
    for (theme, name) in [(ChartTheme::Light, "light"), (ChartTheme::Dark, "dark")] {
        is_as_stored(&month(theme), &format!("spend-{name}"));
        is_as_stored(&way(theme, 12), &format!("course-{name}"));
        is_as_stored(&month_of_times(theme), &format!("times-{name}"));
    }
}

fn is_as_stored(chart: &Chart, name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("src/charts/tests")
        .join(format!("{name}.png"));
    let drawn = png(chart, 1).unwrap();
    if std::env::var_os("GATEHOUSE_WRITE_CHARTS").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let stored = Pixmap::load_png(&path).unwrap();
    let drawn = Pixmap::decode_png(&drawn).unwrap();
    assert_eq!(
        (stored.width(), stored.height()),
        (drawn.width(), drawn.height())
    );
    let differing = stored
        .pixels()
        .iter()
        .zip(drawn.pixels())
        .filter(|(one, other)| {
            let apart = |a: u8, b: u8| a.abs_diff(b) > 8;
            apart(one.red(), other.red())
                || apart(one.green(), other.green())
                || apart(one.blue(), other.blue())
        })
        .count();
    // Floating point may round an edge elsewhere on another processor, never a bar.
    assert!(differing < 40, "{differing} pixels of {name} differ");
}

#[test]
fn a_line_is_broken_where_there_is_nothing_and_says_what_it_is_worth() {
    let chart = month_of_times(ChartTheme::Light);
    let empty: Vec<usize> = (0..30)
        .filter(|at| chart.spots[*at].values.is_empty())
        .collect();
    assert_eq!(empty, [8, 9, 10, 12, 13]);
    assert_eq!(chart.spots[0].values[1].value, "1300 ms");
    let count = |shape: &str| chart.svg.matches(shape).count();
    assert_eq!(count("<polyline"), 6, "three lines of two pieces");
    assert_eq!(count("<circle"), 3, "and the twelfth day on its own");
}

#[test]
fn the_colours_are_those_of_the_tokens() {
    let css = include_str!("../../../../ui/src/lib/design/tokens.css");
    let (light, dark) = css.split_once(":root[data-theme=\"dark\"]").unwrap();
    let plain = [Colour::Surface, Colour::Line, Colour::Ink, Colour::FaintInk];
    let all = plain
        .into_iter()
        .chain((0..theme::SERIES).map(Colour::Series));
    for colour in all {
        for (theme, block) in [(ChartTheme::Light, light), (ChartTheme::Dark, dark)] {
            let wanted = format!("--{}: {};", colour.token(), colour.hex(theme));
            assert!(block.contains(&wanted), "{wanted}");
        }
    }
}

#[test]
fn a_chart_says_what_it_is_and_what_each_bar_is_worth() {
    let chart = month(ChartTheme::Light);
    assert!(chart.svg.contains("<title>Spend a day</title>"));
    assert!(chart.svg.contains("role=\"img\""));
    assert_eq!(chart.spots.len(), 30);
    let first = &chart.spots[0];
    assert_eq!(first.label, "1 Nov");
    let values: Vec<_> = first
        .values
        .iter()
        .map(|value| value.value.as_str())
        .collect();
    assert_eq!(
        values,
        ["$0.12", "$0.24", "$0.36"],
        "what is nothing is left out"
    );
    let side_by_side = chart
        .spots
        .windows(2)
        .all(|pair| pair[0].x + pair[0].width == pair[1].x);
    assert!(side_by_side, "no place between two bars is nobody's");
}

#[test]
fn names_that_are_cut_alike_or_are_alike_are_told_apart_in_legend_and_values() {
    let long = "accounts/fireworks/models/llama-v3p1-";
    let names = [
        format!("{long}8b-instruct"),
        format!("{long}405b-instruct"),
        "gpt-5".into(),
        "gpt-5".into(),
        "Together".into(),
    ];
    let chart = with_names(&names, &[1.0]);
    let legend: Vec<&str> = chart.legend.iter().map(|mark| mark.name.as_str()).collect();
    let wanted = [
        "accounts/fireworks…-v3p1-8b-instruct",
        "accounts/fireworks…3p1-405b-instruct",
        "gpt-5",
        "gpt-5 (2)",
        "Together",
    ];
    assert_eq!(legend, wanted);
    let said: Vec<&str> = chart.spots[0]
        .values
        .iter()
        .map(|of| of.name.as_str())
        .collect();
    assert_eq!(said[..5], legend[..], "by the same names");
}

/// That a drawing is XML of known elements that can be made a picture.
fn can_be_shown(chart: &Chart) -> Result<(), TestCaseError> {
    let xml = resvg::usvg::roxmltree::Document::parse(&chart.svg);
    prop_assert!(xml.is_ok(), "{:?}", xml.err());
    let known = [
        "svg", "title", "desc", "rect", "text", "line", "polyline", "polygon", "circle",
    ];
    for element in xml.unwrap().descendants().filter(|node| node.is_element()) {
        prop_assert!(
            known.contains(&element.tag_name().name()),
            "{:?}",
            element.tag_name()
        );
    }
    prop_assert!(image::tree_of(&chart.svg).is_ok());
    Ok(())
}

#[test]
fn a_course_can_be_pointed_at_on_its_first_day_and_on_its_last() {
    for over in [1, 30] {
        let chart = way(ChartTheme::Light, over);
        assert_eq!(chart.spots.len(), 30);
        assert_eq!(chart.spots[0].label, "1 November");
        assert_eq!(chart.spots[0].values[0].value, "$2.50");
        can_be_shown(&chart).unwrap();
    }
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(0.0),
        Just(-1.0),
        0.0..1e12f64
    ]
}

fn point() -> impl Strategy<Value = Point> {
    let band = (number(), number(), number());
    let heights = (proptest::option::of(number()), proptest::option::of(band));
    heights.prop_map(|(known, likely)| Point {
        known,
        likely: likely.map(|(low, likely, high)| Band { low, likely, high }),
        values: Vec::new(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_point_breaks_a_course(points in proptest::collection::vec(point(), 0..40)) {
        can_be_shown(&drawn(&points, ChartTheme::Dark))?;
    }

    #[test]
    fn no_name_and_no_number_breaks_a_drawing(
        names in proptest::collection::vec(".{0,60}|<script>.{0,9}|]]>|&amp;", 0..8),
        heights in proptest::collection::vec(number(), 0..70),
    ) {
        for chart in [with_names(&names, &heights), lines_with_names(&names, &heights)] {
            can_be_shown(&chart)?;
            let apart: HashSet<&str> = chart.legend.iter().map(|mark| mark.name.as_str()).collect();
            prop_assert_eq!(apart.len(), names.len(), "no two have one name");
        }
    }
}
