//! What is kept of a picture from outside, and which files are refused.

use std::io::Cursor;

use flate2::Crc;
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use proptest::prelude::*;

use super::{clean::LONGEST_SIDE, *};

/// What must be found nowhere in what is kept.
const TOLD: &str = "Anna Weiss, 52.5200 N 13.4050 E";

fn picture(width: u32, height: u32, alpha: u8) -> DynamicImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let part = |n: u32| u8::try_from(n % 256).unwrap();
        Rgba([part(x * 16), part(y * 16), part(x + y), alpha])
    })
    .into()
}

fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let picture = match format {
        ImageFormat::Jpeg => DynamicImage::from(picture.to_rgb8()),
        _ => picture.clone(),
    };
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [kind.as_slice(), content].concat();
    let mut crc = Crc::new();
    crc.update(&named);
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [length.as_slice(), &named, &crc.sum().to_be_bytes()].concat()
}

/// A TIFF with an orientation and a description, as cameras write it beside the pixels.
fn exif(orientation: u8) -> Vec<u8> {
    let text = format!("{TOLD}\0");
    let length = u32::try_from(text.len()).unwrap().to_le_bytes();
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend(b"\x0e\x01\x02\0");
    tiff.extend(length);
    tiff.extend(38u32.to_le_bytes());
    tiff.extend(b"\x12\x01\x03\0\x01\0\0\0");
    tiff.extend([orientation, 0, 0, 0]);
    tiff.extend([0; 4]);
    tiff.extend(text.as_bytes());
    tiff
}

/// A PNG that tells about a person in three ways.
fn telling_png() -> Vec<u8> {
    let bytes = file(&picture(16, 8, 255), ImageFormat::Png);
    // Behind the signature and the header.
    let (head, rest) = bytes.split_at(8 + 25);
    let text = [b"Author\0".as_slice(), TOLD.as_bytes()].concat();
    let time = [7, 0xEA, 11, 27, 12, 0, 0];
    [
        head,
        &chunk(b"tEXt", &text),
        &chunk(b"eXIf", &exif(1)),
        &chunk(b"tIME", &time),
        rest,
    ]
    .concat()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker], length.as_slice(), content].concat()
}

fn telling_jpeg(orientation: u8) -> Vec<u8> {
    let bytes = file(&picture(16, 8, 255), ImageFormat::Jpeg);
    let (start, rest) = bytes.split_at(2);
    let exif = [b"Exif\0\0".as_slice(), &exif(orientation)].concat();
    let xmp = [
        b"http://ns.adobe.com/xap/1.0/\0".as_slice(),
        TOLD.as_bytes(),
    ]
    .concat();
    let all = [
        segment(0xE1, &exif),
        segment(0xE1, &xmp),
        segment(0xFE, TOLD.as_bytes()),
    ];
    [start, &all.concat(), rest].concat()
}

fn telling_gif() -> Vec<u8> {
    let bytes = file(&picture(16, 8, 255), ImageFormat::Gif);
    // A comment before the end of the file.
    let (rest, end) = bytes.split_at(bytes.len() - 1);
    let length = u8::try_from(TOLD.len()).unwrap();
    let comment = [b"\x21\xFE".as_slice(), &[length], TOLD.as_bytes(), &[0]].concat();
    [rest, &comment, end].concat()
}

fn telling_webp() -> Vec<u8> {
    let bytes = file(&picture(16, 8, 255), ImageFormat::WebP);
    let part = |kind: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        let padding = vec![0; content.len() % 2];
        [kind.as_slice(), &length, content, &padding].concat()
    };
    // The extended form: with EXIF, 16 by 8.
    let head = part(b"VP8X", &[0x08, 0, 0, 0, 15, 0, 0, 7, 0, 0]);
    let body = [
        b"WEBP".as_slice(),
        &head,
        &bytes[12..],
        &part(b"EXIF", &exif(1)),
    ]
    .concat();
    part(b"RIFF", &body)
}

/// The parts of a PNG by their names, or the segments of a JPEG by their markers.
fn parts(file: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    if file.starts_with(b"\x89PNG") {
        let mut at = 8;
        while at < file.len() {
            let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
            found.push(String::from_utf8(file[at + 4..at + 8].to_vec()).unwrap());
            at += 12 + length as usize;
        }
        return found;
    }
    let mut at = 2;
    loop {
        assert_eq!(file[at], 0xFF, "a marker");
        found.push(format!("{:02X}", file[at + 1]));
        if file[at + 1] == 0xDA {
            return found;
        }
        at += 2 + usize::from(u16::from_be_bytes(file[at + 2..at + 4].try_into().unwrap()));
    }
}

/// Nothing but pixels, and what says how they are packed.
fn has_only_pixels(file: &[u8]) -> bool {
    let known: &[&str] = if file.starts_with(b"\x89PNG") {
        &["IHDR", "IDAT", "IEND"]
    } else {
        // JFIF, quantisation, frame, Huffman tables, scan.
        &["E0", "DB", "C0", "C4", "DA"]
    };
    parts(file)
        .iter()
        .all(|part| known.contains(&part.as_str()))
}

#[test]
fn nothing_but_pixels_is_kept_of_any_format() {
    for (name, told, format) in [
        ("PNG", telling_png(), PictureFormat::Png),
        ("JPEG", telling_jpeg(1), PictureFormat::Jpeg),
        ("GIF", telling_gif(), PictureFormat::Png),
        ("WebP", telling_webp(), PictureFormat::Jpeg),
    ] {
        let has = |bytes: &[u8]| {
            bytes
                .windows(TOLD.len())
                .any(|window| window == TOLD.as_bytes())
        };
        assert!(has(&told), "the {name} tells");
        let clean = clean(&told).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            (clean.format, clean.width, clean.height),
            (format, 16, 8),
            "{name}"
        );
        for kept in [&clean.content, &clean.small] {
            assert!(!has(kept), "{name}");
            assert!(has_only_pixels(kept), "{name}: {:?}", parts(kept));
        }
    }
}

#[test]
fn a_photograph_that_was_taken_sideways_stands_upright_without_saying_so() {
    let clean = clean(&telling_jpeg(6)).unwrap();
    assert_eq!((clean.width, clean.height), (8, 16));
}

#[test]
fn pixels_of_a_png_are_the_same_and_clear_ones_are_white_in_the_small_copy() {
    let seen = picture(12, 9, 255);
    let kept = clean(&file(&seen, ImageFormat::Png)).unwrap();
    let again = image::load_from_memory(&kept.content).unwrap();
    assert_eq!(again.to_rgba8(), seen.to_rgba8());
    let clear = clean(&file(&picture(12, 9, 0), ImageFormat::Png)).unwrap();
    let small = image::load_from_memory(&clear.small).unwrap().to_rgb8();
    assert!(small.pixels().all(|pixel| pixel.0 == [255; 3]));
}

#[test]
fn a_large_picture_becomes_smaller_and_a_small_one_does_not_grow() {
    let wide = clean(&file(&picture(2400, 12, 255), ImageFormat::Png)).unwrap();
    assert_eq!((wide.width, wide.height), (LONGEST_SIDE, 10));
    let dot = clean(&file(&picture(1, 1, 255), ImageFormat::Png)).unwrap();
    let small = image::load_from_memory(&dot.small).unwrap();
    assert_eq!((dot.width, small.width(), small.height()), (1, 1, 1));
}

#[test]
fn a_name_says_nothing_and_other_files_are_refused_in_words() {
    let jpeg = file(&picture(8, 8, 255), ImageFormat::Jpeg);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.png");
    std::fs::write(&path, &jpeg).unwrap();
    assert_eq!(
        clean(&std::fs::read(&path).unwrap()).unwrap().format,
        PictureFormat::Jpeg
    );
    let refused = |bytes: &[u8]| clean(bytes).unwrap_err();
    assert!(matches!(refused(b""), PictureError::Empty));
    assert!(matches!(refused(b"%PDF-1.7 ..."), PictureError::NoPicture));
    let svg = b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>";
    assert!(matches!(refused(svg), PictureError::Drawing));
    assert!(matches!(
        refused(b"BM\x36\0\0\0\0\0"),
        PictureError::NoPicture
    ));
    let long = [jpeg, vec![0; MOST_BYTES]].concat();
    assert!(matches!(refused(&long), PictureError::TooLong));
}

#[test]
fn a_small_file_that_would_fill_the_memory_is_refused_before_it_is_unpacked() {
    let header = [30_000u32.to_be_bytes(), 30_000u32.to_be_bytes()].concat();
    let header = [header.as_slice(), &[8, 6, 0, 0, 0]].concat();
    let bomb = [
        b"\x89PNG\r\n\x1a\n".as_slice(),
        &chunk(b"IHDR", &header),
        &chunk(b"IDAT", &[0x78, 0x9c, 0x63, 0, 0]),
        &chunk(b"IEND", &[]),
    ]
    .concat();
    let refused = clean(&bomb).unwrap_err();
    assert!(
        matches!(
            refused,
            PictureError::TooManyPixels {
                width: 30_000,
                height: 30_000
            }
        ),
        "{refused}"
    );
    let screen = [b"GIF89a".as_slice(), &[0xFF; 4], &[0x80, 0, 0], &[0; 6]].concat();
    let frame = [
        &[0x2C, 0, 0, 0, 0],
        [0xFF; 4].as_slice(),
        &[0, 2, 1, 0x44, 0, 0x3B],
    ]
    .concat();
    let gif = [screen, frame].concat();
    let refused = clean(&gif).unwrap_err();
    assert!(
        matches!(refused, PictureError::TooManyPixels { .. }),
        "{refused}"
    );
}

#[test]
fn a_picture_that_is_cut_off_is_refused_or_shown_as_far_as_it_goes_and_never_more() {
    for whole in [
        telling_png(),
        telling_jpeg(1),
        telling_gif(),
        telling_webp(),
    ] {
        for length in 0..whole.len() {
            if let Ok(clean) = clean(&whole[..length]) {
                assert_eq!((clean.width, clean.height), (16, 8));
                assert!(has_only_pixels(&clean.content));
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_bytes_come_nothing_but_pixels_is_kept(
        which in 0usize..4, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)
    ) {
        let mut all = vec![telling_png(), telling_jpeg(6), telling_gif(), telling_webp()];
        let mut bytes = all.swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(clean) = clean(&bytes) {
            prop_assert!(has_only_pixels(&clean.content) && has_only_pixels(&clean.small));
        }
    }

    #[test]
    fn noise_behind_the_marks_of_a_format_is_no_picture_and_no_crash(
        mark in prop::sample::select(vec![&b"\x89PNG\r\n\x1a\n"[..], b"\xFF\xD8\xFF\xE0", b"GIF89a", b"RIFF\x20\0\0\0WEBPVP8L"]),
        noise: Vec<u8>,
    ) {
        let kept = clean(&[mark, &noise].concat());
        prop_assert!(kept.is_err() || has_only_pixels(&kept.unwrap().content));
    }
}
