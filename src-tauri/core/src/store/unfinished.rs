//! Files that are being written where a person wanted them. Whoever is ended meanwhile leaves half of one
//! there, under a name that nobody looks for: a note in the data folder says where, and the next start takes
//! it away.
//!
//! A note is locked as long as its file is being written, so that nobody takes away what another process
//! is still at.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::folder::{DataFolder, Existing, make_private_folder, part_of, private_file, write_by};

/// A path is no longer than this.
const LONGEST_PATH: u64 = 64 * 1024;

impl DataFolder {
    /// Notes of files that are being written elsewhere.
    fn unfinished(&self) -> PathBuf {
        self.path().join("unfinished")
    }
}

/// Write a whole file to a place that a person chose, closed to others, or leave what was there. What is left
/// of it where this process is ended is taken away by the next start on this data folder.
///
/// # Errors
/// What `write` returns, or [`io::Error`] when the file or its note cannot be made, or one is there that stays.
pub fn write_file_noted<T, E: From<io::Error>>(
    folder: &DataFolder,
    path: &Path,
    existing: Existing,
    write: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    existing.may_be_at(path)?;
    let part = part_of(path);
    let note = Note::make(folder, &part)?;
    let written = write_by(&part, path, existing, write);
    note.remove();
    written
}

/// The same for a file and one beside it that says something of it: both, or none of them. Both are on the disk
/// before either has its name, and the first one has it first: where this process is ended between the two, that
/// is there alone, and nothing else is said of it. Where files of these names are replaced, the one beside goes before
/// the first is renamed, so where the folder stops taking files just then, the earlier pair is not whole either.
///
/// # Errors
/// What `write` returns, or [`io::Error`] when one of them or its note cannot be made, or one is there that stays.
pub fn write_two_noted<T, E: From<io::Error>>(
    folder: &DataFolder,
    [path, beside]: [&Path; 2],
    existing: Existing,
    write: impl FnOnce(&mut File, &mut File) -> Result<T, E>,
) -> Result<T, E> {
    let mut is_first_there = false;
    let written = write_file_noted(folder, beside, existing, |second| {
        let value = write_file_noted(folder, path, existing, |first| {
            let value = write(first, second)?;
            first.sync_all()?;
            second.sync_all()?;
            if existing == Existing::Replace {
                // What is said of an earlier file is not to be taken for what is said of this one.
                remove_if_there(beside)?;
            }
            Ok::<_, E>(value)
        })?;
        is_first_there = true;
        Ok(value)
    });
    if written.is_err() && is_first_there {
        let _ = fs::remove_file(path);
    }
    written
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Take away what earlier processes have left half written; how many files that were. A file that cannot
/// be removed now (its disk is not attached) is tried again at the next start.
pub(crate) fn take_away_unfinished(folder: &DataFolder) -> usize {
    let Ok(notes) = fs::read_dir(folder.unfinished()) else {
        return 0;
    };
    let mut taken = 0;
    for note in notes.flatten() {
        match take_away(&note.path()) {
            Ok(true) => taken += 1,
            Ok(false) => {}
            Err(error) => tracing::warn!("a file that was half written stays: {error}"),
        }
    }
    taken
}

fn take_away(note: &Path) -> io::Result<bool> {
    let mut file = OpenOptions::new().read(true).write(true).open(note)?;
    if file.try_lock().is_err() {
        // Somebody is still writing.
        return Ok(false);
    }
    let mut part = String::new();
    let reader = &mut file;
    reader.take(LONGEST_PATH).read_to_string(&mut part)?;
    let part = Path::new(&part);
    let mut taken = false;
    // Whatever a note says, only a file that was never finished is removed by it.
    if part.is_absolute() && is_part(part) {
        match fs::remove_file(part) {
            Ok(()) => taken = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    fs::remove_file(note)?;
    Ok(taken)
}

/// Whether a file has a name that [`part_of`] gives.
fn is_part(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let before = name.and_then(|name| name.strip_suffix(".part"));
    let id = before.and_then(|name| name.rsplit('.').next());
    id.is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A note, locked.
struct Note {
    path: PathBuf,
    _file: File,
}

impl Note {
    fn make(folder: &DataFolder, part: &Path) -> io::Result<Self> {
        make_private_folder(&folder.unfinished())?;
        let path = folder
            .unfinished()
            .join(Uuid::new_v4().simple().to_string());
        let part = std::path::absolute(part)?;
        loop {
            let mut file = private_file(&path)?;
            file.lock()?;
            // Between the two, a start could take it for one that was left behind.
            if !path.exists() {
                continue;
            }
            // A path that is no text is not noted: it could not be read back on every system.
            let noted = file.write_all(part.to_str().unwrap_or_default().as_bytes());
            if let Err(error) = noted {
                // The disk of the data is full: it says nothing, and would lie there until the next start.
                let _ = fs::remove_file(&path);
                return Err(error);
            }
            return Ok(Self { path, _file: file });
        }
    }

    fn remove(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!("the note of a finished file stays until the next start: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, DataFolder, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(&dir.path().join("data"))).unwrap();
        let outside = dir.path().join("outside");
        fs::create_dir(&outside).unwrap();
        (dir, folder, outside)
    }

    fn names(path: &Path) -> Vec<String> {
        let found = fs::read_dir(path).unwrap();
        found
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn what_was_left_half_is_gone_at_the_next_start_and_what_is_being_written_stays() {
        let (_dir, folder, outside) = folder();
        let path = outside.join("all.zip");
        let part = part_of(&path);
        fs::write(&part, "half").unwrap();
        let note = Note::make(&folder, &part).unwrap();
        assert_eq!(take_away_unfinished(&folder), 0, "its writer is at it");
        assert!(part.exists());
        drop(note);
        assert_eq!(take_away_unfinished(&folder), 1);
        assert_eq!(names(&outside), Vec::<String>::new());
        assert_eq!(names(&folder.unfinished()), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_is_finished_or_given_up_leaves_no_note() {
        let (_dir, folder, outside) = folder();
        let path = outside.join("all.zip");
        let existing = Existing::Replace;
        write_file_noted(&folder, &path, existing, |file| file.write_all(b"whole")).unwrap();
        let failed = write_file_noted(&folder, &path, existing, |file| {
            file.write_all(b"half")?;
            Err::<(), _>(io::Error::other("given up"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(&outside), ["all.zip"]);
        assert_eq!(names(&folder.unfinished()), Vec::<String>::new());
    }

    #[test]
    fn two_files_that_belong_together_come_both_or_not_at_all() {
        let (_dir, folder, outside) = folder();
        let (path, beside) = (
            outside.join("witness.json"),
            outside.join("witness.json.tsr"),
        );
        let write = |existing, content: &[u8]| {
            write_two_noted(&folder, [&path, &beside], existing, |file, stamp| {
                assert_eq!(names(&folder.unfinished()).len(), 2, "a note for each");
                file.write_all(content)?;
                stamp.write_all(content)
            })
        };
        let content = || [&path, &beside].map(|path| fs::read(path).unwrap_or_default());
        write(Existing::Keep, b"first").unwrap();
        assert_eq!(content(), [b"first", b"first"]);
        fs::remove_file(&path).unwrap();
        let refused = write(Existing::Keep, b"second").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(
            names(&outside),
            ["witness.json.tsr"],
            "one of them is there"
        );
        write(Existing::Replace, b"third").unwrap();
        assert_eq!(content(), [b"third", b"third"]);

        fs::remove_file(&beside).unwrap();
        fs::remove_file(&path).unwrap();
        let taken = write_two_noted(&folder, [&path, &beside], Existing::Keep, |_, stamp| {
            fs::create_dir(&beside)?;
            stamp.write_all(b"second")
        });
        assert!(taken.is_err(), "another program was faster");
        assert_eq!(
            names(&outside),
            ["witness.json.tsr"],
            "the first goes with it"
        );
        assert_eq!(names(&folder.unfinished()), Vec::<String>::new());
    }

    #[test]
    fn no_note_removes_anything_but_what_was_never_finished() {
        let (_dir, folder, outside) = folder();
        make_private_folder(&folder.unfinished()).unwrap();
        let id = "0123456789abcdef0123456789abcdef";
        let kept = [
            "letter.txt",
            "all.zip",
            "all.zip.part",
            &format!("{id}.zip"),
        ];
        for (nth, name) in kept.iter().enumerate() {
            let path = outside.join(name);
            fs::write(&path, "mine").unwrap();
            let note = folder.unfinished().join(nth.to_string());
            fs::write(note, path.to_str().unwrap()).unwrap();
        }
        fs::write(folder.unfinished().join("odd"), [0xff, 0xfe]).unwrap();
        fs::write(folder.unfinished().join("empty"), "").unwrap();
        fs::write(folder.unfinished().join("near"), format!("x.{id}.part")).unwrap();
        assert_eq!(take_away_unfinished(&folder), 0);
        assert_eq!(names(&outside).len(), kept.len());
    }
}
