//! A test as a user of turmoil writes it: an office sells tickets to a buyer who asks again if there is no answer.
//!
//! `cargo test` searches it: each seed draws which link is cut, when, and for how long. Invariant: it mentions nothing of ours but the
//! attribute and what may strike.

// Elsewhere it runs once, and nothing strikes.
#![cfg(target_os = "linux")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::Result;
use std::rc::Rc;
use std::time::Duration;

use photofinish_turmoil::{Failed, Fault, Faults, Simulation};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};
use turmoil::net::{TcpListener, TcpStream};

const MS: Duration = Duration::from_millis(1);
/// How long either waits for the other.
const PATIENCE: Duration = Duration::from_millis(100);

/// Whether the office sells a ticket for each order, or for each time that it hears of one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Office {
    Careful,
    Hasty,
}

async fn sell(office: Office, sold: Rc<Cell<u32>>) -> turmoil::Result {
    let listener = TcpListener::bind("0.0.0.0:7000").await?;
    let mut orders = BTreeSet::new();
    loop {
        let (mut stream, _) = listener.accept().await?;
        // What a cut loses nobody sends again, so whoever says nothing in this time never will.
        let Ok(Ok(order)) = timeout(PATIENCE, stream.read_u32()).await else { continue };
        if orders.insert(order) || office == Office::Hasty {
            sold.set(sold.get() + 1);
        }
        // Whoever has gone asks again.
        let _ = stream.write_u8(1).await;
    }
}

async fn order(order: u32) -> Result<()> {
    let mut stream = TcpStream::connect("office:7000").await?;
    stream.write_u32(order).await?;
    stream.read_u8().await.map(drop)
}

/// Buys one ticket, and says how many were sold.
fn tickets(office: Office) -> std::result::Result<u32, Failed> {
    let strikes = Fault::within(Duration::ZERO..=100 * MS).every(5 * MS).lasting(50 * MS..=200 * MS);
    let sold = Rc::<Cell<u32>>::default();
    let counter = Rc::clone(&sold);
    Simulation::new().faults(Faults::none().partitions(strikes).latency(5 * MS..=20 * MS)).run(
        |builder| {
            let mut sim = builder.build();
            sim.host("office", move || sell(office, Rc::clone(&counter)));
            sim.client("buyer", async {
                while !matches!(timeout(PATIENCE, order(1)).await, Ok(Ok(()))) {
                    sleep(10 * MS).await;
                }
                Ok(())
            });
            sim
        },
    )?;
    Ok(sold.get())
}

#[photofinish::test(seeds = 300, fails = "panic in tickets::one_ticket: *")]
fn a_hasty_office_sells_one_ticket_twice() {
    one_ticket(Office::Hasty);
}

#[photofinish::test(seeds = 100)]
fn a_careful_office_sells_it_once() {
    one_ticket(Office::Careful);
}

fn one_ticket(office: Office) {
    assert_eq!(tickets(office).expect("the buyer comes to an end"), 1, "tickets sold");
}
