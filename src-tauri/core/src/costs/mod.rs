//! What calls to models were made, what they used and what they cost.

mod calls;

pub use calls::{
    CallEnd, CallRow, CallStart, CallStatus, CallSummary, Purpose, Route, begin, end, list,
    name_of, orphan,
};
pub(crate) use calls::{MIGRATIONS, SUMMARY_COLUMNS, summary};
