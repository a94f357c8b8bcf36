//! The data folder: the one place on disk where everything of a person's Gatehouse lives.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::TempPath;
use thiserror::Error;

/// A folder that holds the database, its snapshots, and what is needed to open them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolder(PathBuf);

/// Why there is no data folder to use.
#[derive(Debug, Error)]
pub enum FolderError {
    /// The system names no home folder for this user.
    #[error("This user has no home folder. Name a folder with --data-dir.")]
    NoHome,
    /// The folder cannot be made or reached.
    #[error("The data folder {} cannot be used: {source}.", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl DataFolder {
    /// The folder that was named, or the platform's own place for it; made if it is not there.
    ///
    /// # Errors
    /// [`FolderError`] when there is no such place or it cannot be made.
    pub fn resolve(named: Option<&Path>) -> Result<Self, FolderError> {
        let path = match named {
            Some(path) => path.to_path_buf(),
            None => directories::ProjectDirs::from("", "", "Gatehouse")
                .ok_or(FolderError::NoHome)?
                .data_local_dir()
                .to_path_buf(),
        };
        make_private_folder(&path)
            .and_then(|()| std::path::absolute(&path))
            .map(Self)
            .map_err(|source| FolderError::Unusable { path, source })
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.0.join("gatehouse.db")
    }

    /// Copies of the database that were checked when they were made.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.0.join("snapshots")
    }

    /// Databases that something took the place of.
    #[must_use]
    pub fn replaced(&self) -> PathBuf {
        self.0.join("replaced")
    }

    /// Installed models that were copied here.
    #[must_use]
    pub fn models(&self) -> PathBuf {
        self.0.join("models")
    }

    /// The keys of providers and of the record, where no keychain holds them.
    pub(crate) fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// Who this installation is and where its key lives.
    pub(crate) fn instance_file(&self) -> PathBuf {
        self.0.join("instance.json")
    }

    /// The key of the database, where no keychain holds it.
    pub fn key_file(&self) -> PathBuf {
        self.0.join("database.key")
    }

    /// Held by the window for as long as it is open.
    pub(super) fn window_lock_file(&self) -> PathBuf {
        self.0.join("instance.lock")
    }

    /// Held by the process that sends telemetry.
    pub(crate) fn telemetry_lock_file(&self) -> PathBuf {
        self.0.join("telemetry.lock")
    }

    /// Left by a second start: the window is asked to come to the front.
    pub(super) fn raise_file(&self) -> PathBuf {
        self.0.join("raise")
    }

    /// The note of what is being set aside, while something takes its place.
    pub(super) fn replacing_file(&self) -> PathBuf {
        self.0.join("replacing.json")
    }

    /// Note, beside the database, that a snapshot of this name is about to take its place.
    pub(super) fn note_restored(&self, snapshot: &str) -> io::Result<()> {
        write_private(&self.restored_file(), snapshot.as_bytes())
    }

    /// The name of the snapshot that was put back, until it was recorded.
    pub(crate) fn restored(&self) -> Option<String> {
        let noted = fs::read_to_string(self.restored_file()).ok()?;
        // Only a name that a snapshot can have: it goes into the record.
        super::snapshot::parse(&noted).is_some().then_some(noted)
    }

    /// Take the note away.
    pub(crate) fn restored_is_recorded(&self) {
        if let Err(error) = fs::remove_file(self.restored_file()) {
            tracing::warn!("that a snapshot was put back will be recorded twice: {error}");
        }
    }

    fn restored_file(&self) -> PathBuf {
        self.0.join("restored")
    }

    /// One process at a time makes the key, makes or updates the database, or swaps it. Waits for
    /// its turn and holds it until the file is dropped.
    pub(crate) fn lock_for_setup(&self) -> io::Result<File> {
        self.lock("setup.lock")
    }

    /// One process at a time makes snapshots or restores one: opening need not wait for it.
    pub(crate) fn lock_for_snapshots(&self) -> io::Result<File> {
        self.lock("snapshots.lock")
    }

    /// One process at a time makes backups or removes them; `None` while another one is at it.
    pub(crate) fn lock_for_backups(&self) -> io::Result<Option<File>> {
        let file = private_file(&self.0.join("backups.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// One process at a time makes the keys of the record or moves its last checkpoint on.
    pub(crate) fn lock_for_checkpoints(&self) -> io::Result<File> {
        self.lock("record.lock")
    }

    /// Held by every open database, shared: the file must not be swapped under any of them. Also
    /// whether nobody else holds it. The caller has the lock for setup, so nobody comes in between.
    pub(super) fn mark_in_use(&self) -> io::Result<(File, bool)> {
        let alone = self.lock_unused()?.is_some();
        let file = self.in_use_file()?;
        file.lock_shared()?;
        Ok((file, alone))
    }

    /// The database to oneself until the file is dropped; `None` while some process has it open.
    pub(crate) fn lock_unused(&self) -> io::Result<Option<File>> {
        let file = self.in_use_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn in_use_file(&self) -> io::Result<File> {
        private_file(&self.0.join("in-use.lock"))
    }

    fn lock(&self, name: &str) -> io::Result<File> {
        let file = private_file(&self.0.join(name))?;
        file.lock()?;
        Ok(file)
    }
}

/// Make a folder, with those above it, that only its owner can enter.
pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Open a file to write, made for its owner alone if it is not there.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().write(true).create(true).truncate(false)).open(path)
}

/// What becomes of a file that lies where one is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// The new one takes its place.
    Replace,
    /// It stays, and nothing is written.
    Keep,
}

impl Existing {
    /// Refuse a place that is taken, if what is there stays.
    pub(super) fn may_be_at(self, path: &Path) -> io::Result<()> {
        // A link that leads nowhere takes the place, too.
        if self == Self::Keep && path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(())
    }

    fn move_in(self, part: &Path, path: &Path) -> io::Result<()> {
        match self {
            Self::Replace => fs::rename(part, path),
            Self::Keep => move_beside_none(part, path),
        }
    }
}

/// Give a file its name, which no file has: what another program writes there at this moment stays.
fn move_beside_none(part: &Path, path: &Path) -> io::Result<()> {
    let Err(refused) = TempPath::try_from_path(part)?.persist_noclobber(path) else {
        return Ok(());
    };
    if refused.error.kind() == io::ErrorKind::AlreadyExists {
        return Err(refused.error);
    }
    // Some file systems know no such way, and then no better one is left.
    let part = refused.path.keep().map_err(|kept| kept.error)?;
    Existing::Keep.may_be_at(path)?;
    fs::rename(part, path)
}

/// Write a whole file to a place that a person chose, closed to others, or leave what was there: the
/// content goes to a new file beside it (`part`, see [`part_of`]), to the disk, and then takes its place.
///
/// # Errors
/// What `write` returns, or [`io::Error`] when the file cannot be made or moved.
pub(super) fn write_by<T, E: From<io::Error>>(
    part: &Path,
    path: &Path,
    existing: Existing,
    write: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(part)?;
    let written = write(&mut file).and_then(|value| {
        file.sync_all()?;
        existing.move_in(part, path)?;
        sync_folder_of(path)?;
        Ok(value)
    });
    if written.is_err() {
        let _ = fs::remove_file(part);
    }
    written
}

/// A new name beside a file, under which it is written.
pub(super) fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", uuid::Uuid::new_v4().simple()));
    path.with_file_name(name)
}

/// Write a whole file that only its owner can read, or leave what was there: the content goes to
/// a temporary name, to the disk, and then takes the place of the file.
///
/// # Errors
/// [`io::Error`] when it cannot be written.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let written = private(OpenOptions::new().write(true).create(true).truncate(true))
        .open(&part)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&part, path))
        .and_then(|()| sync_folder_of(path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

/// Only the owner may read the file, if this call makes it.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Bring a rename to the disk; Windows does it by itself and cannot open folders.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(parent) = path.parent() {
        // A bare name lies in the folder that one is in.
        let parent = if parent.as_os_str().is_empty() {
            Path::new(".")
        } else {
            parent
        };
        File::open(parent)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_folder_is_made_with_those_above_it() {
        let dir = tempfile::tempdir().unwrap();
        let named = dir.path().join("a/b");
        let folder = DataFolder::resolve(Some(&named)).unwrap();
        assert!(named.is_dir());
        assert_eq!(folder.database(), named.join("gatehouse.db"));
    }

    #[cfg(unix)]
    #[test]
    fn a_new_folder_is_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let named = dir.path().join("mine");
        DataFolder::resolve(Some(&named)).unwrap();
        assert_eq!(
            fs::metadata(&named).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(matches!(
            DataFolder::resolve(Some(&file)),
            Err(FolderError::Unusable { .. })
        ));
    }

    #[test]
    fn a_chosen_file_is_replaced_whole_and_its_neighbours_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (path, neighbour) = (dir.path().join("case.jsonl"), dir.path().join("case.part"));
        fs::write(&neighbour, "mine").unwrap();
        let whole = |content: &'static [u8]| move |file: &mut File| file.write_all(content);
        let replace = Existing::Replace;
        write_by(&part_of(&path), &path, replace, whole(b"one")).unwrap();
        let failed = write_by(&part_of(&path), &path, replace, |file| {
            file.write_all(b"half")?;
            Err::<(), _>(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read(&neighbour).unwrap(), b"mine");
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            2,
            "nothing is left over"
        );
    }

    #[test]
    fn what_another_program_writes_meanwhile_is_not_replaced_by_a_new_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("case.jsonl");
        let write = |existing| {
            write_by(&part_of(&path), &path, existing, |file| {
                fs::write(&path, "theirs").unwrap();
                file.write_all(b"ours")
            })
        };
        let refused = write(Existing::Keep).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no part");
        write(Existing::Replace).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"ours");
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_of_a_bare_name_is_the_one_that_one_is_in() {
        sync_folder_of(Path::new("case.jsonl")).unwrap();
        assert!(sync_folder_of(Path::new("nowhere/case.jsonl")).is_err());
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file.json");
        write_private(&path, b"old").unwrap();
        // A folder in the place of the temporary file makes the write fail.
        fs::create_dir(dir.path().join("file.part")).unwrap();
        assert!(write_private(&path, b"new").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}
