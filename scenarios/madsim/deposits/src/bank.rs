//! A world of one server and three clients, and what must hold of it: nobody pays more than he was told.
//!
//! Does not know which faults the network has: they are in madsim's configuration. Invariant: a client's account holds what was
//! acknowledged, and at most what is in doubt besides.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use madsim::runtime::Handle;
use photofinish_madsim::elapsed;

use crate::client::{Knows, deposit_all};
use crate::restless::Rest;
use crate::server::{Accounts, Again, serve};

/// Clients.
const CLIENTS: u8 = 3;
/// The port of all of them.
const PORT: u16 = 4_000;

/// What a world of them came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// Whose account holds other than he was told, a line each.
    pub wrong: Vec<String>,
    /// Folded over what happened: equal for equal runs.
    pub trace: u64,
    /// How much simulated time it took.
    pub took: Duration,
}

/// Runs a server and its clients on madsim's runtime.
///
/// # Errors
/// A client's socket failed, or it did not come to its end.
pub async fn bank(again: Again, rest: Rest) -> Result<Books, String> {
    let world = Handle::current();
    let node = |name: String, last: u8| {
        let ip = IpAddr::from(Ipv4Addr::new(10, 0, 0, last));
        (world.create_node().name(name).ip(ip).build(), SocketAddr::new(ip, PORT))
    };
    let accounts = Accounts::default();
    let (server, at) = node(String::from("server"), 1);
    server.spawn(serve(at, again, accounts.clone()));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (client, own) = node(format!("client-{number}"), 10 + number);
            (own, client.spawn(deposit_all(own, at, rest)))
        })
        .collect();
    let mut wrong = Vec::new();
    let mut trace = 0_u64;
    for (own, client) in clients {
        let knows = match client.await {
            Ok(Ok(knows)) => knows,
            Ok(Err(error)) => return Err(format!("a client's socket failed: {error}")),
            Err(error) => return Err(format!("a client did not end: {error}")),
        };
        let balance = accounts.lock().expect("nobody panics with it").get(&own).map_or(0, |one| one.balance);
        let Knows { acknowledged, in_doubt, again } = knows;
        if !(acknowledged..=acknowledged + in_doubt).contains(&balance) {
            wrong.push(format!(
                "{own}: {acknowledged} acknowledged, {in_doubt} in doubt, {balance} in the account; sent {again} deposits again"
            ));
        }
        trace = trace.rotate_left(9) ^ balance ^ again;
    }
    let took = elapsed();
    let trace = trace ^ u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).rotate_left(32);
    Ok(Books { wrong, trace, took })
}
