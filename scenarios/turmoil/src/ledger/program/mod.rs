//! The hosts of the ledger, and what may strike them.
//!
//! Does not know what a report means. Invariant: what a host holds in memory goes with its program, and what is on its disk stays.

mod client;
pub(super) mod policy;
mod server;
mod wire;

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use photofinish_turmoil::{Failed, Fault, Faults, Simulation};

use policy::{Policy, Strikes};
use server::{Disk, Role};

/// What the client was told, and what it read in the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    /// Deposits that were acknowledged.
    pub(super) acknowledged: Vec<u32>,
    /// The ledger, in its order.
    pub(super) ledger: Vec<u32>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acknowledged, ledger } = self;
        write!(f, "acknowledged deposits: {acknowledged:?}\nthe ledger: {ledger:?}")
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// While it deposits; links have one of three speeds.
fn faults(strikes: Strikes) -> Faults {
    let while_it_deposits = || Fault::within(ms(0)..=ms(180)).lasting(ms(100)..=ms(400));
    let links = Faults::none().partitions(while_it_deposits()).latency(ms(5)..=ms(20));
    match strikes {
        Strikes::Links => links,
        Strikes::LinksAndPrimary => links.crashes([server::PRIMARY], while_it_deposits()),
    }
}

/// Deposits, and reads the ledger in the end.
pub(super) fn run(policy: &Policy) -> Result<Report, Failed> {
    let report = Rc::<RefCell<Report>>::default();
    let (policy, told) = (*policy, Rc::clone(&report));
    Simulation::new().faults(faults(policy.strikes)).run(move |builder| {
        let mut sim = builder.simulation_duration(Duration::from_secs(20)).build();
        for (name, role) in [(server::PRIMARY, Role::Primary), (server::BACKUP, Role::Backup)] {
            let disk = Rc::<RefCell<Disk>>::default();
            sim.host(name, move || server::serve(role, policy, Rc::clone(&disk)));
        }
        sim.client("client", client::deposit(policy, told));
        sim
    })?;
    Ok(report.take())
}
