//! The process in which runs take turns, each in the image that it began with.
//!
//! The server keeps one, and another when that is gone: a run that crashed, that hung, or that left something behind in its process
//! which nobody can undo takes it along. Does not know how an image is put back. Invariant: whether a run took a turn or had a
//! process of its own cannot be told from it.

use core::ffi::c_int;
use std::io;
use std::path::PathBuf;

use crate::child::{self, Task};
use crate::disk;
use crate::disk::folder::Folders;
use crate::disk::sys::close;
use crate::forked::{Forked, Waited, raise};
use crate::frames::{Ask, Died};
use crate::memory;
use crate::rewind::{self, ASKS_FD};
use crate::server::check;
use crate::shm::SHARED;
use crate::symbols::raw;

/// So many turns pay for making the process and its image.
const PAID_BY: u32 = 8;
/// How often the wait after a process that was gone at once can double.
const DOUBLINGS: u32 = 5;

/// The server's side.
#[derive(Debug)]
pub(crate) struct Turns {
    process: Option<Process>,
    /// Runs that are to have processes of their own, since one for many did not pay.
    apart: u32,
    /// Processes that were gone after their first turn, one after another.
    wasted: u32,
}

/// What came of a turn.
#[derive(Debug)]
pub(crate) enum Turn {
    /// The run is over, and this became of its process if that is not as it should be.
    Over(Option<Died>),
    /// The process was gone before the run began: it is to be made elsewhere.
    NotBegun,
}

#[derive(Debug)]
struct Process {
    forked: Forked,
    socket: c_int,
    folder: PathBuf,
    turns: u32,
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self { process: None, apart: 0, wasted: 0 }
    }

    /// Itself if the next run is to take a turn.
    pub(crate) fn next(&mut self) -> Option<&mut Self> {
        if self.apart == 0 {
            return Some(self);
        }
        self.apart -= 1;
        None
    }

    /// Makes a run, which is asked for in these bytes.
    pub(crate) fn run(
        &mut self,
        asked: &[u8],
        most_ms: u64,
        folders: &mut Folders,
        find: &dyn Fn(&str) -> Option<Task>,
    ) -> io::Result<Turn> {
        let process = match self.process.take() {
            Some(process) => process,
            None => Process::start(folders, find)?,
        };
        if process.ask(asked).is_err() {
            self.judge(process.turns);
            process.end()?;
            return Ok(Turn::NotBegun);
        }
        let waited = process.forked.wait(Some(process.socket), most_ms)?;
        if SHARED.made_folder() {
            Folders::clean(&process.folder);
        }
        match waited {
            Waited::Done => {
                self.process = Some(Process { turns: process.turns.saturating_add(1), ..process });
                Ok(Turn::Over(None))
            }
            Waited::Gone(died) => {
                self.judge(process.turns);
                close(process.socket);
                Ok(if SHARED.has_begun() { Turn::Over(died) } else { Turn::NotBegun })
            }
        }
    }

    /// Learns from a process that is gone after so many turns.
    fn judge(&mut self, turns: u32) {
        self.wasted = if turns == 0 { self.wasted.saturating_add(1) } else { 0 };
        self.apart = PAID_BY.saturating_sub(turns) << self.wasted.saturating_sub(1).min(DOUBLINGS);
    }
}

impl Process {
    fn start(folders: &mut Folders, find: &dyn Fn(&str) -> Option<Task>) -> io::Result<Self> {
        let folder = folders.next();
        disk::begin(folder.clone());
        let mut ends = [0; 2];
        let kind = i64::from(libc::SOCK_STREAM | libc::SOCK_CLOEXEC);
        let place = ends.as_mut_ptr() as i64;
        check(raw::syscall(libc::SYS_socketpair, [i64::from(libc::AF_UNIX), kind, 0, place, 0, 0]))?;
        let forked = Forked::new(&|| {
            check(raw::syscall(
                libc::SYS_dup3,
                [i64::from(ends[1]), i64::from(ASKS_FD), i64::from(libc::O_CLOEXEC), 0, 0, 0],
            ))
            .map_err(|error| error.to_string())?;
            ends.iter().copied().for_each(close);
            memory::begin_afresh();
            take_turn(find)
        });
        let socket = raise(ends[0]);
        close(ends[1]);
        Ok(Self { forked: forked?, socket: socket?, folder, turns: 0 })
    }

    fn end(self) -> io::Result<()> {
        close(self.socket);
        self.forked.kill()
    }

    fn ask(&self, asked: &[u8]) -> io::Result<()> {
        let length = u32::try_from(asked.len()).map_err(io::Error::other)?.to_le_bytes();
        // In one piece: for each the process would be woken.
        let whole = [&length[..], asked].concat();
        let mut rest = &whole[..];
        while !rest.is_empty() {
            let (at, count) = (rest.as_ptr() as i64, rest.len().cast_signed() as i64);
            let flags = i64::from(libc::MSG_NOSIGNAL);
            let arguments = [i64::from(self.socket), at, count, flags, 0, 0];
            let sent = check(raw::syscall(libc::SYS_sendto, arguments))?;
            rest = &rest[usize::try_from(sent).map_err(io::Error::other)?..];
        }
        Ok(())
    }
}

/// The word by which a process says that it is done.
const DONE: [u8; 1] = [1];

/// Runs what is asked for, in the process of its own, and everything that is asked for after it. Returns when the process is of no
/// use for another.
fn take_turn(find: &dyn Fn(&str) -> Option<Task>) -> Result<(), String> {
    let asked = rewind::point();
    SHARED.note_begun();
    let ask =
        postcard::from_bytes(asked).map_err(|error| format!("a request that cannot be read: {error}"))?;
    let Ask::Run(request) = ask else { return Err(String::from("a series took a turn")) };
    let Some(task) = find(&request.program) else { return Err(String::from("a turn of an unknown program")) };
    child::execute(&request, task)?;
    // What was looked up is told to the server, for all processes after this one.
    if SHARED.has_found() || !rewind::can_go_back() {
        return Ok(());
    }
    raw::syscall(libc::SYS_write, [i64::from(ASKS_FD), DONE.as_ptr() as i64, 1, 0, 0, 0]);
    rewind::go_back()
}
