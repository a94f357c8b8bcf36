//! `cargo xtask test`: everything that must pass before a change is accepted.

use std::env;
use std::ffi::OsStr;
use std::fs;

use anyhow::{Context, Result};

use crate::frontend;
use crate::models;
use crate::prometheus;
use crate::run::build;
use crate::session;
use crate::shell;
use crate::steps::{self, Outcome, Step};
use crate::system::{self, Purpose};
use crate::venv;
use crate::workspace::{Profile, Workspace};

/// A part of the tests that can be run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Format, lints, types, dead code, documentation.
    Lint,
    /// The Rust tests, headless, with the real model.
    Rust,
    /// The interface's own tests.
    Ui,
    /// The real window.
    Window,
}

/// Where it is set, property tests try the same cases each time, so that what a change is accepted by is
/// about that change; `cargo nextest run` alone tries new ones each time.
const PROPTEST_SEED: &str = "PROPTEST_RNG_SEED";

/// How long 64 clients ask the local API at once.
const LOAD_SECONDS: &str = "GATEHOUSE_LOAD_SECONDS";

const ALL: [Part; 4] = [Part::Lint, Part::Rust, Part::Ui, Part::Window];

/// Read `--only PART` options; without any, everything.
///
/// # Errors
/// What is wrong with them, in words for the person who typed them.
pub fn parse(options: &[String]) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut options = options.iter();
    while let Some(option) = options.next() {
        if option != "--only" {
            return Err(format!("`test` does not know `{option}`."));
        }
        parts.push(match options.next().map(String::as_str) {
            Some("lint") => Part::Lint,
            Some("rust") => Part::Rust,
            Some("ui") => Part::Ui,
            Some("window") => Part::Window,
            Some(other) => {
                return Err(format!(
                    "`{other}` is not a part: lint, rust, ui or window."
                ));
            }
            None => return Err("`--only` needs a part: lint, rust, ui or window.".into()),
        });
    }
    Ok(if parts.is_empty() {
        ALL.to_vec()
    } else {
        parts
    })
}

/// Set up and run the chosen parts, quickest to fail first.
///
/// # Errors
/// The first step that failed, and what to do about it.
pub fn run(workspace: &Workspace, parts: &[Part]) -> Result<()> {
    let plan = plan(workspace);
    let chosen = plan
        .into_iter()
        .filter(|(needed_by, _)| needed_by.iter().any(|part| parts.contains(part)))
        .map(|(_, step)| step)
        .collect();
    steps::run(chosen)
}

/// Every step in order, with the parts that need it.
fn plan(workspace: &Workspace) -> Vec<(&'static [Part], Step<'_>)> {
    use Part::{Lint, Rust, Ui, Window};
    let mut plan: Vec<(&'static [Part], Step<'_>)> = vec![
        (&ALL, set_up()),
        (&[Lint], format(workspace)),
        // The app contains the built interface, so whatever compiles the app needs it.
        (&ALL, interface_packages(workspace)),
    ];
    plan.extend(
        interface_checks(workspace)
            .into_iter()
            .map(|step| (&[Lint][..], step)),
    );
    plan.extend([
        (&[Ui][..], interface_tests(workspace)),
        (&ALL, interface_build(workspace)),
        (&[Lint], clippy(workspace)),
        (&[Lint], documentation(workspace)),
        (&[Rust, Window], starter_model()),
        (&[Rust], embedding_model()),
        (&[Rust, Window], programs(workspace)),
        (&[Rust], clients(workspace)),
        (&[Rust], prometheus(workspace)),
        (&[Rust], rust_tests(workspace)),
        (&[Window], window_tests(workspace)),
    ]);
    plan
}

fn set_up() -> Step<'static> {
    Step::new(
        "Set-up",
        "install what is named above, then run the same command again.",
        || system::prepare(Purpose::Drive),
    )
}

fn format(workspace: &Workspace) -> Step<'_> {
    Step::new(
        "Rust format",
        "run `cargo fmt`. If cargo has no such command: `rustup component add rustfmt clippy`.",
        || shell::run(&mut shell::cargo(workspace, ["fmt", "--all", "--check"])),
    )
}

fn interface_packages(workspace: &Workspace) -> Step<'_> {
    Step::new(
        "Interface packages",
        "see npm's own words above; ui/package.json and its lock file must agree.",
        || frontend::install(&workspace.ui()),
    )
}

fn interface_checks(workspace: &Workspace) -> Vec<Step<'_>> {
    let script = |name, remedy, script: &'static str| {
        Step::new(name, remedy, move || {
            shell::run(&mut shell::npm(
                &workspace.ui(),
                ["run", "--silent", script],
            ))
        })
    };
    vec![
        script(
            "Interface format",
            "run `npm run format` in ui/.",
            "format:check",
        ),
        script("Interface lint", "mend what ESLint names above.", "lint"),
        script("Interface types", "mend the types named above.", "check"),
        script(
            "Interface dead code",
            "remove what knip names above, or use it.",
            "knip",
        ),
    ]
}

fn interface_tests(workspace: &Workspace) -> Step<'_> {
    Step::new(
        "Interface tests",
        "mend the test named above; `npx vitest` in ui/ runs it again on every change.",
        || {
            shell::run(&mut shell::npm(
                &workspace.ui(),
                ["run", "--silent", "test"],
            ))
        },
    )
}

fn interface_build(workspace: &Workspace) -> Step<'_> {
    Step::new("Interface build", "mend what Vite names above.", || {
        frontend::build(workspace)
    })
}

fn clippy(workspace: &Workspace) -> Step<'_> {
    Step::new("Clippy", "mend what clippy names above.", || {
        shell::run(&mut shell::cargo(
            workspace,
            [
                "clippy",
                "--locked",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ],
        ))
    })
}

fn documentation(workspace: &Workspace) -> Step<'_> {
    Step::new("Rust documentation", "mend the links named above.", || {
        shell::run(
            shell::cargo(workspace, ["doc", "--locked", "--workspace", "--no-deps"])
                .env("RUSTDOCFLAGS", "-D warnings"),
        )
    })
}

fn starter_model() -> Step<'static> {
    Step::new(
        "Starter model",
        "go online once; the model is then kept in the cache.",
        || models::starter().map(drop),
    )
}

/// The tests have a real model make vectors.
fn embedding_model() -> Step<'static> {
    Step::new(
        "Embedding model",
        "go online once; the model is then kept in the cache.",
        || models::embedding().map(drop),
    )
}

fn programs(workspace: &Workspace) -> Step<'_> {
    Step::new("Build", "mend what the compiler names above.", || {
        // With the tests, so that running them compiles nothing a second time, and with what fills a data
        // folder for a test of the window.
        let all = ["--bins", "--tests", "--example", "costs_bench"];
        build(workspace, Profile::Debug, &all)
    })
}

/// The official clients of OpenAI and Anthropic, of which the tests of the local API make use.
fn clients(workspace: &Workspace) -> Step<'_> {
    Step::new(
        "Clients of the local API",
        "go online once; they are then kept in the build folder and beside the tests.",
        || {
            let folder = workspace.client_tests();
            frontend::install(&folder)?;
            let list = folder.join("requirements.txt");
            let wanted = fs::read_to_string(&list)
                .with_context(|| format!("cannot read {}", list.display()))?;
            let place = workspace.target("clients").join("python");
            let install = [
                OsStr::new("--require-hashes"),
                OsStr::new("-r"),
                list.as_ref(),
            ];
            venv::python(&place, &wanted, &install).map(drop)
        },
    )
}

/// It scrapes a served Gatehouse in the tests.
fn prometheus(workspace: &Workspace) -> Step<'_> {
    Step::that_may_skip(
        "Prometheus",
        "go online once, or install the Debian package `prometheus` yourself.",
        || prometheus::fetch(workspace),
    )
}

/// With nextest where a developer has it, which is quicker; with cargo's own runner otherwise.
fn rust_tests(workspace: &Workspace) -> Step<'_> {
    Step::new("Rust tests", "mend the test named above.", || {
        let models = models::cache_folder()?;
        let test = |arguments: &[&str]| {
            let mut command = shell::cargo(workspace, arguments);
            command
                .env("GATEHOUSE_TEST_MODELS", &models)
                // Several engines at once would take the cores from tests that measure time;
                // nextest is told the same, more finely, in .config/nextest.toml.
                .env("RUST_TEST_THREADS", "1");
            for (name, usual) in [(PROPTEST_SEED, "1"), (LOAD_SECONDS, "60")] {
                if env::var_os(name).is_none() {
                    command.env(name, usual);
                }
            }
            shell::run(&mut command)
        };
        if shell::on_path("cargo-nextest").is_none() {
            test(&["test", "--locked", "--workspace", "--no-fail-fast"])?;
        } else {
            let all = ["--locked", "--workspace", "--no-fail-fast"];
            test(&[&["nextest", "run"], &all[..]].concat())?;
            // nextest does not run the examples in the documentation.
            test(&["test", "--locked", "--workspace", "--doc"])?;
        }
        // A test that passes says nothing, so this is said for those that could not mount a disk.
        if cfg!(target_os = "linux") && !system::is_root() {
            println!("Not tested here: full disks. Only root may mount one that is small.");
        }
        Ok(())
    })
}

fn window_tests(workspace: &Workspace) -> Step<'_> {
    Step::that_may_skip(
        "Window tests",
        "see the test named above; `cargo xtask test --only window` runs them alone.",
        || {
            if !session::IS_SUPPORTED {
                return Ok(Outcome::Skipped("the window is driven on Linux only"));
            }
            frontend::install(&workspace.window_tests())?;
            session::npm_script(workspace, Profile::Debug, &["test"])?;
            Ok(Outcome::Done)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Vec<Part>, String> {
        parse(
            &words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn without_options_everything_is_tested() {
        assert_eq!(parse_words(&[]), Ok(ALL.to_vec()));
    }

    #[test]
    fn parts_can_be_chosen_together() {
        assert_eq!(
            parse_words(&["--only", "ui", "--only", "lint"]),
            Ok(vec![Part::Ui, Part::Lint])
        );
    }

    #[test]
    fn a_wrong_option_is_refused_in_words_that_help() {
        for (words, named) in [
            (&["--only"][..], "needs a part"),
            (&["--only", "everything"], "`everything` is not a part"),
            (&["--fast"], "does not know `--fast`"),
        ] {
            let error = parse_words(words).expect_err("refused");
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn each_part_sets_up_first_and_everything_runs_without_a_filter() {
        let workspace = Workspace::find().expect("cargo built this test");
        for part in ALL {
            let first = plan(&workspace)
                .into_iter()
                .find(|(needed_by, _)| needed_by.contains(&part))
                .expect("every part has steps");
            assert_eq!(first.1.name, "Set-up");
        }
        assert!(
            plan(&workspace)
                .iter()
                .all(|(needed_by, _)| !needed_by.is_empty()),
            "a step that no part needs would never run"
        );
    }
}
