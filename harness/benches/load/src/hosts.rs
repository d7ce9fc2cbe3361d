//! Many hosts, each of which now and then sends a message to some others.
//!
//! They do not know how they are measured. Invariant: every message arrives, in as many hosts as there are, and each takes part for as long as it
//! is told.

use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use photofinish::scenario::Failure;
use photofinish::world::World;

use super::amounts::{GOSSIP_S, IDLE_S, PEERS, SETTLE_MS};

const PORT: u16 = 4_000;

/// So many hosts that do nothing for a minute.
pub(crate) fn made(hosts: usize) -> Result<(), Failure> {
    let world = World::new();
    let minute = || std::thread::sleep(Duration::from_secs(60));
    let hosts: Vec<_> = (0..hosts).map(|own| world.host(&format!("h{own}")).start(minute)).collect();
    for host in &hosts {
        host.wait().success(host.name());
    }
    Ok(())
}

/// Two hosts that sleep for a second, again and again.
pub(crate) fn idle() -> Result<(), Failure> {
    let world = World::new();
    let sleep = || (0..IDLE_S).for_each(|_| std::thread::sleep(Duration::from_secs(1)));
    let hosts = ["one", "other"].map(|name| world.host(name).start(sleep));
    for host in &hosts {
        host.wait().success(host.name());
    }
    Ok(())
}

/// So many hosts, each of which sends a message to three others every second, for a minute.
pub(crate) fn gossip(hosts: u64) -> Result<(), Failure> {
    let world = World::new();
    let heard = Arc::new(AtomicU64::new(0));
    let nodes: Vec<_> = (0..hosts)
        .map(|own| {
            let heard = Arc::clone(&heard);
            world.host(&format!("h{own}")).start(move || node(own, hosts, &heard))
        })
        .collect();
    for node in &nodes {
        node.wait().success(node.name());
    }
    let (heard, sent) = (heard.load(Ordering::Relaxed), hosts * PEERS * GOSSIP_S);
    if heard == sent {
        return Ok(());
    }
    Err(Failure { signature: String::from("lost"), detail: format!("{heard} of {sent} messages were heard") })
}

fn node(own: u64, hosts: u64, heard: &AtomicU64) {
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).expect("a free port");
    // Everybody is there before the first message.
    std::thread::sleep(Duration::from_millis(SETTLE_MS));
    let peer = |step: u64| format!("h{}", (own + step * step) % hosts);
    let address = |step| (peer(step), PORT).to_socket_addrs().expect("a host").next().expect("its address");
    let peers: Vec<SocketAddr> = (1..=PEERS).map(address).collect();
    let began = Instant::now();
    for second in 1..=GOSSIP_S {
        for peer in &peers {
            socket.send_to(&second.to_le_bytes(), peer).expect("room");
        }
        listen(&socket, began + Duration::from_secs(second), heard);
    }
    listen(&socket, Instant::now() + Duration::from_millis(SETTLE_MS), heard);
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
