//! Calls that are not modelled, as a table: each is noted, and fails.
//!
//! They are owned so that nothing of the kind happens for real without a word. Does not know why a program wants them.
//! Invariant: every call here leaves the run inconclusive.

use core::ffi::c_int;

use photofinish_sim::errno::Errno;

use super::fail;
use crate::own::owned;
use crate::phase;
use crate::run::unmodelled;

fn refuse(name: &str) {
    phase::as_simulator(|| unmodelled(format!("{name} is not modelled")));
}

/// Calls that return -1 and set `errno`.
macro_rules! refused {
    ($($name:ident($($arg:ident),*);)*) => {
        owned! {$(
            /// Not modelled.
            fn $name($($arg: usize),*) -> isize {
                $(let _ = $arg;)*
                refuse(stringify!($name));
                fail(Errno::ENOSYS) as isize
            }
        )*}
    };
}

/// Calls that return an error number.
macro_rules! refused_by_number {
    ($($name:ident($($arg:ident),*);)*) => {
        owned! {$(
            /// Not modelled.
            fn $name($($arg: usize),*) -> c_int {
                $(let _ = $arg;)*
                refuse(stringify!($name));
                libc::ENOSYS
            }
        )*}
    };
}

refused! {
    signalfd(a, b, c);
    inotify_init1(a);
    sendmmsg(a, b, c, d);
    recvmmsg(a, b, c, d, e);
    sigtimedwait(a, b, c);
    sigwaitinfo(a, b);
    pause();
    getitimer(a, b);
    times(a);
    getrusage(a, b);
    flock(a, b);
    sem_timedwait(a, b);
    sem_clockwait(a, b, c);
}

refused_by_number! {
    pthread_cond_timedwait(a, b, c);
    pthread_cond_clockwait(a, b, c, d);
    pthread_mutex_timedlock(a, b);
    pthread_mutex_clocklock(a, b, c);
    pthread_rwlock_timedrdlock(a, b);
    pthread_rwlock_timedwrlock(a, b);
    pthread_rwlock_clockrdlock(a, b, c);
    pthread_rwlock_clockwrlock(a, b, c);
    pthread_getaffinity_np(a, b, c);
    sigwait(a, b);
}
