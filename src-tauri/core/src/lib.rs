//! The domain of Gatehouse.
