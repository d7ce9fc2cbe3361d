//! The context switch of x86-64 Linux, System V calling convention.
//!
//! Does not know what a context belongs to. Invariant: `rbx`, `rbp`, `r12`–`r15`, the stack pointer, the control bits of
//! MXCSR, the x87 control word and the FS base (the thread pointer) are saved and restored; nothing else is preserved by a
//! call.

use core::arch::naked_asm;
use core::ffi::c_void;

use super::{Between, Context, Snapshot};

/// Puts the callee-saved registers on the stack, with a free word below them.
macro_rules! push {
    () => {
        concat!(
            "push rbp\n",
            "push rbx\n",
            "push r12\n",
            "push r13\n",
            "push r14\n",
            "push r15\n",
            "sub rsp, 8\n",
        )
    };
}

/// Takes the callee-saved registers back, once the free word is gone.
macro_rules! pop {
    () => {
        concat!("pop r15\n", "pop r14\n", "pop r13\n", "pop r12\n", "pop rbx\n", "pop rbp\n",)
    };
}

/// As [`push`], with the control bits in the free word.
macro_rules! save {
    () => {
        concat!(push!(), "stmxcsr [rsp]\n", "fnstcw [rsp + 4]\n")
    };
}

/// Returns with what [`save`] put where the stack pointer is.
macro_rules! return_restored {
    () => {
        concat!("fldcw [rsp + 4]\n", "ldmxcsr [rsp]\n", "add rsp, 8\n", pop!(), "ret\n")
    };
}

impl Context {
    /// Notes the running thread's own thread pointer, which [`switch`] restores but does not save: it never changes.
    pub(crate) fn adopt_current_thread(&mut self) {
        let pointer: u64;
        // SAFETY: the System V ABI for x86-64 (thread-local storage, variant II) has the thread pointer's own value at fs:0.
        unsafe {
            core::arch::asm!("mov {}, fs:[0]", out(reg) pointer, options(nostack, preserves_flags, readonly));
        }
        self.thread_pointer = pointer;
    }
}

/// Whether the kernel lets user mode write the FS base: bit 1 of `AT_HWCAP2` (`Documentation/arch/x86/x86_64/fsgs.rst`).
pub(crate) fn supported() -> Result<(), &'static str> {
    // SAFETY: getauxval(3) reads the auxiliary vector and has no preconditions.
    let hwcap2 = unsafe { libc::getauxval(libc::AT_HWCAP2) };
    if hwcap2 & 2 != 0 {
        Ok(())
    } else {
        Err("this kernel does not allow `wrfsbase` in user mode (FSGSBASE, Linux 5.9 and later); use --baton")
    }
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
        "mov [rdi], rsp",
        "mov rax, [rsi + 8]",
        "mov rsp, [rsi]",
        "wrfsbase rax",
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
    // The futex word is a constant 0, so the wait never finds it changed; the kernel thread needs no stack, but a gap is left
    // all the same for a kernel that would deliver a signal we could not block.
    naked_asm!(
        save!(),
        "mov [rdi], rsp",
        "mov rax, fs:[0]",
        "mov [rdi + 8], rax",
        "mov dword ptr [rsi], 1",
        "sub rsp, 1024",
        "2:",
        "lea rdi, [rip + {never}]",
        "mov esi, 128", // FUTEX_WAIT | FUTEX_PRIVATE_FLAG
        "xor edx, edx",
        "xor r10d, r10d",
        "mov eax, 202", // SYS_futex
        "syscall",
        "jmp 2b",
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
    // Six registers and a return address leave the stack 8 off the 16 that a call wants.
    naked_asm!(
        push!(),
        "mov [rdi], rsp",
        "call {keep}",
        "add rsp, 8",
        pop!(),
        "xor eax, eax",
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
    // Nothing is read from the stack while it is overwritten.
    naked_asm!(
        "mov rax, rdi",
        "mov rcx, rdx",
        "rep movsb",
        "mov rsp, rax",
        "add rsp, 8",
        pop!(),
        "mov eax, 1",
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
        "mov rax, rsi",
        "mov rsi, rsp",
        "mov rsp, rdi",
        "mov rdi, rdx",
        "call rax",
        "jmp {go_on}",
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
        "mov rax, rsi",
        "xor esi, esi",
        "mov rsp, rdi",
        "mov rdi, rdx",
        "call rax",
        "jmp {go_on}",
        go_on = sym go_on,
    )
}

/// Returns from [`rewind_point`], whose stack pointer is in `rax`.
#[unsafe(naked)]
unsafe extern "C" fn go_on() {
    naked_asm!("mov rsp, rax", return_restored!(),)
}
