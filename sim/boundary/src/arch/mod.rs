//! Contexts: a stopped thread as a stack pointer and a thread pointer, and how one becomes another. Traps: a thread that a signal
//! stopped, as its registers.
//!
//! One file per architecture, all with the same interface. It knows neither threads nor the kernel. Invariant: a context is
//! resumed at most once per time it was saved, and everything the C calling convention preserves is as it was.

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{keep_stack, park, restore_stack, rewind, rewind_point, supported, switch};

#[cfg(target_arch = "x86_64")]
mod x86_64_trap;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64_trap::{AUDIT_ARCH, Trap, stub};
#[cfg(target_arch = "x86_64")]
mod x86_64_spin;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64_spin::shorten;
#[cfg(target_arch = "x86_64")]
mod x86_64_step;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64_step::{Untrappable, set_trap_flag};

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
mod aarch64_spin;
#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::{keep_stack, park, restore_stack, rewind, rewind_point, supported, switch};
#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64_spin::shorten;
#[cfg(target_arch = "aarch64")]
mod aarch64_trap;
#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64_trap::{AUDIT_ARCH, Trap, stub};
#[cfg(target_arch = "aarch64")]
mod aarch64_step;
#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64_step::{Untrappable, set_trap_flag};

/// What happens between two turns of a process whose image is put back, on a stack of its own: it gets its argument, and the stack pointer
/// at which the image was taken, or 0 when it is to be put back; it answers with the stack pointer at which to go on.
pub(crate) type Between = extern "C" fn(*mut core::ffi::c_void, usize) -> usize;

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

/// A stack as it was, to be put back. The assembly of each architecture knows its first word.
#[repr(C)]
pub(crate) struct Snapshot {
    /// Where the kept stack begins: the lowest address.
    stack_pointer: usize,
    /// Where it ends.
    top: usize,
    bytes: Vec<u8>,
}

impl Snapshot {
    /// Room for the running thread's stack, which ends at `top`.
    pub(crate) fn new(top: usize) -> Self {
        Self { stack_pointer: 0, top, bytes: Vec::new() }
    }

    /// Puts the stack back; [`keep_stack`] returns once more.
    ///
    /// # Safety
    /// The running thread kept it, and the snapshot is leaked.
    pub(crate) unsafe fn restore(&self) -> ! {
        // SAFETY: `keep` filled the bytes from this stack pointer up; the caller vouches for the thread.
        unsafe { restore_stack(self.stack_pointer, self.bytes.as_ptr(), self.bytes.len()) }
    }
}

/// Called by [`keep_stack`] on the stack that is kept, with its lowest address noted.
extern "C" fn keep(snapshot: *mut Snapshot) {
    crate::phase::as_simulator(|| {
        // SAFETY: `keep_stack`'s caller gave a valid snapshot that nobody else uses.
        let snapshot = unsafe { &mut *snapshot };
        let size = snapshot.top - snapshot.stack_pointer;
        // SAFETY: the running thread's own stack from its stack pointer to its end, read while nobody writes to it: this very
        // frame lies below.
        let stack = unsafe { core::slice::from_raw_parts(snapshot.stack_pointer as *const u8, size) };
        snapshot.bytes = stack.to_vec();
    });
}
