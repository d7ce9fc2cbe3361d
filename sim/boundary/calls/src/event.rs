//! `eventfd(2)`, `timerfd_create(2)` and their kin.
//!
//! Does not know what a descriptor is. Invariant: a time is passed on as it is, however wrong.

use libc::itimerspec;

use crate::Failed;
use crate::failed::{done, number};
use crate::time::Time;

/// `eventfd(2)`.
pub fn eventfd(initial: u32, flags: i32) -> Result<i32, Failed> {
    // SAFETY: no pointers.
    number(unsafe { libc::eventfd(initial, flags) })
}

/// `eventfd_read(3)`.
pub fn eventfd_read(fd: i32) -> Result<u64, Failed> {
    let mut value = 0;
    // SAFETY: a place for the number.
    done(unsafe { libc::eventfd_read(fd, &raw mut value) }).map(|()| value)
}

/// `eventfd_write(3)`.
pub fn eventfd_write(fd: i32, value: u64) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::eventfd_write(fd, value) })
}

/// `timerfd_create(2)`.
pub fn timerfd_create(clock: i32, flags: i32) -> Result<i32, Failed> {
    // SAFETY: no pointers.
    number(unsafe { libc::timerfd_create(clock, flags) })
}

/// `struct itimerspec`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// When it expires first.
    pub value: Time,
    /// Between expirations.
    pub interval: Time,
}

impl Setting {
    fn itimerspec(self) -> itimerspec {
        itimerspec { it_value: self.value.timespec(), it_interval: self.interval.timespec() }
    }

    fn of(setting: &itimerspec) -> Self {
        Self { value: Time::of(setting.it_value), interval: Time::of(setting.it_interval) }
    }
}

const NOTHING: Setting =
    Setting { value: Time { seconds: 0, fraction: 0 }, interval: Time { seconds: 0, fraction: 0 } };

/// `timerfd_settime(2)`: to what it was set before.
pub fn timerfd_settime(fd: i32, flags: i32, new: Setting) -> Result<Setting, Failed> {
    let (new, mut old) = (new.itimerspec(), NOTHING.itimerspec());
    // SAFETY: a valid setting, and a place for one.
    done(unsafe { libc::timerfd_settime(fd, flags, &raw const new, &raw mut old) })?;
    Ok(Setting::of(&old))
}

/// `timerfd_gettime(2)`.
pub fn timerfd_gettime(fd: i32) -> Result<Setting, Failed> {
    let mut setting = NOTHING.itimerspec();
    // SAFETY: a place for a setting.
    done(unsafe { libc::timerfd_gettime(fd, &raw mut setting) })?;
    Ok(Setting::of(&setting))
}
