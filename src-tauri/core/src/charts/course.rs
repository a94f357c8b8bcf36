//! How something that only grows came to where it is, and where it is likely to go: a line, and then a band
//! around a line.

use plotters::{
    element::{Circle, PathElement, Polygon},
    prelude::{Color, IntoDrawingArea, Rectangle, SVGBackend, Text},
    style::{
        RGBAColor,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{
    Chart, ChartError, ChartTheme, Colour, Mark, Scale, Spot, SpotValue,
    bars::{
        Area, LEGEND_LINE, TEXT, described, every_label, failed, finite, frame, legend,
        legend_places, shown, text,
    },
};

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Course<'a> {
    /// What it shows, in a few words.
    pub title: &'a str,
    /// What it says, in a sentence.
    pub description: &'a str,
    /// What the line, the line that follows it and the band around that are, for the legend.
    pub names: [&'a str; 3],
    /// Where it stands at each step.
    pub points: &'a [Point],
    /// What stands along the side.
    pub scale: Scale,
    /// For which ground.
    pub theme: ChartTheme,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Where it stands at a step.
#[derive(Debug, Clone)]
pub struct Point {
    /// What the step is, short enough to stand under it.
    pub label: String,
    /// The same in full, for who points at it.
    pub full_label: String,
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
    let (width, height) = (of.width.clamp(240, 4000), of.height.clamp(120, 4000));
    let names = of.names.map(str::to_owned);
    let places = legend_places(&names, i32::try_from(width).unwrap_or(i32::MAX));
    let lines = places.last().map_or(0, |(_, line)| line + 1);
    let top = 12 + lines * LEGEND_LINE;
    let [line, after] = [0, 1].map(|at| Colour::Series(at).paint(of.theme));
    let colours = [line.to_rgba(), after.to_rgba(), after.mix(PALE)];
    let mut svg = String::new();
    let spots = {
        let root = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        let ground = Colour::Surface.paint(of.theme);
        root.fill(&ground).map_err(failed)?;
        legend(&root, of.theme, names.iter().zip(colours).zip(&places))?;
        let spots = plot(&root, of, top, colours)?;
        root.present().map_err(failed)?;
        spots
    };
    let colour_of = [Colour::Series(0), Colour::Series(1), Colour::Series(1)];
    let marks = names.into_iter().zip(colour_of).map(|(name, colour)| Mark {
        name,
        colour: colour.hex(of.theme),
    });
    Ok(Chart {
        svg: described(&svg, of.title, of.description),
        width,
        height,
        spots,
        legend: marks.collect(),
    })
}

/// A step and the band there, on the drawing.
struct Edge {
    x: i32,
    low: i32,
    likely: i32,
    high: i32,
}

fn plot(
    root: &Area<'_>,
    of: &Course<'_>,
    top: i32,
    [line, after, band]: [RGBAColor; 3],
) -> Result<Vec<Spot>, ChartError> {
    let highest = of.points.iter().map(highest).fold(0.0, f64::max);
    let most = if highest > 0.0 { highest * 1.06 } else { 1.0 };
    let chart = frame(root, of.points.len(), most, top, of.scale, of.theme)?;
    let area = chart.plotting_area();
    #[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
    let place = |at: usize, height: f64| area.map_coordinate(&(at as f64 + 0.5, finite(height)));
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
    band_on(root, &edges, band, after)?;
    root.draw(&PathElement::new(known.clone(), line.stroke_width(2)))
        .map_err(failed)?;
    if let Some(now) = known.last() {
        root.draw(&Circle::new(*now, 4, line.filled()))
            .map_err(failed)?;
    }
    spots(root, of, most, |at, height| {
        #[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
        let left = at as f64;
        area.map_coordinate(&(left, height))
    })
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

/// What stands under the steps, and what there is to point at. `place` says where on the drawing the left
/// edge of a step is at a height.
fn spots(
    root: &Area<'_>,
    of: &Course<'_>,
    most: f64,
    place: impl Fn(usize, f64) -> (i32, i32),
) -> Result<Vec<Spot>, ChartError> {
    let labels: Vec<String> = of.points.iter().map(|point| shown(&point.label)).collect();
    let width = place(labels.len(), 0.0).0 - place(0, 0.0).0;
    let every = every_label(&labels, u32::try_from(width).unwrap_or(1));
    let mut spots = Vec::with_capacity(labels.len());
    for (at, point) in of.points.iter().enumerate() {
        let (x, base) = place(at, 0.0);
        let (next, ceiling) = (place(at + 1, 0.0).0, place(at, most).1);
        if at % every == 0 {
            let anchored = text(of.theme, TEXT).pos(Pos::new(HPos::Center, VPos::Top));
            let under = (i32::midpoint(x, next), base + 8);
            root.draw(&Text::new(labels[at].clone(), under, anchored))
                .map_err(failed)?;
        }
        spots.push(Spot {
            x,
            y: ceiling,
            width: next - x,
            height: base - ceiling,
            label: point.full_label.clone(),
            values: point.values.clone(),
        });
    }
    Ok(spots)
}
