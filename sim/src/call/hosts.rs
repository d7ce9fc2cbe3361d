//! Which hosts and services have which names: what `/etc/hosts`, the name server and `/etc/services` hold elsewhere.
//!
//! Does not know how a program asks. Invariant: a name has its addresses in the order in which its host got them, and nothing here is
//! the machine's.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::host::{HostId, Hosts};

const LOCALHOST: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// The name of loopback on every host.
const LOCAL_NAME: &str = "localhost";

/// The names that a host knows: its own, those of all others, and `localhost`.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// All hosts.
    pub hosts: &'a Hosts,
    /// Who asks.
    pub own: HostId,
}

impl Names<'_> {
    /// The name as its host writes it, and the host's addresses; the case of letters means nothing. A host without addresses of
    /// its own stands for loopback.
    pub(super) fn addresses(self, name: &str) -> Option<(String, Vec<IpAddr>)> {
        if name.eq_ignore_ascii_case(LOCAL_NAME) {
            return Some((LOCAL_NAME.to_owned(), LOCALHOST.to_vec()));
        }
        let id = self.hosts.by_name(name)?;
        let spec = &self.hosts.get(id).spec;
        match spec.addresses.is_empty() {
            true if id != self.own => None,
            true => Some((spec.name.clone(), LOCALHOST.to_vec())),
            false => Some((spec.name.clone(), spec.addresses.clone())),
        }
    }

    /// Whether the host has an address that packets to this one could come from: rule 1 of RFC 3484, which glibc finds out by
    /// connecting a datagram socket.
    pub(super) fn has_source_for(self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let own = &self.hosts.get(self.own).spec.addresses;
        ip.is_loopback() || own.iter().any(|own| own.is_ipv4() == ip.is_ipv4())
    }

    /// The name of a host by its address.
    pub(super) fn name(self, of: IpAddr) -> Option<String> {
        if LOCALHOST.contains(&of) {
            return Some(LOCAL_NAME.to_owned());
        }
        self.hosts.by_address(of).map(|id| self.hosts.get(id).spec.name.clone())
    }
}

/// What a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Tcp,
    Udp,
}

/// Services programs ask for by name, as IANA numbers them.
const SERVICES: &[(&str, Over, u16)] = &[
    ("ssh", Over::Tcp, 22),
    ("smtp", Over::Tcp, 25),
    ("domain", Over::Tcp, 53),
    ("domain", Over::Udp, 53),
    ("http", Over::Tcp, 80),
    ("ntp", Over::Udp, 123),
    ("https", Over::Tcp, 443),
    ("https", Over::Udp, 443),
];

/// The port of a service.
pub(super) fn port(service: &str, over: Over) -> Option<u16> {
    SERVICES.iter().find(|(name, speaks, _)| *name == service && *speaks == over).map(|(_, _, port)| *port)
}

/// The name of a service.
pub(super) fn service(port: u16, over: Over) -> Option<&'static str> {
    SERVICES.iter().find(|(_, speaks, number)| *number == port && *speaks == over).map(|(name, _, _)| *name)
}
