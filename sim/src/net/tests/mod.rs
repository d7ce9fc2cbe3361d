//! The network alone, driven by scripts and by chance.
//!
//! Does not know threads or descriptors. Invariant: what a script expects is what Linux answered to the same calls on
//! loopback, unless its comment names a deliberate difference.

mod connecting;
mod ending;
mod fabric;
mod naming;
mod random;
mod script;
mod streaming;
