//! How a table stands on paper: each column as wide as what is in it, names cut where there is no room for
//! all of them, and letters smaller where even that does not do. No two words touch.

use crate::{
    charts::{Weight, width_of},
    tables::{Kind, Table},
};

/// The size of letters where there is room.
const SIZE: f64 = 8.0;
/// Between two columns, at that size.
const GAP: f64 = 8.0;
/// Names are cut rather than that letters get smaller, down to this width at that size.
const LEAST_NAMES: f64 = 90.0;
/// A word of a heading, such as the name of a model, is broken where it is wider, at that size.
const MOST_HEADING: f64 = 84.0;

/// A table that has its place.
pub(super) struct Fitted {
    /// The size of its letters.
    pub(super) size: f64,
    pub(super) columns: Vec<Fit>,
    /// Its rows, as far as there is room for their words.
    pub(super) rows: Vec<Vec<String>>,
}

/// A column that has its place.
pub(super) struct Fit {
    /// Where its words begin, or where its numbers end, from the left edge of the table.
    pub(super) x: f64,
    pub(super) is_number: bool,
    /// The lines of its heading.
    pub(super) heading: Vec<String>,
}

/// Fit a table into a width.
pub(super) fn fitted(table: &Table, room: f64) -> Fitted {
    let shown: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(&table.columns);
            cells
                .map(|(cell, column)| cell.shown(column.kind))
                .collect()
        })
        .collect();
    let is_number = |nth: usize| table.columns[nth].kind != Kind::Words;
    let wants: Vec<f64> = (0..table.columns.len())
        .map(|nth| {
            wanted(
                &table.columns[nth].heading,
                shown.iter().filter_map(|row| row.get(nth)),
            )
        })
        .collect();
    let sum = |width: &dyn Fn(usize) -> f64| (0..wants.len()).map(width).sum::<f64>();
    let numbers = sum(&|nth| if is_number(nth) { wants[nth] } else { 0.0 });
    let least = sum(&|nth| {
        if is_number(nth) {
            0.0
        } else {
            wants[nth].min(LEAST_NAMES)
        }
    });
    let gaps = GAP * count(wants.len().saturating_sub(1));
    let scale = (room / (numbers + least + gaps).max(1.0)).min(1.0);
    let names: Vec<f64> = (0..wants.len())
        .filter(|nth| !is_number(*nth))
        .map(|nth| wants[nth] * scale)
        .collect();
    let mut names = shared(&names, room - (numbers + gaps) * scale).into_iter();
    let widths: Vec<f64> = (0..wants.len())
        .map(|nth| {
            if is_number(nth) {
                wants[nth] * scale
            } else {
                names.next().unwrap_or(0.0)
            }
        })
        .collect();
    let (size, mut left) = (SIZE * scale, 0.0);
    let columns = table.columns.iter().zip(&widths).map(|(column, width)| {
        let is_number = column.kind != Kind::Words;
        let x = if is_number { left + width } else { left };
        left += width + GAP * scale;
        Fit {
            x,
            is_number,
            heading: wrapped(&column.heading, size, Weight::Bold, *width),
        }
    });
    let columns = columns.collect();
    let row = |cells: Vec<String>| {
        let cells = cells.iter().zip(&widths);
        cells
            .map(|(cell, width)| cut(cell, size, Weight::Plain, *width))
            .collect()
    };
    Fitted {
        size,
        columns,
        rows: shown.into_iter().map(row).collect(),
    }
}

/// How wide a column is, at the size that letters have where there is room.
fn wanted<'c>(heading: &str, cells: impl Iterator<Item = &'c String>) -> f64 {
    let words = heading.split(' ');
    let heading = words.map(|word| width_of(word, SIZE, Weight::Bold));
    let heading = heading.fold(0.0, f64::max).min(MOST_HEADING);
    // A little more, so that rounding cuts nothing.
    let cells = cells.map(|cell| width_of(cell, SIZE, Weight::Plain));
    cells.fold(heading, f64::max) + 0.1
}

/// A width given to those who want so much of it: nobody gets more than that, and what one leaves goes to
/// the others.
fn shared(wants: &[f64], room: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wants.len()).collect();
    order.sort_by(|one, other| wants[*one].total_cmp(&wants[*other]));
    let (mut left, mut given) = (room.max(0.0), vec![0.0; wants.len()]);
    for (done, at) in order.into_iter().enumerate() {
        given[at] = wants[at].min(left / count(wants.len() - done));
        left -= given[at];
    }
    given
}

#[expect(clippy::cast_precision_loss, reason = "a few columns")]
fn count(columns: usize) -> f64 {
    columns as f64
}

/// A text as far as there is room for it, and a sign that there is more.
pub(super) fn cut(text: &str, size: f64, weight: Weight, room: f64) -> String {
    if width_of(text, size, weight) <= room {
        return text.to_owned();
    }
    let mut left = room - width_of("…", size, weight);
    let fits = |letter: &char| {
        left -= width_of(letter.encode_utf8(&mut [0; 4]), size, weight);
        left >= 0.0
    };
    let beginning: String = text.chars().take_while(fits).collect();
    format!("{}…", beginning.trim_end())
}

/// A text in lines for which there is room: broken between words, and within one that is too wide by itself.
pub(super) fn wrapped(text: &str, size: f64, weight: Weight, room: f64) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    let fits = |text: &str| width_of(text, size, weight) <= room;
    for word in text.split(' ') {
        let longer = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            line.push(letter);
            if !fits(&line) && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, letter.to_string()));
            }
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tables::{Cell, Column};

    proptest! {
        #[test]
        fn no_two_words_touch_and_none_leaves_the_sheet(
            names in proptest::collection::vec(".{0,60}|[a-z/-]{0,60}", 1..9),
            amounts in proptest::collection::vec(0u64..9_000_000_000_000, 1..9),
            unknown in 0u64..3_000,
        ) {
            let headings = |kind| move |name: &String| Column::new(name.clone(), kind);
            let columns = names.iter().take(3).map(headings(Kind::Words));
            let columns: Vec<Column> = columns.chain(names.iter().map(headings(Kind::Money))).collect();
            let mut table = Table::new("A table", columns);
            table.rows = amounts
                .iter()
                .map(|amount| {
                    let words = names.iter().take(3).map(Cell::from);
                    let exact = format!("{}.{}", amount / 1_000_000, amount % 1_000_000);
                    let costs = names.iter().map(|_| Cell::cost(&exact, unknown));
                    words.chain(costs).collect()
                })
                .collect();
            let room = 515.0;
            let fitted = fitted(&table, room);
            for cells in &fitted.rows {
                let mut end = 0.0;
                for (cell, column) in cells.iter().zip(&fitted.columns) {
                    let width = width_of(cell, fitted.size, Weight::Plain);
                    let begins = if column.is_number { column.x - width } else { column.x };
                    prop_assert!(begins >= end - 0.01, "{cells:?}");
                    end = begins + width;
                }
                prop_assert!(end <= room + 0.01);
            }
        }

        #[test]
        fn a_text_in_lines_is_the_same_text(text in "[a-zA-Z0-9,. /-]{0,80}", room in 12.0f64..200.0) {
            let lines = wrapped(&text, 8.0, Weight::Bold, room);
            let letters = |text: &str| text.replace(' ', "");
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
            prop_assert!(lines.iter().all(|line| width_of(line, 8.0, Weight::Bold) <= room));
        }
    }

    #[test]
    fn what_is_cut_says_so() {
        let room = width_of("A long na…", 8.0, Weight::Plain);
        assert_eq!(
            cut("A long name of a model", 8.0, Weight::Plain, room),
            "A long na…"
        );
        assert_eq!(cut("Short", 8.0, Weight::Plain, room), "Short");
    }
}
