//! presidio-analyzer, which scanning is compared with, in a virtual environment below the build folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::venv;
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
    let wanted = format!("presidio-analyzer=={VERSION}");
    venv::python(folder, &wanted, &[&wanted])
}
