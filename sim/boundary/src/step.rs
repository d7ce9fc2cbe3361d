//! A run looked at instruction by instruction, for those whose answers nothing can trap: `rdrand`, `rdseed`, `rdpid`, `cpuid`.
//!
//! The processor's trap flag makes each instruction a `SIGTRAP`. Only a run that somebody watches is stepped, and only between two of its
//! events. Does not know what answers mean. Invariant: the program's registers are read, never written, but for the trap flag itself.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use crate::arch::{self, Trap, Untrappable};
use crate::frames::Input;
use crate::phase::{self, Phase};
use crate::sight::{self, Where};

/// `si_code` of a `SIGTRAP` by the trap flag: `<asm-generic/siginfo.h>`.
const TRAP_TRACE: c_int = 2;

/// Whether this run is stepped anywhere.
static STEPPED: AtomicBool = AtomicBool::new(false);
static FROM: AtomicU64 = AtomicU64::new(0);
static TO: AtomicU64 = AtomicU64::new(0);
/// The instruction that was about to be executed, as [`Untrappable::code`].
static PENDING: AtomicU8 = AtomicU8::new(0);
/// Whether the program is stepped again when it goes on: our own instructions are not.
static PAUSED: AtomicBool = AtomicBool::new(false);

/// The run is stepped from one event to another.
pub(crate) fn between((from, to): (u64, u64)) {
    FROM.store(from, Ordering::Relaxed);
    TO.store(to, Ordering::Relaxed);
    STEPPED.store(from < to, Ordering::Relaxed);
}

/// The program begins.
pub(crate) fn begin() {
    if is_wanted() && FROM.load(Ordering::Relaxed) == 0 {
        arch::set_trap_flag();
    }
}

/// The program goes on.
#[inline]
pub(crate) fn go_on() {
    if PAUSED.load(Ordering::Relaxed) {
        PAUSED.store(false, Ordering::Relaxed);
        arch::set_trap_flag();
    }
}

fn is_wanted() -> bool {
    FROM.load(Ordering::Relaxed) < TO.load(Ordering::Relaxed)
}

/// The event of this number was recorded.
pub(crate) fn event(number: u64) {
    if !is_wanted() {
        return;
    }
    if number + 1 == TO.load(Ordering::Relaxed) {
        TO.store(0, Ordering::Relaxed);
        PAUSED.store(false, Ordering::Relaxed);
    } else if number + 1 == FROM.load(Ordering::Relaxed) {
        PAUSED.store(true, Ordering::Relaxed);
    }
}

/// Whether a signal is the trap of a step; then it has been dealt with.
pub(crate) fn takes_over(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) -> bool {
    // SAFETY: the kernel passes a valid siginfo to a handler with SA_SIGINFO.
    let code = unsafe { (*info).si_code };
    if signal != libc::SIGTRAP || code != TRAP_TRACE || !STEPPED.load(Ordering::Relaxed) {
        return false;
    }
    // SAFETY: this is such a handler, and these are its arguments.
    let mut trap = unsafe { Trap::of(context) };
    if !phase::is(Phase::Program) || !is_wanted() {
        // Our own instructions are of no interest, and what we hold must not be touched.
        trap.leave_unstepped();
        PAUSED.store(is_wanted(), Ordering::Relaxed);
        return true;
    }
    if let Some(done) = Untrappable::of_code(PENDING.swap(0, Ordering::Relaxed)) {
        let answer = trap.answer_of(done);
        phase::as_simulator(|| {
            let bytes: [u8; 32] = core::array::from_fn(|at| answer[at / 8].to_ne_bytes()[at % 8]);
            sight::note(Input::Instruction(done.name().to_owned()), sight::fold(&bytes), Where::Told);
        });
    }
    if let Some(next) = trap.untrappable() {
        PENDING.store(next.code(), Ordering::Relaxed);
    }
    true
}
