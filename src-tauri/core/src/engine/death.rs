//! Why an engine process ended, in a person's words.

use std::{fmt, process::ExitStatus};

/// How an engine process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Death {
    /// The system ended it (SIGKILL): most often for want of memory.
    Killed,
    /// Gatehouse ended it, as it did not stop an answer that it was told to stop.
    Stuck,
    /// It gave up on a fault inside the model code; the last line it wrote about it.
    Aborted(String),
    /// It ended in another way; the code or signal, and the last line it wrote.
    Ended {
        /// Code or signal, as the system names it.
        status: String,
        /// The last line that it wrote on its standard error.
        last_line: String,
    },
}

impl Death {
    /// Read an exit status and the last lines of standard error, oldest first.
    pub(super) fn from_status(status: Option<ExitStatus>, lines: &[String]) -> Self {
        #[cfg(unix)]
        let signal =
            status.and_then(|status| std::os::unix::process::ExitStatusExt::signal(&status));
        #[cfg(not(unix))]
        let signal: Option<i32> = None;
        let fault = lines
            .iter()
            .rev()
            .find(|line| line.contains("GGML_ASSERT") || line.contains("GGML_ABORT"));
        let last_line = fault.or(lines.last()).cloned().unwrap_or_default();
        match signal {
            Some(9) => Self::Killed,
            _ if fault.is_some() || signal == Some(6) => Self::Aborted(last_line),
            _ => Self::Ended {
                status: status
                    .map_or_else(|| "in an unknown way".into(), |status| status.to_string()),
                last_line,
            },
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed => {
                f.write_str("the system ended the engine, most likely because memory ran out")
            }
            Self::Stuck => f.write_str(
                "the engine did not stop an answer when it was told to, so Gatehouse ended it with all others",
            ),
            Self::Aborted(line) if line.is_empty() => {
                f.write_str("the engine stopped on a fault in the model code")
            }
            Self::Aborted(line) => write!(
                f,
                "the engine stopped on a fault in the model code ({line})"
            ),
            Self::Ended { status, last_line } if last_line.is_empty() => {
                write!(f, "the engine ended ({status})")
            }
            Self::Ended { status, last_line } => {
                write!(f, "the engine ended ({status}: {last_line})")
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    /// The words for a process that ended with this raw status after these lines.
    fn words(raw: i32, lines: &[&str]) -> String {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        Death::from_status(Some(ExitStatus::from_raw(raw)), &lines).to_string()
    }

    const EXITED_WITH_3: i32 = 3 << 8;
    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    const SIGSEGV: i32 = 11;
    const DUMPED_CORE: i32 = 0x80;

    #[test]
    fn the_system_kills_for_want_of_memory_whatever_was_written_before() {
        let killed = "the system ended the engine, most likely because memory ran out";
        assert_eq!(words(SIGKILL, &[]), killed);
        assert_eq!(words(SIGKILL, &["GGML_ASSERT(n > 0) failed"]), killed);
    }

    #[test]
    fn a_failed_assertion_is_named_by_its_own_line_and_not_by_the_trace_after_it() {
        let lines = ["loaded", "ggml.c:7: GGML_ASSERT(n > 0) failed", "#1 main"];
        let fault =
            "the engine stopped on a fault in the model code (ggml.c:7: GGML_ASSERT(n > 0) failed)";
        assert_eq!(words(SIGABRT, &lines), fault);
        assert_eq!(words(SIGABRT | DUMPED_CORE, &lines), fault);
        assert_eq!(
            words(EXITED_WITH_3, &lines),
            fault,
            "where abort ends with a code, as on Windows"
        );
    }

    #[test]
    fn an_abort_without_a_word_is_a_fault_all_the_same() {
        let bare = "the engine stopped on a fault in the model code";
        assert_eq!(words(SIGABRT, &[]), bare);
        assert_eq!(words(SIGABRT, &["last"]), format!("{bare} (last)"));
    }

    #[test]
    fn any_other_end_is_told_with_its_status_and_last_line() {
        assert_eq!(
            words(EXITED_WITH_3, &[]),
            "the engine ended (exit status: 3)"
        );
        let crashed = words(SIGSEGV, &["before", "reading tensor 5"]);
        assert!(
            crashed.contains("signal: 11") && crashed.ends_with(": reading tensor 5)"),
            "{crashed}"
        );
        let unknown = Death::from_status(None, &[]).to_string();
        assert_eq!(unknown, "the engine ended (in an unknown way)");
    }
}
