//! Asking a person at the terminal before something is done that cannot be taken back from here.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::Failure;

/// Whether a person agrees. `question` says what would be done; `otherwise` what to add where nobody can be
/// asked.
pub(crate) fn agreed(question: &str, otherwise: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::input(format!(
            "There is no terminal to ask at. {otherwise}"
        )));
    }
    let question = format!("{question} (yes/no) ");
    eprint!("{}", crate::output::harmless(&question, &io::stderr()));
    io::stderr().flush().map_err(Failure::system)?;
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(Failure::system)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::stopped()),
    }
}
