//! `recv(2)` and `recvfrom(2)` on a UDP socket.
//!
//! Does not know blocking modes but by the flag. Invariant: a datagram is handed over once, and whole or truncated.

use crate::net::Received;
use crate::net::socket::SocketId;
use crate::net::stack::Net;
use crate::net::tcp::RecvFlags;
use crate::ready::{Refusal, Side};

impl Net {
    /// Takes a datagram, in the order of checks of `__skb_recv_udp`: a pending error first, then the datagrams, then the end.
    pub(in crate::net) fn recv_datagram(
        &mut self,
        id: SocketId,
        buffer: &mut [u8],
        flags: RecvFlags,
    ) -> Result<Received, Refusal> {
        let (udp, family, options, effects) = self.udp_and_effects(id);
        if let Some(errno) = udp.error.take() {
            return Err(errno.into());
        }
        let Some(first) = udp.inbox.first() else {
            let waits = !flags.dont_wait && options.receive_timeout_ns != Some(0);
            if udp.shut_receive && waits {
                return Ok(Received { count: 0, full_length: 0, from: None, envelope: None });
            }
            return Err(Refusal::Wait(Side::Read));
        };
        let full_length = first.bytes.len();
        let count = full_length.min(buffer.len());
        buffer[..count].copy_from_slice(&first.bytes[..count]);
        let envelope = first.envelope;
        if !flags.peek {
            let taken = udp.inbox.take(options.datagram_capacity());
            effects.recycle(taken.expect("it was looked at").bytes);
        }
        let from = Some(family.present(envelope.source));
        Ok(Received { count, full_length, from, envelope: Some(envelope) })
    }
}
