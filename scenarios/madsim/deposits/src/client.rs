//! A client: one deposit after another, each sent again until it is acknowledged.
//!
//! Does not know what the network does. Invariant: it never says that a deposit was made of which it has no acknowledgement.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

use crate::packet::{Packet, SIZE};
use crate::restless::Rest;

/// How long an acknowledgement is waited for: longer than a packet and its answer usually take.
const PATIENCE: Duration = Duration::from_millis(25);
/// How often a deposit is sent before the client gives up.
const TRIES: u32 = 12;
/// Deposits of a client.
const DEPOSITS: u64 = 6;
/// What each of them adds.
const AMOUNT: u64 = 100;

/// What a client knows in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Knows {
    /// What was acknowledged, in all.
    pub(crate) acknowledged: u64,
    /// What may have been added or not: the deposit that it gave up.
    pub(crate) in_doubt: u64,
    /// How often it sent a deposit again.
    pub(crate) again: u64,
}

/// Makes all deposits, as far as it can.
pub(crate) async fn deposit_all(own: SocketAddr, server: SocketAddr, rest: Rest) -> io::Result<Knows> {
    let socket = UdpSocket::bind(own).await?;
    let mut knows = Knows::default();
    for number in 1..=DEPOSITS {
        rest.before_a_deposit().await;
        if !deposit(&socket, server, number, &mut knows).await? {
            knows.in_doubt = AMOUNT;
            break;
        }
        knows.acknowledged += AMOUNT;
    }
    Ok(knows)
}

/// Sends a deposit until it is acknowledged, or given up.
async fn deposit(socket: &UdpSocket, server: SocketAddr, number: u64, knows: &mut Knows) -> io::Result<bool> {
    for attempt in 0..TRIES {
        knows.again += u64::from(attempt > 0);
        socket.send_to(server, &Packet::Deposit { number, amount: AMOUNT }.encode()).await?;
        if acknowledged(socket, number, Instant::now() + PATIENCE).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the acknowledgement of a deposit comes until then; those of earlier ones are passed over.
async fn acknowledged(socket: &UdpSocket, wanted: u64, until: Instant) -> io::Result<bool> {
    let mut bytes = [0; SIZE];
    let left = || until.saturating_duration_since(Instant::now());
    while let Ok(received) = timeout(left(), socket.recv_from(&mut bytes)).await {
        let (length, _) = received?;
        match Packet::decode(&bytes[..length]) {
            Some(Packet::Acknowledged { number, .. }) if number == wanted => return Ok(true),
            _ => {}
        }
    }
    Ok(false)
}
