//! Segments arriving at a TCP endpoint: `tcp_rcv_state_process` for segments that come in order.
//!
//! Does not know how they came, or how often they were sent. Invariant: a segment of another flow than the endpoint's own is answered as if the endpoint
//! were gone.

use super::state::{State, Taken};
use crate::errno::Errno;
use crate::net::packet::{Flow, Packet, Segment};
use crate::net::socket::SocketId;
use crate::net::stack::Net;

impl Net {
    /// A segment of a connection arrives.
    pub(in crate::net) fn arrive_tcp(&mut self, packet: Box<Packet>, now_ns: u64) {
        let Some(id) = self.meets(&packet) else {
            self.answer_stray(*packet, now_ns);
            return;
        };
        let handshake = self.tcp(id).state == State::SynReceived;
        if handshake && !matches!(packet.segment, Segment::Rst) {
            // Whatever comes acknowledges the SYN-ACK, if the ACK that should have done so was lost.
            self.arrive_ack(id);
        }
        let Taken { tcp, effects, options } = self.tcp_and_effects(id);
        tcp.heard_ns = now_ns;
        if packet.edge > tcp.edge && !matches!(packet.segment, Segment::SynAck | Segment::Rst) {
            tcp.edge = packet.edge;
            tcp.pump(id, effects);
            if options.user_timeout_ms > 0 {
                effects.suspect(id);
            }
        }
        match packet.segment {
            Segment::Data(bytes) => self.arrive_data(id, bytes),
            Segment::Window | Segment::Ack | Segment::Probe => {}
            Segment::SynAck => self.arrive_syn_ack(id, &packet),
            Segment::Fin => self.arrive_fin(id, now_ns),
            Segment::FinAck => self.arrive_fin_ack(id, now_ns),
            Segment::Rst => self.arrive_rst(id),
            Segment::Syn { .. }
            | Segment::SynTimeout { .. }
            | Segment::SynAckTimeout { .. }
            | Segment::WindowTimeout
            | Segment::Datagram { .. }
            | Segment::Unreachable => {
                unreachable!("routed by Net::deliver")
            }
        }
    }

    /// The endpoint that a segment is for, if it is still there.
    pub(in crate::net) fn meets(&self, packet: &Packet) -> Option<SocketId> {
        packet.to.filter(|&id| {
            self.endpoint(id)
                .is_some_and(|tcp| tcp.flow == packet.flow.map(Flow::reverse) && tcp.state != State::Closed)
        })
    }

    /// `tcp_reset` names the error by the state.
    pub(super) fn arrive_rst(&mut self, id: SocketId) {
        let errno = match self.tcp(id).state {
            State::SynSent => Errno::ECONNREFUSED,
            State::CloseWait => Errno::EPIPE,
            _ => Errno::ECONNRESET,
        };
        self.abort(id, errno);
    }

    /// A segment for nobody: reset its sender. On loopback, where both ends know the same, one that is itself the end of something
    /// has none to hear of it; between hosts only TIME_WAIT takes an acknowledgement in silence (`tcp_timewait_state_process`).
    fn answer_stray(&mut self, packet: Packet, now_ns: u64) {
        match packet.segment {
            Segment::Rst => {}
            Segment::Window | Segment::FinAck
                if packet.hop.is_local() || self.is_time_wait(&packet, now_ns) => {}
            _ => self.effects.send(packet.refuse()),
        }
        if let Segment::Data(bytes) = packet.segment {
            self.effects.recycle(bytes);
        }
    }

    /// Whether the end that a segment is for ended in order a moment ago, and its host has not been down since.
    fn is_time_wait(&self, packet: &Packet, now_ns: u64) -> bool {
        let memory = packet.flow.and_then(|flow| self.flows.time_wait(flow.reverse()));
        let boot = self.hosts.get(packet.hop.to).boot;
        memory.is_some_and(|memory| memory.boot == boot && now_ns < memory.until_ns)
    }

    fn arrive_data(&mut self, id: SocketId, bytes: Vec<u8>) {
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        match tcp.state {
            State::FinWait1 | State::FinWait2 if tcp.shut_receive && !tcp.drops => {
                // RFC 1122 4.2.2.13: bytes for a program that will not read are answered with a reset (`TCPAbortOnData`).
                tcp.emit(id, Segment::Rst, effects);
                self.abort(id, Errno::ECONNRESET);
            }
            State::Established | State::FinWait1 | State::FinWait2 => {
                tcp.incoming.extend(&bytes);
                let held = tcp.read_total + tcp.incoming.len() as u64;
                assert!(held <= tcp.granted, "socket {} got bytes past the window it granted", id.0);
                if tcp.drops {
                    tcp.discard(id, effects);
                }
                effects.wake_readers(id);
                effects.recycle(bytes);
            }
            state => unreachable!("bytes after the peer's FIN, or before its ACK, in state {state:?}"),
        }
    }

    fn arrive_syn_ack(&mut self, id: SocketId, packet: &Packet) {
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        if tcp.state != State::SynSent {
            assert!(!tcp.hop.is_local(), "on loopback a SYN is answered once");
            // It was sent again; or it answers a SYN that was sent again, whose first answer made a connection that is over.
            match tcp.peer == Some(packet.from) {
                true => tcp.emit(id, Segment::Ack, effects),
                false => effects.send(packet.refuse()),
            }
            return;
        }
        tcp.state = State::Established;
        tcp.peer = Some(packet.from);
        tcp.edge = packet.edge;
        tcp.emit(id, Segment::Ack, effects);
        effects.wake_all(id);
    }

    /// A handshake is complete.
    fn arrive_ack(&mut self, id: SocketId) {
        let tcp = self.tcp_mut(id);
        tcp.state = State::Established;
        let super::state::Hold::Unaccepted(listener) = tcp.hold else {
            unreachable!("a handshake under way belongs to its listener")
        };
        let queues =
            self.tcp_mut(listener).listener.as_mut().expect("a stopped listener forgets its handshakes");
        queues.handshakes.retain(|&other| other != id);
        queues.queue.push_back(id);
        self.effects.wake_readers(listener);
        if self.tcp(id).shut_send {
            // `tcp_rcv_state_process`: a shutdown that was there before the connection is carried out now.
            self.end_stream(id);
        }
    }

    /// `tcp_fin`.
    fn arrive_fin(&mut self, id: SocketId, now_ns: u64) {
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        tcp.ended_by_peer = true;
        tcp.shut_receive = true;
        tcp.emit(id, Segment::FinAck, effects);
        match tcp.state {
            State::Established => tcp.state = State::CloseWait,
            State::FinWait1 => tcp.state = State::Closing,
            State::FinWait2 => return self.done_first(id, now_ns),
            state => unreachable!("a stream ends once, but ended in state {state:?}"),
        }
        effects.wake_all(id);
    }

    fn arrive_fin_ack(&mut self, id: SocketId, now_ns: u64) {
        let tcp = self.tcp_mut(id);
        match tcp.state {
            State::FinWait1 => {
                tcp.state = State::FinWait2;
                tcp.deaf_when_acknowledged = tcp.shut_receive;
                // `tcp_rcv_state_process` wakes whoever lingers in `close(2)`, and with it everybody else.
                self.effects.wake_all(id);
                self.suspect(id);
            }
            State::Closing => self.done_first(id, now_ns),
            State::LastAck => self.done(id),
            state => unreachable!("a FIN is acknowledged once, but was in state {state:?}"),
        }
    }
}
