//! `poll(2)` and `select(2)`.

use photofinish_sim::call::poll::PollFd;
use photofinish_sim::call::select::{FdSet, Sets, select};
use photofinish_sim::call::{pipe, poll};
use photofinish_sim::personality::answer::{Availability, BesideHangup, Hangup, PendingError};
use photofinish_sim::personality::{Connection, Kind, Os};
use photofinish_sim::ready::Mask;

use super::script::{ALL, Not, host, known, place, shown};
use crate::Script;

pub(crate) const SCRIPTS: &[Script] = &[
    (&["poll.unconnected"], unconnected),
    (&["poll.peer_ended", "poll.peer_closed", "poll.both_shut"], at_the_end),
    (&["poll.reset", "poll.pending_error"], reset),
    (&["poll.hangup", "poll.writable_beside_hangup"], hangup),
    (&["poll.pipe_without_writers", "poll.pipe_without_readers"], pipes),
    (&["interfaces.pollrdhup"], reading_end),
];

fn unconnected(os: Os) {
    for kind in [Kind::Tcp, Kind::Udp, Kind::UnixStream, Kind::UnixDatagram, Kind::UnixSeqpacket] {
        let mut host = host(os);
        if host.has(kind) {
            let number = host.socket(kind);
            assert_eq!(host.poll(number), shown(host.rules.poll.unconnected.of(kind)), "{os} {kind:?}");
        }
    }
}

fn at_the_end(os: Os) {
    for connection in ALL {
        let rules = host(os).rules.poll;
        let mut ended = host(os);
        let (client, server) = ended.pair(connection);
        ended.shutdown(server, 1).expect("it is connected");
        assert_eq!(ended.poll(client), shown(rules.peer_ended.of(connection)), "{os} {connection:?}");
        let mut closed = host(os);
        let (client, server) = closed.pair(connection);
        closed.close(server);
        assert_eq!(closed.poll(client), shown(rules.peer_closed.of(connection)), "{os} {connection:?}");
        let mut both = host(os);
        let (client, _) = both.pair(connection);
        if both.shutdown(client, 2) == Ok(()) {
            assert_eq!(both.poll(client), shown(rules.both_shut.of(connection)), "{os} {connection:?}");
        }
    }
}

fn reset(os: Os) {
    let mut first = host(os);
    let (client, _) = first.reset();
    let mask = first.poll(client);
    assert_eq!(mask, shown(first.rules.poll.reset), "{os}");
    let as_error = known(first.rules.poll.pending_error) == Some(PendingError::AsError);
    assert_eq!(mask.is_ok_and(|mask| mask.meets(Mask::ERR)), as_error);
    let mut refused = host(os);
    let number = refused.socket(Kind::Tcp);
    refused.set_nonblocking(number);
    assert!(refused.connect(number, &place(Kind::Tcp, 999)).is_err());
    refused.rest();
    assert_eq!(refused.poll(number), shown(refused.rules.poll.reset), "{os} refused");
}

fn hangup(os: Os) {
    let mut host = host(os);
    let (client, server) = host.pair(Connection::UnixStream);
    host.shutdown(client, 1).expect("it is connected");
    let as_asked = known(host.rules.poll.hangup) == Some(Hangup::EachAsAsked);
    let hup = |mask: Mask| mask.meets(Mask::HUP);
    assert_eq!(host.poll_for(client, Mask::IN).map(hup), Ok(false), "reading is open");
    assert_eq!(host.poll_for(client, Mask::OUT).map(hup), Ok(as_asked));
    assert_eq!(host.poll_for(server, Mask::IN).map(hup), Ok(as_asked));
    assert_eq!(host.poll_for(server, Mask::OUT), Ok(Mask::OUT), "writing is open");
    host.shutdown(server, 1).expect("it is connected");
    let beside = known(host.rules.poll.writable_beside_hangup) == Some(BesideHangup::Shown);
    let both = host.poll(server).expect("known");
    assert!(hup(both));
    assert_eq!(both.meets(Mask::OUT), beside);
    let mut sets = Sets::default();
    sets.read.0[0] = 1 << server;
    sets.write = sets.read;
    let found = host.call(|kernel, caller| select(kernel, caller, 64, &sets, Some(0)));
    assert_eq!(found, Ok((2, Sets { except: FdSet::default(), ..sets })), "both are ready on every system");
}

fn pipes(os: Os) {
    let mut host = host(os);
    let (reads, writes) = host.call(|kernel, caller| pipe::pipe(kernel, caller, 0)).expect("a pipe");
    host.close(writes);
    assert_eq!(host.poll(reads), shown(host.rules.poll.pipe_without_writers), "{os}");
    let (reads, writes) = host.call(|kernel, caller| pipe::pipe(kernel, caller, 0)).expect("a pipe");
    host.close(reads);
    assert_eq!(host.poll(writes), shown(host.rules.poll.pipe_without_readers), "{os}");
}

fn reading_end(os: Os) {
    let mut host = host(os);
    let (client, _) = host.pair(Connection::Tcp);
    let mut entries = [PollFd { fd: client, events: Mask::RDHUP, revents: Mask::NONE }];
    let answer = host.call(|kernel, caller| poll::poll(kernel, caller, &mut entries, Some(0)));
    let there = known(host.rules.interfaces.pollrdhup) == Some(Availability::Present);
    assert_eq!(answer, if there { Ok(0) } else { Err(Not::Unmodelled) });
}
