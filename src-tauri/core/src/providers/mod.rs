//! Who runs models: one file a provider. Private to this crate and reached by the gate alone.

pub(crate) mod local;
