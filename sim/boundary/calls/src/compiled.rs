//! `__read_chk(3)`, `fcntl64(2)` and their kin: the names by which C code calls what its compiler was told of its files and buffers.
//!
//! Does not know why a compiler chooses them. Invariant: a call says of its buffer what is true.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::{null, null_mut};

use libc::{nfds_t, off_t, pollfd, sigset_t, sockaddr, socklen_t, timespec};

use crate::Failed;
use crate::failed::{count, direct, done, number};
use crate::time::Time;

unsafe extern "C" {
    fn fcntl64(fd: c_int, command: c_int, ...) -> c_int;
    fn mkstemps64(template: *mut c_char, suffix: c_int) -> c_int;
    fn mkostemps64(template: *mut c_char, suffix: c_int, flags: c_int) -> c_int;
    fn timespec_get(at: *mut timespec, base: c_int) -> c_int;
    fn get_nprocs() -> c_int;
    fn get_nprocs_conf() -> c_int;
    fn __read_chk(fd: c_int, data: *mut c_void, length: usize, room: usize) -> isize;
    fn __pread_chk(fd: c_int, data: *mut c_void, length: usize, offset: off_t, room: usize) -> isize;
    fn __pread64_chk(fd: c_int, data: *mut c_void, length: usize, offset: off_t, room: usize) -> isize;
    fn __recv_chk(fd: c_int, data: *mut c_void, length: usize, room: usize, flags: c_int) -> isize;
    fn __recvfrom_chk(
        fd: c_int,
        data: *mut c_void,
        length: usize,
        room: usize,
        flags: c_int,
        from: *mut sockaddr,
        from_length: *mut socklen_t,
    ) -> isize;
    fn __poll_chk(entries: *mut pollfd, length: nfds_t, timeout_ms: c_int, room: usize) -> c_int;
    fn __ppoll_chk(
        entries: *mut pollfd,
        length: nfds_t,
        timeout: *const timespec,
        mask: *const sigset_t,
        room: usize,
    ) -> c_int;
    fn __readlink_chk(path: *const c_char, data: *mut c_char, length: usize, room: usize) -> isize;
    fn __readlinkat_chk(
        folder: c_int,
        path: *const c_char,
        data: *mut c_char,
        length: usize,
        room: usize,
    ) -> isize;
    fn __getcwd_chk(data: *mut c_char, length: usize, room: usize) -> *mut c_char;
    fn __gethostname_chk(data: *mut c_char, length: usize, room: usize) -> c_int;
    fn __ttyname_r_chk(fd: c_int, data: *mut c_char, length: usize, room: usize) -> c_int;
    fn __realpath_chk(path: *const c_char, data: *mut c_char, room: usize) -> *mut c_char;
    fn __open_2(path: *const c_char, flags: c_int) -> c_int;
    fn __open64_2(path: *const c_char, flags: c_int) -> c_int;
    fn __openat_2(folder: c_int, path: *const c_char, flags: c_int) -> c_int;
    fn __openat64_2(folder: c_int, path: *const c_char, flags: c_int) -> c_int;
}

/// `fcntl64(2)` of `F_GETFL` and `F_DUPFD_CLOEXEC`, which take a number or nothing.
pub fn fcntl_number(fd: i32, command: i32, argument: i32) -> Result<i32, Failed> {
    assert!(matches!(command, libc::F_GETFL | libc::F_DUPFD_CLOEXEC), "it takes a number");
    // SAFETY: these commands take a number and no pointer.
    number(unsafe { fcntl64(fd, command, argument) })
}

/// `fcntl64(2)`, `F_SETLK`: a lock on the first byte of a file.
pub fn lock_byte(fd: i32, kind: i32) -> Result<i32, Failed> {
    let kind = libc::c_short::try_from(kind).expect("a kind of lock");
    let whence = libc::SEEK_SET as libc::c_short;
    let lock = libc::flock { l_type: kind, l_whence: whence, l_start: 0, l_len: 1, l_pid: 0 };
    // SAFETY: F_SETLK takes a lock that can be read.
    number(unsafe { fcntl64(fd, libc::F_SETLK, &raw const lock) })
}

/// `mkstemps64(3)` or, with flags, `mkostemps64(3)`.
pub fn mkstemps(template: &mut [u8], suffix: i32, flags: Option<i32>) -> Result<i32, Failed> {
    assert_eq!(template.last(), Some(&0), "a string ends");
    let template = template.as_mut_ptr().cast();
    number(match flags {
        // SAFETY: a NUL-terminated template that may be written to.
        None => unsafe { mkstemps64(template, suffix) },
        // SAFETY: as above.
        Some(flags) => unsafe { mkostemps64(template, suffix, flags) },
    })
}

/// `timespec_get(3)`: the base that it answers, and the time.
#[must_use]
pub fn time_of(base: i32) -> (i32, Time) {
    let mut at = Time { seconds: 0, fraction: 0 }.timespec();
    // SAFETY: a place for the answer.
    let answer = unsafe { timespec_get(&raw mut at, base) };
    (answer, Time::of(at))
}

/// `get_nprocs(3)` and `get_nprocs_conf(3)`.
#[must_use]
pub fn processors() -> [i32; 2] {
    // SAFETY: no pointers.
    let online = unsafe { get_nprocs() };
    // SAFETY: no pointers.
    [online, unsafe { get_nprocs_conf() }]
}

/// `__read_chk`.
pub fn read(fd: i32, into: &mut [u8]) -> Result<usize, Failed> {
    // SAFETY: as many writable bytes as the length says, and the room.
    count(unsafe { __read_chk(fd, into.as_mut_ptr().cast(), into.len(), into.len()) })
}

/// `__pread_chk` and `__pread64_chk`.
pub fn pread(fd: i32, into: &mut [u8], offset: i64) -> [Result<usize, Failed>; 2] {
    let (data, length) = (into.as_mut_ptr().cast(), into.len());
    // SAFETY: as many writable bytes as the length says, and the room.
    let plain = count(unsafe { __pread_chk(fd, data, length, offset, length) });
    // SAFETY: as above.
    [plain, count(unsafe { __pread64_chk(fd, data, length, offset, length) })]
}

/// `__recv_chk`.
pub fn recv(fd: i32, into: &mut [u8], flags: i32) -> Result<usize, Failed> {
    // SAFETY: as many writable bytes as the length says, and the room.
    count(unsafe { __recv_chk(fd, into.as_mut_ptr().cast(), into.len(), into.len(), flags) })
}

/// `__recvfrom_chk` of bytes from whomever.
pub fn recvfrom(fd: i32, into: &mut [u8], flags: i32) -> Result<usize, Failed> {
    let (data, length) = (into.as_mut_ptr().cast(), into.len());
    // SAFETY: as many writable bytes as the length says, and the room; nobody asks from whom.
    count(unsafe { __recvfrom_chk(fd, data, length, length, flags, null_mut(), null_mut()) })
}

/// `__poll_chk` and `__ppoll_chk` of one file, without waiting: how many are ready, and for what.
pub fn poll(fd: i32, events: i16) -> [Result<(i32, i16), Failed>; 2] {
    let at_once = timespec { tv_sec: 0, tv_nsec: 0 };
    let mut entry = pollfd { fd, events, revents: 0 };
    let room = size_of::<pollfd>();
    // SAFETY: one entry, and its room.
    let plain = number(unsafe { __poll_chk(&raw mut entry, 1, 0, room) }).map(|ready| (ready, entry.revents));
    // SAFETY: as above, and a time.
    let masked = number(unsafe { __ppoll_chk(&raw mut entry, 1, &raw const at_once, null(), room) });
    [plain, masked.map(|ready| (ready, entry.revents))]
}

/// `__readlink_chk` and `__readlinkat_chk`.
pub fn readlink(path: &CStr, into: &mut [u8]) -> [Result<usize, Failed>; 2] {
    let (data, length) = (into.as_mut_ptr().cast(), into.len());
    // SAFETY: a string, as many writable bytes as the length says, and the room.
    let plain = count(unsafe { __readlink_chk(path.as_ptr(), data, length, length) });
    // SAFETY: as above.
    [plain, count(unsafe { __readlinkat_chk(libc::AT_FDCWD, path.as_ptr(), data, length, length) })]
}

fn text(answer: *mut c_char) -> Result<String, Failed> {
    if answer.is_null() {
        return Err(done(-1).expect_err("it failed"));
    }
    // SAFETY: what the C library answers ends.
    Ok(unsafe { CStr::from_ptr(answer) }.to_string_lossy().into_owned())
}

/// `__getcwd_chk`.
pub fn getcwd(room: usize) -> Result<String, Failed> {
    let mut bytes = vec![0_u8; room];
    // SAFETY: as many writable bytes as the length says, and the room.
    text(unsafe { __getcwd_chk(bytes.as_mut_ptr().cast(), room, room) })
}

/// `__gethostname_chk`.
pub fn gethostname(room: usize) -> Result<(), Failed> {
    let mut bytes = vec![0_u8; room];
    // SAFETY: as many writable bytes as the length says, and the room.
    done(unsafe { __gethostname_chk(bytes.as_mut_ptr().cast(), room, room) })
}

/// `__ttyname_r_chk`.
pub fn ttyname_r(fd: i32) -> Result<(), Failed> {
    let mut bytes = [0_u8; 64];
    // SAFETY: as many writable bytes as the length says, and the room.
    direct(unsafe { __ttyname_r_chk(fd, bytes.as_mut_ptr().cast(), bytes.len(), bytes.len()) })
}

/// `__realpath_chk`.
pub fn realpath(path: &CStr) -> Result<String, Failed> {
    let mut bytes = vec![0_u8; libc::PATH_MAX as usize];
    // SAFETY: a string, and room for the longest path.
    text(unsafe { __realpath_chk(path.as_ptr(), bytes.as_mut_ptr().cast(), bytes.len()) })
}

/// `__open_2`, `__open64_2`, `__openat_2` and `__openat64_2`.
pub fn open(path: &CStr, flags: i32) -> [Result<i32, Failed>; 4] {
    let path = path.as_ptr();
    // SAFETY: a string.
    let plain = number(unsafe { __open_2(path, flags) });
    // SAFETY: as above.
    let large = number(unsafe { __open64_2(path, flags) });
    // SAFETY: as above.
    let at = number(unsafe { __openat_2(libc::AT_FDCWD, path, flags) });
    // SAFETY: as above.
    [plain, large, at, number(unsafe { __openat64_2(libc::AT_FDCWD, path, flags) })]
}
