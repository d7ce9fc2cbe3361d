//! What of a file is on its disk: `fsync(2)`, `fallocate(2)`, `posix_fadvise(2)` and their kin.
//!
//! Does not know what is in files. Invariant: what a program is told of a file of the private folder does not depend on the file system
//! that holds it, or on its room.

use core::ffi::{c_int, c_uint};

use libc::off_t;
use photofinish_sim::call::Stop;
use photofinish_sim::call::file::{Work, work_on};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;
use photofinish_sim::file::pipe::End;
use photofinish_sim::kernel::Kernel;

use super::descriptor;
use super::real::{done, fails, on_file, unmodelled_of};
use crate::disk::{held, open, sys::sys};
use crate::own::owned;
use crate::run::call;

/// Data reaches the disk. Nothing of a run outlives the machine, so that nobody really waits for one.
fn synchronise(name: &'static str, fd: c_int) -> c_int {
    let answer = |_: &mut Kernel, number: c_int| {
        // `vfs_fsync_range`: devices and pipes have no such operation.
        match open::kind_in_use(number)? {
            libc::S_IFREG | libc::S_IFDIR => Ok(()),
            _ => Err(Errno::EINVAL.into()),
        }
    };
    done(on_file(name, fd, Work::Sync, answer, fails(Errno::EINVAL)))
}

fn allocate(fd: c_int, mode: c_int, offset: off_t, length: off_t) -> Result<(), Errno> {
    let answer = |kernel: &mut Kernel, number: c_int| {
        match held::allocate(number, mode, offset, length) {
            Some(answer) => answer?,
            None => {
                sys(libc::SYS_fallocate, &[i64::from(number), i64::from(mode), offset, length])?;
            }
        }
        open::modified(kernel, number);
        Ok(())
    };
    let ours = move |object| match object {
        _ if offset < 0 || length <= 0 => Stop::Fail(Errno::EINVAL),
        Object::Pipe(_, End::Write) => Stop::Fail(Errno::ESPIPE),
        Object::Pipe(_, End::Read) => Stop::Fail(Errno::EBADF),
        Object::Socket(_) | Object::Unix(_) => Stop::Fail(Errno::ENODEV),
        _ => Stop::Unmodelled(String::from("fallocate(2) of such a file"), Errno::ENODEV),
    };
    on_file("fallocate of a real file", fd, Work::Write, answer, ours)
}

fn advise(fd: c_int, offset: off_t, length: off_t, advice: c_int) -> c_int {
    let answer = |_: &mut Kernel, number: c_int| match open::node_of(number) {
        None => Ok(sys(libc::SYS_fadvise64, &[i64::from(number), offset, length, i64::from(advice)])?),
        Some(_) => {
            open::flags_in_use(number)?;
            let is_known = (libc::POSIX_FADV_NORMAL..=libc::POSIX_FADV_NOREUSE).contains(&advice);
            if length >= 0 && is_known { Ok(0) } else { Err(Errno::EINVAL.into()) }
        }
    };
    let ours = |object| match object {
        Object::Pipe(..) => Stop::Fail(Errno::ESPIPE),
        object => unmodelled_of("posix_fadvise(2)", Errno::EINVAL)(object),
    };
    let answer = on_file("posix_fadvise of a real file", fd, Work::Nothing, answer, ours);
    answer.map_or_else(|errno| c_int::from(errno.0.cast_signed()), |_| 0)
}

fn synchronise_range(fd: c_int, [offset, length]: [off_t; 2], flags: c_uint) -> c_int {
    let known =
        libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    let is_good =
        flags & !known == 0 && offset >= 0 && offset.checked_add(length).is_some_and(|end| end >= offset);
    let answer = |_: &mut Kernel, number: c_int| {
        let kind = open::kind_in_use(number)?;
        if !is_good {
            return Err(Errno::EINVAL.into());
        }
        match kind {
            libc::S_IFREG | libc::S_IFDIR => Ok(()),
            _ => Err(Errno::ESPIPE.into()),
        }
    };
    done(on_file("sync_file_range of a real file", fd, Work::Sync, answer, fails(Errno::ESPIPE)))
}

owned! {
    /// `fsync(2)`: it takes virtual time, and no real one.
    fn fsync(fd: c_int) -> c_int {
        synchronise("fsync of a real file", fd)
    }

    /// `fdatasync(2)`: as `fsync(2)`.
    fn fdatasync(fd: c_int) -> c_int {
        synchronise("fdatasync of a real file", fd)
    }

    /// `syncfs(2)`: as `fsync(2)`, of whatever is open.
    fn syncfs(fd: c_int) -> c_int {
        let answer = call("syncfs", fd, |kernel, caller| match work_on(kernel, caller, fd, Work::Sync)? {
            Object::Real(number) => Ok(open::flags_in_use(number).map(|_| ())?),
            _ => Ok(()),
        });
        descriptor::close_real();
        done(answer)
    }

    /// `sync_file_range(2)`: as `fsync(2)`, if its arguments are good.
    fn sync_file_range(fd: c_int, offset: off_t, length: off_t, flags: c_uint) -> c_int {
        synchronise_range(fd, [offset, length], flags)
    }

    /// `fallocate(2)`.
    fn fallocate(fd: c_int, mode: c_int, offset: off_t, length: off_t) -> c_int {
        done(allocate(fd, mode, offset, length))
    }

    /// `fallocate(2)` with large files.
    fn fallocate64(fd: c_int, mode: c_int, offset: off_t, length: off_t) -> c_int {
        done(allocate(fd, mode, offset, length))
    }

    /// `posix_fallocate(3)`: answers its error number.
    fn posix_fallocate(fd: c_int, offset: off_t, length: off_t) -> c_int {
        allocate(fd, 0, offset, length).map_or_else(|errno| c_int::from(errno.0.cast_signed()), |()| 0)
    }

    /// `posix_fallocate(3)` with large files.
    fn posix_fallocate64(fd: c_int, offset: off_t, length: off_t) -> c_int {
        allocate(fd, 0, offset, length).map_or_else(|errno| c_int::from(errno.0.cast_signed()), |()| 0)
    }

    /// `posix_fadvise(2)`: answers its error number.
    fn posix_fadvise(fd: c_int, offset: off_t, length: off_t, advice: c_int) -> c_int {
        advise(fd, offset, length, advice)
    }

    /// `posix_fadvise(2)` with large files.
    fn posix_fadvise64(fd: c_int, offset: off_t, length: off_t, advice: c_int) -> c_int {
        advise(fd, offset, length, advice)
    }
}
