//! The engine process that this test has started, as the system sees it.

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, Signal, System};

/// Send a signal to the one engine of this process, which must run.
pub fn send(signal: Signal) {
    let mut system = System::new().unwrap();
    let kind = ProcessRefreshKind::nothing();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    let this = sysinfo::get_current_pid().unwrap();
    let engines: Vec<_> = system
        .processes()
        .values()
        .filter(|process| process.parent() == Some(this) && process.thread_kind().is_none())
        // The kernel keeps 15 letters of a name.
        .filter(|process| {
            process
                .name()
                .to_string_lossy()
                .starts_with("gatehouse-engin")
        })
        .collect();
    let [engine] = engines.as_slice() else {
        panic!("{} engines run", engines.len())
    };
    assert_eq!(engine.kill_with(signal), Some(true));
}
