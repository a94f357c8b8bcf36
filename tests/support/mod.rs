//! What the tests stand on: folders of their own, small disks, files made up for them.

pub mod api;
pub mod app;
pub mod collector;
pub mod disk;
pub mod engine_process;
pub mod folder;
pub mod gguf;
pub mod kills;
#[cfg(target_os = "linux")]
pub mod prometheus;
pub mod provider;
pub mod raw;
#[cfg(target_os = "linux")]
pub mod stamps;
