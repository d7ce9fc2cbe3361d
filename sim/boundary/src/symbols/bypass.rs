//! System calls by number: what `syscall(2)` and the escape guard ask, answered by the symbol that answers the C library's
//! caller.
//!
//! Does not know who asks. Invariant: an answer is the kernel's way to give one, an error number negated, and `errno` is left
//! alone; a number that stands in no table is not answered.

use core::ffi::{CStr, c_char, c_int, c_long};

use libc::timespec;
use photofinish_sim::errno::Errno;
use photofinish_sim::event::Event;

use super::{affinity, descriptor, errno_place, file, folder, futex, number, path, process, raw, within};
use crate::own::owned;
use crate::run;

/// Answers a system call from one of the tables; `None` if it stands in none.
pub(super) fn answer(number: c_long, arguments: [c_long; 6]) -> Option<c_long> {
    // SAFETY: it is the running thread's own errno.
    let errno = unsafe { *errno_place() };
    let answer = owned(number, arguments)
        .or_else(|| of_architecture(number, arguments))
        .or_else(|| REAL.contains(&number).then(|| real(number, arguments)));
    // SAFETY: as above.
    unsafe { *errno_place() = errno };
    answer
}

/// What a system call made past the C library is answered: from the tables, else with a note that makes the run inconclusive.
pub(crate) fn answer_caught(number: c_long, arguments: [c_long; 6]) -> c_long {
    answer(number, arguments).unwrap_or_else(|| {
        let name = number::name(number);
        run::unmodelled(format!("system call {name}/{number} made past libc"));
        -c_long::from(libc::ENOSYS)
    })
}

/// The same for a caller of `syscall(2)`.
pub(super) fn answer_called(number: c_long, arguments: [c_long; 6]) -> c_long {
    answer(number, arguments).unwrap_or_else(|| {
        let name = number::name(number);
        run::unmodelled(format!("system call {name}/{number} through syscall(2)"));
        -c_long::from(libc::ENOSYS)
    })
}

/// The name of a system call.
pub(crate) fn name(number: c_long) -> std::borrow::Cow<'static, str> {
    number::name(number)
}

/// Notes a system call that was caught past the C library.
pub(crate) fn escaped(number: c_long) {
    let what = crate::phase::as_simulator(|| number::name(number));
    run::escaped(what, number);
}

/// What a symbol that returns -1 and sets `errno` answered.
fn word(answer: c_long) -> c_long {
    if answer != -1 {
        return answer;
    }
    // SAFETY: it is the running thread's own errno.
    -c_long::from(unsafe { *errno_place() })
}

/// What a symbol that returns an error number answered.
fn error(answer: c_long) -> c_long {
    -answer
}

/// What a symbol that cannot fail, or a function of this file, answered.
fn plain(answer: c_long) -> c_long {
    answer
}

/// A table of system calls: `SYS_… => what it returns, function(its arguments, of the six);`.
macro_rules! table {
    ($of:ident, [$($register:ident)*]; $($number:ident => $kind:ident $($name:ident)::+($($argument:ident),*);)*) => {
        fn $of(number: c_long, [$($register),*]: [c_long; 6]) -> Option<c_long> {
            $(let _ = $register;)*
            let answer = match number {
                // SAFETY: who makes the system call meets its contract, which is the function's.
                $(libc::$number => $kind(unsafe { $($name)::+($($argument as _),*) } as c_long),)*
                _ => return None,
            };
            Some(answer)
        }
    };
}

table! { owned, [a b c d e f];
    SYS_accept => word libc::accept(a, b, c);
    SYS_accept4 => word libc::accept4(a, b, c, d);
    SYS_bind => word libc::bind(a, b, c);
    SYS_chdir => word libc::chdir(a);
    SYS_clock_getres => word libc::clock_getres(a, b);
    SYS_clock_gettime => word libc::clock_gettime(a, b);
    SYS_clock_nanosleep => error libc::clock_nanosleep(a, b, c, d);
    SYS_close => word libc::close(a);
    SYS_close_range => word descriptor::close_range(a, b, c);
    SYS_connect => word libc::connect(a, b, c);
    SYS_copy_file_range => word libc::copy_file_range(a, b, c, d, e, f);
    SYS_dup => word libc::dup(a);
    SYS_dup3 => word libc::dup3(a, b, c);
    SYS_epoll_create1 => word libc::epoll_create1(a);
    SYS_epoll_ctl => word libc::epoll_ctl(a, b, c, d);
    SYS_epoll_pwait => word libc::epoll_pwait(a, b, c, d, e);
    SYS_epoll_pwait2 => word super::epoll::epoll_pwait2(a, b, c, d, e);
    SYS_eventfd2 => word libc::eventfd(a, b);
    SYS_execve => word libc::execve(a, b, c);
    SYS_exit_group => plain leave(a);
    SYS_faccessat2 => word libc::faccessat(a, b, c, d);
    SYS_fallocate => word libc::fallocate(a, b, c, d);
    SYS_fchdir => word libc::fchdir(a);
    SYS_fchmod => word libc::fchmod(a, b);
    SYS_fcntl => word descriptor::fcntl(a, b, c);
    SYS_fdatasync => word libc::fdatasync(a);
    SYS_flock => word libc::flock(a, b);
    SYS_fstat => word libc::fstat(a, b);
    SYS_fsync => word libc::fsync(a);
    SYS_ftruncate => word libc::ftruncate(a, b);
    SYS_futex => plain futex::answer(a, b, c, d, e, f);
    SYS_getcpu => plain getcpu(a, b);
    SYS_getdents64 => word folder::getdents64(a, b, c);
    SYS_getitimer => word libc::getitimer(a, b);
    SYS_getpeername => word libc::getpeername(a, b, c);
    SYS_getpgid => word libc::getpgid(a);
    SYS_getpid => plain libc::getpid();
    SYS_getppid => plain libc::getppid();
    SYS_getrandom => word libc::getrandom(a, b, c);
    SYS_getsid => word libc::getsid(a);
    SYS_getrusage => word libc::getrusage(a, b);
    SYS_getsockname => word libc::getsockname(a, b, c);
    SYS_getsockopt => word libc::getsockopt(a, b, c, d, e);
    SYS_gettid => plain libc::gettid();
    SYS_gettimeofday => word libc::gettimeofday(a, b);
    SYS_inotify_init1 => word libc::inotify_init1(a);
    SYS_ioctl => word descriptor::ioctl(a, b, c);
    SYS_kill => word libc::kill(a, b);
    SYS_linkat => word libc::linkat(a, b, c, d, e);
    SYS_listen => word libc::listen(a, b);
    SYS_lseek => word libc::lseek(a, b, c);
    SYS_memfd_create => word file::memfd_create(a, b);
    SYS_mkdirat => word libc::mkdirat(a, b, c);
    SYS_mmap => word libc::mmap(a, b, c, d, e, f);
    SYS_nanosleep => word libc::nanosleep(a, b);
    SYS_newfstatat => word libc::fstatat(a, b, c, d);
    SYS_openat => word file::openat(a, b, c, d);
    SYS_openat2 => word openat2(a, b, c, d);
    SYS_pidfd_open => word pidfd_open(a, b);
    SYS_pipe2 => word libc::pipe2(a, b);
    SYS_ppoll => word libc::ppoll(a, b, c, d);
    SYS_prctl => plain control(a, b, c, d, e);
    SYS_pread64 => word libc::pread64(a, b, c, d);
    SYS_preadv => word libc::preadv(a, b, c, d);
    SYS_pselect6 => word pselect6(a, b, c, d, e, f);
    SYS_pwrite64 => word libc::pwrite64(a, b, c, d);
    SYS_pwritev => word libc::pwritev(a, b, c, d);
    SYS_read => word libc::read(a, b, c);
    SYS_readlinkat => word libc::readlinkat(a, b, c, d);
    SYS_readv => word libc::readv(a, b, c);
    SYS_recvfrom => word libc::recvfrom(a, b, c, d, e, f);
    SYS_recvmmsg => word libc::recvmmsg(a, b, c, d, e);
    SYS_recvmsg => word libc::recvmsg(a, b, c);
    SYS_renameat => word libc::renameat(a, b, c, d);
    SYS_renameat2 => word path::renameat2(a, b, c, d, e);
    SYS_sched_getaffinity => plain sched_getaffinity(a, b, c);
    SYS_sched_setaffinity => word libc::sched_setaffinity(a, b, c);
    SYS_sched_yield => word libc::sched_yield();
    SYS_sendfile => word libc::sendfile(a, b, c, d);
    SYS_sendmmsg => word libc::sendmmsg(a, b, c, d);
    SYS_sendmsg => word libc::sendmsg(a, b, c);
    SYS_sendto => word libc::sendto(a, b, c, d, e, f);
    SYS_setitimer => word super::clock::setitimer(a, b, c);
    SYS_setpgid => word libc::setpgid(a, b);
    SYS_setsid => word libc::setsid();
    SYS_setsockopt => word libc::setsockopt(a, b, c, d, e);
    SYS_shutdown => word libc::shutdown(a, b);
    SYS_sigaltstack => word libc::sigaltstack(a, b);
    SYS_socket => word libc::socket(a, b, c);
    SYS_socketpair => word libc::socketpair(a, b, c, d);
    SYS_splice => word libc::splice(a, b, c, d, e, f);
    SYS_statx => word libc::statx(a, b, c, d, e);
    SYS_symlinkat => word libc::symlinkat(a, b, c);
    SYS_timerfd_create => word libc::timerfd_create(a, b);
    SYS_timerfd_gettime => word libc::timerfd_gettime(a, b);
    SYS_timerfd_settime => word libc::timerfd_settime(a, b, c, d);
    SYS_times => word libc::times(a);
    SYS_umask => plain libc::umask(a);
    SYS_uname => word libc::uname(a);
    SYS_unlinkat => word libc::unlinkat(a, b, c);
    SYS_wait4 => word libc::wait4(a, b, c, d);
    SYS_waitid => word libc::waitid(a, b, c, d);
    SYS_write => word libc::write(a, b, c);
    SYS_writev => word libc::writev(a, b, c);
}

#[cfg(target_arch = "x86_64")]
table! { of_architecture, [a b c d e f];
    SYS_alarm => plain libc::alarm(a);
    SYS_dup2 => word libc::dup2(a, b);
    SYS_epoll_create => word libc::epoll_create(a);
    SYS_epoll_wait => word libc::epoll_wait(a, b, c, d);
    SYS_getpgrp => plain libc::getpgrp();
    SYS_open => word file::open(a, b, c);
    SYS_pause => word libc::pause();
    SYS_pipe => word libc::pipe(a);
    SYS_poll => word libc::poll(a, b, c);
    SYS_select => word libc::select(a, b, c, d, e);
    SYS_time => word libc::time(a);
}

#[cfg(not(target_arch = "x86_64"))]
fn of_architecture(_number: c_long, _arguments: [c_long; 6]) -> Option<c_long> {
    None
}

/// Calls that are made for real: they take no descriptor, neither wait for another thread nor tell the time.
const REAL: &[c_long] = &[
    libc::SYS_brk,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getuid,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
];

/// Makes a call for real, and marks it so in the events.
fn real(number: c_long, arguments: [c_long; 6]) -> c_long {
    let name = "system call made for real".into();
    run::emit(&Event::Called { name, arg: number, result: 0 });
    crate::rewind::note_change();
    raw::syscall(number, arguments)
}

/// `exit_group(2)`.
///
/// # Safety
/// None is asked for.
unsafe fn leave(status: c_int) -> c_long {
    // SAFETY: no pointers. It does not return.
    unsafe { process::_exit(status) };
    0
}

/// `openat2(2)`.
///
/// # Safety
/// The system call's contract.
unsafe fn openat2(folder: c_int, path: *const c_char, how: *const u8, size: usize) -> c_int {
    within::open(folder, path, how, size)
}

/// `pidfd_open(2)`.
///
/// # Safety
/// None is asked for.
unsafe fn pidfd_open(pid: libc::pid_t, flags: u32) -> c_int {
    process::pidfd_open(pid, flags)
}

/// `PR_GET_AUXV` of `<linux/prctl.h>`.
const PR_GET_AUXV: c_int = 0x4155_5856;

/// `prctl(2)`: a thread's name, and the auxiliary vector, which is what `getauxval(3)` tells.
///
/// # Safety
/// The system call's contract.
unsafe fn control(option: c_int, b: c_long, c: c_long, d: c_long, e: c_long) -> c_long {
    match option {
        libc::PR_SET_NAME => {
            // SAFETY: prctl(2): a string that ends in NUL, of which 15 bytes are the name.
            let whole = unsafe { CStr::from_ptr(b as *const c_char) };
            let mut name: [c_char; 16] = [0; 16];
            for (place, byte) in name[..15].iter_mut().zip(whole.to_bytes()) {
                *place = byte.cast_signed() as c_char;
            }
            // SAFETY: pthread_self(3) has no preconditions.
            let thread = unsafe { libc::pthread_self() };
            // SAFETY: the running thread, and a name that ends in NUL.
            error(unsafe { libc::pthread_setname_np(thread, name.as_ptr()) } as c_long)
        }
        PR_GET_AUXV => real(libc::SYS_prctl, [c_long::from(option), b, c, d, e, 0]),
        _ => {
            run::unmodelled(format!("prctl(2) with option {option}"));
            -c_long::from(libc::EINVAL)
        }
    }
}

owned! {
    /// `prctl(2)`, of which the C library takes five words.
    fn prctl(option: c_int, b: c_long, c: c_long, d: c_long, e: c_long) -> c_int {
        // SAFETY: our caller's contract is the callee's.
        let answer = unsafe { control(option, b, c, d, e) };
        match u16::try_from(-answer) {
            Ok(errno @ 1..) => super::fail(Errno(errno)),
            _ => c_int::try_from(answer).unwrap_or(c_int::MAX),
        }
    }
}

/// `getcpu(2)`: of node 0 the processor that `sched_getcpu(3)` says.
///
/// # Safety
/// Each place is null or can be written.
unsafe fn getcpu(cpu: *mut u32, node: *mut u32) -> c_long {
    for (place, number) in [(cpu, affinity::current()), (node, 0)] {
        if !place.is_null() {
            // SAFETY: getcpu(2): it can be written.
            unsafe { *place = number };
        }
    }
    0
}

/// `sched_getaffinity(2)`: unlike the C library, the kernel says how many bytes it wrote.
///
/// # Safety
/// The system call's contract.
unsafe fn sched_getaffinity(pid: libc::pid_t, size: usize, set: *mut libc::cpu_set_t) -> c_long {
    // SAFETY: our caller's contract is the callee's.
    let written = unsafe { affinity::get(pid, size, set) };
    written.map_or_else(
        |errno| word(super::fail(errno).into()),
        |bytes| c_long::try_from(bytes).unwrap_or_default(),
    )
}

/// `pselect6(2)`: its last argument is a pointer to the signal mask and the size of that.
///
/// # Safety
/// The system call's contract.
unsafe fn pselect6(
    count: c_int,
    read: *mut libc::fd_set,
    write: *mut libc::fd_set,
    except: *mut libc::fd_set,
    timeout: *const timespec,
    mask: *const *const libc::sigset_t,
) -> c_int {
    // SAFETY: pselect6(2): null, or two words.
    let mask = if mask.is_null() { core::ptr::null() } else { unsafe { *mask } };
    // SAFETY: our caller's contract is the callee's.
    unsafe { libc::pselect(count, read, write, except, timeout, mask) }
}
