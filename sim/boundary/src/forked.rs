//! Processes forked from the server: how they are made, and how they are waited for.
//!
//! Does not know what they do. Invariant: none outlives the server, and one that does not answer is killed.

use core::ffi::c_int;
use std::io;

use crate::crash::{self, leave};
use crate::disk::sys;
use crate::frames::Died;
use crate::server::{SERVERS_FD, check};
use crate::shm::SHARED;
use crate::symbols::raw;

/// A process that was forked and not waited for yet.
#[derive(Debug)]
pub(crate) struct Forked {
    pid: libc::pid_t,
    pidfd: c_int,
}

/// What came of waiting.
#[derive(Debug)]
pub(crate) enum Waited {
    /// It said that it is done, and lives on.
    Done,
    /// It is gone, in this way if not as it should.
    Gone(Option<Died>),
}

impl Forked {
    /// Forks a process that does something and leaves.
    pub(crate) fn new(run: &dyn Fn() -> Result<(), String>) -> io::Result<Self> {
        // SAFETY: getpid(2) always succeeds.
        let server = unsafe { libc::getpid() };
        // SAFETY: the other threads of this process are parked for ever and hold no lock.
        let pid = match unsafe { libc::fork() } {
            -1 => return Err(io::Error::last_os_error()),
            0 => {
                die_with_server(server);
                raw::syscall(libc::SYS_close_range, [SERVERS_FD, i64::from(c_int::MAX), 0, 0, 0, 0]);
                match run() {
                    Ok(()) => leave(0),
                    Err(why) => crash::die("photofinish: ", why.as_bytes()),
                }
            }
            pid => pid,
        };
        let pidfd = check(raw::syscall(libc::SYS_pidfd_open, [i64::from(pid), 0, 0, 0, 0, 0]))?;
        Ok(Self { pid, pidfd: raise(c_int::try_from(pidfd).map_err(io::Error::other)?)? })
    }

    /// Waits until it is gone, or sends a byte here, and kills it when its own watchdog did not: it may take `most_ms` from one frame
    /// to the next.
    pub(crate) fn wait(&self, sends: Option<c_int>, most_ms: u64) -> io::Result<Waited> {
        let entry = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        // A negative descriptor is passed over: poll(2).
        let mut entries = [entry(self.pidfd), entry(sends.unwrap_or(-1))];
        let timeout = c_int::try_from(most_ms).unwrap_or(c_int::MAX);
        let ready = loop {
            let before = SHARED.length();
            // SAFETY: two valid entries.
            let ready = unsafe { libc::poll(entries.as_mut_ptr(), 2, timeout) };
            if ready < 0 {
                match io::Error::last_os_error() {
                    error if error.kind() == io::ErrorKind::Interrupted => continue,
                    error => return Err(error),
                }
            }
            if entries[1].revents != 0 {
                if has_sent(entries[1].fd) {
                    return Ok(Waited::Done);
                }
                // Its end was closed: it is about to be gone.
                entries[1] = entry(-1);
            } else if ready != 0 || SHARED.length() == before {
                break ready;
            }
        };
        if ready == 0 {
            // SAFETY: the child has not been waited for, so its number is still its own.
            unsafe { libc::kill(self.pid, libc::SIGKILL) };
        }
        let status = self.reap()?;
        Ok(Waited::Gone(match ready {
            0 => Some(Died::Lost(format!("its process did not answer for {most_ms} ms and was killed"))),
            _ => died(status),
        }))
    }

    /// Waits until it is gone, however long that takes.
    fn reap(&self) -> io::Result<c_int> {
        sys::close(self.pidfd);
        let mut status = 0;
        // SAFETY: a place for the status of our own child.
        check(i64::from(unsafe { libc::waitpid(self.pid, &raw mut status, 0) }))?;
        Ok(status)
    }

    /// Kills it.
    pub(crate) fn kill(self) -> io::Result<()> {
        // SAFETY: the child has not been waited for, so its number is still its own.
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
        self.reap().map(|_| ())
    }
}

/// Moves a descriptor to where those of the server alone lie, which no run has.
pub(crate) fn raise(fd: c_int) -> io::Result<c_int> {
    sys::raise_to(fd, SERVERS_FD).map_err(|errno| io::Error::from_raw_os_error(i32::from(errno.0)))
}

/// Takes the byte by which a process says that it is done; false if there is none.
fn has_sent(socket: c_int) -> bool {
    let mut byte = [0_u8; 1];
    let flags = i64::from(libc::MSG_DONTWAIT);
    raw::syscall(libc::SYS_recvfrom, [i64::from(socket), byte.as_mut_ptr() as i64, 1, flags, 0, 0]) == 1
}

/// What a status of waitpid(2) says that is not as it should be.
fn died(status: c_int) -> Option<Died> {
    match status {
        status if libc::WIFSIGNALED(status) => {
            Some(Died::Lost(format!("its process was killed by signal {}", libc::WTERMSIG(status))))
        }
        status if libc::WEXITSTATUS(status) == crash::OUR_BUG => {
            Some(Died::OurBug(String::from("the simulator could not go on; it said why on standard error")))
        }
        status if libc::WEXITSTATUS(status) != 0 => {
            Some(Died::Lost(format!("its process left with status {}", libc::WEXITSTATUS(status))))
        }
        _ => None,
    }
}

/// A run dies with its server.
fn die_with_server(server: libc::pid_t) {
    // SAFETY: prctl(2) with PR_SET_PDEATHSIG takes a signal number.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: getppid(2) always succeeds. The server may have died before the call above.
    if unsafe { libc::getppid() } != server {
        leave(0);
    }
}
