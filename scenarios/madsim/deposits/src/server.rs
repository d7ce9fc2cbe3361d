//! The server: accounts by client, and what it does with a deposit that comes twice.
//!
//! Does not know why one does. Invariant: a deposit is acknowledged after it was added, never before.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;

use crate::packet::{Packet, SIZE};

/// What the server does with a deposit that it may have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It adds it: a client that sends again because the acknowledgement was lost, or late, pays twice.
    Added,
    /// It only acknowledges it again.
    Known,
}

/// A client's account.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Account {
    /// What is in it.
    pub(crate) balance: u64,
    /// The number of the deposit that was added last.
    last: u64,
}

/// All accounts, by client.
pub(crate) type Accounts = Arc<Mutex<BTreeMap<SocketAddr, Account>>>;

/// Serves for ever.
pub(crate) async fn serve(address: SocketAddr, again: Again, accounts: Accounts) -> io::Result<()> {
    let socket = UdpSocket::bind(address).await?;
    let mut bytes = [0; SIZE];
    loop {
        let (length, client) = socket.recv_from(&mut bytes).await?;
        let Some(Packet::Deposit { number, amount }) = Packet::decode(&bytes[..length]) else { continue };
        let balance = add(&accounts, client, again, (number, amount));
        socket.send_to(client, &Packet::Acknowledged { number, balance }.encode()).await?;
    }
}

/// Adds a deposit, unless it is known and that matters; returns what the account holds then.
fn add(accounts: &Accounts, client: SocketAddr, again: Again, (number, amount): (u64, u64)) -> u64 {
    let mut accounts = accounts.lock().expect("nobody panics with it");
    let account = accounts.entry(client).or_default();
    // A client waits for one deposit before it sends the next, so an old number is one that was had.
    if again == Again::Added || number > account.last {
        account.balance += amount;
        account.last = number;
    }
    account.balance
}
