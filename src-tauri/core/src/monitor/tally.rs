//! What is counted of calls: how many, how they ended, and how long they took.

use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use crate::costs::{
    CallStatus,
    spread::Spread,
    times::{Counted, Ended, MEASURES, Measure, Sample},
};

/// Calls, while they are counted.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    calls: u64,
    running: u64,
    failed: u64,
    spreads: [Spread; MEASURES],
}

impl Tally {
    /// Nothing yet; `exact`: the values themselves will be counted, not their classes.
    pub(super) fn new(exact: bool) -> Self {
        let spread = if exact {
            Spread::exact([])
        } else {
            Spread::in_classes()
        };
        Self {
            calls: 0,
            running: 0,
            failed: 0,
            spreads: std::array::from_fn(|_| spread.clone()),
        }
    }

    /// One call more.
    pub(super) fn add_call(&mut self, call: &Sample<'_>) {
        self.calls += 1;
        self.running += u64::from(call.status == CallStatus::Running);
        self.failed += u64::from(call.status == CallStatus::Failed);
        for (spread, size) in self.spreads.iter_mut().zip(call.sizes) {
            if let Some(size) = size {
                spread.add(size, 1);
            }
        }
    }

    /// The calls of a model on one day.
    pub(super) fn add_day(&mut self, day: &Ended<'_>) {
        self.calls += day.calls;
        self.running += day.running;
        self.failed += day.failed;
    }

    /// Some of them that fell into one class.
    pub(super) fn add_class(&mut self, class: &Counted<'_>) {
        if let Some(spread) = self.spreads.get_mut(class.measure) {
            spread.add(class.floor, class.calls);
        }
    }

    pub(super) fn spread(&self, measure: Measure) -> &Spread {
        &self.spreads[measure as usize]
    }

    pub(super) fn figures(&self) -> Health {
        let answered = self.spread(Measure::Duration).len();
        let ended = self.calls.saturating_sub(self.running);
        Health {
            calls: self.calls,
            running: self.running,
            answered,
            stopped: ended.saturating_sub(self.failed + answered),
            failed: self.failed,
            first_token: Times::slow(self.spread(Measure::FirstToken)),
            duration: Times::slow(self.spread(Measure::Duration)),
            speed: Times::low(self.spread(Measure::Speed)),
            waited: Times::slow(self.spread(Measure::Waited)),
        }
    }
}

/// How calls went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// All calls, those under way included.
    #[specta(type = Number)]
    pub calls: u64,
    /// Under way.
    #[specta(type = Number)]
    pub running: u64,
    /// The model ended its answer.
    #[specta(type = Number)]
    pub answered: u64,
    /// A person or a client stopped them, or the model could not take them as they were.
    #[specta(type = Number)]
    pub stopped: u64,
    /// They failed.
    #[specta(type = Number)]
    pub failed: u64,
    /// From sending to the first token, in milliseconds.
    pub first_token: Times,
    /// From sending to the end of an answer that was not stopped, in milliseconds.
    pub duration: Times,
    /// Tokens written in a thousand seconds.
    pub speed: Times,
    /// From sending until a model on this computer took it up, in milliseconds: until it was loaded, and had
    /// a place free. Providers do not say how long a call waits at theirs.
    pub waited: Times,
}

impl Health {
    /// Answers among the calls that ended by themselves, in hundredths of a percent; `None`: none did.
    pub fn success(&self) -> Option<u64> {
        (self.answered * 10_000).checked_div(self.answered + self.failed)
    }
}

/// Where so many of a hundred calls lie, the better ones counted first: half of them, 95, and 99 are
/// as good as this or better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Times {
    /// Half of them.
    #[specta(type = Option<Number>)]
    pub p50: Option<i64>,
    /// 95 of a hundred.
    #[specta(type = Option<Number>)]
    pub p95: Option<i64>,
    /// 99 of a hundred.
    #[specta(type = Option<Number>)]
    pub p99: Option<i64>,
}

impl Times {
    /// Of what is better the smaller it is.
    fn slow(spread: &Spread) -> Self {
        Self {
            p50: spread.percentile(50),
            p95: spread.percentile(95),
            p99: spread.percentile(99),
        }
    }

    /// Of what is better the greater it is.
    fn low(spread: &Spread) -> Self {
        Self {
            p50: spread.percentile(50),
            p95: spread.percentile(5),
            p99: spread.percentile(1),
        }
    }
}
