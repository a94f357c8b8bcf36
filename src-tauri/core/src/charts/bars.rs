//! Stacked bars along the time.

use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::{
        Cartesian2d, ChartBuilder, ChartContext, Color, DrawingArea, IntoDrawingArea, IntoFont,
        Rectangle, SVGBackend, Text,
    },
    style::{
        RGBAColor, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{Chart, ChartError, ChartTheme, Colour, Mark, Spot, SpotValue};

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Bars<'a> {
    /// What it shows, in a few words.
    pub title: &'a str,
    /// What it says, in a sentence.
    pub description: &'a str,
    /// What each bar is, short enough to stand under it.
    pub labels: &'a [String],
    /// The same in full, for who points at one.
    pub full_labels: &'a [String],
    /// The parts of the bars, the lowest first.
    pub stacks: &'a [Stack],
    /// The sum of each bar, as a person reads it.
    pub sums: &'a [String],
    /// What stands along the side.
    pub scale: Scale,
    /// For which ground.
    pub theme: ChartTheme,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// One part of all bars.
#[derive(Debug, Clone)]
pub struct Stack {
    /// What it is of.
    pub name: String,
    /// How high it is in each bar: for the eye alone.
    pub heights: Vec<f64>,
    /// The same, exact, as a person reads it.
    pub values: Vec<String>,
}

/// What stands along the side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Dollars.
    Dollars,
    /// A count.
    Count,
}

const LEFT: i32 = 64;
const RIGHT: i32 = 12;
const BOTTOM: i32 = 28;
pub(super) const LEGEND_LINE: i32 = 20;
pub(super) const TEXT: i32 = 11;
/// Room that a letter of the legend takes, on average and rather more.
const LETTER: i32 = 7;
/// The longest name in a legend.
const LONGEST_NAME: usize = 36;

/// Draw stacked bars.
///
/// # Errors
/// [`ChartError::Draw`] when the drawing fails.
pub fn bars(of: &Bars<'_>) -> Result<Chart, ChartError> {
    let (width, height) = (of.width.clamp(240, 4000), of.height.clamp(120, 4000));
    let names: Vec<String> = of.stacks.iter().map(|stack| shown(&stack.name)).collect();
    let places = legend_places(&names, i32::try_from(width).unwrap_or(i32::MAX));
    let lines = places.last().map_or(0, |(_, line)| line + 1);
    let top = 12 + lines * LEGEND_LINE;
    let mut svg = String::new();
    let spots = {
        let root = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        let ground = Colour::Surface.paint(of.theme);
        root.fill(&ground).map_err(failed)?;
        let colours = (0..names.len()).map(|at| Colour::Series(at).paint(of.theme).to_rgba());
        legend(&root, of.theme, names.iter().zip(colours).zip(&places))?;
        let spots = plot(&root, of, top)?;
        root.present().map_err(failed)?;
        spots
    };
    let legend = names.into_iter().enumerate().map(|(at, name)| Mark {
        name,
        colour: Colour::Series(at).hex(of.theme),
    });
    Ok(Chart {
        svg: described(&svg, of.title, of.description),
        width,
        height,
        spots,
        legend: legend.collect(),
    })
}

pub(super) type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;

type Framed<'s> = ChartContext<'s, SVGBackend<'s>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

pub(super) fn failed(error: impl std::fmt::Display) -> ChartError {
    ChartError::Draw(error.to_string())
}

/// The lines and numbers behind a drawing of so many steps that goes up to `most`, below `top`.
pub(super) fn frame<'a>(
    root: &Area<'a>,
    steps: usize,
    most: f64,
    top: i32,
    scale: Scale,
    theme: ChartTheme,
) -> Result<Framed<'a>, ChartError> {
    #[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
    let end = steps.max(1) as f64;
    let mut chart = ChartBuilder::on(root)
        .margin_top(top)
        .margin_right(RIGHT)
        .x_label_area_size(BOTTOM)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(0.0..end, 0.0..most)
        .map_err(failed)?;
    let clear = ShapeStyle::from(Colour::Surface.paint(theme).mix(0.0));
    let side = |value: &f64| scale.words(*value, most);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .y_labels(5)
        .y_max_light_lines(1)
        .y_label_formatter(&side)
        .y_label_style(text(theme, TEXT))
        .axis_style(clear)
        .bold_line_style(Colour::Line.paint(theme))
        .light_line_style(clear)
        .draw()
        .map_err(failed)?;
    Ok(chart)
}

/// Bars with their lines and labels, below `top`; what there is to point at.
fn plot(root: &Area<'_>, of: &Bars<'_>, top: i32) -> Result<Vec<Spot>, ChartError> {
    let count = of.labels.len();
    let sums: Vec<f64> = (0..count)
        .map(|at| of.stacks.iter().map(|stack| height_at(stack, at)).sum())
        .collect();
    let highest = sums.iter().copied().fold(0.0, f64::max);
    let most = if highest > 0.0 { highest * 1.06 } else { 1.0 };
    let chart = frame(root, count, most, top, of.scale, of.theme)?;
    let area = chart.plotting_area();
    let mut spots = Vec::with_capacity(count);
    let every = every_label(of.labels, area.dim_in_pixel().0);
    for at in 0..count {
        #[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
        let left = at as f64;
        let at_height = |height| area.map_coordinate(&(left, height));
        let next = area.map_coordinate(&(left + 1.0, 0.0)).0;
        let (x, base) = at_height(0.0);
        let ceiling = at_height(most).1;
        let gap = ((next - x) / 6).max(i32::from(next - x > 2));
        let mut below = 0.0;
        for (series, stack) in of.stacks.iter().enumerate() {
            let height = height_at(stack, at);
            if height <= 0.0 {
                continue;
            }
            let (low, high) = (at_height(below).1, at_height(below + height).1);
            below += height;
            // What is something can be seen, however little it is.
            let high = high.min(low - 1);
            let paint = Colour::Series(series).paint(of.theme).filled();
            root.draw(&Rectangle::new([(x + gap, high), (next - gap, low)], paint))
                .map_err(failed)?;
        }
        if at % every == 0 {
            let anchored = text(of.theme, TEXT).pos(Pos::new(HPos::Center, VPos::Top));
            let place = (i32::midpoint(x, next), base + 8);
            root.draw(&Text::new(of.labels[at].clone(), place, anchored))
                .map_err(failed)?;
        }
        spots.push(Spot {
            x,
            y: ceiling,
            width: next - x,
            height: base - ceiling,
            label: of.full_labels.get(at).unwrap_or(&of.labels[at]).clone(),
            values: values_at(of, at),
        });
    }
    Ok(spots)
}

fn height_at(stack: &Stack, at: usize) -> f64 {
    finite(stack.heights.get(at).copied().unwrap_or(0.0))
}

/// A height that can be drawn.
pub(super) fn finite(height: f64) -> f64 {
    if height.is_finite() {
        height.max(0.0)
    } else {
        0.0
    }
}

fn values_at(of: &Bars<'_>, at: usize) -> Vec<SpotValue> {
    let parts = of.stacks.iter().filter(|stack| height_at(stack, at) > 0.0);
    let mut values: Vec<SpotValue> = parts
        .map(|stack| SpotValue {
            name: shown(&stack.name),
            value: stack.values.get(at).cloned().unwrap_or_default(),
        })
        .collect();
    if values.len() != 1 {
        values.push(SpotValue {
            name: "Together".into(),
            value: of.sums.get(at).cloned().unwrap_or_default(),
        });
    }
    values
}

/// Every how many labels one stands under its bar, so that none touches the next.
pub(super) fn every_label(labels: &[String], width: u32) -> usize {
    let longest = labels.iter().map(|label| label.chars().count()).max();
    let letter = usize::try_from(LETTER).unwrap_or(1);
    let needed = (longest.unwrap_or(0) + 2) * letter * labels.len();
    needed
        .div_ceil(usize::try_from(width).unwrap_or(usize::MAX).max(1))
        .max(1)
}

pub(super) fn text(theme: ChartTheme, size: i32) -> TextStyle<'static> {
    // The backend divides the size of a font by this before it writes it.
    let font = ("Inter", f64::from(size) * 1.24).into_font();
    font.color(&Colour::FaintInk.paint(theme))
}

/// A name as it stands in a drawing: no longer than there is room, and nothing that is no letter.
pub(super) fn shown(name: &str) -> String {
    let clean: String = name.chars().filter(|c| !c.is_control()).collect();
    if clean.chars().count() <= LONGEST_NAME {
        return clean;
    }
    clean.chars().take(LONGEST_NAME - 1).chain(['…']).collect()
}

/// Where each name of a legend begins, and on which line.
pub(super) fn legend_places(names: &[String], width: i32) -> Vec<(i32, i32)> {
    let (mut x, mut line) = (12, 0);
    names
        .iter()
        .map(|name| {
            let letters = i32::try_from(name.chars().count()).unwrap_or(i32::MAX);
            let room = 30 + letters.saturating_mul(LETTER);
            if x > 12 && x + room > width - RIGHT {
                (x, line) = (12, line + 1);
            }
            let place = (x, line);
            x += room;
            place
        })
        .collect()
}

/// Names with their colours, each at its place.
pub(super) fn legend<'n>(
    root: &Area<'_>,
    theme: ChartTheme,
    marks: impl Iterator<Item = ((&'n String, RGBAColor), &'n (i32, i32))>,
) -> Result<(), ChartError> {
    for ((name, colour), (x, line)) in marks {
        let y = 8 + line * LEGEND_LINE;
        root.draw(&Rectangle::new(
            [(*x, y), (x + 10, y + 10)],
            colour.filled(),
        ))
        .map_err(failed)?;
        let anchored = text(theme, TEXT).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new(name.clone(), (x + 16, y + 5), anchored))
            .map_err(failed)?;
    }
    Ok(())
}

impl Scale {
    /// A value on a scale that goes up to `most`, with as many digits as tell its steps apart.
    fn words(self, value: f64, most: f64) -> String {
        match self {
            Self::Dollars => {
                // As many as a tenth of the scale has.
                let tenth = most / 10.0;
                let places = (0_u8..12).find(|places| 0.1_f64.powi(i32::from(*places)) <= tenth);
                let least = if most < 20.0 { 2 } else { 0 };
                let places = usize::from(places.unwrap_or(12)).max(least);
                format!("${value:.places$}")
            }
            Self::Count if value >= 1e6 => format!("{:.1} M", value / 1e6),
            Self::Count if value >= 1e4 => format!("{:.0} k", value / 1e3),
            Self::Count if most < 5.0 => format!("{value:.1}"),
            Self::Count => format!("{value:.0}"),
        }
    }
}

/// The drawing with a title and a description for who does not see it.
pub(super) fn described(svg: &str, title: &str, description: &str) -> String {
    let Some(at) = svg.find('>').map(|end| end + 1) else {
        return svg.to_owned();
    };
    let (opening, rest) = svg.split_at(at);
    let opening = opening.replacen("<svg ", "<svg role=\"img\" ", 1);
    format!(
        "{opening}\n<title>{}</title>\n<desc>{}</desc>{rest}",
        escaped(title),
        escaped(description)
    )
}

/// Text that is text in XML, too.
fn escaped(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    clean
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
