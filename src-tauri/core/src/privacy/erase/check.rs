//! The search, byte by byte, for what was erased: in every page of the database as it is decrypted, free
//! ones included, in the index of its words, and in every other file of the data folder. The log of the
//! database was emptied before.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{
    Remains,
    lost::Lost,
    searcher::{Hit, Place, Searcher},
};
use crate::{
    chat,
    store::{DataFolder, Store, StoreError},
};

/// A file is read in pieces of this size.
const PIECE: usize = 1 << 20;
/// Where the web view keeps its things, in the data folder.
const WINDOW: &str = "window";

/// What is left nowhere if all of it is gone.
#[derive(Debug, Clone, Default)]
pub(super) struct Traces {
    /// Names and numbers, in any case of ASCII letters; also as Windows and web views write them.
    pub(super) words: Vec<String>,
    /// Identifiers of rows.
    pub(super) ids: Vec<[u8; 16]>,
    /// Phrases and words of whole texts that went.
    pub(super) lost: Lost,
}

/// What a search of every byte found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ByteSearch {
    /// Names, words, phrases and identifiers that were looked for.
    pub traces: u32,
    /// Phrases of what went that texts have which stay: they were not looked for.
    #[serde(default)]
    pub common: u32,
    /// Pages of the database.
    pub pages: u32,
    /// Those of them in which something lay in a part that nothing uses. It was searched like all the
    /// rest; all of these parts were overwritten before, and what is written meanwhile may leave something.
    #[serde(default)]
    pub unused: u32,
    /// Other files, as they lie there: what is encrypted in them was not decrypted.
    pub files: u32,
    /// All bytes that were looked at.
    #[specta(type = Number)]
    pub bytes: u64,
    /// Where something was found; nothing if all of it is gone.
    pub found: Vec<FoundBytes>,
    /// Pages and pieces of files in which the letters stand only with other letters around them: as a
    /// part of longer words, or of bytes that are no text.
    #[serde(default)]
    pub within: u32,
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FoundBytes {
    /// The database, or the path of a file in the data folder.
    pub place: String,
    /// How many pages of it, or pieces of a mebibyte, have something.
    pub count: u32,
}

/// Search; what cannot be read is added to what remains.
pub(super) fn search(
    store: &Store,
    folder: &DataFolder,
    mut traces: Traces,
    remains: &mut Vec<Remains>,
) -> ByteSearch {
    let mut not_all = |what: &str, error: StoreError| {
        let why = format!("not all of it could be searched: {error}");
        remains.push(Remains::in_data_folder(what, why));
    };
    let common = store.read(|conn| Ok::<_, StoreError>(traces.lost.leave_out_what_stays(conn)?));
    let common = common.unwrap_or_else(|error| {
        // Without knowing what stays nothing can be told from it.
        traces.lost = Lost::default();
        not_all("the words of what was erased", error);
        0
    });
    let searcher = Searcher::of(&traces);
    let mut result = ByteSearch {
        traces: searcher.traces,
        common: u32::try_from(common).unwrap_or(u32::MAX),
        ..ByteSearch::default()
    };
    let mut hits = 0;
    let pages = store.each_page(|page, unused| {
        result.pages += 1;
        result.bytes += page.len() as u64;
        result.unused += u32::from(unused);
        match searcher.look(page, Place::Ours) {
            Hit::Alone => hits += 1,
            Hit::Within => result.within += 1,
            Hit::None => {}
        }
    });
    if let Err(error) = pages {
        not_all("the database", error);
    }
    result.note("the database", hits);
    let words = traces.words.iter().map(String::as_str);
    let words = words.chain(traces.lost.words());
    match store.read(|conn| Ok::<_, StoreError>(chat::gone_but_indexed(conn, words)?)) {
        Ok(gone) => result.note("the index of the search", gone),
        Err(error) => not_all("the index of the search", error),
    }
    let mut unread = 0;
    search_below(folder.path(), folder, &searcher, &mut result, &mut unread);
    if unread > 0 {
        let what = format!("{unread} files of the data folder");
        remains.push(Remains::in_data_folder(
            &what,
            "they cannot be read now, so they were not searched",
        ));
    }
    result
}

/// The database was searched page by page; the index of its log has no text, locks are empty, and models
/// are read only.
fn is_searched(folder: &DataFolder, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_own = path == folder.database() || name.ends_with("-shm") || name.ends_with(".lock");
    !is_own && path != folder.models()
}

fn search_below(
    path: &Path,
    folder: &DataFolder,
    searcher: &Searcher,
    result: &mut ByteSearch,
    unread: &mut usize,
) {
    // What went between listing and looking has nothing any more.
    let is_there = |error: &io::Error| error.kind() != io::ErrorKind::NotFound;
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            *unread += usize::from(is_there(&error));
            return;
        }
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if !is_searched(folder, &path) {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => search_below(&path, folder, searcher, result, unread),
            Ok(kind) if kind.is_file() => {
                // Names of files count, and are not repeated: they could be that of the person.
                let place = place_of(&path, folder);
                let kind = match place == WINDOW {
                    true => Place::OfTheWindow,
                    false => Place::Ours,
                };
                let name = searcher.look(entry.file_name().as_encoded_bytes(), kind);
                result.note(&place, u32::from(name == Hit::Alone));
                match search_file(&path, kind, searcher, &mut result.bytes) {
                    Ok((alone, within)) => {
                        result.files += 1;
                        result.note(&place, alone);
                        result.within += within;
                    }
                    Err(error) => *unread += usize::from(is_there(&error)),
                }
            }
            _ => {}
        }
    }
}

/// The part of the data folder that a file is in.
fn place_of(path: &Path, folder: &DataFolder) -> String {
    let known = [
        "gatehouse.db-wal",
        "instance.json",
        "snapshots",
        "replaced",
        WINDOW,
        "keys",
    ];
    let inside = path.strip_prefix(folder.path()).unwrap_or(path);
    let first = inside
        .components()
        .next()
        .map(|first| first.as_os_str().to_string_lossy());
    match first {
        Some(first) if known.contains(&&*first) => first.into_owned(),
        _ => "another file of the data folder".into(),
    }
}

/// In how many pieces of a file something stands alone, and only within other letters.
fn search_file(
    path: &Path,
    place: Place,
    searcher: &Searcher,
    bytes: &mut u64,
) -> io::Result<(u32, u32)> {
    let mut file = File::open(path)?;
    let (mut alone, mut within) = (0, 0);
    let mut piece = Vec::with_capacity(PIECE + searcher.longest);
    loop {
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        *bytes += read as u64;
        if read == 0 {
            return Ok((alone, within));
        }
        match searcher.look(&piece, place) {
            Hit::Alone => alone += 1,
            Hit::Within => within += 1,
            Hit::None => {}
        }
        // Something may lie across the end of this piece.
        piece.drain(..piece.len().saturating_sub(searcher.longest));
    }
}

impl ByteSearch {
    fn note(&mut self, place: &str, count: u32) {
        if count == 0 {
            return;
        }
        match self.found.iter_mut().find(|found| found.place == place) {
            Some(found) => found.count += count,
            None => self.found.push(FoundBytes {
                place: place.to_owned(),
                count,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searcher(word: &str) -> Searcher {
        Searcher::of(&Traces {
            words: vec![word.into()],
            ..Traces::default()
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
        assert!(
            search_file(&path, Place::Ours, &searcher, &mut bytes)
                .unwrap()
                .0
                > 0
        );
        assert_eq!(bytes, content.len() as u64);
        fs::write(&path, "h\0a\0n\0s\0 \0m\0u\0e\0l\0l\0e\0r\0").unwrap();
        assert_eq!(
            search_file(&path, Place::Ours, &searcher, &mut bytes).unwrap(),
            (1, 0)
        );
    }
}
