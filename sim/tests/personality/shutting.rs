//! `shutdown(2)` and `getpeername(2)`.

use photofinish_sim::errno::Errno;
use photofinish_sim::personality::answer::{ListenerShut, OwnBothShut, Shutdown};
use photofinish_sim::personality::{Connection, Kind, Os};
use photofinish_sim::ready::Mask;

use super::script::{ALL, Host, Not, Said, expected, host, kind, known, shown};
use crate::Script;

pub(crate) const SCRIPTS: &[Script] = &[
    (&["shutdown.unconnected", "names.peer_of_unconnected"], never_connected),
    (&["shutdown.disconnected", "names.peer_when_disconnected"], disconnected),
    (&["shutdown.again"], shut_again),
    (&["shutdown.listener", "poll.listener_shut"], a_listener),
    (&["shutdown.own_both_acknowledged", "names.peer_when_both_shut"], both_by_ourselves),
];

const KINDS: [Kind; 5] = [Kind::Tcp, Kind::Udp, Kind::UnixStream, Kind::UnixDatagram, Kind::UnixSeqpacket];
const REFUSED: Said<()> = Err(Not::Fail(Errno::ENOTCONN));

fn check(host: &mut Host, number: i32, how: i32, answer: Option<Shutdown>) {
    let before = host.poll(number);
    let said = host.shutdown(number, how);
    match answer {
        Some(Shutdown::Done) => assert_eq!(said, Ok(())),
        Some(Shutdown::Refused) => {
            assert_eq!(said, REFUSED);
            assert_eq!(host.poll(number), before, "nothing is shut");
        }
        Some(Shutdown::DoneYetRefused) => assert_eq!(said, REFUSED),
        None => assert_eq!(said, Err(Not::Unmodelled)),
    }
}

fn never_connected(os: Os) {
    for kind in KINDS {
        let mut host = host(os);
        if !host.has(kind) {
            continue;
        }
        let number = host.socket(kind);
        let peer = host.rules.names.peer_of_unconnected.of(kind);
        assert_eq!(host.getpeername(number), expected(peer), "{os} {kind:?}");
        let answer = known(host.rules.shutdown.unconnected.of(kind));
        check(&mut host, number, 2, answer);
        if matches!(answer, Some(Shutdown::Done | Shutdown::DoneYetRefused)) {
            assert!(host.poll(number).is_ok_and(|mask| mask.meets(Mask::HUP)), "{os} {kind:?} is shut");
        }
    }
}

fn disconnected(os: Os) {
    for connection in ALL {
        let mut host = host(os);
        let client = if connection == Connection::Tcp {
            host.reset().0
        } else {
            let (client, server) = host.pair(connection);
            host.close(server);
            client
        };
        let rules = host.rules;
        let peer = rules.names.peer_when_disconnected.of(connection);
        assert_eq!(host.getpeername(client), expected(peer), "{os} {connection:?}");
        check(&mut host, client, 1, known(rules.shutdown.disconnected.of(connection)));
    }
}

fn shut_again(os: Os) {
    for connection in ALL {
        let answer = known(host(os).rules.shutdown.again.of(connection));
        for how in [0, 1] {
            let mut host = host(os);
            let (client, _) = host.pair(connection);
            if host.shutdown(client, how) == Ok(()) {
                check(&mut host, client, how, answer);
            }
        }
        // The peer's end counts as reading shut, at which everything ends before writing is looked at.
        let mut host = host(os);
        let (client, server) = host.pair(connection);
        host.shutdown(server, 1).expect("it is connected");
        check(&mut host, client, 2, answer);
        if answer == Some(Shutdown::Refused) {
            assert_eq!(host.write(client), Ok(3), "writing is open");
        }
    }
}

fn a_listener(os: Os) {
    for connection in ALL {
        let mut host = host(os);
        if !host.has(kind(connection)) {
            continue;
        }
        let (listener, _) = host.listener(connection);
        host.set_nonblocking(listener);
        let said = host.shutdown(listener, 0);
        let row = host.rules.poll.listener_shut.of(connection);
        assert_eq!(host.poll(listener), shown(row), "{os} {connection:?}");
        let (expected, accepts) = match known(host.rules.shutdown.listener.of(connection)) {
            Some(ListenerShut::StopsListening) => (Ok(()), [Errno::EINVAL, Errno::EINVAL]),
            // `accept(2)` without blocking.
            Some(ListenerShut::RefusesCallers) => (Ok(()), [Errno::EAGAIN, Errno::EAGAIN]),
            Some(ListenerShut::Refused) => (REFUSED, [Errno::EAGAIN, Errno::EAGAIN]),
            Some(ListenerShut::FailsAcceptOnce) => (REFUSED, [Errno::ECONNABORTED, Errno::EAGAIN]),
            None => (Err(Not::Unmodelled), [Errno::EAGAIN, Errno::EAGAIN]),
        };
        assert_eq!(said, expected, "{os} {connection:?}");
        for errno in accepts {
            assert_eq!(host.accept(listener), Err(Not::Fail(errno)), "{os} {connection:?}");
        }
    }
}

fn both_by_ourselves(os: Os) {
    for connection in ALL {
        let mut host = host(os);
        let (client, _) = host.pair(connection);
        if host.shutdown(client, 2) != Ok(()) {
            continue;
        }
        let names = host.rules.names;
        let ends = known(host.rules.shutdown.own_both_acknowledged) == Some(OwnBothShut::Disconnects);
        let row = if connection == Connection::Tcp && ends {
            names.peer_when_disconnected.of(connection)
        } else {
            names.peer_when_both_shut.of(connection)
        };
        assert_eq!(host.getpeername(client), expected(row), "{os} {connection:?}");
    }
    // One after the other, reading last: the acknowledgement came before it, and nothing is disconnected.
    let mut host = host(os);
    let (client, _) = host.pair(Connection::Tcp);
    host.shutdown(client, 1).expect("it is connected");
    host.shutdown(client, 0).expect("it is connected");
    let row = host.rules.names.peer_when_both_shut.of(Connection::Tcp);
    assert_eq!(host.getpeername(client), expected(row), "{os}");
}
