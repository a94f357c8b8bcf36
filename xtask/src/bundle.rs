//! `cargo xtask bundle`: installers with everything inside, the starter model too.
//!
//! The engine, the command line and the model are named only in a configuration that is made
//! here and laid over `tauri.conf.json`: in the file itself, every build would need them first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::run::build;
use crate::shell;
use crate::system::{self, Purpose};
use crate::workspace::{Profile, Workspace};
use crate::{frontend, models};

/// The programs beside the app.
const SIDECARS: [&str; 2] = ["gatehouse-engine", "gatehouse"];

/// The kinds of installer of this system.
const KINDS: &[&str] = if cfg!(windows) {
    &["msi", "nsis"]
} else if cfg!(target_os = "macos") {
    &["dmg"]
} else {
    &["deb", "rpm"]
};

/// Build the installers of this system and show where they are.
///
/// # Errors
/// A build fails, or an installer was not made.
pub fn run(workspace: &Workspace) -> Result<()> {
    system::prepare(Purpose::Build)?;
    let model = models::starter()?;
    frontend::prepare(workspace)?;
    build(workspace, Profile::Release, &["--bins"])?;

    let staging = workspace.target("bundle");
    let overlay = stage(workspace, &staging, &model)?;
    let started = SystemTime::now();
    shell::run(
        tauri(workspace)
            .args(["bundle", "--ci", "--bundles", &KINDS.join(",")])
            .arg("--config")
            .arg(overlay),
    )?;
    show(
        &workspace.programs(Profile::Release).join("bundle"),
        started,
    )
}

/// The Tauri command line, which only packs what was built here: with its own `build` it would
/// compile the app again. It comes from the interface's packages and runs at the root.
fn tauri(workspace: &Workspace) -> Command {
    let name = if cfg!(windows) { "tauri.cmd" } else { "tauri" };
    let mut command = Command::new(workspace.ui().join("node_modules/.bin").join(name));
    command.current_dir(workspace.root());
    command
}

/// Put the sidecars under the names that Tauri looks for, and write the overlay.
fn stage(workspace: &Workspace, staging: &Path, model: &Path) -> Result<PathBuf> {
    fs::create_dir_all(staging).with_context(|| format!("cannot make {}", staging.display()))?;
    let triple = host_triple()?;
    for name in SIDECARS {
        let from = workspace.program(Profile::Release, name);
        let to = staging.join(format!("{name}-{triple}{}", std::env::consts::EXE_SUFFIX));
        fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    let overlay = staging.join("overlay.json");
    fs::write(&overlay, format!("{:#}\n", overlay_of(staging, model)))
        .with_context(|| format!("cannot write {}", overlay.display()))?;
    Ok(overlay)
}

fn overlay_of(staging: &Path, model: &Path) -> Value {
    let sidecars: Vec<_> = SIDECARS.iter().map(|name| staging.join(name)).collect();
    let file = model.file_name().unwrap_or_default().to_string_lossy();
    json!({
        "bundle": {
            "active": true,
            "externalBin": sidecars,
            "resources": { model.to_string_lossy(): format!("models/{file}") },
            // Tauri names WebKitGTK and GTK itself; these are what else the programs link.
            "linux": {
                "deb": { "depends": ["libdbus-1-3", "libstdc++6"] },
                "rpm": { "depends": ["dbus-libs", "libstdc++"] },
            },
        }
    })
}

/// The name of this system as Rust and Tauri write it, such as `x86_64-unknown-linux-gnu`.
fn host_triple() -> Result<String> {
    let words = shell::answer("rustc", &["-vV"]).context("rustc does not say what it is")?;
    words
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc does not name its host")
}

/// One installer of each kind must have been made now, not left from before.
fn show(folder: &Path, started: SystemTime) -> Result<()> {
    println!("\nInstallers:");
    for kind in KINDS {
        let extension = if *kind == "nsis" { "exe" } else { kind };
        let installer = newest(&folder.join(kind), extension, started)?;
        let Some((path, bytes)) = installer else {
            bail!("no {kind} installer was made in {}", folder.display());
        };
        println!("  {} ({:.1} MB)", path.display(), bytes as f64 / 1e6);
    }
    Ok(())
}

fn newest(folder: &Path, extension: &str, since: SystemTime) -> Result<Option<(PathBuf, u64)>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(None);
    };
    for entry in entries {
        let path = entry?.path();
        let about = fs::metadata(&path)?;
        let is_kind = path.extension().is_some_and(|found| found == extension);
        if is_kind && about.modified()? >= since {
            return Ok(Some((path, about.len())));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_overlay_names_the_sidecars_and_the_model() {
        let overlay = overlay_of(Path::new("/t/bundle"), Path::new("/c/models/a.gguf"));
        assert_eq!(
            overlay["bundle"]["externalBin"],
            json!(["/t/bundle/gatehouse-engine", "/t/bundle/gatehouse"])
        );
        assert_eq!(
            overlay["bundle"]["resources"],
            json!({ "/c/models/a.gguf": "models/a.gguf" })
        );
    }

    #[test]
    fn an_installer_from_before_does_not_count() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let installer = folder.path().join("gatehouse.deb");
        fs::write(&installer, "deb").expect("written");
        let now = SystemTime::now();
        let long_ago = now - Duration::from_secs(3600);
        let later = now + Duration::from_secs(3600);
        let found = |extension, since| newest(folder.path(), extension, since).expect("readable");
        assert_eq!(found("deb", long_ago), Some((installer, 3)));
        assert_eq!(found("deb", later), None);
        assert_eq!(found("rpm", long_ago), None);
    }

    #[test]
    fn the_host_is_named_in_full() {
        let triple = host_triple().expect("rustc is here");
        assert!(triple.starts_with(std::env::consts::ARCH), "{triple}");
    }
}
