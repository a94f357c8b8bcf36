//! `cargo xtask run`: from a fresh clone to an open window.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{Profile, Workspace};
use crate::{frontend, models, shell, system};

/// Set up, build, and start the app with what follows `--`.
///
/// # Errors
/// A step fails, or the app ends with an error.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    if cfg!(target_os = "linux") && !has_display() {
        bail!(
            "there is no display to open a window on: neither WAYLAND_DISPLAY nor DISPLAY is set. \
             Run this from a desktop session"
        );
    }
    system::prepare(system::Purpose::Build)?;
    models::starter()?;
    frontend::prepare(workspace)?;
    build(workspace, Profile::Debug, &["--bins"])?;

    let app_arguments = match arguments.split_first() {
        Some((first, rest)) if first == "--" => rest,
        _ => arguments,
    };
    let app = workspace.program(Profile::Debug, "gatehouse-desktop");
    println!("Starting Gatehouse.");
    let status = Command::new(&app)
        .args(app_arguments)
        .status()
        .with_context(|| format!("cannot start {}", app.display()))?;
    if !status.success() {
        bail!("Gatehouse ended with an error ({status})");
    }
    Ok(())
}

/// Build the app, the engine and the command line. All at once, because building one package
/// alone chooses other features and compiles llama.cpp again; without this program, because
/// Windows does not replace a program that runs.
///
/// The kinds of target matter in the same way: tests and examples bring dependencies of their
/// own, which choose features too.
///
/// # Errors
/// Something does not compile.
pub fn build(workspace: &Workspace, profile: Profile, kinds: &[&str]) -> Result<()> {
    let mut cargo = shell::cargo(
        workspace,
        ["build", "--locked", "--workspace", "--exclude", "xtask"],
    );
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    shell::run(cargo.args(kinds))
}

fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
