//! Loops that wait for another processor, on aarch64.
//!
//! Does not know whose they are. Invariant: nothing is replaced: what waiting costs there was not measured.

/// Leaves a function as it is.
pub(crate) fn shorten(_code: &mut [u8]) -> usize {
    0
}
