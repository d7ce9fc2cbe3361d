//! What processes do to each other's locks of ranges, and how a wait for one ends: cases of `record`.
//!
//! Invariant: no line holds a number of a process, and who is first of two changes none.

use std::mem::ManuallyDrop;
use std::process::Stdio;

use libc::{F_GETLK, F_OFD_SETLKW, F_RDLCK, F_SETLK, F_SETLKW, F_UNLCK, F_WRLCK};
use photofinish_calls::file::Size;
use photofinish_calls::record::{self, Record};
use photofinish_calls::{Failed, descriptor, path, process};

use super::nagging::{self, HANDLERS};
use super::record::{ALL, a_while, probed, set, set_open, shown};
use super::scratch::{Scratch, file, filled};
use super::sockets::Fd;
use super::transcript::Transcript;
use crate::processes::child;
use crate::processes::locker::Locker;

pub(super) fn processes(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let one = filled(c"a", b"x");
    let mut other = Locker::start();
    let pid = other.pid();
    for (first, second) in [(F_RDLCK, F_RDLCK), (F_RDLCK, F_WRLCK), (F_WRLCK, F_RDLCK), (F_WRLCK, F_WRLCK)] {
        t.call(format_args!("own {first}"), set(&one, first, (0, 10)));
        t.value("the child's", other.ask(&format!("{F_SETLK} {second} 5 10")));
        let found = record::fcntl(Size::Plain, one.0, F_GETLK, Record::new(F_WRLCK, 0, 0));
        t.call("in the way", found.map(|found| shown(&found, Some(pid))));
        t.call("unlock", set(&one, F_UNLCK, ALL));
        t.value("again", other.ask(&format!("{F_SETLK} {second} 5 10")));
        t.call("own where nothing is", set(&one, first, (0, 5)));
        t.call("own over it", set(&one, first, (0, 6)));
        let found = record::fcntl(Size::Plain, one.0, F_GETLK, Record::new(F_RDLCK, 0, 0));
        t.call("in the way of reading", found.map(|found| shown(&found, Some(pid))));
        t.value("unlock", other.ask(&format!("{F_SETLK} {F_UNLCK} 0 0")));
        t.call("unlock", set(&one, F_UNLCK, ALL));
    }
    let mut third = Locker::start();
    for (process, first) in [(&mut other, 20), (&mut third, 10)] {
        t.value("one of two", process.ask(&format!("{F_SETLK} {F_RDLCK} {first} 2")));
    }
    let found = record::fcntl(Size::Plain, one.0, F_GETLK, Record::new(F_WRLCK, 0, 0));
    t.call("who came first is told", found.map(|found| shown(&found, Some(pid))));
    t.value("the child closes the file once", other.ask("reopen"));
    let found = record::fcntl(Size::Plain, one.0, F_GETLK, Record::new(F_WRLCK, 0, 0));
    t.call("left", found.map(|found| shown(&found, Some(pid))));
    third.kill();
    let found = record::fcntl(Size::Plain, one.0, F_GETLK, Record::new(F_WRLCK, 0, 0));
    t.call("who is over has none", found.map(|found| shown(&found, Some(pid))));
    t.call("lock", set(&one, F_WRLCK, (0, 1)));
    let cases: [(&str, &std::ffi::CStr, Before); 2] =
        [("a file that is closed on execution, too", c"a", lock_a), ("a file of its own", c"b", lock_b)];
    for (what, name, first) in cases {
        let mut heir = child(&["sleep"]);
        let mut heir = process::before_exec(heir.stdout(Stdio::null()), first).spawn().expect("it starts");
        let found = record::fcntl(Size::Plain, file(name).0, F_GETLK, Record::new(F_WRLCK, 1, 0));
        t.call(what, found.map(|found| shown(&found, Some(heir.id().cast_signed()))));
        t.std("kill", &heir.kill());
        t.std("wait", &heir.wait());
        let found = record::fcntl(Size::Plain, file(name).0, F_GETLK, Record::new(F_WRLCK, 1, 0));
        t.call("gone", found.map(|found| shown(&found, None)));
        t.call("lock", set(&one, F_WRLCK, (0, 1)));
    }
}

/// What runs in a child before its program.
type Before = fn() -> std::io::Result<()>;

/// Locks a file whose other descriptor is closed as the program begins, which its parent has locked.
fn lock_a() -> std::io::Result<()> {
    lock_before(c"a")?;
    // What its parent has is not its own.
    let file = ManuallyDrop::new(Fd(path::openat(libc::AT_FDCWD, c"a", libc::O_RDWR, 0).map_err(raw)?));
    match set(&file, F_RDLCK, (0, 1)) {
        Err(Failed(libc::EAGAIN)) => Ok(()),
        _ => Err(raw(Failed(libc::EPERM))),
    }
}

/// Locks a file that nobody else has open.
fn lock_b() -> std::io::Result<()> {
    lock_before(c"b")
}

fn lock_before(name: &std::ffi::CStr) -> std::io::Result<()> {
    let flags = libc::O_RDWR | libc::O_CREAT;
    // It stays open.
    let file = ManuallyDrop::new(Fd(path::openat(libc::AT_FDCWD, name, flags, 0o644).map_err(raw)?));
    set(&file, F_RDLCK, (7, 3)).map_err(raw)
}

fn raw(Failed(number): Failed) -> std::io::Error {
    std::io::Error::from_raw_os_error(number)
}

pub(super) fn waiting(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let one = filled(c"a", b"before");
    let mut other = Locker::start();
    type End = fn(&Fd);
    let ends: [(&str, End); 5] = [
        ("all at once", |fd| set(fd, F_UNLCK, ALL).expect("it is open")),
        ("one after the other", |fd| {
            for start in [0, 9, 1] {
                set(fd, F_UNLCK, (start, if start == 1 { 8 } else { 1 })).expect("it is open");
                a_while();
            }
        }),
        ("by a descriptor", |_| drop(file(c"a"))),
        ("by moving", |fd| {
            set(fd, F_WRLCK, (20, 5)).expect("it is open");
            set(fd, F_UNLCK, (0, 10)).expect("it is open");
        }),
        ("for reading", |fd| set(fd, F_RDLCK, (0, 10)).expect("it is open")),
    ];
    for (what, end) in ends {
        t.call("lock", set(&one, F_WRLCK, (0, 10)));
        let kind = if what == "for reading" { F_RDLCK } else { F_WRLCK };
        other.tell(&format!("{F_SETLKW} {kind} 0 10"));
        a_while();
        end(&one);
        t.value(what, other.hear());
        t.call("it has it", set(&one, F_WRLCK, (9, 1)));
        t.value("unlock", other.ask(&format!("{F_SETLK} {F_UNLCK} 0 0")));
        t.call("unlock", set(&one, F_UNLCK, ALL));
    }
    t.value("the child's", other.ask(&format!("{F_SETLK} {F_WRLCK} 0 0")));
    let waiter = std::thread::spawn(|| {
        let own = file(c"a");
        let answer = record::fcntl(Size::Plain, own.0, F_SETLKW, Record::new(F_RDLCK, 0, 1)).map(|_| ());
        // Closed, it would take the lock along.
        (answer, ManuallyDrop::new(own).0)
    });
    a_while();
    other.kill();
    let (answer, own) = waiter.join().expect("it does not panic");
    t.call("until the child is over", answer);
    let by = file(c"a");
    t.value("seen", probed(&by, None));
    t.call("close", descriptor::close(own));
    t.value("seen", probed(&by, None));
    t.call("of an open file", set_open(&one, F_WRLCK, (0, 1)));
    let waiter = std::thread::spawn(|| {
        let own = file(c"a");
        record::fcntl(Size::Plain, own.0, F_OFD_SETLKW, Record::new(F_WRLCK, 0, 0)).map(|_| ())
    });
    a_while();
    t.call("close", one.close());
    t.call("waited", waiter.join().expect("it does not panic"));
    t.value("seen", probed(&by, None));
}

pub(super) fn deadlock(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let one = filled(c"a", b"x");
    for count in 1..4 {
        let mut others: Vec<Locker> = (0..count).map(|_| Locker::start()).collect();
        t.call("lock", set(&one, F_WRLCK, (0, 1)));
        for (byte, other) in (1..).zip(&mut others) {
            t.value("lock", other.ask(&format!("{F_SETLK} {F_WRLCK} {byte} 1")));
        }
        // Each wants the next one's, and gives up all once it is answered.
        for (byte, other) in (1..).zip(&mut others) {
            other.tell(&format!("yield {F_WRLCK} {} 1", (byte + 1) % (count + 1)));
        }
        a_while();
        let own = record::fcntl(Size::Plain, one.0, F_SETLKW, Record::new(F_WRLCK, 1, 1)).map(|_| ());
        t.call("unlock", set(&one, F_UNLCK, ALL));
        let own = own.map_or_else(|failed| failed.to_string(), |()| "ok".to_owned());
        let mut answers: Vec<String> = others.iter_mut().map(Locker::hear).chain([own]).collect();
        answers.sort();
        t.value(format_args!("of {}", count + 1), answers);
    }
    // No circle: who waits for itself has what it wants.
    t.call("lock", set(&one, F_WRLCK, (0, 1)));
    t.call("own", record::fcntl(Size::Plain, one.0, F_SETLKW, Record::new(F_RDLCK, 0, 1)).map(|_| ()));
}

pub(super) fn interrupted(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let one = filled(c"a", b"x");
    let mut other = Locker::start();
    for (name, flags) in HANDLERS {
        for (command, whose) in [(F_SETLKW, "as a process"), (F_OFD_SETLKW, "as an open file")] {
            t.value("lock", other.ask(&format!("{F_SETLK} {F_WRLCK} 0 0")));
            let give = || other.tell(&format!("{F_SETLK} {F_UNLCK} 0 0"));
            let answer = nagging::interrupted(flags, give, || {
                record::fcntl(Size::Plain, one.0, command, Record::new(F_WRLCK, 3, 1)).map(|_| ())
            });
            t.call(format_args!("{name}, {whose}"), answer);
            if flags == 0 {
                other.tell(&format!("{F_SETLK} {F_UNLCK} 0 0"));
            }
            t.value("unlocked", other.hear());
            let found = other.ask(&format!("{F_GETLK} {F_WRLCK} 0 0"));
            t.value("has it", found.starts_with(&format!("{F_WRLCK} 3 1")));
            t.call("unlock", set(&one, F_UNLCK, ALL));
            t.call("unlock", set_open(&one, F_UNLCK, ALL));
        }
    }
}
