//! A server of the ledger: the primary, or the backup that takes over when a client turns to it.
//!
//! Does not know what strikes it. Invariant: once the backup has served a client, it takes nothing from the primary any more, which so learns
//! that it is deposed.

use std::cell::RefCell;
use std::io::{Error, Result};
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use turmoil::net::{TcpListener, TcpStream};

use super::policy::{Acks, Policy};
use super::wire::{self, Entry, Reply, Request};

pub(super) const PRIMARY: &str = "primary";
pub(super) const BACKUP: &str = "backup";
/// The primary first.
pub(super) const SERVERS: [&str; 2] = [PRIMARY, BACKUP];
pub(super) const PORT: u16 = 7000;

/// After so long the backup is taken to be out of reach.
const REPLICATION: Duration = Duration::from_millis(100);
/// How often the primary replicates what it has acknowledged.
const PERIOD: Duration = Duration::from_millis(30);

/// What a server is to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Primary,
    Backup,
}

/// What a crash leaves.
#[derive(Debug, Default)]
pub(super) struct Disk {
    entries: Vec<Entry>,
    /// Of the primary: entries that the backup holds, as far as it knows.
    replicated: usize,
    /// Of the primary: the backup serves clients. Of the backup: it does.
    has_changed: bool,
}

impl Disk {
    /// Applies a deposit, unless that was done.
    fn apply(&mut self, entry: &Entry) {
        if self.entries.iter().all(|known| known.id != entry.id) {
            self.entries.push(entry.clone());
        }
    }

    /// Takes over what it does not have, and says how many it has.
    fn hold(&mut self, from: usize, entries: &[Entry]) -> usize {
        if let Some(known) = self.entries.len().checked_sub(from) {
            self.entries.extend(entries.iter().skip(known).cloned());
        }
        self.entries.len()
    }

    fn amounts(&self) -> Vec<u32> {
        self.entries.iter().map(|entry| entry.amount).collect()
    }
}

#[derive(Clone)]
struct Server {
    role: Role,
    policy: Policy,
    disk: Rc<RefCell<Disk>>,
}

/// Serves whoever connects.
pub(super) async fn serve(role: Role, policy: Policy, disk: Rc<RefCell<Disk>>) -> turmoil::Result {
    let server = Server { role, policy, disk };
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    if (role, policy.acks) == (Role::Primary, Acks::Early) {
        tokio::task::spawn_local(server.clone().replicate_now_and_then());
    }
    loop {
        let (stream, _) = listener.accept().await?;
        let server = server.clone();
        // Whoever asked is told by the end of the connection.
        tokio::task::spawn_local(async move { server.talk(stream).await });
    }
}

impl Server {
    async fn talk(self, mut stream: TcpStream) -> Result<()> {
        loop {
            let request = wire::receive(&mut stream).await?;
            let reply = match self.role {
                Role::Primary => self.as_primary(request).await?,
                Role::Backup => self.as_backup(&request),
            };
            wire::send(&mut stream, &reply).await?;
        }
    }

    async fn as_primary(&self, request: Request) -> Result<Reply> {
        if self.disk.borrow().has_changed {
            return Ok(Reply::Deposed);
        }
        match request {
            Request::Read => Ok(Reply::Ledger(self.disk.borrow().amounts())),
            Request::Replicate { .. } => Err(Error::other("the primary replicates to others")),
            Request::Deposit(entry) => {
                self.disk.borrow_mut().apply(&entry);
                match self.policy.acks {
                    Acks::Early => Ok(Reply::Done),
                    Acks::AfterReplication => timeout(REPLICATION, self.replicate()).await?,
                }
            }
        }
    }

    fn as_backup(&self, request: &Request) -> Reply {
        let mut disk = self.disk.borrow_mut();
        match request {
            Request::Replicate { .. } if disk.has_changed => Reply::Deposed,
            Request::Replicate { from, entries } => Reply::Holds(disk.hold(*from, entries)),
            Request::Deposit(entry) => {
                disk.has_changed = true;
                disk.apply(entry);
                Reply::Done
            }
            Request::Read => {
                disk.has_changed = true;
                Reply::Ledger(disk.amounts())
            }
        }
    }

    /// Has the backup hold all that there is.
    async fn replicate(&self) -> Result<Reply> {
        let mut stream = TcpStream::connect((BACKUP, PORT)).await?;
        loop {
            let request = {
                let disk = self.disk.borrow();
                let from = disk.replicated;
                Request::Replicate { from, entries: disk.entries[from..].to_vec() }
            };
            let reply = wire::ask(&mut stream, &request).await?;
            let mut disk = self.disk.borrow_mut();
            match reply {
                Reply::Holds(count) => disk.replicated = count.min(disk.entries.len()),
                Reply::Deposed => {
                    disk.has_changed = true;
                    return Ok(Reply::Deposed);
                }
                other => return Err(Error::other(format!("{other:?} is no answer to a replication"))),
            }
            if disk.replicated == disk.entries.len() {
                return Ok(Reply::Done);
            }
        }
    }

    async fn replicate_now_and_then(self) {
        loop {
            sleep(PERIOD).await;
            let is_behind = {
                let disk = self.disk.borrow();
                disk.replicated < disk.entries.len()
            };
            if is_behind {
                // What did not get through will the next time.
                let _ = timeout(REPLICATION, self.replicate()).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u64) -> Entry {
        Entry { id, amount: 1 }
    }

    #[test]
    fn a_deposit_is_applied_once() {
        let mut disk = Disk::default();
        [7, 8, 7].map(entry).iter().for_each(|entry| disk.apply(entry));
        assert_eq!(disk.entries, [7, 8].map(entry));
    }

    #[test]
    fn what_is_held_has_no_gap_and_nothing_twice() {
        let mut disk = Disk::default();
        assert_eq!(disk.hold(0, &[7, 8].map(entry)), 2);
        assert_eq!(disk.hold(3, &[9].map(entry)), 2, "the third is missing");
        assert_eq!(disk.hold(1, &[8, 9].map(entry)), 3);
        assert_eq!(disk.entries, [7, 8, 9].map(entry));
    }
}
