//! What the programs call sockets and time: madsim's.
//!
//! It does not know what is sent. Madsim's `send_to` takes its arguments in the other order. Invariant: nothing else names a socket.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

pub(crate) use tokio::net::{TcpListener, TcpStream};
pub(crate) use tokio::time::{Instant, timeout};

/// Where the server listens.
pub(crate) const HERE: (Ipv4Addr, u16) = (Ipv4Addr::new(10, 0, 0, 1), 7_000);
/// Where clients find it.
pub(crate) const SERVER: (Ipv4Addr, u16) = HERE;

const PORT: u16 = 4_000;

/// A socket for datagrams.
pub(crate) struct Socket(tokio::net::UdpSocket);

impl Socket {
    /// That of a host, on which it must be called.
    pub(crate) async fn bind(own: u64) -> Self {
        Self(tokio::net::UdpSocket::bind(address(own)).await.expect("a free port"))
    }

    /// Sends a datagram to a host.
    pub(crate) async fn send_to(&self, message: &[u8], peer: SocketAddr) {
        self.0.send_to(peer, message).await.expect("room");
    }

    /// The next datagram's length, and whom it is from.
    pub(crate) async fn recv_from(&self, buffer: &mut [u8]) -> (usize, SocketAddr) {
        self.0.recv_from(buffer).await.expect("a message")
    }
}

/// Where a host listens.
pub(crate) fn address(index: u64) -> SocketAddr {
    (ip(index), PORT).into()
}

/// The address of a host.
pub(crate) fn ip(index: u64) -> IpAddr {
    let [high, low] = u16::try_from(index + 1).expect("a few thousand").to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(10, 0, high, low))
}
