//! `pipe(2)`.
//!
//! Does not know what travels. Invariant: either both ends have a number or neither.

use super::{Caller, Stop};
use crate::errno::Errno;
use crate::fd::{Blocking, Object, OnExec};
use crate::file::pipe::End;
use crate::kernel::Kernel;

const O_EXCL: i32 = 0o200;
const O_NONBLOCK: i32 = 0o4000;
const O_DIRECT: i32 = if cfg!(target_arch = "aarch64") { 0o200_000 } else { 0o40_000 };
const O_CLOEXEC: i32 = 0o2_000_000;

/// `pipe2(2)`; `pipe(2)` with flags 0: the numbers of the end to read from and of the end to write to.
///
/// # Errors
/// `EINVAL` for unknown flags, `EMFILE`; packets (`O_DIRECT`) and notifications are unmodelled.
pub fn pipe(kernel: &mut Kernel, caller: &Caller, flags: i32) -> Result<(i32, i32), Stop> {
    if flags & !(O_NONBLOCK | O_CLOEXEC | O_DIRECT | O_EXCL) != 0 {
        return Err(Errno::EINVAL.into());
    }
    if flags & (O_DIRECT | O_EXCL) != 0 {
        return Err(Stop::Unmodelled(format!("pipe2(2) with flags {flags:#o}"), Errno::EINVAL));
    }
    let blocking = if flags & O_NONBLOCK == 0 { Blocking::Yes } else { Blocking::No };
    let on_exec = if flags & O_CLOEXEC == 0 { OnExec::Keep } else { OnExec::Close };
    let id = kernel.pipes.create()?;
    let reads = kernel.install(caller.process, Object::Pipe(id, End::Read), blocking, on_exec);
    let writes = kernel.install(caller.process, Object::Pipe(id, End::Write), blocking, on_exec);
    if let (Ok(number), Err(_)) = (reads, writes) {
        kernel.close_fd(caller.process, number)?;
    }
    kernel.settle();
    Ok((reads?, writes?))
}
