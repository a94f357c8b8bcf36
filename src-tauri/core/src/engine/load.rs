//! What engines take of the computer: memory and processor, as the system counts them.

use std::{collections::HashMap, sync::Mutex};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::{Engines, lock};
use crate::ids::ModelId;

/// What the process of an engine takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EngineLoad {
    /// Bytes of memory that it holds.
    pub resident_bytes: u64,
    /// Percent of one core, since it was last asked for: 800 is eight whole cores. `None` the first time.
    pub cpu_percent: Option<f32>,
}

/// Remembers when engines were last looked at, which their share of the processor is counted from.
#[derive(Default)]
pub(super) struct Meter(Mutex<Option<Looked>>);

struct Looked {
    system: System,
    known: Vec<Pid>,
}

impl Engines {
    /// What the process of each engine takes; one that the system does not know is left out.
    pub fn loads(&self) -> HashMap<ModelId, EngineLoad> {
        let engines = lock(&self.engines);
        let processes: Vec<(ModelId, Pid)> = engines
            .iter()
            .filter(|(_, engine)| engine.is_alive())
            .map(|(&model, engine)| (model, Pid::from_u32(engine.process_id())))
            .collect();
        drop(engines);
        self.meter.read(&processes)
    }
}

impl Meter {
    fn read(&self, processes: &[(ModelId, Pid)]) -> HashMap<ModelId, EngineLoad> {
        let mut looked = lock(&self.0);
        let Some(mut now) = looked.take().or_else(|| {
            let system = System::new().ok()?;
            let known = Vec::new();
            Some(Looked { system, known })
        }) else {
            return HashMap::new();
        };
        let pids: Vec<Pid> = processes.iter().map(|(_, pid)| *pid).collect();
        let what = ProcessRefreshKind::nothing().with_memory().with_cpu();
        now.system
            .refresh_processes_specifics(ProcessesToUpdate::Some(&pids), true, what);
        let load = |(model, pid): &(ModelId, Pid)| {
            let process = now.system.process(*pid)?;
            let load = EngineLoad {
                resident_bytes: process.memory(),
                cpu_percent: now.known.contains(pid).then(|| process.cpu_usage()),
            };
            Some((*model, load))
        };
        let loads = processes.iter().filter_map(load).collect();
        now.known = pids;
        *looked = Some(now);
        loads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_there_takes_memory_and_one_that_is_not_is_left_out() {
        let meter = Meter::default();
        let [here, gone] = [ModelId::new(), ModelId::new()];
        let processes = [
            (here, Pid::from_u32(std::process::id())),
            (gone, Pid::from_u32(u32::MAX - 1)),
        ];
        let first = meter.read(&processes);
        assert_eq!(first.len(), 1, "{first:?}");
        assert!(first[&here].resident_bytes > 1_000_000);
        assert_eq!(first[&here].cpu_percent, None, "nothing to count from yet");
        let second = meter.read(&processes);
        assert!(
            second[&here]
                .cpu_percent
                .is_some_and(|percent| percent >= 0.0)
        );
    }
}
