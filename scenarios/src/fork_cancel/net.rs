//! Whose network it is: tokio's.
//!
//! It does not know what is sent. `scenarios/peers` has a file of this name for each peer, since not all have every word of tokio's.
//! Invariant: nothing else in the program names a socket.

use std::io;
use std::net::SocketAddr;

use tokio::net::UdpSocket;
pub(super) use tokio::time::timeout_at;

/// A socket for datagrams.
#[derive(Debug)]
pub(super) struct Socket(UdpSocket);

impl Socket {
    /// Of one that is bound. It must be called on a runtime.
    ///
    /// # Errors
    ///
    /// If the runtime cannot have it.
    pub(super) fn adopt(socket: std::net::UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        UdpSocket::from_std(socket).map(Self)
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
