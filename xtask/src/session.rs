//! A desktop session of our own for tests and measurements that drive the real window: its own
//! display, message bus and home, so that nothing of the person's is touched or seen.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::models;
use crate::shell;
use crate::workspace::{Profile, Workspace};

/// Whether this system has a driver for the window: only WebKitGTK's is used so far.
pub const IS_SUPPORTED: bool = cfg!(target_os = "linux");

/// Run an npm script of `tests/window` inside a session, with the programs of a profile.
///
/// The script finds in its environment: `GATEHOUSE_APP`, `GATEHOUSE_ENGINE` and
/// `GATEHOUSE_CLI` (the programs), `GATEHOUSE_FILL` (fills a data folder with a year of calls),
/// `GATEHOUSE_TEST_MODELS` (the folder of the starter model).
///
/// # Errors
/// The session does not start, or the script fails.
pub fn npm_script(workspace: &Workspace, profile: Profile, script: &[&str]) -> Result<()> {
    let home = Home::make()?;
    let display = Display::start()?;
    let npm = shell::npm(&workspace.window_tests(), ["run", "--silent"]);
    let mut command = Command::new("dbus-run-session");
    command
        .current_dir(workspace.window_tests())
        .arg("--")
        .arg(npm.get_program())
        .args(npm.get_args())
        .args(script)
        .env("HOME", &home.0)
        .env("XDG_RUNTIME_DIR", home.0.join("run"))
        .env("DISPLAY", &display.name)
        .env("GDK_BACKEND", "x11")
        .env("LANG", "C.UTF-8")
        // A keychain on this bus would ask for a password that nobody can type.
        .env("GATEHOUSE_KEYCHAIN", "file")
        .env("GATEHOUSE_TEST_MODELS", models::cache_folder()?);
    for (name, program) in [
        ("GATEHOUSE_APP", "gatehouse-desktop"),
        ("GATEHOUSE_ENGINE", "gatehouse-engine"),
        ("GATEHOUSE_CLI", "gatehouse"),
        ("GATEHOUSE_FILL", "examples/costs_bench"),
    ] {
        command.env(name, workspace.program(profile, program));
    }
    for inherited in [
        "WAYLAND_DISPLAY",
        "DBUS_SESSION_BUS_ADDRESS",
        // The dialogs for files are GTK's own, and say what they show on this session's bus.
        "AT_SPI_BUS_ADDRESS",
        "NO_AT_BRIDGE",
        "GTK_USE_PORTAL",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "LC_ALL",
    ] {
        command.env_remove(inherited);
    }
    shell::run(&mut command)
}

/// A temporary home. Directly below the system's temporary folder, because the path of a
/// socket in it may have no more than 107 bytes.
struct Home(PathBuf);

impl Home {
    fn make() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("gatehouse-{}", std::process::id()));
        if path.exists() {
            fs::remove_dir_all(&path).context("cannot clear an old temporary home")?;
        }
        let home = Self(path);
        for folder in [&home.0, &home.0.join("run")] {
            fs::create_dir(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            owner_only(folder)?;
        }
        Ok(home)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} could not be removed: {error}", self.0.display());
        }
    }
}

/// Mode 700, which a folder of sockets must have.
#[cfg(unix)]
fn owner_only(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        .with_context(|| format!("cannot protect {}", folder.display()))
}

#[cfg(not(unix))]
fn owner_only(_folder: &Path) -> Result<()> {
    Ok(())
}

/// A virtual display, ended with this value.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// The server picks a free number itself and writes it once it accepts connections: no
    /// race for the number, and no waiting by guess.
    fn start() -> Result<Self> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24"])
            .args(["-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start Xvfb")?;
        let mut number = String::new();
        if let Some(output) = server.stdout.take() {
            BufReader::new(output).read_line(&mut number)?;
        }
        let display = Self {
            server,
            name: format!(":{}", number.trim()),
        };
        if display.name == ":" {
            bail!("Xvfb ended without opening a display");
        }
        Ok(display)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        self.server.kill().ok();
        self.server.wait().ok();
    }
}
