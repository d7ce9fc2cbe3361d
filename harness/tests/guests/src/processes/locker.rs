//! A program that takes locks of ranges as it is told, and who tells it.
//!
//! It reads and writes past std, whose standard streams all processes of a run share. Invariant: one message in, one message out,
//! until its input ends.

use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};

use photofinish_calls::file::Size;
use photofinish_calls::record::{self, Record};
use photofinish_calls::{Failed, descriptor, path};

/// What a file is opened for that has all kinds of locks.
const FLAGS: i32 = libc::O_RDWR | libc::O_CLOEXEC;

fn open() -> i32 {
    path::openat(libc::AT_FDCWD, c"a", FLAGS, 0).expect("its parent made it")
}

fn shown(answer: Result<Record, Failed>) -> String {
    match answer {
        Ok(found) if found.kind == libc::F_UNLCK => "ok".to_owned(),
        Ok(Record { kind, start, length, pid, .. }) => format!("{kind} {start} {length} {pid}"),
        Err(failed) => failed.to_string(),
    }
}

/// One command on the file: a word or the number of one of `fcntl(2)`, then kind, start and length.
fn obey(fd: i32, message: &str) -> String {
    let (word, numbers) = message.split_once(' ').unwrap_or((message, ""));
    let numbers: Vec<i64> = numbers.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    let record = || Record::new(i32::try_from(numbers[0]).expect("a kind"), numbers[1], numbers[2]);
    match word {
        "reopen" => descriptor::close(open()).map_or_else(|failed| failed.to_string(), |()| "ok".to_owned()),
        "yield" => {
            let answer = shown(record::fcntl(Size::Plain, fd, libc::F_SETLKW, record()).map(|_| NOTHING));
            record::fcntl(Size::Plain, fd, libc::F_SETLK, NOTHING).expect("there is no other error");
            answer
        }
        command => {
            let command: i32 = command.parse().expect("a command");
            let looks = matches!(command, libc::F_GETLK | libc::F_OFD_GETLK);
            let answer = record::fcntl(Size::Plain, fd, command, record());
            shown(answer.map(|found| if looks { found } else { NOTHING }))
        }
    }
}

/// All bytes, not locked.
const NOTHING: Record = Record { kind: libc::F_UNLCK, whence: libc::SEEK_SET, start: 0, length: 0, pid: 0 };

/// Takes locks of the file `a` where it stands.
pub(super) fn main() {
    let fd = open();
    let mut room = [0; 128];
    while let Ok(count @ 1..) = descriptor::read(0, &mut room) {
        let message = str::from_utf8(&room[..count]).expect("its parent writes text");
        descriptor::write(1, obey(fd, message).as_bytes()).expect("its parent listens");
    }
}

/// A process that takes locks.
#[derive(Debug)]
pub struct Locker(Child);

impl Locker {
    /// Starts one, which has the file `a` of the working directory open.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start() -> Self {
        let mut command = super::child(&["locks"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Self(command.spawn().expect("it starts"))
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.0.id().cast_signed()
    }

    /// Tells it what to do.
    ///
    /// # Panics
    /// If it is over.
    pub fn tell(&mut self, message: &str) {
        self.0.stdin.as_mut().expect("it is piped").write_all(message.as_bytes()).expect("it reads");
    }

    /// What it has to say.
    ///
    /// # Panics
    /// If it is over.
    pub fn hear(&mut self) -> String {
        let mut room = [0; 128];
        let count = self.0.stdout.as_mut().expect("it is piped").read(&mut room).expect("it can be read");
        String::from_utf8_lossy(&room[..count]).into_owned()
    }

    /// Tells it what to do, and waits until it is done.
    pub fn ask(&mut self, message: &str) -> String {
        self.tell(message);
        self.hear()
    }

    /// Kills it, and waits until it is over.
    ///
    /// # Panics
    /// If it is not a child any more.
    pub fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("a child");
    }
}

impl Drop for Locker {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.0.stdin.take());
        // It may have been killed and waited for; then that is answered again.
        let _ = self.0.wait();
    }
}
