//! The programs of hosts on turmoil.
//!
//! It does not know what is compared with it. Latency is none, which is when turmoil is fastest. Invariant: a run that does not end as it
//! should is an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use turmoil::{Builder, Sim};

use crate::timed::Timed;
use amounts::{
    BULK, CONNECTIONS, GOSSIP_TURMOIL_S, IDLE_TURMOIL_S, PEERS, ROUNDS, ROUNDS_SHORT, SETTLE_TURMOIL_MS,
};

#[path = "../../../../harness/benches/load/src/amounts.rs"]
#[expect(dead_code, reason = "some of it is for threads")]
mod amounts;
#[path = "gossip.rs"]
mod gossip;
#[path = "../../../../harness/benches/load/src/tasks.rs"]
mod tasks;

/// What the programs call sockets and time: turmoil's, and tokio's own.
mod names {
    use std::net::SocketAddr;

    pub(super) use tokio::time::{Instant, timeout};
    pub(super) use turmoil::net::{TcpListener, TcpStream};

    pub(super) const HERE: (&str, u16) = ("0.0.0.0", 7_000);
    pub(super) const SERVER: (&str, u16) = ("server", 7_000);

    pub(super) fn address(host: u64) -> SocketAddr {
        (turmoil::lookup(format!("h{host}")), 4_000).into()
    }

    pub(super) struct Socket(turmoil::net::UdpSocket);

    impl Socket {
        pub(super) async fn bind(_own: u64) -> Self {
            Self(turmoil::net::UdpSocket::bind(("0.0.0.0", 4_000)).await.expect("a free port"))
        }

        pub(super) async fn send_to(&self, message: &[u8], peer: SocketAddr) {
            self.0.send_to(message, peer).await.expect("room");
        }

        pub(super) async fn recv_from(&self, buffer: &mut [u8]) -> (usize, SocketAddr) {
            self.0.recv_from(buffer).await.expect("a message")
        }
    }
}

/// Runs of a short program.
const RUNS: u64 = 20;

/// Times a program, if turmoil has one of that name.
pub(crate) fn time(program: &str) -> Option<Result<Timed, String>> {
    let began = Instant::now();
    let (done, operations) = match program {
        "short" => ((0..RUNS).try_for_each(|_| echo(1, ROUNDS_SHORT)), RUNS),
        "echo" => (echo(CONNECTIONS, ROUNDS), CONNECTIONS * ROUNDS),
        "bulk" => (bulk(), BULK),
        "idle" => (idle(), IDLE_TURMOIL_S),
        other => {
            let hosts: u64 = other.strip_prefix("gossip-")?.parse().ok()?;
            let (_, seconds) = GOSSIP_TURMOIL_S.into_iter().find(|(known, _)| *known == hosts)?;
            (chatter(hosts, seconds), hosts * PEERS * seconds)
        }
    };
    Some(done.map(|()| Timed::since(began, operations)))
}

fn world() -> Sim<'static> {
    Builder::new()
        .rng_seed(1)
        .min_message_latency(Duration::ZERO)
        .max_message_latency(Duration::ZERO)
        .simulation_duration(Duration::from_secs(7 * 24 * 3_600))
        .tcp_capacity(1 << 16)
        .udp_capacity(1 << 16)
        .build()
}

fn run(mut world: Sim<'_>) -> Result<(), String> {
    world.run().map_err(|error| format!("turmoil: {error}"))
}

fn echo(connections: u64, rounds: u64) -> Result<(), String> {
    let mut world = world();
    world.host("server", || async { tasks::echo().await.map_err(Into::into) });
    world.client("client", async move { tasks::clients(connections, rounds).await.map_err(Into::into) });
    run(world)
}

fn bulk() -> Result<(), String> {
    let mut world = world();
    world.host("server", || async { tasks::sink().await.map_err(Into::into) });
    world.client("client", async { tasks::source().await.map_err(Into::into) });
    run(world)
}

fn idle() -> Result<(), String> {
    let mut world = world();
    for name in ["one", "other"] {
        world.client(name, async {
            for _ in 0..IDLE_TURMOIL_S {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Ok(())
        });
    }
    run(world)
}

fn chatter(hosts: u64, seconds: u64) -> Result<(), String> {
    let mut world = world();
    let heard = Arc::new(AtomicU64::new(0));
    for own in 0..hosts {
        let heard = Arc::clone(&heard);
        world.client(format!("h{own}"), async move {
            gossip::node(own, hosts, [seconds, SETTLE_TURMOIL_MS], heard).await;
            Ok(())
        });
    }
    run(world)?;
    let (heard, sent) = (heard.load(Ordering::Relaxed), hosts * PEERS * seconds);
    if heard == sent { Ok(()) } else { Err(format!("turmoil: {heard} of {sent} messages were heard")) }
}
