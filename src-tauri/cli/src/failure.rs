//! What went wrong, for people on standard error, and as an exit code for programs.

use std::{fmt::Display, io, path::Path, process::ExitCode};

use gatehouse_core::{
    problem::{Problem, ProblemCode},
    record::StandingFault,
    startup::StartError,
    store::{DataFolder, snapshot},
};

use crate::output::harmless;

/// The exit codes, as `--help` shows them.
pub(crate) const CODES: &str = "Exit codes:
  0    done
  1    something failed
  2    the command line is not understood, or a file that it names is not of the kind that is needed
  3    no model can answer: none is installed, its file is missing, or it does not fit
  4    what was named is not there
  5    the data cannot be opened, read or written
  6    the answer failed on the way; what was written is kept
  7    it may not leave this computer, or is to be looked at first; nothing was sent
  8    a provider, its key or the network is the trouble; or the passphrase of an archive
  9    a budget would be passed; nothing was sent
  10   the record or an archive does not hold, or the record not with the witness, or a fault that was
       found in it stands; or a signature does not
  11   it was erased, and something remains; it says what
  12   the answer was cut before its end, so it does not hold to the schema that was asked for
  130  stopped by you";

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    problem: Problem,
    code: u8,
}

impl Failure {
    /// Gatehouse did not start on its data. The way on, where there is one, is a command.
    pub(crate) fn start(error: &StartError, folder: &DataFolder) -> Self {
        let code = error.code();
        let mut failure = Self {
            problem: error.into(),
            code: 5,
        };
        if code.has_way_back() {
            failure = failure.and(way_back(folder));
        }
        if code.can_start_empty() {
            failure = failure.and(
                "“gatehouse snapshots start-empty” sets what cannot be opened aside, deletes nothing, and begins anew.",
            );
        }
        failure
    }

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

    /// A file that was named cannot be read.
    pub(crate) fn unread(path: &Path, error: &io::Error) -> Self {
        Self::of_file(Problem::not_read(path, error))
    }

    /// A file that was named cannot be written.
    pub(crate) fn unwritten(path: &Path, error: &io::Error) -> Self {
        Self::of_file(Problem::not_written(path, error))
    }

    /// A file that was named cannot be read or written.
    pub(crate) fn of_file(problem: Problem) -> Self {
        let code = match problem.code {
            ProblemCode::NotFound => 4,
            _ => 5,
        };
        Self { problem, code }
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

    /// An answer that was to hold to a schema was cut before its end.
    pub(crate) fn cut(why: &str) -> Self {
        let words = format!("{why} It does not hold to the schema.");
        Self {
            problem: Problem::new(ProblemCode::Internal, words),
            code: 12,
        }
    }

    /// The record does not hold; what is wrong was said.
    pub(crate) fn does_not_hold() -> Self {
        Self {
            problem: Problem::new(ProblemCode::Internal, "The record does not hold."),
            code: 10,
        }
    }

    /// What is there of the record holds, and a fault that was found before stands.
    pub(crate) fn stands(fault: &StandingFault) -> Self {
        let words = format!("A fault stands in the record ({fault}).");
        let hint = format!(
            "Entry {0} says so. Once you have read that: “gatehouse record seen {0}”.",
            fault.entry
        );
        Self {
            problem: Problem::new(ProblemCode::DataUnusable, words).hint(hint),
            code: 10,
        }
    }

    /// The same, of something that was to be verified.
    pub(crate) fn unsound(self) -> Self {
        self.because(10)
    }

    /// The same with another exit code, where what was asked says what the trouble is.
    pub(crate) fn because(self, code: u8) -> Self {
        Self { code, ..self }
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
            eprintln!("{}", harmless(&text, &io::stderr()));
        }
    }
}

/// What there is to go back to, where a part of the database cannot be read.
pub(crate) fn way_back(folder: &DataFolder) -> &'static str {
    match snapshot::list(folder) {
        Ok(snapshots) if snapshots.is_empty() => {
            "There is no snapshot to go back to. A backup, if you have one, comes back with “gatehouse backup restore FILE”."
        }
        _ => {
            "“gatehouse snapshots list” shows what you can go back to, and “gatehouse snapshots restore NAME” does it; what is there now is set aside."
        }
    }
}

/// A command line that clap does not take: its own words for a person, an object for a program. Help
/// and the version come this way, too.
pub(crate) fn not_understood(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    if !wants_json || !error.use_stderr() {
        error.exit();
    }
    let text = error.render().to_string();
    let (what, hint) = text.split_once("\n\n").unwrap_or((&text, ""));
    let what = what.strip_prefix("error: ").unwrap_or(what);
    let mut problem = Problem::new(ProblemCode::InvalidInput, what.trim());
    if !hint.trim().is_empty() {
        problem = problem.hint(hint.trim());
    }
    let failure = Failure { problem, code: 2 };
    failure.print(true);
    failure.code()
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
