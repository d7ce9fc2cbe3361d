//! Hostile tests of the pure kernel: what must hold for every program, every strategy, every replay.
//!
//! Knows no real thread: programs are lists of operations, interpreted over a kernel as the boundary does it. Invariant:
//! nothing here depends on anything but the numbers written here.

mod choosers;
mod chosen;
mod driver;
mod endings;
mod fairness;
mod futexes;
mod lenient;
mod marks;
mod odds;
mod oracles;
mod origins;
mod program;
mod properties;
mod replay;
mod times;
mod watch;
