//! What a file is that was taken for a model: a saved web page, a pointer, another format.

use crate::{GgufError, words};

/// How much of the beginning is looked at.
pub(crate) const LOOKED_AT_BYTES: u64 = 512;

/// Say what a file is that does not begin with `GGUF`, from its first bytes.
pub(crate) fn diagnose(start: &[u8]) -> GgufError {
    if start.iter().all(|&b| b == 0) {
        return GgufError::OnlyZeros;
    }
    if let Some(format) = other_format(start) {
        return GgufError::OtherFormat(format);
    }
    let Some(text) = as_text(start) else {
        return GgufError::NotGguf;
    };
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    if text.starts_with("version https://git-lfs") {
        return GgufError::LfsPointer;
    }
    let starts = words::clean(text, 24);
    let lower = text.to_ascii_lowercase();
    if ["<!doctype", "<html", "<?xml", "<head", "<script"]
        .iter()
        .any(|tag| lower.starts_with(tag))
    {
        return GgufError::WebPage { starts };
    }
    GgufError::Text { starts }
}

fn other_format(start: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 9] = [
        (b"PK\x03\x04", "a ZIP or PyTorch archive"),
        (b"\x1F\x8B", "a compressed archive (gzip)"),
        (b"BZh", "a compressed archive (bzip2)"),
        (b"\xFD7zXZ", "a compressed archive (xz)"),
        (b"\x28\xB5\x2F\xFD", "a compressed archive (zstd)"),
        (b"7z\xBC\xAF", "a compressed archive (7z)"),
        (b"lmgg", "a GGML file of 2023"),
        (b"fmgg", "a GGML file of 2023"),
        (b"tjgg", "a GGML file of 2023"),
    ];
    // safetensors: a length of eight bytes, then JSON.
    if start.len() > 9 && &start[5..10] == b"\0\0\0{\"" {
        return Some("a safetensors file");
    }
    KNOWN
        .iter()
        .find(|(magic, _)| start.starts_with(magic))
        .map(|&(_, name)| name)
}

/// The bytes as text, when they are text; a character cut by the end of the bytes does not count.
fn as_text(start: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&start[..e.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let printable = text
        .chars()
        .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    (printable && !text.trim().is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(start: &[u8]) -> String {
        diagnose(start).to_string()
    }

    #[test]
    fn files_that_are_taken_for_models_are_called_by_their_names() {
        assert_eq!(
            said(b"\n<!DOCTYPE html>\n<html>"),
            "This file starts with “<!DOCTYPE html> <html>”: it is a web page, not a model."
        );
        assert_eq!(
            said(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a"),
            "This is a pointer to the model, not the model itself."
        );
        assert_eq!(
            said(b"hello"),
            "This file starts with “hello”: it is a text file, not a model."
        );
        assert_eq!(
            said(b"PK\x03\x04\x14\x00"),
            "This file is a ZIP or PyTorch archive, not a GGUF model."
        );
        assert_eq!(
            said(b"\x10\x00\x00\x00\x00\x00\x00\x00{\"a\""),
            "This file is a safetensors file, not a GGUF model."
        );
        assert!(matches!(diagnose(&[0; 512]), GgufError::OnlyZeros));
        assert!(matches!(
            diagnose(&[1, 2, 255, 254, 0, 9]),
            GgufError::NotGguf
        ));
    }

    #[test]
    fn a_text_cut_inside_a_character_is_still_text() {
        assert!(matches!(
            diagnose("Grüße".as_bytes().split_last().map_or(&[], |(_, s)| s)),
            GgufError::Text { .. }
        ));
        assert!(matches!(
            diagnose(&"Gr\u{fc}".as_bytes()[..3]),
            GgufError::Text { .. }
        ));
    }
}
