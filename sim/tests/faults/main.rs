//! Faults that strike by themselves, on a whole kernel.
//!
//! Does not know the boundary, whose part it plays. Invariant: the kernel's books are right after every step, and a replay of a run's
//! picks is the same run.

mod driver;
mod properties;
mod strikes;
