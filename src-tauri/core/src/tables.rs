//! Tables that are given to others: columns that know what they hold, exact cells, and CSV (RFC 4180) that
//! no spreadsheet runs.

use crate::money;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words, or what reads like some: a day, a name.
    Words,
    /// A count, of calls, of tokens or of milliseconds.
    Count,
    /// US dollars, exact.
    Money,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What stands above it, with the unit.
    pub heading: String,
    /// What it holds.
    pub kind: Kind,
}

impl Column {
    /// A column with this heading.
    pub fn new(heading: impl Into<String>, kind: Kind) -> Self {
        Self {
            heading: heading.into(),
            kind,
        }
    }
}

/// A cell: exact, as a program reads it. Empty where there is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    text: String,
    /// Calls whose cost is not known, and so not in the amount.
    unknown: u64,
}

impl<T: ToString> From<T> for Cell {
    fn from(value: T) -> Self {
        Self {
            text: value.to_string(),
            unknown: 0,
        }
    }
}

impl Cell {
    /// Nothing.
    pub const EMPTY: Self = Self {
        text: String::new(),
        unknown: 0,
    };

    /// An exact amount, as [`Money`](money::Money) writes it.
    pub fn money(amount: &str) -> Self {
        amount.replacen('$', "", 1).into()
    }

    /// What calls cost, of which so many are not in the amount, as nobody knows what they cost.
    pub fn cost(amount: &str, unknown: u64) -> Self {
        Self {
            unknown,
            ..Self::money(amount)
        }
    }

    /// Something, or nothing.
    pub fn maybe(value: Option<impl Into<Self>>) -> Self {
        value.map_or(Self::EMPTY, Into::into)
    }

    fn is_all_unknown(&self) -> bool {
        self.unknown > 0 && self.text == "0"
    }

    /// For a program: every digit; empty where nothing is known.
    pub fn exact(&self) -> &str {
        if self.is_all_unknown() {
            ""
        } else {
            &self.text
        }
    }

    /// For a person: rounded, with what is not known.
    pub fn shown(&self, kind: Kind) -> String {
        match kind {
            Kind::Words => self.text.clone(),
            Kind::Count => money::grouped(&self.text),
            Kind::Money if self.text.is_empty() => String::new(),
            Kind::Money if self.is_all_unknown() => "not known".into(),
            Kind::Money => {
                let amount = money::shown(&self.text).replacen('$', "", 1);
                match self.unknown {
                    0 => amount,
                    calls => format!("{amount} + {calls} unknown"),
                }
            }
        }
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows it would have beyond these.
    pub left_out: usize,
}

impl Table {
    /// A table without rows.
    pub fn new(title: impl Into<String>, columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            title: title.into(),
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
            left_out: 0,
        }
    }

    /// Add the columns of another table with the same rows behind those of this one.
    #[must_use]
    pub fn beside(mut self, other: Self, from: usize) -> Self {
        self.columns.extend(other.columns.into_iter().skip(from));
        for (row, more) in self.rows.iter_mut().zip(other.rows) {
            row.extend(more.into_iter().skip(from));
        }
        self
    }

    /// Only its first rows.
    #[must_use]
    pub fn first(mut self, most: usize) -> Self {
        self.left_out += self.rows.len().saturating_sub(most);
        self.rows.truncate(most);
        self
    }

    /// As CSV, with a line for the headings.
    pub fn csv(&self) -> String {
        let headings = self.columns.iter().map(|column| column.heading.as_str());
        let mut csv = line(headings);
        for row in &self.rows {
            csv.push_str(&line(row.iter().map(Cell::exact)));
        }
        csv
    }
}

fn line<'c>(cells: impl Iterator<Item = &'c str>) -> String {
    let cells: Vec<String> = cells.map(csv_cell).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell, in quotes where it needs them. One that a spreadsheet would take for a formula gets an
/// apostrophe, at which it is text; a number below nothing is none.
fn csv_cell(cell: &str) -> String {
    let is_number = cell.parse::<f64>().is_ok_and(f64::is_finite) && !cell.starts_with('+');
    let begins_a_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let guarded = if begins_a_formula && !is_number {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if guarded.contains(['"', ',', '\n', '\r', ';']) {
        return format!("\"{}\"", guarded.replace('"', "\"\""));
    }
    guarded
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// CSV read as RFC 4180 has it.
    pub(crate) fn read(csv: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
        let (mut quoted, mut signs) = (false, csv.chars().peekable());
        while let Some(sign) = signs.next() {
            match sign {
                '"' if quoted && signs.peek() == Some(&'"') => cell.extend(signs.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\r' if !quoted => {
                    assert_eq!(signs.next(), Some('\n'));
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                other => cell.push(other),
            }
        }
        assert!(!quoted && row.is_empty() && cell.is_empty());
        rows
    }

    #[test]
    fn an_amount_of_which_something_is_not_known_says_so() {
        let shown = |cell: Cell| (cell.exact().to_owned(), cell.shown(Kind::Money));
        let pair = |exact: &str, shown: &str| (exact.to_owned(), shown.to_owned());
        assert_eq!(shown(Cell::cost("$0", 0)), pair("0", "0.00"));
        assert_eq!(shown(Cell::cost("$0", 2)), pair("", "not known"));
        assert_eq!(
            shown(Cell::cost("$1234.5", 2)),
            pair("1234.5", "1,234.50 + 2 unknown")
        );
        assert_eq!(shown(Cell::money("-$0.0097")), pair("-0.0097", "-0.0097"));
        assert_eq!(shown(Cell::EMPTY), pair("", ""));
    }

    #[test]
    fn a_table_beside_another_has_the_rows_of_both() {
        let table = |headings: [&str; 2], cells: [&str; 2]| {
            let columns = headings.map(|heading| Column::new(heading, Kind::Words));
            let mut table = Table::new("A table", columns);
            table.rows.push(cells.map(Cell::from).into());
            table
        };
        let both =
            table(["Day", "Calls"], ["1", "2"]).beside(table(["Day", "Cost"], ["1", "3"]), 1);
        assert_eq!(both.csv(), "Day,Calls,Cost\r\n1,2,3\r\n");
    }

    proptest! {
        #[test]
        fn a_table_is_read_back_as_it_was_and_nothing_in_it_is_a_formula(
            rows in proptest::collection::vec(proptest::collection::vec("[=+@\\-\t\r\n\",;a'1.e]{0,6}|.{0,12}", 3), 0..6),
        ) {
            let columns = ["One", "Two", "Three"].map(|heading| Column::new(heading, Kind::Words));
            let mut table = Table::new("A table", columns);
            table.rows = rows.iter().map(|row| row.iter().map(Cell::from).collect()).collect();
            let found = read(&table.csv());
            prop_assert_eq!(found.len(), rows.len() + 1);
            for (row, wanted) in found[1..].iter().zip(&rows) {
                for (cell, wanted) in row.iter().zip(wanted) {
                    let is_number = cell.parse::<f64>().is_ok();
                    prop_assert!(is_number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
                    prop_assert!(cell == wanted || cell[1..] == **wanted && cell.starts_with('\''));
                }
            }
        }
    }
}
