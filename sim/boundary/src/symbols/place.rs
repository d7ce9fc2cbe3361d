//! Where a process stands: `chdir(2)`, `getcwd(3)`, `realpath(3)`, `umask(2)`.
//!
//! The real working directory and the real mask are never changed: a process has its own. Does not know other paths. Invariant: no real path of a run's files reaches the program.

use core::ffi::{c_char, c_int};

use libc::mode_t;
use photofinish_sim::call::Stop;
use photofinish_sim::call::file::Work;
use photofinish_sim::errno::Errno;
use photofinish_sim::file::lock::FileNumber;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::tree::{Kind, Right};

use super::real::{done, fails, on_file, on_path};
use super::{descriptor, fail};
use crate::disk::process::{self, Folder};
use crate::disk::{self, At, Follow, Found, open, sys, sys::sys};
use crate::own::owned;
use crate::phase;
use crate::run::{call, with_kernel};

/// Goes to an open folder.
fn stand(kernel: &Kernel, real: c_int) -> Result<i64, Stop> {
    if open::kind_of(real)? != libc::S_IFDIR {
        return Err(Errno::ENOTDIR.into());
    }
    match open::node_of(real) {
        Some(node) => stand_inside(kernel, node),
        None => stand_outside(kernel, sys::duplicate(real)?),
    }
}

/// `chdir(2)`: who may not search a folder may not stand in it.
fn stand_inside(kernel: &Kernel, node: FileNumber) -> Result<i64, Stop> {
    disk::tree().may(node, Right::EXECUTE)?;
    process::go(kernel.process(), Folder::Inside(node));
    Ok(0)
}

/// The descriptor becomes ours.
fn stand_outside(kernel: &Kernel, real: c_int) -> Result<i64, Stop> {
    let path = sys::c_path(format!("/proc/self/fd/{real}").into_bytes())?;
    let may = sys(libc::SYS_faccessat, &[sys::NOWHERE, sys::address(&path), i64::from(libc::X_OK)]);
    if let Err(errno) = may {
        sys::close(real);
        return Err(errno.into());
    }
    process::go(kernel.process(), Folder::Outside(real));
    Ok(0)
}

/// Gives a path out: into the caller's room, or into memory of its own for a null pointer.
fn give(path: &[u8], room: *mut c_char, size: usize) -> *mut c_char {
    let whole = path.len() + 1;
    let fits = if room.is_null() && size == 0 { whole } else { size };
    if fits < whole {
        fail(Errno::ERANGE);
        return core::ptr::null_mut();
    }
    let place = if room.is_null() {
        // SAFETY: any size.
        unsafe { libc::malloc(fits) }.cast()
    } else {
        room
    };
    if place.is_null() {
        fail(Errno::ENOMEM);
        return place;
    }
    let bytes = descriptor::buffer(place.cast(), whole);
    bytes[..path.len()].copy_from_slice(path);
    bytes[path.len()] = 0;
    place
}

/// A path, for the event without it.
struct Path(Vec<u8>);

impl crate::run::Answer for Path {
    fn number(&self) -> i64 {
        0
    }
}

fn where_am_i() -> Result<Vec<u8>, Errno> {
    let Path(path) = call("getcwd", 0, |kernel, _| Ok(Path(process::cwd(kernel)?)))?;
    Ok(path)
}

fn give_or_fail(path: Result<Vec<u8>, Errno>, room: *mut c_char, size: usize) -> *mut c_char {
    match path {
        Ok(path) => give(&path, room, size),
        Err(errno) => {
            fail(errno);
            core::ptr::null_mut()
        }
    }
}

fn canonical(path: *const c_char) -> Result<Vec<u8>, Errno> {
    if path.is_null() {
        return Err(Errno::EINVAL);
    }
    let Path(path) = on_path("realpath", At::cwd(path), Follow::Yes, |_, found| match found {
        Found::Inside(spot) => Ok(Path(open::real_path(&spot)?)),
        Found::Outside { real, .. } => {
            let real = sys::open(&real, libc::O_PATH, 0)?;
            let path = sys::path_of(real);
            sys::close(real);
            Ok(Path(path?))
        }
        Found::Program(path) => Ok(Path(path)),
    })?;
    Ok(path)
}

owned! {
    /// `chdir(2)`.
    fn chdir(path: *const c_char) -> c_int {
        done(on_path("chdir", At::cwd(path), Follow::Yes, |kernel, found| match found {
            Found::Inside(spot) => {
                let node = disk::tree().there(&spot)?;
                match disk::tree().node(node).kind() {
                    Kind::Folder => stand_inside(kernel, node),
                    _ => Err(Errno::ENOTDIR.into()),
                }
            }
            Found::Outside { real, .. } => {
                stand_outside(kernel, sys::raise(sys::open(&real, libc::O_PATH | libc::O_DIRECTORY, 0)?)?)
            }
            Found::Program(_) => Err(Errno::ENOTDIR.into()),
        }))
    }

    /// `fchdir(2)`.
    fn fchdir(fd: c_int) -> c_int {
        let answer = |kernel: &mut Kernel, real: c_int| stand(kernel, real);
        done(on_file("fchdir", fd, Work::Nothing, answer, fails(Errno::ENOTDIR)))
    }

    /// `getcwd(3)`.
    fn getcwd(room: *mut c_char, size: usize) -> *mut c_char {
        if size == 0 && !room.is_null() {
            fail(Errno::EINVAL);
            return core::ptr::null_mut();
        }
        give_or_fail(where_am_i(), room, size)
    }

    /// `get_current_dir_name(3)`.
    fn get_current_dir_name() -> *mut c_char {
        give_or_fail(where_am_i(), core::ptr::null_mut(), 0)
    }

    /// `realpath(3)`.
    fn realpath(path: *const c_char, room: *mut c_char) -> *mut c_char {
        let size = if room.is_null() { 0 } else { libc::PATH_MAX as usize };
        give_or_fail(canonical(path), room, size)
    }

    /// `canonicalize_file_name(3)`.
    fn canonicalize_file_name(path: *const c_char) -> *mut c_char {
        give_or_fail(canonical(path), core::ptr::null_mut(), 0)
    }

    /// `umask(2)`: 022 at first.
    fn umask(mask: mode_t) -> mode_t {
        phase::as_simulator(|| with_kernel(|kernel| process::set_mask(kernel.process(), mask)))
    }
}
