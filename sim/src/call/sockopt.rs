//! `setsockopt(2)`, `getsockopt(2)`.
//!
//! Does not know what an option does. Invariant: an option we do not know is unmodelled, never accepted.

use super::{Caller, Stop, attempt, differ};
use crate::errno::Errno;
use crate::fd::Object;
use crate::kernel::Kernel;

/// An option by its numbers of the Linux ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionName {
    /// `SOL_SOCKET`, `IPPROTO_TCP`, ….
    pub level: i32,
    /// `SO_*`, `TCP_*`, ….
    pub name: i32,
}

/// `setsockopt(2)` with the program's bytes.
///
/// # Errors
/// As [`Net::set_option`](crate::net::Net::set_option) and
/// [`UnixSockets::set_option`](crate::unix::UnixSockets::set_option).
pub fn setsockopt(
    kernel: &mut Kernel,
    caller: &Caller,
    fd: i32,
    option: OptionName,
    value: &[u8],
) -> Result<(), Stop> {
    let OptionName { level, name } = option;
    let object = attempt::object(kernel, caller, fd)?;
    differ::set_option(kernel, object, option, value)?;
    match object {
        Object::Socket(id) => {
            kernel.net.set_option(id, level, name, value)?;
            kernel.net.option_was_set(id, kernel.now_ns());
        }
        Object::Unix(id) => kernel.unix.set_option(id, level, name, value)?,
        _ => return Err(Errno::ENOTSOCK.into()),
    }
    kernel.settle();
    Ok(())
}

/// `getsockopt(2)`: the whole value, which the boundary cuts to the program's length.
///
/// # Errors
/// As [`Net::get_option`](crate::net::Net::get_option) and
/// [`UnixSockets::get_option`](crate::unix::UnixSockets::get_option).
pub fn getsockopt(
    kernel: &mut Kernel,
    caller: &Caller,
    fd: i32,
    option: OptionName,
) -> Result<Vec<u8>, Stop> {
    let OptionName { level, name } = option;
    let object = attempt::object(kernel, caller, fd)?;
    if let Some(value) = differ::get_option(kernel, object, option)? {
        return Ok(value);
    }
    match object {
        Object::Socket(id) => Ok(kernel.net.get_option(id, level, name)?),
        Object::Unix(id) => Ok(kernel.unix.get_option(id, level, name)?),
        _ => Err(Errno::ENOTSOCK.into()),
    }
}
