//! The only unsafe room: owned libc symbols, the context switch, instrumentation callbacks, the child of the fork server.
//!
//! It converts between the C library's world and [`photofinish_sim::kernel::Kernel`]; it does not decide. It knows nothing of
//! scenarios, oracles or reports. Invariant: while a run is on, one kernel thread executes everything, and every libc call of
//! the program that could block, tell the time, draw randomness or reach another process is answered by the kernel, or noted
//! as unmodelled.
//!
//! Reading order: [`phase`] (whose code runs), `run` (the kernel and how to reach it), `arch` and `carrier`
//! (contexts), `disk` (the files of a run), `instrument` and `symbols` (what the program reaches us through), `memory` (whose
//! heap), [`marks`] (what the program says of itself), [`frames`] (of a crate of its own) and `shm` (what a run leaves behind), `crash` (signals and the watchdog), `guard` and `vdso` (what goes past
//! the C library), `sight` and `step` (what reaches the program past the kernel, for who wants to know), `child` and [`server`]
//! (a run in a fresh image), `forked` (in a process of its own), `turns` and `rewind` (in one whose image is put back), `series` (runs that
//! follow one another in an image), `oracles` (what is asked of it besides), [`proof`]
//! (that all this is in charge), [`takeover`] (serving in an executable that has a main function of its own).

#[cfg(any(target_env = "musl", target_feature = "crt-static"))]
compile_error!(
    "photofinish needs a dynamically linked glibc: it calls the C library's own definitions behind its own"
);

mod arch;
mod carrier;
mod child;
mod crash;
mod debugger;
mod disk;
mod executable;
mod forked;
mod guard;
mod host;
mod instrument;
pub mod marks;
mod memory;
mod oracles;
mod own;
pub mod phase;
mod private;
mod process;
pub mod proof;
mod rewind;
mod run;
mod series;
pub mod server;
mod shm;
mod sight;
mod spin;
mod stack;
mod statics;
mod step;
mod symbols;
pub mod takeover;
mod tid;
mod turns;
mod vdso;
pub mod world;

/// The source of what instrumented code calls in an executable that does not name us.
pub const ABSENT: &str = include_str!("absent.rs");

pub use child::{Program, Task};
pub use instrument::level;
pub use oracles::OverEvents;
pub use photofinish_frames as frames;
pub use process::Registered;
pub use run::{active, backtrace_here, is_judging, judge, panicked, tell};
