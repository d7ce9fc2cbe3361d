//! `epoll_create(2)`, `epoll_ctl(2)`, `epoll_wait(2)` and their kin.
//!
//! Does not know what a descriptor is. Invariant: an answer holds as many events as the call said.

use libc::epoll_event;

use crate::Failed;
use crate::failed::{done, number};
use crate::time::Time;

/// `epoll_create(2)`.
pub fn epoll_create(size: i32) -> Result<i32, Failed> {
    // SAFETY: no pointers.
    number(unsafe { libc::epoll_create(size) })
}

/// `epoll_create1(2)`.
pub fn epoll_create1(flags: i32) -> Result<i32, Failed> {
    // SAFETY: no pointers.
    number(unsafe { libc::epoll_create1(flags) })
}

/// `struct epoll_event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// `EPOLL*`.
    pub events: u32,
    /// What the program wants back.
    pub data: u64,
}

/// `epoll_ctl(2)`.
pub fn epoll_ctl(instance: i32, op: i32, fd: i32, event: Option<Event>) -> Result<(), Failed> {
    let mut event = event.map(|event| epoll_event { events: event.events, u64: event.data });
    let place = event.as_mut().map_or(core::ptr::null_mut(), core::ptr::from_mut);
    // SAFETY: a valid event, or none.
    done(unsafe { libc::epoll_ctl(instance, op, fd, place) })
}

/// Events that `most` are enough for; the kernel is told `most`, however wrong.
fn events(most: i32, call: impl FnOnce(*mut epoll_event) -> i32) -> Result<Vec<Event>, Failed> {
    let room = usize::try_from(most).unwrap_or(0).min(1024);
    let mut events = vec![epoll_event { events: 0, u64: 0 }; room];
    let count = number(call(events.as_mut_ptr()))?;
    events.truncate(usize::try_from(count).unwrap_or(0));
    Ok(events.iter().map(|event| Event { events: event.events, data: event.u64 }).collect())
}

/// `epoll_wait(2)`.
pub fn epoll_wait(instance: i32, most: i32, timeout_ms: i32) -> Result<Vec<Event>, Failed> {
    // SAFETY: room for as many events as there can be.
    events(most, |place| unsafe { libc::epoll_wait(instance, place, most, timeout_ms) })
}

/// A set with these signals in it.
fn set(signals: &[i32]) -> libc::sigset_t {
    // SAFETY: a set of zeroes is valid: empty.
    let mut set = unsafe { core::mem::zeroed() };
    for &signal in signals {
        // SAFETY: a valid set.
        unsafe { libc::sigaddset(&raw mut set, signal) };
    }
    set
}

/// `epoll_pwait(2)` that blocks these signals meanwhile, or what it blocks anyway.
pub fn epoll_pwait(
    instance: i32,
    most: i32,
    timeout_ms: i32,
    blocked: Option<&[i32]>,
) -> Result<Vec<Event>, Failed> {
    let set = blocked.map(set);
    let mask = set.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    // SAFETY: room for as many events as there can be; a valid set, or none.
    events(most, |place| unsafe { libc::epoll_pwait(instance, place, most, timeout_ms, mask) })
}

/// `epoll_pwait2(2)` that blocks these signals meanwhile, or what it blocks anyway.
pub fn epoll_pwait2(
    instance: i32,
    most: i32,
    timeout: Option<Time>,
    blocked: Option<&[i32]>,
) -> Result<Vec<Event>, Failed> {
    unsafe extern "C" {
        fn epoll_pwait2(
            instance: i32,
            events: *mut epoll_event,
            most: i32,
            timeout: *const libc::timespec,
            mask: *const libc::sigset_t,
        ) -> i32;
    }
    let (set, timeout) = (blocked.map(set), timeout.map(Time::timespec));
    let mask = set.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    let timeout = timeout.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    // SAFETY: room for as many events as there can be; a valid time-out and a valid set, or none.
    events(most, |place| unsafe { epoll_pwait2(instance, place, most, timeout, mask) })
}

/// `ppoll(2)` that blocks these signals meanwhile, or what it blocks anyway.
pub fn ppoll(
    entries: &mut [libc::pollfd],
    timeout: Option<Time>,
    blocked: Option<&[i32]>,
) -> Result<i32, Failed> {
    let length = libc::nfds_t::try_from(entries.len()).expect("a few entries");
    let (set, timeout) = (blocked.map(set), timeout.map(Time::timespec));
    let mask = set.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    let timeout = timeout.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    // SAFETY: as many entries as the length says; a valid time-out and a valid set, or none.
    number(unsafe { libc::ppoll(entries.as_mut_ptr(), length, timeout, mask) })
}

/// The three sets of `select(2)`, as lists of numbers; a set that is left out is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sets {
    /// To read from.
    pub read: Option<Vec<i32>>,
    /// To write to.
    pub write: Option<Vec<i32>>,
    /// With something out of band.
    pub except: Option<Vec<i32>>,
}

/// The words of one set.
type Words = [u64; 16];

fn words(list: &[i32]) -> Words {
    let mut words = Words::default();
    for &fd in list {
        let fd = usize::try_from(fd).expect("a number of a set");
        words[fd / 64] |= 1 << (fd % 64);
    }
    words
}

fn list(words: &Words) -> Vec<i32> {
    let has = |fd: &i32| {
        let at = fd.cast_unsigned() as usize;
        words[at / 64] & 1 << (at % 64) != 0
    };
    (0..1024).filter(has).collect()
}

fn with_sets(sets: &Sets, call: impl FnOnce([*mut libc::fd_set; 3]) -> i32) -> Result<(i32, Sets), Failed> {
    let mut all = [&sets.read, &sets.write, &sets.except].map(|set| set.as_deref().map(words));
    let places = all
        .each_mut()
        .map(|set| set.as_mut().map_or(core::ptr::null_mut(), |words| core::ptr::from_mut(words).cast()));
    let ready = number(call(places))?;
    let [read, write, except] = all.map(|set| set.as_ref().map(list));
    Ok((ready, Sets { read, write, except }))
}

/// `select(2)`: the fraction is microseconds; what remains of it comes back.
pub fn select(count: i32, sets: &Sets, timeout: Option<Time>) -> Result<(i32, Sets, Option<Time>), Failed> {
    let mut timeout = timeout.map(|time| libc::timeval { tv_sec: time.seconds, tv_usec: time.fraction });
    let place = timeout.as_mut().map_or(core::ptr::null_mut(), core::ptr::from_mut);
    let (ready, found) = with_sets(sets, |[read, write, except]| {
        // SAFETY: three sets or none, of 1024 bits each; a valid time-out, or none.
        unsafe { libc::select(count, read, write, except, place) }
    })?;
    let left = timeout.map(|left| Time { seconds: left.tv_sec, fraction: left.tv_usec });
    Ok((ready, found, left))
}

/// `pselect(2)` that blocks these signals meanwhile, or what it blocks anyway.
pub fn pselect(
    count: i32,
    sets: &Sets,
    timeout: Option<Time>,
    blocked: Option<&[i32]>,
) -> Result<(i32, Sets), Failed> {
    let (set, timeout) = (blocked.map(set), timeout.map(Time::timespec));
    let mask = set.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    let timeout = timeout.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    with_sets(sets, |[read, write, except]| {
        // SAFETY: three sets or none, of 1024 bits each; a valid time-out and a valid set, or none.
        unsafe { libc::pselect(count, read, write, except, timeout, mask) }
    })
}
