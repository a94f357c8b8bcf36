//! Set up, run, test, measure and bundle Gatehouse.
//!
//! Each verb first sets the machine up, so that nothing else has to be typed before it.

mod bench;
mod bundle;
mod frontend;
mod litellm;
mod models;
mod presidio;
mod prices;
mod prometheus;
mod run;
mod session;
mod shell;
mod steps;
mod system;
mod test;
mod venv;
mod workspace;

use std::process::ExitCode;

use crate::workspace::Workspace;

const HELP: &str = "\
Set up, run, test, measure and bundle Gatehouse. Nothing else needs to be typed first.

Usage: cargo xtask <verb>

  run [-- APP ARGUMENTS]   build the app and open its window
                           (for example: cargo xtask run -- --data-dir /tmp/try)
  test [--only PART]...    everything that must pass; PART is lint, rust, ui or window
  bench                    measure a release build; table on screen, target/bench/results.json
  models                   fetch the models of the app and its tests into the cache folder
  prices                   write the built-in prices anew from a published list
  bundle                   build installers for this system

On Linux, as root, missing system packages are installed with apt; otherwise the one line to
run is printed. On Windows and macOS, what is missing is named.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (verb, rest) = match arguments.split_first() {
        Some((verb, rest)) => (verb.as_str(), rest),
        None => ("--help", &[][..]),
    };
    let asks_for_help = rest
        .first()
        .is_some_and(|first| first == "--help" || first == "-h");
    if asks_for_help || matches!(verb, "--help" | "-h" | "help") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let workspace = match Workspace::find() {
        Ok(workspace) => workspace,
        Err(error) => return failure(&error),
    };
    let result = match (verb, rest) {
        ("run", app_arguments) => run::run(&workspace, app_arguments),
        ("test", options) => match test::parse(options) {
            Ok(parts) => test::run(&workspace, &parts),
            Err(misuse) => return usage(&misuse),
        },
        ("bench", []) => bench::run(&workspace),
        ("models", []) => models::run(),
        ("prices", []) => prices::run(&workspace),
        ("bundle", []) => bundle::run(&workspace),
        ("bench" | "models" | "prices" | "bundle", [first, ..]) => {
            return usage(&format!("`{verb}` takes no arguments, but got `{first}`."));
        }
        _ => return usage(&format!("`{verb}` is not a verb of xtask.")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure(&error),
    }
}

/// What was typed makes no sense: say so, show what does.
fn usage(misuse: &str) -> ExitCode {
    eprintln!("{misuse}\n\n{HELP}");
    ExitCode::from(2)
}

fn failure(error: &anyhow::Error) -> ExitCode {
    eprintln!("\nxtask stopped: {error:#}");
    ExitCode::FAILURE
}
