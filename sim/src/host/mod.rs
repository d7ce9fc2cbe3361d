//! The machines of a run: names, addresses, clocks, operating systems, and whether they are up.
//!
//! Does not know sockets, processes or links. Invariant: host 0 is always there and always up, every address belongs to at most
//! one host, and so does every name.

mod change;
mod clock;

use core::net::{IpAddr, Ipv4Addr};
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::errno::Errno;
use crate::personality::Os;
use crate::process::Pid;
use crate::thread::ThreadId;

pub use change::HostChange;
pub use clock::{DRIFT_PPM_MAX, HostClock};

/// A host, by order of creation in this run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HostId(pub u32);

impl HostId {
    /// The host a run begins on, which has loopback alone.
    pub const FIRST: Self = Self(0);

    /// The id as an index into tables by host.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The name of the host a run begins on: `gethostname(2)`.
pub const FIRST_NAME: &str = "photofinish";

/// Bytes of a name, as `HOST_NAME_MAX` bounds them.
const NAME_BYTES_MAX: usize = 64;

/// The most hosts of one run.
pub const HOSTS_MAX: usize = 16_384;

/// Whether a host works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It runs.
    Up,
    /// It crashed or was not started again: what is sent to it is lost.
    Down,
}

/// What a host is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSpec {
    /// Its name, which resolves to its addresses on every host.
    pub name: String,
    /// Its addresses besides loopback; none for the next free of 10.0.0.0/8. IPv6 is for who asks: the C library would prefer it.
    pub addresses: Vec<IpAddr>,
    /// Whose answers its programs get.
    pub os: Os,
    /// Processors that programs are told it has.
    pub cores: u32,
    /// How its clocks go.
    pub clock: HostClock,
}

impl HostSpec {
    /// A host as most are: with an address to be found for it, Linux, 4 processors and a clock that is right.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let clock = HostClock::default();
        Self { name: name.to_owned(), addresses: Vec::new(), os: Os::Linux, cores: 4, clock }
    }
}

/// One machine.
#[derive(Clone, Debug)]
pub struct Host {
    /// What it is made of.
    pub spec: HostSpec,
    /// Whether it works.
    pub power: Power,
    /// How often it came back.
    pub boot: u32,
    /// Its threads do not run, although its kernel does.
    pub paused: bool,
    /// What begins on it each time it gets power again, in order.
    pub programs: Vec<HostProgram>,
}

/// A program that a host begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostProgram {
    /// Its name.
    pub name: String,
    /// Its process, or the last one.
    pub process: Pid,
    /// The main thread of its first life, of which those of its later lives count as children: so their names do not depend on who
    /// happened to run when the host came back.
    pub first: ThreadId,
}

/// All machines of a run.
#[derive(Clone, Debug)]
pub struct Hosts {
    all: Vec<Host>,
    by_name: BTreeMap<String, HostId>,
    by_address: BTreeMap<IpAddr, HostId>,
}

impl Default for Hosts {
    fn default() -> Self {
        let spec = HostSpec::new(FIRST_NAME);
        let first = Host { spec, power: Power::Up, boot: 0, paused: false, programs: Vec::new() };
        Self {
            all: vec![first],
            by_name: BTreeMap::from([(String::from(FIRST_NAME), HostId::FIRST)]),
            by_address: BTreeMap::new(),
        }
    }
}

/// Why there cannot be such a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The name is empty, too long, an address, or `localhost`.
    BadName(String),
    /// Another host has the name.
    NameTaken(String),
    /// Nobody can have this address as their own.
    BadAddress(IpAddr),
    /// Another host has the address.
    AddressTaken(IpAddr),
    /// There are as many as there may be.
    TooMany,
}

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::BadName(name) => write!(
                f,
                "{name:?} is no name for a host: it needs 1 to {NAME_BYTES_MAX} letters, digits, '-', '.' or '_', and may be \
                 neither \"localhost\" nor an address"
            ),
            Self::NameTaken(name) => write!(f, "there is a host {name:?} already"),
            Self::BadAddress(ip) => write!(f, "{ip} is no address that one host can have"),
            Self::AddressTaken(ip) => write!(f, "another host has the address {ip}"),
            Self::TooMany => write!(f, "a run has at most {HOSTS_MAX} hosts"),
        }
    }
}

impl Hosts {
    /// Adds a host, which is up.
    ///
    /// # Errors
    /// A name or an address that cannot be its.
    pub fn add(&mut self, mut spec: HostSpec) -> Result<HostId, Refused> {
        if self.all.len() >= HOSTS_MAX {
            return Err(Refused::TooMany);
        }
        if !is_name(&spec.name) {
            return Err(Refused::BadName(spec.name));
        }
        let key = spec.name.to_ascii_lowercase();
        if self.by_name.contains_key(&key) {
            return Err(Refused::NameTaken(spec.name));
        }
        if spec.addresses.is_empty() {
            spec.addresses = vec![self.next_address()];
        }
        spec.addresses = spec.addresses.iter().map(IpAddr::to_canonical).collect();
        for ip in &spec.addresses {
            if !is_unicast(*ip) {
                return Err(Refused::BadAddress(*ip));
            }
            if self.by_address.contains_key(ip) {
                return Err(Refused::AddressTaken(*ip));
            }
        }
        let id = HostId(u32::try_from(self.all.len()).expect("bounded above"));
        self.by_name.insert(key, id);
        self.by_address.extend(spec.addresses.iter().map(|ip| (*ip, id)));
        self.all.push(Host { spec, power: Power::Up, boot: 0, paused: false, programs: Vec::new() });
        Ok(id)
    }

    /// The n-th host gets 10.0.0.n, or the next that is free.
    fn next_address(&self) -> IpAddr {
        let from = u32::try_from(self.all.len()).expect("bounded by HOSTS_MAX");
        (from..)
            .map(|n| IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + n)))
            .find(|ip| !self.by_address.contains_key(ip))
            .expect("there are more addresses than hosts")
    }

    /// The host with this id, which this run must have handed out.
    #[must_use]
    pub fn get(&self, id: HostId) -> &Host {
        &self.all[id.index()]
    }

    /// The host with this id, to change.
    pub fn get_mut(&mut self, id: HostId) -> &mut Host {
        &mut self.all[id.index()]
    }

    /// Every host in order of creation.
    pub fn iter(&self) -> impl Iterator<Item = (HostId, &Host)> {
        (0..).map(HostId).zip(&self.all)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The host with this name; the case of letters means nothing.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<HostId> {
        self.by_name.get(&name.to_ascii_lowercase()).copied()
    }

    /// The host that has this address besides loopback.
    #[must_use]
    pub fn by_address(&self, ip: IpAddr) -> Option<HostId> {
        self.by_address.get(&ip).copied()
    }

    /// As [`Hosts::by_name`], for calls.
    ///
    /// # Errors
    /// `ENOENT`.
    pub fn find(&self, name: &str) -> Result<HostId, Errno> {
        self.by_name(name).ok_or(Errno::ENOENT)
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(plain)
        && !name.eq_ignore_ascii_case("localhost")
        && name.parse::<IpAddr>().is_err()
}

fn is_unicast(ip: IpAddr) -> bool {
    let special = match ip {
        IpAddr::V4(v4) => v4.is_broadcast() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !(special || ip.is_multicast() || ip.is_unspecified() || ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: &str, addresses: &[&str]) -> HostSpec {
        HostSpec {
            name: name.to_owned(),
            addresses: addresses.iter().map(|ip| ip.parse().expect("an address")).collect(),
            os: Os::Linux,
            cores: 1,
            clock: HostClock::default(),
        }
    }

    #[test]
    fn hosts_are_found_by_name_and_address() {
        let mut hosts = Hosts::default();
        let a = hosts.add(spec("alpha", &[])).expect("a good name");
        let b = hosts.add(spec("beta", &["10.0.0.9", "fd00::9"])).expect("a good name");
        assert_eq!(hosts.get(a).spec.addresses, [IpAddr::from([10, 0, 0, 1])]);
        assert_eq!(hosts.by_name("ALPHA"), Some(a));
        assert_eq!(hosts.by_address("fd00::9".parse().unwrap()), Some(b));
        assert_eq!(hosts.by_name(FIRST_NAME), Some(HostId::FIRST));
    }

    #[test]
    fn addresses_that_are_taken_are_passed_over() {
        let mut hosts = Hosts::default();
        hosts.add(spec("a", &["10.0.0.2"])).expect("free");
        let b = hosts.add(spec("b", &[])).expect("free");
        assert_eq!(hosts.get(b).spec.addresses[0], "10.0.0.3".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn names_and_addresses_that_cannot_be_are_refused() {
        let mut hosts = Hosts::default();
        hosts.add(spec("a", &["10.0.0.5"])).expect("free");
        for (name, addresses, why) in [
            ("", &[][..], Refused::BadName(String::new())),
            ("localhost", &[], Refused::BadName("localhost".into())),
            ("10.0.0.1", &[], Refused::BadName("10.0.0.1".into())),
            ("A", &[], Refused::NameTaken("A".into())),
            ("b", &["127.0.0.2"], Refused::BadAddress("127.0.0.2".parse().unwrap())),
            ("b", &["224.0.0.1"], Refused::BadAddress("224.0.0.1".parse().unwrap())),
            ("b", &["10.0.0.5"], Refused::AddressTaken("10.0.0.5".parse().unwrap())),
        ] {
            assert_eq!(hosts.add(spec(name, addresses)), Err(why));
        }
    }
}
