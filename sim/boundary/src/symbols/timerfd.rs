//! `timerfd_create(2)`, `timerfd_settime(2)`, `timerfd_gettime(2)`.
//!
//! Does not hold a clock. Invariant: what is written back is a valid `struct itimerspec`.

use core::ffi::c_int;

use libc::{clockid_t, itimerspec};
use photofinish_sim::call::Stop;
use photofinish_sim::call::timerfd::{self as calls, Setting};
use photofinish_sim::errno::Errno;
use photofinish_sim::file::timerfd::Remaining;

use super::{clock, fail};
use crate::own::owned;
use crate::run::call;

fn setting(flags: c_int, new: *const itimerspec) -> Result<Setting, Errno> {
    // SAFETY: the caller gives a valid setting, or none.
    let new = unsafe { new.as_ref() }.ok_or(Errno::EFAULT)?;
    let value_ns = clock::from_timespec(&new.it_value)?;
    Ok(Setting { flags, value_ns, interval_ns: clock::from_timespec(&new.it_interval)? })
}

fn write(remaining: Remaining, place: *mut itimerspec) -> c_int {
    // SAFETY: the caller gives a place for a setting, or none.
    if let Some(place) = unsafe { place.as_mut() } {
        place.it_value = clock::to_timespec(remaining.value_ns);
        place.it_interval = clock::to_timespec(remaining.interval_ns);
    }
    0
}

owned! {
    /// `timerfd_create(2)`.
    fn timerfd_create(clock: clockid_t, flags: c_int) -> c_int {
        call("timerfd_create", clock, |kernel, caller| calls::create(kernel, caller, clock, flags)).unwrap_or_else(fail)
    }

    /// `timerfd_settime(2)`.
    fn timerfd_settime(fd: c_int, flags: c_int, new: *const itimerspec, old: *mut itimerspec) -> c_int {
        let set = call("timerfd_settime", fd, |kernel, caller| {
            let setting = setting(flags, new).map_err(Stop::Fail)?;
            calls::settime(kernel, caller, fd, setting)
        });
        set.map_or_else(fail, |before| write(before, old))
    }

    /// `timerfd_gettime(2)`.
    fn timerfd_gettime(fd: c_int, place: *mut itimerspec) -> c_int {
        let got = call("timerfd_gettime", fd, |kernel, caller| calls::gettime(kernel, caller, fd));
        got.map_or_else(fail, |remaining| write(remaining, place))
    }
}
