//! The fork server: a warm process that answers each request with a run in a fresh image of itself.
//!
//! Requests come in on standard input and replies go out on standard output, each a 32-bit little-endian length and a
//! postcard. It does not know scenarios: a function finds the program of a name. Invariant: the server's own state is the
//! same before every run, so that a run depends on its request alone.

use core::ffi::c_int;
use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::carrier::{self, Mode};
pub use crate::carrier::PoolSize;
use crate::child::{self, Program};
use crate::crash::{self, leave};
use crate::frames::{Hello, PROTOCOL, Reply, Request};
use crate::memory;
use crate::phase::{self, Phase};
use crate::proof;
use crate::shm::SHARED;
use crate::symbols::{raw, tls};

/// Our descriptors lie above any that a program under test will be given.
pub(crate) const NULL_FD: c_int = 900;
const REQUESTS_FD: c_int = 901;
const REPLIES_FD: c_int = 902;
/// Set in the environment once address randomisation is off, so that a machine that forbids it does not loop.
const AGAIN: &str = "PHOTOFINISH_AGAIN";
/// Real time beyond a run's own watchdog, after which the server kills it.
const GRACE_MS: u64 = 5_000;
/// Larger messages are refused before memory is set aside for them.
const MESSAGE_MAX: usize = 1 << 30;

/// How the server runs its programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Each run in a process forked from the warm server.
    Fork,
    /// One run, in the server's own process, every thread of it a real one: for debuggers.
    Baton,
}

/// Serves runs until standard input ends.
///
/// # Panics
/// Never: what goes wrong is said on standard error, with exit status 70.
pub fn serve(pool: PoolSize, isolation: Isolation, find: &dyn Fn(&str) -> Option<Program>) -> ! {
    let notes = fix_addresses();
    if let Err(why) = start(pool, isolation) {
        crash::die("photofinish: ", why.as_bytes());
    }
    // From here on everything we allocate is ours, and the program's heap stays as it is.
    phase::set(Phase::Simulator);
    let hello = Hello { protocol: PROTOCOL, load_base: tls::load_base(), notes };
    let served = send(&hello).and_then(|()| requests(isolation, find));
    match served {
        Ok(()) => leave(0),
        Err(error) => crash::die("photofinish: lost the client: ", error.to_string().as_bytes()),
    }
}

fn start(pool: PoolSize, isolation: Isolation) -> Result<(), String> {
    memory::settle();
    proof::in_charge()?;
    tls::prepare();
    tls::verify()?;
    SHARED.map().map_err(|error| format!("no shared memory for runs: {error}"))?;
    take_descriptors().map_err(|error| format!("could not set up descriptors: {error}"))?;
    die_with_parent();
    crash::install();
    let mode = match isolation {
        Isolation::Fork => Mode::Steal,
        Isolation::Baton => Mode::Baton,
    };
    carrier::prepare(pool, mode)
}

/// Turns address space randomisation off, which takes a new image of ourselves.
fn fix_addresses() -> Vec<String> {
    // SAFETY: personality(2) with all ones asks without changing.
    let persona = unsafe { libc::personality(0xffff_ffff) };
    if persona & libc::ADDR_NO_RANDOMIZE != 0 {
        return Vec::new();
    }
    let wanted = libc::c_ulong::from(persona.cast_unsigned()) | libc::ADDR_NO_RANDOMIZE as libc::c_ulong;
    // SAFETY: personality(2) has no memory preconditions.
    let set = unsafe { libc::personality(wanted) };
    if set >= 0 && std::env::var_os(AGAIN).is_none() {
        use std::os::unix::process::CommandExt;
        let failed = match std::env::current_exe() {
            Ok(exe) => {
                std::process::Command::new(exe).args(std::env::args_os().skip(1)).env(AGAIN, "1").exec()
            }
            Err(error) => error,
        };
        return vec![format!("could not start again without address randomisation: {failed}")];
    }
    vec![String::from(
        "this machine does not let personality(2) turn address randomisation off (a container's seccomp profile?): runs are \
         repeatable within this process, but a program that looks at addresses may differ between processes",
    )]
}

fn take_descriptors() -> io::Result<()> {
    let null = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    use std::os::fd::AsRawFd;
    for (from, to) in [(null.as_raw_fd(), NULL_FD), (0, REQUESTS_FD), (1, REPLIES_FD)] {
        check(raw::syscall(
            libc::SYS_dup3,
            [i64::from(from), i64::from(to), i64::from(libc::O_CLOEXEC), 0, 0, 0],
        ))?;
    }
    for standard in [0, 1] {
        check(raw::syscall(libc::SYS_dup3, [i64::from(NULL_FD), standard, 0, 0, 0, 0]))?;
    }
    Ok(())
}

fn die_with_parent() {
    // SAFETY: prctl(2) with PR_SET_PDEATHSIG takes a signal number.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

fn check(answer: i64) -> io::Result<i64> {
    if answer < 0 {
        return Err(io::Error::from_raw_os_error(i32::try_from(-answer).unwrap_or(libc::EIO)));
    }
    Ok(answer)
}

fn requests(isolation: Isolation, find: &dyn Fn(&str) -> Option<Program>) -> io::Result<()> {
    while let Some(request) = receive::<Request>()? {
        let Some(program) = find(&request.program) else {
            send(&Reply::Unknown)?;
            continue;
        };
        SHARED.clear();
        let (refused, died) = match isolation {
            Isolation::Fork => (None, fork_and_run(&request, program)?),
            Isolation::Baton => (child::execute(&request, program).err(), None),
        };
        let (frames, truncated) = SHARED.read();
        send(&refused.map_or(Reply::Ran { frames, truncated, died }, Reply::Refused))?;
        if isolation == Isolation::Baton {
            break;
        }
    }
    Ok(())
}

fn fork_and_run(request: &Request, program: Program) -> io::Result<Option<String>> {
    // SAFETY: the other threads of this process are parked for ever and hold no lock.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            die_with_parent();
            match child::execute(request, program) {
                Ok(()) => leave(0),
                Err(why) => crash::die("photofinish: ", why.as_bytes()),
            }
        }
        child => wait_for(child, request.limits.real_ms_max * 10 + GRACE_MS),
    }
}

/// Waits for a run's process, and kills it when its own watchdog did not.
fn wait_for(child: libc::pid_t, most_ms: u64) -> io::Result<Option<String>> {
    let mut killed = false;
    let pidfd = raw::syscall(libc::SYS_pidfd_open, [i64::from(child), 0, 0, 0, 0, 0]);
    if pidfd >= 0 {
        let mut entry =
            libc::pollfd { fd: c_int::try_from(pidfd).unwrap_or(-1), events: libc::POLLIN, revents: 0 };
        let timeout = c_int::try_from(most_ms).unwrap_or(c_int::MAX);
        // SAFETY: one valid entry.
        let ready = unsafe { libc::poll(&raw mut entry, 1, timeout) };
        raw::syscall(libc::SYS_close, [pidfd, 0, 0, 0, 0, 0]);
        if ready == 0 {
            killed = true;
            // SAFETY: the child has not been waited for, so its number is still its own.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
    }
    let mut status = 0;
    // SAFETY: a place for the status of our own child.
    check(i64::from(unsafe { libc::waitpid(child, &raw mut status, 0) }))?;
    Ok(match status {
        _ if killed => Some(format!("its process did not answer for {most_ms} ms and was killed")),
        status if libc::WIFSIGNALED(status) => {
            Some(format!("its process was killed by signal {}", libc::WTERMSIG(status)))
        }
        status if libc::WEXITSTATUS(status) != 0 => {
            Some(format!("its process left with status {}", libc::WEXITSTATUS(status)))
        }
        _ => None,
    })
}

fn send<T: Serialize>(message: &T) -> io::Result<()> {
    let body = postcard::to_allocvec(message).map_err(io::Error::other)?;
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    for part in [&length.to_le_bytes()[..], &body] {
        let mut sent = 0;
        while sent < part.len() {
            let rest = &part[sent..];
            let arguments =
                [i64::from(REPLIES_FD), rest.as_ptr() as i64, rest.len().cast_signed() as i64, 0, 0, 0];
            sent += usize::try_from(check(raw::syscall(libc::SYS_write, arguments))?)
                .map_err(io::Error::other)?;
        }
    }
    Ok(())
}

fn receive<T: DeserializeOwned>() -> io::Result<Option<T>> {
    let mut length = [0; 4];
    if !fill(&mut length)? {
        return Ok(None);
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MESSAGE_MAX {
        return Err(io::Error::other("a request of impossible length"));
    }
    let mut body = vec![0; length];
    if !fill(&mut body)? {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&body).map(Some).map_err(io::Error::other)
}

/// Fills a buffer from the requests; false if they ended before its first byte.
fn fill(buffer: &mut [u8]) -> io::Result<bool> {
    let mut have = 0;
    while have < buffer.len() {
        let rest = &mut buffer[have..];
        let arguments =
            [i64::from(REQUESTS_FD), rest.as_mut_ptr() as i64, rest.len().cast_signed() as i64, 0, 0, 0];
        match check(raw::syscall(libc::SYS_read, arguments))? {
            0 if have == 0 => return Ok(false),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => have += usize::try_from(count).map_err(io::Error::other)?,
        }
    }
    Ok(true)
}
