//! What the product promises, headless, in the order in which it is best read.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod architecture;
mod archive;
mod backup;
mod chat;
mod command_line;
mod engines;
mod full_disk;
mod gate;
mod kills;
mod local_api;
mod models;
mod monitoring;
mod picking;
mod prices;
mod privacy;
mod providers_cli;
mod record;
mod retention;
mod safety;
mod store;
mod support;
