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
use photofinish_sim::file::lock::FileNumber;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::tree::{Move, Time, Tree};

use super::descriptor::buffer;
use super::fail;
use super::real::{self, change_path, done, inside, on_file, on_path, unmodelled_of};
use crate::disk::node::Key;
use crate::disk::{self, At, Follow, Found, open, sys::sys};
use crate::own::owned;
use crate::run::call;

fn make_folder(at: At, mode: mode_t) -> c_int {
    change_path("mkdir", at, Follow::Never, Work::Folder, |kernel, spot| {
        disk::make(kernel, |tree, birth| tree.make_folder(spot, mode, birth)).map(|_| ())
    })
}

fn make_link(at: At, target: *const c_char) -> c_int {
    let target = At::cwd(target);
    change_path("symlink", at, Follow::Never, Work::Folder, |kernel, spot| {
        let target = target.name()?;
        disk::make(kernel, |tree, birth| tree.make_link(spot, target, birth)).map(|_| ())
    })
}

fn remove_name(at: At, flags: c_int) -> c_int {
    if flags & libc::AT_REMOVEDIR == 0 {
        return change_path("unlink", at, Follow::Never, Work::Folder, |kernel, spot| {
            disk::change(kernel, |tree, now| tree.unlink(spot, now))
        });
    }
    change_path("rmdir", at, Follow::Never, Work::Folder, |kernel, spot| {
        disk::change(kernel, |tree, now| tree.remove_folder(spot, now))
    })
}

/// `RENAME_*`.
fn how(flags: c_uint) -> Result<Move, Stop> {
    match flags {
        0 => Ok(Move::Replace),
        libc::RENAME_NOREPLACE => Ok(Move::Keep),
        libc::RENAME_EXCHANGE => Ok(Move::Exchange),
        libc::RENAME_WHITEOUT => {
            Err(Stop::Unmodelled(String::from("renameat2(2) that leaves a whiteout"), Errno::EINVAL))
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

fn move_name(from: At, to: At, flags: c_uint) -> c_int {
    done(call("rename", from.folder, |kernel, caller| {
        take_time(kernel, caller, Work::Folder)?;
        let how = how(flags)?;
        let old = inside(kernel, "rename(2)", from, Follow::Never)?;
        let new = inside(kernel, "rename(2)", to, Follow::Never)?;
        Ok(disk::change(kernel, |tree, now| tree.rename(&old, &new, how, now))?)
    }))
}

fn link_to(from: At, to: At, flags: c_int) -> c_int {
    done(call("link", from.folder, |kernel, caller| {
        take_time(kernel, caller, Work::Folder)?;
        if flags & !(libc::AT_SYMLINK_FOLLOW | libc::AT_EMPTY_PATH) != 0 {
            return Err(Errno::EINVAL.into());
        }
        if flags & libc::AT_EMPTY_PATH != 0 && from.bytes().is_ok_and(<[u8]>::is_empty) {
            return Err(Stop::Unmodelled(String::from("linkat(2) of a descriptor"), Errno::ENOENT));
        }
        let follow = if flags & libc::AT_SYMLINK_FOLLOW == 0 { Follow::No } else { Follow::Yes };
        let old = inside(kernel, "link(2)", from, follow)?;
        disk::tree().there(&old)?;
        let new = inside(kernel, "link(2)", to, Follow::Never)?;
        Ok(disk::change(kernel, |tree, now| tree.link(&old, &new, now))?)
    }))
}

fn read_link(at: At, room: *mut c_char, size: usize) -> isize {
    if size == 0 {
        return fail(Errno::EINVAL) as isize;
    }
    let answer = on_path("readlink", at, Follow::No, |kernel, found| {
        let target = match found {
            Found::Inside(spot) => {
                let node = disk::tree().there(&spot)?;
                disk::tree().node(node).target().ok_or(Errno::EINVAL)?.to_vec()
            }
            Found::Outside { shown, real } => {
                match disk::own_descriptor(&shown).and_then(|(fd, _)| kernel.object(fd)) {
                    Some(Object::Real(number)) => open::shown_path_of(number)?,
                    _ => disk::sys::readlink(&real)?,
                }
            }
            Found::Program(_) => return Err(Errno::EINVAL.into()),
        };
        let count = target.len().min(size);
        buffer(room.cast(), count).copy_from_slice(&target[..count]);
        Ok(i64::try_from(count).expect("paths are short"))
    });
    real::size(answer)
}

fn change_mode(at: At, mode: mode_t, flags: c_int) -> c_int {
    match flags {
        0 => change_path("chmod", at, Follow::Yes, Work::Write, |kernel, spot| {
            disk::change(kernel, |tree, now| tree.change_mode(tree.there(spot)?, mode, now))
        }),
        libc::AT_SYMLINK_NOFOLLOW => fail(Errno::EOPNOTSUPP),
        _ => fail(Errno::EINVAL),
    }
}

/// `(uid_t) -1` leaves what is.
fn given(ids: [c_uint; 2]) -> [Option<u32>; 2] {
    ids.map(|id| (id != c_uint::MAX).then_some(id))
}

fn change_owner(at: At, ids: [c_uint; 2], flags: c_int) -> c_int {
    let follow = if flags & libc::AT_SYMLINK_NOFOLLOW == 0 { Follow::Yes } else { Follow::No };
    change_path("chown", at, follow, Work::Write, |kernel, spot| {
        disk::change(kernel, |tree, now| tree.change_owner(tree.there(spot)?, given(ids), now))
    })
}

/// Changes what is behind a number: a file of the private folder, or for real one that has no name anywhere.
pub(super) fn change_open(
    name: &'static str,
    fd: c_int,
    changed: impl Fn(&mut Tree, FileNumber, Time) -> Result<(), Errno>,
    real: impl Fn(&Kernel, c_int) -> Result<(), Errno>,
) -> c_int {
    let answer = |kernel: &mut Kernel, number: c_int| match open::node_to_change(number)? {
        Some(node) => Ok(disk::change(kernel, |tree, now| changed(tree, node, now))?),
        None => {
            open::guard(number, name)?;
            Ok(real(kernel, number)?)
        }
    };
    done(on_file(name, fd, Work::Write, answer, unmodelled_of(name, Errno::EPERM)))
}

/// A change of the real file behind a number.
fn really(kernel: &Kernel, number: c_int, call: i64, arguments: &[i64]) -> Result<(), Errno> {
    sys(call, &[&[i64::from(number)], arguments].concat())?;
    disk::disk().nodes.get(&Key::of(&disk::sys::fstat(number)?)).changed = disk::now(kernel);
    Ok(())
}

fn set_size(path: *const c_char, length: off_t) -> c_int {
    if length < 0 {
        return fail(Errno::EINVAL);
    }
    change_path("truncate", At::cwd(path), Follow::Yes, Work::Write, |kernel, spot| {
        open::truncate(kernel, spot, length)
    })
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
        let changed = |tree: &mut Tree, node, now| tree.change_mode(node, mode, now);
        change_open("fchmod of a real file", fd, changed, |kernel, number| {
            really(kernel, number, libc::SYS_fchmod, &[i64::from(mode)])
        })
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
        let changed = |tree: &mut Tree, node, now| tree.change_owner(node, given([user, group]), now);
        change_open("fchown of a real file", fd, changed, |kernel, number| {
            really(kernel, number, libc::SYS_fchown, &[i64::from(user), i64::from(group)])
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
            open::flags_in_use(number)?;
            let file = open::number_of(number)?;
            lock(kernel, caller, fd, file, operation)
        }))
    }
}
