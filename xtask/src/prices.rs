//! The built-in prices: taken from the list inside a published Python package, which is fetched,
//! checked and never installed or run.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::models;
use crate::shell;
use crate::system::{self, Purpose};
use crate::workspace::Workspace;

const PACKAGE: &str = "litellm";
const VERSION: &str = "1.110.2";
/// The day on which this version was published: its prices were so on that day.
const PUBLISHED: &str = "2026-11-20";
/// One wheel for all, whichever system this runs on: only a list is taken out of it.
const WHEEL: &str = "litellm-1.110.2-cp310-abi3-manylinux_2_28_x86_64.whl";
const WHEEL_SHA256: &str = "9d94d1c7d524b6fd10c14f9c8c6c4f0ac31705f9964ac59dcfd8337c046d8917";
/// The list inside the wheel.
const LIST: &str = "litellm/model_prices_and_context_window_backup.json";

/// Where the prices are kept, from the root of the repository.
const PRICES: &str = "src-tauri/core/src/costs/prices.json";

/// Takes one file out of a zip archive into a folder.
const EXTRACT: &str =
    "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])";

/// The verb: write the built-in prices anew from the pinned version of the package.
///
/// # Errors
/// The package cannot be fetched, is not the pinned one, or has no list that can be read.
pub fn run(workspace: &Workspace) -> Result<()> {
    system::prepare(Purpose::Fetch)?;
    let folder = workspace.target("prices");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let wheel = folder.join(WHEEL);
    if !is_right(&wheel)? {
        fetch(&folder)?;
    }
    if !is_right(&wheel)? {
        bail!("{WHEEL} is not the file that it should be: its SHA-256 is another");
    }
    shell::run(
        Command::new(shell::python())
            .args(["-c", EXTRACT])
            .arg(&wheel)
            .arg(LIST)
            .arg(&folder),
    )?;
    let list = folder.join(LIST);
    shell::run(
        shell::cargo(workspace, ["run", "--quiet", "-p", "gatehouse-core"])
            .args(["--example", "make_prices", "--", "--published"])
            .arg(&list)
            .args(["--version", VERSION, "--as-of", PUBLISHED, "--to", PRICES]),
    )?;
    println!("{PRICES} is written");
    Ok(())
}

fn is_right(wheel: &Path) -> Result<bool> {
    Ok(wheel.exists() && models::sha256(wheel)? == WHEEL_SHA256)
}

/// Download the wheel, which pip keeps as it is if a file of its name is there.
fn fetch(folder: &Path) -> Result<()> {
    let wheel = folder.join(WHEEL);
    if wheel.exists() {
        fs::remove_file(&wheel).context("cannot remove a broken download")?;
    }
    shell::run(
        Command::new(shell::python())
            .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"])
            .args([
                "--platform",
                "manylinux_2_28_x86_64",
                "--implementation",
                "cp",
            ])
            .args(["--python-version", "3.10", "--abi", "abi3"])
            .args(["--no-input", "--disable-pip-version-check"])
            .args(["--progress-bar", "off", "--dest"])
            .arg(folder)
            .arg(format!("{PACKAGE}=={VERSION}")),
    )
}
