//! Messages: `unix_dgram_sendmsg`, `unix_seqpacket_sendmsg` and `__unix_dgram_recvmsg`.
//!
//! Does not know blocking but for whom to wake. Invariant: a message is received whole or cut, never in two parts and never
//! with another.

use super::UnixId;
use super::memory::datagram_truesize;
use super::message::{Message, Outgoing, Received, RecvAsk};
use super::names::Name;
use super::socket::{Credentials, Kind, State};
use super::table::UnixSockets;
use crate::errno::Errno;
use crate::fd::Blocking;
use crate::ready::{Mask, Refusal, Side};

impl UnixSockets {
    /// `unix_dgram_sendmsg` in the order of its checks; before it `unix_seqpacket_sendmsg`, which ignores an address.
    pub(super) fn send_message(&mut self, id: UnixId, outgoing: Outgoing<'_>) -> Result<usize, Refusal> {
        let kind = self.socket(id).kind;
        let to = match kind {
            Kind::SeqPacket => {
                self.check_seqpacket(id)?;
                None
            }
            _ => outgoing.to,
        };
        if to == Some(&Name::Unnamed) {
            return Err(Errno::EINVAL.into());
        }
        self.name_if_credentials_pass(id)?;
        let size = outgoing.bytes.len();
        if size > self.socket(id).options.send_buffer - 32 {
            return Err(Errno::EMSGSIZE.into());
        }
        self.send_room(id)?;
        let other = match self.receiver(id, to, outgoing.asker.blocking) {
            Ok(other) => other,
            Err(refusal) => {
                let sleeps = outgoing.asker.blocking == Blocking::Yes && matches!(refusal, Refusal::Wait(_));
                if !sleeps {
                    self.drop_unsent(id);
                }
                return Err(refusal);
            }
        };
        let message = Message {
            bytes: outgoing.bytes.to_vec(),
            consumed: 0,
            truesize: datagram_truesize(size),
            from: id,
            rights: outgoing.rights.to_vec(),
            credentials: self.noted(id, other, outgoing),
        };
        self.enqueue(other, message);
        Ok(size)
    }

    /// What a seqpacket socket refuses before it looks at control messages.
    ///
    /// # Errors
    /// The pending error, `ENOTCONN`.
    pub fn check_seqpacket(&mut self, id: UnixId) -> Result<(), Errno> {
        let socket = self.socket_mut(id);
        if socket.kind != Kind::SeqPacket {
            return Ok(());
        }
        match socket.take_error() {
            Some(errno) => Err(errno),
            None if socket.state != State::Established => Err(Errno::ENOTCONN),
            None => Ok(()),
        }
    }

    /// Who takes a message: the checks behind the allocation.
    fn receiver(&mut self, id: UnixId, to: Option<&Name>, blocking: Blocking) -> Result<UnixId, Refusal> {
        let other = match to {
            Some(name) => self.find(id, name)?,
            None => self.socket(id).peer.ok_or(Errno::ENOTCONN)?,
        };
        if !self.may_send(id, other) {
            return Err(Errno::EPERM.into());
        }
        let receiver = self.socket(other);
        if receiver.is_dead() {
            if self.socket(id).kind == Kind::SeqPacket {
                return Err(Errno::EPIPE.into());
            }
            self.forget_dead_peer(id, other);
            return Err(Errno::ECONNREFUSED.into());
        }
        if receiver.shut.receive {
            return Err(Errno::EPIPE.into());
        }
        if other != id && receiver.peer != Some(id) && receiver.is_full() {
            if blocking == Blocking::Yes {
                self.sleep_for_peer(id, other);
            } else if self.socket(id).peer == Some(other) {
                self.relay_from_peer(id);
            }
            return Err(Refusal::Wait(Side::Write));
        }
        Ok(other)
    }

    /// A datagram socket learns by sending that its peer is closed.
    fn forget_dead_peer(&mut self, id: UnixId, other: UnixId) {
        self.hold(other);
        self.set_peer(id, None);
        self.stop_relay(id);
        self.socket_mut(id).state = State::Closed;
        self.datagram_disconnected(id, other);
        self.release(other);
    }

    /// `__unix_dgram_recvmsg`: the pending error first, then messages, then the end.
    pub(super) fn recv_message(
        &mut self,
        id: UnixId,
        buffer: &mut [u8],
        ask: RecvAsk,
    ) -> Result<Received, Refusal> {
        let socket = self.socket_mut(id);
        if socket.kind == Kind::SeqPacket && socket.state != State::Established {
            return Err(Errno::ENOTCONN.into());
        }
        if let Some(errno) = socket.take_error() {
            return Err(errno.into());
        }
        if socket.queue.is_empty() {
            let told = ask.asker.blocking == Blocking::Yes || socket.kind == Kind::SeqPacket;
            let ended = socket.shut.receive && told;
            let end = Received { ends: true, ..Received::nothing() };
            return if ended { Ok(end) } else { Err(Refusal::Wait(Side::Read)) };
        }
        let mut received = Received { ends: true, ..Received::nothing() };
        if ask.peek {
            // Whoever waits for room looks in vain, as in Linux.
            self.wake_peer_waiters(id, Mask::WRITERS);
            let message = self.socket(id).queue.front().expect("it is not empty");
            self.read_message(id, message, buffer, &mut received);
            received.rights.clone_from(&message.rights);
        } else {
            let mut message = self.socket_mut(id).queue.pop_front().expect("it is not empty");
            self.wake_peer_waiters(id, Mask::WRITERS);
            self.read_message(id, &message, buffer, &mut received);
            received.rights = core::mem::take(&mut message.rights);
            self.free_message(message);
        }
        Ok(received)
    }

    fn read_message(&self, id: UnixId, message: &Message, buffer: &mut [u8], received: &mut Received) {
        self.note_sender(message, received);
        let count = buffer.len().min(message.bytes.len());
        buffer[..count].copy_from_slice(&message.bytes[..count]);
        received.count = count;
        received.full_length = message.bytes.len();
        if self.socket(id).options.pass_credentials {
            received.credentials = Some(message.credentials.unwrap_or(Credentials::OVERFLOW));
        }
    }
}
