//! Unix sockets alone, driven by scripts and by chance.
//!
//! Does not know threads or descriptors. Invariant: what a script expects is what Linux 6.18 answered to the same calls.

mod connecting;
mod ending;
mod filling;
mod messages;
mod options;
mod random;
mod rights;
mod script;
mod streaming;
mod waking;
