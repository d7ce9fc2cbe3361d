//! What a child process is given before its program runs, what it takes up, and `_exit(2)`.
//!
//! Std has no safe words for these. Does not know what the descriptors are.
//! Invariant: between `fork(2)` and `execve(2)` only calls of signal-safety(7) are made, and nothing is allocated.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::Failed;
use crate::failed::{done, number};

/// The first number that a child finds inherited descriptors under, as sd_listen_fds(3) has it.
pub const INHERITED_START: RawFd = 3;

/// Lets the child of `command` have `fds` as [`INHERITED_START`] and the numbers after it.
///
/// The parent's own copies stay open as long as `command` does.
pub fn inherit(command: &mut Command, fds: Vec<OwnedFd>) {
    // A number for each, reserved here because the child may not allocate.
    let mut staged = vec![-1; fds.len()];
    let settle =
        move || settle(&fds, &mut staged).map_err(|Failed(number)| io::Error::from_raw_os_error(number));
    // SAFETY: `settle` makes only calls that signal-safety(7) lists and allocates nothing.
    unsafe { command.pre_exec(settle) };
}

/// Moves descriptors to where they belong, in two steps because one may lie where another one belongs.
fn settle(fds: &[OwnedFd], staged: &mut [RawFd]) -> Result<(), Failed> {
    let end = INHERITED_START + RawFd::try_from(fds.len()).expect("a few descriptors");
    for (fd, place) in fds.iter().zip(&mut *staged) {
        // SAFETY: no pointers.
        *place = number(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD, end) })?;
    }
    for (to, from) in (INHERITED_START..).zip(&*staged) {
        // SAFETY: no pointers. What was under that number in the child is nobody's: its program has not begun.
        number(unsafe { libc::dup2(*from, to) })?;
    }
    for &fd in &*staged {
        // SAFETY: no pointers; it was made above and is under its own number besides.
        done(unsafe { libc::close(fd) })?;
    }
    Ok(())
}

/// Takes up a descriptor that this process was started with, under a number of its own; the old number is closed.
///
/// # Errors
///
/// As `fcntl(2)` and `close(2)`: mostly that there is no such descriptor.
pub fn take_inherited(fd: RawFd) -> Result<OwnedFd, Failed> {
    // SAFETY: no pointers.
    let own = number(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })?;
    // SAFETY: no pointers; whose descriptor it is, the caller knows.
    done(unsafe { libc::close(fd) })?;
    // SAFETY: fcntl(2) has just made it, and nobody else knows its number.
    Ok(unsafe { OwnedFd::from_raw_fd(own) })
}

/// `_exit(2)`: no destructor runs and nothing is flushed, as when the process is killed.
pub fn exit_at_once(status: i32) -> ! {
    // SAFETY: no preconditions.
    unsafe { libc::_exit(status) }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_child_finds_what_it_inherits_from_three_on() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let (mut ours_too, theirs_too) = UnixStream::pair().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo three >&3; echo four >&4"]).stdin(Stdio::null());
        inherit(&mut command, vec![theirs.into(), theirs_too.into()]);
        assert!(command.status().unwrap().success());
        drop(command);
        for (stream, expected) in [(&mut ours, "three\n"), (&mut ours_too, "four\n")] {
            let mut said = String::new();
            stream.read_to_string(&mut said).unwrap();
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn what_is_taken_up_is_under_another_number() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let old: RawFd = std::os::fd::IntoRawFd::into_raw_fd(theirs);
        let taken = take_inherited(old).unwrap();
        assert_ne!(taken.as_raw_fd(), old);
        UnixStream::from(taken).write_all(b"here").unwrap();
        let mut said = String::new();
        ours.read_to_string(&mut said).unwrap();
        assert_eq!(said, "here");
    }

    #[test]
    fn there_is_nothing_to_take_up_where_nothing_was_given() {
        assert_eq!(take_inherited(1_000_000).unwrap_err(), Failed(libc::EBADF));
    }
}
