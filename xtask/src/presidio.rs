//! presidio-analyzer, which scanning is compared with, in a virtual environment below the build folder.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell;
use crate::workspace::Workspace;

/// The version that is compared with; another one makes another environment.
const VERSION: &str = "2.2.366";

/// Tell a benchmark which Python has it, or why there is none: that is no reason to fail.
pub fn tell(workspace: &Workspace, command: &mut Command) {
    match python(&workspace.target(&format!("presidio-{VERSION}"))) {
        Ok(python) => command.env("GATEHOUSE_PRESIDIO_PYTHON", python),
        Err(error) => {
            println!("presidio-analyzer could not be set up: {error:#}");
            let why = format!("presidio-analyzer {VERSION} could not be installed here");
            command.env("GATEHOUSE_PRESIDIO_MISSING", why)
        }
    };
}

/// A Python that has it, made when there is none yet.
fn python(folder: &Path) -> Result<PathBuf> {
    let python = folder.join(if cfg!(windows) {
        r"Scripts\python.exe"
    } else {
        "bin/python"
    });
    // Written last, so that an interrupted installation is begun again.
    let ready = folder.join("ready");
    if ready.exists() {
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
            .arg(format!("presidio-analyzer=={VERSION}")),
    )?;
    fs::write(&ready, "").with_context(|| format!("cannot write {}", ready.display()))?;
    Ok(python)
}
