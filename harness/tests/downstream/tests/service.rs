//! The service and its buyers, searched as one.
//!
//! Does not know how tickets are kept. Invariant: what is asked of both forms is the same.

use std::io;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};

use downstream::service::{buy, serve};
use downstream::{Careful, Forgetful, Sells};
use tokio::net::TcpListener;

async fn one_ticket(tickets: impl Sells) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = tokio::spawn(serve(listener, Arc::new(tickets), 2));
    let (one, other) = tokio::try_join!(tokio::spawn(buy(address)), tokio::spawn(buy(address)))?;
    assert!(one? != other?, "one ticket was sold");
    service.await?
}

#[photofinish::test(time = "20s", seeds = 400)]
async fn forgetful() -> io::Result<()> {
    one_ticket(Forgetful(Mutex::new(1))).await
}

#[photofinish::test(seeds = 40)]
async fn careful() -> io::Result<()> {
    one_ticket(Careful(AtomicU32::new(1))).await
}
