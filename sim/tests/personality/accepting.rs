//! `accept(2)`, `bind(2)` and `listen(2)`.

use photofinish_sim::call::address::Address;
use photofinish_sim::call::fd::fcntl;
use photofinish_sim::call::socket;
use photofinish_sim::call::sockopt::OptionName;
use photofinish_sim::errno::Errno;
use photofinish_sim::personality::answer::{AcceptedMode, Availability, TimeLimit, TimeWaitBind};
use photofinish_sim::personality::{Connection, Kind, Os};
use photofinish_sim::unix::Name;

use super::script::{ALL, Host, Not, STREAMS, Said, ask, expected, host, kind, known, place};
use crate::Script;

pub(crate) const SCRIPTS: &[Script] = &[
    (&["accept.mode"], mode),
    (&["accept.of_reset"], of_reset),
    (&["accept.from_datagram"], from_datagram),
    (&["accept.time_limit"], time_limit),
    (&["bind.unix_again", "bind.inet_again", "bind.taken", "bind.listen_unbound"], bound),
    (&["bind.over_listener", "bind.over_bound", "bind.wildcard_over_listener"], shared),
    (&["bind.over_time_wait"], over_time_wait),
    (&["interfaces.unix_seqpacket", "interfaces.abstract_names"], interfaces),
];

const REUSE: OptionName = OptionName { level: 1, name: 2 };

fn mode(os: Os) {
    for connection in STREAMS {
        let mut host = host(os);
        let (listener, address) = host.listener(connection);
        let client = host.socket(kind(connection));
        host.connect(client, &address).expect("it listens");
        host.rest();
        host.set_nonblocking(listener);
        let accepted = host.accept(listener).expect("one waits");
        let flags = host.call(|kernel, caller| fcntl(kernel, caller, accepted, 3, 0)).expect("open");
        let inherits = known(host.rules.accept.mode) == Some(AcceptedMode::AsListener);
        assert_eq!(flags & 0o4000 != 0, inherits, "{os} {connection:?}");
    }
}

fn of_reset(os: Os) {
    let mut host = host(os);
    let (listener, address) = host.listener(Connection::Tcp);
    let client = host.socket(Kind::Tcp);
    host.connect(client, &address).expect("it listens");
    host.set(client, OptionName { level: 1, name: 13 }, &[1, 0, 0, 0, 0, 0, 0, 0]).expect("SO_LINGER");
    host.close(client);
    host.set_nonblocking(listener);
    assert_eq!(host.accept(listener).map(drop), expected(host.rules.accept.of_reset), "{os}");
    assert_eq!(host.accept(listener), Err(Not::Fail(Errno::EAGAIN)));
}

fn from_datagram(os: Os) {
    for kind in [Kind::Udp, Kind::UnixDatagram] {
        let mut host = host(os);
        let number = host.socket(kind);
        assert_eq!(host.accept(number).map(drop), expected(host.rules.accept.from_datagram));
    }
}

fn time_limit(os: Os) {
    for connection in STREAMS {
        let mut host = host(os);
        let (listener, _) = host.listener(connection);
        let second = [1_i64.to_ne_bytes(), 0_i64.to_ne_bytes()].concat();
        host.set(listener, OptionName { level: 1, name: 20 }, &second).expect("SO_RCVTIMEO");
        let bounds = known(host.rules.accept.time_limit) == Some(TimeLimit::Bounds);
        let expected = if bounds { Not::Fail(Errno::EAGAIN) } else { Not::Waits };
        assert_eq!(host.accept(listener), Err(expected), "{os} {connection:?}");
    }
}

fn bound(os: Os) {
    let mut host = host(os);
    let rules = host.rules.bind;
    for (kind, row) in [
        (Kind::Tcp, rules.inet_again),
        (Kind::Udp, rules.inet_again),
        (Kind::UnixStream, rules.unix_again),
        (Kind::UnixDatagram, rules.unix_again),
    ] {
        let number = host.socket(kind);
        host.bind(number, &place(kind, 500)).expect("it is free");
        assert_eq!(host.bind(number, &place(kind, 501)), expected(row), "{os} {kind:?}");
        if matches!(kind, Kind::Tcp | Kind::Udp) {
            let other = host.socket(kind);
            assert_eq!(host.bind(other, &place(kind, 500)), expected(rules.taken), "{os} {kind:?}");
        }
    }
    for connection in ALL {
        if host.has(kind(connection)) {
            let number = host.socket(kind(connection));
            let row = rules.listen_unbound.of(connection);
            assert_eq!(host.listen(number, 1), expected(row), "{os} {connection:?}");
        }
    }
}

fn reusing(host: &mut Host) -> i32 {
    let number = host.socket(Kind::Tcp);
    host.set(number, REUSE, &1_i32.to_ne_bytes()).expect("SO_REUSEADDR");
    number
}

fn shared(os: Os) {
    let mut host = host(os);
    let rules = host.rules.bind;
    let at = place(Kind::Tcp, 600);
    let (one, two) = (reusing(&mut host), reusing(&mut host));
    host.bind(one, &at).expect("it is free");
    assert_eq!(host.bind(two, &at), expected(rules.over_bound), "{os}");
    host.close(two);
    host.listen(one, 1).expect("it is bound");
    let three = reusing(&mut host);
    assert_eq!(host.bind(three, &at), expected(rules.over_listener), "{os}");
    let wildcard = Address::Inet("0.0.0.0:680".parse().expect("an address"));
    assert_eq!(host.bind(three, &wildcard), expected(rules.wildcard_over_listener), "{os}");
}

fn over_time_wait(os: Os) {
    for (leaver_reuses, binder_reuses) in [(true, true), (false, true), (false, false)] {
        let mut host = host(os);
        let at = place(Kind::Tcp, 700);
        let set = |host: &mut Host, number, reuses: bool| {
            host.set(number, REUSE, &i32::from(reuses).to_ne_bytes()).expect("SO_REUSEADDR");
        };
        let listener = host.socket(Kind::Tcp);
        set(&mut host, listener, leaver_reuses);
        host.bind(listener, &at).expect("it is free");
        host.listen(listener, 1).expect("it is bound");
        let client = host.socket(Kind::Tcp);
        host.connect(client, &at).expect("it listens");
        let server = host.accept(listener).expect("one waits");
        host.close(server);
        host.close(client);
        host.close(listener);
        let number = host.socket(Kind::Tcp);
        set(&mut host, number, binder_reuses);
        let free = match known(host.rules.bind.over_time_wait) {
            Some(TimeWaitBind::NeedsBoth) => leaver_reuses && binder_reuses,
            _ => binder_reuses,
        };
        let expected: Said<()> = if free { Ok(()) } else { Err(Not::Fail(Errno::EADDRINUSE)) };
        assert_eq!(host.bind(number, &at), expected, "{os} {leaver_reuses} {binder_reuses}");
    }
}

fn interfaces(os: Os) {
    let mut host = host(os);
    let rules = host.rules.interfaces;
    let made = host.call(|kernel, caller| socket::socket(kernel, caller, ask(Kind::UnixSeqpacket)));
    let there = known(rules.unix_seqpacket) == Some(Availability::Present);
    let missing = Err(Not::Fail(Errno::EPROTONOSUPPORT));
    assert_eq!(made.map(drop), if there { Ok(()) } else { missing }, "{os}");
    let number = host.socket(Kind::UnixStream);
    let there = known(rules.abstract_names) == Some(Availability::Present);
    let name = Address::Unix(Name::Abstract(b"here".to_vec()));
    assert_eq!(host.bind(number, &name), if there { Ok(()) } else { Err(Not::Unmodelled) }, "{os}");
}
