//! Datagrams.

use photofinish_sim::call::io::recv;
use photofinish_sim::errno::Errno;
use photofinish_sim::personality::answer::{QueueFull, ReadAfterClose, Truncation};
use photofinish_sim::personality::{Kind, Os};

use super::script::{Host, Not, expected, host, known, place};
use crate::Script;

pub(crate) const SCRIPTS: &[Script] = &[
    (&["datagrams.queue_full"], queue_full),
    (&["datagrams.too_long", "sizes.send.udp", "sizes.send.unix_datagram"], too_long),
    (&["datagrams.udp_send_unconnected", "datagrams.unix_send_unconnected"], without_an_address),
    (&["datagrams.send_after_close", "datagrams.read_after_close"], after_a_close),
    (&["datagrams.udp_refused"], refused),
    (&["datagrams.truncation"], truncation),
];

/// A socket connected to a bound one, which comes second.
fn connected(host: &mut Host, kind: Kind) -> (i32, i32) {
    let (client, server) = (host.socket(kind), host.socket(kind));
    let at = place(kind, 300);
    host.bind(server, &at).expect("it is free");
    host.connect(client, &at).expect("it is there");
    (client, server)
}

fn queue_full(os: Os) {
    let mut host = host(os);
    let (client, _) = connected(&mut host, Kind::UnixDatagram);
    host.set_nonblocking(client);
    let refusal = (0..100).find_map(|_| host.send(client, &[0; 1000], None).err());
    let errno = match known(host.rules.datagrams.queue_full) {
        Some(QueueFull::Fails) => Errno::ENOBUFS,
        _ => Errno::EAGAIN,
    };
    assert_eq!(refusal, Some(Not::Fail(errno)), "{os}");
}

fn too_long(os: Os) {
    for kind in [Kind::Udp, Kind::UnixDatagram] {
        let mut host = host(os);
        let (client, _) = connected(&mut host, kind);
        let most = known(host.rules.sizes.send.of(kind)).expect("every system has one");
        assert_eq!(
            host.send(client, &vec![0; most + 1], None).map(drop),
            expected(host.rules.datagrams.too_long),
            "{os} {kind:?}"
        );
        if os != Os::Linux {
            assert_eq!(host.send(client, &vec![0; most], None), Ok(most), "{os} {kind:?}");
        }
    }
}

fn without_an_address(os: Os) {
    let mut host = host(os);
    let rules = host.rules.datagrams;
    for (kind, row) in
        [(Kind::Udp, rules.udp_send_unconnected), (Kind::UnixDatagram, rules.unix_send_unconnected)]
    {
        let number = host.socket(kind);
        assert_eq!(host.write(number).map(drop), expected(row), "{os} {kind:?}");
    }
}

fn after_a_close(os: Os) {
    let mut sends = host(os);
    let (client, server) = connected(&mut sends, Kind::UnixDatagram);
    sends.close(server);
    let twice = known(sends.rules.datagrams.send_after_close).expect("every system says");
    for errno in [twice.first, twice.then, twice.then] {
        assert_eq!(sends.write(client), Err(Not::Fail(errno)), "{os}");
    }
    let mut reads = host(os);
    let (client, server) = connected(&mut reads, Kind::UnixDatagram);
    reads.set_nonblocking(client);
    reads.close(server);
    if known(reads.rules.datagrams.read_after_close) == Some(ReadAfterClose::ResetOnce) {
        assert_eq!(reads.read(client), Err(Not::Fail(Errno::ECONNRESET)), "{os}");
    }
    assert_eq!(reads.read(client), Err(Not::Fail(Errno::EAGAIN)), "{os}");
}

fn refused(os: Os) {
    let mut host = host(os);
    let number = host.socket(Kind::Udp);
    host.connect(number, &place(Kind::Udp, 301)).expect("UDP asks nobody");
    assert_eq!(host.write(number), Ok(3));
    assert_eq!(host.read(number).map(drop), expected(host.rules.datagrams.udp_refused), "{os}");
}

fn truncation(os: Os) {
    const MSG_TRUNC: i32 = 0x20;
    for kind in [Kind::Udp, Kind::UnixDatagram] {
        let mut host = host(os);
        let (client, server) = connected(&mut host, kind);
        host.send(client, b"abcdef", None).expect("there is room");
        let mut buffer = [0; 2];
        let answer = host.call(|kernel, caller| recv(kernel, caller, server, &mut buffer, MSG_TRUNC));
        let whole = known(host.rules.datagrams.truncation) == Some(Truncation::FlagOrLength);
        assert_eq!(answer, Ok(if whole { 6 } else { 2 }), "{os} {kind:?}");
    }
}
