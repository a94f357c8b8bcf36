//! A report on sheets of paper: each is drawn as SVG, and all of them are written as one PDF, whose text
//! can be read aloud, searched and copied.

use krilla::{Document, geom::Size, metadata::Metadata, page::PageSettings};
use krilla_svg::{SurfaceExt, SvgSettings};

use super::{
    ReviewError, Table,
    html::{escaped, facts},
};
use crate::{
    charts::{Chart, tree_of},
    costs::reports::Overview,
};

/// A4, in points.
const WIDTH: i32 = 595;
const HEIGHT: i32 = 842;
/// The same, as the PDF is told.
const SHEET: (f32, f32) = (595.0, 842.0);
const MARGIN: i32 = 40;
const LINE: i32 = 14;
/// Below this a sheet is full.
const END: i32 = HEIGHT - MARGIN - 20;
/// The longest name in a column of words.
const LONGEST_NAME: usize = 34;

/// The report.
pub(super) fn pdf(
    overview: &Overview,
    tables: &[Table],
    charts: &[Chart],
) -> Result<Vec<u8>, ReviewError> {
    let title = format!("Costs from {} to {}", overview.first, overview.last);
    let mut sheets = Sheets::new();
    sheets.text(MARGIN, 18, Weight::Bold, Anchor::Start, &title);
    sheets.down(30);
    for (name, value) in facts(overview) {
        sheets.text(MARGIN, 9, Weight::Plain, Anchor::Start, &name);
        sheets.text(WIDTH - MARGIN, 9, Weight::Bold, Anchor::End, &value);
        sheets.down(LINE);
    }
    sheets.down(LINE);
    for chart in charts {
        sheets.chart(chart);
    }
    for table in tables.iter().filter(|table| !table.rows.is_empty()) {
        table_on(&mut sheets, table);
    }
    written(&title, &sheets.done())
}

fn written(title: &str, sheets: &[String]) -> Result<Vec<u8>, ReviewError> {
    let failed = |what: &str| ReviewError::Pdf(what.to_owned());
    let size = Size::from_wh(SHEET.0, SHEET.1).ok_or_else(|| failed("a sheet has no size"))?;
    let page =
        PageSettings::from_wh(SHEET.0, SHEET.1).ok_or_else(|| failed("a sheet has no size"))?;
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new()
            .title(title.to_owned())
            .creator("Gatehouse".into())
            .language("en".into()),
    );
    for sheet in sheets {
        let tree = tree_of(sheet)?;
        let mut page = document.start_page_with(page.clone());
        let mut surface = page.surface();
        surface
            .draw_svg(&tree, size, SvgSettings::default())
            .ok_or_else(|| failed("a sheet could not be drawn"))?;
        surface.finish();
        page.finish();
    }
    document
        .finish()
        .map_err(|error| failed(&format!("{error:?}")))
}

#[derive(Clone, Copy)]
enum Weight {
    Plain,
    Bold,
}

#[derive(Clone, Copy)]
enum Anchor {
    Start,
    End,
}

/// Sheets that are filled from top to bottom.
struct Sheets {
    full: Vec<String>,
    current: String,
    y: i32,
}

impl Sheets {
    fn new() -> Self {
        Self {
            full: Vec::new(),
            current: String::new(),
            y: MARGIN + 12,
        }
    }

    fn text(&mut self, x: i32, size: i32, weight: Weight, anchor: Anchor, text: &str) {
        let weight = match weight {
            Weight::Plain => 400,
            Weight::Bold => 600,
        };
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::End => "end",
        };
        self.current.push_str(&format!(
            "<text x=\"{x}\" y=\"{}\" font-family=\"Inter\" font-size=\"{size}\" font-weight=\"{weight}\" \
             text-anchor=\"{anchor}\" fill=\"#1d1c19\">{}</text>\n",
            self.y,
            escaped(text)
        ));
    }

    fn rule(&mut self) {
        self.current.push_str(&format!(
            "<line x1=\"{MARGIN}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#cfcabd\" stroke-width=\"0.5\"/>\n",
            WIDTH - MARGIN,
            y = self.y + 4
        ));
    }

    fn down(&mut self, by: i32) {
        self.y += by;
    }

    /// Whether so much more fits; if not, a new sheet is begun.
    fn make_room(&mut self, height: i32) -> bool {
        if self.y + height <= END {
            return true;
        }
        self.full.push(std::mem::take(&mut self.current));
        self.y = MARGIN + 12;
        false
    }

    /// The chart, as wide as the sheet has room.
    fn chart(&mut self, chart: &Chart) {
        let width = WIDTH - 2 * MARGIN;
        let whole = |length: u32| i32::try_from(length).unwrap_or(1).max(1);
        let height = width * whole(chart.height) / whole(chart.width);
        self.make_room(height);
        let place = format!("<svg x=\"{MARGIN}\" y=\"{}\" ", self.y);
        let inner = chart
            .svg
            .replacen("<svg ", &place, 1)
            .replacen(
                &format!("width=\"{}\"", chart.width),
                &format!("width=\"{width}\""),
                1,
            )
            .replacen(
                &format!("height=\"{}\"", chart.height),
                &format!("height=\"{height}\""),
                1,
            );
        self.current.push_str(&inner);
        self.down(height + 2 * LINE);
    }

    /// All sheets, each a whole drawing with its number.
    fn done(mut self) -> Vec<String> {
        self.full.push(self.current);
        let count = self.full.len();
        let numbered = self.full.iter().enumerate().map(|(at, content)| {
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
                 viewBox=\"0 0 {WIDTH} {HEIGHT}\">\n{content}<text x=\"{}\" y=\"{}\" font-family=\"Inter\" \
                 font-size=\"8\" text-anchor=\"end\" fill=\"#5b5850\">{} of {count}</text></svg>",
                WIDTH - MARGIN,
                HEIGHT - 24,
                at + 1
            )
        });
        numbered.collect()
    }
}

/// The columns that a sheet has room for, of a table's: words, then these numbers from the end.
const NUMBERS: [(usize, &str); 6] = [
    (9, "Calls"),
    (8, "Failed"),
    (5, "Input"),
    (4, "Cached"),
    (3, "Output"),
    (1, "Cost, US$"),
];

fn table_on(sheets: &mut Sheets, table: &Table) {
    sheets.make_room(4 * LINE);
    sheets.down(LINE);
    sheets.text(MARGIN, 11, Weight::Bold, Anchor::Start, &table.title);
    sheets.down(LINE + 2);
    headings_on(sheets, table);
    for row in &table.rows {
        if !sheets.make_room(LINE) {
            headings_on(sheets, table);
        }
        let words: Vec<String> = row[..table.words].iter().map(|word| cut(word)).collect();
        sheets.text(MARGIN, 8, Weight::Plain, Anchor::Start, &words.join(" · "));
        for ((from_end, _), x) in NUMBERS.iter().zip(places()) {
            let value = row.len().checked_sub(*from_end).and_then(|at| row.get(at));
            let value = value.map_or("", String::as_str);
            sheets.text(x, 8, Weight::Plain, Anchor::End, value);
        }
        sheets.rule();
        sheets.down(LINE);
    }
}

fn headings_on(sheets: &mut Sheets, table: &Table) {
    let words = table.headings[..table.words].join(" · ");
    sheets.text(MARGIN, 8, Weight::Bold, Anchor::Start, &words);
    for ((_, heading), x) in NUMBERS.iter().zip(places()) {
        sheets.text(x, 8, Weight::Bold, Anchor::End, heading);
    }
    sheets.rule();
    sheets.down(LINE);
}

/// Where the columns of numbers end.
fn places() -> [i32; 6] {
    [290, 325, 385, 440, 490, WIDTH - MARGIN]
}

fn cut(word: &str) -> String {
    if word.chars().count() <= LONGEST_NAME {
        return word.to_owned();
    }
    word.chars().take(LONGEST_NAME - 1).chain(['…']).collect()
}
