//! Faults that strike by themselves: what may happen to which hosts, how often, and what is happening.
//!
//! Does not know how a fault is done, nor whether it strikes: the kernel asks, and does it. Invariant: whatever struck is undone at
//! the plan's end at the latest, and from there on nothing strikes.

mod nemesis;
mod plan;

pub(crate) use nemesis::{Aim, Due, Nemesis, On, Reach, Strike, When};
pub use plan::{Fault, FaultKind, Faults, Refused, TICKS_MAX};
