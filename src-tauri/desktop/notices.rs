//! Notices of the system: told beside the window, for who is not looking at it. Where the system has no
//! service for them, nothing is told there, and the window tells all the same.

use std::{
    collections::HashMap,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use gatehouse_core::monitor::AlertNews;
use notify_rust::Notification;

/// Where notices are handed in.
pub(crate) struct Notices(Sender<AlertNews>);

impl Notices {
    /// A thread of its own speaks to the system, which may take its time.
    pub(crate) fn start() -> Self {
        let (hand_in, handed_in) = channel();
        thread::spawn(move || show(&handed_in));
        Self(hand_in)
    }

    /// Tell that an alert fires, or does not any more.
    pub(crate) fn tell(&self, news: &AlertNews) {
        // Nobody takes it only if that thread panicked, which was told then.
        let _ = self.0.send(news.clone());
    }
}

/// Until nobody hands in any more.
fn show(handed_in: &Receiver<AlertNews>) {
    // The newest of each alert is held: where the connection that sent it ends, some systems take it away.
    let mut held = HashMap::new();
    for news in handed_in {
        let summary = if news.fires {
            "Gatehouse: an alert"
        } else {
            "Gatehouse: an alert is over"
        };
        let notice = Notification::new()
            .appname("Gatehouse")
            .summary(summary)
            .body(&news.words)
            .show();
        match notice {
            Ok(notice) => drop(held.insert(news.alert.number, notice)),
            Err(error) => tracing::debug!("the system shows no notice: {error}"),
        }
    }
}
