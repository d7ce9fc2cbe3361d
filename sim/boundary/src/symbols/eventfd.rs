//! `eventfd(2)`, and `eventfd_read(3)` and `eventfd_write(3)`, which the C library would answer past `read(2)` and `write(2)`.
//!
//! Does not know what is counted. Invariant: each call is one of `read(2)` or `write(2)`.

use core::ffi::{c_int, c_uint};

use photofinish_sim::call::{eventfd as calls, io};
use photofinish_sim::errno::Errno;

use super::{descriptor, fail};
use crate::own::owned;
use crate::run::call;

/// A whole number went over, or the call failed.
fn whole(result: Result<usize, Errno>) -> c_int {
    match result {
        Ok(8) => 0,
        // `eventfd_read` of glibc: anything else is a failure without an error number.
        Ok(_) => -1,
        Err(errno) => fail(errno),
    }
}

owned! {
    /// `eventfd(2)`.
    fn eventfd(initial: c_uint, flags: c_int) -> c_int {
        call("eventfd", flags, |kernel, caller| calls::eventfd(kernel, caller, initial, flags)).unwrap_or_else(fail)
    }

    /// `eventfd_read(3)`.
    fn eventfd_read(fd: c_int, value: *mut u64) -> c_int {
        let room = descriptor::buffer(value.cast(), size_of::<u64>());
        whole(call("read", fd, |kernel, caller| io::read(kernel, caller, fd, room)))
    }

    /// `eventfd_write(3)`.
    fn eventfd_write(fd: c_int, value: u64) -> c_int {
        let bytes = value.to_ne_bytes();
        whole(call("write", fd, |kernel, caller| io::write(kernel, caller, fd, &bytes)))
    }
}
