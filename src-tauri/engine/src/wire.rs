//! The two pipes: events out on standard output, requests in on standard input.

use std::{
    io::{self, Stdout},
    sync::Mutex,
};

use gatehouse_protocol::{Event, FrameError, Request, read_frame, write_frame};

use crate::{exit, ffi::end_process, log};

/// Where events go. Shared by the thread that computes and the one that counts.
pub struct Outlet(Mutex<Stdout>);

impl Outlet {
    /// Events to standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self(Mutex::new(io::stdout()))
    }

    /// Send an event. Nobody to send it to means nobody to work for: the process ends.
    pub fn send(&self, event: &Event) {
        let Ok(mut stdout) = self.0.lock() else {
            end_process(exit::NOBODY_LISTENS)
        };
        if let Err(error) = write_frame(&mut *stdout, event) {
            log::line(&format!("nobody takes events any more: {error}"));
            end_process(exit::NOBODY_LISTENS);
        }
    }
}

/// Read requests until the pipe ends, and then end the process, whatever it is doing.
pub fn read_requests(mut take: impl FnMut(Request)) -> ! {
    let mut stdin = io::stdin().lock();
    loop {
        match read_frame(&mut stdin) {
            Ok(Some(request)) => take(request),
            Ok(None) => end_process(exit::DONE),
            Err(FrameError::Io(error)) => {
                log::line(&format!("the pipe from the app broke: {error}"));
                end_process(exit::BAD_FRAME);
            }
            Err(error) => {
                log::line(&format!("this is no request: {error}"));
                end_process(exit::BAD_FRAME);
            }
        }
    }
}
