//! Reads and writes of streams.

use photofinish_sim::call::sockopt::OptionName;
use photofinish_sim::errno::Errno;
use photofinish_sim::personality::answer::{Tail, Unread, WriteAfterReset};
use photofinish_sim::personality::{Connection, Os};

use super::script::{ALL, Host, Not, STREAMS, expected, host, kind, known};
use crate::Script;

pub(crate) const SCRIPTS: &[Script] = &[
    (&["streams.read_after_close_with_unread"], unread_at_the_close),
    (&["streams.write_after_close_with_unread"], written_after_unread),
    (&["streams.read_after_reset", "streams.write_after_reset"], after_a_reset),
    (&["streams.write_after_close"], written_after_a_close),
    (&["streams.write_after_shut"], written_after_shut),
    (&["streams.read_unconnected", "streams.write_unconnected"], without_a_connection),
    (&["streams.shut_with_unread", "streams.write_to_shut_reader"], a_shut_reader),
    (&["streams.read_timed_out"], a_read_times_out),
];

/// Data of ours is unread at the peer, data of the peer's here, and the peer closes.
fn broken(os: Os, connection: Connection) -> (Host, i32) {
    let mut host = host(os);
    let (client, server) = host.pair(connection);
    assert_eq!(host.write(client), Ok(3));
    assert_eq!(host.write(server), Ok(3));
    host.close(server);
    (host, client)
}

fn read_tail(host: &mut Host, number: i32, tail: Option<Tail>) {
    let reset = Err(Not::Fail(Errno::ECONNRESET));
    let reads = match tail {
        Some(Tail::DataThenEnd) => vec![Ok(3), Ok(0), Ok(0)],
        Some(Tail::DataThenResetThenEnd) => vec![Ok(3), reset, Ok(0)],
        Some(Tail::ResetThenDataThenEnd) => vec![reset, Ok(3), Ok(0)],
        None => vec![Err(Not::Unmodelled)],
    };
    for (at, expected) in reads.into_iter().enumerate() {
        assert_eq!(host.read(number), expected, "read {at} by {tail:?}");
    }
}

fn unread_at_the_close(os: Os) {
    for connection in ALL {
        let (mut host, client) = broken(os, connection);
        let row = host.rules.streams.read_after_close_with_unread.of(connection);
        read_tail(&mut host, client, known(row));
    }
}

fn check_writes(host: &mut Host, number: i32, answer: Option<WriteAfterReset>) {
    let (reset, pipe) = (Err(Not::Fail(Errno::ECONNRESET)), Err(Not::Fail(Errno::EPIPE)));
    let (first, then, pending) = match answer {
        Some(WriteAfterReset::TakesReset) => (reset, pipe, 0),
        Some(WriteAfterReset::LeavesReset) => (pipe, pipe, 104),
        Some(WriteAfterReset::NoReset) => (pipe, pipe, 0),
        Some(WriteAfterReset::NotReset) => return assert_eq!(host.write(number), Ok(3)),
        None => return assert_eq!(host.write(number), Err(Not::Unmodelled)),
    };
    assert_eq!(host.write(number), first, "{answer:?}");
    assert_eq!(host.write(number), then, "{answer:?}");
    assert_eq!(host.get(number, super::script::SO_ERROR), Ok(pending), "{answer:?}");
}

fn written_after_unread(os: Os) {
    for connection in ALL {
        let (mut host, client) = broken(os, connection);
        let row = host.rules.streams.write_after_close_with_unread.of(connection);
        check_writes(&mut host, client, known(row));
    }
}

fn after_a_reset(os: Os) {
    let mut first = host(os);
    let (client, _) = first.reset();
    let row = first.rules.streams.write_after_reset;
    check_writes(&mut first, client, known(row));
    let mut host = host(os);
    let (client, server) = host.pair(Connection::Tcp);
    host.write(server).expect("it is open");
    host.set(server, OptionName { level: 1, name: 13 }, &[1, 0, 0, 0, 0, 0, 0, 0]).expect("SO_LINGER");
    host.close(server);
    let row = host.rules.streams.read_after_reset;
    read_tail(&mut host, client, known(row));
}

fn written_after_a_close(os: Os) {
    for connection in ALL {
        let mut host = host(os);
        let (client, server) = host.pair(connection);
        host.close(server);
        let row = host.rules.streams.write_after_close.of(connection);
        assert_eq!(host.write(client).map(drop), expected(row), "{os} {connection:?}");
    }
}

fn written_after_shut(os: Os) {
    for connection in ALL {
        let mut host = host(os);
        let (client, _) = host.pair(connection);
        let row = host.rules.streams.write_after_shut.of(connection);
        let shut = host.shutdown(client, 1);
        assert_eq!(shut, Ok(()), "{os} {connection:?}");
        assert_eq!(host.write(client).map(drop), expected(row), "{os} {connection:?}");
    }
}

fn without_a_connection(os: Os) {
    for connection in ALL {
        let mut host = host(os);
        if !host.has(kind(connection)) {
            continue;
        }
        let number = host.socket(kind(connection));
        let streams = host.rules.streams;
        assert_eq!(host.read(number).map(drop), expected(streams.read_unconnected.of(connection)));
        assert_eq!(host.write(number).map(drop), expected(streams.write_unconnected.of(connection)));
    }
}

fn a_shut_reader(os: Os) {
    for connection in ALL {
        let mut host = host(os);
        let (client, server) = host.pair(connection);
        let streams = host.rules.streams;
        host.write(client).expect("it is open");
        let Some(unread) = known(streams.shut_with_unread.of(connection)) else {
            assert_eq!(host.shutdown(server, 0), Err(Not::Unmodelled));
            continue;
        };
        host.shutdown(server, 0).expect("it is connected");
        if unread == Unread::Kept {
            assert_eq!(host.read(server), Ok(3));
        }
        assert_eq!(host.read(server), Ok(0), "{os} {connection:?}");
        let written = host.write(client).map(drop);
        assert_eq!(written, expected(streams.write_to_shut_reader.of(connection)), "{os} {connection:?}");
        if unread == Unread::Dropped {
            assert_eq!(host.read(server), Ok(0), "what comes later is dropped, too");
        }
    }
}

fn a_read_times_out(os: Os) {
    for connection in STREAMS {
        let mut host = host(os);
        let (client, _) = host.pair(connection);
        let second = [1_i64.to_ne_bytes(), 0_i64.to_ne_bytes()].concat();
        host.set(client, OptionName { level: 1, name: 20 }, &second).expect("SO_RCVTIMEO");
        assert_eq!(host.read(client).map(drop), expected(host.rules.streams.read_timed_out));
    }
}
