//! Numbers in, drawings out: SVG from the app's own colours in both themes, sharp at every size, with a
//! title and a description for who does not see it, and the exact values of each part for who points at
//! it. It knows nothing of what the numbers mean.

mod bars;
mod course;
mod frame;
mod image;
mod labels;
mod letters;
mod lines;
mod pointed;
mod theme;

use serde::Serialize;
use specta::Type;

pub use self::{
    bars::{Bars, Stack, bars},
    course::{Band, Course, Point, course},
    frame::{Frame, Scale},
    image::png,
    labels::{Labels, Stride},
    lines::{Line, Lines, lines},
    theme::{ChartTheme, Colour},
};
pub(crate) use self::{
    image::tree_of,
    letters::{Weight, escaped, width_of},
};

/// Why there is no drawing.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// The drawing failed.
    #[error("the chart could not be drawn: {0}")]
    Draw(String),
    /// The picture could not be made from it.
    #[error("the picture could not be made: {0}")]
    Image(String),
}

/// A drawing, and what there is to point at in it.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Chart {
    /// The drawing, a whole SVG file.
    pub svg: String,
    /// Its width, in its own units, of which a pixel is one.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// What a person can point at, or step through by keyboard.
    pub spots: Vec<Spot>,
    /// What the colours mean, in the order in which they are stacked.
    pub legend: Vec<Mark>,
}

/// A part of a drawing that has exact values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Spot {
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
    /// What it is, such as a day.
    pub label: String,
    /// Name and value of each part that is not nothing, then the sum if there are several.
    pub values: Vec<SpotValue>,
}

/// The value of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SpotValue {
    /// What it is of.
    pub name: String,
    /// The exact value, as a person reads it.
    pub value: String,
}

/// What a colour means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Mark {
    /// The name of what has it.
    pub name: String,
    /// The colour, as `#1f5f58`.
    pub colour: String,
}

#[cfg(test)]
mod tests;
