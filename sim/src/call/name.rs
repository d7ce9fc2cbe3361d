//! `getaddrinfo(3)` and `getnameinfo(3)`, as glibc answers them on a host that has addresses of both families.
//!
//! Does not know the lists the C library makes of the answers. Answers take no time and never fail to come: what is not a host
//! of this run does not exist. `AI_ADDRCONFIG` leaves nothing out. Invariant: the checks come in glibc's order, and equal
//! questions have equal answers.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use super::hosts::{self, Over};

pub use super::hosts::Names;

const AF_UNSPEC: i32 = 0;
const AF_INET: i32 = 2;
const AF_INET6: i32 = 10;

const AI_PASSIVE: i32 = 0x1;
const AI_CANONNAME: i32 = 0x2;
const AI_NUMERICHOST: i32 = 0x4;
const AI_V4MAPPED: i32 = 0x8;
const AI_ALL: i32 = 0x10;
const AI_ADDRCONFIG: i32 = 0x20;
const AI_NUMERICSERV: i32 = 0x400;
/// Also `AI_IDN`, `AI_CANONIDN` and the two that mean nothing any more.
const AI_KNOWN: i32 = 0x7ff;

const NI_NUMERICHOST: i32 = 1;
const NI_NUMERICSERV: i32 = 2;
const NI_NAMEREQD: i32 = 8;
const NI_DGRAM: i32 = 16;
/// Also `NI_NOFQDN`, `NI_IDN` and the two that mean nothing any more.
const NI_KNOWN: i32 = 0xff;

/// `EAI_*`: why a name was not resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unresolved(pub i32);

impl Unresolved {
    /// `EAI_BADFLAGS`.
    pub const BADFLAGS: Self = Self(-1);
    /// `EAI_NONAME`.
    pub const NONAME: Self = Self(-2);
    /// `EAI_FAMILY`.
    pub const FAMILY: Self = Self(-6);
    /// `EAI_SOCKTYPE`.
    pub const SOCKTYPE: Self = Self(-7);
    /// `EAI_SERVICE`.
    pub const SERVICE: Self = Self(-8);
    /// `EAI_ADDRFAMILY`.
    pub const ADDRFAMILY: Self = Self(-9);
    /// `EAI_OVERFLOW`.
    pub const OVERFLOW: Self = Self(-12);
}

/// `struct addrinfo` as hints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hints {
    /// `AI_*`.
    pub flags: i32,
    /// `AF_*`.
    pub family: i32,
    /// `SOCK_*`, or 0.
    pub kind: i32,
    /// `IPPROTO_*`, or 0.
    pub protocol: i32,
}

impl Hints {
    /// What glibc assumes without any.
    pub const NONE: Self =
        Self { flags: AI_V4MAPPED | AI_ADDRCONFIG, family: AF_UNSPEC, kind: 0, protocol: 0 };
}

/// One entry of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `SOCK_*`.
    pub kind: i32,
    /// `IPPROTO_*`.
    pub protocol: i32,
    /// Where.
    pub address: SocketAddr,
}

/// What `getaddrinfo(3)` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// In glibc's order.
    pub entries: Vec<Entry>,
    /// For `AI_CANONNAME`.
    pub canonical: Option<String>,
}

/// A row of `gaih_inet_typeproto`.
#[derive(Clone, Copy)]
struct Service {
    kind: i32,
    protocol: i32,
    over: Option<Over>,
}

const SERVICES: [Service; 3] = [
    Service { kind: 1, protocol: 6, over: Some(Over::Tcp) },
    Service { kind: 2, protocol: 17, over: Some(Over::Udp) },
    // `SOCK_RAW` takes any protocol, and no service.
    Service { kind: 3, protocol: 0, over: None },
];

/// `getaddrinfo(3)`.
///
/// # Errors
/// `EAI_*`.
pub fn resolve(
    names: Names<'_>,
    node: Option<&str>,
    service: Option<&str>,
    hints: Hints,
) -> Result<Found, Unresolved> {
    let node = node.filter(|node| *node != "*");
    let service = service.filter(|service| *service != "*");
    if node.is_none() && service.is_none() {
        return Err(Unresolved::NONAME);
    }
    if hints.flags & !AI_KNOWN != 0 || (hints.flags & AI_CANONNAME != 0 && node.is_none()) {
        return Err(Unresolved::BADFLAGS);
    }
    if ![AF_UNSPEC, AF_INET, AF_INET6].contains(&hints.family) {
        return Err(Unresolved::FAMILY);
    }
    let service = service.filter(|service| !service.is_empty());
    let number = service.map(strtoul);
    if number == Some(None) && hints.flags & AI_NUMERICSERV != 0 {
        return Err(Unresolved::NONAME);
    }
    // Cut to an `int`, of which the port is the lower half; a negative one is looked for as a name.
    let number = number.flatten().filter(|number| number & 0x8000_0000 == 0);
    let number = number.map(|number| u16::try_from(number & 0xffff).expect("two bytes"));
    let services = services(service, number, hints)?;
    let (addresses, canonical) = match node {
        None => (unnamed(hints), None),
        Some(node) => named(names, node, hints)?,
    };
    let entry = |(address, (row, port)): (SocketAddr, &(Service, u16))| {
        let mut address = address;
        address.set_port(*port);
        Entry { kind: row.kind, protocol: row.protocol, address }
    };
    let entries = addresses.iter().flat_map(|address| services.iter().map(move |row| (*address, row)));
    let canonical = canonical.filter(|_| hints.flags & AI_CANONNAME != 0);
    Ok(Found { entries: entries.map(entry).collect(), canonical })
}

/// `strtoul(3)`, if it reads all there is.
fn strtoul(text: &str) -> Option<u64> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().unwrap_or(u64::MAX);
    Some(if negative { number.wrapping_neg() } else { number })
}

/// `get_servtuples`.
fn services(
    name: Option<&str>,
    number: Option<u16>,
    hints: Hints,
) -> Result<Vec<(Service, u16)>, Unresolved> {
    let fits = |row: &&Service| {
        (hints.kind == 0 || hints.kind == row.kind)
            && (hints.protocol == 0 || row.over.is_none() || hints.protocol == row.protocol)
    };
    let asked = hints.kind != 0 || hints.protocol != 0;
    let first = SERVICES.iter().find(fits).copied();
    let Some(mut first) = first else {
        return Err(if hints.kind != 0 { Unresolved::SOCKTYPE } else { Unresolved::SERVICE });
    };
    if asked && name.is_some() && first.over.is_none() {
        return Err(Unresolved::SERVICE);
    }
    if first.over.is_none() {
        first.protocol = hints.protocol;
    }
    match (name, number) {
        (Some(name), None) => {
            let known = |row: &Service| Some((*row, hosts::port(name, row.over?)?));
            let found: Vec<_> = SERVICES.iter().filter(fits).filter_map(known).collect();
            if found.is_empty() { Err(Unresolved::SERVICE) } else { Ok(found) }
        }
        (_, number) if asked => Ok(vec![(first, number.unwrap_or(0))]),
        (_, number) => Ok(SERVICES.iter().map(|row| (*row, number.unwrap_or(0))).collect()),
    }
}

/// Addresses without a name: the wildcard for one who will bind, else loopback. The order is that of RFC 3484 as glibc applies
/// it: 0.0.0.0 before ::, ::1 before 127.0.0.1.
fn unnamed(hints: Hints) -> Vec<SocketAddr> {
    let (v4, v6) = if hints.flags & AI_PASSIVE == 0 {
        (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST)
    } else {
        (Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED)
    };
    let mut all: Vec<IpAddr> = vec![v6.into(), v4.into()];
    if hints.flags & AI_PASSIVE != 0 {
        all.reverse();
    }
    all.retain(|ip| of_family(*ip, hints.family));
    all.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect()
}

fn of_family(ip: IpAddr, family: i32) -> bool {
    family == AF_UNSPEC || (family == AF_INET) == ip.is_ipv4()
}

type Named = (Vec<SocketAddr>, Option<String>);

fn named(names: Names<'_>, node: &str, hints: Hints) -> Result<Named, Unresolved> {
    if let Some(address) = numeric(node) {
        let address = match (address, hints.family) {
            (SocketAddr::V4(v4), AF_INET6) if hints.flags & AI_V4MAPPED != 0 => {
                SocketAddr::new(v4.ip().to_ipv6_mapped().into(), 0)
            }
            (SocketAddr::V6(v6), AF_INET) => match v6.ip().to_ipv4_mapped() {
                Some(v4) => SocketAddr::new(v4.into(), 0),
                None => return Err(Unresolved::ADDRFAMILY),
            },
            (address, family) if of_family(address.ip(), family) => address,
            _ => return Err(Unresolved::ADDRFAMILY),
        };
        return Ok((vec![address], Some(node.to_owned())));
    }
    if hints.flags & AI_NUMERICHOST != 0 {
        return Err(Unresolved::NONAME);
    }
    let (name, known) = names.addresses(node).ok_or(Unresolved::NONAME)?;
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = known.iter().copied().partition(IpAddr::is_ipv4);
    let mapped = || {
        v4.iter().filter_map(|ip| match ip {
            IpAddr::V4(v4) => Some(IpAddr::V6(v4.to_ipv6_mapped())),
            IpAddr::V6(_) => None,
        })
    };
    let mut found: Vec<IpAddr> = match hints.family {
        AF_INET => v4,
        AF_INET6 if hints.flags & AI_V4MAPPED != 0 && (v6.is_empty() || hints.flags & AI_ALL != 0) => {
            v6.iter().copied().chain(mapped()).collect()
        }
        AF_INET6 => v6,
        // RFC 3484 prefers ::1 to an address of IPv4.
        _ => v6.iter().chain(&v4).copied().collect(),
    };
    if found.is_empty() {
        return Err(Unresolved::ADDRFAMILY);
    }
    found.sort_by_key(|ip| !names.has_source_for(*ip));
    Ok((found.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect(), Some(name)))
}

/// An address in digits, of IPv6 with an interface's number, or the name of the only one there is.
fn numeric(node: &str) -> Option<SocketAddr> {
    if let Some(v4) = inet_aton(node) {
        return Some(SocketAddr::new(v4.into(), 0));
    }
    let (ip, scope) = match node.split_once('%') {
        Some((ip, LOOPBACK)) => (ip, 1),
        Some((ip, scope)) => (ip, scope.parse().ok()?),
        None => (node, 0),
    };
    Some(SocketAddrV6::new(ip.parse().ok()?, 0, 0, scope).into())
}

/// The interface with the number 1.
const LOOPBACK: &str = "lo";

/// `inet_aton(3)`: one to four parts in decimal, octal or hexadecimal, of which the last fills what is left.
fn inet_aton(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(inet_part).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 0xff) {
        return None;
    }
    let left = 32 - 8 * u32::try_from(first.len()).ok()?;
    if u64::from(*last) >= 1 << left {
        return None;
    }
    let high = first.iter().zip([24, 16, 8]).fold(0, |sum, (part, shift)| sum | part << shift);
    Some(Ipv4Addr::from(high | last))
}

fn inet_part(text: &str) -> Option<u32> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match hexadecimal {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() }
}

/// What `getnameinfo(3)` is asked: which parts there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Bytes for the host; none if there is no place for it.
    pub host: Option<usize>,
    /// Bytes for the service.
    pub service: Option<usize>,
    /// `NI_*`.
    pub flags: i32,
}

/// `getnameinfo(3)`: host and service, as far as they are asked for.
///
/// # Errors
/// `EAI_*`.
pub fn describe(
    names: Names<'_>,
    address: SocketAddr,
    wanted: Wanted,
) -> Result<(Option<String>, Option<String>), Unresolved> {
    let Wanted { host, service, flags } = wanted;
    if flags & !NI_KNOWN != 0 {
        return Err(Unresolved::BADFLAGS);
    }
    if flags & NI_NAMEREQD != 0 && host.is_none() && service.is_none() {
        return Err(Unresolved::NONAME);
    }
    let fits = |text: String, room: usize| {
        if text.len() < room { Ok(Some(text)) } else { Err(Unresolved::OVERFLOW) }
    };
    let host = match host {
        None | Some(0) => None,
        Some(room) => {
            let known = names.name(address.ip()).filter(|_| flags & NI_NUMERICHOST == 0);
            match known {
                Some(name) => fits(name, room)?,
                None if flags & NI_NAMEREQD != 0 => return Err(Unresolved::NONAME),
                None => fits(digits(address), room)?,
            }
        }
    };
    let service = match service {
        None | Some(0) => None,
        Some(room) => {
            let over = if flags & NI_DGRAM == 0 { Over::Tcp } else { Over::Udp };
            let known = hosts::service(address.port(), over).filter(|_| flags & NI_NUMERICSERV == 0);
            fits(known.map_or_else(|| address.port().to_string(), str::to_owned), room)?
        }
    };
    Ok((host, service))
}

fn digits(address: SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() == 1 && v6.ip().is_unicast_link_local() => {
            format!("{}%{LOOPBACK}", v6.ip())
        }
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        _ => address.ip().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{FIRST_NAME, HostId, HostSpec, Hosts};

    fn names<T>(ask: impl FnOnce(Names<'_>) -> T) -> T {
        names_of(HostId::FIRST, ask)
    }

    /// Besides the first: a host of both families, one of IPv4 and one of IPv6.
    fn names_of<T>(own: HostId, ask: impl FnOnce(Names<'_>) -> T) -> T {
        let mut hosts = Hosts::default();
        let all: [(&str, &[&str]); 3] =
            [("db.example", &["10.1.1.1", "fd00::7"]), ("four", &["10.1.1.2"]), ("six", &["fd00::8"])];
        for (name, addresses) in all {
            let addresses = addresses.iter().map(|ip| ip.parse().expect("an address")).collect();
            let spec = HostSpec { name: name.to_owned(), addresses, ..hosts.get(HostId::FIRST).spec.clone() };
            hosts.add(spec).expect("a good name");
        }
        ask(Names { hosts: &hosts, own })
    }

    fn all(node: Option<&str>, service: Option<&str>, hints: Hints) -> Vec<String> {
        all_of(HostId::FIRST, node, service, hints)
    }

    fn all_of(own: HostId, node: Option<&str>, service: Option<&str>, hints: Hints) -> Vec<String> {
        match names_of(own, |names| resolve(names, node, service, hints)) {
            Ok(found) => found.entries.iter().map(|entry| entry.address.to_string()).collect(),
            Err(why) => vec![why.0.to_string()],
        }
    }

    const STREAM: Hints = Hints { flags: 0, family: AF_UNSPEC, kind: 1, protocol: 0 };

    #[test]
    fn the_local_host_has_both_families() {
        for name in ["localhost", "LocalHost", FIRST_NAME] {
            assert_eq!(all(Some(name), Some("80"), STREAM), ["[::1]:80", "127.0.0.1:80"]);
        }
        assert_eq!(all(Some("elsewhere"), None, STREAM), ["-2"]);
    }

    #[test]
    fn hosts_have_names_everywhere() {
        assert_eq!(all(Some("DB.example"), Some("80"), STREAM), ["[fd00::7]:80", "10.1.1.1:80"]);
        assert_eq!(all(Some("db.example"), None, Hints { family: AF_INET, ..STREAM }), ["10.1.1.1:0"]);
        let wanted = Wanted { host: Some(20), service: None, flags: 0 };
        let address = "10.1.1.1:80".parse().expect("an address");
        assert_eq!(names(|names| describe(names, address, wanted)), Ok((Some("db.example".into()), None)));
    }

    #[test]
    fn what_the_asking_host_cannot_reach_comes_last() {
        let (six, four) = ("[fd00::7]:80", "10.1.1.1:80");
        let mapped = Hints { flags: AI_V4MAPPED | AI_ALL, family: AF_INET6, ..STREAM };
        // The first host reaches neither, and RFC 3484 then prefers IPv6.
        for (own, order) in [(0, [six, four]), (1, [six, four]), (2, [four, six]), (3, [six, four])] {
            let own = HostId(own);
            assert_eq!(all_of(own, Some("db.example"), Some("80"), STREAM), order, "{own:?}");
            let mapped = all_of(own, Some("db.example"), Some("80"), mapped);
            let order = order.map(|one| if one == four { "[::ffff:10.1.1.1]:80" } else { one });
            assert_eq!(mapped, order, "{own:?}");
            assert_eq!(all_of(own, Some("localhost"), Some("80"), STREAM), ["[::1]:80", "127.0.0.1:80"]);
        }
    }

    #[test]
    fn every_kind_of_socket_is_told_if_none_is_asked_for() {
        let found = names(|names| resolve(names, Some("1.2.3.4"), Some("9"), Hints::NONE)).expect("digits");
        let kinds: Vec<_> = found.entries.iter().map(|entry| (entry.kind, entry.protocol)).collect();
        assert_eq!(kinds, [(1, 6), (2, 17), (3, 0)]);
    }

    #[test]
    fn old_forms_of_addresses_are_digits() {
        for (text, address) in
            [("127.1", "127.0.0.1"), ("0x7f.1", "127.0.0.1"), ("010.0.0.1", "8.0.0.1"), ("1", "0.0.0.1")]
        {
            assert_eq!(inet_aton(text).map(|ip| ip.to_string()).as_deref(), Some(address), "{text}");
        }
        for text in ["", "1.2.3.4.5", "256.1.1.1", "1.2.3.256", "08.1", "0x", "+1", "1.", "4294967296"] {
            assert_eq!(inet_aton(text), None, "{text}");
        }
    }

    #[test]
    fn services_are_numbers_or_known_names() {
        assert_eq!(all(Some("::1"), Some("http"), STREAM), ["[::1]:80"]);
        assert_eq!(all(Some("::1"), Some(" +70000"), STREAM), ["[::1]:4464"]);
        assert_eq!(all(Some("::1"), Some("nonesuch"), STREAM), ["-8"]);
        assert_eq!(all(Some("::1"), Some("http"), Hints { flags: AI_NUMERICSERV, ..STREAM }), ["-2"]);
        assert_eq!(all(Some("::1"), Some("80"), Hints { kind: 3, ..STREAM }), ["-8"]);
        assert_eq!(all(Some("::1"), None, Hints { kind: 9, ..STREAM }), ["-7"]);
    }

    #[test]
    fn a_name_that_does_not_fit_is_an_overflow() {
        let address = "127.0.0.1:80".parse().expect("an address");
        let described = |wanted| names(|names| describe(names, address, wanted));
        let wanted = Wanted { host: Some(10), service: Some(5), flags: 0 };
        assert_eq!(described(wanted), Ok((Some("localhost".into()), Some("http".into()))));
        let tight = Wanted { host: Some(9), ..wanted };
        assert_eq!(described(tight), Err(Unresolved::OVERFLOW));
        let digits = Wanted { flags: NI_NUMERICHOST | NI_NUMERICSERV, ..wanted };
        assert_eq!(described(digits), Ok((Some("127.0.0.1".into()), Some("80".into()))));
    }
}
