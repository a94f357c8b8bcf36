//! `gatehouse safety mask` and `gatehouse safety restore`: a text out and back.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use gatehouse_core::safety::{
    mask::{Masks, Replaced, mask},
    names::Names,
    restore::{Channel, Restorer},
};
use serde_json::json;

use crate::{
    failure::Failure,
    output,
    safety::{self, Sought},
};

/// Mask a text from standard input.
///
/// The masked text goes to standard output. The map says which placeholder stands for which value:
/// it is as sensitive as the text, is not encrypted, and only you may read it. If it is there
/// already it is continued, so the same value keeps its placeholder.
#[derive(Args)]
pub(crate) struct Mask {
    /// The map, made if it is not there.
    #[arg(long, value_name = "FILE")]
    map: PathBuf,
    #[command(flatten)]
    sought: Sought,
}

/// Restore a text from standard input.
#[derive(Args)]
pub(crate) struct Restore {
    /// The map that `safety mask` wrote.
    #[arg(long, value_name = "FILE")]
    map: PathBuf,
}

impl Mask {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let text = safety::whole_input()?;
        let mut masks = match read_map(&self.map)? {
            Some(masks) => masks,
            None => Masks::new(getrandom::u32().map_err(Failure::system)?),
        };
        let mut findings = self.sought.scanner()?.scan(&text);
        let names = Names::new();
        findings.extend(names.again(&text, &names.known_in(&masks), &findings));
        let masked = mask(&text, &findings, &mut masks);
        // First the map: without it nobody could restore the text.
        write_map(&self.map, &masks)?;
        let is_secret = |replaced: Replaced| replaced == Replaced::Secret;
        let secrets = masked
            .spans
            .iter()
            .filter(|span| is_secret(span.replaced))
            .count();
        if json {
            return output::json(&json!({
                "text": masked.text,
                "masked": masked.count,
                "secrets": secrets,
            }));
        }
        if secrets > 0 {
            eprintln!("{secrets} of the places were secrets: nothing restores them.");
        }
        exactly(&masked.text)
    }
}

impl Restore {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let missing = || Failure::unread(&self.map, &ErrorKind::NotFound.into());
        let masks = read_map(&self.map)?.ok_or_else(missing)?;
        let mut restorer = Restorer::new(&masks);
        let mut text = restorer.piece(Channel::Content, &safety::whole_input()?);
        text.push_str(&restorer.end(Channel::Content));
        let report = restorer.report();
        if json {
            return output::json(&json!({
                "text": text,
                "restored": report.exact + report.changed,
                "changed": report.changed,
                "left": report.left,
            }));
        }
        if report.left > 0 {
            eprintln!(
                "{} placeholders are not in the map and were left.",
                report.left
            );
        }
        exactly(&text)
    }
}

/// Print a text with nothing added. A reader that went away is no failure.
fn exactly(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout();
    match out
        .write_all(output::harmless(text, &io::stdout()).as_bytes())
        .and_then(|()| out.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::system(error)),
        _ => Ok(()),
    }
}

/// The map in a file; `None` if the file is not there.
fn read_map(path: &Path) -> Result<Option<Masks>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::unread(path, &error)),
    };
    let masks = serde_json::from_str(&text).map_err(|error| {
        Failure::input(format!(
            "The file “{}” is no map of placeholders: {error}",
            path.display()
        ))
    })?;
    Ok(Some(masks))
}

/// Write the map beside its place and then bring it there, so that a map is never half written.
fn write_map(path: &Path, masks: &Masks) -> Result<(), Failure> {
    let beside = path.with_added_extension("new");
    let text = serde_json::to_string(masks).map_err(Failure::system)?;
    let written = owner_only(&beside)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        Failure::unwritten(path, &error)
    })
}

/// A new file that only its owner may read; one that was left from a crash is replaced.
fn owner_only(path: &Path) -> io::Result<File> {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use gatehouse_core::safety::Kind;

    use super::*;

    #[test]
    fn a_map_is_read_back_and_belongs_to_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("map.json");
        assert!(read_map(&path).unwrap().is_none(), "there is none yet");
        fs::write(path.with_added_extension("new"), "left from a crash").unwrap();
        let mut masks = Masks::new(1);
        let placeholder = masks.placeholder(&Kind::Person, "Anna Berg").unwrap();
        write_map(&path, &masks).unwrap();
        let read = read_map(&path).unwrap().unwrap();
        assert_eq!(read.value(&placeholder), Some("Anna Berg"));
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_is_no_map_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letter.txt");
        fs::write(&path, "Dear Anna").unwrap();
        assert!(read_map(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "Dear Anna");
    }
}
