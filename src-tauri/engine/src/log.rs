//! What the engine has to say beside its frames: lines on standard error, and llama.cpp's last
//! errors, so that a failed load can name its cause.

use std::sync::Mutex;

/// How grave a message of llama.cpp is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is odd.
    Warning,
}

/// Enough to hold the cause of a failed load, small enough to keep always.
const KEPT_BYTES: usize = 4096;

/// What llama.cpp says when a batch is stopped on purpose.
const OF_A_STOP: [&str; 4] = [
    "failed with error 1",
    "compute status: 1",
    "removing memory module entries",
    "failed to decode, ret = 2",
];

static ERRORS: Mutex<String> = Mutex::new(String::new());

/// Write a line to standard error.
pub fn line(text: &str) {
    use std::io::Write as _;
    // A closed standard error must not end the engine, as `eprintln!` would.
    let _ = writeln!(std::io::stderr(), "gatehouse-engine: {text}");
}

/// Take a message of llama.cpp.
pub fn llama(level: Level, text: &str) {
    let text = text.trim_end();
    if text.trim_matches('.').is_empty() || OF_A_STOP.iter().any(|words| text.contains(words)) {
        return;
    }
    line(text);
    if level == Level::Error
        && let Ok(mut errors) = ERRORS.lock()
        && errors.len() + text.len() < KEPT_BYTES
    {
        errors.push_str(text);
        errors.push('\n');
    }
}

/// Forget what llama.cpp has reported as errors, before a step whose errors matter.
pub fn forget_errors() {
    let _ = take_errors();
}

/// What llama.cpp has reported as errors since they were last taken.
#[must_use]
pub fn take_errors() -> String {
    ERRORS
        .lock()
        .map(|mut errors| std::mem::take(&mut *errors))
        .unwrap_or_default()
}
