//! The escape guard: a system call or a read of the processor's counter that the program makes past the C library is caught.
//!
//! Syscall User Dispatch (`Documentation/admin-guide/syscall-user-dispatch.rst`) turns a system call of the program into
//! `SIGSYS`, but for those from the text of the C library, which is exempt: what its own functions ask is theirs, and what we
//! ask goes through its `syscall(2)`. `PR_SET_TSC` turns `rdtsc` and `rdtscp` into `SIGSEGV`. Does not know what a call means;
//! `symbols::bypass` answers it. What no kernel can catch is `rdrand`, `rdseed`, `rdpid` and `cpuid`. Invariant: a handler runs on
//! the stack of the thread that asked, as a called function would, so that the answer may wait and others run meanwhile; `errno`
//! and every register but those of the answer are as they were.

mod library;

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use libc::siginfo_t;

use crate::arch::{self, Trap};
use crate::crash;
use crate::phase::{self, Phase};
use crate::symbols::{bypass, clock, raw};
use crate::{run, sight, vdso};

/// `prctl(2)`: numbers of `<linux/prctl.h>`.
const PR_SET_TSC: i64 = 26;
const PR_TSC_ENABLE: i64 = 1;
const PR_TSC_SIGSEGV: i64 = 2;
const PR_SET_SYSCALL_USER_DISPATCH: i64 = 59;
const PR_SYS_DISPATCH_OFF: i64 = 0;
const PR_SYS_DISPATCH_ON: i64 = 1;
/// `si_code` of a `SIGSYS` by Syscall User Dispatch, and of a signal by `tgkill(2)`: `<asm-generic/siginfo.h>`.
const SYS_USER_DISPATCH: c_int = 2;
const SI_TKILL: c_int = -6;
/// `si_code` of a general protection fault.
const SI_KERNEL: c_int = 0x80;

static CATCHES_CALLS: AtomicBool = AtomicBool::new(false);
static CATCHES_COUNTER: AtomicBool = AtomicBool::new(false);
static VDSO_REPLACED: AtomicBool = AtomicBool::new(false);

/// Addresses from one to another.
struct Range {
    start: AtomicUsize,
    end: AtomicUsize,
}

impl Range {
    const fn empty() -> Self {
        Self { start: AtomicUsize::new(0), end: AtomicUsize::new(0) }
    }

    fn set(&self, start: usize, end: usize) {
        self.start.store(start, Ordering::Relaxed);
        self.end.store(end, Ordering::Relaxed);
    }

    fn holds(&self, address: usize) -> bool {
        (self.start.load(Ordering::Relaxed)..self.end.load(Ordering::Relaxed)).contains(&address)
    }
}

/// The text that is exempt: that of the C library.
static LIBRARY: Range = Range::empty();
/// The texts of the dynamic linker, and of what was the C library's second half before glibc 2.34: their calls are caught, and made.
static LINKER: Range = Range::empty();
static THREADS: Range = Range::empty();
static VDSO: Range = Range::empty();

/// The bytes of a `siginfo_t` that belong to a `SIGSYS`: sigaction(2).
#[repr(C)]
struct SigSys {
    signal: c_int,
    error: c_int,
    code: c_int,
    address: *mut c_void,
    number: c_int,
    arch: u32,
}

fn prctl(what: i64, [a, b, c, d]: [i64; 4]) -> i64 {
    raw::syscall(libc::SYS_prctl, [what, a, b, c, d, 0])
}

/// Finds out what this kernel can catch, and prepares it; called once, outside any run. What it cannot is returned, in words.
pub(crate) fn prepare() -> Vec<String> {
    let mut notes = Vec::new();
    let selector = phase::selector() as i64;
    let can = prctl(PR_SET_SYSCALL_USER_DISPATCH, [PR_SYS_DISPATCH_ON, 0, 0, selector]);
    if can < 0 {
        notes.push(String::from(NO_DISPATCH));
        return notes;
    }
    prctl(PR_SET_SYSCALL_USER_DISPATCH, [PR_SYS_DISPATCH_OFF, 0, 0, 0]);
    find_texts(raw::open_door());
    if LIBRARY.end.load(Ordering::Relaxed) == 0 {
        notes.push(String::from(NO_TEXT));
        return notes;
    }
    CATCHES_CALLS.store(true, Ordering::Relaxed);
    crash::handle(libc::SIGSYS, on_bypass, libc::SA_SIGINFO | libc::SA_NODEFER, &[]);
    CATCHES_COUNTER.store(prctl(PR_SET_TSC, [PR_TSC_ENABLE, 0, 0, 0]) >= 0, Ordering::Relaxed);
    if !CATCHES_COUNTER.load(Ordering::Relaxed) {
        notes.push(String::from(NO_COUNTER));
    }
    match vdso::replace() {
        Ok(()) => VDSO_REPLACED.store(true, Ordering::Relaxed),
        Err(why) => notes
            .push(format!("{why}: a program that reads a clock through the vDSO itself reads the real one")),
    }
    notes
}

const NO_DISPATCH: &str = "this kernel has no Syscall User Dispatch (Linux 5.11 and later, x86-64): a system call that a program \
    makes past the C library, as rustix does, and the processor's time-stamp counter are real, and nobody is told";
const NO_TEXT: &str = "the C library's text was not found in this process: a system call that a program makes past the C library \
    is real, and nobody is told";
const NO_COUNTER: &str =
    "this kernel does not let prctl(2) trap the time-stamp counter: `rdtsc` is real, and nobody is told";

/// The bytes of glibc's `__restore_rt`: `mov rax, 15; syscall`.
const RESTORER: usize = 16;

/// Catches what the calling kernel thread executes in [`Phase::Program`] from here on. Called in the process of a run, since
/// fork(2) ends it.
pub(crate) fn watch() {
    if !CATCHES_CALLS.load(Ordering::Relaxed) {
        return;
    }
    let (start, end) = if sight::inputs() {
        // The C library's own calls are wanted, too. What ends a handler must not be caught: `__restore_rt`, two instructions.
        let restorer = crash::restorer(libc::SIGSYS);
        (restorer, restorer + RESTORER)
    } else {
        (LIBRARY.start.load(Ordering::Relaxed), LIBRARY.end.load(Ordering::Relaxed))
    };
    let exempt = [start, end - start].map(|n| n.cast_signed() as i64);
    let selector = phase::selector() as i64;
    prctl(PR_SET_SYSCALL_USER_DISPATCH, [PR_SYS_DISPATCH_ON, exempt[0], exempt[1], selector]);
    if CATCHES_COUNTER.load(Ordering::Relaxed) {
        prctl(PR_SET_TSC, [PR_TSC_SIGSEGV, 0, 0, 0]);
    }
}

/// Finds the executable segments of the C library, which holds `door`, of the dynamic linker and of the vDSO.
fn find_texts(mut door: usize) {
    // SAFETY: dl_iterate_phdr(3) calls back with valid program headers, and passes on the place of `door`.
    unsafe { libc::dl_iterate_phdr(Some(note_texts), (&raw mut door).cast()) };
}

unsafe extern "C" fn note_texts(info: *mut libc::dl_phdr_info, _size: usize, door: *mut c_void) -> c_int {
    // SAFETY: the callback's contract: a valid info, whose headers are an array of dlpi_phnum.
    let info = unsafe { &*info };
    // SAFETY: as above.
    let headers = unsafe { core::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    // SAFETY: the name ends in NUL.
    let name = unsafe { core::ffi::CStr::from_ptr(info.dlpi_name) }.to_bytes();
    // SAFETY: `find_texts` passed it.
    let door = unsafe { *door.cast::<usize>() };
    let size = |n: u64| usize::try_from(n).expect("addresses fit");
    let texts = headers.iter().filter(|h| h.p_type == libc::PT_LOAD && h.p_flags & libc::PF_X != 0);
    for text in texts {
        let start = size(info.dlpi_addr.wrapping_add(text.p_vaddr));
        let end = start + size(text.p_memsz);
        let file = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if (start..end).contains(&door) {
            LIBRARY.set(start, end);
        } else if file.starts_with(b"ld-linux") {
            LINKER.set(start, end);
        } else if file.starts_with(b"libpthread") {
            THREADS.set(start, end);
        } else if vdso::base().is_some_and(|base| (start..end).contains(&base)) {
            VDSO.set(start, end);
        }
    }
    0
}

extern "C" fn on_bypass(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel gives a handler with SA_SIGINFO as many bytes as a siginfo_t has, of which these are the first.
    let what = unsafe { &*info.cast::<SigSys>() };
    // SAFETY: this is such a handler, and these are its arguments.
    let mut trap = unsafe { Trap::of(context) };
    match what.code {
        SYS_USER_DISPATCH if phase::is(Phase::Program) => system_call(&mut trap, what.arch),
        SI_TKILL if phase::is(Phase::Program) && trap.reads_counter() => counter(&mut trap),
        _ => crash::on_fault(signal, info, context),
    }
}

fn system_call(trap: &mut Trap<'_>, arch: u32) {
    let (number, arguments) = (trap.number(), trap.arguments());
    if LINKER.holds(trap.pc()) || THREADS.holds(trap.pc()) {
        trap.answer(raw::syscall(number, arguments));
        return;
    }
    if LIBRARY.holds(trap.pc()) {
        trap.answer(library::call(trap.pc(), number, arguments));
        return;
    }
    if VDSO.holds(trap.pc()) && VDSO_REPLACED.load(Ordering::Relaxed) {
        trap.leave_stub();
    }
    let answer = if arch == arch::AUDIT_ARCH {
        bypass::escaped(number);
        bypass::answer_caught(number, arguments)
    } else {
        run::unmodelled(format!("system call {number} by a convention of 32 bits"));
        -i64::from(libc::ENOSYS)
    };
    trap.answer(answer);
}

fn counter(trap: &mut Trap<'_>) {
    if VDSO.holds(trap.pc()) {
        // Its arithmetic on what we answer would give neither the real time nor ours.
        run::unmodelled(String::from("a clock read through the vDSO"));
    } else {
        run::escaped("rdtsc".into(), COUNTER);
    }
    trap.answer_counter(clock::read_counter());
}

/// The kind of escape that a read of the counter is: no system call has this number.
const COUNTER: i64 = -1;

/// Whether a fault is a read of the counter by the program. It is then answered when the handler returns, by [`on_bypass`]: a fault
/// is handled on a stack that all threads share, where nothing may wait.
pub(crate) fn takes_over(signal: c_int, info: *mut siginfo_t, context: *mut c_void) -> bool {
    // SAFETY: the kernel passes a valid siginfo to a handler with SA_SIGINFO.
    let code = unsafe { (*info).si_code };
    let fault = signal == libc::SIGSEGV && code == SI_KERNEL && CATCHES_COUNTER.load(Ordering::Relaxed);
    if !fault || !phase::is(Phase::Program) {
        return false;
    }
    // SAFETY: whoever handles the fault passes its context on.
    if !unsafe { Trap::of(context) }.reads_counter() {
        return false;
    }
    // `SIGSYS` is blocked in every handler of a fault, so that it is delivered where that one came from; nothing here may cause one.
    phase::as_simulator(|| {
        let process = raw::syscall(libc::SYS_getpid, [0; 6]);
        let thread = raw::syscall(libc::SYS_gettid, [0; 6]);
        raw::syscall(libc::SYS_tgkill, [process, thread, i64::from(libc::SIGSYS), 0, 0, 0]) == 0
    })
}
