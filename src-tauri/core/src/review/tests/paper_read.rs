//! What stands on the sheets of a report, read back from the drawings that its PDF is written from.

use resvg::usvg::roxmltree::{Document, Node};

use crate::charts::{Weight, width_of};

/// A piece of text.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Where it ends.
    pub(super) to: f64,
    x: f64,
    y: f64,
}

/// The lines of all sheets from top to bottom, each with its pieces from left to right; charts are left out.
pub(super) fn lines_of(sheets: &[String]) -> Vec<Vec<Piece>> {
    sheets.iter().flat_map(|sheet| lines_on(sheet)).collect()
}

fn lines_on(sheet: &str) -> Vec<Vec<Piece>> {
    let drawing = Document::parse(sheet).unwrap();
    let elements = drawing.root_element().children();
    let texts =
        elements.filter(|element| element.has_tag_name(("http://www.w3.org/2000/svg", "text")));
    let mut pieces: Vec<Piece> = texts.map(piece).collect();
    pieces.sort_by(|one, other| one.y.total_cmp(&other.y).then(one.x.total_cmp(&other.x)));
    let on_one_line = |one: &Piece, other: &Piece| (one.y - other.y).abs() < 0.1;
    pieces
        .chunk_by(on_one_line)
        .map(<[Piece]>::to_vec)
        .collect()
}

fn piece(element: Node<'_, '_>) -> Piece {
    let number = |name: &str| element.attribute(name).unwrap().parse::<f64>();
    let weight = match element.attribute("font-weight") {
        Some("600") => Weight::Bold,
        _ => Weight::Plain,
    };
    let text = element.text().unwrap_or_default().to_owned();
    let width = width_of(&text, number("font-size").unwrap(), weight);
    let at = number("x").unwrap();
    let x = match element.attribute("text-anchor") {
        Some("end") => at - width,
        _ => at,
    };
    Piece {
        text,
        to: x + width,
        x,
        y: number("y").unwrap(),
    }
}
