//! What is kept, and how it goes: taken along, found by person, erased, kept for so long, backed up.
//!
//! Like the gate, it sees every domain, and no domain sees it: what is kept of a person lies in all
//! of them.

pub mod anonymise;
pub mod archive;
