//! System calls that the C library makes of its own accord, in a run that is watched: made as ever, and written down.
//!
//! Does not know why the library makes them. Invariant: the library is answered what it would have been answered, but for a thread or
//! a process that is not ours, with which the watched run ends.

use photofinish_sim::ending::Ending;

use crate::frames::Input;
use crate::phase;
use crate::run;
use crate::sight::{self, Where};
use crate::symbols::{bypass, raw};

/// Our own calls that are made while the program runs come through this function of the library, and are of no interest.
const DOOR: usize = 64;

/// What makes threads and processes.
const MAKES_THREADS: &[i64] = &[
    libc::SYS_clone,
    libc::SYS_clone3,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
];

/// Makes a caught system call that came from the library's text, to go on at `pc`.
pub(super) fn call(pc: usize, number: i64, arguments: [i64; 6]) -> i64 {
    if MAKES_THREADS.contains(&number) {
        phase::as_simulator(|| {
            sight::note(Input::Thread(bypass::name(number).into_owned()), 0, Where::Told);
        });
        run::finish(Ending::Escaped { what: String::from("a thread that is not ours was about to be made") });
    }
    let answer = match number {
        libc::SYS_rt_sigprocmask => change_mask(arguments),
        _ => make(number, arguments),
    };
    let door = raw::open_door();
    if !(door..door + DOOR).contains(&pc) {
        let name = phase::as_simulator(|| bypass::name(number));
        sight::called(number, &name, arguments, answer);
    }
    answer
}

fn make(number: i64, arguments: [i64; 6]) -> i64 {
    phase::as_simulator(|| raw::syscall(number, arguments))
}

/// `rt_sigprocmask(2)`, which must leave us the signal by which we hear of calls.
fn change_mask([how, set, old, size, ..]: [i64; 6]) -> i64 {
    if set == 0 || how == i64::from(libc::SIG_UNBLOCK) {
        return make(libc::SYS_rt_sigprocmask, [how, set, old, size, 0, 0]);
    }
    // SAFETY: rt_sigprocmask(2): a set of 64 signals.
    let wanted = unsafe { (set as *const u64).read_unaligned() };
    let spared = wanted & !(1 << (libc::SIGSYS - 1));
    make(libc::SYS_rt_sigprocmask, [how, (&raw const spared) as i64, old, size, 0, 0])
}
