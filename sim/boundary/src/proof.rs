//! The proof, at start, that this boundary is in charge: std itself is called, and must arrive here.
//!
//! A crate that is declared but never named is silently not linked, and two crates that define one symbol may resolve to the
//! other one. Does not know what any symbol does. Invariant: no run begins in a process in which the proof failed.

use core::sync::atomic::Ordering;
use std::collections::hash_map::RandomState;
use std::net::TcpListener;
use std::time::Duration;

use crate::phase::{self, Phase};
use crate::shm::SHARED;

/// Symbols that std must reach us through, each by the call below that does.
const EXPECTED: [&str; 11] = [
    "clock_gettime",
    "nanosleep_or_clock_nanosleep",
    "sched_yield",
    "sched_getaffinity",
    "syscall",
    "getrandom",
    "pthread_create",
    "pthread_join",
    "socket",
    "listen",
    "close",
];

/// Notes that an owned symbol was called outside a run.
#[inline]
pub(crate) fn seen(name: &'static str) {
    if phase::is(Phase::Proof) {
        note(name);
    }
}

#[cold]
fn note(name: &str) {
    let name = if name.ends_with("nanosleep") { "nanosleep_or_clock_nanosleep" } else { name };
    if let Some(index) = EXPECTED.iter().position(|expected| *expected == name) {
        SHARED.proved().fetch_or(1 << index, Ordering::Relaxed);
    }
}

/// Calls through std, in a process forked for it, whose heap and threads go with it, and checks that each call arrived here.
///
/// # Errors
/// What did not arrive, and what that means.
pub(crate) fn in_charge() -> Result<(), String> {
    // SAFETY: this process has one thread.
    match unsafe { libc::fork() } {
        -1 => return Err(format!("fork(2) failed: {}", std::io::Error::last_os_error())),
        0 => {
            phase::set(Phase::Proof);
            call_through_std();
            crate::crash::leave(0)
        }
        child => {
            let mut status = 0;
            // SAFETY: a place for the status of our own child.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
        }
    }
    let seen = SHARED.proved().load(Ordering::Relaxed);
    let missing: Vec<&str> =
        (0..).zip(EXPECTED).filter(|(index, _)| seen & (1 << index) == 0).map(|(_, name)| name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the simulator is not in charge of this executable: std reached the C library past it for {}. Either the boundary \
         was not linked (call `photofinish::serve` from main), or another crate defines the same symbols (`cargo tree -i \
         madsim` under --cfg madsim, sanitizer runtimes, malloc replacements that own libc calls).",
        missing.join(", ")
    ))
}

#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "that these arrive at our symbols is the proof"
)]
fn call_through_std() {
    let began = std::time::Instant::now();
    std::thread::sleep(Duration::from_nanos(1));
    std::thread::yield_now();
    let _: Result<_, _> = std::thread::available_parallelism();
    std::thread::park_timeout(Duration::from_nanos(1));
    // What this crate makes of generic functions of std for a type that programs use as well, rustc takes for theirs, without
    // their scheduling points: a thread that returns `()` would do.
    let thread = std::thread::spawn(|| {
        drop(RandomState::new());
        Proved
    });
    let _: Result<Proved, _> = thread.join();
    let _: Result<TcpListener, _> = TcpListener::bind("127.0.0.1:0");
    let _: Duration = began.elapsed();
}

/// What a thread returns that nobody but the proof starts.
struct Proved;
