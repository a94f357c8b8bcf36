//! Reading a file before it becomes an installed model: what it says about itself, and its SHA-256.

use std::{
    fs::{File, Metadata},
    io::Read,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::UNIX_EPOCH,
};

use gatehouse_gguf::{GgufError, GgufSummary};
use sha2::{Digest, Sha256};

use super::ModelError;

/// How much is hashed between two looks at the cancel flag: about a millisecond.
const CHUNK_BYTES: usize = 1024 * 1024;

/// A model file that was read and hashed, ready to be registered.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedFile {
    /// Where it is; of a model in several files, the first.
    pub path: PathBuf,
    /// Size and time of the last change, of all files together.
    pub stamp: Stamp,
    /// SHA-256 of the file; of a model in several files, of all of them one after the other.
    pub sha256: [u8; 32],
    /// What it says about itself.
    pub summary: GgufSummary,
}

/// What changes when a file does: enough to notice, without hashing it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Size in bytes.
    pub bytes: u64,
    /// Last change, UTC milliseconds.
    pub modified_ms: i64,
}

/// Read and hash the model at `path`.
///
/// `progress` is told how many bytes of how many are hashed; `cancel` is looked at once a megabyte.
///
/// # Errors
/// [`ModelError::File`] with what is wrong with the file, [`ModelError::Cancelled`], or
/// [`ModelError::Unsettled`] when the file changed meanwhile.
pub fn check(
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
    cancel: &AtomicBool,
) -> Result<CheckedFile, ModelError> {
    let path = std::path::absolute(path).map_err(GgufError::from)?;
    if path.to_str().is_none() {
        return Err(ModelError::PathNotText(path));
    }
    let summary = gatehouse_gguf::read_summary(&path)?;
    let files = gatehouse_gguf::parts(&path, &summary);
    let stamp = stamp(&files)?;
    let sha256 = hash(&files, stamp.bytes, progress, cancel)?;
    if self::stamp(&files)? != stamp {
        return Err(ModelError::Unsettled);
    }
    Ok(CheckedFile {
        path,
        stamp,
        sha256,
        summary,
    })
}

/// Size and time of the last change of files, taken together.
pub(super) fn stamp(files: &[PathBuf]) -> Result<Stamp, GgufError> {
    let mut all = Stamp {
        bytes: 0,
        modified_ms: 0,
    };
    for file in files {
        let metadata = std::fs::metadata(file)?;
        all.bytes += metadata.len();
        all.modified_ms = all.modified_ms.max(modified_ms(&metadata));
    }
    Ok(all)
}

/// 0 where the file system keeps no such time; the size must do then.
fn modified_ms(metadata: &Metadata) -> i64 {
    let since_1970 = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since_1970
        .and_then(|time| i64::try_from(time.as_millis()).ok())
        .unwrap_or(0)
}

fn hash(
    files: &[PathBuf],
    total: u64,
    progress: &mut dyn FnMut(u64, u64),
    cancel: &AtomicBool,
) -> Result<[u8; 32], ModelError> {
    let mut sha256 = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut done = 0;
    for path in files {
        let mut file = File::open(path).map_err(GgufError::from)?;
        loop {
            if cancel.load(Ordering::Relaxed) {
                return Err(ModelError::Cancelled);
            }
            let read = match file.read(&mut chunk) {
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                other => other.map_err(GgufError::from)?,
            };
            if read == 0 {
                break;
            }
            sha256.update(&chunk[..read]);
            done += read as u64;
            progress(done.min(total), total);
        }
    }
    Ok(sha256.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::writer::Gguf;

    fn small_model(folder: &Path) -> PathBuf {
        let path = folder.join("small.gguf");
        std::fs::write(&path, Gguf::model("llama").bytes()).expect("the folder takes files");
        path
    }

    #[test]
    fn a_checked_file_has_the_hash_of_its_bytes_and_progress_ends_at_the_end() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = small_model(folder.path());
        let mut seen = Vec::new();
        let file = check(
            &path,
            &mut |done, total| seen.push((done, total)),
            &AtomicBool::new(false),
        )
        .expect("the file is whole");
        let bytes = Gguf::model("llama").bytes();
        assert_eq!(file.sha256, <[u8; 32]>::from(Sha256::digest(&bytes)));
        assert_eq!(seen.last(), Some(&(bytes.len() as u64, bytes.len() as u64)));
    }

    #[test]
    fn a_cancelled_check_ends_without_a_result() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let result = check(
            &small_model(folder.path()),
            &mut |_, _| (),
            &AtomicBool::new(true),
        );
        assert!(matches!(result, Err(ModelError::Cancelled)));
    }

    #[test]
    fn a_file_that_grows_while_it_is_read_is_not_taken() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = small_model(folder.path());
        let mut grow = |_, _| {
            let mut longer = Gguf::model("llama").bytes();
            longer.push(0);
            std::fs::write(&path, longer).expect("the folder takes files");
        };
        let result = check(&path, &mut grow, &AtomicBool::new(false));
        assert!(matches!(result, Err(ModelError::Unsettled)));
    }
}
