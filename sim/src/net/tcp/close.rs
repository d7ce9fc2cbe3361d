//! `shutdown(2)`, `close(2)` and the ways an endpoint ends.
//!
//! Does not know descriptors: a close here is the last one. Invariant: an endpoint whose both streams have ended holds no
//! lent port, and one that nobody holds is gone.

use super::state::{End, Face, Hold, Lock, State, Taken};
use crate::errno::Errno;
use crate::net::flow::TimeWait;
use crate::net::limits::TIME_WAIT_NS;
use crate::net::packet::Segment;
use crate::net::ports::Memory;
use crate::net::socket::SocketId;
use crate::net::stack::Net;

/// Which directions `shutdown(2)` shuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// `SHUT_RD`.
    Receive,
    /// `SHUT_WR`.
    Send,
    /// `SHUT_RDWR`.
    Both,
}

impl How {
    /// The number of the Linux ABI.
    ///
    /// # Errors
    /// `EINVAL` for any other.
    pub fn from_linux(how: i32) -> Result<Self, Errno> {
        match how {
            0 => Ok(Self::Receive),
            1 => Ok(Self::Send),
            2 => Ok(Self::Both),
            _ => Err(Errno::EINVAL),
        }
    }
}

impl Net {
    /// `shutdown(2)`, as `inet_shutdown`: a listener whose receiving is shut stops listening, a connect under way is given up
    /// (`ECONNRESET` to whoever waits for it), an unconnected socket is shut all the same and answers `ENOTCONN`.
    ///
    /// # Errors
    /// `ENOTCONN`.
    pub(in crate::net) fn shutdown_stream(&mut self, id: SocketId, how: How) -> Result<(), Errno> {
        let tcp = self.tcp_mut(id);
        if tcp.face == Face::Connecting {
            let early = matches!(tcp.state, State::SynSent | State::SynReceived | State::Closed);
            tcp.face = if early { Face::Disconnecting } else { Face::Connected };
        }
        let mut answer = Ok(());
        match tcp.state {
            State::Listen if how == How::Send => {}
            State::Listen | State::SynSent => {
                self.forget(id);
                self.tcp_mut(id).face = Face::Unconnected;
            }
            state => {
                if state == State::Closed {
                    answer = Err(Errno::ENOTCONN);
                }
                tcp.shut_receive |= how != How::Send;
                if how != How::Receive {
                    tcp.shut_send = true;
                    self.end_stream(id);
                }
            }
        }
        // `sk_state_change`: whoever sleeps on the socket looks again.
        self.effects.wake_all(id);
        answer
    }

    /// `tcp_close_state` and `tcp_send_fin`: the FIN goes behind whatever the window holds back.
    pub(super) fn end_stream(&mut self, id: SocketId) {
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        tcp.state = match tcp.state {
            State::Established => State::FinWait1,
            State::CloseWait => State::LastAck,
            _ => return,
        };
        tcp.end = End::Queued;
        tcp.pump(id, effects);
    }

    /// The last `close(2)` of a socket, as `tcp_close`. Bytes nobody read, or `SO_LINGER` with time 0, reset the connection
    /// and lose what was not sent; else the stream ends in the background. Never waits.
    pub(in crate::net) fn close_stream(&mut self, id: SocketId) {
        let Taken { tcp, options, effects } = self.tcp_and_effects(id);
        tcp.hold = Hold::Orphan;
        tcp.shut_receive = true;
        tcp.shut_send = true;
        match tcp.state {
            State::Listen => {
                self.stop_listening(id);
                self.bury(id);
            }
            // A SYN under way is forgotten; its answer meets nobody and is reset.
            State::Closed | State::SynSent | State::SynReceived => self.bury(id),
            _ if !tcp.incoming.is_empty() || options.resets_on_close() => {
                tcp.emit(id, Segment::Rst, effects);
                self.bury(id);
            }
            // `tcp_fin_timeout` is there for peers that are gone alone: else an orphan in FIN_WAIT_2 stays until its peer ends or is
            // reset by it.
            _ => {
                self.end_stream(id);
                self.suspect(id);
            }
        }
    }

    /// Whether a closed socket's end is still to be acknowledged: `sk_stream_closing`.
    pub(in crate::net) fn is_stream_lingering(&self, id: SocketId) -> bool {
        self.endpoint(id).is_some_and(|tcp| {
            tcp.hold == Hold::Orphan && matches!(tcp.state, State::FinWait1 | State::Closing | State::LastAck)
        })
    }

    /// `tcp_done`: both streams have ended.
    pub(super) fn done(&mut self, id: SocketId) {
        self.suspect(id);
        let tcp = self.tcp_mut(id);
        tcp.state = State::Closed;
        tcp.shut_receive = true;
        tcp.shut_send = true;
        tcp.outgoing.clear();
        match (tcp.hold, tcp.port) {
            (Hold::Orphan, _) => {
                if self.socket(id).options.linger_ns().is_some() {
                    self.effects.wake_all(id);
                }
                self.bury(id);
            }
            (_, Some((_, Lock::Lent))) => {
                self.drop_port(id);
                self.effects.wake_all(id);
            }
            _ => self.effects.wake_all(id),
        }
    }

    /// `tcp_time_wait`: we ended first, so our port remembers the connection for a while.
    pub(super) fn done_first(&mut self, id: SocketId, now_ns: u64) {
        let options = &self.socket(id).options;
        let (reuse, reuse_port) = (options.reuse_address, options.reuse_port);
        let local = self.tcp(id).local;
        let memory = Memory { port: local.port(), ip: local.ip(), reuse, reuse_port };
        self.ports_of(id).remember(memory, now_ns);
        let (flow, hop) = (self.tcp(id).flow, self.tcp(id).hop);
        if let Some(flow) = flow.filter(|_| !hop.is_local()) {
            let boot = self.hosts.get(hop.from).boot;
            self.flows.keep(flow, TimeWait { until_ns: now_ns.saturating_add(TIME_WAIT_NS), boot });
        }
        self.done(id);
    }

    /// `tcp_reset` and `tcp_write_err`: the connection is no more. Bytes that arrived before stay readable.
    pub(super) fn abort(&mut self, id: SocketId, errno: Errno) {
        let tcp = self.tcp_mut(id);
        tcp.error = Some(errno);
        match tcp.hold {
            Hold::Unaccepted(_) if tcp.state == State::SynReceived => self.drop_handshake(id),
            _ => self.done(id),
        }
    }

    pub(super) fn bury(&mut self, id: SocketId) {
        self.suspect(id);
        self.drop_port(id);
        self.free(id);
    }
}
