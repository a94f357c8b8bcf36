//! The real Prometheus for the tests: the files of its Debian package in the build folder. It is fetched and
//! not installed, so that no service of it runs on the computer afterwards.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell;
use crate::steps::Outcome;
use crate::system;
use crate::workspace::Workspace;

const PACKAGE: &str = "prometheus";

/// Have Prometheus and its tools where the tests look for them.
///
/// # Errors
/// It is not here and cannot be fetched.
pub fn fetch(workspace: &Workspace) -> Result<Outcome> {
    if std::env::consts::OS != "linux" {
        return Ok(Outcome::Skipped("Prometheus is run on Linux only"));
    }
    let folder = workspace.target(PACKAGE);
    if is_in(&folder)
        || ["prometheus", "promtool"]
            .iter()
            .all(|tool| shell::on_path(tool).is_some())
    {
        return Ok(Outcome::Done);
    }
    if shell::on_path("apt-get").is_none() {
        bail!(
            "this Linux does not use apt: install Prometheus, with promtool, so that it is on the path"
        );
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    download(&folder)?;
    for entry in fs::read_dir(&folder).context("cannot look into the build folder")? {
        let file = entry?.path();
        if file.extension().is_some_and(|ending| ending == "deb") {
            shell::run(Command::new("dpkg-deb").arg("-x").arg(&file).arg(&folder))?;
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
    }
    if !is_in(&folder) {
        bail!("the package `{PACKAGE}` does not have what was looked for in it");
    }
    Ok(Outcome::Done)
}

fn is_in(folder: &Path) -> bool {
    let programs = folder.join("usr/bin");
    ["prometheus", "promtool"]
        .iter()
        .all(|tool| programs.join(tool).is_file())
}

/// Fetch the package. Its lists may be missing or too old, which the superuser can mend.
fn download(folder: &Path) -> Result<()> {
    let fetch = || {
        shell::run(
            Command::new("apt-get")
                .current_dir(folder)
                .args(["download", PACKAGE]),
        )
    };
    match fetch() {
        Err(_) if system::is_root() => {
            shell::run(Command::new("apt-get").arg("update"))?;
            fetch()
        }
        fetched => fetched,
    }
}
