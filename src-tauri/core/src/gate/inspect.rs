//! The second step of a call: what would leave is looked at before anything can leave.

/// A request that was inspected for where it goes. Only the gate makes one, and whatever reaches a
/// model takes one: a prompt that was not inspected cannot reach a provider, because that does not
/// compile.
#[derive(Debug)]
pub(crate) struct Inspected<T>(T);

impl<T> Inspected<T> {
    /// The request, for the provider that sends it.
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

/// Let a test of a client send what it likes.
#[cfg(test)]
pub(crate) fn unchecked_in_a_test<T>(request: T) -> Inspected<T> {
    Inspected(request)
}

/// Pass a request to a model on this computer. Nothing leaves, so nothing has to be masked.
pub(super) fn for_this_computer<T>(request: T) -> Inspected<T> {
    Inspected(request)
}
