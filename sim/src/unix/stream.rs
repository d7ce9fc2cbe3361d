//! Bytes: `unix_stream_sendmsg` and `unix_stream_read_generic`.
//!
//! Does not know blocking. Invariant: bytes are read in the order in which they were written; a call never reads past
//! rights.

use super::UnixId;
use super::memory::{stream_chunk, stream_truesize};
use super::message::{Message, Outgoing, Received, RecvAsk, Writer};
use super::names::Name;
use super::socket::{Credentials, Life, State};
use super::table::UnixSockets;
use crate::errno::Errno;
use crate::ready::{Refusal, Side};

/// How far a reading call gets with one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Go on with the next, if there is one.
    Next,
    /// The call ends behind it.
    Last,
}

impl UnixSockets {
    /// `unix_stream_sendmsg`: as many buffers as there is memory for.
    pub(super) fn send_stream(&mut self, id: UnixId, outgoing: Outgoing<'_>) -> Result<usize, Refusal> {
        let socket = self.socket(id);
        if outgoing.to.is_some() {
            let connected = socket.state == State::Established;
            return Err(if connected { Errno::EISCONN } else { Errno::EOPNOTSUPP }.into());
        }
        let peer = socket.peer.ok_or(Errno::ENOTCONN)?;
        if socket.shut.send {
            return Err(Errno::EPIPE.into());
        }
        let mut sent = 0;
        let mut rights = outgoing.rights.to_vec();
        while sent < outgoing.bytes.len() {
            if let Err(refusal) = self.stream_room(id, peer) {
                return if sent > 0 { Ok(sent) } else { Err(refusal) };
            }
            let size = stream_chunk(outgoing.bytes.len() - sent, self.socket(id).options.send_buffer);
            let message = Message {
                bytes: outgoing.bytes[sent..sent + size].to_vec(),
                consumed: 0,
                truesize: stream_truesize(size),
                from: id,
                rights: core::mem::take(&mut rights),
                credentials: self.noted(id, peer, outgoing),
            };
            self.enqueue(peer, message);
            self.drop_queue_if_deaf(peer);
            sent += size;
        }
        // Without bytes there is no buffer to carry them.
        self.orphans.extend(rights);
        Ok(sent)
    }

    fn stream_room(&mut self, id: UnixId, peer: UnixId) -> Result<(), Refusal> {
        self.send_room(id)?;
        let other = self.socket(peer);
        if other.is_dead() || (other.shut.receive && !other.drops) {
            self.drop_unsent(id);
            return Err(Errno::EPIPE.into());
        }
        Ok(())
    }

    /// `sock_alloc_send_pskb` up to the allocation.
    pub(super) fn send_room(&mut self, id: UnixId) -> Result<(), Refusal> {
        let socket = self.socket_mut(id);
        if let Some(errno) = socket.take_error() {
            return Err(errno.into());
        }
        if socket.shut.send {
            return Err(Errno::EPIPE.into());
        }
        if socket.charged >= socket.options.send_buffer { Err(Refusal::Wait(Side::Write)) } else { Ok(()) }
    }

    /// `unix_scm_to_skb` and `unix_maybe_add_creds`: who sent it is noted if either end asks for that, and for one that is
    /// not accepted yet, in case it will.
    pub(super) fn noted(&self, id: UnixId, peer: UnixId, outgoing: Outgoing<'_>) -> Option<Credentials> {
        let other = self.socket(peer);
        let asked = self.socket(id).options.pass_credentials
            || other.options.pass_credentials
            || other.life == Life::Embryo;
        outgoing.credentials.or(asked.then_some(outgoing.asker.credentials))
    }

    /// `skb_set_owner_w` and `skb_queue_tail`.
    pub(super) fn enqueue(&mut self, peer: UnixId, message: Message) {
        self.hold(message.from);
        self.socket_mut(message.from).charged += message.truesize;
        self.socket_mut(peer).queue.push_back(message);
        self.wake_readers(peer);
    }

    /// `unix_stream_read_generic`: bytes first, then the pending error, then the end.
    pub(super) fn recv_stream(
        &mut self,
        id: UnixId,
        buffer: &mut [u8],
        ask: RecvAsk,
    ) -> Result<Received, Refusal> {
        let socket = self.socket_mut(id);
        if socket.state != State::Established {
            return Err(Errno::EINVAL.into());
        }
        let passes = socket.options.pass_credentials;
        let mut received = Received { writer: ask.after, ..Received::nothing() };
        if socket.queue.is_empty() {
            if let Some(errno) = socket.take_error() {
                return Err(errno.into());
            }
            if !socket.shut.receive {
                return Err(Refusal::Wait(Side::Read));
            }
            received.ends = true;
        } else if ask.peek {
            self.peek_messages(id, buffer, &mut received);
        } else {
            self.take_messages(id, buffer, &mut received);
        }
        received.full_length = received.count;
        if passes {
            let seen = received.writer.map(|writer| writer.0.unwrap_or(Credentials::OVERFLOW));
            received.credentials = Some(seen.unwrap_or(Credentials::EMPTY));
        }
        Ok(received)
    }

    fn take_messages(&mut self, id: UnixId, buffer: &mut [u8], received: &mut Received) {
        loop {
            let Some(message) = self.socket(id).queue.front() else { return };
            if !self.may_glue(id, message, received) {
                received.ends = true;
                return;
            }
            self.note_sender(message, received);
            copy(message, buffer, received);
            let count = received.count;
            let front = self.socket_mut(id).queue.front_mut().expect("it was looked at");
            let step = if front.rights.is_empty() { Step::Next } else { Step::Last };
            received.rights.append(&mut front.rights);
            received.ends |= step == Step::Last;
            let taken = count - received.full_length;
            received.full_length = count;
            front.consumed += taken;
            if !front.unread().is_empty() {
                return;
            }
            let message = self.socket_mut(id).queue.pop_front().expect("it was looked at");
            self.free_message(message);
            if step == Step::Last || count == buffer.len() {
                return;
            }
        }
    }

    /// A peek goes on when its buffer is full, up to the first rights, and has those.
    fn peek_messages(&mut self, id: UnixId, buffer: &mut [u8], received: &mut Received) {
        received.ends = true;
        for message in &self.socket(id).queue {
            if !self.may_glue(id, message, received) {
                return;
            }
            self.note_sender(message, received);
            copy(message, buffer, received);
            if !message.rights.is_empty() {
                received.rights.clone_from(&message.rights);
                return;
            }
        }
    }

    /// Never glue messages from different writers, for one that asks who wrote.
    fn may_glue(&self, id: UnixId, message: &Message, received: &mut Received) -> bool {
        if !self.socket(id).options.pass_credentials {
            return true;
        }
        received.writer.get_or_insert(Writer(message.credentials)).0 == message.credentials
    }

    /// `unix_copy_addr`.
    pub(super) fn note_sender(&self, message: &Message, received: &mut Received) {
        let name = &self.socket(message.from).name;
        if *name != Name::Unnamed {
            received.from.clone_from(name);
        }
    }
}

fn copy(message: &Message, buffer: &mut [u8], received: &mut Received) {
    let room = &mut buffer[received.count..];
    let count = room.len().min(message.unread().len());
    room[..count].copy_from_slice(&message.unread()[..count]);
    received.count += count;
}
