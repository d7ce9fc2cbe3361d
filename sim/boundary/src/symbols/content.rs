//! What is in files on disks: `lseek(2)`, `pread(2)`, `pwrite(2)`, `ftruncate(2)`, `mmap(2)`.
//!
//! Does not know paths, nor what of it is in memory: the disk does. Invariant: a file's time of modification moves with the
//! program's clock, whoever holds the file.

use core::ffi::{c_int, c_void};

use libc::{iovec, off_t};
use photofinish_sim::call::Stop;
use photofinish_sim::call::file::Work;
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;
use photofinish_sim::kernel::Kernel;

use super::descriptor::{self, Kind, buffer, kind, scatter, vectors};
use super::fail;
use super::real::{NULL, done, fails, on_file, size};
use crate::disk::held::{self, Place, held};
use crate::disk::{self, open, sys::sys};
use crate::own::owned;
use crate::phase::{self, Phase};
use crate::sight;

/// A call that reads or writes: its number, its arguments behind the descriptor, and what they mean.
pub(super) struct Request<'a> {
    call: i64,
    rest: &'a [i64],
    room: &'a [iovec],
    /// Where in the file; none for what only the real kernel is asked.
    place: Option<Place>,
    /// `RWF_*`.
    flags: c_int,
}

/// `RWF_*` that say how a disk is to be asked, and nothing of what is answered.
const OF_DISKS: c_int = libc::RWF_HIPRI | libc::RWF_DSYNC | libc::RWF_SYNC;

/// `UIO_MAXIOV`.
const VECTOR_MAX: i64 = 1024;

impl<'a> Request<'a> {
    /// At the file's own position.
    pub(super) fn own(call: i64, rest: &'a [i64], room: &'a [iovec]) -> Self {
        Self { call, rest, room, place: Some(Place::Own), flags: 0 }
    }

    /// Whether a file of the private folder, which is not open the other way alone, takes its flags: a tmpfs of Linux 6.6 has these.
    ///
    /// # Errors
    /// `EOPNOTSUPP`.
    fn check_flags(&self, number: c_int, other_way: c_int) -> Result<(), Errno> {
        if self.flags & !(OF_DISKS | libc::RWF_APPEND) == 0 || open::node_of(number).is_none() {
            return Ok(());
        }
        // What else is wrong is found first, by the real kernel.
        let is_open = open::flags_in_use(number)? & libc::O_ACCMODE != other_way;
        let moves = self.count().is_some_and(|count| count > 0);
        if is_open && moves { Err(Errno::EOPNOTSUPP) } else { Ok(()) }
    }

    /// The bytes that it is about; none for a vector that is refused.
    fn count(&self) -> Option<usize> {
        let one =
            [libc::SYS_read, libc::SYS_write, libc::SYS_pread64, libc::SYS_pwrite64].contains(&self.call);
        let entries = if one { 1 } else { self.rest[1] };
        if !(0..=VECTOR_MAX).contains(&entries) {
            return None;
        }
        let sum = |sum: usize, entry: &iovec| sum.checked_add(entry.iov_len);
        self.room.iter().try_fold(0, sum).filter(|count| isize::try_from(*count).is_ok())
    }
}

/// A read of a file, or of the run's random bytes in place of `random(4)`.
pub(super) fn read(kernel: &mut Kernel, number: c_int, request: &Request<'_>) -> Result<i64, Stop> {
    if let (Some(place), Some(held), Some(count)) = (request.place, held(number), request.count()) {
        let read = held.read(place, count)?;
        scatter(request.room, read);
        return Ok(length(read.len()));
    }
    if !disk::is_random(number) {
        request.check_flags(number, libc::O_WRONLY)?;
        let answer = sys(request.call, &[&[i64::from(open::real(number)?)], request.rest].concat())?;
        if sight::wants_content(number) {
            let bytes = descriptor::gather(request.room);
            let read = bytes.len().min(usize::try_from(answer).unwrap_or_default());
            sight::read(kernel.current(), number, &bytes[..read]);
        }
        return Ok(answer);
    }
    let count: usize = request.room.iter().map(|entry| entry.iov_len).sum();
    let mut bytes = vec![0; count];
    kernel.random(&mut bytes);
    scatter(request.room, &bytes);
    Ok(length(count))
}

/// A write to a file.
pub(super) fn write(kernel: &mut Kernel, number: c_int, request: &Request<'_>) -> Result<i64, Stop> {
    let answer = match write_held(number, request) {
        Some(answer) => length(answer?),
        None => {
            request.check_flags(number, libc::O_RDONLY)?;
            if request.count() != Some(0) {
                held::may_write(number, request.place)?;
            }
            sys(request.call, &[&[i64::from(open::real(number)?)], request.rest].concat())?
        }
    };
    if answer > 0 {
        open::modified(kernel, number);
    }
    Ok(answer)
}

fn write_held(number: c_int, request: &Request<'_>) -> Option<Result<usize, Errno>> {
    let (place, held, _) = (request.place?, held(number)?, request.count()?);
    match request.room {
        [one] => held.write(place, descriptor::bytes(one.iov_base, one.iov_len)),
        many => held.write(place, &descriptor::gather(many)),
    }
}

/// What `pread(2)` and `pwrite(2)` say to files without positions.
fn no_position(object: Object) -> Stop {
    match object {
        Object::Socket(_) | Object::Unix(_) | Object::Pipe(..) => Stop::Fail(Errno::ESPIPE),
        _ => Stop::Unmodelled(String::from("reading or writing such a file at a position"), Errno::ESPIPE),
    }
}

fn length(count: usize) -> i64 {
    count.cast_signed() as i64
}

fn read_at(fd: c_int, data: *mut c_void, count: usize, offset: off_t) -> isize {
    if offset < 0 {
        return fail(Errno::EINVAL) as isize;
    }
    let (rest, room) = ([data as i64, length(count), offset], one(data, count));
    let place = Some(Place::At(offset));
    let request = Request { call: libc::SYS_pread64, rest: &rest, room: &room, place, flags: 0 };
    let answer = |kernel: &mut Kernel, number| read(kernel, number, &request);
    size(on_file("pread of a real file", fd, Work::Nothing, answer, no_position))
}

fn write_at(fd: c_int, data: *const c_void, count: usize, offset: off_t) -> isize {
    if offset < 0 {
        return fail(Errno::EINVAL) as isize;
    }
    if let Kind::Standard(1 | 2) = kind(fd) {
        // What is written goes to no file, as into a pipe.
        return fail(Errno::ESPIPE) as isize;
    }
    let (rest, room) = ([data as i64, length(count), offset], one(data.cast_mut(), count));
    let place = Some(Place::At(offset));
    let request = Request { call: libc::SYS_pwrite64, rest: &rest, room: &room, place, flags: 0 };
    let answer = |kernel: &mut Kernel, number| write(kernel, number, &request);
    size(on_file("pwrite to a real file", fd, Work::Write, answer, no_position))
}

/// A vector, where in a file, and `RWF_*`. An offset of -1 is the file's own position for the calls with flags.
struct Spread {
    vector: *const iovec,
    count: c_int,
    offset: off_t,
    flags: c_int,
}

impl Spread {
    fn arguments(&self) -> [i64; 5] {
        // The high half of the offset is the kernel's on machines with smaller registers.
        [self.vector as i64, i64::from(self.count), self.offset, 0, i64::from(self.flags)]
    }

    /// The call, which is made for real if it writes to the end.
    ///
    /// # Errors
    /// `EINVAL` before the beginning, whatever the descriptor.
    fn request<'a>(&self, call: i64, rest: &'a [i64]) -> Result<Request<'a>, Errno> {
        let with_flags = call == libc::SYS_preadv2 || call == libc::SYS_pwritev2;
        let place = match self.offset {
            -1 if with_flags => Place::Own,
            ..0 => return Err(Errno::EINVAL),
            at => Place::At(at),
        };
        let place = (self.flags & !OF_DISKS == 0).then_some(place);
        Ok(Request { call, rest, room: vectors(self.vector, self.count), place, flags: self.flags })
    }
}

fn read_spread(name: &'static str, fd: c_int, call: i64, spread: &Spread) -> isize {
    let rest = spread.arguments();
    let answer = spread.request(call, &rest).and_then(|request| {
        let answer = |kernel: &mut Kernel, number| read(kernel, number, &request);
        on_file(name, fd, Work::Nothing, answer, no_position)
    });
    size(answer)
}

fn write_spread(name: &'static str, fd: c_int, call: i64, spread: &Spread) -> isize {
    if let Kind::Standard(1 | 2) = kind(fd) {
        return fail(Errno::ESPIPE) as isize;
    }
    let rest = spread.arguments();
    let answer = spread.request(call, &rest).and_then(|request| {
        let answer = |kernel: &mut Kernel, number| write(kernel, number, &request);
        on_file(name, fd, Work::Write, answer, no_position)
    });
    size(answer)
}

fn seek(fd: c_int, offset: off_t, whence: c_int) -> off_t {
    let answer = |_: &mut Kernel, number: c_int| Ok(held::seek(number, offset, whence)?);
    let ours = |object| match object {
        // `noop_llseek`.
        Object::EventFd(_) | Object::TimerFd(_) | Object::Epoll(_) => {
            Stop::Unmodelled(String::from("lseek(2) of such a file"), Errno::ESPIPE)
        }
        _ => Stop::Fail(Errno::ESPIPE),
    };
    super::real::number(on_file("lseek of a real file", fd, Work::Nothing, answer, ours))
}

fn set_length(fd: c_int, length: off_t) -> c_int {
    if length < 0 {
        return fail(Errno::EINVAL);
    }
    let answer = |kernel: &mut Kernel, number: c_int| {
        open::set_length(number, length)?;
        open::modified(kernel, number);
        Ok(())
    };
    done(on_file("ftruncate of a real file", fd, Work::Write, answer, fails(Errno::EINVAL)))
}

owned! {
    /// `lseek(2)`.
    fn lseek(fd: c_int, offset: off_t, whence: c_int) -> off_t {
        seek(fd, offset, whence)
    }

    /// `lseek(2)` with large files.
    fn lseek64(fd: c_int, offset: off_t, whence: c_int) -> off_t {
        seek(fd, offset, whence)
    }

    /// `pread(2)`.
    fn pread(fd: c_int, data: *mut c_void, count: usize, offset: off_t) -> isize {
        read_at(fd, data, count, offset)
    }

    /// `pread(2)` with large files.
    fn pread64(fd: c_int, data: *mut c_void, count: usize, offset: off_t) -> isize {
        read_at(fd, data, count, offset)
    }

    /// `pwrite(2)`.
    fn pwrite(fd: c_int, data: *const c_void, count: usize, offset: off_t) -> isize {
        write_at(fd, data, count, offset)
    }

    /// `pwrite(2)` with large files.
    fn pwrite64(fd: c_int, data: *const c_void, count: usize, offset: off_t) -> isize {
        write_at(fd, data, count, offset)
    }

    /// `preadv(2)`.
    fn preadv(fd: c_int, vector: *const iovec, count: c_int, offset: off_t) -> isize {
        read_spread("preadv of a real file", fd, libc::SYS_preadv, &Spread { vector, count, offset, flags: 0 })
    }

    /// `preadv(2)` with large files.
    fn preadv64(fd: c_int, vector: *const iovec, count: c_int, offset: off_t) -> isize {
        read_spread("preadv of a real file", fd, libc::SYS_preadv, &Spread { vector, count, offset, flags: 0 })
    }

    /// `preadv2(2)`.
    fn preadv2(fd: c_int, vector: *const iovec, count: c_int, offset: off_t, flags: c_int) -> isize {
        read_spread("preadv2 of a real file", fd, libc::SYS_preadv2, &Spread { vector, count, offset, flags })
    }

    /// `preadv2(2)` with large files.
    fn preadv64v2(fd: c_int, vector: *const iovec, count: c_int, offset: off_t, flags: c_int) -> isize {
        read_spread("preadv2 of a real file", fd, libc::SYS_preadv2, &Spread { vector, count, offset, flags })
    }

    /// `pwritev(2)`.
    fn pwritev(fd: c_int, vector: *const iovec, count: c_int, offset: off_t) -> isize {
        write_spread("pwritev to a real file", fd, libc::SYS_pwritev, &Spread { vector, count, offset, flags: 0 })
    }

    /// `pwritev(2)` with large files.
    fn pwritev64(fd: c_int, vector: *const iovec, count: c_int, offset: off_t) -> isize {
        write_spread("pwritev to a real file", fd, libc::SYS_pwritev, &Spread { vector, count, offset, flags: 0 })
    }

    /// `pwritev2(2)`.
    fn pwritev2(fd: c_int, vector: *const iovec, count: c_int, offset: off_t, flags: c_int) -> isize {
        write_spread("pwritev2 to a real file", fd, libc::SYS_pwritev2, &Spread { vector, count, offset, flags })
    }

    /// `pwritev2(2)` with large files.
    fn pwritev64v2(fd: c_int, vector: *const iovec, count: c_int, offset: off_t, flags: c_int) -> isize {
        write_spread("pwritev2 to a real file", fd, libc::SYS_pwritev2, &Spread { vector, count, offset, flags })
    }

    /// `ftruncate(2)`.
    fn ftruncate(fd: c_int, length: off_t) -> c_int {
        set_length(fd, length)
    }

    /// `ftruncate(2)` with large files.
    fn ftruncate64(fd: c_int, length: off_t) -> c_int {
        set_length(fd, length)
    }
}

/// `mmap(2)`: the C library's loader calls it before anything else, so that it must not look for a definition behind ours.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap(
    address: *mut c_void,
    length: usize,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: off_t,
) -> *mut c_void {
    map(address, length, [protection, flags, fd], offset)
}

/// `mmap(2)` with large files.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap64(
    address: *mut c_void,
    length: usize,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: off_t,
) -> *mut c_void {
    map(address, length, [protection, flags, fd], offset)
}

fn map(
    address: *mut c_void,
    length: usize,
    [protection, flags, fd]: [c_int; 3],
    offset: off_t,
) -> *mut c_void {
    let of_file = phase::is(Phase::Program) && flags & libc::MAP_ANONYMOUS == 0;
    let real = if of_file { real_to_map(fd) } else { Ok(fd) };
    let arguments = |real| {
        [
            address as i64,
            length.cast_signed() as i64,
            i64::from(protection),
            i64::from(flags),
            i64::from(real),
            offset,
        ]
    };
    crate::rewind::note_change();
    match real.and_then(|real| sys(libc::SYS_mmap, &arguments(real))) {
        Ok(mapped) => mapped as *mut c_void,
        Err(errno) => {
            fail(errno);
            libc::MAP_FAILED
        }
    }
}

fn real_to_map(fd: c_int) -> Result<c_int, Errno> {
    match kind(fd) {
        Kind::Real(number) => {
            descriptor::passed("mmap of a real file", fd);
            phase::as_simulator(|| open::real(number))
        }
        Kind::Standard(_) => Ok(NULL),
        // `tcp_mmap` shows what arrived as memory; the other files have none.
        Kind::Ours => {
            phase::as_simulator(|| {
                crate::run::unmodelled(String::from("mmap(2) of a file that is not on a disk"))
            });
            Err(Errno::ENODEV)
        }
        Kind::None => Err(Errno::EBADF),
    }
}

/// Memory of the program as one entry of a vector.
pub(super) fn one(data: *mut c_void, count: usize) -> [iovec; 1] {
    [iovec { iov_base: data, iov_len: buffer(data, count).len() }]
}
