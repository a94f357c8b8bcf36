//! A report on sheets of paper: each is drawn as SVG, and all of them are written as one PDF, whose text
//! can be read aloud, searched and copied.

use krilla::{Document, geom::Size, metadata::Metadata, page::PageSettings};
use krilla_svg::{SurfaceExt, SvgSettings};

use super::{
    ReviewError,
    files::Report,
    html::{facts, left_out},
    paper::{Fitted, cut, fitted, wrapped},
};
use crate::{
    charts::{Chart, Weight, escaped, tree_of, width_of},
    tables::Table,
};

/// A4, in points.
const WIDTH: f64 = 595.0;
const HEIGHT: f64 = 842.0;
/// The same, as the PDF is told.
const SHEET: (f32, f32) = (595.0, 842.0);
const MARGIN: f64 = 40.0;
/// Between the margins.
const ROOM: f64 = WIDTH - 2.0 * MARGIN;
const LINE: f64 = 14.0;
/// Below this a sheet is full.
const END: f64 = HEIGHT - MARGIN - 20.0;
/// The most rows of a table: nobody turns over hundreds of sheets.
const MOST_ROWS: usize = 400;

/// The report.
pub(super) fn pdf(report: &Report) -> Result<Vec<u8>, ReviewError> {
    written(&report.title, &sheets_of(report))
}

/// Its sheets, each a drawing.
pub(super) fn sheets_of(report: &Report) -> Vec<String> {
    let mut sheets = Sheets::new();
    sheets.paragraph(18.0, Weight::Bold, &report.title);
    let about = report.about.join(" ");
    sheets.paragraph(
        8.0,
        Weight::Plain,
        &format!("{about} Amounts are rounded; the tables as CSV have every digit."),
    );
    sheets.down(LINE);
    for fact in facts(&report.overview) {
        let value = width_of(&fact.shown, 9.0, Weight::Bold);
        let name = cut(&fact.name, 9.0, Weight::Plain, ROOM - value - LINE);
        sheets.make_room(LINE);
        sheets.text(MARGIN, 9.0, Weight::Plain, Anchor::Start, &name);
        sheets.text(WIDTH - MARGIN, 9.0, Weight::Bold, Anchor::End, &fact.shown);
        sheets.down(LINE);
    }
    sheets.down(LINE);
    for chart in &report.charts {
        sheets.chart(chart);
    }
    for table in &report.tables {
        table_on(&mut sheets, &table.clone().first(MOST_ROWS));
    }
    sheets.done()
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
enum Anchor {
    Start,
    End,
}

/// Sheets that are filled from top to bottom.
struct Sheets {
    full: Vec<String>,
    current: String,
    y: f64,
}

impl Sheets {
    fn new() -> Self {
        Self {
            full: Vec::new(),
            current: String::new(),
            y: MARGIN + 12.0,
        }
    }

    fn text(&mut self, x: f64, size: f64, weight: Weight, anchor: Anchor, text: &str) {
        let weight = match weight {
            Weight::Plain => 400,
            Weight::Bold => 600,
        };
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::End => "end",
        };
        self.current.push_str(&format!(
            "<text x=\"{x:.2}\" y=\"{:.2}\" font-family=\"Inter\" font-size=\"{size:.2}\" font-weight=\"{weight}\" \
             text-anchor=\"{anchor}\" fill=\"#1d1c19\">{}</text>\n",
            self.y,
            escaped(text)
        ));
    }

    /// Text between the margins, in as many lines as it takes.
    fn paragraph(&mut self, size: f64, weight: Weight, text: &str) {
        for line in wrapped(text, size, weight, ROOM) {
            self.make_room(size * 1.4);
            self.text(MARGIN, size, weight, Anchor::Start, &line);
            self.down(size * 1.4);
        }
    }

    fn rule(&mut self) {
        self.current.push_str(&format!(
            "<line x1=\"{MARGIN}\" x2=\"{}\" y1=\"{y:.2}\" y2=\"{y:.2}\" stroke=\"#cfcabd\" stroke-width=\"0.5\"/>\n",
            WIDTH - MARGIN,
            y = self.y + 4.0
        ));
    }

    fn down(&mut self, by: f64) {
        self.y += by;
    }

    /// Whether so much more fits; if not, a new sheet is begun.
    fn make_room(&mut self, height: f64) -> bool {
        if self.y + height <= END {
            return true;
        }
        self.full.push(std::mem::take(&mut self.current));
        self.y = MARGIN + 12.0;
        false
    }

    /// The chart, as wide as the sheet has room.
    fn chart(&mut self, chart: &Chart) {
        let height = ROOM * f64::from(chart.height) / f64::from(chart.width.max(1));
        self.make_room(height);
        let place = format!("<svg x=\"{MARGIN}\" y=\"{:.2}\" ", self.y);
        let inner = chart
            .svg
            .replacen("<svg ", &place, 1)
            .replacen(
                &format!("width=\"{}\"", chart.width),
                &format!("width=\"{ROOM}\""),
                1,
            )
            .replacen(
                &format!("height=\"{}\"", chart.height),
                &format!("height=\"{height:.2}\""),
                1,
            );
        self.current.push_str(&inner);
        self.down(height + 2.0 * LINE);
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
                HEIGHT - 24.0,
                at + 1
            )
        });
        numbered.collect()
    }
}

fn table_on(sheets: &mut Sheets, table: &Table) {
    let fitted = fitted(table, ROOM);
    // A title does not stand at the foot of a sheet, with its table on the next.
    sheets.make_room(7.0 * LINE);
    sheets.down(LINE);
    sheets.text(MARGIN, 11.0, Weight::Bold, Anchor::Start, &table.title);
    sheets.down(LINE + 2.0);
    headings_on(sheets, &fitted);
    for row in &fitted.rows {
        if !sheets.make_room(LINE) {
            headings_on(sheets, &fitted);
        }
        for (text, column) in row.iter().zip(&fitted.columns) {
            let (x, anchor) = (MARGIN + column.x, anchor(column.is_number));
            sheets.text(x, fitted.size, Weight::Plain, anchor, text);
        }
        sheets.rule();
        sheets.down(LINE);
    }
    if let Some(left_out) = left_out(table) {
        sheets.paragraph(8.0, Weight::Plain, &left_out);
    }
}

/// The headings, each with its last line right above the column.
fn headings_on(sheets: &mut Sheets, fitted: &Fitted) {
    let lines = fitted.columns.iter().map(|column| column.heading.len());
    let lines = lines.max().unwrap_or(0);
    for line in 0..lines {
        for column in &fitted.columns {
            let above = lines - column.heading.len();
            let text = line
                .checked_sub(above)
                .and_then(|at| column.heading.get(at));
            if let Some(text) = text {
                let (x, anchor) = (MARGIN + column.x, anchor(column.is_number));
                sheets.text(x, fitted.size, Weight::Bold, anchor, text);
            }
        }
        sheets.down(fitted.size * 1.25);
    }
    sheets.down(LINE - fitted.size * 1.25 - 8.0);
    sheets.rule();
    sheets.down(LINE);
}

fn anchor(is_number: bool) -> Anchor {
    if is_number {
        Anchor::End
    } else {
        Anchor::Start
    }
}
