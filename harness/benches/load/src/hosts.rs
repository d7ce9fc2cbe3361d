//! Many hosts, each of which now and then sends a message to some others.
//!
//! Invariant: every message arrives, in as many hosts as there are, and each takes part for as long as it is told.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use photofinish::scenario::Failure;
use photofinish::world::World;

const PORT: u16 = 4_000;
const PEERS: usize = 3;

/// So many hosts that do nothing for a minute.
pub(crate) fn idle(hosts: usize) -> Result<(), Failure> {
    let world = World::new();
    let minute = || std::thread::sleep(Duration::from_secs(60));
    let hosts: Vec<_> = (0..hosts).map(|own| world.host(&format!("h{own}")).start(minute)).collect();
    for host in &hosts {
        host.wait().success(host.name());
    }
    Ok(())
}

/// So many hosts, each of which sends a message to three others every `every`, for a minute.
pub(crate) fn gossip(hosts: usize, every: Duration) -> Result<(), Failure> {
    let rounds = u64::try_from(Duration::from_secs(60).as_nanos() / every.as_nanos()).expect("a few");
    let world = World::new();
    let heard = Arc::new(AtomicU64::new(0));
    let hosts: Vec<_> = (0..hosts)
        .map(|own| {
            let heard = Arc::clone(&heard);
            world.host(&format!("h{own}")).start(move || node(own, hosts, (every, rounds), &heard))
        })
        .collect();
    for host in &hosts {
        host.wait().success(host.name());
    }
    let (heard, sent) = (heard.load(Ordering::Relaxed), hosts.len() as u64 * PEERS as u64 * rounds);
    if heard == sent {
        return Ok(());
    }
    Err(Failure { signature: String::from("lost"), detail: format!("{heard} of {sent} messages were heard") })
}

fn node(own: usize, hosts: usize, (every, rounds): (Duration, u64), heard: &AtomicU64) {
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).expect("a free port");
    // Everybody is there before the first message.
    std::thread::sleep(Duration::from_secs(5));
    let began = Instant::now();
    for round in 1..=rounds {
        for peer in 1..=PEERS {
            let peer = format!("h{}", (own + peer * peer) % hosts);
            socket.send_to(&round.to_le_bytes(), (peer.as_str(), PORT)).expect("room");
        }
        listen(&socket, began + every * u32::try_from(round).expect("a few"), heard);
    }
    listen(&socket, Instant::now() + Duration::from_secs(5), heard);
}

/// Counts what comes until a point in time.
fn listen(socket: &UdpSocket, until: Instant, heard: &AtomicU64) {
    let mut buffer = [0; 8];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        socket.set_read_timeout(Some(left)).expect("some time is left");
        if socket.recv_from(&mut buffer).is_ok() {
            heard.fetch_add(1, Ordering::Relaxed);
        }
    }
}
