//! Virtual environments of Python below the build folder, made once.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell;

/// A Python that has what pip is told to install; made anew when `wanted` is not what it was made from.
///
/// # Errors
/// There is no Python, or pip cannot install it.
pub fn python<S: AsRef<OsStr>>(folder: &Path, wanted: &str, install: &[S]) -> Result<PathBuf> {
    let python = folder.join(if cfg!(windows) {
        r"Scripts\python.exe"
    } else {
        "bin/python"
    });
    // Written last, so that an interrupted installation is begun again.
    let ready = folder.join("ready");
    if fs::read_to_string(&ready).is_ok_and(|made_from| made_from == wanted) {
        return Ok(python);
    }
    let words: [&OsStr; 4] = [
        "-m".as_ref(),
        "venv".as_ref(),
        "--clear".as_ref(),
        folder.as_ref(),
    ];
    shell::run(Command::new(shell::python()).args(words))?;
    shell::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--only-binary=:all:", "--no-input"])
            .args(["--disable-pip-version-check", "--quiet", "--retries", "1"])
            .args(install),
    )?;
    fs::write(&ready, wanted).with_context(|| format!("cannot write {}", ready.display()))?;
    Ok(python)
}
