//! Computing threads wait for each other hundreds of times for every token. OpenMP's threads spin
//! while they wait, for milliseconds if need be; where another program wants the same core, that
//! burns the very time that the other thread is waiting for, and an answer comes forty times slower.
//! Threads that sleep instead lose next to nothing on an idle machine.

/// Make computing threads sleep while they wait. OpenMP reads its settings before `main`, so the
/// program starts once more, in the same process, with the setting made. Call this first.
#[cfg(target_os = "linux")]
pub fn sleep_while_waiting() {
    use std::{env, os::unix::process::CommandExt, process::Command};

    const SPINS: &str = "GOMP_SPINCOUNT";
    if env::var_os(SPINS).is_some() || env::var_os("OMP_WAIT_POLICY").is_some() {
        return;
    }
    if let Ok(program) = env::current_exe() {
        // This only comes back when it fails, and then the program works all the same.
        let error = Command::new(program)
            .args(env::args_os().skip(1))
            .env(SPINS, "0")
            .exec();
        crate::log::line(&format!("threads will spin while they wait: {error}"));
    }
}

/// Elsewhere the threads are not OpenMP's.
#[cfg(not(target_os = "linux"))]
pub fn sleep_while_waiting() {}
