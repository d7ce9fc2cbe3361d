//! The rows, each compiled twice: against the versions with the bugs, and against those without.
//!
//! They know their crates by the names in `crates`. Invariant: a row is one source for both.

pub(crate) mod asyncchannel_forget;
pub(crate) mod bb8_broken;
pub(crate) mod crossbeam_deque_0093;
pub(crate) mod delayqueue_8274;
pub(crate) mod flume_async;
pub(crate) mod moka_compute;
pub(crate) mod papaya_parker;
pub(crate) mod r2d2_race;
pub(crate) mod spin_0031;
pub(crate) mod tarpc_drain;
pub(crate) mod tokio_mpsc_8260;
