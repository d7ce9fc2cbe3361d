//! What a signal stopped on aarch64: a system call.
//!
//! Does not know what it is answered. The generic timer is read without a trap, and the vDSO is left as it is. Invariant: only the
//! register that the instruction would have written is written.

use core::ffi::c_void;

/// `AUDIT_ARCH_AARCH64` of `<linux/audit.h>`.
pub(crate) const AUDIT_ARCH: u32 = 0xc000_00b7;

/// The registers of the stopped thread, which it goes on with when the handler returns.
pub(crate) struct Trap<'a> {
    context: &'a mut libc::mcontext_t,
}

impl Trap<'_> {
    /// The registers that a handler was given.
    ///
    /// # Safety
    /// `context` is the third argument of a handler with `SA_SIGINFO`, which has not returned.
    pub(crate) unsafe fn of(context: *mut c_void) -> Self {
        let context: *mut libc::ucontext_t = context.cast();
        // SAFETY: sigaction(2): it points to a ucontext_t, and nobody else looks at it while the handler runs.
        Self { context: unsafe { &mut (*context).uc_mcontext } }
    }

    /// What the general registers hold.
    pub(crate) fn general(&self) -> [u64; 31] {
        self.context.regs
    }

    /// Where the thread goes on.
    pub(crate) fn pc(&self) -> usize {
        usize::try_from(self.context.pc).expect("addresses fit")
    }

    /// The system call that was asked for.
    pub(crate) fn number(&self) -> i64 {
        self.context.regs[8].cast_signed()
    }

    /// Its arguments.
    pub(crate) fn arguments(&self) -> [i64; 6] {
        core::array::from_fn(|index| self.context.regs[index].cast_signed())
    }

    /// Answers it.
    pub(crate) fn answer(&mut self, answer: i64) {
        self.context.regs[0] = answer.cast_unsigned();
    }

    /// Is not called; see [`stub`].
    pub(crate) fn leave_stub(&mut self) {}

    /// No instruction that reads the counter is trapped.
    pub(crate) fn reads_counter(&self) -> bool {
        false
    }

    /// Is not called; see [`Self::reads_counter`].
    pub(crate) fn answer_counter(&mut self, _ticks: u64) {}
}

/// No function of the vDSO is replaced.
pub(crate) fn stub(_function: &[u8]) -> Option<Vec<u8>> {
    None
}
