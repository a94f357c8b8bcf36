//! Opens an archive that nobody vouches for. Its manifest says which files there are, how long each is and
//! what it hashes to; whatever is read is held to that, so that no file is longer, other or more than
//! was said.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use age::stream::StreamReader as Locked;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use zip::{ZipArchive, read::ZipFile, result::ZipError};

use super::{
    ArchiveError, Passphrase,
    form::{FORMAT, MANIFEST, MEMBERS, Manifest, MemberLine, VERSION},
    passphrase::{self, BEGINNING_BYTES},
};
use crate::record::hex;

/// A manifest is a page long.
const LONGEST_MANIFEST: u64 = 1 << 20;
/// A file that is read whole.
const LONGEST_WHOLE: u64 = 64 << 20;
/// A line: one conversation.
const LONGEST_LINE: u64 = 256 << 20;
/// All files together.
const LARGEST: u64 = 64 << 30;

/// An archive whose manifest was read.
pub(super) struct Unpacked {
    zip: ZipArchive<Source>,
    pub(super) manifest: Manifest,
    /// What the manifest itself hashes to: which archive this is.
    pub(super) sha256: String,
}

/// The bytes of a ZIP, wherever they come from.
enum Source {
    Open(BufReader<File>),
    Locked(Box<Locked<BufReader<File>>>),
}

impl Unpacked {
    /// Open an archive and read what it says of itself.
    pub(super) fn open(path: &Path, passphrase: Option<&Passphrase>) -> Result<Self, ArchiveError> {
        let mut file = BufReader::new(File::open(path)?);
        let source = match (begins_locked(&mut file)?, passphrase) {
            (true, Some(passphrase)) => Source::Locked(Box::new(passphrase.open(file)?)),
            (true, None) => return Err(ArchiveError::PassphraseNeeded),
            (false, _) => Source::Open(file),
        };
        let mut zip = ZipArchive::new(source).map_err(|error| refused("the whole", error))?;
        let (manifest, sha256) = manifest(&mut zip)?;
        let unpacked = Self {
            zip,
            manifest,
            sha256,
        };
        unpacked.check_names()?;
        Ok(unpacked)
    }

    /// Exactly the files that the manifest names, each once, and none that Gatehouse does not write:
    /// their names are compared and never used as paths.
    fn check_names(&self) -> Result<(), ArchiveError> {
        let not_ours = |what: String| Err(ArchiveError::NotOurs(what));
        if self.zip.has_duplicate_names() {
            return not_ours("a file is in it twice".into());
        }
        let members = &self.manifest.members;
        for (at, member) in members.iter().enumerate() {
            let is_known = MEMBERS.iter().any(|(name, _)| *name == member.name);
            if !is_known || members[..at].iter().any(|other| other.name == member.name) {
                return not_ours("its manifest names files that no archive has".into());
            }
        }
        if let Some((name, _)) = MEMBERS
            .iter()
            .find(|(name, needed)| *needed && !members.iter().any(|member| member.name == *name))
        {
            return not_ours(format!("{name} is missing"));
        }
        if self.zip.len() != members.len() + 1 {
            return not_ours("it has files that its manifest does not name".into());
        }
        let total = members
            .iter()
            .map(|member| u128::from(member.bytes))
            .sum::<u128>();
        if total > u128::from(LARGEST) {
            return Err(ArchiveError::TooLarge("what is in this archive".into()));
        }
        Ok(())
    }

    /// Whether there is a file of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.manifest
            .members
            .iter()
            .any(|member| member.name == name)
    }

    /// A file, held to what the manifest says of it.
    pub(super) fn member(&mut self, name: &str) -> Result<Member<'_>, ArchiveError> {
        let said = self
            .manifest
            .members
            .iter()
            .find(|member| member.name == name);
        let said = said
            .ok_or_else(|| ArchiveError::NotOurs(format!("{name} is missing")))?
            .clone();
        let file = self
            .zip
            .by_name(name)
            .map_err(|error| refused(name, error))?;
        Ok(Member {
            file,
            said,
            bytes: 0,
            hash: Some(Sha256::new()),
        })
    }

    /// A file of one JSON value.
    pub(super) fn whole<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> Result<T, ArchiveError> {
        let member = self.member(name)?;
        if member.said.bytes > LONGEST_WHOLE {
            return Err(ArchiveError::TooLarge(format!("{name} in this archive")));
        }
        let mut text = Vec::new();
        BufReader::new(member)
            .read_to_end(&mut text)
            .map_err(|error| ArchiveError::reading(name, error))?;
        serde_json::from_slice(&text).map_err(|error| form(name, error.line() as u64, &error))
    }

    /// Give each line of a file to `take`, with its number, from 1.
    pub(super) fn lines<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        take: &mut dyn FnMut(u64, T) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let mut reader = BufReader::new(self.member(name)?);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            reader
                .by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .map_err(|error| ArchiveError::reading(name, error))?;
            if line.is_empty() {
                break;
            }
            if line.len() as u64 == LONGEST_LINE {
                return Err(ArchiveError::TooLarge(format!("line {number} of {name}")));
            }
            let value =
                serde_json::from_slice(&line).map_err(|error| form(name, number, &error))?;
            take(number, value)?;
        }
        Ok(())
    }
}

/// One file of an archive while it is read: its end is an end only if it is as the manifest says.
pub(super) struct Member<'a> {
    file: ZipFile<'a, Source>,
    said: MemberLine,
    bytes: u64,
    /// `None`: it came to its end and was right.
    hash: Option<Sha256>,
}

impl Read for Member<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let other = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        let Some(hash) = &mut self.hash else {
            return Ok(0);
        };
        if into.is_empty() {
            return Ok(0);
        }
        let read = self.file.read(into)?;
        self.bytes += read as u64;
        if self.bytes > self.said.bytes {
            return other("it is longer than the manifest says");
        }
        hash.update(&into[..read]);
        if read == 0 {
            if self.bytes < self.said.bytes {
                return other("it is shorter than the manifest says");
            }
            let is_right = hex(&hash.clone().finalize()) == self.said.sha256;
            if !is_right {
                return other("it is not the one that the manifest was made for");
            }
            self.hash = None;
        }
        Ok(read)
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Open(file) => file.read(into),
            Self::Locked(file) => file.read(into),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Open(file) => file.seek(to),
            Self::Locked(file) => file.seek(to),
        }
    }
}

/// Whether a file is locked with a passphrase; it is read from its beginning after.
pub(super) fn begins_locked(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut beginning = Vec::with_capacity(BEGINNING_BYTES);
    file.by_ref()
        .take(BEGINNING_BYTES as u64)
        .read_to_end(&mut beginning)?;
    file.rewind()?;
    Ok(passphrase::is_locked(&beginning))
}

fn manifest(zip: &mut ZipArchive<Source>) -> Result<(Manifest, String), ArchiveError> {
    let file = zip.by_name(MANIFEST).map_err(|error| match error {
        ZipError::FileNotFound => ArchiveError::NotOurs(format!("it has no {MANIFEST}")),
        other => refused(MANIFEST, other),
    })?;
    let mut text = Vec::new();
    file.take(LONGEST_MANIFEST)
        .read_to_end(&mut text)
        .map_err(|error| ArchiveError::reading(MANIFEST, error))?;
    // A newer one may have another form: what it calls itself comes first.
    let named: Named = serde_json::from_slice(&text)
        .map_err(|error| ArchiveError::NotOurs(format!("its {MANIFEST} says: {error}")))?;
    if named.format != FORMAT {
        return Err(ArchiveError::NotOurs(format!(
            "its format is “{}”",
            named.format.chars().take(80).collect::<String>()
        )));
    }
    if named.version > VERSION {
        return Err(ArchiveError::Newer(named.version));
    }
    let manifest = serde_json::from_slice(&text)
        .map_err(|error| form(MANIFEST, error.line() as u64, &error))?;
    Ok((manifest, hex(&Sha256::digest(&text))))
}

#[derive(serde::Deserialize)]
struct Named {
    format: String,
    version: u32,
}

fn form(member: &'static str, line: u64, error: &serde_json::Error) -> ArchiveError {
    ArchiveError::Form {
        member,
        line,
        what: error.to_string(),
    }
}

fn refused(member: &str, error: ZipError) -> ArchiveError {
    match error {
        ZipError::Io(error) => ArchiveError::reading(member, error),
        ZipError::InvalidArchive(_) if member == "the whole" => {
            ArchiveError::NotOurs("it is no ZIP file, or not all of one".into())
        }
        other => ArchiveError::Damaged {
            member: member.to_owned(),
            what: format!("cannot be read as it was written ({other})"),
        },
    }
}
