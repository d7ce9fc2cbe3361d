//! From file to file: `sendfile(2)`, `copy_file_range(2)`, `splice(2)`, `tee(2)`.
//!
//! Does not know what the files are. Invariant: a file's position moves by what arrived on the other side.

use core::ffi::{c_int, c_uint};

use libc::{off_t, size_t};
use photofinish_sim::call::file::{Work, take_time};
use photofinish_sim::call::{Caller, Stop, io};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;
use photofinish_sim::kernel::Kernel;

use super::descriptor::{Kind, close_real, kind};
use super::real::{NULL, size};
use super::{signal, stdio};
use crate::disk::held::{self, Place, held};
use crate::disk::{open, sys::sys};
use crate::own::owned;
use crate::phase;
use crate::run::call;

/// What one call moves at most between a real file and one that we model.
const PIECE: usize = 1 << 16;

fn real(kernel: &Kernel, fd: c_int) -> Result<Option<c_int>, Stop> {
    match kernel.object(fd) {
        None => Err(Errno::EBADF.into()),
        Some(Object::Real(real)) => Ok(Some(real)),
        Some(Object::Standard(_)) => Ok(Some(NULL)),
        Some(_) => Ok(None),
    }
}

fn unmodelled(name: &str) -> Stop {
    Stop::Unmodelled(format!("{name} from or to a file that is not on a disk"), Errno::EINVAL)
}

/// Where a call begins to read: at the given offset, or where the file stands.
fn begins(from: c_int, at: *const off_t) -> Result<off_t, Errno> {
    match at.is_null() {
        true => held::seek(from, 0, libc::SEEK_CUR),
        // SAFETY: sendfile(2): an offset, or none.
        false => Ok(unsafe { *at }),
    }
}

/// Reads without moving the file's position.
fn peek(from: c_int, at: *const off_t, count: usize) -> Result<(Vec<u8>, off_t), Errno> {
    let offset = begins(from, at)?;
    let count = count.min(PIECE);
    if let Some(held) = held(from) {
        let read = held.read(Place::At(offset), count)?;
        return Ok((phase::as_simulator(|| read.to_vec()), offset));
    }
    let mut data = phase::as_simulator(|| vec![0_u8; count]);
    let length = i64::try_from(data.len()).expect("a piece is small");
    let arguments = [i64::from(open::real(from)?), data.as_mut_ptr() as i64, length, offset];
    let read = sys(libc::SYS_pread64, &arguments)?;
    data.truncate(usize::try_from(read).expect("a count"));
    Ok((data, offset))
}

fn moved_on(from: c_int, at: *mut off_t, to: off_t) -> Result<(), Errno> {
    if at.is_null() {
        return held::seek(from, to, libc::SEEK_SET).map(|_| ());
    }
    // SAFETY: sendfile(2): a place for the offset.
    unsafe { *at = to };
    Ok(())
}

/// From one file in memory to another. None where the real kernel is to judge.
fn copy_held(
    [from, to]: [c_int; 2],
    [from_at, to_at]: [*mut off_t; 2],
    count: usize,
) -> Option<Result<i64, Errno>> {
    let (source, target) = (held(from)?, held(to)?);
    if source.is_same(&target) || target.appends() {
        return None;
    }
    let ends = begins(from, from_at).and_then(|start| Ok((start, begins(to, to_at)?)));
    let (start, place) = match ends {
        Ok(ends) => ends,
        Err(errno) => return Some(Err(errno)),
    };
    // `generic_copy_file_checks`.
    if !source.reads() || !target.writes() {
        return Some(Err(Errno::EBADF));
    }
    if [start, place].iter().any(|at| at.cast_unsigned().checked_add(count as u64).is_none()) {
        return Some(Err(Errno::EOVERFLOW));
    }
    let count = count.min(source.left_from(start));
    let data = match source.read(Place::At(start), count) {
        Ok(data) => data.to_vec(),
        Err(errno) => return Some(Err(errno)),
    };
    let copied = target.write(Place::At(place), &data)?;
    Some(copied.and_then(|copied| {
        let copied = i64::try_from(copied).expect("memory is smaller");
        moved_on(from, from_at, start + copied)?;
        moved_on(to, to_at, place + copied)?;
        Ok(copied)
    }))
}

fn send_file(to: c_int, from: c_int, at: *mut off_t, count: size_t) -> isize {
    if let Kind::Standard(number @ (1 | 2)) = kind(to) {
        let peeked = call("sendfile", from, |kernel, _| {
            Ok(Peeked(peek(real(kernel, from)?.ok_or(unmodelled("sendfile(2)"))?, at, count)?))
        });
        return size(peeked.and_then(|Peeked((data, offset))| {
            let kept = stdio::keep(number, &data) as i64;
            phase::as_simulator(|| {
                drop(data);
                if let Ok(Some(read)) = crate::run::with_kernel(|kernel| real(kernel, from)) {
                    moved_on(read, at, offset + kept)?;
                }
                Ok(kept)
            })
        }));
    }
    let answer = call("sendfile", from, |kernel, caller| {
        let Some(read) = real(kernel, from)? else { return Err(unmodelled("sendfile(2)")) };
        match real(kernel, to)? {
            Some(written) => {
                take_time(kernel, caller, Work::Write)?;
                let [to, from] = [open::real(written)?, open::real(read)?].map(i64::from);
                let arguments = [to, from, at as i64, count.cast_signed() as i64];
                let sent = sys(libc::SYS_sendfile, &arguments)?;
                if sent > 0 {
                    open::modified(kernel, written);
                }
                Ok(sent)
            }
            None => {
                let (data, offset) = peek(read, at, count)?;
                if data.is_empty() {
                    return Ok(0);
                }
                let sent = io::write(kernel, caller, to, &data)?.cast_signed() as i64;
                moved_on(read, at, offset + sent)?;
                Ok(sent)
            }
        }
    });
    close_real();
    if answer == Err(Errno::EPIPE) {
        signal::broken_pipe();
    }
    size(answer)
}

/// What was read, for the event.
struct Peeked((Vec<u8>, off_t));

impl crate::run::Answer for Peeked {
    fn number(&self) -> i64 {
        self.0.0.len().cast_signed() as i64
    }
}

fn refused(name: &'static str, [from, to]: [c_int; 2]) -> isize {
    size(call(name, from, |kernel: &mut Kernel, _: &mut Caller| {
        match (real(kernel, from)?, real(kernel, to)?) {
            // `do_splice`: the files are to be open for it, and one of the two must be a pipe.
            (Some(from), Some(to)) => {
                let (from, to) = (open::flags_in_use(from)?, open::flags_in_use(to)?);
                let is = |flags: c_int, mode: c_int| flags & libc::O_ACCMODE == mode;
                let is_open = !is(from, libc::O_WRONLY) && !is(to, libc::O_RDONLY);
                Err::<i64, Stop>(if is_open { Errno::EINVAL } else { Errno::EBADF }.into())
            }
            _ => Err(unmodelled(name)),
        }
    }))
}

owned! {
    /// `sendfile(2)`: from a real file to anything.
    fn sendfile(to: c_int, from: c_int, at: *mut off_t, count: size_t) -> isize {
        send_file(to, from, at, count)
    }

    /// `sendfile(2)` with large files.
    fn sendfile64(to: c_int, from: c_int, at: *mut off_t, count: size_t) -> isize {
        send_file(to, from, at, count)
    }

    /// `copy_file_range(2)`: between real files.
    fn copy_file_range(
        from: c_int, from_at: *mut off_t, to: c_int, to_at: *mut off_t, count: size_t, flags: c_uint,
    ) -> isize {
        let answer = call("copy_file_range", from, |kernel, caller| {
            let (Some(read), Some(written)) = (real(kernel, from)?, real(kernel, to)?) else {
                return Err(unmodelled("copy_file_range(2)"));
            };
            take_time(kernel, caller, Work::Write)?;
            let held = if flags == 0 { copy_held([read, written], [from_at, to_at], count) } else { None };
            let copied = match held {
                Some(copied) => copied?,
                None => {
                    let [real_from, real_to] = [open::real(read)?, open::real(written)?].map(i64::from);
                    let arguments = [
                        real_from, from_at as i64, real_to, to_at as i64, count.cast_signed() as i64,
                        i64::from(flags),
                    ];
                    sys(libc::SYS_copy_file_range, &arguments)?
                }
            };
            if copied > 0 {
                open::modified(kernel, written);
            }
            Ok(copied)
        });
        size(answer)
    }

    /// `splice(2)`: not modelled.
    fn splice(
        from: c_int, from_at: *mut off_t, to: c_int, to_at: *mut off_t, count: size_t, flags: c_uint,
    ) -> isize {
        let _ = (from_at, to_at, count, flags);
        refused("splice(2)", [from, to])
    }

    /// `tee(2)`: not modelled.
    fn tee(from: c_int, to: c_int, count: size_t, flags: c_uint) -> isize {
        let _ = (count, flags);
        refused("tee(2)", [from, to])
    }
}
