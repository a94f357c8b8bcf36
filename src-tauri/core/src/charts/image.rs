//! A drawing as a picture.

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

use super::{Chart, ChartError, letters};

/// A drawing as a tree of shapes.
///
/// # Errors
/// [`ChartError::Image`] when it is no SVG.
pub(crate) fn tree_of(svg: &str) -> Result<Tree, ChartError> {
    let options = Options {
        fontdb: letters::own(),
        font_family: "Inter".into(),
        font_resolver: letters::resolver(),
        ..Options::default()
    };
    Tree::from_str(&letters::with_marks(svg), &options)
        .map_err(|error| ChartError::Image(error.to_string()))
}

/// The drawing as a PNG file, `scale` times as large; at most eight times.
///
/// # Errors
/// [`ChartError::Image`] when it cannot be made.
pub fn png(chart: &Chart, scale: u32) -> Result<Vec<u8>, ChartError> {
    let scale = scale.clamp(1, 8);
    let tree = tree_of(&chart.svg)?;
    let mut pixels = Pixmap::new(chart.width * scale, chart.height * scale)
        .ok_or_else(|| ChartError::Image("it has no size".into()))?;
    #[expect(clippy::cast_precision_loss, reason = "1 to 8")]
    let larger = scale as f32;
    resvg::render(
        &tree,
        Transform::from_scale(larger, larger),
        &mut pixels.as_mut(),
    );
    pixels
        .encode_png()
        .map_err(|error| ChartError::Image(error.to_string()))
}
