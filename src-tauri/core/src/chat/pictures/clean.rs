//! A picture from outside, made fit to be kept and to leave: what it is is told by its content, it is held
//! to limits before anything of it is unpacked, and nothing but its pixels is written anew.
//!
//! Where it was taken, by whom, with what, a smaller picture of what was cut off: all of that stands
//! beside the pixels, in places that each format has of its own. Nobody has to know them where only the
//! pixels are taken over.

use std::io::Cursor;

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    RgbImage, codecs::jpeg::JpegEncoder, imageops::FilterType,
};

use super::{PictureError, PictureFormat};

/// The longest file that is taken, in bytes.
pub const MOST_BYTES: usize = 25 << 20;
/// The most pixels, which a camera of 48 megapixels makes: 50 million of 8 bytes are 400 MB.
const MOST_PIXELS: u64 = 50_000_000;
/// What unpacking may take of the memory, in bytes.
const MOST_MEMORY: u64 = 512 << 20;
/// No side is longer when it is kept: some provider refuses more where there are several pictures.
pub(super) const LONGEST_SIDE: u32 = 2000;
/// Beyond this it is kept as a JPEG, in bytes: 5 MB of base64 is the least that a provider takes.
const LONGEST_KEPT: usize = 3_700_000;
/// No side of the small copy is longer.
const SMALL_SIDE: u32 = 480;

/// A picture of which nothing but the pixels is left.
#[derive(Debug, Clone)]
pub struct CleanPicture {
    pub(super) format: PictureFormat,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) content: Vec<u8>,
    /// A small copy, as JPEG.
    pub(super) small: Vec<u8>,
}

impl CleanPicture {
    /// What its file is.
    pub fn format(&self) -> PictureFormat {
        self.format
    }

    /// Its file.
    pub fn into_content(self) -> Vec<u8> {
        self.content
    }
}

/// Take the pixels of a PNG, JPEG, WebP or GIF over into a new file, upright, and small enough to be
/// sent. Of a moving picture it is the first one.
///
/// # Errors
/// [`PictureError`] says why a file is not taken.
pub fn clean(bytes: &[u8]) -> Result<CleanPicture, PictureError> {
    let format = format_of(bytes)?;
    let mut picture = unpack(bytes, format)?;
    if picture.width().max(picture.height()) > LONGEST_SIDE {
        picture = picture.resize(LONGEST_SIDE, LONGEST_SIDE, FilterType::Triangle);
    }
    let (format, content) = write(&picture, format)?;
    let small = picture.thumbnail(
        SMALL_SIDE.min(picture.width()),
        SMALL_SIDE.min(picture.height()),
    );
    Ok(CleanPicture {
        format,
        width: picture.width(),
        height: picture.height(),
        content,
        small: jpeg(&on_white(&small), 80)?,
    })
}

/// What a file is by its first bytes; its name says nothing.
fn format_of(bytes: &[u8]) -> Result<ImageFormat, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty);
    }
    if bytes.len() > MOST_BYTES {
        return Err(PictureError::TooLong);
    }
    match image::guess_format(bytes) {
        Ok(
            known @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP | ImageFormat::Gif),
        ) => Ok(known),
        _ if is_svg(bytes) => Err(PictureError::Drawing),
        _ => Err(PictureError::NoPicture),
    }
}

fn is_svg(bytes: &[u8]) -> bool {
    let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
    beginning.contains("<svg")
}

/// The pixels, upright.
fn unpack(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, PictureError> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(PictureError::Damaged("it has no pixels".into()));
    }
    // Before anything is unpacked: a file of some kilobytes can say that it is a whole disk.
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(PictureError::TooManyPixels { width, height });
    }
    let turned = decoder.orientation().map_err(damaged)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(turned);
    Ok(picture)
}

/// A photograph stays a JPEG, everything else becomes a PNG, and a JPEG where that is too long.
fn write(
    picture: &DynamicImage,
    was: ImageFormat,
) -> Result<(PictureFormat, Vec<u8>), PictureError> {
    let is_photograph =
        was == ImageFormat::Jpeg || (was == ImageFormat::WebP && !picture.color().has_alpha());
    if !is_photograph {
        let content = png(picture)?;
        if content.len() <= LONGEST_KEPT {
            return Ok((PictureFormat::Png, content));
        }
    }
    let opaque = on_white(picture);
    let mut content = jpeg(&opaque, 90)?;
    for quality in [75, 50] {
        if content.len() > LONGEST_KEPT {
            content = jpeg(&opaque, quality)?;
        }
    }
    Ok((PictureFormat::Jpeg, content))
}

/// From bare pixels: whatever else the decoder knew of the picture is not asked.
fn png(picture: &DynamicImage) -> Result<Vec<u8>, PictureError> {
    use image::{ImageEncoder, codecs::png::PngEncoder};
    let mut out = Vec::new();
    let (width, height) = (picture.width(), picture.height());
    let encoder = PngEncoder::new(&mut out);
    let written = if picture.color().has_alpha() {
        let pixels = picture.to_rgba8();
        encoder.write_image(&pixels, width, height, ExtendedColorType::Rgba8)
    } else {
        let pixels = picture.to_rgb8();
        encoder.write_image(&pixels, width, height, ExtendedColorType::Rgb8)
    };
    written.map_err(damaged)?;
    Ok(out)
}

fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, PictureError> {
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, quality)
        .encode(
            picture,
            picture.width(),
            picture.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(damaged)?;
    Ok(out)
}

/// A JPEG has no see-through pixels: they would be black.
fn on_white(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let seen = picture.to_rgba8();
    RgbImage::from_fn(seen.width(), seen.height(), |x, y| {
        let [red, green, blue, alpha] = seen.get_pixel(x, y).0;
        let over = |part: u8| {
            let alpha = u16::from(alpha);
            let mixed = (u16::from(part) * alpha + 255 * (255 - alpha)) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        image::Rgb([over(red), over(green), over(blue)])
    })
}

fn damaged(error: ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooLarge,
        other => PictureError::Damaged(other.to_string()),
    }
}
