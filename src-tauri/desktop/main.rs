//! The Gatehouse window.
fn main() {}
