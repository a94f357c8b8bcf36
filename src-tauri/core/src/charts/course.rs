//! How something that only grows came to where it is, and where it is likely to go: a line, and then a band
//! around a line.

use plotters::{
    element::{Circle, PathElement, Polygon},
    prelude::{Color, Rectangle},
    style::RGBAColor,
};

use super::{
    Chart, ChartError, Colour, SpotValue,
    frame::{Area, Frame, Part, Plot, failed, finite},
};

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Course<'a> {
    /// All but the course: its labels say what each step is.
    pub frame: Frame<'a>,
    /// What the line, the line that follows it and the band around that are, for the legend.
    pub names: [&'a str; 3],
    /// Where it stands at each step.
    pub points: &'a [Point],
}

/// Where it stands at a step.
#[derive(Debug, Clone)]
pub struct Point {
    /// How high it is, for the eye alone; `None`: that is still to come.
    pub known: Option<f64>,
    /// How high it is likely to be; `None`: that is over.
    pub likely: Option<Band>,
    /// The same, exact, as a person reads it.
    pub values: Vec<SpotValue>,
}

/// How high something is likely to be, for the eye alone.
#[derive(Debug, Clone, Copy)]
pub struct Band {
    /// The lower edge.
    pub low: f64,
    /// Within.
    pub likely: f64,
    /// The upper edge.
    pub high: f64,
}

/// How much of its colour the band has.
const PALE: f64 = 0.3;

/// Draw a course.
///
/// # Errors
/// [`ChartError::Draw`] when the drawing fails.
pub fn course(of: &Course<'_>) -> Result<Chart, ChartError> {
    let looks = [(0, 1.0), (1, 1.0), (1, PALE)];
    let parts = [0, 1, 2].map(|at| Part {
        name: of.names[at].to_owned(),
        colour: Colour::Series(looks[at].0),
        strength: looks[at].1,
    });
    let paints = [0, 1, 2].map(|at: usize| parts[at].paint(of.frame.theme));
    let highest = of.points.iter().map(highest).fold(0.0, f64::max);
    let values = |at: usize| {
        of.points
            .get(at)
            .map_or_else(Vec::new, |of| of.values.clone())
    };
    of.frame.draw(
        parts.into(),
        highest,
        &|plot| marks(of, plot, paints),
        &values,
    )
}

/// A step and the band there, on the drawing.
struct Edge {
    x: i32,
    low: i32,
    likely: i32,
    high: i32,
}

fn marks(
    of: &Course<'_>,
    plot: &Plot<'_, '_>,
    [line, after, band]: [RGBAColor; 3],
) -> Result<(), ChartError> {
    let place = |at: usize, height: f64| (plot.middle(at), plot.y(finite(height)));
    let points = || of.points.iter().enumerate();
    let known: Vec<(i32, i32)> = points()
        .filter_map(|(at, point)| Some(place(at, point.known?)))
        .collect();
    let edges: Vec<Edge> = points()
        .filter_map(|(at, point)| {
            let band = point.likely?;
            let (x, low) = place(at, band.low);
            let [likely, high] = [band.likely, band.high].map(|height| place(at, height).1);
            Some(Edge {
                x,
                low,
                likely,
                high,
            })
        })
        .collect();
    let root = plot.root;
    band_on(root, &edges, band, after)?;
    root.draw(&PathElement::new(known.clone(), line.stroke_width(2)))
        .map_err(failed)?;
    if let Some(now) = known.last() {
        root.draw(&Circle::new(*now, 4, line.filled()))
            .map_err(failed)?;
    }
    Ok(())
}

fn highest(point: &Point) -> f64 {
    let high = point.likely.map_or(0.0, |band| finite(band.high));
    finite(point.known.unwrap_or(0.0)).max(high)
}

/// The band, and the line within it. Of a single step it is a bar as wide as can be seen.
fn band_on(
    root: &Area<'_>,
    edges: &[Edge],
    band: RGBAColor,
    line: RGBAColor,
) -> Result<(), ChartError> {
    if let [only] = edges {
        let wide = [(only.x - 4, only.high), (only.x + 4, only.low)];
        root.draw(&Rectangle::new(wide, band.filled()))
            .map_err(failed)?;
        let across = vec![(only.x - 4, only.likely), (only.x + 4, only.likely)];
        return root
            .draw(&PathElement::new(across, line.stroke_width(2)))
            .map_err(failed);
    }
    let there = edges.iter().map(|edge| (edge.x, edge.high));
    let back = edges.iter().rev().map(|edge| (edge.x, edge.low));
    let around: Vec<(i32, i32)> = there.chain(back).collect();
    root.draw(&Polygon::new(around, band.filled()))
        .map_err(failed)?;
    let within: Vec<(i32, i32)> = edges.iter().map(|edge| (edge.x, edge.likely)).collect();
    root.draw(&PathElement::new(within, line.stroke_width(2)))
        .map_err(failed)
}
