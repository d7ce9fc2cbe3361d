//! Calls that are not modelled, as a table: each is noted, and fails.
//!
//! They are owned so that nothing of the kind happens for real without a word. Does not know why a program wants them.
//! Invariant: every call here leaves the run inconclusive.

use core::ffi::c_int;

use photofinish_sim::errno::Errno;

use super::{descriptor, fail};
use crate::own::{owned, real};
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

/// Calls that are real on real files, and not modelled on simulated descriptors: the first argument, or the first two.
macro_rules! refused_on_sockets {
    ($($name:ident($($fd:ident),*; $($arg:ident),*);)*) => {
        owned! {$(
            /// Not modelled on simulated descriptors.
            fn $name($($fd: usize,)* $($arg: usize),*) -> isize {
                if [$($fd),*].into_iter().any(is_simulated) {
                    refuse(concat!(stringify!($name), " on a socket"));
                    return fail(Errno::EBADF) as isize;
                }
                real!($name($($fd: usize,)* $($arg: usize),*) -> isize)
            }
        )*}
    };
}

fn is_simulated(fd: usize) -> bool {
    // The low half of the register is the int.
    #[expect(clippy::cast_possible_truncation, reason = "an int argument is the low half of its register")]
    descriptor::simulated(fd as c_int)
}

refused! {
    ppoll(a, b, c, d);
    select(a, b, c, d, e);
    pselect(a, b, c, d, e, f);
    epoll_create(a);
    epoll_ctl(a, b, c, d);
    epoll_wait(a, b, c, d);
    epoll_pwait(a, b, c, d, e);
    pipe(a);
    timerfd_create(a, b);
    timerfd_settime(a, b, c, d);
    signalfd(a, b, c);
    inotify_init1(a);
    sendmmsg(a, b, c, d);
    recvmmsg(a, b, c, d, e);
    sigtimedwait(a, b, c);
    sigwaitinfo(a, b);
    pause();
    waitpid(a, b, c);
    waitid(a, b, c, d);
    wait4(a, b, c, d);
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
    pthread_sigmask(a, b, c);
    sigwait(a, b);
}

refused_on_sockets! {
    sendfile(out, source; offset, count);
    sendfile64(out, source; offset, count);
    splice(from, to; from_offset, to_offset, count, flags);
    preadv(fd; vector, length, offset);
    pwritev(fd; vector, length, offset);
    dup3(old, new; flags);
}
