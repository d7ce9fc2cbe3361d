//! Socket options: their names, values and bytes.
//!
//! Does not know messages. Invariant: an option that would change behaviour we do not have is unmodelled; one that is stored
//! without effect has none on a unix socket in Linux either. Bytes are the Linux ABI's, native endian (`socket(7)`).

use super::UnixId;
use super::limits::{RECEIVE_BUFFER_BYTES, SEND_BUFFER_BYTES};
use super::socket::State;
use super::table::UnixSockets;
use crate::errno::Errno;
use crate::net::limits::{RECEIVE_BUFFER_BYTES_MIN, SEND_BUFFER_BYTES_MIN};
use crate::net::options::{bytes, doubled, int, timeout_ns, timeval};
use crate::ready::Refusal;

const SOL_SOCKET: i32 = 1;
const SO_REUSEADDR: i32 = 2;
const SO_TYPE: i32 = 3;
const SO_ERROR: i32 = 4;
const SO_SNDBUF: i32 = 7;
const SO_RCVBUF: i32 = 8;
const SO_LINGER: i32 = 13;
const SO_REUSEPORT: i32 = 15;
const SO_PASSCRED: i32 = 16;
const SO_PEERCRED: i32 = 17;
const SO_RCVLOWAT: i32 = 18;
const SO_SNDLOWAT: i32 = 19;
const SO_RCVTIMEO: i32 = 20;
const SO_SNDTIMEO: i32 = 21;
const SO_ACCEPTCONN: i32 = 30;
const SO_PROTOCOL: i32 = 38;
const SO_DOMAIN: i32 = 39;

/// Flags that are stored and mean nothing here: `SO_REUSEADDR`, `SO_DONTROUTE`, `SO_BROADCAST`, `SO_KEEPALIVE`.
const IDLE_FLAGS: [i32; 4] = [SO_REUSEADDR, 5, 6, 9];

/// `SO_RCVTIMEO` and `SO_SNDTIMEO`; none is for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Bounds `recv(2)` and `accept(2)`.
    pub receive_ns: Option<u64>,
    /// Bounds `send(2)` and `connect(2)`.
    pub send_ns: Option<u64>,
}

/// The options of one socket.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// `sk_sndbuf`.
    pub(super) send_buffer: usize,
    pub(super) receive_buffer: usize,
    /// `SO_PASSCRED`.
    pub(super) pass_credentials: bool,
    timeouts: Timeouts,
    /// By the order of [`IDLE_FLAGS`].
    idle: [bool; IDLE_FLAGS.len()],
    /// `SO_LINGER`: a unix socket never lingers.
    linger: (bool, i32),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            send_buffer: SEND_BUFFER_BYTES,
            receive_buffer: RECEIVE_BUFFER_BYTES,
            pass_credentials: false,
            timeouts: Timeouts::default(),
            idle: Default::default(),
            linger: (false, 0),
        }
    }
}

fn unknown(level: i32, name: i32) -> Refusal {
    Refusal::unmodelled(format!("option {name} of level {level} of a unix socket"), Errno::ENOPROTOOPT)
}

/// Unix sockets have no options of their own (`do_sock_setsockopt`).
fn check_level(level: i32) -> Result<(), Errno> {
    if level == SOL_SOCKET { Ok(()) } else { Err(Errno::EOPNOTSUPP) }
}

impl UnixSockets {
    /// `setsockopt(2)` with the level, name and bytes of the Linux ABI.
    ///
    /// # Errors
    /// As `setsockopt(2)`; unmodelled for options we do not know.
    pub fn set_option(&mut self, id: UnixId, level: i32, name: i32, value: &[u8]) -> Result<(), Refusal> {
        check_level(level)?;
        let options = &mut self.socket_mut(id).options;
        let number = int(value)?;
        match name {
            SO_SNDBUF => {
                options.send_buffer = doubled(number, SEND_BUFFER_BYTES_MIN);
                // `sk_setsockopt`: wake up sending tasks if we upped the value.
                self.wake_writers(id);
            }
            SO_RCVBUF => options.receive_buffer = doubled(number, RECEIVE_BUFFER_BYTES_MIN),
            SO_PASSCRED => options.pass_credentials = number != 0,
            SO_RCVTIMEO | 66 => options.timeouts.receive_ns = timeout_ns(value)?,
            SO_SNDTIMEO | 67 => options.timeouts.send_ns = timeout_ns(value)?,
            SO_LINGER => {
                let seconds = int(value.get(4..).unwrap_or(&[]))?;
                let kept = if number == 0 { options.linger.1 } else { seconds };
                options.linger = (number != 0, kept);
            }
            // Only sockets of the internet share ports.
            SO_REUSEPORT if number != 0 => return Err(Errno::EOPNOTSUPP.into()),
            SO_REUSEPORT => {}
            SO_RCVLOWAT if (0..=1).contains(&number) => {}
            SO_TYPE | SO_ERROR | SO_PEERCRED | SO_SNDLOWAT | SO_ACCEPTCONN | SO_PROTOCOL | SO_DOMAIN => {
                return Err(Errno::ENOPROTOOPT.into());
            }
            _ => {
                let at = IDLE_FLAGS.iter().position(|flag| *flag == name);
                options.idle[at.ok_or_else(|| unknown(level, name))?] = number != 0;
            }
        }
        Ok(())
    }

    /// `getsockopt(2)`: the whole value; the boundary cuts it to the program's length.
    ///
    /// # Errors
    /// As `getsockopt(2)`; unmodelled for options we do not know.
    pub fn get_option(&mut self, id: UnixId, level: i32, name: i32) -> Result<Vec<u8>, Refusal> {
        const AF_UNIX: i32 = 1;
        check_level(level)?;
        let socket = self.socket_mut(id);
        let options = &socket.options;
        let size = |size: usize| i32::try_from(size).expect("buffers are cut to a few MiB");
        Ok(match name {
            SO_TYPE => bytes(socket.kind.to_linux()),
            SO_ERROR => bytes(socket.take_error().map_or(0, |errno| i32::from(errno.0))),
            SO_SNDBUF => bytes(size(options.send_buffer)),
            SO_RCVBUF => bytes(size(options.receive_buffer)),
            SO_LINGER => [bytes(i32::from(options.linger.0)), bytes(options.linger.1)].concat(),
            SO_REUSEPORT | SO_PROTOCOL => bytes(0),
            SO_PASSCRED => bytes(i32::from(options.pass_credentials)),
            SO_PEERCRED => {
                let peer = socket.peer_credentials;
                [bytes(peer.pid.0), bytes(peer.uid.cast_signed()), bytes(peer.gid.cast_signed())].concat()
            }
            SO_RCVLOWAT | SO_SNDLOWAT => bytes(1),
            SO_RCVTIMEO | 66 => timeval(options.timeouts.receive_ns),
            SO_SNDTIMEO | 67 => timeval(options.timeouts.send_ns),
            SO_ACCEPTCONN => bytes(i32::from(socket.state == State::Listening)),
            SO_DOMAIN => bytes(AF_UNIX),
            _ => {
                let at = IDLE_FLAGS.iter().position(|flag| *flag == name);
                bytes(i32::from(options.idle[at.ok_or_else(|| unknown(level, name))?]))
            }
        })
    }

    /// How long calls wait.
    #[must_use]
    pub fn timeouts(&self, id: UnixId) -> Timeouts {
        self.socket(id).options.timeouts
    }
}
