//! Two hosts, one of which serves the other.
//!
//! It does not know what they say. Invariant: the run is over when the client is.

use std::io::Result;
use std::time::Duration;

use photofinish::scenario::Failure;
use photofinish::world::World;

use super::amounts::{CONNECTIONS, ROUNDS, ROUNDS_SHORT, SETTLE_MS};
use super::{tasks, threads};

/// Threads of tokio's runtime on each host.
const WORKERS: usize = 2;
/// Bytes a second of a link that is fast, but has a limit.
const FAST: u64 = 100 << 30;

/// Many round trips of threads that block.
pub(crate) fn echo_threads() -> std::result::Result<(), Failure> {
    play(threads::echo, || threads::clients(CONNECTIONS, ROUNDS))
}

/// Many round trips of tasks.
pub(crate) fn echo_tokio() -> std::result::Result<(), Failure> {
    play(|| on_tokio(tasks::echo()), || on_tokio(tasks::clients(CONNECTIONS, ROUNDS)))
}

/// A few round trips of threads that block.
pub(crate) fn short_threads() -> std::result::Result<(), Failure> {
    play(threads::echo, || threads::clients(1, ROUNDS_SHORT))
}

/// A few round trips of tasks.
pub(crate) fn short_tokio() -> std::result::Result<(), Failure> {
    play(|| on_tokio(tasks::echo()), || on_tokio(tasks::clients(1, ROUNDS_SHORT)))
}

/// A large transfer between threads that block.
pub(crate) fn bulk() -> std::result::Result<(), Failure> {
    play(threads::sink, threads::source)
}

/// A large transfer between tasks.
pub(crate) fn bulk_tokio() -> std::result::Result<(), Failure> {
    play(|| on_tokio(tasks::sink()), || on_tokio(tasks::source()))
}

/// A large transfer between threads over a link of limited bandwidth.
pub(crate) fn bulk_limited() -> std::result::Result<(), Failure> {
    let links = World::new().links();
    links.bandwidth(FAST);
    bulk()
}

fn play(
    server: impl Fn() -> Result<()> + Send + Sync + 'static,
    client: impl Fn() -> Result<()> + Send + Sync + 'static,
) -> std::result::Result<(), Failure> {
    let world = World::new();
    world.host("server").start(move || server().expect("the server's sockets work"));
    // The server listens before anybody asks.
    std::thread::sleep(Duration::from_millis(SETTLE_MS));
    let client = world.host("client").start(move || client().expect("the client's sockets work"));
    client.wait().success("the client");
    Ok(())
}

fn on_tokio(work: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    runtime.block_on(work)
}
