//! Programs over crates that nobody here wrote, with everything those need below them.
//!
//! Invariant: nothing here is configured for a simulation, and every assertion holds under every schedule, and natively.

pub mod hyper;
pub mod polling;
pub mod smol;
pub mod socket2;
