//! Whether an archive is as it was written, and what its record says.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{
    ArchiveError, Holdings, Passphrase, Progress,
    form::{CALLS, RECORD, REPORT},
    incoming::Incoming,
    tell,
    unpack::{Unpacked, begins_locked},
};
use crate::record::{Verdict, verify_file};

/// What was found in the record that came with an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ArchivedRecord {
    /// Whether all of it holds.
    pub holds: bool,
    /// Entries that hold.
    #[specta(type = Number)]
    pub entries: i64,
    /// What was found, a sentence each.
    pub words: Vec<String>,
    /// The key that signs it, in hexadecimal digits, where it holds.
    pub public_key: Option<String>,
}

/// What an archive is that was found sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CheckedArchive {
    /// UTC milliseconds.
    #[specta(type = Number)]
    pub made_at_ms: i64,
    /// The Gatehouse that made it.
    pub app_version: String,
    /// Of what it is made: a conversation, a workspace, everything.
    pub scope: String,
    /// What it holds.
    pub holds: Holdings,
    /// Its workspaces by name.
    pub workspaces: Vec<String>,
    /// Its record.
    pub record: ArchivedRecord,
}

/// Whether a file is locked with a passphrase.
///
/// # Errors
/// [`ArchiveError::File`] when it cannot be read.
pub fn is_locked(path: &Path) -> Result<bool, ArchiveError> {
    Ok(begins_locked(&mut File::open(path)?)?)
}

/// Check an archive: every file against the manifest, what it brings for whether that can be brought in,
/// and the record by itself. It needs no database and brings nothing in. `progress` hears the share that is done.
///
/// # Errors
/// [`ArchiveError`] that says what is wrong with it. A record that does not hold is no error: what was
/// exported may have been so.
pub fn check_archive(
    path: &Path,
    passphrase: Option<&Passphrase>,
    progress: &mut Progress<'_>,
) -> Result<CheckedArchive, ArchiveError> {
    let mut archive = Unpacked::open(path, passphrase)?;
    let (incoming, record) = check(&mut archive, progress)?;
    let manifest = archive.manifest;
    Ok(CheckedArchive {
        made_at_ms: manifest.made_at_ms,
        app_version: manifest.app_version,
        scope: manifest.scope,
        holds: manifest.holds,
        workspaces: incoming
            .workspaces
            .into_iter()
            .map(|workspace| workspace.name)
            .collect(),
        record,
    })
}

/// The same for an archive that is open; and what it brings.
pub(super) fn check(
    archive: &mut Unpacked,
    progress: &mut Progress<'_>,
) -> Result<(Incoming, ArchivedRecord), ArchiveError> {
    let mut piece = vec![0; 1 << 16];
    // The others are read to their ends below.
    for (done, name) in [CALLS, REPORT, RECORD].into_iter().enumerate() {
        let done = 0.1 * done as f64;
        let mut member = archive.member(name)?;
        while member
            .read(&mut piece)
            .map_err(|error| ArchiveError::reading(name, error))?
            > 0
        {
            tell(progress, done)?;
        }
    }
    let incoming = Incoming::read(archive, &mut |done| progress(0.3 + 0.5 * done))?;
    tell(progress, 0.8)?;
    let verdict = verify_file(&mut BufReader::new(archive.member(RECORD)?), None, None)?;
    tell(progress, 1.0)?;
    Ok((incoming, found(&verdict)))
}

fn found(verdict: &Verdict) -> ArchivedRecord {
    let mut words = vec![match &verdict.fault {
        Some(fault) => format!("The record in it does not hold. {fault}"),
        None => format!("All {} entries of the record in it hold.", verdict.count),
    }];
    words.extend(verdict.notes.words());
    ArchivedRecord {
        holds: verdict.holds(),
        entries: verdict.count,
        words,
        public_key: verdict.public_key(),
    }
}
