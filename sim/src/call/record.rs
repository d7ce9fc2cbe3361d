//! `fcntl(2)`'s locks of ranges: `F_GETLK`, `F_SETLK`, `F_SETLKW`, and those of open files, `F_OFD_…`.
//!
//! Does not know files: the boundary says which file a descriptor is of, how it was opened, where it stands and how long it is.
//! Invariant: who waits for a lock waits for one other owner, and is woken when nothing of that owner is in its way any more.

use super::file::{Work, take_time};
use super::{Caller, Stop, attempt};
use crate::errno::Errno;
use crate::fd::DescriptionId;
use crate::file::lock::FileNumber;
use crate::file::record::{Awaited, LAST, Lock, Owner, Purpose, Span};
use crate::kernel::Kernel;
use crate::wait::{Wait, WaitOn, Woken};

const F_RDLCK: i16 = 0;
const F_WRLCK: i16 = 1;
const F_UNLCK: i16 = 2;
const SEEK_SET: i16 = 0;
const SEEK_CUR: i16 = 1;
const SEEK_END: i16 = 2;
const FMODE_READ: i32 = 1;
const FMODE_WRITE: i32 = 2;

/// `struct flock`, as the program wrote it or is to find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flock {
    /// `l_type`.
    pub kind: i16,
    /// `l_whence`.
    pub whence: i16,
    /// `l_start`.
    pub start: i64,
    /// `l_len`.
    pub length: i64,
    /// `l_pid`.
    pub pid: i32,
}

/// What a lock has to know of an open file.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// The file.
    pub file: FileNumber,
    /// `O_RDONLY` and its kin, as `F_GETFL` tells them.
    pub flags: i32,
    /// Where it stands.
    pub position: i64,
    /// How long the file is.
    pub size: i64,
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Look,
    Try,
    Wait,
}

/// Whose locks a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Process,
    OpenFile,
}

/// A command of `fcntl(2)` about locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    does: Does,
    whose: Whose,
}

impl Command {
    /// `F_GETLK`.
    pub const GET: Self = Self { does: Does::Look, whose: Whose::Process };
    /// `F_SETLK`.
    pub const SET: Self = Self { does: Does::Try, whose: Whose::Process };
    /// `F_SETLKW`.
    pub const SET_AND_WAIT: Self = Self { does: Does::Wait, whose: Whose::Process };

    /// Whether it only looks, and so writes to what it is given.
    #[must_use]
    pub fn looks(self) -> bool {
        self.does == Does::Look
    }

    /// The command of this number, if it is one about locks.
    #[must_use]
    pub fn of(number: i32) -> Option<Self> {
        let open = |does| Self { does, whose: Whose::OpenFile };
        match number {
            5 => Some(Self::GET),
            6 => Some(Self::SET),
            7 => Some(Self::SET_AND_WAIT),
            36 => Some(open(Does::Look)),
            37 => Some(open(Does::Try)),
            38 => Some(open(Does::Wait)),
            _ => None,
        }
    }
}

/// What is asked for, in bytes of a file.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    command: Command,
    file: FileNumber,
    asked: Flock,
    /// None where a lock is given up.
    purpose: Option<Purpose>,
    span: Span,
}

impl Request {
    /// What a `struct flock` asks for.
    ///
    /// # Errors
    /// `EINVAL`, `EOVERFLOW`, `EBADF` for a lock that the descriptor was not opened for, in the order of `fcntl_setlk` and `fcntl_getlk`.
    pub fn new(command: Command, asked: Flock, opened: &Opened) -> Result<Self, Errno> {
        if command.looks() && command.whose == Whose::Process && !matches!(asked.kind, F_RDLCK | F_WRLCK) {
            return Err(Errno::EINVAL);
        }
        let span = span(&asked, opened)?;
        let purpose = match asked.kind {
            F_RDLCK => Some(Purpose::Read),
            F_WRLCK => Some(Purpose::Write),
            F_UNLCK => None,
            _ => return Err(Errno::EINVAL),
        };
        // `OPEN_FMODE`.
        let mode = opened.flags.wrapping_add(1);
        let allowed = match purpose {
            Some(Purpose::Read) => mode & FMODE_READ != 0,
            Some(Purpose::Write) => mode & FMODE_WRITE != 0,
            None => true,
        };
        if !command.looks() && !allowed {
            return Err(Errno::EBADF);
        }
        if command.whose == Whose::OpenFile && asked.pid != 0 {
            return Err(Errno::EINVAL);
        }
        Ok(Self { command, file: opened.file, asked, purpose, span })
    }
}

/// `flock64_to_posix_lock`.
fn span(asked: &Flock, opened: &Opened) -> Result<Span, Errno> {
    let base = match asked.whence {
        SEEK_SET => 0,
        SEEK_CUR => opened.position,
        SEEK_END => opened.size,
        _ => return Err(Errno::EINVAL),
    };
    let start = base.checked_add(asked.start).ok_or(Errno::EOVERFLOW)?;
    let first = u64::try_from(start).map_err(|_| Errno::EINVAL)?;
    let length = asked.length.unsigned_abs();
    match asked.length {
        0 => Ok(Span { first, last: LAST }),
        1.. if length - 1 > LAST - first => Err(Errno::EOVERFLOW),
        1.. => Ok(Span { first, last: first + (length - 1) }),
        // The bytes before.
        ..0 => {
            let before = first.checked_sub(length).ok_or(Errno::EINVAL)?;
            Ok(Span { first: before, last: first - 1 })
        }
    }
}

/// Makes one attempt at what is asked of the open file behind a number. Of a command that looks, the answer is what the program is
/// to find in its `struct flock`: the first lock that is in the way, or that there is none.
///
/// # Errors
/// `EBADF`, `EAGAIN`, `EDEADLK`, `EINTR`; [`Stop::Block`] until the lock is free.
pub fn fcntl(kernel: &mut Kernel, caller: &mut Caller, fd: i32, request: &Request) -> Result<Flock, Stop> {
    let id = match caller.held.first() {
        Some(&id) => id,
        None => kernel.lookup(caller.process, fd)?,
    };
    let owner = match request.command.whose {
        Whose::Process => Owner::Process(caller.process),
        Whose::OpenFile => Owner::Open(id),
    };
    if request.command.looks() {
        return Ok(look(kernel, owner, request));
    }
    attempt::on_file(kernel, caller, fd, |kernel, caller, _| {
        let Some(purpose) = request.purpose else {
            kernel.release_record(request.file, owner, request.span);
            return Ok(request.asked);
        };
        if caller.done == 0 {
            take_time(kernel, caller, Work::Lock)?;
            (caller.done, caller.deadline_ns, caller.woken) = (1, None, None);
        }
        take(kernel, caller, request, Lock { owner, purpose, span: request.span })?;
        if owner != Owner::Open(id) {
            check_still_open(kernel, caller, request.file, (fd, id))?;
        }
        Ok(request.asked)
    })
}

/// `posix_test_lock`, which is asked for what an open file itself has if it is asked for no kind of lock.
fn look(kernel: &Kernel, owner: Owner, request: &Request) -> Flock {
    let locks = &kernel.records.locks;
    let found = match request.purpose {
        Some(purpose) => locks.conflicts(request.file, Lock { owner, purpose, span: request.span }).next(),
        None => locks.own(request.file, owner, request.span),
    };
    let Some(lock) = found else { return Flock { kind: F_UNLCK, ..request.asked } };
    let Span { first, last } = lock.span;
    let length = if last == LAST { 0 } else { last - first + 1 };
    Flock {
        kind: if lock.purpose == Purpose::Read { F_RDLCK } else { F_WRLCK },
        whence: SEEK_SET,
        start: first.cast_signed(),
        length: length.cast_signed(),
        pid: match lock.owner {
            Owner::Process(pid) => pid.0,
            Owner::Open(_) => -1,
        },
    }
}

/// Takes a lock, or says what is to be done as long as another is in the way.
fn take(kernel: &mut Kernel, caller: &Caller, request: &Request, wanted: Lock) -> Result<(), Stop> {
    let Some(held) = kernel.records.locks.conflicts(request.file, wanted).next() else {
        kernel.take_record(request.file, wanted);
        return Ok(());
    };
    let of = held.owner;
    if request.command.does == Does::Try {
        return Err(Errno::EAGAIN.into());
    }
    if caller.woken == Some(Woken::Signal) {
        return Err(Errno::EINTR.into());
    }
    if kernel.is_record_deadlock(wanted.owner, of) {
        return Err(Errno::EDEADLK.into());
    }
    kernel.await_record(caller.thread, Awaited { wanted, of });
    Err(Stop::Block(Wait { on: WaitOn::Record(request.file.0), deadline_ns: None }))
}

/// Who closes a descriptor gives up its locks of that file. If that happened while the call was under way, its lock goes, too
/// (`fcntl_setlk`, "Detect close/fcntl races").
fn check_still_open(
    kernel: &mut Kernel,
    caller: &Caller,
    file: FileNumber,
    (fd, id): (i32, DescriptionId),
) -> Result<(), Errno> {
    if kernel.lookup(caller.process, fd) == Ok(id) {
        return Ok(());
    }
    kernel.release_record(file, Owner::Process(caller.process), Span { first: 0, last: LAST });
    Err(Errno::EBADF)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENED: Opened = Opened { file: FileNumber(1), flags: 2, position: 100, size: 1_000 };
    const MAX: i64 = i64::MAX;

    fn asked(whence: i16, start: i64, length: i64) -> Flock {
        Flock { kind: F_RDLCK, whence, start, length, pid: 0 }
    }

    #[test]
    fn bytes_are_counted_from_where_the_program_says() {
        let bytes = |whence, start, length| {
            span(&asked(whence, start, length), &OPENED).map(|span| (span.first, span.last))
        };
        for (whence, start, length, expected) in [
            (SEEK_SET, 0, 1, Ok((0, 0))),
            (SEEK_SET, 5, 0, Ok((5, LAST))),
            (SEEK_CUR, 5, 10, Ok((105, 114))),
            (SEEK_CUR, -100, 10, Ok((0, 9))),
            (SEEK_CUR, -101, 10, Err(Errno::EINVAL)),
            (SEEK_END, 0, 10, Ok((1_000, 1_009))),
            (SEEK_END, 0, -10, Ok((990, 999))),
            (SEEK_SET, 10, -10, Ok((0, 9))),
            (SEEK_SET, 10, -11, Err(Errno::EINVAL)),
            (SEEK_SET, 0, -1, Err(Errno::EINVAL)),
            (SEEK_SET, 0, i64::MIN, Err(Errno::EINVAL)),
            (SEEK_SET, -1, 0, Err(Errno::EINVAL)),
            (SEEK_SET, MAX, 1, Ok((LAST, LAST))),
            (SEEK_SET, MAX, 2, Err(Errno::EOVERFLOW)),
            (SEEK_SET, 1, MAX, Ok((1, LAST))),
            (SEEK_SET, 2, MAX, Err(Errno::EOVERFLOW)),
            (SEEK_CUR, MAX, 1, Err(Errno::EOVERFLOW)),
            (SEEK_END, MAX - 1_000, 1, Ok((LAST, LAST))),
            (3, 0, 1, Err(Errno::EINVAL)),
        ] {
            assert_eq!(bytes(whence, start, length), expected, "{whence} {start} {length}");
        }
    }

    #[test]
    fn a_request_is_refused_as_linux_refuses_it() {
        let open = |number| Command::of(number).expect("a command about locks");
        let request = |command, flock, flags| {
            Request::new(command, flock, &Opened { flags, ..OPENED }).map(|request| request.purpose)
        };
        let read = asked(SEEK_SET, 0, 1);
        let of = |kind| Flock { kind, ..read };
        for (command, flock, flags, expected) in [
            (Command::SET, read, 0, Ok(Some(Purpose::Read))),
            (Command::SET, read, 1, Err(Errno::EBADF)),
            (Command::SET, of(F_WRLCK), 1, Ok(Some(Purpose::Write))),
            (Command::SET, of(F_WRLCK), 0, Err(Errno::EBADF)),
            (Command::SET, of(F_UNLCK), 0, Ok(None)),
            (Command::SET, of(3), 2, Err(Errno::EINVAL)),
            (Command::GET, of(F_WRLCK), 0, Ok(Some(Purpose::Write))),
            (Command::GET, of(F_UNLCK), 2, Err(Errno::EINVAL)),
            (open(36), of(F_UNLCK), 2, Ok(None)),
            (open(36), Flock { pid: 1, ..read }, 2, Err(Errno::EINVAL)),
            (open(37), Flock { pid: 1, ..read }, 2, Err(Errno::EINVAL)),
            (open(37), Flock { pid: 1, ..read }, 1, Err(Errno::EBADF)),
            (Command::SET, Flock { pid: 1, ..read }, 2, Ok(Some(Purpose::Read))),
        ] {
            assert_eq!(request(command, flock, flags), expected, "{command:?} {flock:?} {flags}");
        }
        assert_eq!(Command::of(4), None);
    }
}
