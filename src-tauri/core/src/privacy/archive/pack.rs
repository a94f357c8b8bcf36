//! Writes a ZIP in one pass, locked with a passphrase or open: each file is hashed on its way, and the
//! manifest, which says all the hashes, comes last.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
};

use age::stream::StreamWriter as Locked;
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use sha2::{Digest, Sha256};
use zip::{
    CompressionMethod, DateTime, ZipWriter,
    result::ZipError,
    write::{SimpleFileOptions, StreamWriter},
};

use super::{
    ArchiveError, Target,
    form::{MANIFEST, MemberLine},
    free,
};
use crate::{
    record::hex,
    store::{DataFolder, Existing, write_file_noted},
};

/// A ZIP that is being written.
pub(in crate::privacy) struct Packer<'f> {
    zip: ZipWriter<StreamWriter<Sink<'f>>>,
    options: SimpleFileOptions,
    members: Vec<MemberLine>,
}

/// Write an archive to a file that a person named: whole, or not at all. `fill` writes its files and
/// says what is kept of it; `manifest` makes the manifest from that and what each file came to.
/// `now_ms` is UTC milliseconds. Where this is cut off, the next start with this data folder takes away what
/// is left of it.
///
/// # Errors
/// [`ArchiveError`]; a file of this name is then as it was.
pub(in crate::privacy) fn pack<T, M: Serialize>(
    folder: &DataFolder,
    target: &Target,
    now_ms: i64,
    fill: impl FnOnce(&mut Packer<'_>) -> Result<T, ArchiveError>,
    manifest: impl FnOnce(&T, Vec<MemberLine>) -> M,
) -> Result<T, ArchiveError> {
    free(target)?;
    let existing = match target.replace {
        true => Existing::Replace,
        false => Existing::Keep,
    };
    let packed = write_file_noted(folder, &target.path, existing, |file| {
        let out = BufWriter::new(file);
        let out = match &target.passphrase {
            Some(passphrase) => Out::Locked(Box::new(passphrase.lock(out)?)),
            None => Out::Open(out),
        };
        let mut packer = Packer {
            zip: ZipWriter::new_stream(Sink { out, failed: false }),
            options: options(now_ms),
            members: Vec::new(),
        };
        let value = fill(&mut packer)?;
        let members = std::mem::take(&mut packer.members);
        let manifest = manifest(&value, members);
        packer.member(MANIFEST, |out| write_json(out, &manifest))?;
        packer.finish()?;
        Ok(value)
    });
    packed.map_err(|error| match error {
        // It came while this one was written.
        ArchiveError::File(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            ArchiveError::Exists(target.path.clone())
        }
        other => other,
    })
}

impl<'f> Packer<'f> {
    /// Write one file of the archive.
    pub(in crate::privacy) fn member<T>(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Hashed<'_, 'f>) -> Result<T, ArchiveError>,
    ) -> Result<T, ArchiveError> {
        self.zip.start_file(name, self.options).map_err(as_io)?;
        let mut out = Hashed {
            zip: &mut self.zip,
            bytes: 0,
            hash: Sha256::new(),
        };
        let value = write(&mut out)?;
        let (bytes, hash) = (out.bytes, out.hash.finalize());
        self.members.push(MemberLine {
            name: name.to_owned(),
            bytes,
            sha256: hex(&hash),
        });
        Ok(value)
    }

    fn finish(self) -> Result<(), ArchiveError> {
        let sink = self.zip.finish().map_err(as_io)?.into_inner();
        let mut out = match sink.out {
            Out::Open(out) => out,
            Out::Locked(out) => out.finish()?,
        };
        Ok(out.flush()?)
    }
}

/// One file of an archive, hashed while it is written.
pub(in crate::privacy) struct Hashed<'p, 'f> {
    zip: &'p mut ZipWriter<StreamWriter<Sink<'f>>>,
    bytes: u64,
    hash: Sha256,
}

impl Write for Hashed<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.zip.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        // Flushing would end a block of the compression.
        Ok(())
    }
}

/// One JSON value, for people, too.
pub(in crate::privacy) fn write_json(
    out: &mut impl Write,
    value: &impl Serialize,
) -> Result<(), ArchiveError> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

/// One JSON value on a line of its own.
pub(in crate::privacy) fn write_line(
    out: &mut impl Write,
    value: &impl Serialize,
) -> Result<(), ArchiveError> {
    // By way of memory: the compression takes many small pieces slowly.
    let mut line = serde_json::to_vec(value).map_err(io::Error::from)?;
    line.push(b'\n');
    Ok(out.write_all(&line)?)
}

/// Where the ZIP goes. A ZIP that is given up is still ended when it is dropped: once a write has
/// failed, what comes after goes nowhere, and nobody is told of it twice.
struct Sink<'f> {
    out: Out<'f>,
    failed: bool,
}

enum Out<'f> {
    Open(BufWriter<&'f mut File>),
    Locked(Box<Locked<BufWriter<&'f mut File>>>),
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed {
            return Ok(bytes.len());
        }
        let written = match &mut self.out {
            Out::Open(out) => out.write(bytes),
            Out::Locked(out) => out.write(bytes),
        };
        self.failed = written.is_err();
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failed {
            return Ok(());
        }
        match &mut self.out {
            Out::Open(out) => out.flush(),
            Out::Locked(out) => out.flush(),
        }
    }
}

fn options(now_ms: i64) -> SimpleFileOptions {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o600)
        // How long a file becomes is not known when it begins.
        .large_file(true);
    match zip_time(now_ms) {
        Some(time) => options.last_modified_time(time),
        None => options,
    }
}

/// A time as a ZIP has it, which knows none before 1980.
fn zip_time(now_ms: i64) -> Option<DateTime> {
    let time = Timestamp::from_millisecond(now_ms).ok()?;
    let time = TimeZone::UTC.to_datetime(time);
    let part = |part: i8| u8::try_from(part).ok();
    DateTime::from_date_and_time(
        u16::try_from(time.year()).ok()?,
        part(time.month())?,
        part(time.day())?,
        part(time.hour())?,
        part(time.minute())?,
        part(time.second())?,
    )
    .ok()
}

fn as_io(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        other => io::Error::other(other),
    }
}
