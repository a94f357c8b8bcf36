//! Between the server, which is asynchronous, and the gate, which is not: each request has a thread while
//! it is worked on, and is stopped as soon as nobody waits for it.

use std::{sync::Arc, time::Duration};

use gatehouse_core::{
    engine::Stop,
    gate::{
        Gate, GateError,
        client::{ClientAnswer, ClientEvent},
    },
};
use tokio::{
    runtime::Handle,
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::timeout,
};

use crate::{fault::Fault, server::Shared};

/// Pieces that may wait for a client to read.
const WAITING_PIECES: usize = 256;

/// One thing that is heard of an answer; the last one is its end.
pub(crate) enum Heard {
    Event(ClientEvent),
    End(Box<Result<ClientAnswer, Fault>>),
}

/// Stops the work when it is dropped: with the future of a request, which ends when its client hangs up.
pub(crate) struct StopsWhenDropped(pub(crate) Stop);

impl Drop for StopsWhenDropped {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// An answer that is being made.
pub(crate) struct Listening {
    pub(crate) events: mpsc::Receiver<Heard>,
    _stops: StopsWhenDropped,
}

/// What hears an answer as it comes.
pub(crate) type Pieces<'p> = &'p mut dyn FnMut(ClientEvent);
/// What hears the whole of it.
pub(crate) type Whole<'w> = &'w mut dyn FnMut(ClientAnswer);

/// Have the gate answer a client, and hear it as it comes.
pub(crate) fn listen(
    shared: &Arc<Shared>,
    answer: impl FnOnce(&Gate, &Stop, Pieces<'_>, Whole<'_>) -> Result<(), GateError> + Send + 'static,
) -> Listening {
    let unread = shared.config.limits.unread;
    let shared = Arc::clone(shared);
    heard(unread, move |stop, pieces, whole| {
        answer(&shared.app.gate, stop, pieces, whole)
    })
}

/// Have something done on a thread of its own that tells what comes of it. Where nobody takes that for
/// the time `unread`, it is stopped.
pub(crate) fn heard(
    unread: Duration,
    work: impl FnOnce(&Stop, Pieces<'_>, Whole<'_>) -> Result<(), GateError> + Send + 'static,
) -> Listening {
    let (sender, events) = mpsc::channel(WAITING_PIECES);
    let stop = Stop::default();
    let stops = StopsWhenDropped(stop.clone());
    tokio::task::spawn_blocking(move || {
        let runtime = Handle::current();
        // Where nobody reads, the work is stopped and the rest is not told.
        let tell = |heard| {
            let told = runtime.block_on(timeout(unread, sender.send(heard)));
            if !matches!(told, Ok(Ok(()))) {
                stop.set();
            }
        };
        let mut pieces = |event| {
            if !stop.is_set() {
                tell(Heard::Event(event));
            }
        };
        // Nobody waits here for a client while its call is still to be written.
        let mut unread = None;
        let mut whole = |answer| {
            let told = sender.try_send(Heard::End(Box::new(Ok(answer))));
            if let Err(TrySendError::Full(end)) = told {
                unread = Some(end);
            }
        };
        let failed = work(&stop, &mut pieces, &mut whole).err();
        let failed = failed.map(|error| Heard::End(Box::new(Err(error.into()))));
        if let Some(end) = failed.or(unread) {
            tell(end);
        }
    });
    Listening {
        events,
        _stops: stops,
    }
}

/// Have something done on a thread of its own, and stop it when nobody waits any more.
///
/// # Errors
/// [`Fault`] as the gate says, or when the thread is gone.
pub(crate) async fn done<T: Send + 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(&Shared, &Stop) -> Result<T, GateError> + Send + 'static,
) -> Result<T, Fault> {
    told(shared, move |shared, stop, tell| {
        tell(work(shared, stop)?);
        Ok(())
    })
    .await
}

/// The same of something that tells what comes of it before it has ended.
async fn told<T: Send + 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(&Shared, &Stop, &mut dyn FnMut(T)) -> Result<(), GateError> + Send + 'static,
) -> Result<T, Fault> {
    let (sender, receiver) = oneshot::channel();
    let stop = Stop::default();
    let _stops = StopsWhenDropped(stop.clone());
    let shared = Arc::clone(shared);
    tokio::task::spawn_blocking(move || {
        let mut sender = Some(sender);
        // An error: nobody waits, which is no fault.
        let mut send = |done| sender.take().map(|sender| sender.send(done));
        if let Err(error) = work(&shared, &stop, &mut |value| drop(send(Ok(value)))) {
            send(Err(error));
        }
    });
    match receiver.await {
        Ok(done) => done.map_err(Fault::from),
        Err(_) => Err(Fault::broke_off()),
    }
}

impl Listening {
    /// The next thing that is heard.
    ///
    /// # Errors
    /// [`Fault`] when the work broke off without an end.
    pub(crate) async fn next(&mut self) -> Result<Heard, Fault> {
        self.events.recv().await.ok_or_else(Fault::broke_off)
    }
}

/// Have the gate answer a client, and wait for the whole of it. What is still written of its call then is written on
/// the thread that it had.
///
/// # Errors
/// [`Fault`] when there is none.
pub(crate) async fn whole(
    shared: &Arc<Shared>,
    answer: impl FnOnce(&Gate, &Stop, Pieces<'_>, Whole<'_>) -> Result<(), GateError> + Send + 'static,
) -> Result<ClientAnswer, Fault> {
    told(shared, move |shared, stop, tell| {
        answer(&shared.app.gate, stop, &mut |_| {}, tell)
    })
    .await
}

/// What is heard first of an answer, and the model that gives it.
///
/// # Errors
/// [`Fault`] when there is no answer.
pub(crate) async fn first(listening: &mut Listening) -> Result<(String, Heard), Fault> {
    let mut model = String::new();
    loop {
        match listening.next().await? {
            Heard::Event(ClientEvent::Begun { model: asked }) => model = asked,
            Heard::End(end) => return Ok((model, Heard::End(Box::new(Ok((*end)?))))),
            piece @ Heard::Event(_) => return Ok((model, piece)),
        }
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_core::{
        engine::EngineError,
        gate::client::{ClientFinish, ClientUsage},
    };
    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn work_is_stopped_when_nobody_takes_what_it_tells() {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .unwrap();
        let (ended, end) = std::sync::mpsc::channel();
        let _inside = runtime.enter();
        let _listening = heard(Duration::from_millis(20), move |stop, pieces, _| {
            while !stop.is_set() {
                pieces(ClientEvent::Text("and on".into()));
            }
            ended.send(()).unwrap();
            Err(EngineError::Stopped.into())
        });
        assert_eq!(end.recv_timeout(Duration::from_secs(60)), Ok(()));
    }

    #[test]
    fn nobody_waits_for_a_slow_reader_while_the_end_of_a_call_is_still_to_be_written() {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .unwrap();
        let (written, is_written) = std::sync::mpsc::channel();
        let _inside = runtime.enter();
        let mut listening = heard(Duration::from_secs(600), move |_, pieces, whole| {
            for _ in 0..WAITING_PIECES {
                pieces(ClientEvent::Text("and on".into()));
            }
            whole(ClientAnswer {
                call: 1,
                model: "a model".into(),
                text: "all of it".into(),
                refusal: None,
                tool_calls: Vec::new(),
                finish: ClientFinish::End,
                stop_text: None,
                usage: ClientUsage::default(),
            });
            written.send(()).unwrap();
            Ok(())
        });
        // Nothing was read so far.
        assert_eq!(is_written.recv_timeout(Duration::from_secs(60)), Ok(()));
        let mut pieces = 0;
        let answer = runtime.block_on(async {
            loop {
                match listening.next().await.unwrap() {
                    Heard::Event(_) => pieces += 1,
                    Heard::End(end) => break end.unwrap(),
                }
            }
        });
        assert_eq!((pieces, &*answer.text), (WAITING_PIECES, "all of it"));
    }
}
