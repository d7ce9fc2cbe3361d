//! How much each program does, for those who run it and for those who divide a time by it.
//!
//! It does not know who runs it. Invariant: a number here is the same on every simulator, but where its name says of whom it is.

/// Operations of all threads in a run of `yields`, `locks` or `adds`.
pub(crate) const POINTS: u64 = 192_000;
/// The same on loom, which keeps every branch of a run.
pub(crate) const POINTS_LOOM: u64 = 40;
/// Values that go through the bounded buffer.
pub(crate) const VALUES: u64 = 8;
/// Values that fit into it.
pub(crate) const ROOM: usize = 2;
/// Threads that `threads` makes, one after another.
pub(crate) const THREADS: u64 = 2_000;

/// Bytes of a message that goes there and back.
pub(crate) const MESSAGE: usize = 64;
/// Connections at a time of the steady echo.
pub(crate) const CONNECTIONS: u64 = 4;
/// Round trips of each of them.
pub(crate) const ROUNDS: u64 = 5_000;
/// Round trips of a short run, set-up included.
pub(crate) const ROUNDS_SHORT: u64 = 100;
/// Bytes of the large transfer.
pub(crate) const BULK: u64 = 64 << 20;
/// Bytes of each of its writes.
pub(crate) const WRITE: usize = 64 << 10;

/// Messages of each host and second.
pub(crate) const PEERS: u64 = 3;
/// Virtual seconds of gossip.
pub(crate) const GOSSIP_S: u64 = 60;
/// The same on turmoil by number of hosts, which would take minutes.
pub(crate) const GOSSIP_TURMOIL_S: [(u64, u64); 2] = [(10, 10), (100, 1)];
/// Before the first message everybody must be there, and behind the last one it must arrive: a search may hold a thread for a second.
pub(crate) const SETTLE_MS: u64 = 2_000;
/// The same on turmoil, where each of these costs as much as one in which something happens.
pub(crate) const SETTLE_TURMOIL_MS: u64 = 20;
/// Virtual seconds in which nobody says anything.
pub(crate) const IDLE_S: u64 = 200_000;
/// The same on turmoil.
pub(crate) const IDLE_TURMOIL_S: u64 = 200;

/// Pairs of a lock and its release of all threads outside a simulation.
pub(crate) const OUTSIDE_LOCKS: u64 = 4_000_000;
/// Numbers that are sorted and summed up by one thread.
pub(crate) const SORTED: usize = 1_000_000;
