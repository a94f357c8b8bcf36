//! What went wrong, for people on standard error, and as an exit code for programs.

use std::{fmt::Display, process::ExitCode};

use gatehouse_core::problem::{Problem, ProblemCode};

use crate::output::harmless;

/// The exit codes, as `--help` shows them.
pub(crate) const CODES: &str = "Exit codes:
  0    done
  1    something failed
  2    the command line is not understood
  3    no model can answer: none is installed, its file is missing, or it does not fit
  4    what was named is not there
  5    the data cannot be opened, read or written
  6    the answer failed on the way; what was written is kept
  7    it may not leave this computer, or is to be looked at first; nothing was sent
  8    a provider, its key or the network is the trouble
  9    a budget would be passed; nothing was sent
  10   the record or an archive does not hold, or the record not with the witness; or a signature does not
  11   it was erased, and something remains; it says what
  130  stopped by you";

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    problem: Problem,
    code: u8,
}

impl Failure {
    /// The data cannot be opened.
    pub(crate) fn data(error: impl Display) -> Self {
        Self {
            problem: Problem::new(ProblemCode::Internal, error.to_string()),
            code: 5,
        }
    }

    /// The system refused something.
    pub(crate) fn system(error: impl Display) -> Self {
        Self {
            problem: Problem::new(ProblemCode::Internal, error.to_string()),
            code: 1,
        }
    }

    /// A file that was named cannot be read or written.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let message = format!("{}: {error}", path.display());
        let code = if error.kind() == std::io::ErrorKind::NotFound {
            4
        } else {
            5
        };
        Self {
            problem: Problem::new(ProblemCode::InvalidInput, message),
            code,
        }
    }

    /// Something given cannot be used.
    pub(crate) fn input(message: impl Display) -> Self {
        Self {
            problem: Problem::new(ProblemCode::InvalidInput, message.to_string()),
            code: 2,
        }
    }

    /// What was named is not there.
    pub(crate) fn missing(message: impl Display) -> Self {
        Problem::new(ProblemCode::NotFound, message.to_string()).into()
    }

    /// An answer failed after it had begun.
    pub(crate) fn answer(problem: Problem) -> Self {
        let failure = Self::from(problem);
        let code = if failure.code == 1 { 6 } else { failure.code };
        Self { code, ..failure }
    }

    /// The same, with more of what the person is to know.
    pub(crate) fn and(mut self, words: &str) -> Self {
        let hint = self.problem.hint.take();
        let hints: Vec<_> = hint.iter().map(String::as_str).chain([words]).collect();
        self.problem.hint = Some(hints.join(" "));
        self
    }

    /// The record does not hold; what is wrong was said.
    pub(crate) fn does_not_hold() -> Self {
        Self {
            problem: Problem::new(ProblemCode::Internal, "The record does not hold."),
            code: 10,
        }
    }

    /// The same, of something that was to be verified.
    pub(crate) fn unsound(self) -> Self {
        Self { code: 10, ..self }
    }

    /// What was read is not what its key has signed.
    pub(crate) fn unsigned(why: &impl Display) -> Self {
        Self {
            problem: Problem::new(ProblemCode::InvalidInput, why),
            code: 10,
        }
    }

    /// An erasure did not reach everything; what was said.
    pub(crate) fn remains() -> Self {
        Self {
            problem: Problem::new(ProblemCode::Internal, "Something remains."),
            code: 11,
        }
    }

    /// The record has a fault, and nobody insists.
    pub(crate) fn faulty(problem: impl Into<Problem>) -> Self {
        let failure = Self {
            problem: problem.into(),
            code: 10,
        };
        failure.and("With --anyway it is done all the same, and the record says so.")
    }

    /// The person stopped it.
    pub(crate) fn stopped() -> Self {
        Self {
            problem: Problem::new(ProblemCode::Cancelled, "Stopped."),
            code: 130,
        }
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }

    /// Say it on standard error.
    pub(crate) fn print(&self, json: bool) {
        if json {
            eprintln!("{}", serde_json::json!({ "error": self.problem }));
        } else {
            let text = self.problem.to_string();
            eprintln!("{}", harmless(&text, &std::io::stderr()));
        }
    }
}

impl<E: Into<Problem>> From<E> for Failure {
    fn from(error: E) -> Self {
        use ProblemCode as Code;
        let problem = error.into();
        let code = match problem.code {
            Code::NoModel | Code::ModelMissing | Code::ModelTooLarge | Code::ModelRefused => 3,
            Code::NotFound => 4,
            Code::DiskFull | Code::DataUnusable => 5,
            Code::EngineDied | Code::PromptTooLong => 6,
            Code::Cancelled => 130,
            Code::BadConstraint | Code::InvalidInput => 2,
            Code::NotAllowed | Code::ReviewFirst => 7,
            Code::KeyWrong | Code::Provider | Code::Offline => 8,
            Code::BudgetReached => 9,
            Code::Busy | Code::Internal => 1,
        };
        Self { problem, code }
    }
}
