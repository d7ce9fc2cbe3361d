//! `bind(2)`: which addresses a TCP socket may have.
//!
//! Does not know listeners' queues. Invariant: two sockets share a port and an address only if both asked for it with
//! `SO_REUSEADDR` and neither listens (`inet_csk_bind_conflict`), or both with `SO_REUSEPORT`, or one was accepted by the
//! other.

use core::net::{IpAddr, SocketAddr};

use super::state::{Lock, State};
use crate::errno::Errno;
use crate::net::address::{Bound, Stacks, bindable, narrows, overlap};
use crate::net::ports::For;
use crate::net::socket::SocketId;
use crate::net::stack::{Claims, Net};

impl Net {
    /// `bind(2)`. Any port may be taken, those below 1024 as well, as in a container (`ip_unprivileged_port_start = 0`).
    ///
    /// # Errors
    /// In the order of `__inet_bind`: the family's errors, `EADDRNOTAVAIL` for an address that is not ours, `EINVAL` for a
    /// socket that has one already, `EADDRINUSE`.
    pub(in crate::net) fn bind_stream(
        &mut self,
        id: SocketId,
        address: SocketAddr,
        now_ns: u64,
    ) -> Result<(), Errno> {
        let socket = self.socket(id);
        let tcp = self.tcp(id);
        let bound = if tcp.state != State::Closed || tcp.port.is_some() { Bound::Yes } else { Bound::No };
        let host = &self.hosts.get(socket.host).spec;
        let canonical = bindable(host, (socket.family, socket.options.stacks()), bound, address)?;
        let (port, lock) = match canonical.port() {
            0 => {
                let port =
                    self.ports_of(id).next_ephemeral(For::Bind, None, now_ns).ok_or(Errno::EADDRINUSE)?;
                (port, Lock::Lent)
            }
            port if self.conflicts(id, canonical, now_ns) => {
                assert_ne!(port, 0);
                return Err(Errno::EADDRINUSE);
            }
            port => (port, Lock::Bound),
        };
        self.take_port(id, canonical.ip(), port, lock);
        self.tcp_mut(id).bound_ip = canonical.ip();
        self.socket_mut(id).options.v6_only |= narrows(canonical.ip());
        Ok(())
    }

    /// Gives a socket that has none an address and a port.
    pub(super) fn take_port(&mut self, id: SocketId, ip: IpAddr, port: u16, lock: Lock) {
        self.ports_of(id).hold(port, id);
        let tcp = self.tcp_mut(id);
        tcp.local = SocketAddr::new(ip, port);
        tcp.port = Some((port, lock));
    }

    /// Takes a socket's port away; `getsockname(2)` goes on telling the number, as in Linux.
    pub(super) fn drop_port(&mut self, id: SocketId) {
        if let Some((port, _)) = self.tcp_mut(id).port.take() {
            self.ports_of(id).let_go(port, id);
        }
    }

    /// Whether another socket's claim, or a memory, stands against this one's.
    pub(super) fn conflicts(&mut self, id: SocketId, local: SocketAddr, now_ns: u64) -> bool {
        let options = &self.socket(id).options;
        let (reuse, reuse_port) = (options.reuse_address, options.reuse_port);
        let claim = (local.ip(), self.socket(id).options.stacks());
        let claims = self.claims;
        let host = self.socket(id).host;
        let by_socket = self.streams(host).holders(local.port()).filter(|&other| other != id).any(|other| {
            let socket = self.socket(other);
            let tcp = self.tcp(other);
            let shared = (reuse && socket.options.reuse_address && tcp.state != State::Listen)
                || (reuse_port && socket.options.reuse_port);
            if claims == Claims::OfTheSameAddress && reuse {
                return tcp.remote.is_none() && tcp.local.ip() == local.ip();
            }
            !shared && overlap(claim, (tcp.local.ip(), socket.options.stacks()))
        });
        let by_memory = self.ports_of(id).memories(local.port(), now_ns).into_iter().any(|memory| {
            let shared = (reuse && (memory.reuse || claims == Claims::OfTheSameAddress))
                || (reuse_port && memory.reuse_port);
            !shared && overlap(claim, (memory.ip, Stacks::V6Only))
        });
        by_socket || by_memory
    }
}
