//! `bind(2)` and the ways a UDP socket gets and loses its address.
//!
//! Does not know datagrams. Invariant: two sockets share a port and an address only if both asked for it with
//! `SO_REUSEADDR`, or with `SO_REUSEPORT` and addresses of their own (`udp_lib_lport_inuse`).

use core::net::{Ipv4Addr, SocketAddr};

use super::state::Udp;
use crate::errno::Errno;
use crate::net::address::{Bound, Family, Stacks, bindable, narrows, overlap};
use crate::net::options::Options;
use crate::net::ports::For;
use crate::net::socket::{Protocol, Socket, SocketId};
use crate::net::stack::{Effects, Net};
use crate::net::tcp::How;
use crate::ready::Refusal;

impl Net {
    pub(in crate::net) fn bind_datagram(&mut self, id: SocketId, address: SocketAddr) -> Result<(), Refusal> {
        let socket = self.socket(id);
        let bound = if self.udp(id).port.is_some() { Bound::Yes } else { Bound::No };
        let host = &self.hosts.get(socket.host).spec;
        let canonical = bindable(host, (socket.family, socket.options.stacks()), bound, address)?;
        let port = match canonical.port() {
            0 => {
                self.datagram_ports_of(id).next_ephemeral(For::Bind, None, 0).ok_or(Errno::EADDRINUSE.into())
            }
            port => self.check_claim(id, canonical).map(|()| port),
        };
        let port = port.inspect_err(|_| {
            // `inet_reset_saddr`: an address kept from an earlier call is lost.
            let unspecified = self.socket(id).family.unspecified().ip();
            self.udp_mut(id).local.set_ip(unspecified);
        })?;
        self.socket_mut(id).options.v6_only |= narrows(canonical.ip());
        self.take_datagram_port(id, SocketAddr::new(canonical.ip(), port));
        let udp = self.udp_mut(id);
        udp.keeps_ip = !address.ip().is_unspecified();
        udp.keeps_port = address.port() != 0;
        Ok(())
    }

    /// `udp_lib_lport_inuse`.
    fn check_claim(&self, id: SocketId, claim: SocketAddr) -> Result<(), Refusal> {
        let socket = self.socket(id);
        let stacks = socket.options.stacks();
        for other in self.datagrams(socket.host).holders(claim.port()).filter(|&other| other != id) {
            let (holder, ip) = (self.socket(other), self.udp(other).local.ip());
            // A dual-stack socket that connected over IPv6 still stands for an address of IPv4 (`LOOPBACK4_IPV6`).
            let both = claim.ip() == Ipv4Addr::UNSPECIFIED
                && socket.family == Family::Inet
                && holder.family == Family::Inet6
                && holder.options.stacks() == Stacks::Dual;
            if !both && !overlap((claim.ip(), stacks), (ip, holder.options.stacks())) {
                continue;
            }
            let by_port = socket.options.reuse_port && holder.options.reuse_port;
            let by_address = socket.options.reuse_address && holder.options.reuse_address;
            let group =
                ip == claim.ip() && (holder.family, holder.options.stacks()) == (socket.family, stacks);
            if by_port && group {
                // `udp_reuseport_add_sock`: a hash of the addresses decides which socket of the group gets a datagram.
                let what = format!("two UDP sockets share {claim} by SO_REUSEPORT");
                return Err(Refusal::unmodelled(what, Errno::EADDRINUSE));
            }
            if !(by_port || by_address) {
                return Err(Errno::EADDRINUSE.into());
            }
        }
        Ok(())
    }

    /// `inet_autobind`: a socket without a port gets one, but not the one it is about to talk to. Linux picks at random and
    /// may make a socket its own peer.
    pub(super) fn bind_freely(&mut self, id: SocketId, shunned: Option<u16>) -> Result<(), Errno> {
        let udp = self.udp(id);
        if udp.port.is_some() {
            return Ok(());
        }
        let ip = udp.local.ip();
        let port = self.datagram_ports_of(id).next_ephemeral(For::Bind, shunned, 0).ok_or(Errno::EAGAIN)?;
        self.take_datagram_port(id, SocketAddr::new(ip, port));
        Ok(())
    }

    fn take_datagram_port(&mut self, id: SocketId, local: SocketAddr) {
        self.datagram_ports_of(id).hold(local.port(), id);
        // `udp_lib_get_port` puts these last.
        let last = self.socket(id).options.reuse_port && self.socket(id).family == Family::Inet6;
        let place = self.next_place();
        let udp = self.udp_mut(id);
        udp.local = local;
        udp.port = Some(local.port());
        udp.place = if last { -place } else { place };
    }

    /// A place before all others.
    pub(super) fn next_place(&mut self) -> i64 {
        self.places += 1;
        self.places
    }

    /// `__udp_disconnect`. A pending error and what was shut stay, and so do the datagrams.
    pub(in crate::net) fn disconnect_datagram(&mut self, id: SocketId) {
        let unspecified = self.socket(id).family.unspecified().ip();
        let place = self.next_place();
        let family = self.socket(id).family;
        let udp = self.udp_mut(id);
        let peer = udp.remote.take();
        udp.astray = false;
        udp.deaf_to_v6 |= family == Family::Inet6 && peer.is_some_and(|peer| peer.is_ipv4());
        if !udp.keeps_ip && udp.local.ip() != unspecified {
            // `udp_lib_rehash`: among those of the wildcard it is the last that came.
            udp.local.set_ip(unspecified);
            udp.place = place;
        }
        if !udp.keeps_port {
            self.drop_datagram_port(id);
        }
    }

    fn drop_datagram_port(&mut self, id: SocketId) {
        let udp = self.udp_mut(id);
        udp.local.set_port(0);
        if let Some(port) = udp.port.take() {
            self.datagram_ports_of(id).let_go(port, id);
        }
    }

    /// `udp_destroy_sock`: whatever was not read is lost, and nobody hears of it.
    pub(in crate::net) fn close_datagram(&mut self, id: SocketId) {
        self.drop_datagram_port(id);
        self.free(id);
    }

    /// `inet_shutdown`: without a peer it is `ENOTCONN`, and shut all the same.
    pub(in crate::net) fn shutdown_datagram(&mut self, id: SocketId, how: How) -> Result<(), Errno> {
        let udp = self.udp_mut(id);
        udp.shut_receive |= how != How::Send;
        udp.shut_send |= how != How::Receive;
        let answer = udp.remote.map(|_| ()).ok_or(Errno::ENOTCONN);
        self.effects.wake_all(id);
        answer
    }

    pub(crate) fn udp(&self, id: SocketId) -> &Udp {
        let Protocol::Udp(udp) = &self.socket(id).protocol else { unreachable!("{NOT_UDP}") };
        udp
    }

    pub(super) fn udp_mut(&mut self, id: SocketId) -> &mut Udp {
        let Protocol::Udp(udp) = &mut self.socket_mut(id).protocol else { unreachable!("{NOT_UDP}") };
        udp
    }

    /// The socket, its family and options, and the queues, to change together.
    pub(super) fn udp_and_effects(&mut self, id: SocketId) -> (&mut Udp, Family, &Options, &mut Effects) {
        let socket = self.sockets[id.index()].as_deref_mut();
        let Some(Socket { protocol: Protocol::Udp(udp), family, options, .. }) = socket else {
            unreachable!("{NOT_UDP}")
        };
        (udp, *family, options, &mut self.effects)
    }
}

/// `calls.rs` and `Net::deliver` sort sockets and packets by protocol.
const NOT_UDP: &str = "a UDP call or packet met a socket that is none";
