//! What a GGUF file says about the model in it, read from a file that nobody vouches for.
//!
//! A reader of our own: the crates that exist read version 3 alone, keep whole vocabularies, or hand
//! the file to C code that the app's process must not run. It reads only the header, and trusts no
//! count or length in it (`header`); the weights are never touched. The core reads a file when it is
//! added and the engine before llama.cpp sees it, so that both refuse the same files in the same words.

mod cache;
mod encoding;
mod error;
mod foreign;
mod header;
mod keys;
mod summary;
#[cfg(test)]
mod tests;
pub mod words;

use std::{
    fs::File,
    path::{Path, PathBuf},
};

pub use error::GgufError;
use header::{Header, Value};
pub use summary::{GgufSummary, ModelKind, Pooling};

/// No model is published in more parts than this.
const MAX_PARTS: u64 = 512;

/// Read what the model at `path` says about itself; of a model in several files, `path` is the first.
///
/// # Errors
/// [`GgufError`] when the file is not a whole model that Gatehouse can use.
pub fn read_summary(path: &Path) -> Result<GgufSummary, GgufError> {
    let first = read_header(path)?;
    let mut rest = Vec::new();
    for part in other_parts(path, &first)? {
        rest.push(read_header(&part)?);
    }
    summary::summarise(first, &rest)
}

/// All files of the model whose first file is `path`, in order.
pub fn parts(path: &Path, summary: &GgufSummary) -> Vec<PathBuf> {
    (0..summary.parts)
        .map(|part| part_path(path, part, summary.parts).unwrap_or_else(|| path.to_owned()))
        .collect()
}

fn read_header(path: &Path) -> Result<Header, GgufError> {
    // Asked before opening: opening a pipe would wait for its other end.
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(GgufError::Folder);
    }
    if !metadata.is_file() {
        return Err(GgufError::NotAFile);
    }
    header::read(File::open(path)?, metadata.len())
}

/// The files that follow the first one, when the model is split.
fn other_parts(path: &Path, first: &Header) -> Result<Vec<PathBuf>, GgufError> {
    let number = |key: &str| match first.values.get(key) {
        Some(&Value::Number(n)) => n,
        _ => 0,
    };
    let parts = number("split.count");
    if parts < 2 {
        return Ok(Vec::new());
    }
    if parts > MAX_PARTS {
        return Err(GgufError::Absurd(format!(
            "to be split into {} files",
            words::count(parts)
        )));
    }
    if number("split.no") > 0 {
        return Err(GgufError::NotFirstPart {
            part: number("split.no").saturating_add(1),
            parts,
        });
    }
    (1..parts)
        .map(|part| {
            let other = part_path(path, part, parts);
            other
                .clone()
                .filter(|other| other.is_file())
                .ok_or_else(|| GgufError::PartMissing {
                    missing: other
                        .as_deref()
                        .map_or_else(|| part_suffix(part, parts), file_name),
                    parts,
                })
        })
        .collect()
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// How the name of a part ends; counted from 0 here, from 1 in names.
fn part_suffix(part: u64, parts: u64) -> String {
    format!("-{:05}-of-{parts:05}.gguf", part + 1)
}

/// Where a part lies, if the first file has the name of a first part.
fn part_path(first: &Path, part: u64, parts: u64) -> Option<PathBuf> {
    let name = first.file_name()?.to_str()?;
    let stem = name.strip_suffix(&part_suffix(0, parts))?;
    Some(first.with_file_name(format!("{stem}{}", part_suffix(part, parts))))
}
