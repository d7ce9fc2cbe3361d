//! Which hosts and services have which names: what `/etc/hosts` and `/etc/services` hold elsewhere.
//!
//! Does not know how a program asks. Invariant: a name has its addresses in the order of `/etc/hosts`, and nothing here is the
//! machine's.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The name of the simulated host: `gethostname(2)`.
pub const HOST_NAME: &str = "photofinish";

const LOCALHOST: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Names and addresses; an address is called by the first name it has here.
const HOSTS: &[(&str, &[IpAddr])] = &[("localhost", &LOCALHOST), (HOST_NAME, &LOCALHOST)];

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

/// The name as the table has it, and the addresses of a host; the case of letters means nothing.
pub(super) fn addresses(name: &str) -> Option<(&'static str, &'static [IpAddr])> {
    HOSTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).copied()
}

/// The name of a host by its address.
pub(super) fn name(of: IpAddr) -> Option<&'static str> {
    HOSTS.iter().find(|(_, addresses)| addresses.contains(&of)).map(|(name, _)| *name)
}

/// The port of a service.
pub(super) fn port(service: &str, over: Over) -> Option<u16> {
    SERVICES.iter().find(|(name, speaks, _)| *name == service && *speaks == over).map(|(_, _, port)| *port)
}

/// The name of a service.
pub(super) fn service(port: u16, over: Over) -> Option<&'static str> {
    SERVICES.iter().find(|(_, speaks, number)| *number == port && *speaks == over).map(|(name, _, _)| *name)
}
