//! Starting other programs: shown before they run, with their output streamed, and with an
//! error that names the command.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// Cargo, the same one that built this program, at the root of the repository. What it was told of this
/// program's own package is not passed on: a dependency (`ring`) looks at it, and would be built anew, with all
/// that stands on it, whenever somebody calls cargo by hand in between.
pub fn cargo<S: AsRef<OsStr>>(
    workspace: &Workspace,
    arguments: impl IntoIterator<Item = S>,
) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace.root()).args(arguments);
    for (name, _) in std::env::vars_os() {
        let of_this_package = ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|start| name.to_string_lossy().starts_with(start));
        if of_this_package {
            command.env_remove(name);
        }
    }
    command
}

/// npm in a folder that holds a `package.json`.
pub fn npm<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    // On Windows npm is a script, and only its full name is found.
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(folder).args(arguments);
    command
}

/// The name under which this system starts Python 3.
pub fn python() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// Show a command, run it with its output streamed, and fail if it does.
pub fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start `{}`", name(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Run a command quietly; its standard output if it succeeded, nothing otherwise.
pub fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where a program is, looked for as the shell does.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
}

/// A command as a person would type it, without the folders before the program's name.
fn shown(command: &Command) -> String {
    let mut words = vec![name(command)];
    words.extend(command.get_args().map(|word| {
        let word = word.to_string_lossy();
        if word.is_empty() || word.contains(' ') {
            format!("'{word}'")
        } else {
            word.into_owned()
        }
    }));
    words.join(" ")
}

fn name(command: &Command) -> String {
    Path::new(command.get_program())
        .file_stem()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["test", "--features", "a b", ""]);
        assert_eq!(shown(&command), "cargo test --features 'a b' ''");
    }

    #[test]
    fn a_failing_command_is_named_in_the_error() {
        let error = run(Command::new("cargo").arg("no-such-verb"))
            .expect_err("cargo refuses a verb that it does not have");
        assert!(error.to_string().contains("cargo no-such-verb"), "{error}");
    }

    #[test]
    fn a_missing_program_is_not_on_the_path() {
        assert_eq!(on_path("a-program-that-nobody-has"), None);
        assert!(on_path("cargo").is_some(), "cargo started this test");
    }
}
