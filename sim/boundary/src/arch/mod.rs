//! Contexts: a stopped thread as a stack pointer and a thread pointer, and how one becomes another. Traps: a thread that a signal
//! stopped, as its registers.
//!
//! One file per architecture, all with the same interface. It knows neither threads nor the kernel. Invariant: a context is
//! resumed at most once per time it was saved, and everything the C calling convention preserves is as it was.

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{park, supported, switch};

#[cfg(target_arch = "x86_64")]
mod x86_64_trap;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64_trap::{AUDIT_ARCH, Trap, stub};

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::{park, supported, switch};
#[cfg(target_arch = "aarch64")]
mod aarch64_trap;
#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64_trap::{AUDIT_ARCH, Trap, stub};

/// A stopped context. The assembly of each architecture knows its layout: two words, in this order.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Context {
    /// Where the saved registers lie.
    stack: u64,
    /// The FS base, or `TPIDR_EL0`: thread-local storage and `pthread_self(3)` of the thread it belongs to.
    thread_pointer: u64,
}

impl Context {
    pub(crate) const fn empty() -> Self {
        Self { stack: 0, thread_pointer: 0 }
    }

    /// The thread pointer of the context.
    pub(crate) fn thread_pointer(&self) -> u64 {
        self.thread_pointer
    }
}
