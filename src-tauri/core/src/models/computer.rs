//! What this computer has to run models with.

use sysinfo::{CpuRefreshKind, RefreshKind, System};

use super::memory::{ComputerMemory, computer_memory};

/// What this computer has to run models with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computer {
    /// Its memory.
    pub memory: ComputerMemory,
    /// Cores that compute, hyper-threads not counted.
    pub physical_cores: u32,
    /// What its processor is called; empty if the system does not say.
    pub processor: String,
}

/// Ask the operating system.
pub fn computer() -> Computer {
    let system =
        System::new_with_specifics(RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()));
    let processor = system
        .ok()
        .and_then(|system| Some(system.cpus().first()?.brand().trim().to_owned()));
    let cores = System::physical_core_count().unwrap_or(1);
    Computer {
        memory: computer_memory(),
        physical_cores: u32::try_from(cores).unwrap_or(u32::MAX),
        processor: processor.unwrap_or_default(),
    }
}
