//! The search, byte by byte, for what was erased: in every page of the database as it is decrypted, free
//! ones included, and in every other file of the data folder.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use crate::store::{DataFolder, Store, StoreError};

/// Traces that are looked for at most; of more, this many are looked for, evenly chosen.
const MOST: usize = 20_000;
/// A file is read in pieces of this size.
const PIECE: usize = 1 << 20;

/// What is left nowhere if all of it is gone.
#[derive(Debug, Clone, Default)]
pub(super) struct Traces {
    /// Names and numbers, in any case of ASCII letters; also as Windows and web views write them.
    pub(super) words: Vec<String>,
    /// Identifiers of rows.
    pub(super) ids: Vec<[u8; 16]>,
}

/// What a search of every byte found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ByteSearch {
    /// Texts and identifiers that were looked for.
    pub traces: u32,
    /// Pages of the database.
    pub pages: u32,
    /// Other files.
    pub files: u32,
    /// All bytes that were looked at.
    #[specta(type = Number)]
    pub bytes: u64,
    /// Where something was found; nothing if all of it is gone.
    pub found: Vec<FoundBytes>,
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FoundBytes {
    /// The database, or the path of a file in the data folder.
    pub place: String,
    /// How many pages of it, or pieces of a mebibyte, have something.
    pub count: u32,
}

/// Why nobody knows whether anything is left.
#[derive(Debug, thiserror::Error)]
pub(super) enum SearchError {
    /// A page cannot be read.
    #[error(transparent)]
    Page(#[from] StoreError),
    /// A file cannot be read.
    #[error("a file of the data folder cannot be read: {0}")]
    File(#[from] io::Error),
}

/// Search.
///
/// # Errors
/// [`SearchError`] when a page or a file cannot be read: then nobody knows.
pub(super) fn search(
    store: &Store,
    folder: &DataFolder,
    traces: &Traces,
) -> Result<ByteSearch, SearchError> {
    let searcher = Searcher::of(traces);
    let mut result = ByteSearch {
        traces: searcher.traces,
        ..ByteSearch::default()
    };
    let mut hits = 0;
    store.each_page(|page| {
        result.pages += 1;
        result.bytes += page.len() as u64;
        hits += u32::from(searcher.is_in(page));
    })?;
    result.note("the database", hits);
    for entry in fs::read_dir(folder.path())? {
        let entry = entry?;
        let path = entry.path();
        if is_searched(folder, &path) {
            search_below(&path, folder.path(), &searcher, &mut result)?;
        }
    }
    Ok(result)
}

/// The database was searched page by page, what goes with it is its own, and models are read only.
fn is_searched(folder: &DataFolder, path: &Path) -> bool {
    let database = folder.database();
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let own = database
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let shm = own.as_ref().map(|own| format!("{own}-shm"));
    name != own && name != shm && path != folder.models()
}

fn search_below(
    path: &Path,
    root: &Path,
    searcher: &Searcher,
    result: &mut ByteSearch,
) -> io::Result<()> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if kind.is_dir() {
        for entry in fs::read_dir(path)? {
            search_below(&entry?.path(), root, searcher, result)?;
        }
    } else if kind.is_file() {
        result.files += 1;
        let hits = search_file(path, searcher, &mut result.bytes)?;
        let place = path.strip_prefix(root).unwrap_or(path);
        result.note(&place.display().to_string(), hits);
    }
    Ok(())
}

fn search_file(path: &Path, searcher: &Searcher, bytes: &mut u64) -> io::Result<u32> {
    let mut file = match File::open(path) {
        // It went between listing and opening.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        file => file?,
    };
    let mut hits = 0;
    let mut piece = Vec::with_capacity(PIECE + searcher.longest);
    loop {
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        *bytes += read as u64;
        if read == 0 {
            return Ok(hits);
        }
        hits += u32::from(searcher.is_in(&piece));
        // Something may lie across the end of this piece.
        piece.drain(..piece.len().saturating_sub(searcher.longest));
    }
}

/// Looks for all traces at once.
struct Searcher {
    automaton: AhoCorasick,
    /// Those that are one word of letters: inside a longer word they are another one.
    words: Vec<bool>,
    longest: usize,
    traces: u32,
}

impl Searcher {
    fn of(traces: &Traces) -> Self {
        let mut needles: Vec<Vec<u8>> = Vec::new();
        let mut words = Vec::new();
        for word in &traces.words {
            needles.push(word.clone().into_bytes());
            words.push(word.chars().all(char::is_alphabetic));
            needles.push(word.encode_utf16().flat_map(u16::to_le_bytes).collect());
            words.push(false);
        }
        let step = traces.ids.len().div_ceil(MOST).max(1);
        let ids: Vec<_> = traces.ids.iter().step_by(step).collect();
        needles.extend(ids.iter().map(|id| id.to_vec()));
        words.resize(needles.len(), false);
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .build(&needles)
            .expect("the traces make an automaton because they are few and short");
        Self {
            automaton,
            words,
            // With the letters on both sides.
            longest: needles.iter().map(Vec::len).max().unwrap_or(1) + 2,
            traces: u32::try_from(traces.words.len() + ids.len()).unwrap_or(u32::MAX),
        }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let is_letter = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
        };
        self.automaton.find_overlapping_iter(bytes).any(|found| {
            !self.words[found.pattern().as_usize()]
                || !is_letter(found.start().checked_sub(1)) && !is_letter(Some(found.end()))
        })
    }
}

impl ByteSearch {
    fn note(&mut self, place: &str, count: u32) {
        if count > 0 {
            self.found.push(FoundBytes {
                place: place.to_owned(),
                count,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searcher(word: &str) -> Searcher {
        Searcher::of(&Traces {
            words: vec![word.into()],
            ids: Vec::new(),
        })
    }

    #[test]
    fn something_across_two_pieces_of_a_file_is_found_and_so_are_wide_letters() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let mut content = vec![b'.'; PIECE - 5];
        content.extend(b"Hans Mueller");
        content.extend(vec![b'.'; PIECE]);
        fs::write(&path, &content).unwrap();
        let searcher = searcher("hans mueller");
        let mut bytes = 0;
        assert!(search_file(&path, &searcher, &mut bytes).unwrap() > 0);
        assert_eq!(bytes, content.len() as u64);
        fs::write(&path, "h\0a\0n\0s\0 \0m\0u\0e\0l\0l\0e\0r\0").unwrap();
        assert_eq!(search_file(&path, &searcher, &mut bytes).unwrap(), 1);
    }

    #[test]
    fn a_word_inside_a_longer_one_is_another_word() {
        let searcher = searcher("meyer");
        assert!(searcher.is_in(b"\0Meyer's"));
        assert!(!searcher.is_in(b"Meyerhof, Obermeyer"));
    }
}
