//! The Gatehouse window.
