//! Signals inside a run: a crash of the program is an ending, and so is real time without a scheduling point.
//!
//! Does not judge. Invariant: whatever a run does to itself, its final frame is in the shared memory before its process dies,
//! unless it destroyed the simulator's own state or was killed from outside.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use photofinish_sim::ending::Ending;
use photofinish_sim::heap::Seen;

use crate::arch::Trap;
use crate::child::push_final;
use crate::frames::{Frame, StackOf};
use crate::phase::{self, Phase};
use crate::run::{self, Stack, run, walk};
use crate::shm::SHARED;
use crate::symbols::{mapping, raw};
use crate::{carrier, guard, memory, step};

/// Signals by which the hardware says that the program went wrong.
const FAULTS: [c_int; 6] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGABRT];
/// How often the watchdog looks within the time a run may spend without a scheduling point.
const LOOKS: u64 = 4;
/// How many times that time a run may take in all.
const WHOLE: u64 = 10;

static SEEN_POINTS: AtomicU64 = AtomicU64::new(0);
static IDLE_LOOKS: AtomicU64 = AtomicU64::new(0);
static ALL_LOOKS: AtomicU64 = AtomicU64::new(0);
static REAL_MS: AtomicU64 = AtomicU64::new(0);

/// The exit status of a process that could not go on because of us.
pub(crate) const OUR_BUG: c_int = 70;

/// Says something on the real standard error and ends the process: for what must not go on and cannot be returned.
pub(crate) fn die(what: &str, more: &[u8]) -> ! {
    for part in [what.as_bytes(), more, b"\n"] {
        raw::syscall(libc::SYS_write, [2, part.as_ptr() as i64, part.len().cast_signed() as i64, 0, 0, 0]);
    }
    leave(i64::from(OUR_BUG))
}

/// Ends the process at once.
pub(crate) fn leave(status: i64) -> ! {
    loop {
        raw::syscall(libc::SYS_exit_group, [status, 0, 0, 0, 0, 0]);
    }
}

/// Installs the handlers; called once, outside any run.
pub(crate) fn install() {
    mapping::note_stack();
    alternate_stack();
    for signal in FAULTS {
        handle(signal, on_fault, libc::SA_ONSTACK | libc::SA_SIGINFO | libc::SA_NODEFER, &[libc::SIGSYS]);
    }
    handle(libc::SIGALRM, on_alarm, libc::SA_ONSTACK | libc::SA_SIGINFO | libc::SA_RESTART, &[libc::SIGSYS]);
}

/// Lets a thread that runs on its own, as with batons, take its own faults, but no other signal.
pub(crate) fn prepare_thread() {
    alternate_stack();
    // SAFETY: a sigset_t of zeroes is valid, and sigemptyset overwrites it.
    let mut faults: libc::sigset_t = unsafe { core::mem::zeroed() };
    // SAFETY: sigemptyset(3) writes to a valid set.
    unsafe { libc::sigemptyset(&raw mut faults) };
    for signal in FAULTS.into_iter().chain([libc::SIGSYS]) {
        // SAFETY: a valid set and a valid signal.
        unsafe { libc::sigaddset(&raw mut faults, signal) };
    }
    // SAFETY: pthread_sigmask(3) with a valid set.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const faults, core::ptr::null_mut()) };
}

/// Gives the running kernel thread a stack for handlers, which need one when the program has run out of its own.
fn alternate_stack() {
    const SIZE: usize = 1 << 18;
    let stack = Box::leak(vec![0_u8; SIZE].into_boxed_slice());
    let alternate = libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: SIZE };
    raw::syscall(libc::SYS_sigaltstack, [(&raw const alternate) as i64, 0, 0, 0, 0, 0]);
}

/// A handler as `SA_SIGINFO` asks for it.
type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// Installs a handler, during which the `blocked` signals wait.
pub(crate) fn handle(signal: c_int, handler: Handler, flags: c_int, blocked: &[c_int]) {
    // SAFETY: a sigaction of zeroes is valid, and its set of signals is empty.
    let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
    for blocked in blocked {
        // SAFETY: a valid set and a valid signal.
        unsafe { libc::sigaddset(&raw mut action.sa_mask, *blocked) };
    }
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = flags;
    // SAFETY: the handler has the signature that SA_SIGINFO asks for.
    unsafe { libc::sigaction(signal, &raw const action, core::ptr::null_mut()) };
}

/// The address of the code that ends the handler of a signal, which the C library gave to the kernel.
pub(crate) fn restorer(signal: c_int) -> usize {
    // The kernel's `struct sigaction`: handler, flags, restorer, mask.
    let mut action = [0_usize; 4];
    let place = (&raw mut action) as i64;
    raw::syscall(libc::SYS_rt_sigaction, [i64::from(signal), 0, place, 8, 0, 0]);
    action[2]
}

/// Another run begins under the watchdog, with all of its time.
pub(crate) fn watch_another() {
    // No run has passed so many: the first look finds none idle.
    SEEN_POINTS.store(u64::MAX, Ordering::Relaxed);
    IDLE_LOOKS.store(0, Ordering::Relaxed);
    ALL_LOOKS.store(0, Ordering::Relaxed);
}

/// Starts the watchdog of a run: it may spend `real_ms` without a scheduling point.
pub(crate) fn watch(real_ms: u64) {
    REAL_MS.store(real_ms, Ordering::Relaxed);
    let look_us = (real_ms * 1_000 / LOOKS).max(1_000);
    let every = libc::timeval {
        tv_sec: (look_us / 1_000_000).cast_signed(),
        tv_usec: (look_us % 1_000_000).cast_signed(),
    };
    let timer = libc::itimerval { it_interval: every, it_value: every };
    raw::syscall(libc::SYS_setitimer, [i64::from(libc::ITIMER_REAL), (&raw const timer) as i64, 0, 0, 0, 0]);
}

/// Notes where the running thread is.
pub(crate) fn note_stack() {
    phase::as_simulator(|| {
        let mut stack = Stack { frames: [0; 64], count: 0 };
        walk(&mut stack);
        let frames = stack.frames[..stack.count].to_vec();
        SHARED.push(&Frame::Stack(run().kernel.current(), StackOf::Signal, frames));
    });
}

/// The end of a run by a fault.
pub(crate) extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    static HANDLED: AtomicBool = AtomicBool::new(false);
    if step::takes_over(signal, info, context) || guard::takes_over(signal, info, context) {
        return;
    }
    // SAFETY: the kernel passes a valid siginfo to a handler with SA_SIGINFO.
    let info = unsafe { &*info };
    // SAFETY: the bytes of the field are there for every signal; only for a fault do they mean an address.
    let address = unsafe { info.si_addr() } as usize;
    let ending = match phase::set(Phase::Simulator) {
        Phase::Program => Ending::Signalled(signal),
        // Our own code is safe Rust on memory of its own; what it touches elsewhere is what the program gave to a call, or the
        // end of the stack that the program left us.
        Phase::Simulator
            if signal != libc::SIGABRT
                && run::is_on()
                && (carrier::is_at_stack_end(address) || !memory::holds(address)) =>
        {
            Ending::Signalled(signal)
        }
        Phase::Simulator => Ending::Bug { what: format!("signal {signal} in the simulator itself") },
        Phase::Outside | Phase::Proof => {
            // Not a run: the default action, by returning to the fault without a handler.
            // SAFETY: SIG_DFL is a valid disposition.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
            phase::set(Phase::Outside);
            return;
        }
    };
    if HANDLED.swap(true, Ordering::Relaxed) || !run::is_on() {
        // A fault on the way to its stack, or no run to report.
        leave(if run::is_on() { 0 } else { i64::from(OUR_BUG) });
    }
    // What the program wrote where it was not its to is what brought it here, if it did.
    let misused = matches!(ending, Ending::Signalled(_)).then(|| memory::checked::look(Seen::Signal(signal)));
    push_final(misused.flatten().unwrap_or(ending));
    note_stack();
    // SAFETY: the third argument of this handler, which has SA_SIGINFO and does not return.
    memory::checked::note_freed(&unsafe { Trap::of(context) }.general());
    leave(0)
}

extern "C" fn on_alarm(_signal: c_int, _info: *mut libc::siginfo_t, _context: *mut c_void) {
    if !run::is_on() {
        return;
    }
    let points = run().kernel.figures().points;
    let idle = if SEEN_POINTS.swap(points, Ordering::Relaxed) == points {
        IDLE_LOOKS.fetch_add(1, Ordering::Relaxed) + 1
    } else {
        IDLE_LOOKS.store(0, Ordering::Relaxed);
        0
    };
    let all = ALL_LOOKS.fetch_add(1, Ordering::Relaxed) + 1;
    let real_ms = REAL_MS.load(Ordering::Relaxed);
    if idle < LOOKS && all < LOOKS * WHOLE {
        return;
    }
    let before = phase::set(Phase::Simulator);
    let ending = if idle >= LOOKS {
        let whose = if before == Phase::Program { "the program" } else { "the simulator" };
        Ending::Escaped {
            what: format!("{whose} ran for {real_ms} ms of real time without a scheduling point"),
        }
    } else {
        Ending::Lost {
            what: format!("its {} ms of real time are over, after {points} points", real_ms * WHOLE),
        }
    };
    note_stack();
    push_final(ending);
    leave(0)
}
