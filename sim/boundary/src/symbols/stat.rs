//! What a file is: `stat(2)` and its kin, `statx(2)`, `access(2)`, `statfs(2)`, `isatty(3)`.
//!
//! Does not know times or numbers: the disk does. Invariant: an answer holds no inode number, device, block count or time of
//! the real file system.

use core::ffi::{c_char, c_int, c_uint};

use photofinish_sim::call::Stop;
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;
use photofinish_sim::file::lock::FileNumber;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::tree::Right;

use super::fail;
use super::real::{NULL, done, on_path};
use crate::disk::node::{Key, Node};
use crate::disk::{self, At, Follow, Found, open, sys, sys::sys};
use crate::own::owned;
use crate::run::{Answer, call};
use crate::sight;

type Stat = libc::stat;
type Stat64 = libc::stat64;
type StatFs = libc::statfs;
type StatFs64 = libc::statfs64;
type StatVfs = libc::statvfs;
type StatVfs64 = libc::statvfs64;
type Statx = libc::statx;

/// What is known of a file: what the real kernel said, and what the program is told instead.
struct Known(Stat, Node);

impl Answer for Known {
    fn number(&self) -> i64 {
        0
    }
}

fn known(key: &Key, data: Stat) -> Known {
    Known(data, *disk::disk().nodes.get(key))
}

fn made_up(mode: u32) -> Stat {
    // SAFETY: a struct of integers.
    let mut data: Stat = unsafe { core::mem::zeroed() };
    data.st_mode = mode;
    data.st_nlink = 1;
    data
}

/// What `stat(2)` says of a file that we model. The numbers are those of Linux's socket, pipe and anonymous inodes.
fn of_object(object: Object) -> Result<Known, Stop> {
    let mode = match object {
        Object::Socket(_) | Object::Unix(_) => libc::S_IFSOCK | 0o777,
        Object::Pipe(..) => libc::S_IFIFO | 0o600,
        Object::EventFd(_) | Object::TimerFd(_) | Object::Epoll(_) => 0o600,
        object => return Err(Stop::Unmodelled(format!("fstat(2) of {object:?}"), Errno::EBADF)),
    };
    let key = match object {
        // Both ends are one inode.
        Object::Pipe(pipe, _) => Object::Pipe(pipe, photofinish_sim::file::pipe::End::Read),
        object => object,
    };
    Ok(known(&Key::Object(key), made_up(mode)))
}

fn of_inside(node: FileNumber) -> Known {
    let (data, node) = open::stat(node);
    Known(data, node)
}

fn of_real(number: c_int) -> Result<Known, Stop> {
    if let Some(node) = open::node_of(number) {
        return Ok(of_inside(node));
    }
    let data = sys::fstat(number)?;
    Ok(known(&Key::of(&data), data))
}

fn of_descriptor(kernel: &Kernel, fd: c_int) -> Result<Known, Stop> {
    match kernel.object(fd) {
        None => Err(Errno::EBADF.into()),
        Some(Object::Real(number)) => of_real(number),
        Some(Object::Standard(_)) => of_real(NULL),
        Some(object) => of_object(object),
    }
}

fn of_found(kernel: &Kernel, found: Found, follow: Follow) -> Result<Known, Stop> {
    match found {
        Found::Inside(spot) => Ok(of_inside(disk::tree().there(&spot)?)),
        Found::Program(path) => Ok(known(&Key::Program(path), made_up(libc::S_IFREG | 0o755))),
        Found::Outside { real, shown } => {
            let flags = if follow == Follow::Yes { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
            let data = sys::stat_at(&real, flags)?;
            sight::looked(kernel.current(), &shown, &data);
            Ok(known(&Key::of(&data), data))
        }
    }
}

/// `AT_*` that say nothing here: no file system is mounted on demand, and none is remote.
const IGNORED: c_int = libc::AT_NO_AUTOMOUNT | libc::AT_STATX_FORCE_SYNC | libc::AT_STATX_DONT_SYNC;

/// Looks at a path, or with `AT_EMPTY_PATH` at the descriptor itself.
fn look(name: &'static str, at: At, flags: c_int) -> Result<Known, Errno> {
    if flags & !(libc::AT_SYMLINK_NOFOLLOW | libc::AT_EMPTY_PATH | IGNORED) != 0 {
        return Err(Errno::EINVAL);
    }
    if flags & libc::AT_EMPTY_PATH != 0 && at.bytes().is_ok_and(<[u8]>::is_empty) {
        if at.folder == libc::AT_FDCWD {
            return look(name, At::cwd(c".".as_ptr()), 0);
        }
        return call(name, at.folder, |kernel, _| of_descriptor(kernel, at.folder));
    }
    let follow = if flags & libc::AT_SYMLINK_NOFOLLOW == 0 { Follow::Yes } else { Follow::No };
    on_path(name, at, follow, |kernel, found| of_found(kernel, found, follow))
}

fn put<T>(place: *mut T, value: T) -> c_int {
    if place.is_null() {
        return fail(Errno::EFAULT);
    }
    // SAFETY: the call's contract: a place for the answer.
    unsafe { place.write(value) };
    0
}

fn answer(known: Result<Known, Errno>, place: *mut Stat) -> c_int {
    match known {
        Ok(Known(mut data, node)) => {
            node.show(&mut data);
            put(place, data)
        }
        Err(errno) => fail(errno),
    }
}

fn by_descriptor(fd: c_int, place: *mut Stat) -> c_int {
    answer(call("fstat", fd, |kernel, _| of_descriptor(kernel, fd)), place)
}

fn may(at: At, mode: c_int, flags: c_int) -> c_int {
    if mode & !(libc::R_OK | libc::W_OK | libc::X_OK) != 0
        || flags & !(libc::AT_EACCESS | libc::AT_SYMLINK_NOFOLLOW | libc::AT_EMPTY_PATH) != 0
    {
        return fail(Errno::EINVAL);
    }
    let follow = if flags & libc::AT_SYMLINK_NOFOLLOW == 0 { Follow::Yes } else { Follow::No };
    let writes = mode & libc::W_OK != 0;
    done(on_path("access", at, follow, |_, found| match found {
        Found::Inside(spot) => {
            let node = disk::tree().there(&spot)?;
            let asked = |bit, right| if mode & bit == 0 { Right::NONE } else { right };
            let right = asked(libc::R_OK, Right::READ).and(asked(libc::X_OK, Right::EXECUTE));
            Ok(disk::tree().may(node, right.and(asked(libc::W_OK, Right::WRITE))).map(|()| 0)?)
        }
        Found::Program(_) if writes => Err(Errno::EACCES.into()),
        Found::Program(_) => Ok(0),
        // What all runs share is as if on a file system that is mounted to be read.
        Found::Outside { real, shown } if writes && !super::file::is_device(&shown) => {
            sys::stat_at(&real, 0)?;
            Err(Errno::EROFS.into())
        }
        Found::Outside { real, .. } => {
            let arguments = [sys::NOWHERE, sys::address(&real), i64::from(mode), i64::from(flags)];
            match flags {
                0 => Ok(sys(libc::SYS_faccessat, &arguments[..3])?),
                _ => Ok(sys(libc::SYS_faccessat2, &arguments)?),
            }
        }
    }))
}

/// A file system of 8 GiB, half of it free: what the real one is, and how full, is the machine's affair.
fn file_system() -> StatFs {
    // SAFETY: a struct of integers.
    let mut data: StatFs = unsafe { core::mem::zeroed() };
    data.f_type = libc::TMPFS_MAGIC;
    data.f_bsize = 4096;
    data.f_frsize = 4096;
    data.f_blocks = 1 << 21;
    data.f_bfree = 1 << 20;
    data.f_bavail = 1 << 20;
    data.f_files = 1 << 20;
    data.f_ffree = 1 << 19;
    data.f_namelen = 255;
    data
}

fn file_system_v() -> StatVfs {
    // SAFETY: a struct of integers.
    let mut data: StatVfs = unsafe { core::mem::zeroed() };
    data.f_bsize = 4096;
    data.f_frsize = 4096;
    data.f_blocks = 1 << 21;
    data.f_bfree = 1 << 20;
    data.f_bavail = 1 << 20;
    data.f_files = 1 << 20;
    data.f_ffree = 1 << 19;
    data.f_favail = 1 << 19;
    data.f_namemax = 255;
    data
}

/// Whether the path leads anywhere.
fn exists(name: &'static str, path: *const c_char) -> Result<(), Errno> {
    look(name, At::cwd(path), 0).map(|_| ())
}

fn is_open(name: &'static str, fd: c_int) -> Result<(), Errno> {
    call(name, fd, |kernel, _| of_descriptor(kernel, fd)).map(|_| ())
}

fn tell<T>(found: Result<(), Errno>, place: *mut T, value: T) -> c_int {
    found.map_or_else(fail, |()| put(place, value))
}

/// `isatty(3)`: nothing here is a terminal; a real file may be one.
fn terminal(fd: c_int) -> c_int {
    let answer = call("isatty", fd, |kernel, _| match kernel.object(fd) {
        None => Err(Errno::EBADF.into()),
        Some(Object::Real(number)) => {
            if open::node_to_change(number)?.is_some() {
                return Err(Errno::ENOTTY.into());
            }
            let mut unused = [0_u64; 16];
            Ok(sys(
                libc::SYS_ioctl,
                &[i64::from(number), libc::TCGETS.cast_signed(), unused.as_mut_ptr() as i64],
            )?)
        }
        Some(_) => Err(Errno::ENOTTY.into()),
    });
    answer.map_or_else(
        |errno| {
            fail(errno);
            0
        },
        |_| 1,
    )
}

owned! {
    /// `stat(2)`.
    fn stat(path: *const c_char, place: *mut Stat) -> c_int {
        answer(look("stat", At::cwd(path), 0), place)
    }

    /// `stat(2)` with large files.
    fn stat64(path: *const c_char, place: *mut Stat64) -> c_int {
        answer(look("stat", At::cwd(path), 0), place.cast())
    }

    /// `lstat(2)`.
    fn lstat(path: *const c_char, place: *mut Stat) -> c_int {
        answer(look("lstat", At::cwd(path), libc::AT_SYMLINK_NOFOLLOW), place)
    }

    /// `lstat(2)` with large files.
    fn lstat64(path: *const c_char, place: *mut Stat64) -> c_int {
        answer(look("lstat", At::cwd(path), libc::AT_SYMLINK_NOFOLLOW), place.cast())
    }

    /// `fstat(2)`.
    fn fstat(fd: c_int, place: *mut Stat) -> c_int {
        by_descriptor(fd, place)
    }

    /// `fstat(2)` with large files.
    fn fstat64(fd: c_int, place: *mut Stat64) -> c_int {
        by_descriptor(fd, place.cast())
    }

    /// `fstatat(2)`.
    fn fstatat(folder: c_int, path: *const c_char, place: *mut Stat, flags: c_int) -> c_int {
        answer(look("fstatat", At { folder, path }, flags), place)
    }

    /// `fstatat(2)` with large files.
    fn fstatat64(folder: c_int, path: *const c_char, place: *mut Stat64, flags: c_int) -> c_int {
        answer(look("fstatat", At { folder, path }, flags), place.cast())
    }

    /// `statx(2)`.
    fn statx(folder: c_int, path: *const c_char, flags: c_int, mask: c_uint, place: *mut Statx) -> c_int {
        if mask & libc::STATX__RESERVED.cast_unsigned() != 0 || flags & libc::AT_STATX_SYNC_TYPE == libc::AT_STATX_SYNC_TYPE {
            return fail(Errno::EINVAL);
        }
        match look("statx", At { folder, path }, flags) {
            Ok(Known(data, node)) => put(place, node.statx(&data)),
            Err(errno) => fail(errno),
        }
    }

    /// `access(2)`.
    fn access(path: *const c_char, mode: c_int) -> c_int {
        may(At::cwd(path), mode, 0)
    }

    /// `faccessat(2)`.
    fn faccessat(folder: c_int, path: *const c_char, mode: c_int, flags: c_int) -> c_int {
        may(At { folder, path }, mode, flags)
    }

    /// `euidaccess(3)`.
    fn euidaccess(path: *const c_char, mode: c_int) -> c_int {
        may(At::cwd(path), mode, libc::AT_EACCESS)
    }

    /// `eaccess(3)`.
    fn eaccess(path: *const c_char, mode: c_int) -> c_int {
        may(At::cwd(path), mode, libc::AT_EACCESS)
    }

    /// `statfs(2)`.
    fn statfs(path: *const c_char, place: *mut StatFs) -> c_int {
        tell(exists("statfs", path), place, file_system())
    }

    /// `statfs(2)` with large files.
    fn statfs64(path: *const c_char, place: *mut StatFs64) -> c_int {
        tell(exists("statfs", path), place.cast(), file_system())
    }

    /// `fstatfs(2)`.
    fn fstatfs(fd: c_int, place: *mut StatFs) -> c_int {
        tell(is_open("fstatfs", fd), place, file_system())
    }

    /// `fstatfs(2)` with large files.
    fn fstatfs64(fd: c_int, place: *mut StatFs64) -> c_int {
        tell(is_open("fstatfs", fd), place.cast(), file_system())
    }

    /// `statvfs(3)`.
    fn statvfs(path: *const c_char, place: *mut StatVfs) -> c_int {
        tell(exists("statvfs", path), place, file_system_v())
    }

    /// `statvfs(3)` with large files.
    fn statvfs64(path: *const c_char, place: *mut StatVfs64) -> c_int {
        tell(exists("statvfs", path), place.cast(), file_system_v())
    }

    /// `fstatvfs(3)`.
    fn fstatvfs(fd: c_int, place: *mut StatVfs) -> c_int {
        tell(is_open("fstatvfs", fd), place, file_system_v())
    }

    /// `fstatvfs(3)` with large files.
    fn fstatvfs64(fd: c_int, place: *mut StatVfs64) -> c_int {
        tell(is_open("fstatvfs", fd), place.cast(), file_system_v())
    }

    /// `isatty(3)`.
    fn isatty(fd: c_int) -> c_int {
        terminal(fd)
    }

    /// `ttyname_r(3)`: nothing here is a terminal.
    fn ttyname_r(fd: c_int, name: *mut c_char, room: usize) -> c_int {
        let _ = (name, room);
        match super::descriptor::kind(fd) {
            super::descriptor::Kind::None => libc::EBADF,
            super::descriptor::Kind::Real(number) if open::node_of(number).is_none() => {
                crate::phase::as_simulator(|| crate::run::unmodelled(String::from("ttyname_r(3) of a real file")));
                c_int::from(Errno::ENODEV.0.cast_signed())
            }
            _ => libc::ENOTTY,
        }
    }
}
