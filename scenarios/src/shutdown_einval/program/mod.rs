//! The program: a supervisor that hands a daemon's data and its control path from one process to the next.
//!
//! It does not know what a right outcome is; it leaves files and exit statuses. Invariant: what one process knows
//! of another it was told through a socket, a file, a pipe or an exit status.

pub(super) mod crash;
pub(super) mod error;
pub(super) mod frame;
pub(super) mod journal;
pub(super) mod lock;
pub(super) mod options;
pub(super) mod outcome;
pub(super) mod policy;
pub(super) mod process;
pub(super) mod protocol;

mod arm;
mod incumbent;
mod main;
mod successor;
mod supervisor;

pub(super) use main::{FAILED, main};
