//! The colours of drawings: those of the interface's tokens, to which a test holds them.

use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};
use specta::Type;

/// For which ground it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ChartTheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A colour of the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// The ground.
    Surface,
    /// Lines behind the marks.
    Line,
    /// Words.
    Ink,
    /// Words beside the point.
    FaintInk,
    /// The marks of a series, counted from zero; after the last one they begin again.
    Series(usize),
}

/// The series that have a colour of their own.
pub const SERIES: usize = 6;

impl Colour {
    /// Its token.
    pub fn token(self) -> String {
        match self {
            Self::Surface => "surface".into(),
            Self::Line => "line".into(),
            Self::Ink => "ink".into(),
            Self::FaintInk => "ink-2".into(),
            Self::Series(at) => format!("chart-{}", at % SERIES + 1),
        }
    }

    /// Red, green and blue.
    pub const fn rgb(self, theme: ChartTheme) -> [u8; 3] {
        match (theme, self) {
            (ChartTheme::Light, Self::Surface) => [0xff, 0xff, 0xff],
            (ChartTheme::Light, Self::Line) => [0xe4, 0xe1, 0xd8],
            (ChartTheme::Light, Self::Ink) => [0x1d, 0x1c, 0x19],
            (ChartTheme::Light, Self::FaintInk) => [0x5b, 0x58, 0x50],
            (ChartTheme::Light, Self::Series(at)) => LIGHT[at % SERIES],
            (ChartTheme::Dark, Self::Surface) => [0x1f, 0x21, 0x1e],
            (ChartTheme::Dark, Self::Line) => [0x2e, 0x31, 0x2c],
            (ChartTheme::Dark, Self::Ink) => [0xec, 0xeb, 0xe5],
            (ChartTheme::Dark, Self::FaintInk) => [0xb0, 0xae, 0xa5],
            (ChartTheme::Dark, Self::Series(at)) => DARK[at % SERIES],
        }
    }

    /// As a style sheet writes it.
    pub fn hex(self, theme: ChartTheme) -> String {
        let [red, green, blue] = self.rgb(theme);
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    pub(super) fn paint(self, theme: ChartTheme) -> RGBColor {
        let [red, green, blue] = self.rgb(theme);
        RGBColor(red, green, blue)
    }
}

const LIGHT: [[u8; 3]; SERIES] = [
    [0x1f, 0x5f, 0x58],
    [0x7a, 0x5b, 0xa8],
    [0xb0, 0x6f, 0x1c],
    [0x3f, 0x7f, 0xb5],
    [0xa8, 0x4a, 0x6a],
    [0x8a, 0x87, 0x7e],
];

const DARK: [[u8; 3]; SERIES] = [
    [0x6f, 0xc3, 0xb4],
    [0xb9, 0xa0, 0xe0],
    [0xe0, 0xaa, 0x5c],
    [0x86, 0xb6, 0xe0],
    [0xe0, 0x92, 0xa8],
    [0x8f, 0x8d, 0x84],
];
