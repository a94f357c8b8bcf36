//! Set up, run, test, measure and bundle Gatehouse.
fn main() {}
