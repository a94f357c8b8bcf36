//! What calls to models were made, what they used, what they cost, and what they may cost.

pub mod budgets;
mod calls;
pub(crate) mod days;
pub(crate) mod ended;
pub mod estimate;
pub(crate) mod file_calls;
pub mod hours;
pub mod limits;
pub mod listing;
pub(crate) mod meters;
mod period;
pub mod price_list;
pub mod prices;
pub(crate) mod process;
pub mod published;
pub mod rates;
pub mod reports;
mod spending;
pub(crate) mod spread;
mod stored;
#[cfg(test)]
mod testing;
pub(crate) mod times;
pub(crate) mod total;
pub mod vendors;
pub(crate) mod worked;

pub use calls::{
    CallEnd, CallRow, CallStart, CallStatus, CallSummary, Move, Purpose, Route, begin, end, get,
    hand_over, list, orphan,
};
pub(crate) use calls::{
    CallIdentity, SUMMARY_COLUMNS, forget_moves, forget_moves_in, forget_moves_of_call,
    forget_moves_of_clients, identity, is_any_left_behind, moved_calls_of_clients, newest,
    note_beginning, orphan_of_ended, summary, was_unreached,
};
pub use spending::{Spending, spending};
pub(crate) use spending::{Whose, keep as keep_spending, spending_of};
pub use stored::name_of;
pub(crate) use stored::{by_name, stored_by_name};
pub use total::Total;

use crate::store::Migration;

/// The tables of this module, in the order in which they refer to each other.
pub(crate) const MIGRATIONS: &[&[Migration]] = &[
    prices::MIGRATIONS,
    limits::MIGRATIONS,
    calls::MIGRATIONS,
    spending::MIGRATIONS,
    days::MIGRATIONS,
    times::MIGRATIONS,
    worked::MIGRATIONS,
    budgets::MIGRATIONS,
    meters::MIGRATIONS,
];
