//! Lines along the time, broken where there is nothing.

use plotters::{
    prelude::{Circle, Color, PathElement},
    style::ShapeStyle,
};

use super::{
    Chart, ChartError, ChartTheme, Colour, Scale, SpotValue,
    frame::{Frame, Plot, failed, series, shown},
};

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    /// What it shows, in a few words.
    pub title: &'a str,
    /// What it says, in a sentence.
    pub description: &'a str,
    /// What each place along the time is, short enough to stand under it.
    pub labels: &'a [String],
    /// The same in full, for who points at one.
    pub full_labels: &'a [String],
    /// The lines, in the order of the legend.
    pub lines: &'a [Line],
    /// What stands along the side.
    pub scale: Scale,
    /// For which ground.
    pub theme: ChartTheme,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    /// What it is of.
    pub name: String,
    /// How high it is at each place: for the eye alone. `None`: there is nothing.
    pub heights: Vec<Option<f64>>,
    /// The same, exact, as a person reads it.
    pub values: Vec<String>,
}

/// Width of a line in pixels.
const STROKE: u32 = 2;
/// A value with nothing on either side is a dot of this radius.
const DOT: i32 = 3;

/// Draw lines.
///
/// # Errors
/// [`ChartError::Draw`] when the drawing fails.
pub fn lines(of: &Lines<'_>) -> Result<Chart, ChartError> {
    let frame = Frame {
        title: of.title,
        description: of.description,
        labels: of.labels,
        full_labels: of.full_labels,
        scale: of.scale,
        theme: of.theme,
        width: of.width,
        height: of.height,
    };
    let places = 0..of.labels.len();
    let heights = of
        .lines
        .iter()
        .flat_map(|line| places.clone().filter_map(|at| height_at(line, at)));
    let highest = heights.fold(0.0, f64::max);
    let parts = series(of.lines.iter().map(|line| line.name.as_str()));
    frame.draw(parts, highest, &|plot| marks(of, plot), &|at| {
        values_at(of, at)
    })
}

fn marks(of: &Lines<'_>, plot: &Plot<'_, '_>) -> Result<(), ChartError> {
    for (series, line) in of.lines.iter().enumerate() {
        let paint = ShapeStyle {
            stroke_width: STROKE,
            ..Colour::Series(series).paint(of.theme).filled()
        };
        let point = |at| height_at(line, at).map(|height| (plot.middle(at), plot.y(height)));
        let points: Vec<_> = (0..of.labels.len()).map(point).collect();
        for piece in points.split(Option::is_none) {
            let piece: Vec<(i32, i32)> = piece.iter().copied().flatten().collect();
            match piece.as_slice() {
                [] => {}
                [dot] => {
                    let dot = Circle::new(*dot, DOT, paint.filled());
                    plot.root.draw(&dot).map_err(failed)?;
                }
                _ => {
                    let path = PathElement::new(piece, paint);
                    plot.root.draw(&path).map_err(failed)?;
                }
            }
        }
    }
    Ok(())
}

fn height_at(line: &Line, at: usize) -> Option<f64> {
    let height = line.heights.get(at).copied().flatten();
    height.filter(|height| height.is_finite() && *height >= 0.0)
}

fn values_at(of: &Lines<'_>, at: usize) -> Vec<SpotValue> {
    let there = of.lines.iter().filter(|line| height_at(line, at).is_some());
    there
        .map(|line| SpotValue {
            name: shown(&line.name),
            value: line.values.get(at).cloned().unwrap_or_default(),
        })
        .collect()
}
