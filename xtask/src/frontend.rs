//! The interface: its packages from the lock file, and its build.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::models::sha256;
use crate::shell;
use crate::workspace::Workspace;

/// Left inside `node_modules`: the hash of the lock file that filled it.
const STAMP: &str = ".gatehouse-lock-sha256";

/// Install a folder's packages exactly as its lock file says, unless that was done already.
///
/// # Errors
/// The lock file is missing, or npm fails.
pub fn install(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let wanted = sha256(&lock)?;
    if installed_from(folder).as_deref() == Some(&wanted) {
        println!("{}: packages are as the lock file says", folder.display());
        return Ok(());
    }
    shell::run(&mut shell::npm(folder, ["ci", "--no-audit", "--no-fund"]))?;
    // Without any package to install, npm makes no folder.
    let packages = folder.join("node_modules");
    fs::create_dir_all(&packages)
        .and_then(|()| fs::write(packages.join(STAMP), wanted))
        .with_context(|| format!("cannot write to {}", packages.display()))
}

/// The lock file that filled `node_modules`, if one is known to have filled it completely:
/// npm empties the folder before it starts, and the stamp is written after it succeeded.
fn installed_from(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join("node_modules").join(STAMP)).ok()
}

/// Build the interface if anything it is made of changed. Left alone otherwise, because cargo
/// links the app again whenever these files are new.
///
/// # Errors
/// The interface does not build.
pub fn build(workspace: &Workspace) -> Result<()> {
    let ui = workspace.ui();
    if is_fresh(&ui)? {
        println!("The interface is built and nothing in it changed since.");
        return Ok(());
    }
    shell::run(&mut shell::npm(&ui, ["run", "build"]))
}

/// Set the interface up for the app: packages, then build.
///
/// # Errors
/// As for [`install`] and [`build`].
pub fn prepare(workspace: &Workspace) -> Result<()> {
    install(&workspace.ui())?;
    build(workspace)
}

fn is_fresh(ui: &Path) -> Result<bool> {
    let Ok(built) = fs::metadata(ui.join("dist").join("index.html")) else {
        return Ok(false);
    };
    Ok(newest_below(ui, true)? <= built.modified()?)
}

/// When anything under a folder last changed. A folder counts as well as its files, so that
/// a deleted file is seen; the top folder does not, because building changes it.
fn newest_below(folder: &Path, top: bool) -> Result<SystemTime> {
    let mut newest = if top {
        SystemTime::UNIX_EPOCH
    } else {
        fs::metadata(folder)?.modified()?
    };
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let is_made = entry.file_name() == "node_modules" || entry.file_name() == "dist";
        if top && is_made {
            // The stamp stands for all the packages.
            continue;
        }
        let changed = if entry.file_type()?.is_dir() {
            newest_below(&entry.path(), false)?
        } else {
            entry.metadata()?.modified()?
        };
        newest = newest.max(changed);
    }
    let stamp = folder.join("node_modules").join(STAMP);
    if let (true, Ok(stamp)) = (top, fs::metadata(stamp)) {
        newest = newest.max(stamp.modified()?);
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use std::fs::{File, create_dir_all, remove_file, write};
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;

    /// An interface with one source file, and a build made after it.
    fn built_interface() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ui = folder.path();
        for below in ["src/lib", "dist", "node_modules"] {
            create_dir_all(ui.join(below)).expect("folders");
        }
        write(ui.join("src/lib/a.ts"), "a").expect("a source");
        write(ui.join("node_modules").join(STAMP), "hash").expect("a stamp");
        write(ui.join("dist/index.html"), "built").expect("a build");
        set_time(&ui.join("dist/index.html"), Duration::from_secs(60));
        folder
    }

    /// Date a file so far into the future.
    fn set_time(path: &PathBuf, ahead: Duration) {
        let file = File::options().append(true).open(path).expect("a file");
        file.set_modified(SystemTime::now() + ahead)
            .expect("its time");
    }

    #[test]
    fn a_build_newer_than_every_source_is_kept() {
        let ui = built_interface();
        assert!(is_fresh(ui.path()).expect("readable"));
    }

    #[test]
    fn a_changed_source_or_new_packages_call_for_a_build() {
        for changed in ["src/lib/a.ts", "node_modules/.gatehouse-lock-sha256"] {
            let ui = built_interface();
            set_time(&ui.path().join(changed), Duration::from_secs(120));
            assert!(!is_fresh(ui.path()).expect("readable"), "{changed}");
        }
    }

    #[test]
    fn a_deleted_source_calls_for_a_build() {
        let ui = built_interface();
        remove_file(ui.path().join("src/lib/a.ts")).expect("deleted");
        let index = ui.path().join("dist/index.html");
        let file = File::options().append(true).open(index).expect("a file");
        file.set_modified(SystemTime::now() - Duration::from_secs(60))
            .expect("its time");
        assert!(
            !is_fresh(ui.path()).expect("readable"),
            "the folder that held it changed after the build"
        );
    }

    #[test]
    fn no_build_at_all_calls_for_one() {
        let ui = built_interface();
        remove_file(ui.path().join("dist/index.html")).expect("deleted");
        assert!(!is_fresh(ui.path()).expect("readable"));
    }

    #[test]
    fn packages_are_known_only_by_their_stamp() {
        let ui = built_interface();
        assert_eq!(installed_from(ui.path()).as_deref(), Some("hash"));
        remove_file(ui.path().join("node_modules").join(STAMP)).expect("deleted");
        assert_eq!(
            installed_from(ui.path()),
            None,
            "a half-filled node_modules has no stamp"
        );
    }

    #[test]
    fn a_missing_lock_file_is_named() {
        let ui = built_interface();
        let error = install(ui.path()).expect_err("there is no lock file");
        assert!(
            format!("{error:#}").contains("package-lock.json"),
            "{error:#}"
        );
    }
}
