//! Names of files: `rename(2)`, `unlink(2)`, `mkdir(2)`, `link(2)`, `symlink(2)`, `readlink(2)`, `chmod(2)`, `chown(2)`,
//! `truncate(2)`.
//!
//! Does not know what is in files. Invariant: a name outside the private folder is never made, changed or removed.

use core::ffi::{c_char, c_int, c_uint};

use libc::{mode_t, off_t};
use photofinish_sim::call::Stop;
use photofinish_sim::call::file::{LockAsk, Work, flock as lock, take_time};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;
use photofinish_sim::kernel::Kernel;

use super::descriptor::buffer;
use super::fail;
use super::real::{self, Access, done, find, on_file, on_path, unmodelled_of};
use crate::disk::node::Key;
use crate::disk::{self, At, Follow, Found, sys::NOWHERE, sys::address, sys::sys};
use crate::own::owned;
use crate::run::call;

/// Makes a name, and notes that there is a file by it.
fn make(name: &'static str, at: At, made: impl Fn(&Found) -> Result<i64, Errno>) -> c_int {
    done(on_path(name, at, Follow::Never, Work::Folder, |kernel, found| {
        let answer = made(&found)?;
        disk::created(kernel, &found)?;
        Ok(answer)
    }))
}

fn make_folder(at: At, mode: mode_t) -> c_int {
    make("mkdir", at, |found| sys(libc::SYS_mkdirat, &[NOWHERE, address(&found.real), i64::from(mode)]))
}

fn make_link(at: At, target: *const c_char) -> c_int {
    make("symlink", at, |found| sys(libc::SYS_symlinkat, &[target as i64, NOWHERE, address(&found.real)]))
}

fn remove_name(at: At, flags: c_int) -> c_int {
    let name = if flags & libc::AT_REMOVEDIR == 0 { "unlink" } else { "rmdir" };
    done(on_path(name, at, Follow::Never, Work::Folder, |kernel, found| {
        let answer = sys(libc::SYS_unlinkat, &[NOWHERE, address(&found.real), i64::from(flags)])?;
        disk::gone(found.data);
        disk::folder_modified(kernel, &found);
        disk::changed(kernel, found.data);
        Ok(answer)
    }))
}

fn move_name(from: At, to: At, flags: c_uint) -> c_int {
    done(call("rename", from.folder, |kernel, caller| {
        take_time(kernel, caller, Work::Folder)?;
        let old = find(kernel, "rename(2)", from, Follow::Never, Access::Change)?;
        let new = find(kernel, "rename(2)", to, Follow::Never, Access::Change)?;
        let arguments = [NOWHERE, address(&old.real), NOWHERE, address(&new.real), i64::from(flags)];
        let answer = sys(libc::SYS_renameat2, &arguments)?;
        disk::gone(old.data);
        disk::gone(new.data);
        disk::folder_modified(kernel, &old);
        disk::folder_modified(kernel, &new);
        disk::changed(kernel, old.data);
        disk::changed(kernel, new.data);
        Ok(answer)
    }))
}

fn link_to(from: At, to: At, flags: c_int) -> c_int {
    done(call("link", from.folder, |kernel, caller| {
        take_time(kernel, caller, Work::Folder)?;
        if flags & !(libc::AT_SYMLINK_FOLLOW | libc::AT_EMPTY_PATH) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let new = find(kernel, "link(2)", to, Follow::Never, Access::Change)?;
        let follow = if flags & libc::AT_SYMLINK_FOLLOW == 0 { Follow::No } else { Follow::Yes };
        if flags & libc::AT_EMPTY_PATH != 0 && from.bytes().is_ok_and(<[u8]>::is_empty) {
            return Err(Stop::Unmodelled(String::from("linkat(2) of a descriptor"), Errno::ENOENT));
        }
        let old = find(kernel, "link(2)", from, follow, Access::Change)?;
        let flags = if follow == Follow::Yes { libc::AT_SYMLINK_FOLLOW } else { 0 };
        let arguments = [NOWHERE, address(&old.real), NOWHERE, address(&new.real), i64::from(flags)];
        let answer = sys(libc::SYS_linkat, &arguments)?;
        disk::folder_modified(kernel, &new);
        disk::changed(kernel, disk::sys::lstat(&new.real).ok());
        Ok(answer)
    }))
}

fn read_link(at: At, room: *mut c_char, size: usize) -> isize {
    if size == 0 {
        return fail(Errno::EINVAL) as isize;
    }
    let answer = on_path("readlink", at, Follow::No, Work::Nothing, |_, found| {
        let target = disk::sys::readlink(&found.real)?;
        // The kernel names the files behind descriptors itself.
        let shown = match found.real.to_bytes().starts_with(b"/proc/self/fd/") {
            true => disk::shown_path(&target),
            false => target,
        };
        let count = shown.len().min(size);
        buffer(room.cast(), count).copy_from_slice(&shown[..count]);
        Ok(i64::try_from(count).expect("paths are short"))
    });
    real::size(answer)
}

/// Changes what is at a path, in the private folder.
fn change(
    name: &'static str,
    at: At,
    follow: Follow,
    changed: impl Fn(&Found) -> Result<i64, Errno>,
) -> c_int {
    done(on_path(name, at, follow, Work::Write, |kernel, found| {
        let answer = changed(&found)?;
        let flags = if follow == Follow::Yes { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
        disk::changed(kernel, disk::sys::stat_at(&found.real, flags).ok());
        Ok(answer)
    }))
}

fn change_mode(at: At, mode: mode_t, flags: c_int) -> c_int {
    match flags {
        0 => change("chmod", at, Follow::Yes, |found| {
            sys(libc::SYS_fchmodat, &[NOWHERE, address(&found.real), i64::from(mode)])
        }),
        libc::AT_SYMLINK_NOFOLLOW => fail(Errno::EOPNOTSUPP),
        _ => fail(Errno::EINVAL),
    }
}

fn change_owner(at: At, [user, group]: [c_uint; 2], flags: c_int) -> c_int {
    let follow = if flags & libc::AT_SYMLINK_NOFOLLOW == 0 { Follow::Yes } else { Follow::No };
    change("chown", at, follow, |found| {
        let arguments = [NOWHERE, address(&found.real), i64::from(user), i64::from(group), i64::from(flags)];
        sys(libc::SYS_fchownat, &arguments)
    })
}

fn change_open(name: &'static str, fd: c_int, changed: impl Fn(c_int) -> Result<i64, Errno>) -> c_int {
    let answer = |kernel: &mut Kernel, number: c_int| {
        guard_open(number, name)?;
        let answer = changed(number)?;
        disk::changed(kernel, disk::sys::fstat(number).ok());
        Ok(answer)
    };
    done(on_file(name, fd, Work::Write, answer, unmodelled_of(name, Errno::EPERM)))
}

/// A file outside the private folder can be read through its descriptor, not changed.
pub(super) fn guard_open(number: c_int, name: &str) -> Result<(), Stop> {
    let path = disk::shown_path_of(number)?;
    let anonymous = !path.starts_with(b"/") || path.starts_with(b"/memfd:");
    if anonymous || path.starts_with(disk::PRIVATE) {
        return Ok(());
    }
    let shown = String::from_utf8_lossy(&path).into_owned();
    Err(Stop::Unmodelled(format!("{name} outside the private folder: {shown}"), Errno::EROFS))
}

fn set_size(path: *const c_char, length: off_t) -> c_int {
    done(on_path("truncate", At::cwd(path), Follow::Yes, Work::Write, |kernel, found| {
        let answer = sys(libc::SYS_truncate, &[address(&found.real), length])?;
        if let Ok(data) = disk::sys::lstat(&found.real) {
            disk::disk().nodes.touch(&Key::of(&data), disk::now(kernel));
        }
        Ok(answer)
    }))
}

owned! {
    /// `mkdir(2)`.
    fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
        make_folder(At::cwd(path), mode)
    }

    /// `mkdirat(2)`.
    fn mkdirat(folder: c_int, path: *const c_char, mode: mode_t) -> c_int {
        make_folder(At { folder, path }, mode)
    }

    /// `symlink(2)`.
    fn symlink(target: *const c_char, path: *const c_char) -> c_int {
        make_link(At::cwd(path), target)
    }

    /// `symlinkat(2)`.
    fn symlinkat(target: *const c_char, folder: c_int, path: *const c_char) -> c_int {
        make_link(At { folder, path }, target)
    }

    /// `unlink(2)`.
    fn unlink(path: *const c_char) -> c_int {
        remove_name(At::cwd(path), 0)
    }

    /// `rmdir(2)`.
    fn rmdir(path: *const c_char) -> c_int {
        remove_name(At::cwd(path), libc::AT_REMOVEDIR)
    }

    /// `unlinkat(2)`.
    fn unlinkat(folder: c_int, path: *const c_char, flags: c_int) -> c_int {
        if flags & !libc::AT_REMOVEDIR != 0 {
            return fail(Errno::EINVAL);
        }
        remove_name(At { folder, path }, flags)
    }

    /// `remove(3)`.
    fn remove(path: *const c_char) -> c_int {
        // SAFETY: our caller's contract is the callee's.
        let answer = unsafe { unlink(path) };
        // SAFETY: __errno_location(3) has no preconditions.
        let place = unsafe { libc::__errno_location() };
        // SAFETY: it is the running thread's own errno.
        if answer == -1 && unsafe { *place } == libc::EISDIR {
            return remove_name(At::cwd(path), libc::AT_REMOVEDIR);
        }
        answer
    }

    /// `rename(2)`.
    fn rename(from: *const c_char, to: *const c_char) -> c_int {
        move_name(At::cwd(from), At::cwd(to), 0)
    }

    /// `renameat(2)`.
    fn renameat(from: c_int, old: *const c_char, to: c_int, new: *const c_char) -> c_int {
        move_name(At { folder: from, path: old }, At { folder: to, path: new }, 0)
    }

    /// `renameat2(2)`.
    fn renameat2(from: c_int, old: *const c_char, to: c_int, new: *const c_char, flags: c_uint) -> c_int {
        move_name(At { folder: from, path: old }, At { folder: to, path: new }, flags)
    }

    /// `link(2)`.
    fn link(old: *const c_char, new: *const c_char) -> c_int {
        link_to(At::cwd(old), At::cwd(new), 0)
    }

    /// `linkat(2)`.
    fn linkat(from: c_int, old: *const c_char, to: c_int, new: *const c_char, flags: c_int) -> c_int {
        link_to(At { folder: from, path: old }, At { folder: to, path: new }, flags)
    }

    /// `readlink(2)`.
    fn readlink(path: *const c_char, room: *mut c_char, size: usize) -> isize {
        read_link(At::cwd(path), room, size)
    }

    /// `readlinkat(2)`.
    fn readlinkat(folder: c_int, path: *const c_char, room: *mut c_char, size: usize) -> isize {
        read_link(At { folder, path }, room, size)
    }

    /// `chmod(2)`.
    fn chmod(path: *const c_char, mode: mode_t) -> c_int {
        change_mode(At::cwd(path), mode, 0)
    }

    /// `fchmodat(2)`.
    fn fchmodat(folder: c_int, path: *const c_char, mode: mode_t, flags: c_int) -> c_int {
        change_mode(At { folder, path }, mode, flags)
    }

    /// `fchmod(2)`.
    fn fchmod(fd: c_int, mode: mode_t) -> c_int {
        change_open("fchmod of a real file", fd, |number| sys(libc::SYS_fchmod, &[i64::from(number), i64::from(mode)]))
    }

    /// `chown(2)`.
    fn chown(path: *const c_char, user: c_uint, group: c_uint) -> c_int {
        change_owner(At::cwd(path), [user, group], 0)
    }

    /// `lchown(2)`.
    fn lchown(path: *const c_char, user: c_uint, group: c_uint) -> c_int {
        change_owner(At::cwd(path), [user, group], libc::AT_SYMLINK_NOFOLLOW)
    }

    /// `fchownat(2)`.
    fn fchownat(folder: c_int, path: *const c_char, user: c_uint, group: c_uint, flags: c_int) -> c_int {
        if flags & !libc::AT_SYMLINK_NOFOLLOW != 0 {
            return fail(Errno::EINVAL);
        }
        change_owner(At { folder, path }, [user, group], flags)
    }

    /// `fchown(2)`.
    fn fchown(fd: c_int, user: c_uint, group: c_uint) -> c_int {
        change_open("fchown of a real file", fd, |number| {
            sys(libc::SYS_fchown, &[i64::from(number), i64::from(user), i64::from(group)])
        })
    }

    /// `truncate(2)`.
    fn truncate(path: *const c_char, length: off_t) -> c_int {
        set_size(path, length)
    }

    /// `truncate(2)` with large files.
    fn truncate64(path: *const c_char, length: off_t) -> c_int {
        set_size(path, length)
    }

    /// `flock(2)`: modelled, because a wait for real would stop the run.
    fn flock(fd: c_int, operation: c_int) -> c_int {
        done(call("flock", fd, |kernel, caller| {
            if LockAsk::of(operation)? == LockAsk::Nothing {
                return Ok(());
            }
            let object = match caller.held.first() {
                Some(&id) => Some(kernel.files.object(id)),
                None => kernel.object(fd),
            };
            let number = match object {
                None => return Err(Errno::EBADF.into()),
                Some(Object::Real(number)) => number,
                Some(Object::Standard(_)) => real::NULL,
                Some(object) => return Err(unmodelled_of("flock(2)", Errno::EINVAL)(object)),
            };
            // A file that was opened with O_PATH cannot be locked; a lock for reading can always be asked for.
            let flags = sys(libc::SYS_fcntl, &[i64::from(number), i64::from(libc::F_GETFL)])?;
            if flags & i64::from(libc::O_PATH) != 0 {
                return Err(Errno::EBADF.into());
            }
            let file = disk::number_of(number)?;
            lock(kernel, caller, fd, file, operation)
        }))
    }
}
