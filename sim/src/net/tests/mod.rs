//! The network alone, driven by scripts and by chance.
//!
//! Does not know threads or descriptors. Invariant: what a script expects is what Linux answered to the same calls on
//! loopback, unless its comment names a deliberate difference.

mod connecting;
mod control;
mod datagrams;
mod datagrams_named;
mod datagrams_random;
mod disconnecting;
mod ending;
mod fabric;
mod naming;
mod options;
mod random;
mod script;
mod streaming;
