//! Why an engine process ended, in a person's words.

use std::{fmt, process::ExitStatus};

/// How an engine process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Death {
    /// The system ended it (SIGKILL): most often for want of memory.
    Killed,
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
