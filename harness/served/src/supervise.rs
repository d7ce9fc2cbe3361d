//! A process under a limit: it is told something, its output is kept, and it ends with everything it started.
//!
//! Does not know what it is for. Invariant: when a process has been supervised, neither it nor any process of its group is left, and
//! nobody waits for it longer than its limit and a grace for what it wrote last.

use std::io::{self, Read, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// Bytes that are kept of each of its outputs, the first ones.
pub const OUTPUT_MAX: usize = 256 << 10;

/// How long output may be on its way when the process and its group are gone. A process that left the group may keep a pipe for ever.
const GRACE: Duration = Duration::from_millis(500);

/// The first pause between two looks at a process, and the one up to which it doubles.
const PAUSES: (Duration, Duration) = (Duration::from_micros(100), Duration::from_millis(5));

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// With this status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// Not within its limit, so it was killed.
    Hung,
}

/// What a process left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// How it ended.
    pub how: How,
    /// The beginning of its standard output.
    pub output: Vec<u8>,
    /// The beginning of its standard error.
    pub error: Vec<u8>,
    /// What it wrote to its standard input, if it was told something: that is a socket.
    pub answer: Vec<u8>,
}

/// Runs a process in a group of its own. What it is told is on its standard input, which is then a socket that it may answer on; with
/// nothing to be told, the input is empty.
///
/// # Errors
/// It cannot be started.
pub fn supervise(command: &mut Command, told: Option<&[u8]>, limit: Duration) -> io::Result<Left> {
    let began = Instant::now();
    let mut ours = None;
    let input = match told {
        None => Stdio::null(),
        Some(_) => {
            let (near, far) = UnixStream::pair()?;
            ours = Some(near);
            Stdio::from(OwnedFd::from(far))
        }
    };
    command.process_group(0).stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn();
    // The command keeps its end of the socket, and with it there is no end of what can be read from ours.
    command.stdin(Stdio::null());
    let mut child = child?;
    let output = Kept::of(child.stdout.take());
    let error = Kept::of(child.stderr.take());
    let answer = Kept::of(tell(ours, told.unwrap_or_default()));
    let how = watch(&mut child, began, limit)?;
    let until = Instant::now() + GRACE;
    Ok(Left { how, output: output.taken(until), error: error.taken(until), answer: answer.taken(until) })
}

/// Ends a process that leads a group, and the whole group. It must be the caller's child, and not reaped yet.
pub fn end_group(id: u32) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // A group of which nobody is left cannot be ended, and need not be.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// Writes on a thread of its own, since a process need not read; returns the end to read from.
fn tell(ours: Option<UnixStream>, told: &[u8]) -> Option<UnixStream> {
    let (ours, told) = (ours?, told.to_vec());
    if let Ok(mut writer) = ours.try_clone() {
        thread::spawn(move || {
            // Who does not read what he is told is known by how he ends.
            let _ = writer.write_all(&told);
            let _ = writer.shutdown(std::net::Shutdown::Write);
        });
    }
    Some(ours)
}

/// Waits until a process ends or its limit is reached, and ends its group.
fn watch(child: &mut Child, began: Instant, limit: Duration) -> io::Result<How> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process has a number");
    let is_over = || {
        // It is left unreaped, so that its number stays its own until the group is gone.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(pid), options).map(|status| status.is_some())
    };
    let mut pause = PAUSES.0;
    let mut over = is_over()?;
    while !over && began.elapsed() < limit {
        thread::sleep(pause);
        pause = (pause * 2).min(PAUSES.1);
        over = is_over()?;
    }
    end_group(child.id());
    let status = child.wait()?;
    Ok(match (over, status.code(), status.signal()) {
        (false, ..) => How::Hung,
        (true, Some(code), _) => How::Exited(code),
        (true, None, signal) => How::Signalled(signal.unwrap_or_default()),
    })
}

/// What is read from a pipe on a thread of its own.
struct Kept {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Kept {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let reader = pipe.map(|mut pipe| {
            let bytes = Arc::clone(&bytes);
            thread::spawn(move || read(&mut pipe, &bytes))
        });
        Self { bytes, reader }
    }

    /// What was read until the pipe ended, or until then.
    fn taken(self, until: Instant) -> Vec<u8> {
        let reader = self.reader.as_ref();
        while reader.is_some_and(|reader| !reader.is_finished()) && Instant::now() < until {
            thread::sleep(PAUSES.0);
        }
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads to the end, so that a writer never waits, and keeps the beginning.
fn read(pipe: &mut impl Read, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    loop {
        let count = match pipe.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = OUTPUT_MAX.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(&buffer[..room]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing here takes that long.
    const LONG: Duration = Duration::from_secs(60);

    fn left(script: &str, told: Option<&[u8]>, limit: Duration) -> Left {
        supervise(Command::new("sh").args(["-c", script]), told, limit).expect("sh starts")
    }

    #[test]
    fn output_and_status_are_what_the_process_left() {
        let of = left("echo out; echo err >&2; exit 7", None, LONG);
        assert_eq!((of.how, &*of.output, &*of.error), (How::Exited(7), &b"out\n"[..], &b"err\n"[..]));
        assert_eq!(left("kill -SEGV $$", None, LONG).how, How::Signalled(11));
    }

    #[test]
    fn a_process_that_hangs_ends_with_its_children() {
        let began = Instant::now();
        let of = left("echo before; sleep 1000 & sleep 1000", None, Duration::from_millis(200));
        assert_eq!((of.how, &*of.output), (How::Hung, &b"before\n"[..]));
        assert!(began.elapsed() < LONG, "the child kept the pipe");
        let of = left("sleep 1000 & exit 3", None, LONG);
        assert_eq!(of.how, How::Exited(3), "a child that outlives it is ended");
        assert!(began.elapsed() < LONG);
    }

    #[test]
    fn what_it_is_told_can_be_answered_on_the_same_socket() {
        let of = left("read line; echo \"heard $line\" >&0", Some(b"hello\n"), LONG);
        assert_eq!((of.how, &*of.answer), (How::Exited(0), &b"heard hello\n"[..]));
        let long = vec![b'x'; 8 << 20];
        assert_eq!(left("exit 4", Some(&long), LONG).how, How::Exited(4), "it need not listen");
    }

    #[test]
    fn much_output_is_cut_and_stops_nobody() {
        let of = left("head -c 3000000 /dev/zero", None, LONG);
        assert_eq!((of.how, of.output.len()), (How::Exited(0), OUTPUT_MAX));
    }
}
