//! A host that says something to three others every second: as in our own program, but tasks.
//!
//! It does not know whose sockets it uses: `super::names` says so. Invariant: every message arrives, and is counted where it does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::amounts::PEERS;
use super::names::{Instant, Socket, address, timeout};

/// Takes part for so many seconds, after and before some milliseconds of silence.
pub(crate) async fn node(own: u64, hosts: u64, [seconds, settle_ms]: [u64; 2], heard: Arc<AtomicU64>) {
    let settle = Duration::from_millis(settle_ms);
    let socket = Socket::bind(own).await;
    // Everybody is there before the first message.
    tokio::time::sleep(settle).await;
    let peers: Vec<SocketAddr> = (1..=PEERS).map(|step| address((own + step * step) % hosts)).collect();
    let began = Instant::now();
    for second in 1..=seconds {
        for peer in &peers {
            socket.send_to(&second.to_le_bytes(), *peer).await;
        }
        listen(&socket, began + Duration::from_secs(second), &heard).await;
    }
    listen(&socket, Instant::now() + settle, &heard).await;
}

/// Counts what comes until a point in time.
async fn listen(socket: &Socket, until: Instant, heard: &AtomicU64) {
    let mut buffer = [0; 8];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        if timeout(left, socket.recv_from(&mut buffer)).await.is_ok() {
            heard.fetch_add(1, Ordering::Relaxed);
        }
    }
}
