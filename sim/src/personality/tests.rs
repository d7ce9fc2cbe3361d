//! The tables held against each other: the same questions everywhere, and each with its source.
//!
//! Does not know the kernels the tables speak of. Invariant: a test fails if a row loses its answer or its
//! source.

use super::answer::{BesideHangup, Hangup};
use super::row::{known, unknown};
use super::{Answer, Connection, Fact, Kind, Os, Outcome, Personality};
use crate::errno::Errno;
use crate::net::Readiness;
use crate::net::limits::{BACKLOG_MAX, RECEIVE_BUFFER_BYTES};
use crate::ready::Refusal;

fn rows(os: Os) -> Vec<Fact> {
    Personality::of(os).rows()
}

#[test]
fn a_name_is_read_back() {
    for os in Os::ALL {
        assert_eq!(os.name().parse(), Ok(os));
        assert_eq!(os.to_string(), os.name());
        let json = serde_json::to_string(&os).expect("a name is written");
        assert_eq!(json, format!("{:?}", os.name()));
        assert_eq!(serde_json::from_str::<Os>(&json).expect("a name is read"), os);
        assert_eq!(Personality::of(os).os, os);
    }
    assert_eq!(Os::default(), Os::Linux);
}

#[test]
fn a_name_that_is_none_is_refused_with_those_there_are() {
    for text in ["", "Linux", "darwin", "openbsd", "linux "] {
        let error = text.parse::<Os>().expect_err("it is no name").to_string();
        assert!(error.contains("linux, macos, freebsd") && error.contains(&format!("{text:?}")), "{error}");
    }
}

#[test]
fn linux_knows_every_row() {
    let unknown: Vec<Fact> = rows(Os::Linux).into_iter().filter(|fact| fact.answer.is_none()).collect();
    assert_eq!(unknown, []);
}

#[test]
fn every_system_is_asked_the_same() {
    let names = |os| rows(os).into_iter().map(|fact| fact.name).collect::<Vec<_>>();
    let asked = names(Os::Linux);
    let mut different = asked.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), asked.len(), "two rows have one name");
    assert_eq!(names(Os::Macos), asked);
    assert_eq!(names(Os::Freebsd), asked);
}

#[test]
fn every_row_names_the_file_it_was_read_in() {
    for os in Os::ALL {
        for fact in rows(os) {
            let names_file = [".c", ".h", ".master"].iter().any(|end| {
                fact.source.split([' ', ',', ':', ';']).any(|word| word.contains('/') && word.ends_with(end))
            });
            assert!(names_file, "{os} {}: {:?}", fact.name, fact.source);
        }
    }
}

#[test]
fn what_is_unknown_is_a_kind_that_is_missing_or_a_path_not_followed() {
    for fact in rows(Os::Macos).into_iter().filter(|fact| fact.answer.is_none()) {
        let is_missing = fact.name.ends_with(".unix_seqpacket") || fact.name == "accept.mode_of_accept4";
        assert!(is_missing, "{fact:?}");
    }
    for fact in rows(Os::Freebsd).into_iter().filter(|fact| fact.answer.is_none()) {
        assert!(fact.source.starts_with("not followed: "), "{fact:?}");
    }
}

#[test]
fn an_unknown_row_is_unmodelled_and_says_why() {
    let row = unknown::<Outcome>("x/y.c z: not read");
    assert_eq!(row.answer(), Answer::Unknown);
    let refusal = row.get("shutdown(2) of a teapot", Errno::ENOTCONN);
    let why = "shutdown(2) of a teapot: x/y.c z: not read".to_owned();
    assert_eq!(refusal, Err(Refusal::Unmodelled(why, Errno::ENOTCONN)));
    assert_eq!(known(Outcome::Succeeds, "x/y.c z").get("anything", Errno::EINVAL), Ok(Outcome::Succeeds));
}

#[test]
fn a_row_by_kind_is_that_kinds() {
    let names = [
        (Kind::Tcp, "tcp"),
        (Kind::Udp, "udp"),
        (Kind::UnixStream, "unix_stream"),
        (Kind::UnixDatagram, "unix_datagram"),
        (Kind::UnixSeqpacket, "unix_seqpacket"),
    ];
    let facts = rows(Os::Freebsd);
    for (kind, name) in names {
        let fact = facts.iter().find(|fact| fact.name == format!("sizes.send.{name}")).expect("it is listed");
        let Answer::Known(size) = Personality::of(Os::Freebsd).sizes.send.of(kind).answer() else {
            panic!("the size of {name} is unknown")
        };
        assert_eq!(fact.answer, Some(size.to_string()), "{name}");
    }
    let shut = &Personality::of(Os::Linux).streams.read_unconnected;
    let answers =
        [Connection::Tcp, Connection::UnixStream, Connection::UnixSeqpacket].map(|of| shut.of(of).answer());
    let expected =
        [Errno::ENOTCONN, Errno::EINVAL, Errno::ENOTCONN].map(|errno| Answer::Known(Outcome::Fails(errno)));
    assert_eq!(answers, expected);
}

#[test]
fn readiness_by_state_follows_the_rules_of_hangup() {
    let bits = |answer| match answer {
        Answer::Known(bits) => bits,
        Answer::Unknown => panic!("readiness of a unix stream is known everywhere"),
    };
    for os in Os::ALL {
        let poll = &Personality::of(os).poll;
        let ended: Readiness = bits(poll.peer_ended.of(Connection::UnixStream).answer());
        let shut: Readiness = bits(poll.both_shut.of(Connection::UnixStream).answer());
        assert!(ended.readable && shut.readable && shut.hup, "{os}");
        assert_eq!(ended.hup, poll.hangup.answer() == Answer::Known(Hangup::EachAsAsked), "{os}");
        let is_hidden = poll.writable_beside_hangup.answer() == Answer::Known(BesideHangup::Hidden);
        assert_eq!(shut.writable, !is_hidden, "{os}");
        assert_eq!(shut.rdhup, os == Os::Linux, "{os}");
    }
}

/// What each system answers, in the order of [`Os::ALL`].
fn check(name: &str, expected: [&str; 3]) {
    let answers = Os::ALL.map(|os| {
        let fact = rows(os).into_iter().find(|fact| fact.name == name);
        fact.unwrap_or_else(|| panic!("no row {name}")).answer.unwrap_or_else(|| "unknown".to_owned())
    });
    assert_eq!(answers, expected, "{name}");
}

#[test]
fn systems_differ_where_programs_have_met_it() {
    check("options.set_when_both_shut.unix_stream", ["succeeds", "EINVAL", "succeeds"]);
    check("options.set_when_both_shut.tcp", ["succeeds", "EINVAL", "succeeds"]);
    check("options.get_when_both_shut.unix_stream", ["succeeds", "succeeds", "succeeds"]);
    check("accept.mode", ["blocking, whatever the listener is", "as the listener", "as the listener"]);
    check("interfaces.accept4", ["there", "not there", "there"]);
    check(
        "streams.write_after_reset",
        [
            "ECONNRESET, which takes the pending error; then EPIPE",
            "EPIPE; the pending error stays for a read",
            "EPIPE; the pending error stays for a read",
        ],
    );
    check(
        "streams.read_after_close_with_unread.unix_stream",
        [
            "the data that is there, then ECONNRESET once, then the end",
            "the data that is there, then the end",
            "the data that is there, then the end",
        ],
    );
    check("poll.peer_ended.tcp", ["IN|OUT|RDHUP", "IN|HUP", "IN|OUT"]);
    check("poll.unconnected.tcp", ["OUT|HUP", "nothing", "nothing"]);
    check(
        "shutdown.disconnected.unix_stream",
        ["shuts, and succeeds", "ENOTCONN, and shuts nothing", "ENOTCONN, and shuts nothing"],
    );
    check("names.peer_when_disconnected.unix_stream", ["succeeds", "EINVAL", "ENOTCONN"]);
    check("connect.after_refusal", ["succeeds", "EINVAL", "ECONNREFUSED"]);
    check(
        "connect.backlog_full.tcp",
        ["the SYN is dropped, and sent again later", "the SYN is dropped, and sent again later", "unknown"],
    );
    check(
        "datagrams.queue_full",
        ["waits for room; EAGAIN without blocking", "ENOBUFS, blocking or not", "ENOBUFS, blocking or not"],
    );
    check(
        "datagrams.send_after_close",
        ["ECONNREFUSED, then ENOTCONN", "ECONNRESET, then EDESTADDRREQ", "ECONNRESET, then EDESTADDRREQ"],
    );
    check("sizes.send.unix_stream", ["212992", "8192", "8192"]);
}

#[test]
fn sizes_of_linux_are_those_of_the_network() {
    let sizes = &Personality::of(Os::Linux).sizes;
    assert_eq!(sizes.receive.of(Kind::Tcp).answer(), Answer::Known(RECEIVE_BUFFER_BYTES));
    assert_eq!(sizes.backlog_most.answer(), Answer::Known(BACKLOG_MAX as usize));
}
