//! The domain of Gatehouse: conversations, models, the gate, the store. No window, no model code.
//!
//! Every call to a model passes [`gate`]; what it may use and what may use it is drawn in
//! `ARCHITECTURE.md`.

pub mod ids;
