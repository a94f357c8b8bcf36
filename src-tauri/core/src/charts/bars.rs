//! Stacked bars along the time.

use plotters::prelude::{Color, Rectangle};

use super::{
    Chart, ChartError, ChartTheme, Colour, Scale, SpotValue,
    frame::{Frame, Plot, failed, finite, series, shown},
};

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

/// Draw stacked bars.
///
/// # Errors
/// [`ChartError::Draw`] when the drawing fails.
pub fn bars(of: &Bars<'_>) -> Result<Chart, ChartError> {
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
    let sum = |at| -> f64 { of.stacks.iter().map(|stack| height_at(stack, at)).sum() };
    let highest = (0..of.labels.len()).map(sum).fold(0.0, f64::max);
    let parts = series(of.stacks.iter().map(|stack| stack.name.as_str()));
    frame.draw(parts, highest, &|plot| marks(of, plot), &|at| {
        values_at(of, at)
    })
}

fn marks(of: &Bars<'_>, plot: &Plot<'_, '_>) -> Result<(), ChartError> {
    for at in 0..of.labels.len() {
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
            let paint = Colour::Series(series).paint(of.theme).filled();
            let bar = Rectangle::new([(x + gap, high), (next - gap, low)], paint);
            plot.root.draw(&bar).map_err(failed)?;
        }
    }
    Ok(())
}

fn height_at(stack: &Stack, at: usize) -> f64 {
    finite(stack.heights.get(at).copied().unwrap_or(0.0))
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
