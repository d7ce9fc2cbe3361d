//! Calls that wait under signal masks of their own: `ppoll(2)`, `pselect(2)`, `epoll_pwait(2)`.
//!
//! Does not know what they wait for. Invariant: the mask of the call holds from its first attempt until its last handler has
//! returned, and then the thread's own holds again.

use photofinish_sim::call::{Caller, Stop};
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::Kernel;

use super::signal;
use crate::run::{self, Answer, with_kernel};

/// Which signals a call blocks while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Those that its thread blocks anyway.
    AsIs,
    /// These, bit n - 1 for signal n.
    These(u64),
}

impl Wanted {
    /// What the last argument of such a call says.
    pub(super) fn read(mask: *const libc::sigset_t) -> Self {
        if mask.is_null() { Self::AsIs } else { Self::These(signal::bits(mask)) }
    }
}

/// Makes a call under a mask.
pub(super) fn call<T: Answer>(
    name: &'static str,
    arg: i32,
    wanted: Wanted,
    mut f: impl FnMut(&mut Kernel, &mut Caller) -> Result<T, Stop>,
) -> Result<T, Errno> {
    let Wanted::These(blocked) = wanted else { return run::call(name, arg, f) };
    let mut before = None;
    let answer = run::call(name, arg, |kernel, caller| {
        before.get_or_insert_with(|| kernel.set_blocked_signals(blocked));
        f(kernel, caller)
    });
    if matches!(answer, Err(Errno::EINTR)) {
        // `restore_saved_sigmask_unless`: what interrupted the call is taken under its mask.
        signal::deliver();
    }
    if let Some(before) = before {
        with_kernel(|kernel| kernel.set_blocked_signals(before));
        signal::deliver();
    }
    answer
}
