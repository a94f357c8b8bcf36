//! Drawings that say their exact values to who points at them, with no script: for files that are given to
//! others. In the app that is done by whoever shows the drawing.

use super::{Chart, Spot, letters::escaped};

impl Chart {
    /// The drawing with what each of its spots is worth, a whole SVG file.
    pub fn with_values(&self) -> String {
        let spots: String = self.spots.iter().map(pointed).collect();
        match self.svg.rfind("</svg>") {
            Some(end) => format!("{}{spots}</svg>\n", &self.svg[..end]),
            None => self.svg.clone(),
        }
    }
}

fn pointed(spot: &Spot) -> String {
    let values = spot.values.iter();
    let values = values.map(|of| format!("\n{}: {}", escaped(&of.name), escaped(&of.value)));
    let words = values.fold(escaped(&spot.label), |words, value| words + &value);
    format!(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" pointer-events=\"all\">\
         <title>{}</title></rect>\n",
        spot.x, spot.y, spot.width, spot.height, words
    )
}
