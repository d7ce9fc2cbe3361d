//! The fork server: a warm process that answers each request with a run in a fresh image of itself.
//!
//! Requests come in on standard input and replies go out on standard output, each a 32-bit little-endian length and a
//! postcard. It does not know scenarios: a function finds the program of a name. Invariant: the server's own state is the
//! same before every run, so that a run depends on its request alone.

use core::ffi::c_int;
use std::ffi::OsStr;
use std::io::{self, IoSlice};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;

use serde::Serialize;

pub use crate::carrier::PoolSize;
use crate::carrier::{self, Mode};
use crate::child::{self, Task};
use crate::crash::{self, leave};
use crate::debugger;
use crate::disk;
use crate::disk::folder::{Folders, REAL_TMPDIR};
use crate::forked::{Forked, Waited};
use crate::frames::{Ask, Died, Hello, PROTOCOL, Reply};
use crate::guard;
use crate::marks;
use crate::memory;
use crate::phase::{self, Phase};
use crate::process;
use crate::proof;
use crate::rewind;
use crate::series;
use crate::shm::SHARED;
use crate::spin;
use crate::symbols::{raw, tls};
use crate::takeover;
use crate::turns::{Turn, Turns};

/// Our descriptors lie above any that a program under test will be given.
pub(crate) const HOLDER_FD: c_int = 900;
const REQUESTS_FD: c_int = 901;
const REPLIES_FD: c_int = 902;
/// The folder in which runs have theirs.
const FOLDER_FD: c_int = 903;
/// From here on lie those that no run has.
pub(crate) const SERVERS_FD: i64 = 910;
/// Set in the environment once address randomisation is off, so that a machine that forbids it does not loop.
const AGAIN: &str = "PHOTOFINISH_AGAIN";
/// Real time beyond a run's own watchdog, after which the server kills it.
const GRACE_MS: u64 = 5_000;
/// Larger messages are refused before memory is set aside for them.
const MESSAGE_MAX: usize = 1 << 30;

/// How the server runs its programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Each run in the image of the warm server, which is put back behind it; in a process of its own where that cannot be.
    Rewind,
    /// Each run in a process forked from the warm server.
    Fork,
    /// The same, but every thread of the run is a real one: for debuggers.
    Baton,
}

/// Makes everything that the process allocates from here on ours. The first thing a server does: whatever lies in the
/// program's heap before a run must not depend on paths, arguments or who asked.
pub fn enter() {
    phase::set(Phase::Simulator);
}

/// Serves runs until standard input ends. [`enter`] was called before.
///
/// # Panics
/// Never: what goes wrong is said on standard error, with exit status 70.
pub fn serve(pool: PoolSize, isolation: Isolation, find: &dyn Fn(&str) -> Option<Task>) -> ! {
    let mut notes = fix_addresses();
    let mut folders = match start(pool, isolation) {
        Ok((folders, more)) => {
            notes.extend(more);
            folders
        }
        Err(why) => crash::die("photofinish: ", why.as_bytes()),
    };
    let hello = Hello {
        protocol: PROTOCOL,
        load_base: tls::load_base(),
        notes,
        marks: marks::all(),
        preempt: crate::instrument::level(),
    };
    let served = send(&hello).and_then(|()| requests(pool, isolation, find, &mut folders));
    folders.remove();
    match served {
        Ok(()) => leave(0),
        Err(error) => crash::die("photofinish: lost the client: ", error.to_string().as_bytes()),
    }
}

/// Makes everything ready. Returns where runs have their folders, and what this machine lacks but is not needed.
fn start(pool: PoolSize, isolation: Isolation) -> Result<(Folders, Vec<String>), String> {
    memory::settle()?;
    SHARED.map().map_err(|error| format!("no shared memory for runs: {error}"))?;
    proof::in_charge()?;
    tls::prepare();
    tls::verify()?;
    take_descriptors().map_err(|error| format!("could not set up descriptors: {error}"))?;
    let folders = Folders::make(FOLDER_FD)?;
    crash::install();
    let notes = guard::prepare();
    process::prepare();
    spin::shorten();
    rewind::prepare();
    child::note_hard_limit();
    match isolation {
        Isolation::Rewind | Isolation::Fork => {
            carrier::prepare(pool, Mode::Steal)?;
            child::count_warm()?;
        }
        // Real threads do not survive a fork: each run makes its own.
        Isolation::Baton => {}
    }
    Ok((folders, notes))
}

/// Turns address space randomisation off, and fixes what else decides where things lie, which takes a new image of ourselves.
fn fix_addresses() -> Vec<String> {
    let again = std::env::var(AGAIN);
    // SAFETY: this process has one thread.
    unsafe { std::env::remove_var(AGAIN) };
    if again.is_ok() {
        // The next image must be told, too; the program is not.
        // SAFETY: this process has one thread.
        unsafe { std::env::remove_var(takeover::VARIABLE) };
    }
    match again.as_deref() {
        Ok("fixed") => return Vec::new(),
        Ok(_) => return vec![String::from(RANDOMISED)],
        Err(_) => {}
    }
    let stack = libc::rlimit { rlim_cur: STACK_LIMIT, rlim_max: libc::RLIM_INFINITY };
    // The soft limit alone decides where mappings begin (`mmap_base`); a hard limit below it stays as it is.
    // SAFETY: a valid limit.
    unsafe { libc::setrlimit(libc::RLIMIT_STACK, &raw const stack) };
    // SAFETY: personality(2) with all ones asks without changing.
    let persona = unsafe { libc::personality(0xffff_ffff) };
    let wanted = libc::c_ulong::from(persona.cast_unsigned()) | libc::ADDR_NO_RANDOMIZE as libc::c_ulong;
    // SAFETY: personality(2) has no memory preconditions.
    let fixed = unsafe { libc::personality(wanted) } >= 0;
    let failed = match std::env::current_exe() {
        Ok(exe) => {
            let mut again = std::process::Command::new(exe);
            if let Some(real) = std::env::var_os("TMPDIR") {
                again.env(REAL_TMPDIR, real);
            }
            again
                .env("TMPDIR", OsStr::from_bytes(disk::MOUNT))
                .args(std::env::args_os().skip(1))
                .env(AGAIN, if fixed { "fixed" } else { "not fixed" })
                .exec()
        }
        Err(error) => error,
    };
    vec![format!("could not start again without address randomisation: {failed}")]
}

const RANDOMISED: &str = "this machine does not let personality(2) turn address randomisation off (a container's seccomp \
    profile?): runs are repeatable within this process, but a program that looks at addresses may differ between processes";
/// The stack limit every server runs with.
const STACK_LIMIT: u64 = 8 << 20;

fn take_descriptors() -> io::Result<()> {
    let files = libc::rlimit { rlim_cur: FILES_LIMIT, rlim_max: FILES_LIMIT };
    // SAFETY: a valid limit.
    check(i64::from(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const files) })).map_err(|_| {
        io::Error::other(format!(
            "a server needs {FILES_LIMIT} descriptors (`ulimit -n`), and may not have them"
        ))
    })?;
    let null = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    // Nothing can be read, written or waited for through an O_PATH descriptor: a call that we do not own fails on it.
    let holder = std::fs::File::options().read(true).custom_flags(libc::O_PATH).open("/dev/null")?;
    for (from, to) in [(holder.as_raw_fd(), HOLDER_FD), (0, REQUESTS_FD), (1, REPLIES_FD)] {
        check(raw::syscall(
            libc::SYS_dup3,
            [i64::from(from), i64::from(to), i64::from(libc::O_CLOEXEC), 0, 0, 0],
        ))?;
    }
    for standard in [0, 1] {
        check(raw::syscall(libc::SYS_dup3, [i64::from(null.as_raw_fd()), standard, 0, 0, 0, 0]))?;
    }
    // What we inherited would take numbers from the program.
    drop((null, holder));
    for (first, last) in [(3, HOLDER_FD - 1), (REPLIES_FD + 1, c_int::MAX)] {
        check(raw::syscall(libc::SYS_close_range, [i64::from(first), i64::from(last), 0, 0, 0, 0]))?;
    }
    // A call that we do not own must fail on a number of the program, not reach whatever the C library has there.
    // And what a process takes whose image is put back is missing in every other, too.
    for low in (3..PLACEHOLDERS).chain(rewind::FDS) {
        check(raw::syscall(
            libc::SYS_dup3,
            [i64::from(HOLDER_FD), i64::from(low), i64::from(libc::O_CLOEXEC), 0, 0, 0],
        ))?;
    }
    Ok(())
}

/// Real numbers below this one are taken by files that nothing can be done with.
pub(crate) const PLACEHOLDERS: c_int = 64;
/// Descriptors a run may have, ours included.
const FILES_LIMIT: u64 = 1024;

pub(crate) fn check(answer: i64) -> io::Result<i64> {
    if answer < 0 {
        return Err(io::Error::from_raw_os_error(i32::try_from(-answer).unwrap_or(libc::EIO)));
    }
    Ok(answer)
}

fn requests(
    pool: PoolSize,
    isolation: Isolation,
    find: &dyn Fn(&str) -> Option<Task>,
    folders: &mut Folders,
) -> io::Result<()> {
    let mut turns = (isolation == Isolation::Rewind && rewind::is_possible()).then(Turns::new);
    while let Some(asked) = receive()? {
        let ask: Ask = postcard::from_bytes(&asked).map_err(io::Error::other)?;
        let request = ask.request();
        if find(&request.program).is_none() {
            send(&Reply::Unknown)?;
            continue;
        }
        let most_ms = request.limits.real_ms_max * 10 + GRACE_MS;
        SHARED.clear();
        let turns = turns.as_mut().filter(|_| can_take_turn(&ask, &asked));
        let turn = match turns.and_then(Turns::next) {
            Some(turns) => turns.run(&asked, most_ms, folders, find)?,
            None => Turn::NotBegun,
        };
        let died = match turn {
            Turn::Over(died) => died,
            Turn::NotBegun => run_apart(pool, isolation, &ask, most_ms, folders, find)?,
        };
        SHARED.adopt_found();
        let (frames, truncated) = SHARED.read();
        let frames_size = frames.len() as u64;
        send_before(&Reply::Ran { frames_size, truncated, died }, frames)?;
    }
    Ok(())
}

/// Whether what is asked for may be done behind another run: what is watched or followed with a debugger has a process of its own, as
/// has what is asked for apart.
fn can_take_turn(ask: &Ask, asked: &[u8]) -> bool {
    let plain = matches!(ask, Ask::Run(request) if request.watch.is_none() && request.stop_at.is_none());
    plain && rewind::fits(asked)
}

/// Does what is asked for in a process of its own, which may take `most_ms` from one frame to the next.
fn run_apart(
    pool: PoolSize,
    isolation: Isolation,
    ask: &Ask,
    most_ms: u64,
    folders: &mut Folders,
    find: &dyn Fn(&str) -> Option<Task>,
) -> io::Result<Option<Died>> {
    let folder = folders.next();
    disk::begin(folder.clone());
    if matches!(ask, Ask::Run(request) if request.stop_at.is_some()) {
        debugger::photofinish_debugger_fork();
    }
    let forked = Forked::new(&|| {
        match isolation {
            Isolation::Rewind | Isolation::Fork => memory::begin_afresh(),
            Isolation::Baton => carrier::prepare(pool, Mode::Baton)?,
        }
        match ask {
            Ask::Run(request) | Ask::Apart(request) => {
                find(&request.program).map_or(Ok(()), |task| child::execute(request, task))
            }
            Ask::Series(series) => series::execute(series, find),
        }
    })?;
    let waited = forked.wait(None, most_ms);
    if SHARED.made_folder() {
        Folders::clean(&folder);
    }
    match waited? {
        Waited::Done => Ok(None),
        Waited::Gone(died) => Ok(died),
    }
}

fn send<T: Serialize>(message: &T) -> io::Result<()> {
    send_before(message, &[])
}

/// Sends a message and what follows it.
fn send_before<T: Serialize>(message: &T, rest: &[u8]) -> io::Result<()> {
    let body = postcard::to_allocvec(message).map_err(io::Error::other)?;
    let length = u32::try_from(body.len()).map_err(io::Error::other)?.to_le_bytes();
    let mut parts = &mut [IoSlice::new(&length), IoSlice::new(&body), IoSlice::new(rest)][..];
    IoSlice::advance_slices(&mut parts, 0);
    while !parts.is_empty() {
        // `IoSlice` is laid out as the `iovec` of writev(2).
        let (entries, count) = (parts.as_ptr() as i64, parts.len() as i64);
        let arguments = [i64::from(REPLIES_FD), entries, count, 0, 0, 0];
        let sent = check(raw::syscall(libc::SYS_writev, arguments))?;
        IoSlice::advance_slices(&mut parts, usize::try_from(sent).map_err(io::Error::other)?);
    }
    Ok(())
}

fn receive() -> io::Result<Option<Vec<u8>>> {
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
    Ok(Some(body))
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
