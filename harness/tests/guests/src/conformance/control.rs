//! Control messages of datagrams, and the options they go with: IPv4, IPv6, and both on one socket.
//!
//! Interfaces but loopback are the machine's affair, and a card may put together what was cut. Invariant: no line holds a port, and
//! what depends on the order in which datagrams arrive is sorted.

use std::net::IpAddr;

use libc::{
    AF_INET, AF_INET6, IP_MTU_DISCOVER, IP_PKTINFO, IP_RECVTOS, IP_RECVTTL, IP_TOS, IP_TTL, IPPROTO_IP,
    IPPROTO_IPV6, IPV6_DONTFRAG, IPV6_HOPLIMIT, IPV6_MTU_DISCOVER, IPV6_PKTINFO, IPV6_RECVHOPLIMIT,
    IPV6_RECVPKTINFO, IPV6_RECVTCLASS, IPV6_TCLASS, IPV6_UNICAST_HOPS, IPV6_V6ONLY, POLLIN, SCM_CREDENTIALS,
    SCM_RIGHTS, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, SOL_UDP, UDP_GRO, UDP_SEGMENT,
};
use photofinish_calls::message::{self, In, Out};
use photofinish_calls::{Failed, socket};

use super::case::family;
use super::sockets::{Fd, Pair, address, get, pair, read, set, until};
use super::transcript::Transcript;
use super::unixes::control;

family! {
    "control", "Control messages of datagrams.";
    "options" = options, ["setsockopt", "getsockopt"], "What may be set, on what.";
    "told-v4" = told_v4, ["sendto", "recvmsg"], "What a socket of IPv4 is told.";
    "told-v6" = told_v6, ["sendto", "recvmsg"], "What a socket of IPv6 is told.";
    "told-both" = told_both, ["sendto", "recvmsg"], "What a socket of both is told of IPv4.";
    "room" = room, ["recvmsg"], "Too little room.";
    "late" = late, ["setsockopt", "recvmsg"], "Asked for when the datagram is there.";
    "said-v4" = said_v4, ["sendmsg"], "What may be said over IPv4.";
    "said-v6" = said_v6, ["sendmsg"], "What may be said over IPv6.";
    "said-both" = said_both, ["sendmsg"], "What a socket of IPv6 may say over IPv4.";
    "order" = order, ["sendmsg"], "What is looked at first.";
    "segments" = segments, ["sendmsg", "sendto"], "Bytes cut into datagrams.";
    "whole" = whole, ["sendto"], "Datagrams that must not be cut on their way.";
    "several" = several, ["sendmmsg", "recvmmsg"], "Several at once.";
    "streams" = streams, ["sendmsg", "recvmsg"], "Of no concern to a stream.";
}

const OPTIONS: [(&str, i32, i32); 13] = [
    ("IP_TOS", IPPROTO_IP, IP_TOS),
    ("IP_TTL", IPPROTO_IP, IP_TTL),
    ("IP_PKTINFO", IPPROTO_IP, IP_PKTINFO),
    ("IP_MTU_DISCOVER", IPPROTO_IP, IP_MTU_DISCOVER),
    ("IP_RECVTTL", IPPROTO_IP, IP_RECVTTL),
    ("IP_RECVTOS", IPPROTO_IP, IP_RECVTOS),
    ("IPV6_UNICAST_HOPS", IPPROTO_IPV6, IPV6_UNICAST_HOPS),
    ("IPV6_MTU_DISCOVER", IPPROTO_IPV6, IPV6_MTU_DISCOVER),
    ("IPV6_RECVPKTINFO", IPPROTO_IPV6, IPV6_RECVPKTINFO),
    ("IPV6_RECVHOPLIMIT", IPPROTO_IPV6, IPV6_RECVHOPLIMIT),
    ("IPV6_DONTFRAG", IPPROTO_IPV6, IPV6_DONTFRAG),
    ("IPV6_RECVTCLASS", IPPROTO_IPV6, IPV6_RECVTCLASS),
    ("IPV6_TCLASS", IPPROTO_IPV6, IPV6_TCLASS),
];

const OF_UDP: [(&str, i32, i32); 2] = [("UDP_SEGMENT", SOL_UDP, UDP_SEGMENT), ("UDP_GRO", SOL_UDP, UDP_GRO)];

fn options(t: &mut Transcript) {
    for (what, family, kind) in [
        ("UDP", AF_INET, SOCK_DGRAM),
        ("UDP of IPv6", AF_INET6, SOCK_DGRAM),
        ("TCP", AF_INET, SOCK_STREAM),
        ("TCP of IPv6", AF_INET6, SOCK_STREAM),
    ] {
        for (name, level, number) in OPTIONS.into_iter().chain(OF_UDP) {
            let fd = Fd(socket::socket(family, kind, 0).expect("few"));
            t.call(format_args!("{what} {name}"), get(&fd, level, number));
            for value in [-2, -1, 0, 1, 2, 3, 5, 6, 255, 256, 65_535, 65_536] {
                t.call(format_args!("{what} {name} {value}"), set(&fd, level, number, value));
                t.call(format_args!("{what} {name}"), get(&fd, level, number));
            }
            for short in [&[][..], &[1], &[1, 0], &[1, 0, 0]] {
                let option = socket::Name { level, name: number };
                let answer = socket::setsockopt(fd.0, option, short);
                t.call(format_args!("{what} {name} of {} bytes", short.len()), answer);
                t.call(format_args!("{what} {name}"), get(&fd, level, number));
            }
        }
    }
}

fn udp(at: &str) -> Fd {
    let at = address(at);
    let fd = Fd(socket::socket(if at.is_ipv4() { AF_INET } else { AF_INET6 }, SOCK_DGRAM, 0).expect("few"));
    socket::bind(fd.0, at).expect("any port");
    fd
}

/// The bytes of the address at which a socket is reached under an IP address of its family.
fn name(of: &Fd, ip: &str) -> Vec<u8> {
    let (_, mut bytes) = socket::getsockname_bytes(of.0, 128).expect("bound");
    match ip.parse().expect("an address") {
        IpAddr::V4(ip) => bytes[4..8].copy_from_slice(&ip.octets()),
        IpAddr::V6(ip) => bytes[8..24].copy_from_slice(&ip.octets()),
    }
    bytes
}

fn say(fd: &Fd, bytes: &[u8], to: &[u8], control: &[u8]) -> Result<usize, Failed> {
    message::sendmsg(fd.0, Out { parts: &[bytes], to, control }, 0)
}

/// What arrived, from where, and its control messages.
fn shown(room: &In, count: usize) -> String {
    let from = socket::decoded(&room.from).map(|from| from.ip().to_string());
    let text = room.parts[0][..count.min(9)].escape_ascii();
    let mut shown = format!("{count} '{text}' of {} flags {:#x}", from.unwrap_or_default(), room.flags);
    let mut rest = &room.control[..];
    while rest.len() >= 16 {
        let length =
            rest.first_chunk().map_or(16, |bytes| usize::from_ne_bytes(*bytes)).clamp(16, rest.len());
        let word = |at: usize| rest[at..].first_chunk().map_or(-1, |bytes| i32::from_ne_bytes(*bytes));
        shown += &format!(" {}/{} {:?}", word(8), word(12), &rest[16..length]);
        rest = rest.get(length.next_multiple_of(8)..).unwrap_or_default();
    }
    shown
}

fn hear(t: &mut Transcript, fd: &Fd, room: usize) {
    let mut room = In::new(&[100], room);
    let there = until(fd, POLLIN);
    let count = message::recvmsg(fd.0, &mut room, 0);
    t.call(format_args!("heard {there}"), count.map(|count| shown(&room, count)));
}

/// Each set of the options that a receiver has, and what it is told under each.
fn told(t: &mut Transcript, receiver: &Fd, sender: &Fd, ip: &str, asked: &[(i32, i32)]) {
    for set_of in 0..1 << asked.len() {
        for (nth, &(level, number)) in asked.iter().enumerate() {
            set(receiver, level, number, set_of >> nth & 1).expect("it is known");
        }
        t.call(format_args!("set {set_of:b}"), say(sender, b"x", &name(receiver, ip), &[]));
        hear(t, receiver, 400);
    }
}

const ASKED_V4: [(i32, i32); 3] =
    [(IPPROTO_IP, IP_PKTINFO), (IPPROTO_IP, IP_RECVTTL), (IPPROTO_IP, IP_RECVTOS)];
const ASKED_V6: [(i32, i32); 3] =
    [(IPPROTO_IPV6, IPV6_RECVPKTINFO), (IPPROTO_IPV6, IPV6_RECVHOPLIMIT), (IPPROTO_IPV6, IPV6_RECVTCLASS)];

fn told_v4(t: &mut Transcript) {
    let (receiver, sender) = (udp("0.0.0.0:0"), udp("127.0.0.1:0"));
    told(t, &receiver, &sender, "127.0.0.1", &ASKED_V4);
    told(t, &receiver, &sender, "127.0.0.7", &ASKED_V4);
    for (tos, ttl) in [(3, 1), (255, 255), (8, -1)] {
        t.call("IP_TOS", set(&sender, IPPROTO_IP, IP_TOS, tos));
        t.call("IP_TTL", set(&sender, IPPROTO_IP, IP_TTL, ttl));
        t.call("say", say(&sender, b"x", &name(&receiver, "127.0.0.1"), &[]));
        hear(t, &receiver, 400);
    }
    t.call("connect", socket::connect_bytes(sender.0, &name(&receiver, "127.0.0.3")));
    t.call("say", say(&sender, b"x", &[], &tos(2)));
    hear(t, &receiver, 400);
}

fn told_v6(t: &mut Transcript) {
    let (receiver, sender) = (udp("[::]:0"), udp("[::1]:0"));
    let asked = [&ASKED_V6[..], &ASKED_V4].concat();
    told(t, &receiver, &sender, "::1", &asked);
    for (class, hops) in [(3, 0), (255, 255), (-1, -1)] {
        t.call("IPV6_TCLASS", set(&sender, IPPROTO_IPV6, IPV6_TCLASS, class));
        t.call("IPV6_UNICAST_HOPS", set(&sender, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops));
        t.call("say", say(&sender, b"x", &name(&receiver, "::1"), &[]));
        hear(t, &receiver, 400);
    }
}

fn told_both(t: &mut Transcript) {
    let (receiver, sender) = (udp("[::]:0"), udp("[::]:0"));
    let asked = [&ASKED_V6[..], &ASKED_V4].concat();
    told(t, &receiver, &sender, "::ffff:127.0.0.1", &asked);
    // Each family has its own.
    t.call("IPV6_TCLASS", set(&sender, IPPROTO_IPV6, IPV6_TCLASS, 7));
    t.call("IP_TOS", set(&sender, IPPROTO_IP, IP_TOS, 9));
    for ip in ["::ffff:127.0.0.1", "::ffff:127.0.0.9", "::1"] {
        t.call("say", say(&sender, b"x", &name(&receiver, ip), &[]));
        hear(t, &receiver, 400);
    }
}

fn room(t: &mut Transcript) {
    let (receiver, sender) = (udp("[::]:0"), udp("[::]:0"));
    for (level, number) in ASKED_V6.into_iter().chain(ASKED_V4) {
        t.call("set", set(&receiver, level, number, 1));
    }
    for room in [0, 1, 15, 16, 17, 20, 36, 40, 48, 55, 56, 60, 64, 71, 72, 76, 88, 92, 96, 100, 112, 113, 120]
    {
        for ip in ["::ffff:127.0.0.1", "::1"] {
            t.call(format_args!("{ip} into {room}"), say(&sender, b"x", &name(&receiver, ip), &[]));
            hear(t, &receiver, room);
        }
    }
}

fn late(t: &mut Transcript) {
    for (at, ip, asked) in [
        ("0.0.0.0:0", "127.0.0.1", &ASKED_V4[..]),
        ("[::]:0", "::ffff:127.0.0.1", &[&ASKED_V6[..], &ASKED_V4].concat()),
        ("[::]:0", "::1", &ASKED_V6),
    ] {
        let (receiver, sender) = (udp(at), udp(at));
        for value in [1, 0] {
            t.call(format_args!("{at} {ip} {value}"), say(&sender, b"x", &name(&receiver, ip), &tos(1)));
            t.value("there", until(&receiver, POLLIN));
            asked.iter().for_each(|(level, number)| set(&receiver, *level, *number, value).expect("known"));
            hear(t, &receiver, 400);
        }
    }
}

fn tos(value: i32) -> Vec<u8> {
    control(IPPROTO_IP, IP_TOS, &value.to_ne_bytes())
}

fn int(level: i32, kind: i32, value: i32) -> Vec<u8> {
    control(level, kind, &value.to_ne_bytes())
}

/// `IP_PKTINFO`.
fn info(interface: i32, source: [u8; 4]) -> Vec<u8> {
    control(IPPROTO_IP, IP_PKTINFO, &[interface.to_ne_bytes(), source, [9; 4]].concat())
}

/// `IPV6_PKTINFO`.
fn info_v6(interface: i32, source: &str) -> Vec<u8> {
    let source: std::net::Ipv6Addr = source.parse().expect("an address");
    control(IPPROTO_IPV6, IPV6_PKTINFO, &[&source.octets()[..], &interface.to_ne_bytes()].concat())
}

/// Messages that are good and bad anywhere.
fn any() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for value in [-2, 0, 1, 3, 255, 256] {
        for (level, kind) in [
            (IPPROTO_IP, IP_TOS),
            (IPPROTO_IP, IP_TTL),
            (IPPROTO_IPV6, IPV6_TCLASS),
            (IPPROTO_IPV6, IPV6_HOPLIMIT),
            (IPPROTO_IPV6, IPV6_DONTFRAG),
        ] {
            all.push(int(level, kind, value));
        }
    }
    for (level, kind) in [
        (IPPROTO_IP, IP_TOS),
        (IPPROTO_IP, IP_TTL),
        (IPPROTO_IP, IP_PKTINFO),
        (IPPROTO_IP, 99),
        (IPPROTO_IPV6, IPV6_TCLASS),
        (IPPROTO_IPV6, IPV6_HOPLIMIT),
        (IPPROTO_IPV6, IPV6_PKTINFO),
        (IPPROTO_IPV6, 99),
        (SOL_UDP, UDP_SEGMENT),
        (SOL_UDP, UDP_GRO),
        (SOL_SOCKET, SCM_RIGHTS),
        (SOL_SOCKET, SCM_CREDENTIALS),
        (libc::IPPROTO_TCP, 1),
    ] {
        for length in [0, 1, 2, 3, 5, 8, 11, 13, 19, 24] {
            all.push(control(level, kind, &vec![0; length]));
        }
    }
    for length in [0, 15, 17, 20, 21, 24, 200_usize] {
        let mut bytes = tos(1);
        bytes[..8].copy_from_slice(&length.to_ne_bytes());
        all.push(bytes);
    }
    all.push(tos(1)[..15].to_vec());
    all.push([tos(1), tos(2)].concat());
    all.push([tos(1), int(IPPROTO_IP, IP_TTL, 5)].concat());
    all.push([int(IPPROTO_IPV6, IPV6_TCLASS, 1), int(IPPROTO_IPV6, IPV6_HOPLIMIT, 5)].concat());
    all.push(info(0, [0; 4]));
    all.push(info(1, [127, 0, 0, 1]));
    all.push(info(9_999, [127, 0, 0, 1]));
    all.push(info(-1, [127, 0, 0, 1]));
    for source in
        [[127, 0, 0, 3], [203, 0, 113, 9], [224, 0, 0, 1], [255; 4], [127, 255, 255, 255], [0, 0, 0, 1]]
    {
        all.push(info(0, source));
        all.push(info(9_999, source));
    }
    for source in [
        "::",
        "::1",
        "2001:db8::9",
        "::ffff:127.0.0.4",
        "::ffff:0.0.0.0",
        "::ffff:203.0.113.9",
        "fe80::9",
        "ff02::1",
    ] {
        all.push(info_v6(0, source));
        all.push(info_v6(9_999, source));
    }
    all.push(info_v6(1, "::1"));
    all.push(info_v6(1, "::ffff:127.0.0.4"));
    all.push([info_v6(1, "::1"), info_v6(9_999, "::1")].concat());
    all
}

fn said(t: &mut Transcript, receiver: &Fd, sender: &Fd, ip: &str) {
    for (level, number) in ASKED_V6.into_iter().chain(ASKED_V4) {
        // Those of IPv6 are not for all.
        let _refused = set(receiver, level, number, 1);
    }
    for (nth, message) in any().into_iter().enumerate() {
        let sent = say(sender, b"hello", &name(receiver, ip), &message);
        t.call(format_args!("{nth} {}", message.escape_ascii()), sent);
        if sent.is_ok() {
            hear(t, receiver, 400);
        }
    }
}

fn said_v4(t: &mut Transcript) {
    let receiver = udp("0.0.0.0:0");
    said(t, &receiver, &udp("0.0.0.0:0"), "127.0.0.1");
    said(t, &receiver, &udp("127.0.0.2:0"), "127.0.0.1");
}

fn said_v6(t: &mut Transcript) {
    said(t, &udp("[::]:0"), &udp("[::]:0"), "::1");
}

fn said_both(t: &mut Transcript) {
    said(t, &udp("[::]:0"), &udp("[::]:0"), "::ffff:127.0.0.1");
}

fn order(t: &mut Transcript) {
    let (wrong, unknown) = (int(IPPROTO_IP, 99, 0), info(0, [203, 0, 113, 9]));
    let (wrong_v6, both) =
        (int(IPPROTO_IPV6, 99, 0), [int(IPPROTO_IP, 99, 0), int(IPPROTO_IPV6, 99, 0)].concat());
    let segment = control(SOL_UDP, UDP_SEGMENT, &1_u16.to_ne_bytes());
    let too_many = [0; 200];
    let receiver = udp("[::]:0");
    let (four, six, only) = (udp("0.0.0.0:0"), udp("[::]:0"), udp("[::]:0"));
    let receiver_v4 = udp("127.0.0.1:0");
    t.call("IPV6_V6ONLY", set(&only, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    let mut no_port = name(&receiver_v4, "127.0.0.1");
    no_port[2..4].fill(0);
    let long = vec![0; 65_536];
    for control in [&wrong, &unknown, &wrong_v6, &both, &segment] {
        t.call("no peer", say(&four, b"x", &[], control));
        t.call("port 0", say(&four, b"x", &no_port, control));
        t.call("too long", say(&four, &long, &name(&receiver_v4, "127.0.0.1"), control));
        t.call("a little too long", say(&four, &long[..65_508], &name(&receiver_v4, "127.0.0.1"), control));
        t.call("a broadcast", say(&four, b"x", &name(&receiver_v4, "127.255.255.255"), control));
        t.call(
            "200 segments",
            say(&four, &too_many, &name(&receiver_v4, "127.0.0.1"), &[&segment[..], control].concat()),
        );
        t.call("no peer", say(&six, b"x", &[], control));
        t.call("too long", say(&six, &long, &name(&receiver, "::1"), control));
        t.call("of IPv6 alone", say(&only, b"x", &name(&receiver, "::ffff:127.0.0.1"), control));
    }
    let shut = udp("127.0.0.1:0");
    t.call("connect", socket::connect_bytes(shut.0, &name(&receiver_v4, "127.0.0.1")));
    t.call("shutdown", socket::shutdown(shut.0, libc::SHUT_WR));
    t.call("shut, wrong", say(&shut, b"x", &[], &wrong));
    t.call("shut, 200 segments", say(&shut, &too_many, &[], &segment));
}

/// How long the datagrams are that so many bytes come as.
fn lengths(fd: &Fd, mut left: usize, count_min: usize) -> Vec<usize> {
    let mut lengths = Vec::new();
    let mut bytes = vec![0; 65_536];
    while left > 0 || lengths.len() < count_min {
        until(fd, POLLIN);
        let Ok(count) = socket::recv(fd.0, &mut bytes, libc::MSG_DONTWAIT) else { break };
        left = left.saturating_sub(count);
        lengths.push(count);
    }
    lengths.sort_unstable();
    lengths
}

fn segments(t: &mut Transcript) {
    for (at, ip) in [("127.0.0.1:0", "127.0.0.1"), ("[::]:0", "::1"), ("[::]:0", "::ffff:127.0.0.1")] {
        let (receiver, sender) = (udp(at), udp(at));
        let to = name(&receiver, ip);
        for (size, part) in [
            (10, 3),
            (9, 3),
            (10, 10),
            (10, 11),
            (10, 0),
            (0, 5),
            (1, 1),
            (64, 1),
            (129, 1),
            (12_000, 1_200),
            (60_000, 1_400),
            (65_507, 500),
            (65_507, 65_000),
            (65_528, 1_200),
            (65_536, 1_200),
        ] {
            let bytes = vec![7; size];
            let segment = control(SOL_UDP, UDP_SEGMENT, &u16::try_from(part).unwrap_or(0).to_ne_bytes());
            let sent = say(&sender, &bytes, &to, &segment);
            t.call(format_args!("{ip} {size} by {part}"), sent);
            t.value("as", sent.map_or(Vec::new(), |sent| lengths(&receiver, sent, 1)));
            t.call("UDP_SEGMENT", set(&sender, SOL_UDP, UDP_SEGMENT, part));
            let sent = socket::sendto_bytes(sender.0, &bytes, 0, &to);
            t.call(format_args!("{ip} {size} by {part} as the option says"), sent);
            t.value("as", sent.map_or(Vec::new(), |sent| lengths(&receiver, sent, 1)));
            let sent = say(&sender, &bytes, &to, &control(SOL_UDP, UDP_SEGMENT, &[0; 2]));
            t.call(format_args!("{ip} {size}, not cut"), sent);
            t.value("as", sent.map_or(Vec::new(), |sent| lengths(&receiver, sent, 1)));
            t.call("UDP_SEGMENT", set(&sender, SOL_UDP, UDP_SEGMENT, 0));
        }
    }
}

fn whole(t: &mut Transcript) {
    let (receiver, sender) = (udp("[::]:0"), udp("[::]:0"));
    let bytes = vec![7; 65_528];
    for discovery in 0..6 {
        for dont in [0, 1] {
            t.call("IPV6_MTU_DISCOVER", set(&sender, IPPROTO_IPV6, IPV6_MTU_DISCOVER, discovery));
            // Linux counts in another way what is sent as the interface likes it.
            t.call("IP_MTU_DISCOVER", set(&sender, IPPROTO_IP, IP_MTU_DISCOVER, discovery));
            t.call("IPV6_DONTFRAG", set(&sender, IPPROTO_IPV6, IPV6_DONTFRAG, dont));
            for (ip, size) in [
                ("::1", 65_488),
                ("::1", 65_489),
                ("::1", 65_527),
                ("::1", 65_528),
                ("::ffff:127.0.0.1", 65_489),
                ("::ffff:127.0.0.1", 65_507),
            ] {
                for said in
                    [&[][..], &int(IPPROTO_IPV6, IPV6_DONTFRAG, 0), &int(IPPROTO_IPV6, IPV6_DONTFRAG, 1)]
                {
                    let sent = say(&sender, &bytes[..size], &name(&receiver, ip), said);
                    t.call(format_args!("{discovery} {dont} {ip} {size} {}", said.len()), sent);
                    t.value("as", sent.map_or(Vec::new(), |sent| lengths(&receiver, sent, 1)));
                }
            }
        }
    }
}

fn several(t: &mut Transcript) {
    let (receiver, sender) = (udp("127.0.0.1:0"), udp("0.0.0.0:0"));
    for (level, number) in ASKED_V4 {
        t.call("set", set(&receiver, level, number, 1));
    }
    let to = name(&receiver, "127.0.0.1");
    let controls = [tos(1), info(0, [127, 0, 0, 6]), Vec::new()];
    let outs: Vec<Out<'_>> =
        controls.iter().map(|control| Out { parts: &[b"x"], to: &to, control }).collect();
    let mut texts = Vec::new();
    t.value("sendmmsg", message::sendmmsg(sender.0, &outs, 0).map_err(|failed| failed.to_string()));
    while texts.len() < outs.len() {
        t.value("there", until(&receiver, POLLIN));
        let mut rooms: Vec<In> = (0..1).map(|_| In::new(&[9], 100)).collect();
        let received = message::recvmmsg(receiver.0, &mut rooms, 0, None).expect("they come");
        texts.extend(received.iter().zip(&rooms).map(|(count, room)| shown(room, *count as usize)));
    }
    texts.sort();
    t.value("recvmmsg", texts);
    let wrong = [outs[0], Out { control: &[0; 16], ..outs[0] }, outs[0]];
    t.value(
        "the second is wrong",
        message::sendmmsg(sender.0, &wrong, 0).map_err(|failed| failed.to_string()),
    );
    hear(t, &receiver, 100);
}

fn streams(t: &mut Transcript) {
    let Pair { client, server } = pair();
    for (level, number) in ASKED_V4 {
        t.call("set", set(&server, level, number, 1));
    }
    for said in [
        tos(3),
        tos(-7),
        int(IPPROTO_IP, 99, 0),
        int(IPPROTO_IPV6, IPV6_TCLASS, 900),
        int(SOL_UDP, UDP_SEGMENT, 1),
        control(SOL_SOCKET, SCM_RIGHTS, &[0xff; 4]),
        control(SOL_SOCKET, SCM_CREDENTIALS, &[]),
        tos(3)[..15].to_vec(),
    ] {
        t.call(said.escape_ascii(), say(&client, b"hello", &[], &said));
        t.call("read", read(&server, 9));
        t.call("back", say(&server, b"x", &[], &[]));
        hear(t, &client, 100);
    }
    t.call("say", say(&client, b"hello", &[], &tos(3)));
    hear(t, &server, 400);
}
