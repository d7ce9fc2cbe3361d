//! Guests that go past the C library: system calls by an instruction of their own, and clocks without a system call.
//!
//! Invariant: but for those that ask for what is not modelled, none can tell that it is not on Linux.

mod asked;
mod clocks;

use photofinish::scenario::{Find, Scenario, Variant};

use crate::{doomed, sound};

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "bypass",
    story: "Programs that ask the kernel and the processor past the C library, as crates with inline assembly do.",
    variants: VARIANTS,
    programs: &[],
};

const UNMODELLED: &[Find] = &[Find { signature: "unmodelled: *", within_runs: 1 }];

static VARIANTS: &[Variant] = &[
    sound("ids", "Who it is, asked in both ways.", asked::ids),
    sound("clock", "The clock and sleeps, asked in both ways.", clocks::clock),
    sound("echo", "read and write of connected sockets that block.", asked::echo),
    sound("futex", "A ping-pong of two threads on a futex word.", asked::futex),
    sound("random", "Random bytes, which it prints.", asked::random),
    sound("kept", "errno and registers, kept over calls that fail.", asked::kept),
    sound("memory", "A page that is mapped and unmapped.", asked::memory),
    sound("exit", "The end of the process, in another thread.", asked::exit),
    sound("vdso", "The clock, read through the vDSO.", clocks::vdso),
    #[cfg(target_arch = "x86_64")]
    sound("counter", "The time-stamp counter, around a second of sleep.", clocks::counter),
    #[cfg(target_arch = "x86_64")]
    sound(
        "counter-spin",
        "A loop on the time-stamp counter until another thread is done.",
        clocks::counter_spin,
    ),
    doomed("io-uring", "io_uring_setup.", UNMODELLED, asked::io_uring),
    doomed("ptrace", "ptrace.", UNMODELLED, asked::ptrace),
    doomed("nonsense", "A number that is no system call.", UNMODELLED, asked::nonsense),
];
