//! Models on this computer, through an engine process. Nothing leaves.

use gatehouse_protocol::{Event, GenerateRequest};

use crate::{
    engine::{Ended, Engine, EngineError, Stop},
    gate::Inspected,
};

/// What the record calls this provider.
pub(crate) const NAME: &str = "local";

/// Answer an inspected conversation with a loaded model.
pub(crate) fn generate(
    engine: &Engine,
    request: Inspected<GenerateRequest>,
    stop: &Stop,
    on_event: &mut dyn FnMut(Event),
) -> Result<Ended, EngineError> {
    engine.generate(request, stop, on_event)
}
