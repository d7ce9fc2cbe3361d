//! `getaddrinfo(3)`, `getnameinfo(3)`, `gethostname(2)`, `uname(2)`.
//!
//! What a name means is the machine's; asked are forms that mean the same on all. Invariant: no name leaves the machine.

use std::net::SocketAddr;

use libc::{
    AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV, AI_PASSIVE,
    AI_V4MAPPED, NI_DGRAM, NI_NAMEREQD, NI_NUMERICHOST, NI_NUMERICSERV,
};
use photofinish_calls::name::{self, Entry, Hints, Room};

use super::case::family;
use super::sockets::address;
use super::transcript::Transcript;

family! {
    "resolve", "Names and addresses.";
    "digits" = digits, ["getaddrinfo", "freeaddrinfo"], "Addresses in digits.";
    "nobody" = nobody, ["getaddrinfo"], "No name at all.";
    "services" = services, ["getaddrinfo"], "Services, types, protocols.";
    "local" = local, ["getaddrinfo"], "The local host.";
    "wrong" = wrong, ["getaddrinfo"], "Questions that make no sense.";
    "reverse" = reverse, ["getnameinfo"], "Back to names.";
    "host" = host, ["gethostname", "uname"], "The name of the host.";
    "std" = of_std, ["getaddrinfo"], "What std makes of it.";
}

fn show(entry: &Entry) -> String {
    let Entry { flags, kind, protocol, address, canonical } = entry;
    let address = address.map_or_else(|| "?".to_owned(), |address| address.to_string());
    let canonical = canonical.as_ref().map_or_else(String::new, |name| format!(" {name}"));
    format!("{address} {kind}/{protocol} {flags:#x}{canonical}")
}

fn ask(t: &mut Transcript, node: Option<&str>, service: Option<&str>, hints: Hints) {
    let answer = name::getaddrinfo(node, service, Some(hints));
    let answer = answer.map(|entries| entries.iter().map(show).collect::<Vec<_>>());
    t.value(format_args!("{node:?} {service:?} {hints:?}"), answer);
}

const STREAM: Hints = Hints { flags: 0, family: AF_UNSPEC, kind: 1, protocol: 0 };

fn digits(t: &mut Transcript) {
    let texts = [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "010.1",
        "1",
        "0",
        "256.1.1.1",
        "1.2.3.4.5",
        "1.2.3.",
        "",
        "::",
        "::1",
        "::ffff:1.2.3.4",
        "1::2::3",
        "fe80::1%1",
        "fe80::1%lo",
        "2001:db8::7",
        "4294967295",
        "4294967296",
        "0x",
    ];
    for text in texts {
        for family in [AF_UNSPEC, AF_INET, AF_INET6] {
            for flags in [AI_NUMERICHOST, AI_NUMERICHOST | AI_V4MAPPED | AI_CANONNAME] {
                ask(t, Some(text), Some("80"), Hints { flags, family, ..STREAM });
            }
        }
    }
    let answer = name::getaddrinfo(Some("1.2.3.4"), None, None);
    t.value("no hints", answer.map(|entries| entries.len()));
}

fn nobody(t: &mut Transcript) {
    for node in [None, Some("*")] {
        for service in [None, Some("80"), Some("*"), Some("")] {
            for family in [AF_UNSPEC, AF_INET, AF_INET6] {
                for flags in [0, AI_PASSIVE, AI_CANONNAME] {
                    ask(t, node, service, Hints { flags, family, ..STREAM });
                }
            }
        }
    }
}

fn services(t: &mut Transcript) {
    for service in ["80", " 80", "+80", "-1", "70000", "80x", "nonesuch", "0", "http"] {
        for flags in [0, AI_NUMERICSERV] {
            ask(t, Some("::1"), Some(service), Hints { flags, ..STREAM });
        }
    }
    for kind in [0, 1, 2, 3, 9] {
        for protocol in [0, 6, 17, 77] {
            for service in [None, Some("9"), Some("http"), Some("domain")] {
                ask(t, Some("1.2.3.4"), service, Hints { kind, protocol, ..STREAM });
            }
        }
    }
}

fn local(t: &mut Transcript) {
    for name in ["localhost", "LOCALHOST"] {
        for flags in [0, AI_PASSIVE, AI_NUMERICHOST] {
            ask(t, Some(name), Some("80"), Hints { flags, family: AF_INET, ..STREAM });
        }
    }
    ask(t, Some("localhost"), None, Hints { flags: AI_CANONNAME, family: AF_INET, ..STREAM });
}

fn wrong(t: &mut Transcript) {
    for family in [AF_UNIX, 77, -1] {
        ask(t, Some("::1"), None, Hints { family, ..STREAM });
    }
    for flags in [0x800, 0x10000, -1] {
        ask(t, Some("::1"), None, Hints { flags, ..STREAM });
    }
    ask(t, None, None, Hints { family: 77, flags: -1, ..STREAM });
}

fn reverse(t: &mut Transcript) {
    let big = Room { host: 64, service: 16 };
    let mut asked = |of: SocketAddr, told: usize, room: Room, flags: i32| {
        let answer = name::getnameinfo(of, told, room, flags);
        t.value(format_args!("{of} {told} {room:?} {flags:#x}"), answer);
    };
    let numeric = NI_NUMERICHOST | NI_NUMERICSERV;
    for of in ["127.0.0.1:80", "0.0.0.0:0", "[::1]:65535", "[fe80::1%1]:9", "[2001:db8::1]:7"] {
        asked(address(of), 28, big, numeric);
    }
    let of = address("127.0.0.1:80");
    asked(of, 28, big, NI_NUMERICSERV);
    asked(of, 28, big, NI_NUMERICHOST);
    asked(address("127.0.0.1:53"), 28, big, NI_NUMERICHOST | NI_DGRAM);
    asked(address("127.0.0.1:1"), 28, big, NI_NUMERICSERV | NI_NAMEREQD);
    for host in [0, 1, 9, 10] {
        asked(of, 28, Room { host, service: 16 }, numeric);
    }
    for service in [0, 1, 2, 3] {
        asked(of, 28, Room { host: 64, service }, numeric);
    }
    for told in [0, 1, 2, 15, 16] {
        asked(of, told, big, numeric);
    }
    for flags in [0x100, 0x1000, NI_NAMEREQD | numeric] {
        asked(of, 28, big, flags);
    }
    asked(of, 28, Room { host: 0, service: 0 }, NI_NAMEREQD);
    asked(of, 28, Room { host: 0, service: 0 }, 0);
}

fn host(t: &mut Transcript) {
    let whole = name::gethostname(256).map(|name| !name.is_empty() && name.is_ascii());
    t.call("gethostname", whole);
    let length = name::gethostname(256).map_or(0, |name| name.len());
    let own = name::gethostname(256);
    let names = name::uname();
    t.call("uname", names.as_ref().map(drop).map_err(|failed| *failed));
    if let (Ok([system, host, release, machine]), Ok(own)) = (names, own) {
        t.value(
            "the system and the machine",
            system == b"Linux" && machine == std::env::consts::ARCH.as_bytes(),
        );
        t.value("the host", host == own);
        t.value("a release", release.contains(&b'.'));
    }
    t.call("without room for the end", name::gethostname(length).map(drop));
    t.call("with it", name::gethostname(length + 1).map(drop));
    t.call("without room", name::gethostname(0).map(drop));
}

fn of_std(t: &mut Transcript) {
    use std::net::ToSocketAddrs as _;
    let all = |text: &str| {
        text.to_socket_addrs().map(|found| found.filter(SocketAddr::is_ipv4).collect::<Vec<_>>())
    };
    t.value("localhost", all("localhost:80").ok());
    t.value("digits", all("127.0.0.1:80").ok());
    t.std("nothing", &all(":80"));
    t.std("no port", &all("localhost"));
}
