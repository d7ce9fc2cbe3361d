//! Whose network it is: turmoil's.
//!
//! It does not know what is sent. Invariant: nothing else in the program names a socket.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

pub(super) use tokio::time::timeout_at;
use turmoil::net::UdpSocket;

/// The port of every node.
const PORT: u16 = 7000;

/// A socket for datagrams.
#[derive(Debug)]
pub(super) struct Socket(UdpSocket);

impl Socket {
    /// That of the host on which it is called.
    pub(super) async fn bind(_name: &str) -> io::Result<Self> {
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT)).await.map(Self)
    }

    /// Sends a datagram.
    pub(super) async fn send_to(&self, datagram: &[u8], peer: SocketAddr) -> io::Result<()> {
        self.0.send_to(datagram, peer).await.map(drop)
    }

    /// The next datagram's length, and whom it is from.
    pub(super) async fn recv_from(&self, datagram: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.recv_from(datagram).await
    }
}

/// Where the node with this name is.
pub(super) fn resolve(name: &str) -> SocketAddr {
    (turmoil::lookup(name), PORT).into()
}
