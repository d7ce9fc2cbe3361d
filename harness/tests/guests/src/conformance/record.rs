//! Locks of ranges: `fcntl(2)` with `F_SETLK` and its kin, and `lockf(3)`.
//!
//! Invariant: no line holds a number of a process, and who is first of two changes none.

use std::mem::ManuallyDrop;
use std::process::Stdio;
use std::time::Duration;

use libc::{
    F_GETLK, F_LOCK, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_RDLCK, F_SETLK, F_SETLKW, F_TEST, F_TLOCK,
    F_ULOCK, F_UNLCK, F_WRLCK, SEEK_CUR, SEEK_END, SEEK_SET,
};
use photofinish_calls::child::take_inherited;
use photofinish_calls::file::{self, SIZES, Size};
use photofinish_calls::record::{self, Record};
use photofinish_calls::{Failed, descriptor, identity, path};

use super::case::family;
use super::rivals;
use super::scratch::{Scratch, file, filled};
use super::sockets::{Fd, tcp};
use super::transcript::Transcript;
use crate::processes::child;
use crate::processes::locker::Locker;

family! {
    "records", "Locks of ranges of bytes.";
    "ranges" = ranges, ["fcntl", "fcntl64"], "Locks are split, joined and replaced.";
    "where" = whence, ["fcntl", "fcntl64"], "From where bytes are counted.";
    "refused" = refused, ["fcntl", "fcntl64"], "What cannot be locked.";
    "open-files" = open_files, ["fcntl", "dup"], "Locks of open files.";
    "closing" = closing, ["fcntl", "close", "dup2"], "What is lost with a descriptor.";
    "processes" = rivals::processes, ["fcntl", "fork", "execvp", "kill"], "Whose locks they are.";
    "waiting" = rivals::waiting, ["fcntl"], "Waiting for a lock, and what ends it.";
    "deadlock" = rivals::deadlock, ["fcntl"], "Processes that wait for each other.";
    "interrupted" = rivals::interrupted, ["fcntl"], "What a signal does to a wait.";
    "lockf" = lockf, ["lockf", "lockf64"], "The C library's own words for it.";
}

pub(super) const ALL: (i64, i64) = (0, 0);

pub(super) fn set(fd: &Fd, kind: i32, (start, length): (i64, i64)) -> Result<(), Failed> {
    record::fcntl(Size::Plain, fd.0, F_SETLK, Record::new(kind, start, length)).map(|_| ())
}

pub(super) fn set_open(fd: &Fd, kind: i32, (start, length): (i64, i64)) -> Result<(), Failed> {
    record::fcntl(Size::Plain, fd.0, F_OFD_SETLK, Record::new(kind, start, length)).map(|_| ())
}

/// Whose a lock is, without a number.
fn whose(pid: i32, child: Option<i32>) -> &'static str {
    match pid {
        -1 => "an open file's",
        _ if pid == identity::getpid() => "own",
        _ if Some(pid) == child => "the child's",
        _ => "another's",
    }
}

pub(super) fn shown(found: &Record, child: Option<i32>) -> String {
    let Record { kind, whence, start, length, pid } = *found;
    match kind {
        F_UNLCK => "none".to_owned(),
        _ => format!(
            "{}{start}+{length} from {whence} {}",
            if kind == F_RDLCK { 'r' } else { 'w' },
            whose(pid, child)
        ),
    }
}

/// All locks that are in the way of an open file, one after the other.
pub(super) fn probed(by: &Fd, child: Option<i32>) -> String {
    let mut text = Vec::new();
    let mut start = 0;
    loop {
        let found = record::fcntl(Size::Plain, by.0, F_OFD_GETLK, Record::new(F_WRLCK, start, 0))
            .expect("it is open");
        if found.kind == F_UNLCK {
            return text.join(", ");
        }
        text.push(shown(&found, child));
        if found.length == 0 {
            return text.join(", ");
        }
        start = found.start + found.length;
    }
}

fn ranges(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let (one, by) = (filled(c"a", b"x"), file(c"a"));
    const MAX: i64 = i64::MAX;
    for which in SIZES {
        for (kind, start, length) in [
            (F_RDLCK, 10, 20),
            (F_WRLCK, 15, 5),
            (F_UNLCK, 17, 1),
            (F_WRLCK, 17, 1),
            (F_RDLCK, 15, 5),
            (F_RDLCK, 30, 10),
            (F_RDLCK, 41, 4),
            (F_RDLCK, 40, 1),
            (F_UNLCK, 0, 12),
            (F_UNLCK, 44, 0),
            (F_WRLCK, 5, 30),
            (F_WRLCK, 36, 0),
            (F_WRLCK, 35, 1),
            (F_UNLCK, 100, 1),
            (F_RDLCK, 90, 0),
            (F_WRLCK, MAX, 0),
            (F_UNLCK, 0, MAX),
            (F_UNLCK, 0, 0),
            (F_UNLCK, 0, 0),
            (F_RDLCK, 0, 1),
            (F_RDLCK, MAX, 1),
            (F_UNLCK, 0, 0),
        ] {
            let answer = record::fcntl(which, one.0, F_SETLK, Record::new(kind, start, length));
            t.call(format_args!("{which:?} {kind} {start}+{length}"), answer.map(|_| probed(&by, None)));
        }
    }
}

fn whence(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let (one, by) = (filled(c"a", b"0123456789"), file(c"a"));
    t.call("position", file::lseek(Size::Plain, one.0, 4, SEEK_SET));
    const MAX: i64 = i64::MAX;
    for which in SIZES {
        for whence in [SEEK_SET, SEEK_CUR, SEEK_END, 3, -1] {
            for (start, length) in [
                (0, 1),
                (2, 0),
                (2, 3),
                (0, -1),
                (3, -2),
                (-3, 2),
                (-3, -1),
                (-4, 1),
                (-10, 2),
                (-11, 2),
                (0, -10),
                (0, -11),
                (10, i64::MIN),
                (MAX, 0),
                (MAX, 1),
                (MAX, 2),
                (MAX, -1),
                (1, MAX),
                (2, MAX),
                (MAX - 10, 1),
                (MAX - 10, 2),
                (i64::MIN, 1),
            ] {
                let record = Record { kind: F_RDLCK, whence, start, length, pid: 0 };
                let answer = record::fcntl(which, one.0, F_SETLK, record).map(|_| probed(&by, None));
                t.call(format_args!("{which:?} from {whence} {start}+{length}"), answer);
                let unlocked = record::fcntl(which, one.0, F_SETLK, Record { kind: F_UNLCK, ..record });
                t.call("unlock", unlocked.map(|_| probed(&by, None)));
            }
        }
    }
    let mut other = Locker::start();
    t.value("a lock of the child", other.ask(&format!("{F_SETLK} {F_WRLCK} 6 2")));
    // What is answered is counted from the beginning.
    for (whence, start, length) in [(SEEK_CUR, 2, 0), (SEEK_END, 0, -10), (SEEK_SET, 7, 1), (SEEK_CUR, 4, 1)]
    {
        let record = Record { kind: F_RDLCK, whence, start, length, pid: 77 };
        let answer = record::fcntl(Size::Plain, one.0, F_GETLK, record);
        t.call(
            format_args!("look from {whence} {start}+{length}"),
            answer.map(|found| shown(&found, Some(other.pid()))),
        );
        let rest = answer.map(|found| found.kind == F_UNLCK && found == Record { kind: F_UNLCK, ..record });
        t.call("all but the kind is left", rest);
    }
}

fn refused(t: &mut Transcript) {
    let _scratch = Scratch::new();
    drop(filled(c"a", b"x"));
    let open = |flags| Fd(path::openat(libc::AT_FDCWD, c"a", flags, 0).expect("it is there"));
    let folder = Fd(path::openat(libc::AT_FDCWD, c".", libc::O_RDONLY, 0).expect("it is there"));
    let null = Fd(path::openat(libc::AT_FDCWD, c"/dev/null", libc::O_RDWR, 0).expect("there is one"));
    let closed = Fd(1 << 20);
    let commands = [F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW];
    for (what, fd) in [
        ("to read", open(libc::O_RDONLY)),
        ("to write", open(libc::O_WRONLY)),
        ("for both", open(libc::O_RDWR)),
        ("for neither", open(3)),
        ("a path", open(libc::O_PATH)),
        ("a folder", folder),
        ("a device", null),
        ("nothing", closed),
    ] {
        for command in commands {
            let mut call = |what: &str, record: Record| {
                let answer = record::fcntl(Size::Plain, fd.0, command, record);
                t.call(
                    format_args!("{what}: {command} {}", record.kind),
                    answer.map(|found| shown(&found, None)),
                );
                // A lock of the process would be in the way of the open file's.
                for unlocks in [F_SETLK, F_OFD_SETLK] {
                    let _ = record::fcntl(Size::Plain, fd.0, unlocks, Record::new(F_UNLCK, 0, 0));
                }
            };
            // What is asked of an open file without a kind is answered by newer kernels alone.
            let kinds = [F_RDLCK, F_WRLCK, 3, -1, F_UNLCK];
            for kind in kinds.into_iter().filter(|kind| (*kind, command) != (F_UNLCK, F_OFD_GETLK)) {
                call(what, Record::new(kind, 0, 1));
            }
            let process = Record { pid: 1, ..Record::new(F_RDLCK, 0, 1) };
            call("with a process", process);
            call("with more that is wrong", Record { kind: F_WRLCK, start: -1, ..process });
        }
        t.call("from nowhere", record::fcntl_nowhere(fd.0));
    }
}

fn open_files(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let (one, other) = (filled(c"a", b"x"), file(c"a"));
    let kinds = [F_RDLCK, F_WRLCK, F_UNLCK];
    for first in kinds {
        for second in kinds {
            t.call(format_args!("one {first}"), set_open(&one, first, (0, 10)));
            t.call(format_args!("other {second}"), set_open(&other, second, (5, 10)));
            t.value("seen by the other", probed(&other, None));
            t.value("seen by the one", probed(&one, None));
            t.call("unlock", set_open(&one, F_UNLCK, ALL));
            t.call("unlock", set_open(&other, F_UNLCK, ALL));
            t.call(format_args!("as a process {first}"), set(&one, first, (0, 10)));
            t.call(format_args!("as an open file {second}"), set_open(&one, second, (5, 10)));
            t.value("seen by the other", probed(&other, None));
            t.call("unlock as a process", set(&other, F_UNLCK, ALL));
            t.value("seen by the other", probed(&other, None));
            t.call("unlock as an open file", set_open(&one, F_UNLCK, ALL));
        }
    }
    t.call("lock", set_open(&one, F_WRLCK, (0, 1)));
    let copy = Fd(descriptor::dup(one.0).expect("few"));
    t.call("a copy has it, too", set_open(&copy, F_WRLCK, (0, 1)));
    let look = record::fcntl(Size::Plain, one.0, F_GETLK, Record::new(F_RDLCK, 0, 0));
    t.call("in the way of the process", look.map(|found| shown(&found, None)));
    t.call("close", one.close());
    t.value("still there", probed(&other, None));
    let given = take_inherited(ManuallyDrop::new(copy).0).expect("it is open");
    let heir = child(&["sleep"]).stdin(Stdio::from(given)).stdout(Stdio::null()).spawn();
    t.value("a child has it", probed(&other, None));
    let mut heir = heir.expect("it starts");
    t.std("kill", &heir.kill());
    t.std("wait", &heir.wait());
    t.value("gone with it", probed(&other, None));
}

fn closing(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let one = filled(c"a", b"x");
    let mut by = Locker::start();
    let own = identity::getpid();
    let mut seen = || {
        let found = by.ask(&format!("{F_GETLK} {F_WRLCK} 0 0"));
        match found.rsplit_once(' ') {
            Some((lock, pid)) if pid == own.to_string() => format!("{lock} of the parent"),
            _ => found,
        }
    };
    let look = |t: &mut Transcript, what: &str, seen: &mut dyn FnMut() -> String| t.value(what, seen());
    let again = |flags: i32| Fd(path::openat(libc::AT_FDCWD, c"a", flags, 0).expect("it is there"));
    let lock = |t: &mut Transcript, seen: &mut dyn FnMut() -> String| {
        t.call("lock", set(&one, F_WRLCK, (3, 4)));
        t.call("and as an open file", set_open(&one, F_RDLCK, (20, 1)));
        look(t, "seen", seen);
    };
    lock(t, &mut seen);
    t.call("close a path", again(libc::O_PATH).close());
    look(t, "seen", &mut seen);
    t.call("close another file", file(c"b").close());
    look(t, "seen", &mut seen);
    let copy = Fd(descriptor::dup(one.0).expect("few"));
    t.call("close a copy", copy.close());
    look(t, "seen", &mut seen);
    lock(t, &mut seen);
    t.call("close one that only reads", again(libc::O_RDONLY).close());
    look(t, "seen", &mut seen);
    lock(t, &mut seen);
    let (same, socket) = (again(libc::O_RDWR), tcp());
    t.value("another file over it", file::dup2(socket.0, same.0) == Ok(same.0));
    look(t, "seen", &mut seen);
    lock(t, &mut seen);
    drop(again(libc::O_RDONLY));
    t.call("and the others", set_open(&one, F_UNLCK, ALL));
    look(t, "seen", &mut seen);
    t.call("rename", path::rename(c"a", c"c"));
    t.call("lock", set(&one, F_WRLCK, (3, 4)));
    look(t, "seen", &mut seen);
    t.call("close another file of the name", file(c"a").close());
    look(t, "seen", &mut seen);
    let renamed = Fd(path::openat(libc::AT_FDCWD, c"c", libc::O_RDONLY, 0).expect("it is there"));
    t.call("close it by its new name", renamed.close());
    look(t, "seen", &mut seen);
}

/// Long enough for another to begin to wait. If it has not, the lines are the same.
pub(super) fn a_while() {
    std::thread::sleep(Duration::from_millis(20));
}

fn lockf(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let one = filled(c"a", b"0123456789");
    let sight = Fd(path::openat(libc::AT_FDCWD, c"a", libc::O_RDONLY, 0).expect("it is there"));
    let (by, mut other) = (file(c"a"), Locker::start());
    t.call("position", file::lseek(Size::Plain, one.0, 4, SEEK_SET));
    for which in SIZES {
        let call = |t: &mut Transcript, fd: &Fd, command, length| {
            let answer = record::lockf(which, fd.0, command, length);
            t.call(format_args!("{which:?} {command} {length}"), answer.map(|()| probed(&by, None)));
        };
        for (command, length) in [
            (F_LOCK, 2),
            (F_TEST, 2),
            (F_TLOCK, -2),
            (F_ULOCK, 1),
            (F_TLOCK, 0),
            (F_ULOCK, 0),
            (F_ULOCK, -4),
            (F_LOCK, -5),
            (F_TLOCK, i64::MAX),
            (17, 1),
            (-1, 0),
        ] {
            call(t, &one, command, length);
        }
        for command in [F_LOCK, F_TLOCK, F_TEST, F_ULOCK] {
            call(t, &sight, command, 1);
            call(t, &Fd(1 << 20), command, 1);
        }
        call(t, &Fd(1 << 20), 17, 1);
        for kind in [F_RDLCK, F_WRLCK] {
            t.value("the child's", other.ask(&format!("{F_SETLK} {kind} 6 1")));
            for (command, length) in [(F_TEST, 2), (F_TEST, 3), (F_TLOCK, 2), (F_TLOCK, 3), (F_TEST, 0)] {
                let answer = record::lockf(which, one.0, command, length);
                t.call(format_args!("{which:?} {command} {length}"), answer);
            }
            other.tell(&format!("{F_SETLKW} {F_WRLCK} 4 1"));
            a_while();
            t.call("unlock", record::lockf(which, one.0, F_ULOCK, 0));
            t.value("waited", other.hear());
            t.value("unlock", other.ask(&format!("{F_SETLK} {F_UNLCK} 0 0")));
            t.call("wait for nobody", record::lockf(which, one.0, F_LOCK, 3));
            t.call("unlock", record::lockf(which, one.0, F_ULOCK, 0));
        }
    }
}
