//! One processor for this process and all that it starts from here on, and the first turn on it.
//!
//! Does not know what is measured. Invariant: the processor is one of those that the process had.

use std::io;

use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

/// The strongest of setpriority(2).
const FIRST: i32 = -20;

/// Where measurements are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Pinned {
    /// The number of the processor.
    pub(super) processor: usize,
    /// How little others get of it, as nice(1) counts.
    pub(super) nice: i32,
}

/// Keeps to the last processor that there is for us, for the first one has most of the system's own work. Without the privilege to
/// come before others we do not: then what they do is in the figures.
pub(super) fn to_one_processor() -> io::Result<Pinned> {
    let have = sched_getaffinity(None)?;
    let last = (0..CpuSet::MAX_CPU).rev().find(|processor| have.is_set(*processor));
    let processor = last.ok_or_else(|| io::Error::other("there is none"))?;
    let mut one = CpuSet::new();
    one.set(processor);
    sched_setaffinity(None, &one)?;
    // Refused without `CAP_SYS_NICE`; what came of it is told.
    let _ = setpriority_process(None, FIRST);
    Ok(Pinned { processor, nice: getpriority_process(None)? })
}

/// Where Linux groups the processes of a session, and weighs groups before the processes in them; see sched(7).
const GROUP: &str = "/proc/self/autogroup";

/// The session of this process, before others until this is dropped.
#[derive(Debug)]
pub(super) struct Session {
    nice_before: String,
}

/// Puts the session before others, where sessions are weighed and this process may.
pub(super) fn session_first() -> Option<Session> {
    let told = std::fs::read_to_string(GROUP).ok()?;
    let nice_before = nice_of(&told)?.to_owned();
    std::fs::write(GROUP, FIRST.to_string()).ok()?;
    Some(Session { nice_before })
}

impl Drop for Session {
    fn drop(&mut self) {
        // Whoever could raise it can lower it again.
        let _ = std::fs::write(GROUP, &self.nice_before);
    }
}

/// The last word of `/autogroup-7 nice 0`.
fn nice_of(told: &str) -> Option<&str> {
    told.trim().rsplit_once(" nice ").map(|(_, nice)| nice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_of_a_session_is_the_last_word() {
        assert_eq!(nice_of("/autogroup-29 nice -3\n"), Some("-3"));
        assert_eq!(nice_of("none"), None);
    }
}
