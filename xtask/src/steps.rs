//! Steps with a heading, a time and an outcome, and the table at the end.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

/// How a step ended when nothing failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It did its work.
    Done,
    /// It has nothing to do on this system, and this is why.
    Skipped(&'static str),
}

/// One step of a verb.
pub struct Step<'a> {
    /// Its heading.
    pub name: &'static str,
    /// What a person does when it fails.
    pub remedy: &'static str,
    /// The work.
    pub action: Box<dyn FnOnce() -> Result<Outcome> + 'a>,
}

impl<'a> Step<'a> {
    /// A step that always has work to do.
    pub fn new(
        name: &'static str,
        remedy: &'static str,
        action: impl FnOnce() -> Result<()> + 'a,
    ) -> Self {
        Self::that_may_skip(name, remedy, move || action().map(|()| Outcome::Done))
    }

    /// A step that some systems do not need.
    pub fn that_may_skip(
        name: &'static str,
        remedy: &'static str,
        action: impl FnOnce() -> Result<Outcome> + 'a,
    ) -> Self {
        Self {
            name,
            remedy,
            action: Box::new(action),
        }
    }
}

/// How one step went, for the table.
struct Row {
    name: &'static str,
    took: Duration,
    verdict: Verdict,
}

enum Verdict {
    Passed,
    Skipped(&'static str),
    Failed,
    NotRun,
}

/// Run the steps in order, stop at the first that fails, and end with the table.
pub fn run(steps: Vec<Step<'_>>) -> Result<()> {
    let count = steps.len();
    let mut rows = Vec::with_capacity(count);
    let mut failure = None;
    for (index, step) in steps.into_iter().enumerate() {
        if failure.is_some() {
            rows.push(Row {
                name: step.name,
                took: Duration::ZERO,
                verdict: Verdict::NotRun,
            });
            continue;
        }
        println!("\n== {}/{count} {}", index + 1, step.name);
        let started = Instant::now();
        let verdict = match (step.action)() {
            Ok(Outcome::Done) => Verdict::Passed,
            Ok(Outcome::Skipped(why)) => Verdict::Skipped(why),
            Err(error) => {
                let name = step.name;
                let remedy = step.remedy;
                failure = Some(anyhow!("{name}: {error:#}\nWhat to do: {remedy}"));
                Verdict::Failed
            }
        };
        rows.push(Row {
            name: step.name,
            took: started.elapsed(),
            verdict,
        });
    }
    println!("\n{}", Table(&rows));
    failure.map_or(Ok(()), Err)
}

/// The closing table and its last line of counts.
struct Table<'a>(&'a [Row]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|row| row.name.len()).max().unwrap_or(0);
        let (mut passed, mut failed, mut skipped, mut not_run) = (0, 0, 0, 0);
        for row in self.0 {
            let (time, words) = match row.verdict {
                Verdict::Passed => (duration(row.took), "ok".to_owned()),
                Verdict::Skipped(why) => (String::new(), format!("skipped: {why}")),
                Verdict::Failed => (duration(row.took), "FAILED".to_owned()),
                Verdict::NotRun => (String::new(), "not run".to_owned()),
            };
            *match row.verdict {
                Verdict::Passed => &mut passed,
                Verdict::Skipped(_) => &mut skipped,
                Verdict::Failed => &mut failed,
                Verdict::NotRun => &mut not_run,
            } += 1;
            writeln!(f, "  {:width$}  {time:>11}  {words}", row.name)?;
        }
        let total: Duration = self.0.iter().map(|row| row.took).sum();
        write!(f, "{passed} passed, {failed} failed")?;
        if skipped > 0 {
            write!(f, ", {skipped} skipped")?;
        }
        if not_run > 0 {
            write!(f, ", {not_run} not run")?;
        }
        write!(f, " in {}", duration(total))
    }
}

/// A duration as a person reads it: `0.4 s`, `2 min 05 s`.
fn duration(took: Duration) -> String {
    // Rounded before it is split, so that 59.97 s is not written as "60.0 s".
    let tenths = (took.as_secs_f64() * 10.0).round() / 10.0;
    if tenths < 60.0 {
        return format!("{tenths:.1} s");
    }
    let seconds = took.as_secs_f64().round() as u64;
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use anyhow::bail;

    use super::*;

    #[test]
    fn the_first_failure_stops_the_rest_and_says_what_to_do() {
        let ran = RefCell::new(Vec::new());
        let step = |name, fails| {
            let ran = &ran;
            Step::new(name, "turn it off and on", move || {
                ran.borrow_mut().push(name);
                if fails { bail!("it broke") } else { Ok(()) }
            })
        };
        let error = run(vec![step("a", false), step("b", true), step("c", false)])
            .expect_err("step b fails");
        assert_eq!(*ran.borrow(), ["a", "b"], "c must not run after b failed");
        assert_eq!(
            error.to_string(),
            "b: it broke\nWhat to do: turn it off and on"
        );
    }

    #[test]
    fn the_table_counts_every_kind_of_outcome() {
        let row = |name, seconds, verdict| Row {
            name,
            took: Duration::from_secs(seconds),
            verdict,
        };
        let rows = [
            row("Format", 1, Verdict::Passed),
            row("Window", 0, Verdict::Skipped("Linux only")),
            row("Tests", 64, Verdict::Failed),
            row("Docs", 0, Verdict::NotRun),
        ];
        assert_eq!(
            Table(&rows).to_string(),
            "  Format        1.0 s  ok\n\
             \x20 Window               skipped: Linux only\n\
             \x20 Tests    1 min 04 s  FAILED\n\
             \x20 Docs                 not run\n\
             1 passed, 1 failed, 1 skipped, 1 not run in 1 min 05 s"
        );
    }

    #[test]
    fn a_duration_never_shows_sixty_seconds() {
        let shown = |millis| duration(Duration::from_millis(millis));
        assert_eq!(shown(40), "0.0 s");
        assert_eq!(shown(59_940), "59.9 s");
        assert_eq!(shown(59_960), "1 min 00 s");
        assert_eq!(shown(3_599_900), "60 min 00 s");
    }
}
