//! The bytes of a data folder as somebody sees them who has the key of the database and minds neither
//! SQLite nor us: every page of the database and of its log decrypted, every other file as it is.
//!
//! SQLCipher 4: pages of 4096 bytes; the last 80 of each are 16 of AES-256-CBC's initialisation vector and
//! a MAC; the first page begins with 16 bytes of salt. The log has 32 bytes of header, and 24 before
//! each page.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aes::cipher::{BlockModeDecrypt, KeyIvInit, array::Array};
use gatehouse_core::store::DataFolder;

const PAGE: usize = 4096;
const RESERVED: usize = 80;
const SALT: usize = 16;

/// Every file of the folder with its bytes, decrypted where that is needed; the log's index, and
/// models, are left out.
pub fn every_byte(folder: &DataFolder) -> Vec<(PathBuf, Vec<u8>)> {
    every_byte_in(folder, folder.path())
}

/// The same of another folder, with what has the key of this one in it.
fn every_byte_in(folder: &DataFolder, place: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let hex = fs::read_to_string(folder.path().join("database.key")).unwrap();
    let key: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    let mut files = Vec::new();
    let mut folders = vec![place.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if path != folder.models() {
                    folders.push(path);
                }
            } else if !name.ends_with("-shm") {
                files.extend(plain(&path, &name, &key).map(|bytes| (path, bytes)));
            }
        }
    }
    files
}

/// `None`: it went between listing and reading, as what is renamed into its place does.
fn plain(path: &Path, name: &str, key: &[u8]) -> Option<Vec<u8>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        bytes => bytes.unwrap(),
    };
    let (header, before) = match name {
        name if name.ends_with(".db") => (0, 0),
        name if name.ends_with(".db-wal") => (32, 24),
        _ => return Some(bytes),
    };
    let frames = bytes.get(header..).unwrap_or_default();
    let pages = frames.chunks_exact(before + PAGE);
    let plain = pages.flat_map(|frame| page(&frame[before..], key));
    Some(plain.collect())
}

/// The content of a page. Which one is the first is told by what comes out of it.
fn page(page: &[u8], key: &[u8]) -> Vec<u8> {
    let vector = &page[PAGE - RESERVED..PAGE - RESERVED + 16];
    let decrypted = |from: usize| {
        let mut content = page[from..PAGE - RESERVED].to_vec();
        let key = Array::try_from(key).unwrap();
        let vector = Array::try_from(vector).unwrap();
        let mut cipher = cbc::Decryptor::<aes::Aes256>::new(&key, &vector);
        for block in content.chunks_exact_mut(16) {
            cipher.decrypt_block(Array::slice_as_mut_array(block).unwrap());
        }
        content
    };
    // Read from the right place, the first page goes on with the size of a page: 0x1000.
    let first = decrypted(SALT);
    if first.starts_with(&[0x10, 0x00]) && first.get(5) == Some(&64) {
        first
    } else {
        decrypted(0)
    }
}

/// The files that have one of these texts in them, in any case of ASCII letters.
pub fn with_any(folder: &DataFolder, texts: &[&str]) -> Vec<String> {
    with_any_in(folder, folder.path(), texts)
}

/// The same of another folder, with what has the key of this one in it.
pub fn with_any_in(folder: &DataFolder, place: &Path, texts: &[&str]) -> Vec<String> {
    let automaton = aho_corasick::AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(texts)
        .unwrap();
    let mut found = Vec::new();
    for (path, bytes) in every_byte_in(folder, place) {
        for hit in automaton.find_iter(&bytes) {
            found.push(format!("{}: {}", path.display(), texts[hit.pattern()]));
        }
    }
    found.dedup();
    found
}
