//! Files that are to be added as models: one after the other, however many were dropped and when.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Sender},
    },
};

/// The files that wait, and the thread that works on them.
pub(crate) struct Adding {
    waiting: Sender<Batch>,
    /// Stops the batch that is worked on.
    cancel: Arc<Mutex<Option<Arc<AtomicBool>>>>,
}

/// What a person chose or dropped at once.
struct Batch {
    paths: Vec<PathBuf>,
    cancel: Arc<AtomicBool>,
}

impl Adding {
    /// Start the thread. `add` reads one file and tells how it went; it ends early once its flag is
    /// set.
    pub(crate) fn start(add: impl Fn(&Path, &AtomicBool) + Send + 'static) -> Self {
        let (waiting, batches) = mpsc::channel::<Batch>();
        let cancel = Arc::<Mutex<Option<Arc<AtomicBool>>>>::default();
        let current = Arc::clone(&cancel);
        std::thread::spawn(move || {
            for batch in batches {
                *current.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(Arc::clone(&batch.cancel));
                for path in &batch.paths {
                    if !batch.cancel.load(Ordering::Relaxed) {
                        add(path, &batch.cancel);
                    }
                }
            }
        });
        Self { waiting, cancel }
    }

    /// Add these after all that waits.
    pub(crate) fn add(&self, paths: Vec<PathBuf>) {
        let cancel = Arc::default();
        // The thread receives for as long as this sender is there.
        let _ = self.waiting.send(Batch { paths, cancel });
    }

    /// Stop the file that is read, and those that were chosen together with it.
    pub(crate) fn cancel(&self) {
        let current = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cancel) = current.as_ref() {
            cancel.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Receiver;

    use super::*;

    /// One that says each file that it begins, and goes on when it is told to; whether it was
    /// stopped by then.
    fn watched() -> (Adding, Receiver<PathBuf>, Sender<()>, Receiver<bool>) {
        let (tell_begun, begun) = mpsc::channel();
        let (go_on, told) = mpsc::channel();
        let (tell_ended, ended) = mpsc::channel();
        let adding = Adding::start(move |path, cancel| {
            tell_begun.send(path.to_owned()).expect("the test listens");
            told.recv().expect("the test says when");
            tell_ended
                .send(cancel.load(Ordering::Relaxed))
                .expect("the test listens");
        });
        (adding, begun, go_on, ended)
    }

    fn paths(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn files_of_two_drops_are_added_one_after_the_other() {
        let (adding, begun, go_on, ended) = watched();
        adding.add(paths(&["a", "b"]));
        adding.add(paths(&["c"]));
        for name in ["a", "b", "c"] {
            assert_eq!(begun.recv(), Ok(name.into()));
            assert!(begun.try_recv().is_err(), "one at a time");
            go_on.send(()).expect("the thread waits");
            assert_eq!(ended.recv(), Ok(false));
        }
    }

    #[test]
    fn cancelling_ends_the_drop_that_is_worked_on_and_a_later_one_does_not_undo_that() {
        let (adding, begun, go_on, ended) = watched();
        adding.add(paths(&["a", "b"]));
        assert_eq!(begun.recv(), Ok("a".into()));
        adding.cancel();
        adding.add(paths(&["c"]));
        go_on.send(()).expect("the thread waits");
        assert_eq!(ended.recv(), Ok(true), "the flag stays set for this drop");
        assert_eq!(begun.recv(), Ok("c".into()), "b was of the same drop");
        go_on.send(()).expect("the thread waits");
        assert_eq!(ended.recv(), Ok(false), "and c was not");
    }
}
