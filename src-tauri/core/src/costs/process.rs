//! Which process a call runs in or has a connection open, so that one tells what another has set aside and still
//! uses, or still writes, from what was left behind.

use std::sync::LazyLock;

use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System};

/// This process, by its number and when it started: numbers are used again.
pub(crate) fn this_process() -> &'static str {
    static NAME: LazyLock<String> = LazyLock::new(|| {
        let number = std::process::id();
        format!("{number} {}", started(number).unwrap_or_default())
    });
    &NAME
}

/// Whether a process of this name still runs.
pub(super) fn runs(name: &str) -> bool {
    // Whatever the system says of processes, where it says anything: this one runs.
    if name == this_process() {
        return true;
    }
    let parts = name
        .split_once(' ')
        .and_then(|(number, started)| Some((number.parse().ok()?, started.parse::<u64>().ok()?)));
    // Two seconds: the system works the start out from a clock that may have been put right since.
    parts.is_some_and(|(number, then)| started(number).is_some_and(|now| now.abs_diff(then) <= 2))
}

/// Whether a process of this name has ended, for sure: no process has its number. When one started is worked out
/// from a clock that may be put right, which must not make one that is at work look ended.
pub(crate) fn has_ended(name: &str) -> bool {
    let number = name
        .split_once(' ')
        .and_then(|(number, _)| number.parse().ok());
    name != this_process() && number.is_none_or(|number| started(number).is_none())
}

/// When the process of this number started, in seconds since 1970; `None`: it does not run, or the
/// system does not say.
fn started(number: u32) -> Option<u64> {
    let pid = Pid::from_u32(number);
    let mut system = System::new().ok()?;
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        true,
        ProcessRefreshKind::nothing(),
    );
    let process = system.process(pid)?;
    let ended = matches!(
        process.status(),
        ProcessStatus::Zombie | ProcessStatus::Dead
    );
    (!ended).then(|| process.start_time())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn this_process_runs_and_one_that_ended_does_not() {
        assert!(runs(this_process()));
        // Either waits for a standard input that does not come.
        let mut child = Command::new(if cfg!(windows) { "more" } else { "cat" })
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let name = format!("{} {}", child.id(), started(child.id()).unwrap());
        assert!(runs(&name));
        assert!(!has_ended(&name) && !has_ended(&format!("{} 1", child.id())));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!runs(&name) && has_ended(&name));
    }

    #[test]
    fn a_number_that_is_used_again_is_not_the_same_process() {
        let number = std::process::id();
        assert!(!runs(&format!("{number} 1")));
    }

    #[test]
    fn what_names_no_process_does_not_run() {
        for name in ["", "1", "a b", "-1 0", "99999999999 0", "1 2 3"] {
            assert!(!runs(name), "{name}");
        }
    }
}
