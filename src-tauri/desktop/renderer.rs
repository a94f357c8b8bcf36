//! What draws the page is a process of the web view's own, which can fail: by a fault of the web view or of a driver
//! for the screen, or because the system needed its memory. Then the window is blank and does nothing, while the app
//! behind it works on. So the page is loaded again: what it shows is in the database, but for the last half second of a
//! draft, a question that is being worded anew, and options that were not saved yet.
//!
//! On Windows the web view says so itself and offers to load the page again.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tauri::{Manager, Webview};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};

/// What failed more often than this within [`A_WHILE`] would fail again at once: then the person is asked.
const TIMES: usize = 3;
const A_WHILE: Duration = Duration::from_secs(60);

const AGAIN: &str = "Your chats are safe, and what is being written goes on. If this comes back, install the updates \
                     of your system or restart the computer.";

/// When it failed, the oldest first.
#[derive(Default)]
pub(crate) struct Failures(Mutex<VecDeque<Instant>>);

impl Failures {
    /// It failed. Whether that is one time too many.
    fn add(&self, now: Instant) -> bool {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|before| now.duration_since(*before) < A_WHILE);
        failures.push_back(now);
        failures.len() > TIMES
    }

    /// Load the page again, now or when the person says so.
    pub(crate) fn mend(&self, view: &Webview) {
        tracing::warn!("what draws the window has ended");
        if !self.add(Instant::now()) {
            return load(view);
        }
        let view = view.clone();
        view.app_handle()
            .dialog()
            .message(AGAIN)
            .title("The window could not be drawn")
            .kind(MessageDialogKind::Error)
            .buttons(MessageDialogButtons::OkCustom("Try again".into()))
            .show(move |_| load(&view));
    }
}

fn load(view: &Webview) {
    if let Err(error) = view.reload() {
        tracing::error!("the page cannot be loaded again: {error}");
    }
}

/// Be told of it by this web view.
#[cfg(target_os = "linux")]
pub(crate) fn watch(view: &Webview) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt;

    let told = view.clone();
    view.with_webview(move |view| {
        view.inner().connect_web_process_terminated(move |_, _| {
            told.state::<Failures>().mend(&told);
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_failures_in_a_minute_are_mended_without_asking_and_no_more() {
        let begin = Instant::now();
        let asks_at = |times: [u64; 4]| {
            let failures = Failures::default();
            times.map(|after| failures.add(begin + Duration::from_secs(after)))
        };
        assert_eq!(asks_at([0, 1, 2, 59]), [false, false, false, true]);
        assert_eq!(asks_at([0, 1, 2, 60]), [false; 4]);
    }
}
