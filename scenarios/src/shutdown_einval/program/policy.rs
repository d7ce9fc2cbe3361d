//! What the variants differ in, as values, and the waits of the protocol.
//!
//! Nothing here does anything; the code that reads a policy does. Invariant: two variants never differ in
//! anything but these values.

use std::time::Duration;

/// How long one receive waits before the peer counts as dead.
pub(super) const LIVENESS: Duration = Duration::from_secs(10);
/// How long the first words of a peer may take.
pub(super) const HELLO: Duration = Duration::from_secs(5);
/// No receive waits for less.
pub(super) const READ_MIN: Duration = Duration::from_millis(100);
/// What a reply that was sent in time may be under way.
pub(in super::super) const WIRE_SLACK: Duration = Duration::from_secs(1);
/// How often a busy peer shows that it is alive.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long an incumbent tries to get its data back.
pub(in super::super) const RESUME_LOCK: Duration = Duration::from_secs(2);
/// How often it tries.
pub(super) const RESUME_LOCK_INTERVAL: Duration = Duration::from_millis(25);
/// What a whole handoff may take: shorter than the original's 300 s, so that a test can see its end.
pub(in super::super) const DEADLINE: Duration = Duration::from_secs(4);
/// What draining may take: shorter than the original's 60 s for the same reason.
pub(in super::super) const DRAIN_GRACE: Duration = Duration::from_secs(2);
/// How often [`ArmRule::Retry`] tries.
pub(super) const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// A place where the supervisor arms a receive time-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// Before the first words of a peer.
    Hello,
    /// Before `Drained`.
    Drained,
    /// Before each answer to `SealRequest`.
    Seal,
    /// Before `Ready`.
    Ready,
}

/// What arming does where setsockopt(2) says EINVAL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArmRule {
    /// Gives the error to whoever wants to read.
    Surface,
    /// Takes it for the end of the stream.
    BlindEof,
    /// Reads without a time-out.
    Swallow,
    /// Tries again until the time is over.
    Retry,
    /// Looks whether a read could block: reads if it could not, and gives the error if it could.
    Peek,
    /// Does not arm here: each socket was armed when it was made, once.
    Once,
}

/// When a successor takes over the control path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bind {
    /// Once `Ready` is written.
    AfterReady,
    /// Once the supervisor said that it read `Ready`.
    AfterAcknowledged,
}

/// One variant of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Policy {
    /// The name on the command line.
    pub(in super::super) name: &'static str,
    /// What arming does at [`Site::Hello`].
    hello: ArmRule,
    /// What arming does at [`Site::Seal`].
    seal: ArmRule,
    /// What arming does at [`Site::Drained`] and [`Site::Ready`], which are one function.
    read_until: ArmRule,
    /// When the successor takes over the control path.
    pub(super) bind: Bind,
}

impl Policy {
    const fn everywhere(name: &'static str, rule: ArmRule) -> Self {
        Self { name, hello: rule, seal: rule, read_until: rule, bind: Bind::AfterReady }
    }

    /// What arming does at `site`.
    pub(super) fn rule(&self, site: Site) -> ArmRule {
        match site {
            Site::Hello => self.hello,
            Site::Seal => self.seal,
            Site::Drained | Site::Ready => self.read_until,
        }
    }

    /// The variant of that name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|policy| policy.name == name)
    }
}

/// The software as it was.
pub(in super::super) const BUGGY: Policy = Policy::everywhere("buggy", ArmRule::Surface);
/// EINVAL is taken for the end of the stream.
pub(in super::super) const BLIND_EOF: Policy = Policy::everywhere("blind-eof", ArmRule::BlindEof);
/// EINVAL is ignored.
pub(in super::super) const SWALLOW: Policy = Policy::everywhere("swallow", ArmRule::Swallow);
/// Arming is tried again.
pub(in super::super) const RETRY: Policy = Policy::everywhere("retry", ArmRule::Retry);
/// The mend, but only in the function that waits for `Drained` and `Ready`.
pub(in super::super) const READ_UNTIL_ONLY: Policy =
    Policy { read_until: ArmRule::Peek, ..Policy::everywhere("read-until-only", ArmRule::Surface) };
/// Each socket is armed when it is made.
pub(in super::super) const ARM_ONCE: Policy = Policy::everywhere("arm-once", ArmRule::Once);
/// The merged fix.
pub(in super::super) const FULL: Policy = Policy::everywhere("full", ArmRule::Peek);
/// The merged fix, and a successor that waits until its `Ready` was read.
pub(in super::super) const FIXED: Policy =
    Policy { bind: Bind::AfterAcknowledged, ..Policy::everywhere("fixed", ArmRule::Peek) };

const ALL: &[Policy] = &[BUGGY, BLIND_EOF, SWALLOW, RETRY, READ_UNTIL_ONLY, ARM_ONCE, FULL, FIXED];
