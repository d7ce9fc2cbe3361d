//! Whose network it is: madsim's, under tokio's names.
//!
//! It does not know what is sent. Madsim's `send_to` takes its arguments in the other order, and there is no `timeout_at`. Invariant:
//! nothing else in the program names a socket.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::UdpSocket;
use tokio::time::{Instant, error::Elapsed, timeout};

/// The port of every node.
const PORT: u16 = 7000;

/// The names of nodes, in the order of their addresses.
const NAMES: [&str; 4] = ["client", "hop1", "hop2", "hop3"];

/// A socket for datagrams.
#[derive(Debug)]
pub(super) struct Socket(UdpSocket);

impl Socket {
    /// That of the node of this name, on which it must be called.
    pub(super) async fn bind(name: &str) -> io::Result<Self> {
        UdpSocket::bind(resolve(name)).await.map(Self)
    }

    /// Sends a datagram.
    pub(super) async fn send_to(&self, datagram: &[u8], peer: SocketAddr) -> io::Result<()> {
        self.0.send_to(peer, datagram).await
    }

    /// The next datagram's length, and whom it is from.
    pub(super) async fn recv_from(&self, datagram: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.recv_from(datagram).await
    }
}

/// Where the node with this name is.
pub(super) fn resolve(name: &str) -> SocketAddr {
    (address(name), PORT).into()
}

/// The address of the node with this name.
pub(super) fn address(name: &str) -> IpAddr {
    let index = NAMES.iter().position(|known| *known == name).expect("a node has one of the names");
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1 + u8::try_from(index).expect("there are four")))
}

/// As tokio's function of this name.
pub(super) async fn timeout_at<T: Future>(deadline: Instant, future: T) -> Result<T::Output, Elapsed> {
    timeout(deadline.saturating_duration_since(Instant::now()), future).await
}
