//! What stands on the sheets of a PDF, read back from its text.

use pdf_extract::{Document, MediaBox, OutputDev, OutputError, Transform, output_doc};

/// A piece of text that stands by itself.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// The lines of all sheets from top to bottom, each with its pieces from left to right.
pub(super) fn lines_of(pdf: &[u8]) -> Vec<Vec<Piece>> {
    let mut letters = Letters::default();
    output_doc(&Document::load_mem(pdf).unwrap(), &mut letters).unwrap();
    let mut all = letters.all;
    all.sort_by(|one, other| {
        let by_place = (one.sheet, other.y)
            .partial_cmp(&(other.sheet, one.y))
            .unwrap();
        by_place.then(one.x.total_cmp(&other.x))
    });
    let on_one_line =
        |one: &Letter, other: &Letter| one.sheet == other.sheet && (one.y - other.y).abs() < 0.1;
    all.chunk_by(on_one_line).map(pieces).collect()
}

/// Letters of a line that stand next to each other, as pieces.
fn pieces(line: &[Letter]) -> Vec<Piece> {
    let next_to = |one: &Letter, other: &Letter| other.x - (one.x + one.width) < 0.5 * one.size;
    line.chunk_by(next_to)
        .map(|letters| Piece {
            text: letters
                .iter()
                .map(|letter| letter.text.as_str())
                .collect::<String>()
                .trim()
                .to_owned(),
            from: letters[0].x,
            to: letters.last().map_or(0.0, |last| last.x + last.width),
        })
        .collect()
}

#[derive(Debug, Clone)]
struct Letter {
    sheet: u32,
    x: f64,
    y: f64,
    width: f64,
    size: f64,
    text: String,
}

#[derive(Default)]
struct Letters {
    sheet: u32,
    all: Vec<Letter>,
}

impl OutputDev for Letters {
    fn begin_page(
        &mut self,
        number: u32,
        _: &MediaBox,
        _: Option<(f64, f64, f64, f64)>,
    ) -> Result<(), OutputError> {
        self.sheet = number;
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn output_character(
        &mut self,
        place: &Transform,
        width: f64,
        _: f64,
        size: f64,
        text: &str,
    ) -> Result<(), OutputError> {
        let size = (size * place.m11).abs();
        self.all.push(Letter {
            sheet: self.sheet,
            x: place.m31,
            y: place.m32,
            width: width * size,
            size,
            text: text.to_owned(),
        });
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}
