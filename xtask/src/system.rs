//! What the machine must have before anything is built: system packages and toolchains.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;

/// What the machine is made ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Fetching a model, which needs Python alone.
    Fetch,
    /// Building and running the app.
    Build,
    /// That, and driving its window on a display of our own.
    Drive,
}

/// A Debian package, and how one sees that it is there.
struct Need {
    package: &'static str,
    sign: Sign,
}

enum Sign {
    /// A program on the path, whichever package or hand put it there.
    Program(&'static str),
    /// The package database.
    Installed,
    /// A command that succeeds.
    Answers(&'static [&'static str]),
}

const FETCH: &[Need] = &[
    Need::program("python3", "python3"),
    Need {
        package: "python3-pip",
        sign: Sign::Answers(&["python3", "-m", "pip", "--version"]),
    },
];

const BUILD: &[Need] = &[
    Need::program("gcc", "gcc"),
    Need::program("g++", "g++"),
    Need::program("make", "make"),
    Need::program("pkg-config", "pkg-config"),
    Need::program("cmake", "cmake"),
    // By package: the small perl of a bare system lacks the modules that OpenSSL's build needs.
    Need::installed("perl"),
    Need::installed("libclang-dev"),
    Need::installed("libwebkit2gtk-4.1-dev"),
];

const DRIVE: &[Need] = &[
    Need::program("xvfb", "Xvfb"),
    Need::program("webkit2gtk-driver", "WebKitWebDriver"),
    Need::program("dbus", "dbus-run-session"),
    Need::program("gnome-keyring", "gnome-keyring-daemon"),
    // Shows notices of the system, and says which.
    Need::program("dunst", "dunst"),
    // The tests' own time-stamp authority.
    Need::program("openssl", "openssl"),
    // By what it can: Debian's own Python makes virtual environments only with this package.
    Need {
        package: "python3-venv",
        sign: Sign::Answers(&["python3", "-c", "import venv, ensurepip"]),
    },
    // The bus on which the system's dialogs for files say what they show, and Python's way onto it.
    Need::installed("at-spi2-core"),
    Need::installed("python3-gi"),
    Need::installed("fonts-dejavu-core"),
];

impl Need {
    const fn program(package: &'static str, program: &'static str) -> Self {
        Self {
            package,
            sign: Sign::Program(program),
        }
    }

    const fn installed(package: &'static str) -> Self {
        Self {
            package,
            sign: Sign::Installed,
        }
    }

    fn is_met(&self, installed: &[String]) -> bool {
        match self.sign {
            Sign::Program(program) => shell::on_path(program).is_some(),
            Sign::Installed => installed.iter().any(|name| name == self.package),
            Sign::Answers(words) => shell::answer(words[0], &words[1..]).is_some(),
        }
    }
}

/// Make the machine ready, or say exactly what a person has to do.
///
/// # Errors
/// Something is missing that was not, or could not be, installed.
pub fn prepare(purpose: Purpose) -> Result<()> {
    let mut tools = match std::env::consts::OS {
        "macos" if purpose != Purpose::Fetch => macos(),
        "windows" if purpose != Purpose::Fetch => windows(),
        "linux" => {
            packages(purpose)?;
            Vec::new()
        }
        _ => Vec::new(),
    };
    tools.extend(python(purpose));
    if purpose != Purpose::Fetch {
        tools.extend(node());
    }
    name_missing(&tools)
}

/// The Linux packages: install them as root, else print the line that does.
fn packages(purpose: Purpose) -> Result<()> {
    let mut needs: Vec<&Need> = FETCH.iter().collect();
    if purpose != Purpose::Fetch {
        needs.extend(BUILD);
    }
    if purpose == Purpose::Drive {
        needs.extend(DRIVE);
    }
    if shell::on_path("dpkg-query").is_none() || shell::on_path("apt-get").is_none() {
        let names: Vec<_> = needs.iter().map(|need| need.package).collect();
        println!(
            "This Linux does not use apt, so nothing was checked. Gatehouse needs what Debian calls:\n  {}",
            names.join(" ")
        );
        return Ok(());
    }
    let missing = missing_packages(&needs);
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() {
        bail!(
            "system packages are missing. Install them with this line, then run the command again:\n\n  \
             sudo apt-get update && sudo apt-get install -y {}\n",
            missing.join(" ")
        );
    }
    install(&missing)?;
    let still = missing_packages(&needs);
    if !still.is_empty() {
        bail!(
            "apt-get succeeded, but these are still missing: {}",
            still.join(" ")
        );
    }
    Ok(())
}

fn missing_packages(needs: &[&Need]) -> Vec<&'static str> {
    let installed = installed_packages(needs);
    needs
        .iter()
        .filter(|need| !need.is_met(&installed))
        .map(|need| need.package)
        .collect()
}

/// Ask the package database once for all. It exits with 1 when it does not know one of the
/// names, and still answers for the others, so only its output counts.
fn installed_packages(needs: &[&Need]) -> Vec<String> {
    let output = Command::new("dpkg-query")
        .args(["-W", "-f", "${Package} ${db:Status-Status}\n"])
        .args(needs.iter().map(|need| need.package))
        .output();
    output.map_or_else(
        |_| Vec::new(),
        |output| parse_installed(&String::from_utf8_lossy(&output.stdout)),
    )
}

fn parse_installed(listing: &str) -> Vec<String> {
    listing
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, status)| *status == "installed")
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Whether this is the superuser, as the kernel sees it.
pub fn is_root() -> bool {
    shell::answer("id", &["-u"]).is_some_and(|id| id.trim() == "0")
}

/// Install packages without a question, waiting for another package manager to finish.
fn install(packages: &[&str]) -> Result<()> {
    let options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];
    let apt = || {
        let mut command = Command::new("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(options);
        command
    };
    // The lists may be fresh enough even where they cannot be updated: the install decides.
    if let Err(error) = shell::run(apt().arg("update")) {
        println!("{error}; going on with the package lists that are there");
    }
    shell::run(
        apt()
            .args(["install", "-y", "--no-install-recommends"])
            .args(packages),
    )
}

/// A tool that a person installs, and the words that say so when it is absent.
struct Tool {
    present: bool,
    words: String,
}

fn name_missing(tools: &[Tool]) -> Result<()> {
    let missing: Vec<_> = tools
        .iter()
        .filter(|tool| !tool.present)
        .map(|tool| format!("  - {}", tool.words))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("this computer lacks:\n{}", missing.join("\n"));
}

fn macos() -> Vec<Tool> {
    vec![
        Tool {
            present: shell::answer("xcode-select", &["-p"]).is_some(),
            words: "Apple's command line tools: run `xcode-select --install`".into(),
        },
        cmake(),
    ]
}

fn windows() -> Vec<Tool> {
    let web_view = r"C:\Program Files (x86)\Microsoft\EdgeWebView\Application";
    let clang = r"C:\Program Files\LLVM\bin\libclang.dll";
    vec![
        cmake(),
        Tool {
            present: std::env::var_os("LIBCLANG_PATH").is_some()
                || shell::on_path("clang").is_some()
                || Path::new(clang).is_file(),
            words: "LLVM, for its libclang: `winget install LLVM.LLVM`".into(),
        },
        Tool {
            present: shell::on_path("perl").is_some(),
            words: "Perl, to build OpenSSL: `winget install StrawberryPerl.StrawberryPerl`".into(),
        },
        Tool {
            present: Path::new(web_view).is_dir(),
            words: "the WebView2 runtime: `winget install Microsoft.EdgeWebView2Runtime`".into(),
        },
    ]
}

fn cmake() -> Tool {
    Tool {
        present: shell::on_path("cmake").is_some(),
        words: "CMake, to build llama.cpp: see cmake.org".into(),
    }
}

/// The oldest that fetches a model, and the oldest for which the official clients are released that
/// the tests run (`tests/clients/requirements.txt`).
fn python(purpose: Purpose) -> Vec<Tool> {
    let python = shell::python();
    let least = match purpose {
        Purpose::Fetch | Purpose::Build => (3, 8),
        Purpose::Drive => (3, 11),
    };
    vec![
        at_least(python, &["--version"], least, "Python"),
        at_least(
            python,
            &["-m", "pip", "--version"],
            (20, 0),
            "pip for Python",
        ),
    ]
}

/// What builds the interface. Rust's own version is cargo's to check: the manifest names the
/// oldest that works.
fn node() -> Vec<Tool> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    vec![
        at_least("node", &["--version"], (20, 19), "Node.js"),
        at_least(
            npm,
            &["--version"],
            (9, 0),
            "npm, which comes with Node.js,",
        ),
    ]
}

fn at_least(program: &str, arguments: &[&str], least: (u32, u32), name: &str) -> Tool {
    let seen = shell::answer(program, arguments).and_then(|words| version(&words));
    let (major, minor) = least;
    Tool {
        present: seen.is_some_and(|seen| seen >= least),
        words: match seen {
            None => format!("{name} {major}.{minor} or newer"),
            Some((a, b)) => format!("{name} {major}.{minor} or newer; {a}.{b} is here"),
        },
    }
}

/// The first `major.minor` in what a program says of itself.
fn version(words: &str) -> Option<(u32, u32)> {
    let start = words.find(|c: char| c.is_ascii_digit())?;
    let mut numbers = words[start..].split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next()?.parse().ok()?;
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_that_are_fully_installed_count() {
        let listing = "cmake installed\nperl config-files\nxvfb not-installed\n\
                       libclang-dev installed\nlibclang-dev installed\nbroken\n";
        assert_eq!(
            parse_installed(listing),
            ["cmake", "libclang-dev", "libclang-dev"],
            "a removed package keeps its name in the database"
        );
    }

    #[test]
    fn a_package_that_is_not_there_is_missing() {
        let absent = Need::installed("a-package-that-nobody-has");
        let no_program = Need::program("some-package", "a-program-that-nobody-has");
        let no_answer = Need {
            package: "third",
            sign: Sign::Answers(&["a-program-that-nobody-has", "--version"]),
        };
        assert_eq!(
            missing_packages(&[&absent, &no_program, &no_answer]),
            ["a-package-that-nobody-has", "some-package", "third"]
        );
        assert!(absent.is_met(&["a-package-that-nobody-has".to_owned()]));
    }

    #[test]
    fn versions_are_read_from_what_programs_say() {
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("Python 3.11.7"), Some((3, 11)));
        assert_eq!(version("pip 23.2.1 from /usr/lib/python3"), Some((23, 2)));
        assert_eq!(version("Python"), None);
        assert_eq!(version("7"), None);
        assert_eq!(version("v99999999999.1"), None);
    }

    #[test]
    fn an_old_tool_is_named_with_its_version() {
        let tool = at_least("cargo", &["--version"], (900, 0), "Cargo");
        let error = name_missing(&[tool])
            .expect_err("no cargo is that new")
            .to_string();
        assert!(error.contains("Cargo 900.0 or newer; 1."), "{error}");
    }

    #[test]
    fn every_missing_tool_is_named_at_once() {
        let lacks = |words: &str| Tool {
            present: false,
            words: words.into(),
        };
        let error = name_missing(&[lacks("this"), lacks("that")]).expect_err("both are missing");
        assert_eq!(
            error.to_string(),
            "this computer lacks:\n  - this\n  - that"
        );
    }
}
