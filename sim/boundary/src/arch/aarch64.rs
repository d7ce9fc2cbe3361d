//! The context switch of aarch64 Linux, AAPCS64.
//!
//! Does not know what a context belongs to. Invariant: `x19`–`x30`, the stack pointer, `d8`–`d15`, FPCR and `TPIDR_EL0` (the
//! thread pointer) are saved and restored; nothing else is preserved by a call.

use core::arch::naked_asm;
use core::ffi::c_void;

use super::{Between, Context, Snapshot};

/// Stores the callee-saved registers where the stack pointer is, or loads them: `stp` or `ldp`.
macro_rules! registers {
    ($op:literal) => {
        concat!(
            $op,
            " x19, x20, [sp, #0]\n",
            $op,
            " x21, x22, [sp, #16]\n",
            $op,
            " x23, x24, [sp, #32]\n",
            $op,
            " x25, x26, [sp, #48]\n",
            $op,
            " x27, x28, [sp, #64]\n",
            $op,
            " x29, x30, [sp, #80]\n",
            $op,
            " d8, d9, [sp, #96]\n",
            $op,
            " d10, d11, [sp, #112]\n",
            $op,
            " d12, d13, [sp, #128]\n",
            $op,
            " d14, d15, [sp, #144]\n",
        )
    };
}

/// Puts the callee-saved registers on the stack, and FPCR behind them.
macro_rules! save {
    () => {
        concat!("sub sp, sp, #176\n", registers!("stp"), "mrs x9, fpcr\n", "str x9, [sp, #160]\n")
    };
}

/// Returns with what [`save`] put where the stack pointer is.
macro_rules! return_restored {
    () => {
        concat!("ldr x9, [sp, #160]\n", "msr fpcr, x9\n", registers!("ldp"), "add sp, sp, #176\n", "ret\n",)
    };
}

impl Context {
    /// Notes the running thread's own thread pointer, which [`switch`] restores but does not save: it never changes.
    pub(crate) fn adopt_current_thread(&mut self) {
        let pointer: u64;
        // SAFETY: reading TPIDR_EL0 is allowed at EL0 and has no effect.
        unsafe {
            core::arch::asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nostack, nomem, preserves_flags));
        }
        self.thread_pointer = pointer;
    }
}

/// `TPIDR_EL0` is writable in user mode on every aarch64 kernel.
pub(crate) fn supported() -> Result<(), &'static str> {
    Ok(())
}

/// Saves the running context in `save` and resumes `load`. Returns when something resumes `save`.
///
/// # Safety
/// `load` was saved by this function or by [`park`] and not resumed since; its stack and thread are alive and run nowhere
/// else; `save` names the running thread's own thread pointer.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn switch(save: *mut Context, load: *const Context) {
    naked_asm!(
        save!(),
        "mov x9, sp",
        "str x9, [x0]",
        "ldp x9, x10, [x1]",
        "mov sp, x9",
        "msr tpidr_el0, x10",
        return_restored!(),
    )
}

/// Saves the running thread's context in `save`, sets `*ready` to 1, and parks its kernel thread for ever without touching
/// the stack above. "Returns" when another kernel thread resumes `save` through [`switch`].
///
/// # Safety
/// All signals are blocked in the running thread, so that nothing ever runs on its kernel thread again; `save` and `ready`
/// outlive the process' runs.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn park(save: *mut Context, ready: *mut u32) {
    naked_asm!(
        save!(),
        "mov x9, sp",
        "mrs x10, tpidr_el0",
        "stp x9, x10, [x0]",
        "mov w9, #1",
        "stlr w9, [x1]",
        "sub sp, sp, #1024",
        "2:",
        "adrp x0, {never}",
        "add x0, x0, :lo12:{never}",
        "mov x1, #128", // FUTEX_WAIT | FUTEX_PRIVATE_FLAG
        "mov x2, #0",
        "mov x3, #0",
        "mov x8, #98", // SYS_futex
        "svc #0",
        "b 2b",
        never = sym NEVER,
    )
}

/// The word that parked kernel threads wait on: it never changes.
static NEVER: u32 = 0;

/// Keeps the running thread's stack, from its caller's frame up, in `snapshot`, and returns 0; returns 1 each time
/// [`restore_stack`] puts it back.
///
/// # Safety
/// `snapshot` is valid until it was restored or dropped, and the running thread's own.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn keep_stack(snapshot: *mut Snapshot) -> u64 {
    naked_asm!(
        "sub sp, sp, #160",
        registers!("stp"),
        "mov x9, sp",
        "str x9, [x0]",
        "bl {keep}",
        "ldp x29, x30, [sp, #80]",
        "add sp, sp, #160",
        "mov x0, #0",
        "ret",
        keep = sym super::keep,
    )
}

/// Puts a kept stack back and returns from [`keep_stack`] once more, on the thread that kept it.
///
/// # Safety
/// [`keep_stack`] filled `count` bytes at `bytes` from `stack_pointer` up, on the running thread, and the frame it returned to
/// is kept with them.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn restore_stack(stack_pointer: usize, bytes: *const u8, count: usize) -> ! {
    // Nothing is read from the stack while it is overwritten; a stack is a whole number of 8-byte words.
    naked_asm!(
        "mov x9, x0",
        "2:",
        "cbz x2, 3f",
        "ldr x10, [x1], #8",
        "str x10, [x0], #8",
        "sub x2, x2, #8",
        "b 2b",
        "3:",
        "mov sp, x9",
        registers!("ldp"),
        "add sp, sp, #160",
        "mov x0, #1",
        "ret",
    )
}

/// Calls `between` on the stack that ends at `top`, with the place where the callee-saved registers lie on this one, and returns with
/// those that lie where it says; so each time that [`rewind`] is called.
///
/// # Safety
/// Nothing uses the other stack, and between two returns of this function the running thread's own is put back as it was.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn rewind_point(top: usize, between: Between, argument: *mut c_void) {
    naked_asm!(
        save!(),
        "mov x9, x1",
        "mov x1, sp",
        "mov sp, x0",
        "mov x0, x2",
        "blr x9",
        "b {go_on}",
        go_on = sym go_on,
    )
}

/// Calls `between` on the stack that ends at `top`, and returns from the [`rewind_point`] whose stack pointer it answers.
///
/// # Safety
/// As for [`rewind_point`], whose frame `between` puts back.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn rewind(top: usize, between: Between, argument: *mut c_void) -> ! {
    naked_asm!(
        "mov x9, x1",
        "mov x1, #0",
        "mov sp, x0",
        "mov x0, x2",
        "blr x9",
        "b {go_on}",
        go_on = sym go_on,
    )
}

/// Returns from [`rewind_point`], whose stack pointer is in `x0`.
#[unsafe(naked)]
unsafe extern "C" fn go_on() {
    naked_asm!("mov sp, x0", return_restored!(),)
}
