//! What a simulator that is not ours links so that it can be asked for runs.
//!
//! Knows no simulator, and must never link the boundary: a simulator may define symbols of the C library itself, as madsim does.
//! Invariant: whatever a run does, be it to panic, hang, die or write nonsense, whoever asked for it is told, and the next can be asked for.
//!
//! Reading order: [`program`] (what a simulator says of itself), [`supervise`] (a process under a limit, its output kept), `server`
//! (who is asked), `one` (the process of a run).
//!
//! ```no_run
//! use photofinish_served::{Asked, Outcome, Served, serve};
//!
//! fn ring(asked: &Asked) -> Outcome {
//!     let simulated = asked.seed % 7; // a simulation of yours, of this seed
//!     match simulated {
//!         3 => Outcome::failed("two leaders", "nodes 1 and 2 lead at 3 s"),
//!         _ => Outcome::passed().traced(simulated),
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     serve(&[Served { name: "ring", run: ring }])
//! }
//! ```

#![forbid(unsafe_code)]

mod one;
pub mod program;
mod server;
pub mod supervise;

pub use photofinish_frames::Check;
pub use program::{Asked, Outcome, Served};
pub use server::serve;
