//! Times madsim on one program, and prints what it took as a line of JSON.
//!
//! `photofinish-peers-madsim-speed madsim PROGRAM`, as its neighbour. Invariant: it prints one line on standard output if it exits with 0,
//! and none otherwise.

#[path = "../../../../../harness/benches/load/src/amounts.rs"]
#[expect(dead_code, reason = "some of it is for threads")]
mod amounts;
#[path = "../../../src/speed/gossip.rs"]
mod gossip;
mod names;
#[path = "../../../../../harness/benches/load/src/tasks.rs"]
mod tasks;
#[path = "../../../src/speed/timed.rs"]
mod timed;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use madsim::runtime::{Handle, NodeHandle, Runtime};

use amounts::{BULK, CONNECTIONS, GOSSIP_S, IDLE_S, PEERS, ROUNDS, ROUNDS_SHORT, SETTLE_MS};
use timed::Timed;

const USAGE: &str = "usage: photofinish-peers-madsim-speed madsim PROGRAM
programs: short, echo, bulk, idle, gossip-10, gossip-100, gossip-1000";

/// Runs of a short program.
const RUNS: u64 = 50;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    timed::answer(measure(&arguments), USAGE)
}

fn measure(arguments: &[String]) -> Result<Timed, String> {
    let [simulator, program] = arguments else {
        return Err(String::from("two words are needed"));
    };
    if simulator != "madsim" {
        return Err(format!("there is no simulator {simulator:?}"));
    }
    // Outside a simulation the clock is the real one.
    let began = Instant::now();
    let operations = match program.as_str() {
        "short" => {
            (0..RUNS).for_each(|_| echo(1, ROUNDS_SHORT));
            RUNS
        }
        "echo" => {
            echo(CONNECTIONS, ROUNDS);
            CONNECTIONS * ROUNDS
        }
        "bulk" => {
            bulk();
            BULK
        }
        "idle" => {
            idle();
            IDLE_S
        }
        other => {
            let hosts = other.strip_prefix("gossip-").and_then(|hosts| hosts.parse().ok());
            let hosts = hosts.ok_or_else(|| format!("madsim has no program {program:?}"))?;
            chatter(hosts)?;
            hosts * PEERS * GOSSIP_S
        }
    };
    Ok(Timed::since(began, operations))
}

fn world<T>(work: impl Future<Output = T>) -> T {
    Runtime::with_seed_and_config(1, madsim::Config::default()).block_on(work)
}

fn node(name: &str, index: u64) -> NodeHandle {
    Handle::current().create_node().name(name).ip(names::ip(index)).build()
}

fn echo(connections: u64, rounds: u64) {
    world(async move {
        drop(node("server", 0).spawn(tasks::echo()));
        // The server listens before anybody asks.
        madsim::time::sleep(Duration::from_millis(10)).await;
        let client = node("client", 1).spawn(tasks::clients(connections, rounds));
        client.await.expect("it does not panic").expect("sockets work");
    });
}

fn bulk() {
    world(async {
        drop(node("server", 0).spawn(tasks::sink()));
        madsim::time::sleep(Duration::from_millis(10)).await;
        let client = node("client", 1).spawn(tasks::source());
        client.await.expect("it does not panic").expect("sockets work");
    });
}

fn idle() {
    world(async {
        let sleep = || async {
            for _ in 0..IDLE_S {
                madsim::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let hosts = [node("one", 0).spawn(sleep()), node("other", 1).spawn(sleep())];
        for host in hosts {
            host.await.expect("it does not panic");
        }
    });
}

fn chatter(hosts: u64) -> Result<(), String> {
    let heard = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&heard);
    world(async move {
        let nodes: Vec<_> = (0..hosts)
            .map(|own| {
                let work = gossip::node(own, hosts, [GOSSIP_S, SETTLE_MS], Arc::clone(&counted));
                node(&format!("h{own}"), own).spawn(work)
            })
            .collect();
        for node in nodes {
            node.await.expect("it does not panic");
        }
    });
    let (heard, sent) = (heard.load(Ordering::Relaxed), hosts * PEERS * GOSSIP_S);
    if heard == sent { Ok(()) } else { Err(format!("madsim: {heard} of {sent} messages were heard")) }
}
