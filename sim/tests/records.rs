//! Locks of ranges on a whole kernel: who waits, who is woken, who is refused because of a circle, and what a deadlock says.
//!
//! Does not know the boundary, whose part it plays: a descriptor of ours is of the file that its hundreds say. Invariant: the
//! kernel's books are right after every step.

use photofinish_sim::call::fd::{close, dup, dup2};
use photofinish_sim::call::process::kill;
use photofinish_sim::call::record::{Command, Flock, Opened, Request, fcntl};
use photofinish_sim::call::{Caller, Stop};
use photofinish_sim::chooser::Boring;
use photofinish_sim::ending::Ending;
use photofinish_sim::errno::Errno;
use photofinish_sim::event::Memory;
use photofinish_sim::fd::{Blocking, Object, OnExec};
use photofinish_sim::file::lock::FileNumber;
use photofinish_sim::kernel::{Detail, Kernel, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::process::Pid;
use photofinish_sim::thread::{State, ThreadId};
use photofinish_sim::wait::Woken;

const SIGKILL: i32 = 9;
const READ: i16 = 0;
const WRITE: i16 = 1;
const NONE: i16 = 2;
const GET: i32 = 5;
const SET: i32 = 6;
const WAIT: i32 = 7;
const GET_OPEN: i32 = 36;
const SET_OPEN: i32 = 37;
const WAIT_OPEN: i32 = 38;

fn file_of(object: Object) -> Option<FileNumber> {
    match object {
        Object::Real(real) => Some(FileNumber(real.unsigned_abs() / 100)),
        _ => None,
    }
}

/// What a thread calls, a number and bytes.
type Ask = (i32, i16, i64, i64);

struct World {
    kernel: Kernel,
}

impl World {
    fn new() -> Self {
        let mut kernel =
            Kernel::new(Limits::default(), Box::new(Boring), Box::new(Memory::default()), Detail::Events);
        kernel.tell_files_by(file_of);
        Self { kernel }
    }

    fn check(&self) {
        self.kernel.audit().unwrap_or_else(|wrong| panic!("{wrong}"));
    }

    /// Opens a file by a descriptor of ours, and gives it a number.
    fn open(&mut self, process: Pid, real: i32) -> i32 {
        self.kernel.install(process, Object::Real(real), Blocking::Yes, OnExec::Keep).expect("few")
    }

    /// A child that has what its parent has, and its main thread.
    fn child(&mut self) -> (Pid, ThreadId) {
        let pid = self.kernel.fork().expect("below the limit");
        let main = self.kernel.exec("child").expect("below the limit");
        self.check();
        (pid, main)
    }

    /// One attempt at a call of a thread, whose process it is.
    fn attempt(&mut self, caller: &mut Caller, fd: i32, ask: Ask) -> Result<Flock, Stop> {
        let (number, kind, start, length) = ask;
        let file =
            file_of(self.kernel.files.object(self.kernel.lookup(caller.process, fd)?)).expect("a file");
        let opened = Opened { file, flags: 2, position: 0, size: 0 };
        let asked = Flock { kind, whence: 0, start, length, pid: 0 };
        let request = Request::new(Command::of(number).expect("about locks"), asked, &opened)?;
        let answer = fcntl(&mut self.kernel, caller, fd, &request);
        self.check();
        answer
    }

    fn call(&mut self, (process, thread): (Pid, ThreadId), fd: i32, ask: Ask) -> Result<Flock, Stop> {
        self.attempt(&mut Caller::new(thread, process), fd, ask)
    }

    /// The running thread waits, and this one runs on.
    fn waits(&mut self, answer: &Result<Flock, Stop>, next: ThreadId) {
        let Err(Stop::Block(wait)) = answer else { panic!("{answer:?}") };
        assert_eq!(self.kernel.block(wait.clone()), Next::Run(next));
        self.check();
    }

    fn is_waiting(&self, thread: ThreadId) -> bool {
        matches!(self.kernel.threads().get(thread).state, State::Blocked(_))
    }
}

fn refused<T>(errno: Errno) -> Result<T, Stop> {
    Err(Stop::Fail(errno))
}

const FIRST: (Pid, ThreadId) = (Pid::FIRST, ThreadId::MAIN);

#[test]
fn a_lock_is_looked_at_refused_and_given_up() {
    let mut world = World::new();
    let fd = world.open(Pid::FIRST, 100);
    let other = world.child();
    assert!(world.call(FIRST, fd, (SET, WRITE, 0, 10)).is_ok());
    assert_eq!(world.call(other, fd, (SET, READ, 9, 1)), refused(Errno::EAGAIN));
    let found = world.call(other, fd, (GET, READ, 5, 0)).expect("it is open");
    assert_eq!(found, Flock { kind: WRITE, whence: 0, start: 0, length: 10, pid: Pid::FIRST.0 });
    assert!(world.call(other, fd, (SET, WRITE, 10, 0)).is_ok());
    assert_eq!(world.call(FIRST, fd, (GET, READ, 0, 10)).expect("it is open").kind, NONE);
    assert_eq!(world.call(FIRST, fd, (SET_OPEN, READ, 0, 1)), refused(Errno::EAGAIN));
    assert_eq!(world.call(FIRST, 77, (SET, NONE, 0, 0)), refused(Errno::EBADF));
    assert!(world.call(FIRST, fd, (SET, NONE, 0, 0)).is_ok());
    assert!(world.call(FIRST, fd, (SET_OPEN, READ, 0, 1)).is_ok());
    let found = world.call(other, fd, (GET, WRITE, 0, 0)).expect("it is open");
    assert_eq!((found.kind, found.length, found.pid), (READ, 1, -1));
    // Who asks for no kind asks for what it has itself.
    let found = world.call(other, fd, (GET_OPEN, NONE, 0, 0)).expect("it is open");
    assert_eq!((found.kind, found.start, found.length), (READ, 0, 1));
}

#[test]
fn who_waits_is_woken_when_nothing_of_one_owner_is_in_the_way() {
    let mut world = World::new();
    let fd = world.open(Pid::FIRST, 100);
    let other = world.child();
    assert!(world.call(other, fd, (SET, WRITE, 0, 10)).is_ok());
    let answer = world.call(FIRST, fd, (WAIT, WRITE, 5, 20));
    world.waits(&answer, other.1);
    for (ask, waits) in [
        ((SET, NONE, 0, 5), true),
        ((SET, READ, 5, 5), true),
        ((SET, WRITE, 30, 5), true),
        ((SET, NONE, 5, 4), true),
        ((SET, NONE, 9, 1), false),
    ] {
        assert!(world.call(other, fd, ask).is_ok());
        assert_eq!(world.is_waiting(ThreadId::MAIN), waits, "{ask:?}");
    }
}

#[test]
fn a_lock_goes_with_any_descriptor_of_its_file() {
    type Does = fn(&mut World, i32, &mut Caller);
    let ends: [(&str, Does, bool); 6] = [
        ("close", |world, fd, caller| close(&mut world.kernel, caller, fd).expect("open"), true),
        (
            "close of a copy",
            |world, fd, caller| {
                let copy = dup(&mut world.kernel, caller, fd, 0, OnExec::Keep).expect("open");
                close(&mut world.kernel, caller, copy).expect("open");
            },
            true,
        ),
        (
            "close of another open file",
            |world, _, caller| {
                let other = world.open(caller.process, 101);
                close(&mut world.kernel, caller, other).expect("open");
            },
            true,
        ),
        (
            "close of another file",
            |world, _, caller| {
                let other = world.open(caller.process, 200);
                close(&mut world.kernel, caller, other).expect("open");
            },
            false,
        ),
        (
            "dup2",
            |world, fd, caller| _ = dup2(&mut world.kernel, caller, 0, fd, OnExec::Keep).expect("open"),
            true,
        ),
        (
            "the end",
            |world, _, caller| kill(&mut world.kernel, caller, caller.process.0, SIGKILL).expect("it runs"),
            true,
        ),
    ];
    for (what, does, frees) in ends {
        let mut world = World::new();
        let fd = world.open(Pid::FIRST, 100);
        let other = world.child();
        assert!(world.call(other, fd, (SET, WRITE, 0, 10)).is_ok());
        let answer = world.call(FIRST, fd, (WAIT, WRITE, 0, 1));
        world.waits(&answer, other.1);
        does(&mut world, fd, &mut Caller::new(other.1, other.0));
        world.check();
        assert_eq!(world.is_waiting(ThreadId::MAIN), !frees, "{what}");
    }
}

#[test]
fn a_lock_of_an_open_file_goes_with_its_last_descriptor() {
    let mut world = World::new();
    let fd = world.open(Pid::FIRST, 100);
    let second = world.open(Pid::FIRST, 101);
    let other = world.child();
    assert!(world.call(other, fd, (SET_OPEN, WRITE, 0, 10)).is_ok());
    assert!(world.call(FIRST, fd, (SET_OPEN, WRITE, 5, 10)).is_ok(), "it is the same open file");
    let answer = world.call(FIRST, second, (WAIT_OPEN, WRITE, 0, 1));
    world.waits(&answer, other.1);
    close(&mut world.kernel, &mut Caller::new(other.1, other.0), fd).expect("open");
    assert!(world.is_waiting(ThreadId::MAIN));
    close(&mut world.kernel, &mut Caller::new(ThreadId::MAIN, Pid::FIRST), fd).expect("open");
    assert!(!world.is_waiting(ThreadId::MAIN));
}

#[test]
fn a_child_inherits_no_lock_and_keeps_its_own_over_an_execution() {
    let mut world = World::new();
    let fd = world.open(Pid::FIRST, 100);
    assert!(world.call(FIRST, fd, (SET, WRITE, 0, 10)).is_ok());
    let pid = world.kernel.fork().expect("below the limit");
    let forked = (pid, ThreadId::MAIN);
    assert_eq!(world.call(forked, fd, (SET, READ, 0, 1)), refused(Errno::EAGAIN));
    assert!(world.call(forked, fd, (SET, READ, 10, 1)).is_ok());
    let _ = world.kernel.exec("child").expect("below the limit");
    assert_eq!(world.call(FIRST, fd, (GET, WRITE, 0, 0)).expect("open").pid, pid.0);
}

#[test]
fn a_descriptor_that_is_closed_meanwhile_takes_the_lock_along() {
    let mut world = World::new();
    let fd = world.open(Pid::FIRST, 100);
    let other = world.child();
    let second = world.kernel.spawn().expect("below the limit");
    assert!(world.call(other, fd, (SET, WRITE, 0, 10)).is_ok());
    let mut caller = Caller::new(ThreadId::MAIN, Pid::FIRST);
    let opened = Opened { file: FileNumber(1), flags: 2, position: 0, size: 0 };
    let asked = Flock { kind: READ, whence: 0, start: 0, length: 1, pid: 0 };
    let request = Request::new(Command::SET_AND_WAIT, asked, &opened).expect("it is right");
    let answer = world.attempt(&mut caller, fd, (WAIT, READ, 0, 1));
    world.waits(&answer, other.1);
    close(&mut world.kernel, &mut Caller::new(second, Pid::FIRST), fd).expect("open");
    assert!(world.is_waiting(ThreadId::MAIN), "it goes on with the open file");
    assert!(world.call(other, fd, (SET, NONE, 0, 0)).is_ok());
    caller.woken = Some(Woken::Cause);
    assert_eq!(fcntl(&mut world.kernel, &mut caller, fd, &request), refused(Errno::EBADF));
    assert_eq!(world.call(other, fd, (GET, WRITE, 0, 0)).expect("open").kind, NONE);
}

#[test]
fn a_circle_of_processes_is_refused_to_who_would_close_it() {
    for length in [2, 3, 11, 12, 13] {
        let mut world = World::new();
        let fd = world.open(Pid::FIRST, 100);
        // The first ones to wait are those that are created last.
        let mut all = vec![FIRST];
        all.extend((1..length).map(|_| world.child()));
        for (byte, process) in (0..).zip(&all) {
            assert!(world.call(*process, fd, (SET, WRITE, byte, 1)).is_ok());
        }
        for byte in 0..length - 1 {
            let thread = all[byte];
            assert_eq!(world.kernel.current(), thread.1);
            let byte = i64::try_from(byte).expect("few");
            let answer = world.call(thread, fd, (WAIT, WRITE, byte + 1, 1));
            world.waits(&answer, all[usize::try_from(byte).expect("few") + 1].1);
        }
        let answer = world.call(all[length - 1], fd, (WAIT, WRITE, 0, 1));
        // Linux does not follow longer chains.
        if length <= 12 {
            assert_eq!(answer, refused(Errno::EDEADLK), "{length}");
        } else {
            assert!(matches!(answer, Err(Stop::Block(_))), "{answer:?}");
        }
    }
}

#[test]
fn a_deadlock_says_which_bytes_and_whose_they_are() {
    let mut world = World::new();
    let fd = world.open(Pid::FIRST, 100);
    let own = world.open(Pid::FIRST, 101);
    let other = world.child();
    assert!(world.call(FIRST, own, (SET_OPEN, READ, 0, 10)).is_ok());
    assert!(world.call(other, fd, (SET, WRITE, 20, 0)).is_ok());
    let answer = world.call(FIRST, fd, (WAIT, WRITE, 30, 1));
    world.waits(&answer, other.1);
    let Err(Stop::Block(wait)) = world.call(other, fd, (WAIT, WRITE, 5, 0)) else {
        panic!("locks of open files do not count")
    };
    assert_eq!(world.kernel.block(wait), Next::End);
    let Some(Ending::Deadlock(waits)) = world.kernel.ending() else { panic!("nobody can go on") };
    let told: Vec<String> = waits.iter().map(ToString::to_string).collect();
    let expected = [
        "thread 0 (root) waits for a lock of byte 30 of file 1, to write; child (10001) has the bytes from 20 on to write",
        "thread 1 (root/0 of child (10001)) waits for a lock of the bytes from 5 on of file 1, to write; \
         an open file of main (1000), child (10001) has bytes 0 to 9 to read",
    ];
    assert_eq!(told, expected);
}
