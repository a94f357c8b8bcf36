//! What all drawings have in common: the ground, the legend, the scale along the side and the labels
//! below.

use plotters::{
    coord::{Shift, cartesian::Cartesian2d, types::RangedCoordf64},
    prelude::{
        ChartBuilder, Color, DrawingArea, IntoDrawingArea, IntoFont, Rectangle, SVGBackend, Text,
    },
    style::{
        RGBAColor, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{
    Chart, ChartError, ChartTheme, Colour, Labels, Mark, Spot, SpotValue, letters::escaped,
};

/// What stands along the side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Dollars.
    Dollars,
    /// A count.
    Count,
    /// Milliseconds.
    Time,
    /// So many a second.
    PerSecond,
}

const LEFT: i32 = 64;
const RIGHT: i32 = 12;
const BOTTOM: i32 = 28;
const LEGEND_LINE: i32 = 20;
const TEXT: i32 = 11;
/// Room that a letter of the legend takes, on average and rather more.
const LETTER: i32 = 7;
/// The longest name in a legend.
const LONGEST_NAME: usize = 36;

pub(super) type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;

pub(super) fn failed(error: impl std::fmt::Display) -> ChartError {
    ChartError::Draw(error.to_string())
}

/// A height that can be drawn.
pub(super) fn finite(height: f64) -> f64 {
    if height.is_finite() {
        height.max(0.0)
    } else {
        0.0
    }
}

/// What the legend tells of.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) colour: Colour,
    /// How much of its colour it has, up to 1.
    pub(super) strength: f64,
}

impl Part {
    pub(super) fn paint(&self, theme: ChartTheme) -> RGBAColor {
        self.colour.paint(theme).mix(self.strength)
    }
}

/// Parts that are told apart by their colours, by names of which no two are alike.
pub(super) fn series(names: &[String]) -> Vec<Part> {
    let part = |(at, name): (usize, &String)| Part {
        name: name.clone(),
        colour: Colour::Series(at),
        strength: 1.0,
    };
    names.iter().enumerate().map(part).collect()
}

/// A drawing without its marks: what all of them have in common.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// What it shows, in a few words.
    pub title: &'a str,
    /// What it says, in a sentence.
    pub description: &'a str,
    /// What each place along the time is.
    pub labels: &'a Labels,
    /// What stands along the side.
    pub scale: Scale,
    /// For which ground.
    pub theme: ChartTheme,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// The part of a drawing that has the marks.
pub(super) struct Plot<'p, 's> {
    pub(super) root: &'p Area<'s>,
    area: &'p DrawingArea<SVGBackend<'s>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
}

impl Plot<'_, '_> {
    /// The left edge of a place along the time, and its right one.
    pub(super) fn edges(&self, at: usize) -> (i32, i32) {
        #[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
        let left = at as f64;
        let edge = |at: f64| self.area.map_coordinate(&(at, 0.0)).0;
        (edge(left), edge(left + 1.0))
    }

    /// The middle between those.
    pub(super) fn middle(&self, at: usize) -> i32 {
        let (left, right) = self.edges(at);
        i32::midpoint(left, right)
    }

    /// How far down a height is.
    pub(super) fn y(&self, height: f64) -> i32 {
        self.area.map_coordinate(&(0.0, height)).1
    }
}

impl Frame<'_> {
    /// How many places there are along the time.
    pub(super) fn places(&self) -> usize {
        self.labels.short.len()
    }

    /// Draw it, with the marks of these parts, of which the highest is so high. `values`: what a place
    /// along the time is worth.
    ///
    /// # Errors
    /// [`ChartError::Draw`] when the drawing fails.
    pub(super) fn draw(
        &self,
        parts: Vec<Part>,
        highest: f64,
        marks: &dyn Fn(&Plot<'_, '_>) -> Result<(), ChartError>,
        values: &dyn Fn(usize) -> Vec<SpotValue>,
    ) -> Result<Chart, ChartError> {
        let (width, height) = (self.width.clamp(240, 4000), self.height.clamp(120, 4000));
        let places = legend_places(&parts, i32::try_from(width).unwrap_or(i32::MAX));
        let lines = places.last().map_or(0, |(_, line)| line + 1);
        let top = 12 + lines * LEGEND_LINE;
        let mut svg = String::new();
        let spots = {
            let root = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
            let ground = Colour::Surface.paint(self.theme);
            root.fill(&ground).map_err(failed)?;
            legend(&root, self.theme, &parts, &places)?;
            let spots = self.plot(&root, top, highest, marks, values)?;
            root.present().map_err(failed)?;
            spots
        };
        let legend = parts.into_iter().map(|part| Mark {
            name: part.name,
            colour: part.colour.hex(self.theme),
        });
        Ok(Chart {
            svg: described(&svg, self.title, self.description),
            width,
            height,
            spots,
            legend: legend.collect(),
        })
    }

    /// The marks with their lines and labels, below `top`; what there is to point at.
    fn plot(
        &self,
        root: &Area<'_>,
        top: i32,
        highest: f64,
        marks: &dyn Fn(&Plot<'_, '_>) -> Result<(), ChartError>,
        values: &dyn Fn(usize) -> Vec<SpotValue>,
    ) -> Result<Vec<Spot>, ChartError> {
        let count = self.places();
        let most = if highest > 0.0 { highest * 1.06 } else { 1.0 };
        #[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
        let end = count.max(1) as f64;
        let mut chart = ChartBuilder::on(root)
            .margin_top(top)
            .margin_right(RIGHT)
            .x_label_area_size(BOTTOM)
            .y_label_area_size(LEFT)
            .build_cartesian_2d(0.0..end, 0.0..most)
            .map_err(failed)?;
        let clear = ShapeStyle::from(Colour::Surface.paint(self.theme).mix(0.0));
        let side = |value: &f64| self.scale.words(*value, most);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .y_labels(self.scale.most_labels(most))
            .y_max_light_lines(1)
            .y_label_formatter(&side)
            .y_label_style(text(self.theme, TEXT))
            .axis_style(clear)
            .bold_line_style(Colour::Line.paint(self.theme))
            .light_line_style(clear)
            .draw()
            .map_err(failed)?;
        let area = chart.plotting_area();
        let plot = Plot { root, area };
        marks(&plot)?;
        let (base, ceiling) = (plot.y(0.0), plot.y(most));
        let every = every_label(&self.labels.short, area.dim_in_pixel().0);
        let mut spots = Vec::with_capacity(count);
        for (at, label) in self.labels.short.iter().enumerate() {
            let (x, next) = plot.edges(at);
            if at % every == 0 {
                let anchored = text(self.theme, TEXT).pos(Pos::new(HPos::Center, VPos::Top));
                let place = (i32::midpoint(x, next), base + 8);
                root.draw(&Text::new(shown(label), place, anchored))
                    .map_err(failed)?;
            }
            spots.push(Spot {
                x,
                y: ceiling,
                width: next - x,
                height: base - ceiling,
                label: self.labels.full.get(at).unwrap_or(label).clone(),
                values: values(at),
            });
        }
        Ok(spots)
    }
}

/// Every how many labels one stands under its bar, so that none touches the next.
fn every_label(labels: &[String], width: u32) -> usize {
    let longest = labels.iter().map(|label| label.chars().count()).max();
    let letter = usize::try_from(LETTER).unwrap_or(1);
    let needed = (longest.unwrap_or(0) + 2) * letter * labels.len();
    needed
        .div_ceil(usize::try_from(width).unwrap_or(usize::MAX).max(1))
        .max(1)
}

fn text(theme: ChartTheme, size: i32) -> TextStyle<'static> {
    // The backend divides the size of a font by this before it writes it.
    let font = ("Inter", f64::from(size) * 1.24).into_font();
    font.color(&Colour::FaintInk.paint(theme))
}

/// A name as it stands in a drawing: no longer than there is room, and nothing that is no letter. What is
/// longer keeps both ends, as names of models differ at either.
pub(super) fn shown(name: &str) -> String {
    let clean: Vec<char> = name.chars().filter(|c| !c.is_control()).collect();
    if clean.len() <= LONGEST_NAME {
        return clean.into_iter().collect();
    }
    let (beginning, end) = (LONGEST_NAME / 2, LONGEST_NAME.div_ceil(2) - 1);
    let rest = &clean[clean.len() - end..];
    clean[..beginning]
        .iter()
        .chain(&['…'])
        .chain(rest)
        .collect()
}

/// The same of several names, no two alike: of those that are, each but the first has its number.
pub(super) fn shown_apart<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        let name = shown(name);
        let numbered = (2..).map(|number| format!("{name} ({number})"));
        let free = std::iter::once(name.clone())
            .chain(numbered)
            .find(|name| !all.contains(name));
        all.extend(free);
    }
    all
}

/// Where each name of a legend begins, and on which line.
fn legend_places(parts: &[Part], width: i32) -> Vec<(i32, i32)> {
    let (mut x, mut line) = (12, 0);
    parts
        .iter()
        .map(|part| {
            let letters = i32::try_from(part.name.chars().count()).unwrap_or(i32::MAX);
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

fn legend(
    root: &Area<'_>,
    theme: ChartTheme,
    parts: &[Part],
    places: &[(i32, i32)],
) -> Result<(), ChartError> {
    for (part, (x, line)) in parts.iter().zip(places) {
        let y = 8 + line * LEGEND_LINE;
        let paint = part.paint(theme).filled();
        root.draw(&Rectangle::new([(*x, y), (x + 10, y + 10)], paint))
            .map_err(failed)?;
        let anchored = text(theme, TEXT).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new(part.name.clone(), (x + 16, y + 5), anchored))
            .map_err(failed)?;
    }
    Ok(())
}

impl Scale {
    /// How many values stand along the side at most: of few calls none between two whole numbers.
    fn most_labels(self, most: f64) -> usize {
        match self {
            Self::Count => 1 + (1..5).take_while(|whole| f64::from(*whole) <= most).count(),
            Self::Dollars | Self::Time | Self::PerSecond => 5,
        }
    }

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
            // The scale's end decides, so that all its steps are in one unit.
            Self::Time if most >= 20_000.0 => format!("{:.0} s", value / 1e3),
            Self::Time if most >= 2_000.0 => format!("{:.1} s", value / 1e3),
            Self::Time => format!("{value:.0} ms"),
            Self::PerSecond if most < 5.0 => format!("{value:.1}/s"),
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Count if value >= 1e6 => format!("{:.1} M", value / 1e6),
            Self::Count if value >= 1e4 => format!("{:.0} k", value / 1e3),
            Self::Count => format!("{value:.0}"),
        }
    }
}

/// The drawing with a title and a description for who does not see it.
fn described(svg: &str, title: &str, description: &str) -> String {
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
