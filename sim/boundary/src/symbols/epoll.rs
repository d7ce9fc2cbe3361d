//! `epoll_create(2)`, `epoll_ctl(2)`, `epoll_wait(2)` and their kin.
//!
//! Does not know what is watched. Invariant: no more events are written than the program has room for.

use core::ffi::c_int;

use libc::{epoll_event, sigset_t, timespec};
use photofinish_sim::call::epoll::{self as calls, Ask};
use photofinish_sim::file::epoll::Event;

use super::masked::{self, Wanted};
use super::poll::{from_ms, from_timespec};
use super::{descriptor, fail};
use crate::own::owned;
use crate::run::call;

fn wait(fd: c_int, events: *mut epoll_event, most: c_int, timeout_ns: Option<u64>, wanted: Wanted) -> c_int {
    let mut count = 0;
    let found = masked::call("epoll_wait", fd, wanted, |kernel, caller| {
        calls::wait(kernel, caller, fd, most, timeout_ns, &mut |event: Event| {
            let ours = epoll_event { events: event.events, u64: event.data };
            // SAFETY: epoll_wait(2): the caller has room for `most` events, of which the kernel delivers no more.
            let place = unsafe { events.add(count) };
            // SAFETY: as above; the structure is packed on some architectures.
            unsafe { place.write_unaligned(ours) };
            count += 1;
        })
    });
    found.map_or_else(fail, |count| c_int::try_from(count).expect("no more than were asked for"))
}

owned! {
    /// `epoll_create(2)`.
    fn epoll_create(size: c_int) -> c_int {
        call("epoll_create", size, |kernel, caller| calls::create(kernel, caller, size)).unwrap_or_else(fail)
    }

    /// `epoll_create1(2)`.
    fn epoll_create1(flags: c_int) -> c_int {
        call("epoll_create1", flags, |kernel, caller| calls::create1(kernel, caller, flags)).unwrap_or_else(fail)
    }

    /// `epoll_ctl(2)`.
    fn epoll_ctl(instance: c_int, op: c_int, fd: c_int, event: *mut epoll_event) -> c_int {
        let event = if event.is_null() {
            None
        } else {
            // SAFETY: the caller gives a valid event, or none; the structure is packed on some architectures.
            let event = unsafe { event.read_unaligned() };
            Some(Event { events: event.events, data: event.u64 })
        };
        descriptor::done(call("epoll_ctl", fd, |kernel, caller| {
            calls::control(kernel, caller, instance, Ask { op, fd, event })
        }))
    }

    /// `epoll_wait(2)`.
    fn epoll_wait(instance: c_int, events: *mut epoll_event, most: c_int, timeout_ms: c_int) -> c_int {
        wait(instance, events, most, from_ms(timeout_ms), Wanted::AsIs)
    }

    /// `epoll_pwait(2)`.
    fn epoll_pwait(
        instance: c_int, events: *mut epoll_event, most: c_int, timeout_ms: c_int, mask: *const sigset_t,
    ) -> c_int {
        wait(instance, events, most, from_ms(timeout_ms), Wanted::read(mask))
    }

    /// `epoll_pwait2(2)`.
    fn epoll_pwait2(
        instance: c_int, events: *mut epoll_event, most: c_int, timeout: *const timespec, mask: *const sigset_t,
    ) -> c_int {
        match from_timespec(timeout) {
            Ok(timeout_ns) => wait(instance, events, most, timeout_ns, Wanted::read(mask)),
            Err(errno) => fail(errno),
        }
    }
}
