//! `poll(2)`, `ppoll(2)`.
//!
//! Does not know what makes a file ready. Invariant: every entry gets its answer, also from a call that fails.

use core::ffi::c_int;

use libc::{nfds_t, pollfd, sigset_t, timespec};
use photofinish_sim::call::poll;
use photofinish_sim::errno::Errno;
use photofinish_sim::ready::Mask;

use super::masked::{self, Wanted};
use super::{clock, fail};
use crate::own::owned;

fn poll_entries(entries: &mut [pollfd], timeout_ns: Option<u64>, wanted: Wanted) -> c_int {
    let mut ours: Vec<poll::PollFd> =
        crate::phase::as_simulator(|| entries.iter().map(from_pollfd).collect());
    let asked = i32::try_from(entries.len()).unwrap_or(i32::MAX);
    let ready = masked::call("poll", asked, wanted, |kernel, caller| {
        poll::poll(kernel, caller, &mut ours, timeout_ns)
    });
    for (entry, answer) in entries.iter_mut().zip(&ours) {
        entry.revents = u16::try_from(answer.revents.0).unwrap_or(u16::MAX).cast_signed();
    }
    crate::phase::as_simulator(|| drop(ours));
    ready.map_or_else(fail, |count| c_int::try_from(count).expect("poll(2) takes far fewer"))
}

fn pollfds<'a>(entries: *mut pollfd, length: nfds_t) -> &'a mut [pollfd] {
    if length == 0 {
        return &mut [];
    }
    // SAFETY: poll(2): `length` valid entries.
    unsafe { core::slice::from_raw_parts_mut(entries, usize::try_from(length).expect("addresses fit")) }
}

fn from_pollfd(entry: &pollfd) -> poll::PollFd {
    let events = Mask(u32::from(entry.events.cast_unsigned()));
    poll::PollFd { fd: entry.fd, events, revents: Mask::NONE }
}

/// A time-out in milliseconds, of which a negative one is none.
pub(super) fn from_ms(timeout_ms: c_int) -> Option<u64> {
    u64::try_from(timeout_ms).ok().map(|ms| ms * 1_000_000)
}

/// A time-out that may be left out.
pub(super) fn from_timespec(timeout: *const timespec) -> Result<Option<u64>, Errno> {
    // SAFETY: the caller gives a valid time-out, or none.
    unsafe { timeout.as_ref() }.map(clock::from_timespec).transpose()
}

owned! {
    /// `poll(2)`.
    fn poll(entries: *mut pollfd, length: nfds_t, timeout_ms: c_int) -> c_int {
        poll_entries(pollfds(entries, length), from_ms(timeout_ms), Wanted::AsIs)
    }

    /// `ppoll(2)`.
    fn ppoll(entries: *mut pollfd, length: nfds_t, timeout: *const timespec, mask: *const sigset_t) -> c_int {
        match from_timespec(timeout) {
            Ok(timeout_ns) => poll_entries(pollfds(entries, length), timeout_ns, Wanted::read(mask)),
            Err(errno) => fail(errno),
        }
    }
}
