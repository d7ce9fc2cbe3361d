//! `connect(2)`.

use photofinish_sim::call::sockopt::OptionName;
use photofinish_sim::errno::Errno;
use photofinish_sim::personality::answer::{BacklogFull, BacklogRoom, TimeLimit};
use photofinish_sim::personality::{Answer, Connection, Kind, Os};

use super::script::{ALL, Host, Not, expected, host, kind, known, place};
use crate::Script;

pub(crate) const SCRIPTS: &[Script] = &[
    (&["connect.after_refusal"], after_refusal),
    (&["connect.while_connecting", "connect.once_established"], in_the_background),
    (&["connect.connected", "connect.on_listener"], not_fresh),
    (&["connect.to_other_file", "connect.to_other_type", "connect.to_nobody"], to_the_wrong_place),
    (&["connect.backlog_full", "connect.backlog_room", "sizes.backlog_most"], backlog),
    (&["connect.time_limit"], time_limit),
];

fn after_refusal(os: Os) {
    let mut host = host(os);
    let (_, address) = host.listener(Connection::Tcp);
    let number = host.socket(Kind::Tcp);
    assert_eq!(host.connect(number, &place(Kind::Tcp, 800)), Err(Not::Fail(Errno::ECONNREFUSED)));
    assert_eq!(host.connect(number, &address), expected(host.rules.connect.after_refusal), "{os}");
}

fn in_the_background(os: Os) {
    let mut host = host(os);
    let (_, address) = host.listener(Connection::Tcp);
    let number = host.socket(Kind::Tcp);
    host.set_nonblocking(number);
    let rules = host.rules.connect;
    assert_eq!(host.connect(number, &address), Err(Not::Fail(Errno::EINPROGRESS)));
    assert_eq!(host.connect(number, &address), expected(rules.while_connecting));
    host.rest();
    assert_eq!(host.connect(number, &address), expected(rules.once_established), "{os}");
}

fn not_fresh(os: Os) {
    for connection in ALL {
        let mut host = host(os);
        if !host.has(kind(connection)) {
            continue;
        }
        let (listener, address) = host.listener(connection);
        let number = host.socket(kind(connection));
        host.connect(number, &address).expect("it listens");
        let rules = host.rules.connect;
        let again = host.connect(number, &address);
        assert_eq!(again, expected(rules.connected.of(connection)), "{os} {connection:?}");
        let from_listener = host.connect(listener, &address);
        assert_eq!(from_listener, expected(rules.on_listener.of(connection)), "{os} {connection:?}");
    }
}

fn to_the_wrong_place(os: Os) {
    let mut host = host(os);
    let rules = host.rules.connect;
    let number = host.socket(Kind::UnixStream);
    let here = |number| place(Kind::UnixStream, number);
    assert_eq!(host.connect(number, &here(900)), expected(rules.to_other_file), "{os}");
    let datagrams = host.socket(Kind::UnixDatagram);
    host.bind(datagrams, &here(901)).expect("it is free");
    assert_eq!(host.connect(number, &here(901)), expected(rules.to_other_type), "{os}");
    let quiet = host.socket(Kind::UnixStream);
    host.bind(quiet, &here(902)).expect("it is free");
    assert_eq!(host.connect(number, &here(902)), expected(rules.to_nobody), "{os}");
    host.close(quiet);
    assert_eq!(host.connect(number, &here(902)), expected(rules.to_nobody), "{os}");
}

/// Connects that answer at once, until one does not; it and how many did.
fn fill(host: &mut Host, connection: Connection, asked: i32) -> (usize, Not) {
    let (listener, address) = host.listener(connection);
    host.listen(listener, asked).expect("it listens");
    for count in 0.. {
        let number = host.socket(kind(connection));
        host.set_nonblocking(number);
        let answer = host.connect(number, &address);
        host.rest();
        match answer {
            Err(Not::Fail(Errno::EINPROGRESS)) if host.getpeername(number) == Ok(()) => {}
            Ok(()) => {}
            Err(not) => return (count, not),
        }
    }
    unreachable!("a listener is full at some time")
}

fn backlog(os: Os) {
    for connection in ALL {
        for asked in [0, 1, 3, 1_000_000] {
            let mut host = host(os);
            if !host.has(kind(connection)) {
                continue;
            }
            let rules = host.rules;
            let most = known(rules.sizes.backlog_most).expect("every system has one");
            if asked > 3 && most > 1_000 {
                continue;
            }
            let cut = usize::try_from(asked).expect("positive").min(most);
            let room = match known(rules.connect.backlog_room.of(connection)) {
                Some(BacklogRoom::OneMore) | None => cut + 1,
                Some(BacklogRoom::AsAsked) if cut == 0 => most,
                Some(BacklogRoom::AsAsked) => cut,
                Some(BacklogRoom::HalfMoreAndOne) => cut * 3 / 2 + 1,
            };
            let not = match rules.connect.backlog_full.of(connection).answer() {
                Answer::Known(BacklogFull::SynDropped) => Not::Fail(Errno::EINPROGRESS),
                Answer::Known(BacklogFull::Waits) => Not::Fail(Errno::EAGAIN),
                Answer::Known(BacklogFull::Refused) => Not::Fail(Errno::ECONNREFUSED),
                Answer::Unknown => Not::Unmodelled,
            };
            assert_eq!(fill(&mut host, connection, asked), (room, not), "{os} {connection:?} {asked}");
        }
    }
}

fn time_limit(os: Os) {
    let mut host = host(os);
    let (listener, address) = host.listener(Connection::Tcp);
    host.listen(listener, 1).expect("it listens");
    if known(host.rules.connect.backlog_full.of(Connection::Tcp)) != Some(BacklogFull::SynDropped) {
        // No connect waits there.
        return;
    }
    for _ in 0..2 {
        let number = host.socket(Kind::Tcp);
        host.set_nonblocking(number);
        assert!(host.connect(number, &address).is_err());
        host.rest();
    }
    let number = host.socket(Kind::Tcp);
    let second = [1_i64.to_ne_bytes(), 0_i64.to_ne_bytes()].concat();
    host.set(number, OptionName { level: 1, name: 21 }, &second).expect("SO_SNDTIMEO");
    let bounds = known(host.rules.connect.time_limit) == Some(TimeLimit::Bounds);
    let expected = if bounds { Errno::EINPROGRESS } else { Errno::ETIMEDOUT };
    assert_eq!(host.connect(number, &address), Err(Not::Fail(expected)), "{os}");
}
