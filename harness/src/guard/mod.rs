//! The determinism guard: which runs are made twice, and why two equal ones differ.
//!
//! Every failing run and a drawn part of the others is made again, in another process, which has other runs behind it: most in an image
//! that is put back, some in one that is forked. If the events differ, both are made again in forked images, with their events, and
//! compared one by one; then with whatever reaches a program past the kernel written down, until something is found that answered
//! differently before the events did. If forked ones agree, it is looked for in what earlier runs left. Does not decide what becomes of a
//! program that is not deterministic. Invariant: a cause is named only for something that was seen to differ; otherwise it is
//! [`Cause::Unknown`].
//!
//! Reading order: [`draw`](Percent) (which runs), [`known`](Known) (in which image), [`difference`](Difference) (what is said), `compare`
//! (where events differ), `cause` (what differed before), `explain` (the runs that it takes), `left` (those that it takes if forked ones
//! agree).

mod cause;
mod compare;
mod difference;
mod draw;
mod explain;
mod known;
mod left;

pub use difference::{By, Cause, Difference, Side};
pub use draw::Percent;
pub use explain::{Looked, explain};
pub use known::Known;
