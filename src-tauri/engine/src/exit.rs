//! Exit codes of the engine.

/// All was done that was asked for.
pub const DONE: i32 = 0;
/// The model could not be loaded; the app was told why.
pub const LOAD_FAILED: i32 = 3;
/// Something that is no request came in.
pub const BAD_FRAME: i32 = 4;
/// Nobody takes events any more.
pub const NOBODY_LISTENS: i32 = 5;
