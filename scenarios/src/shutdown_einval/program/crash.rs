//! The points at which a process can be told to die, as if it were killed there.
//!
//! It does not know who passes them. Invariant: a point does nothing unless its name is the one that was asked for.

use photofinish_calls::child;

/// What a process that was told to die exits with.
pub(in super::super) const CRASHED: i32 = 99;

/// The incumbent has said `Drained`.
pub(in super::super) const O_AFTER_DRAINED: &str = "o-after-drained-sent";
/// The incumbent has let go of the data and not said so.
pub(in super::super) const O_AFTER_RELEASE: &str = "o-after-seal-flock-released";
/// The incumbent has said `SealComplete`.
pub(in super::super) const O_AFTER_SEALED: &str = "o-after-seal-complete-sent";
/// The incumbent has read `Commit`.
pub(super) const O_AFTER_COMMIT: &str = "o-after-commit-recv";
/// The successor has the data and has not said `Ready`.
pub(in super::super) const N_AFTER_LOCK: &str = "n-after-flock-acquired";
/// The successor has said `Ready` and not taken over the control path.
pub(super) const N_AFTER_READY: &str = "n-after-ready-sent";
/// The supervisor has exchanged first words with the incumbent.
pub(super) const S_AFTER_O_HELLO: &str = "s-after-o-hello";
/// The supervisor has started the successor.
pub(super) const S_AFTER_SPAWN: &str = "s-after-spawn-successor";
/// The supervisor has exchanged first words with the successor.
pub(super) const S_AFTER_N_HELLO: &str = "s-after-n-hello";
/// The supervisor has sent `PrepareHandoff`.
pub(super) const S_AFTER_PREPARE: &str = "s-after-prepare-sent";
/// The supervisor has read `Drained`.
pub(super) const S_AFTER_DRAINED: &str = "s-after-drained-recv";
/// The supervisor has sent `SealRequest`.
pub(super) const S_AFTER_SEAL_REQUEST: &str = "s-after-seal-request-sent";
/// The supervisor has read `SealComplete`.
pub(super) const S_AFTER_SEALED: &str = "s-after-seal-complete-recv";
/// The supervisor has sent `Begin`.
pub(super) const S_AFTER_BEGIN: &str = "s-after-begin-sent";
/// The supervisor has read `Ready`.
pub(super) const S_AFTER_READY: &str = "s-after-ready-recv";
/// The supervisor has sent `Commit`.
pub(super) const S_AFTER_COMMIT: &str = "s-after-commit-sent";
/// The supervisor has removed its journal.
pub(super) const S_AFTER_CLEAR: &str = "s-after-journal-clear";

/// The point at which this process dies, if there is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Crash(pub(super) Option<String>);

impl Crash {
    /// Passes a point. Nothing is cleaned up by a process that dies here.
    pub(super) fn at(&self, point: &str) {
        if self.0.as_deref() == Some(point) {
            child::exit_at_once(CRASHED);
        }
    }
}
