//! Where things are: the repository, the built programs, the scratch space of the build.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The two ways everything is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build: `run` and `test`.
    Debug,
    /// What a person installs: `bench` and `bundle`.
    Release,
}

/// The repository and its build folder.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// The workspace that this program was built from.
    pub fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask/ has no folder above it")?
            .to_path_buf();
        // Cargo put this program at <target>/debug/xtask: the one place that is right whether
        // the build folder comes from the environment, from a configuration file, or is ./target.
        let program = std::env::current_exe().context("cannot tell where this program is")?;
        let target = program
            .parent()
            .and_then(Path::parent)
            .context("this program is not inside a build folder")?
            .to_path_buf();
        Ok(Self { root, target })
    }

    /// The root of the repository.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The interface's sources.
    pub fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// The tests that drive the real window.
    pub fn window_tests(&self) -> PathBuf {
        self.root.join("tests").join("window")
    }

    /// The official clients that the local API is tested with.
    pub fn client_tests(&self) -> PathBuf {
        self.root.join("tests").join("clients")
    }

    /// A folder below the build folder.
    pub fn target(&self, below: &str) -> PathBuf {
        self.target.join(below)
    }

    /// Where cargo puts the programs of a profile.
    pub fn programs(&self, profile: Profile) -> PathBuf {
        self.target(match profile {
            Profile::Debug => "debug",
            Profile::Release => "release",
        })
    }

    /// One built program, with the system's suffix.
    pub fn program(&self, profile: Profile, name: &str) -> PathBuf {
        self.programs(profile)
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}
