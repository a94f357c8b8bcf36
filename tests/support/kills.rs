//! Processes that are killed at moments that differ from one to the next, and are the same in every run.

use std::{
    fmt::Display,
    io::{BufRead as _, BufReader, Write as _},
    time::{Duration, Instant},
};

use gatehouse_core::store::DataFolder;

use super::folder::child;

/// Say a line to whoever started this process, at once.
pub fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}")
        .and_then(|()| out.flush())
        .unwrap();
}

/// A number that has nothing to do with the one for the kill before.
pub fn spread(kill: u32) -> u32 {
    kill.wrapping_mul(2_654_435_761)
}

/// Run an ignored test as a process of its own, and kill it: once it has said that it is open, after so
/// many lines and this time more. `heard` hears every whole line, also those that came before the kill and
/// were not waited for.
pub fn kill(
    test: &str,
    folder: &DataFolder,
    lines: u32,
    after: Duration,
    heard: &mut dyn FnMut(&str),
) {
    kill_when(test, folder, lines, &mut |since| since >= after, heard);
}

/// The same, when `now` says so: it is asked all the time, with the time since the last line.
pub fn kill_when(
    test: &str,
    folder: &DataFolder,
    lines: u32,
    now: &mut dyn FnMut(Duration) -> bool,
    heard: &mut dyn FnMut(&str),
) {
    let mut process = child(test, folder).spawn().unwrap();
    let mut said = BufReader::new(process.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(said.any(|line| line == "open"), "{test} did not open");
    let some = said.by_ref().filter(|line| !line.is_empty());
    some.take(lines as usize).for_each(|line| heard(&line));
    let start = Instant::now();
    while !now(start.elapsed()) {
        std::thread::yield_now();
    }
    process.kill().unwrap();
    process.wait().unwrap();
    said.for_each(|line| heard(&line));
}
