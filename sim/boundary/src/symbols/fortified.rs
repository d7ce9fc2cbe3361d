//! `__read_chk(3)` and its kin: what C code calls that was compiled with `_FORTIFY_SOURCE`, as some distributions' compilers do unasked.
//!
//! Does nothing by itself. Invariant: a call that is seen to be right is the plain one; any other is the C library's own, which ends
//! the program.

use core::ffi::{c_char, c_int, c_void};

use libc::{nfds_t, off_t, pollfd, sigset_t, size_t, sockaddr, socklen_t, ssize_t, timespec};

use super::{content, descriptor, file, message, name, path, place, poll, stat};
use crate::own::{owned, real};

/// Defines calls that can be seen to be wrong: when they are right, and what the plain call is.
macro_rules! fortified {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty: $right:expr => $plain:expr;)*) => {
        owned! {$(
            $(#[$meta])*
            fn $name($($arg: $ty),*) -> $ret {
                if !$right {
                    return real!($name($($arg: $ty),*) -> $ret);
                }
                // SAFETY: the caller gives what the plain call asks for.
                unsafe { $plain }
            }
        )*}
    };
}

/// So many entries, in bytes.
fn entries(length: nfds_t) -> size_t {
    usize::try_from(length).map_or(usize::MAX, |length| length.saturating_mul(size_of::<pollfd>()))
}

/// Whether a file is not made, so that it needs no mode.
fn makes_none(flags: c_int) -> bool {
    flags & libc::O_CREAT == 0
}

fortified! {
    /// `read(2)`.
    fn __read_chk(fd: c_int, data: *mut c_void, length: size_t, room: size_t) -> ssize_t:
        length <= room => descriptor::read(fd, data, length);

    /// `pread(2)`.
    fn __pread_chk(fd: c_int, data: *mut c_void, length: size_t, offset: off_t, room: size_t) -> ssize_t:
        length <= room => content::pread(fd, data, length, offset);

    /// `pread(2)` with large files.
    fn __pread64_chk(fd: c_int, data: *mut c_void, length: size_t, offset: off_t, room: size_t) -> ssize_t:
        length <= room => content::pread64(fd, data, length, offset);

    /// `poll(2)`.
    fn __poll_chk(entries_at: *mut pollfd, length: nfds_t, timeout_ms: c_int, room: size_t) -> c_int:
        entries(length) <= room => poll::poll(entries_at, length, timeout_ms);

    /// `ppoll(2)`.
    fn __ppoll_chk(
        entries_at: *mut pollfd, length: nfds_t, timeout: *const timespec, mask: *const sigset_t, room: size_t,
    ) -> c_int: entries(length) <= room => poll::ppoll(entries_at, length, timeout, mask);

    /// `readlink(2)`.
    fn __readlink_chk(path: *const c_char, data: *mut c_char, length: size_t, room: size_t) -> ssize_t:
        length <= room => path::readlink(path, data, length);

    /// `readlinkat(2)`.
    fn __readlinkat_chk(
        folder: c_int, path: *const c_char, data: *mut c_char, length: size_t, room: size_t,
    ) -> ssize_t: length <= room => path::readlinkat(folder, path, data, length);

    /// `getcwd(3)`.
    fn __getcwd_chk(data: *mut c_char, length: size_t, room: size_t) -> *mut c_char:
        length <= room => place::getcwd(data, length);

    /// `gethostname(2)`.
    fn __gethostname_chk(data: *mut c_char, length: size_t, room: size_t) -> c_int:
        length <= room => name::gethostname(data, length);

    /// `ttyname_r(3)`.
    fn __ttyname_r_chk(fd: c_int, data: *mut c_char, length: size_t, room: size_t) -> c_int:
        length <= room => stat::ttyname_r(fd, data, length);

    /// `realpath(3)`.
    fn __realpath_chk(path: *const c_char, data: *mut c_char, room: size_t) -> *mut c_char:
        libc::PATH_MAX as size_t <= room => place::realpath(path, data);

    /// `recv(2)`.
    fn __recv_chk(fd: c_int, data: *mut c_void, length: size_t, room: size_t, flags: c_int) -> ssize_t:
        length <= room => message::recv(fd, data, length, flags);

    /// `recvfrom(2)`.
    fn __recvfrom_chk(
        fd: c_int, data: *mut c_void, length: size_t, room: size_t, flags: c_int, from: *mut sockaddr,
        from_length: *mut socklen_t,
    ) -> ssize_t: length <= room => message::recvfrom(fd, data, length, flags, from, from_length);

    /// `open(2)` without a mode.
    fn __open_2(path: *const c_char, flags: c_int) -> c_int: makes_none(flags) => file::open(path, flags, 0);

    /// `open(2)` without a mode, with large files.
    fn __open64_2(path: *const c_char, flags: c_int) -> c_int: makes_none(flags) => file::open64(path, flags, 0);

    /// `openat(2)` without a mode.
    fn __openat_2(folder: c_int, path: *const c_char, flags: c_int) -> c_int:
        makes_none(flags) => file::openat(folder, path, flags, 0);

    /// `openat(2)` without a mode, with large files.
    fn __openat64_2(folder: c_int, path: *const c_char, flags: c_int) -> c_int:
        makes_none(flags) => file::openat64(folder, path, flags, 0);
}
