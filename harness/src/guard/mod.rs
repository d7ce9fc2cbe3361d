//! The determinism guard: which runs are made twice, and why two equal ones differ.
//!
//! Every failing run and a drawn part of the others is made again, in another process. If the events differ, both are made again with
//! their events and compared one by one; then with whatever reaches a program past the kernel written down, until something
//! is found that answered differently before the events did. Does not decide what becomes of a program that is not deterministic.
//! Invariant: a cause is named only for something that was seen to differ; otherwise it is [`Cause::Unknown`].
//!
//! Reading order: [`draw`](Percent) (which runs), [`difference`](Difference) (what is said), `compare` (where events differ), `cause` (what
//! differed before), `explain` (the runs that it takes).

mod cause;
mod compare;
mod difference;
mod draw;
mod explain;

pub use difference::{By, Cause, Difference, Side};
pub use draw::Percent;
pub use explain::explain;
