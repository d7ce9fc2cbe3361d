//! `connect(2)`, its handshake, and the way back from both.
//!
//! Does not know deadlines: an attempt that has begun says so, and the same call is made again. Invariant: every attempt has
//! a flow of its own, so an answer to an attempt that was given up finds nobody.

use core::net::{IpAddr, SocketAddr};

use super::state::{End, Face, Hold, Lock, State, Taken, Tcp};
use crate::errno::Errno;
use crate::net::limits::{SYN_RETRIES_MAX, SYN_TIMEOUT_NS};
use crate::net::packet::{Hop, Packet, Segment};
use crate::net::ports::For;
use crate::net::route;
use crate::net::route::NOWHERE;
use crate::net::socket::{Protocol, SocketId};
use crate::net::stack::Net;
use crate::ready::{Refusal, Side};

/// Whether an attempt to connect is the call's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The program has just called.
    First,
    /// The same call has waited and looks again.
    Again,
}

impl Net {
    /// `connect(2)`, as `__inet_stream_connect`.
    ///
    /// # Errors
    /// `EISCONN`, `ECONNREFUSED`, `ETIMEDOUT`, `ECONNABORTED` when the error was read by `SO_ERROR` first, `ENETUNREACH` for
    /// a group or a broadcast, and for an address of a family of which the host has none but loopback, `EINVAL` from loopback to another host, `EADDRNOTAVAIL` without a free port.
    pub(in crate::net) fn connect_stream(
        &mut self,
        id: SocketId,
        address: SocketAddr,
        now_ns: u64,
        progress: Progress,
    ) -> Result<(), Refusal> {
        let tcp = self.tcp(id);
        match tcp.face {
            Face::Connected | Face::Disconnecting if progress == Progress::First => {
                return Err(if tcp.face == Face::Connected { Errno::EISCONN } else { Errno::EINVAL }.into());
            }
            Face::Unconnected if progress == Progress::First => {
                if tcp.state != State::Closed {
                    return Err(Errno::EISCONN.into());
                }
                self.start_connect(id, address, now_ns)?;
            }
            _ => {}
        }
        let tcp = self.tcp_mut(id);
        match tcp.state {
            State::SynSent | State::SynReceived => Err(Refusal::Wait(Side::Write)),
            State::Closed | State::Listen => {
                let errno = tcp.take_error().unwrap_or(Errno::ECONNABORTED);
                tcp.face = Face::Unconnected;
                if tcp.state == State::Closed {
                    self.forget(id);
                }
                Err(errno.into())
            }
            _ => {
                tcp.face = Face::Connected;
                Ok(())
            }
        }
    }

    /// Whether a handshake begun by `connect(2)` is under way.
    pub(in crate::net) fn is_stream_connecting(&self, id: SocketId) -> bool {
        self.tcp(id).state == State::SynSent
    }

    /// `tcp_v4_connect` and `tcp_v6_connect`: chooses both addresses and sends the SYN.
    fn start_connect(&mut self, id: SocketId, address: SocketAddr, now_ns: u64) -> Result<(), Refusal> {
        let socket = self.socket(id);
        let bound_ip = self.tcp(id).bound_ip;
        let mut remote = socket.family.admit(address)?;
        if address.ip().is_ipv6() && remote.is_ipv4() && socket.options.v6_only {
            return Err(Errno::ENETUNREACH.into());
        }
        if remote.ip().is_unspecified() {
            // `ip_route_output_key`: no destination means the source, and no source means loopback.
            remote.set_ip(if bound_ip.is_unspecified() { route::loopback(remote.ip()) } else { bound_ip });
        }
        if route::is_of_many(remote.ip()) {
            return Err(Errno::ENETUNREACH.into());
        }
        let host = socket.host;
        let route = route::find(&self.hosts, host, remote.ip())?;
        if !bound_ip.is_unspecified() && bound_ip.is_ipv4() != remote.is_ipv4() {
            if remote.is_ipv4() {
                return Err(Errno::ENETUNREACH.into());
            }
            let what = format!("connect from {bound_ip} to {remote}: one is IPv4, the other IPv6");
            return Err(Refusal::unmodelled(what, Errno::EINVAL));
        }
        let ip = route::source(&route, Some(bound_ip).filter(|ip| !ip.is_unspecified()))?;
        let held = self.tcp(id).held_port();
        // Linux may pick the port it connects to, and the socket then meets itself; we never do.
        let mut fresh = || self.ports_of(id).next_ephemeral(For::Connect, Some(remote.port()), now_ns);
        let port = held.or_else(&mut fresh).ok_or(Errno::EADDRNOTAVAIL)?;
        self.check_pair(id, route.hop, (SocketAddr::new(ip, port), remote))?;
        match held {
            Some(_) => self.tcp_mut(id).local = SocketAddr::new(ip, port),
            None => self.take_port(id, ip, port, Lock::Lent),
        }
        let flow = self.flows.add_pair();
        let tcp = self.tcp_mut(id);
        tcp.remote = Some(remote);
        tcp.flow = Some(flow);
        tcp.hop = route.hop;
        tcp.state = State::SynSent;
        tcp.face = Face::Connecting;
        self.send_syn(id, 0, now_ns);
        Ok(())
    }

    /// Refuses what needs more than we model: a socket that meets itself, two that connect to each other at once
    /// (simultaneous open). A pair of addresses that is connected already is `EADDRNOTAVAIL` (`__inet_check_established`).
    fn check_pair(
        &self,
        id: SocketId,
        hop: Hop,
        (local, remote): (SocketAddr, SocketAddr),
    ) -> Result<(), Refusal> {
        let taken = |holder: SocketId| {
            let tcp = self.tcp(holder);
            holder != id && tcp.local == local && tcp.remote == Some(remote) && tcp.state != State::Closed
        };
        if self.streams(hop.from).holders(local.port()).any(taken) {
            return Err(Errno::EADDRNOTAVAIL.into());
        }
        let meets = |holder: SocketId| {
            let tcp = self.tcp(holder);
            tcp.state == State::SynSent && tcp.local == remote && tcp.remote == Some(local)
        };
        let meets = || {
            hop.to != NOWHERE
                && self.listener_for(hop.to, remote).is_none()
                && self.streams(hop.to).holders(remote.port()).any(meets)
        };
        if local == remote || meets() {
            let what = format!("simultaneous open between {local} and {remote}");
            return Err(Refusal::unmodelled(what, Errno::ECONNREFUSED));
        }
        Ok(())
    }

    fn send_syn(&mut self, id: SocketId, attempt: u32, now_ns: u64) {
        if attempt == 0 {
            self.tcp_mut(id).began_ns = now_ns;
        }
        let due_ns = self.syn_due_ns(id, attempt, now_ns);
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        tcp.emit(id, Segment::Syn { attempt, sent_ns: now_ns }, effects);
        if !tcp.hop.is_local() {
            tcp.set_timer(id, Segment::SynTimeout { attempt }, due_ns, effects);
        }
    }

    /// When a SYN that was sent then is sent again, or the program's patience is over (`tcp_clamp_rto_to_user_timeout`).
    pub(super) fn syn_due_ns(&self, id: SocketId, attempt: u32, sent_ns: u64) -> u64 {
        let tcp = self.tcp(id);
        let due_ns = self.after_ns(tcp.hop.from, sent_ns, SYN_TIMEOUT_NS << attempt);
        match self.patience_ends_ns(id, tcp.began_ns) {
            Some(ends_ns) if attempt > 0 => due_ns.min(ends_ns.max(sent_ns)),
            _ => due_ns,
        }
    }

    /// The timer of a SYN nobody answered.
    pub(in crate::net) fn arrive_syn_timeout(&mut self, packet: &Packet, attempt: u32, now_ns: u64) {
        let id = packet.from;
        let waits =
            self.endpoint(id).is_some_and(|tcp| tcp.state == State::SynSent && tcp.flow == packet.flow);
        if !waits {
            return;
        }
        let ends_ns = self.patience_ends_ns(id, self.tcp(id).began_ns);
        let is_over = attempt > 0 && ends_ns.is_some_and(|ends_ns| ends_ns <= now_ns);
        if attempt < SYN_RETRIES_MAX && !is_over {
            self.send_syn(id, attempt + 1, now_ns);
        } else {
            self.time_out(id);
        }
    }

    /// The endpoint of an id that may be gone.
    pub(super) fn endpoint(&self, id: SocketId) -> Option<&Tcp> {
        match &self.sockets.get(id.index())?.as_deref()?.protocol {
            Protocol::Tcp(tcp) => Some(tcp),
            Protocol::Udp(_) => None,
        }
    }

    /// `connect(2)` to `AF_UNSPEC`: a connection is reset, and a pending `ECONNRESET` says so.
    pub(in crate::net) fn disconnect_stream(&mut self, id: SocketId) {
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        let resets = match tcp.state {
            State::SynReceived
            | State::Established
            | State::FinWait1
            | State::FinWait2
            | State::CloseWait => true,
            State::Closing | State::LastAck => tcp.end == End::Queued,
            State::Closed | State::Listen | State::SynSent => false,
        };
        if resets {
            tcp.emit(id, Segment::Rst, effects);
            tcp.error = Some(Errno::ECONNRESET);
        }
        self.forget(id);
        self.tcp_mut(id).face = Face::Unconnected;
        self.effects.wake_all(id);
    }

    /// `tcp_disconnect` without its reset: back to a socket that may connect or listen again, with the address `bind(2)` gave
    /// it.
    pub(super) fn forget(&mut self, id: SocketId) {
        let before = self.tcp(id).state;
        if before == State::Listen {
            self.stop_listening(id);
        }
        if !matches!(self.tcp(id).port, Some((_, Lock::Bound))) {
            self.drop_port(id);
        }
        let taken = self.tcp_and_effects(id);
        let (tcp, options) = (taken.tcp, taken.options);
        let fresh_ip: IpAddr = tcp.bound_ip;
        let port = tcp.local.port();
        *tcp = Tcp {
            hold: tcp.hold,
            port: tcp.port,
            bound_ip: fresh_ip,
            error: tcp.error,
            face: tcp.face,
            local: SocketAddr::new(fresh_ip, port),
            end: End::Open,
            // The family only decides the unspecified address, which the line above replaces.
            ..Tcp::new(crate::net::address::Family::Inet, options)
        };
        if before == State::SynSent {
            tcp.error = Some(Errno::ECONNRESET);
        }
        assert_ne!(tcp.hold, Hold::Orphan);
    }
}
