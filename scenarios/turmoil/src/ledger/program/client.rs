//! The client: deposits one amount after another, and reads the ledger in the end.
//!
//! Does not know what strikes it. Invariant: it goes from the primary to the backup and never back.

use std::cell::RefCell;
use std::io::{Error, ErrorKind, Result};
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use turmoil::net::TcpStream;

use super::policy::{Ids, Policy};
use super::server::{PORT, SERVERS};
use super::wire::{self, Entry, Reply, Request};
use super::{Report, ms};

/// What is deposited.
const AMOUNTS: [u32; 4] = [1, 2, 4, 8];
/// After so long without an answer it asks again, on a new connection.
const PATIENCE: Duration = Duration::from_millis(150);
/// After so many attempts in a row without an answer it turns to the backup.
const ATTEMPTS: u32 = 2;
/// After so many it gives up.
const ATTEMPTS_MAX: u32 = 60;

struct Client {
    policy: Policy,
    stream: Option<TcpStream>,
    /// Which of the servers it asks.
    server: usize,
    /// Attempts in a row without an answer.
    failed: u32,
    next_id: u64,
}

/// Deposits, and tells what became of it.
pub(super) async fn deposit(policy: Policy, report: Rc<RefCell<Report>>) -> turmoil::Result {
    let mut client = Client { policy, stream: None, server: 0, failed: 0, next_id: 1 };
    for amount in AMOUNTS {
        client.deposit(amount).await?;
        report.borrow_mut().acknowledged.push(amount);
        sleep(ms(10)).await;
    }
    report.borrow_mut().ledger = client.read().await?;
    Ok(())
}

impl Client {
    async fn deposit(&mut self, amount: u32) -> Result<()> {
        let mut id = self.draw_id();
        let reply = self.ask(|client| {
            let request = Request::Deposit(Entry { id, amount });
            if client.policy.ids == Ids::OfTheAttempt {
                id = client.draw_id();
            }
            request
        });
        match reply.await? {
            Reply::Done => Ok(()),
            other => Err(Error::other(format!("{other:?} is no answer to a deposit"))),
        }
    }

    async fn read(&mut self) -> Result<Vec<u32>> {
        match self.ask(|_| Request::Read).await? {
            Reply::Ledger(amounts) => Ok(amounts),
            other => Err(Error::other(format!("{other:?} is no answer to a question for the ledger"))),
        }
    }

    fn draw_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Asks until there is an answer, for each attempt what `request` says.
    async fn ask(&mut self, mut request: impl FnMut(&mut Self) -> Request) -> Result<Reply> {
        for _ in 0..ATTEMPTS_MAX {
            let asked = request(self);
            match timeout(PATIENCE, self.exchange(&asked)).await {
                Ok(Ok(Reply::Deposed)) => self.turn_to_the_backup(),
                Ok(Ok(reply)) => {
                    self.failed = 0;
                    return Ok(reply);
                }
                Ok(Err(_)) | Err(_) => {
                    self.stream = None;
                    self.failed += 1;
                    if self.failed == ATTEMPTS {
                        self.turn_to_the_backup();
                    }
                    sleep(ms(20)).await;
                }
            }
        }
        Err(Error::new(ErrorKind::TimedOut, "no server answers"))
    }

    async fn exchange(&mut self, request: &Request) -> Result<Reply> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(TcpStream::connect((SERVERS[self.server], PORT)).await?),
        };
        wire::ask(stream, request).await
    }

    fn turn_to_the_backup(&mut self) {
        self.stream = None;
        self.server = SERVERS.len() - 1;
    }
}
