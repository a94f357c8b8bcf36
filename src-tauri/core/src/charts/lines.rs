//! Lines along the time, broken where there is nothing.

use plotters::{
    prelude::{Circle, Color, PathElement},
    style::ShapeStyle,
};

use super::{
    Chart, ChartError, Colour, SpotValue,
    frame::{Frame, Plot, failed, series, shown_apart},
};

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    /// All but the lines.
    pub frame: Frame<'a>,
    /// The lines, in the order of the legend.
    pub lines: &'a [Line],
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
    let places = 0..of.frame.places();
    let heights = of
        .lines
        .iter()
        .flat_map(|line| places.clone().filter_map(|at| height_at(line, at)));
    let highest = heights.fold(0.0, f64::max);
    let names = shown_apart(of.lines.iter().map(|line| line.name.as_str()));
    of.frame
        .draw(series(&names), highest, &|plot| marks(of, plot), &|at| {
            values_at(of, &names, at)
        })
}

fn marks(of: &Lines<'_>, plot: &Plot<'_, '_>) -> Result<(), ChartError> {
    for (series, line) in of.lines.iter().enumerate() {
        let paint = ShapeStyle {
            stroke_width: STROKE,
            ..Colour::Series(series).paint(of.frame.theme).filled()
        };
        let point = |at| height_at(line, at).map(|height| (plot.middle(at), plot.y(height)));
        let points: Vec<_> = (0..of.frame.places()).map(point).collect();
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

fn values_at(of: &Lines<'_>, names: &[String], at: usize) -> Vec<SpotValue> {
    let lines = of.lines.iter().zip(names);
    lines
        .filter(|(line, _)| height_at(line, at).is_some())
        .map(|(line, name)| SpotValue {
            name: name.clone(),
            value: line.values.get(at).cloned().unwrap_or_default(),
        })
        .collect()
}
