//! `setsockopt(2)` and `getsockopt(2)`: what other systems look at, and the sizes they tell.
//!
//! Does not know what an option does. Invariant: a size that is told for other systems is the one the program asked for, or
//! the row's.

use super::super::Stop;
use super::super::sockopt::OptionName;
use super::{Phase, looks, outcome};
use crate::errno::Errno;
use crate::fd::Object;
use crate::kernel::Kernel;
use crate::net::limits::BUFFER_ASK_BYTES_MAX;
use crate::personality::Kind;
use crate::personality::answer::Reported;
use crate::ready::Refusal;

const SOL_SOCKET: i32 = 1;
const IPPROTO_TCP: i32 = 6;
const SO_ERROR: i32 = 4;
const SO_SNDBUF: i32 = 7;
const SO_RCVBUF: i32 = 8;
/// What Linux tells of a unix buffer that nobody set.
const LINUX_LOCAL_BYTES: usize = 212_992;

/// What setting an option comes to before the option is looked at.
///
/// # Errors
/// What the system answers in this state, and of a size that it refuses.
pub(in crate::call) fn set_option(
    kernel: &Kernel,
    object: Object,
    option: OptionName,
    value: &[u8],
) -> Result<(), Stop> {
    let Some(looks) = looks(kernel, object) else { return Ok(()) };
    let rules = &kernel.personality().options;
    if looks.shut_both() {
        let row = rules.set_when_both_shut.of(looks.kind);
        outcome(row.get("setsockopt(2) of a socket that is shut", Errno::EINVAL)?)?;
    }
    if looks.kind == Kind::Tcp && looks.phase == Phase::Disconnected && option.level == IPPROTO_TCP {
        outcome(rules.set_tcp_level_when_reset.get("setsockopt(2) after a reset", Errno::EINVAL)?)?;
    }
    let asked = value.first_chunk().map(|bytes| i32::from_ne_bytes(*bytes));
    let (true, Some(asked)) = (is_size(option), asked) else { return Ok(()) };
    if asked <= 0 {
        return outcome(rules.buffer_of_nothing.get("a buffer of nothing", Errno::EINVAL)?);
    }
    if usize::try_from(asked).is_ok_and(|asked| asked > BUFFER_ASK_BYTES_MAX) {
        outcome(rules.buffer_past_most.get("a buffer past the most there can be", Errno::ENOBUFS)?)?;
    }
    Ok(())
}

fn is_size(option: OptionName) -> bool {
    option.level == SOL_SOCKET && (option.name == SO_SNDBUF || option.name == SO_RCVBUF)
}

/// What reading an option comes to, if the system says something else than Linux.
///
/// # Errors
/// What the system answers in this state.
pub(in crate::call) fn get_option(
    kernel: &mut Kernel,
    object: Object,
    option: OptionName,
) -> Result<Option<Vec<u8>>, Stop> {
    let Some(looks) = looks(kernel, object) else { return Ok(None) };
    let rules = &kernel.personality().options;
    if looks.shut_both() && option.level == SOL_SOCKET {
        let row = rules.get_when_both_shut.of(looks.kind);
        outcome(row.get("getsockopt(2) of a socket that is shut", Errno::EINVAL)?)?;
    }
    if looks.kind == Kind::Tcp && looks.phase == Phase::Disconnected && option.level == IPPROTO_TCP {
        outcome(rules.get_tcp_level_when_reset.get("getsockopt(2) after a reset", Errno::EINVAL)?)?;
    }
    if is_size(option) {
        let size = told(kernel, object, option.name)?;
        return Ok(Some(i32::try_from(size).expect("buffers are cut to a few MiB").to_ne_bytes().to_vec()));
    }
    if let (Object::Socket(socket), SOL_SOCKET, SO_ERROR) = (object, option.level, option.name) {
        let error = kernel.net.take_error(socket).map_or(0, |errno| i32::from(super::bsd_reset(errno).0));
        return Ok(Some(error.to_ne_bytes().to_vec()));
    }
    Ok(None)
}

/// The size of a buffer as the system tells it. A unix buffer set to half of Linux's own size cannot be told from one that
/// was never set.
///
/// # Errors
/// Unmodelled if nobody knows.
pub(in crate::call) fn told(kernel: &Kernel, object: Object, name: i32) -> Result<usize, Refusal> {
    let Some(looks) = looks(kernel, object) else { return Ok(0) };
    let personality = kernel.personality();
    let sizes = if name == SO_SNDBUF { personality.sizes.send } else { personality.sizes.receive };
    let raw = match object {
        Object::Socket(socket) => {
            let options = kernel.net.options(socket);
            if name == SO_SNDBUF { options.send_buffer_doubled } else { options.receive_buffer_doubled }
        }
        Object::Unix(socket) => {
            let (send, receive) = kernel.unix.buffers(socket);
            let raw = if name == SO_SNDBUF { send } else { receive };
            (raw != LINUX_LOCAL_BYTES).then_some(raw)
        }
        _ => None,
    };
    match raw {
        None => sizes.of(looks.kind).get("the size of a buffer", Errno::EINVAL),
        Some(raw) => Ok(match personality.options.buffer_reported.get("SO_SNDBUF", Errno::EINVAL)? {
            Reported::Doubled => raw,
            Reported::AsAsked => raw / 2,
        }),
    }
}
