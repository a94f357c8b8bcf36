//! Stacked bars along the time.

use plotters::prelude::{Color, Rectangle};

use super::{
    Chart, ChartError, Colour, SpotValue,
    frame::{Frame, Part, Plot, failed, finite, series, shown_apart},
};

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Bars<'a> {
    /// All but the bars: its labels say what each bar is.
    pub frame: Frame<'a>,
    /// The parts of the bars, the lowest first.
    pub stacks: &'a [Stack],
    /// The sum of each bar, as a person reads it.
    pub sums: &'a [String],
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
    /// In which bars that is not all of it, as some of it is not known.
    pub open: Vec<bool>,
}

/// What a mark above a bar says.
const NOT_KNOWN: &str = "Not known";

/// Draw stacked bars.
///
/// # Errors
/// [`ChartError::Draw`] when the drawing fails.
pub fn bars(of: &Bars<'_>) -> Result<Chart, ChartError> {
    let sum = |at| -> f64 { of.stacks.iter().map(|stack| height_at(stack, at)).sum() };
    let highest = (0..of.frame.places()).map(sum).fold(0.0, f64::max);
    let names = shown_apart(of.stacks.iter().map(|stack| stack.name.as_str()));
    let mut parts = series(&names);
    if (0..of.frame.places()).any(|at| is_open(of, at)) {
        parts.push(Part {
            name: NOT_KNOWN.into(),
            colour: Colour::FaintInk,
            strength: 1.0,
        });
    }
    of.frame
        .draw(parts, highest, &|plot| marks(of, plot), &|at| {
            values_at(of, &names, at)
        })
}

fn marks(of: &Bars<'_>, plot: &Plot<'_, '_>) -> Result<(), ChartError> {
    for at in 0..of.frame.places() {
        let (x, next) = plot.edges(at);
        let gap = ((next - x) / 6).max(i32::from(next - x > 2));
        let mut below = 0.0;
        for (series, stack) in of.stacks.iter().enumerate() {
            let height = height_at(stack, at);
            if height <= 0.0 {
                continue;
            }
            let (low, high) = (plot.y(below), plot.y(below + height));
            below += height;
            // What is something can be seen, however little it is.
            let high = high.min(low - 1);
            let paint = Colour::Series(series).paint(of.frame.theme).filled();
            let bar = Rectangle::new([(x + gap, high), (next - gap, low)], paint);
            plot.root.draw(&bar).map_err(failed)?;
        }
        if is_open(of, at) {
            let top = plot.y(below);
            let paint = Colour::FaintInk.paint(of.frame.theme).filled();
            let mark = Rectangle::new([(x + gap, top - 5), (next - gap, top - 3)], paint);
            plot.root.draw(&mark).map_err(failed)?;
        }
    }
    Ok(())
}

/// Whether something of a bar is not known: it is higher than it is drawn, and nobody knows how much.
fn is_open(of: &Bars<'_>, at: usize) -> bool {
    of.stacks.iter().any(|stack| stack.is_open(at))
}

impl Stack {
    fn is_open(&self, at: usize) -> bool {
        self.open.get(at).copied().unwrap_or(false)
    }
}

fn height_at(stack: &Stack, at: usize) -> f64 {
    finite(stack.heights.get(at).copied().unwrap_or(0.0))
}

fn values_at(of: &Bars<'_>, names: &[String], at: usize) -> Vec<SpotValue> {
    let parts = of.stacks.iter().zip(names);
    let mut values: Vec<SpotValue> = parts
        .filter(|(stack, _)| height_at(stack, at) > 0.0 || stack.is_open(at))
        .map(|(stack, name)| SpotValue {
            name: name.clone(),
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
