//! Troubles of what Gatehouse does by itself, which nobody waits for: the window tells them.

use gatehouse_core::problem::Problem;
use tauri::AppHandle;

use crate::events::{self, TroubleMet};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What was told of something that is tried again and again: each trouble once a day, until it is over.
#[derive(Debug, Default)]
pub(crate) struct Told(Option<(i64, String)>);

impl Told {
    /// Tell the window, unless it was told the same today; `now_ms` is UTC milliseconds.
    pub(crate) fn tell(&mut self, handle: &AppHandle, problem: Problem, now_ms: i64) {
        if self.is_news(&problem.message, now_ms) {
            events::tell(handle, &TroubleMet(problem));
        }
    }

    /// It went well: the next trouble is told, whichever it is.
    pub(crate) fn over(&mut self) {
        self.0 = None;
    }

    fn is_news(&mut self, words: &str, now_ms: i64) -> bool {
        let now = (now_ms.div_euclid(DAY_MS), words.to_owned());
        self.0.replace(now.clone()) != Some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_told_once_a_day_and_again_when_it_was_over() {
        let mut told = Told::default();
        assert!(told.is_news("The disk is full.", 0));
        assert!(!told.is_news("The disk is full.", DAY_MS - 1));
        assert!(told.is_news("The folder is in the way.", DAY_MS - 1));
        assert!(told.is_news("The folder is in the way.", DAY_MS));
        told.over();
        assert!(told.is_news("The folder is in the way.", DAY_MS));
    }
}
