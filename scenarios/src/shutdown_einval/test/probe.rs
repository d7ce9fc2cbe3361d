//! Looks from outside who serves and who owns the data.
//!
//! It does not know what a handoff is. Invariant: looking changes nothing for long: a lock that turned out to be
//! free is let go at once, and a connection is closed when its first words were read.

use std::fs::{self, File, TryLockError};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use super::super::program::frame;
use super::super::program::lock::{LOCK_FILE, PID_FILE};
use super::super::program::options::Places;
use super::super::program::protocol::{Message, Side};

/// How often to look for what is not there yet.
const INTERVAL: Duration = Duration::from_millis(5);
/// How long a server that accepted may take to say its first words.
const HELLO: Duration = Duration::from_millis(500);

/// The process that answers at the control path, if one does within `patience`.
pub(super) fn server(places: Places<'_>, patience: Duration) -> Option<u32> {
    within(patience, || {
        let stream = UnixStream::connect(places.control()).ok()?;
        // A listener whose process is dying accepts and never says a word.
        stream.set_read_timeout(Some(HELLO)).ok()?;
        match frame::read(&stream) {
            Ok(Message::Hello { role: Side::Incumbent, pid, .. }) => Some(pid),
            _ => None,
        }
    })
}

/// The process that holds the lock, if one does.
pub(super) fn holder(places: Places<'_>) -> Option<u32> {
    let file = File::open(places.data().join(LOCK_FILE)).ok()?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let pid = fs::read_to_string(places.data().join(PID_FILE)).ok()?;
            pid.trim().parse().ok()
        }
        _ => None,
    }
}

/// What `look` finds, if it finds it within `patience`; it looks at least once.
pub(super) fn within<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + patience;
    loop {
        let found = look();
        if found.is_some() || Instant::now() >= deadline {
            return found;
        }
        thread::sleep(INTERVAL);
    }
}
