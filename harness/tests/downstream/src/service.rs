//! The tickets, sold over TCP: a connection is a purchase, and the answer is `y` or `n`.
//!
//! Does not know what a ticket costs. Invariant: each connection is answered once.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::Sells;

/// Answers `count` buyers, each on a task of its own.
///
/// # Errors
/// What the sockets say.
pub async fn serve(listener: TcpListener, tickets: Arc<impl Sells>, count: usize) -> io::Result<()> {
    for _ in 0..count {
        let (mut buyer, _) = listener.accept().await?;
        let tickets = Arc::clone(&tickets);
        tokio::spawn(async move {
            let answer: &[u8] = if tickets.sell() { b"y" } else { b"n" };
            // A buyer who has left is not told.
            let _ = buyer.write_all(answer).await;
        });
    }
    Ok(())
}

/// Buys a ticket, and says whether there was one.
///
/// # Errors
/// What the socket says.
pub async fn buy(from: std::net::SocketAddr) -> io::Result<bool> {
    let mut service = TcpStream::connect(from).await?;
    Ok(service.read_u8().await? == b'y')
}
