//! The service and its buyers on hosts of their own.
//!
//! Does not know how hosts are simulated. Invariant: what is sold on one host arrives on another.

// Worlds are simulated or not at all.
#![cfg(target_os = "linux")]

use std::net::ToSocketAddrs as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use downstream::Careful;
use downstream::service::{buy, serve};
use photofinish::world::World;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// Runs a program of one host to its end.
fn run<T>(program: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(program)
}

#[photofinish::test(seeds = 20)]
fn a_buyer_waits_for_the_network() {
    let world = World::new();
    let office = world.host("office").start(|| {
        run(async {
            let listener = TcpListener::bind("0.0.0.0:7000").await.expect("a free port");
            serve(listener, Arc::new(Careful(AtomicU32::new(1))), 1).await.expect("a buyer");
            tokio::time::sleep(Duration::from_secs(1)).await;
        });
    });
    let buyer = world.host("buyer").start(|| {
        std::thread::sleep(Duration::from_secs(1));
        let office = "office:7000".to_socket_addrs().expect("a name").next().expect("an address");
        assert!(run(buy(office)).expect("an answer"), "there is a ticket");
    });
    world.partition(&office, &buyer);
    std::thread::sleep(Duration::from_secs(5));
    world.heal(&office, &buyer);
    buyer.wait().success("the buyer");
    office.wait().success("the office");
}
