//! The proxy of litellm, which the local API is compared with, in a virtual environment in the cache
//! folder: it is large, and a build folder is thrown away now and then.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::models;
use crate::venv;

/// The version that is compared with; another one makes another environment.
const VERSION: &str = "1.108.7";

/// Tell a benchmark where it is, or say why it is not: that is no reason to fail.
pub fn tell(command: &mut Command) {
    match program() {
        Ok(program) => {
            command.env("GATEHOUSE_LITELLM", program);
        }
        Err(error) => println!("litellm could not be set up: {error:#}"),
    }
}

/// The program, installed when it is not there yet.
fn program() -> Result<PathBuf> {
    let models = models::cache_folder()?;
    let cache = models
        .parent()
        .context("the cache has no folder above it")?;
    let wanted = format!("litellm[proxy]=={VERSION}");
    let python = venv::python(
        &cache.join(format!("litellm-{VERSION}")),
        &wanted,
        &[&wanted],
    )?;
    Ok(python.with_file_name(format!("litellm{}", std::env::consts::EXE_SUFFIX)))
}
