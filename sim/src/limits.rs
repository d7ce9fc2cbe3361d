//! The bounds of a run, and the constants of the virtual machine; those of sockets stand in `net/limits.rs`.
//!
//! Knows nothing else. Invariant: reaching one of [`Limits`] is an [`Ending`](crate::ending::Ending), never a hang, but for those
//! that bound what may go wrong: from there on nothing does.

use serde::{Deserialize, Serialize};

/// Virtual nanoseconds that a scheduling point costs: so a loop that spins on the clock ends.
pub const POINT_NS: u64 = 10;
/// Virtual nanoseconds that a system call costs besides.
pub const CALL_NS: u64 = 190;
/// Points without a changed word or a call after which a thread is taken to be spinning.
pub const SPIN_POINTS: u64 = 200;
/// Points after which a thread loses its turn even if it makes progress.
pub const TURN_POINTS: u64 = 20_000;
/// The first time that passes when a thread spins and nobody else can run, and the one up to which it doubles; from there on it
/// grows by an eighth, so that an hour is waited for in few points and a minute is not overshot by another.
pub const SPIN_WAIT_NS: (u64, u64) = (1_000, 1_000_000);
/// Least latency of a segment on the loopback link.
pub const LATENCY_LEAST_NS: u64 = 25_000;
/// What each further step of latency adds.
pub const LATENCY_STEP_NS: u64 = 5_000;
/// How many latencies there are.
pub const LATENCY_STEPS: u64 = 16;
/// What work on a file may take beyond its least: mostly little, now and then as long as a disk that writes back.
pub const FILE_STEPS_NS: [u64; 12] = [
    0, 5_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000,
    30_000_000,
];
/// Least time that `fsync(2)` takes.
pub const SYNC_LEAST_NS: u64 = 100_000;
/// Least time that creating, renaming and removing a file takes.
pub const FOLDER_LEAST_NS: u64 = 20_000;
/// Owners that are followed from lock to lock until `EDEADLK` is not found: as `MAX_DEADLK_ITERATIONS` of `fs/locks.c` has it.
pub const LOCK_CHAIN_MAX: usize = 11;
/// `CLOCK_REALTIME` when a run begins: 2026-01-01T00:00:00Z.
pub const REALTIME_START_NS: u64 = 1_767_225_600 * 1_000_000_000;
/// `CLOCK_MONOTONIC` when a run begins: one day, so that a program may subtract from its first `Instant`.
pub const MONOTONIC_START_NS: u64 = 86_400 * 1_000_000_000;

/// The bounds of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Scheduling points, after which the run is a livelock.
    pub points_max: u64,
    /// Virtual nanoseconds, after which the run is over.
    pub virtual_ns_max: u64,
    /// Threads alive at one time.
    pub threads_max: u32,
    /// Virtual nanoseconds for which, in all, threads that could run may be descheduled while time passes.
    pub stall_ns: u64,
    /// Real milliseconds without a scheduling point, after which the run has escaped, and in all a tenfold of that.
    pub real_ms_max: u64,
    /// Bytes of memory a run may add to its warm image.
    pub memory_max: u64,
    /// Calls on streams that may move fewer bytes than they could.
    #[serde(default)]
    pub shorts_max: u64,
    /// Calls that may be interrupted without a signal, in processes that have handlers without `SA_RESTART`.
    #[serde(default)]
    pub interrupts_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            points_max: 20_000_000,
            virtual_ns_max: 7 * 24 * 3_600 * 1_000_000_000,
            threads_max: 64,
            stall_ns: 1_000_000_000,
            real_ms_max: 2_000,
            memory_max: 4 << 30,
            shorts_max: 1_000,
            interrupts_max: 20,
        }
    }
}
