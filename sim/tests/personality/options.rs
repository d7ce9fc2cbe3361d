//! `setsockopt(2)` and `getsockopt(2)`.

use photofinish_sim::call::pipe;
use photofinish_sim::call::sockopt::OptionName;
use photofinish_sim::errno::Errno;
use photofinish_sim::personality::answer::Reported;
use photofinish_sim::personality::{Connection, Kind, Os};

use super::script::{ALL, Not, Said, expected, host, kind, known};
use crate::Script;

pub(crate) const SCRIPTS: &[Script] = &[
    (&["options.set_when_both_shut", "options.get_when_both_shut"], both_shut),
    (&["options.set_tcp_level_when_reset", "options.get_tcp_level_when_reset"], reset),
    (&["options.buffer_reported", "options.buffer_of_nothing", "options.buffer_past_most"], buffers),
    (&["sizes.send.tcp", "sizes.receive.tcp", "sizes.receive.udp", "sizes.receive.unix_datagram"], told),
    (&["sizes.send.unix_stream"], a_full_stream),
    (&["sizes.pipe_most"], a_full_pipe),
];

const KEEP_ALIVE: OptionName = OptionName { level: 1, name: 9 };
const NO_DELAY: OptionName = OptionName { level: 6, name: 1 };
const SEND: OptionName = OptionName { level: 1, name: 7 };
const RECEIVE: OptionName = OptionName { level: 1, name: 8 };

fn both_shut(os: Os) {
    for connection in ALL {
        let mut host = host(os);
        let (client, server) = host.pair(connection);
        if connection == Connection::Tcp {
            host.shutdown(client, 2).expect("it is connected");
        } else {
            host.close(server);
        }
        let rules = host.rules.options;
        let set = host.set(client, KEEP_ALIVE, &1_i32.to_ne_bytes());
        assert_eq!(set, expected(rules.set_when_both_shut.of(kind(connection))), "{os} {connection:?}");
        let got = host.get(client, KEEP_ALIVE).map(drop);
        assert_eq!(got, expected(rules.get_when_both_shut.of(kind(connection))), "{os} {connection:?}");
    }
    for kind in [Kind::Udp, Kind::UnixDatagram] {
        let mut host = host(os);
        let number = host.socket(kind);
        let at = super::script::place(kind, 77);
        host.bind(number, &at).expect("it is free");
        host.connect(number, &at).expect("it is there");
        host.shutdown(number, 2).expect("it is connected");
        let rules = host.rules.options;
        let set = host.set(number, KEEP_ALIVE, &1_i32.to_ne_bytes());
        assert_eq!(set, expected(rules.set_when_both_shut.of(kind)), "{os} {kind:?}");
        let got = host.get(number, KEEP_ALIVE).map(drop);
        assert_eq!(got, expected(rules.get_when_both_shut.of(kind)), "{os} {kind:?}");
    }
}

fn reset(os: Os) {
    let mut host = host(os);
    let (client, _) = host.reset();
    let rules = host.rules.options;
    let set = host.set(client, NO_DELAY, &1_i32.to_ne_bytes());
    assert_eq!(set, expected(rules.set_tcp_level_when_reset), "{os}");
    assert_eq!(host.get(client, NO_DELAY).map(drop), expected(rules.get_tcp_level_when_reset), "{os}");
}

fn buffers(os: Os) {
    for kind in [Kind::Tcp, Kind::Udp, Kind::UnixStream, Kind::UnixDatagram] {
        for option in [SEND, RECEIVE] {
            let mut host = host(os);
            let number = host.socket(kind);
            let rules = host.rules.options;
            host.set(number, option, &20_000_i32.to_ne_bytes()).expect("it is no extreme");
            let doubled = known(rules.buffer_reported) == Some(Reported::Doubled);
            assert_eq!(host.get(number, option), Ok(if doubled { 40_000 } else { 20_000 }), "{os} {kind:?}");
            let of_nothing = host.set(number, option, &0_i32.to_ne_bytes());
            assert_eq!(of_nothing, expected(rules.buffer_of_nothing), "{os} {kind:?}");
            let past_most = host.set(number, option, &i32::MAX.to_ne_bytes());
            assert_eq!(past_most, expected(rules.buffer_past_most), "{os} {kind:?}");
        }
    }
}

/// On Linux, what a TCP socket begins with is a matter of what it may grow to, which has its own model.
fn told(os: Os) {
    for kind in [Kind::Tcp, Kind::Udp, Kind::UnixStream, Kind::UnixDatagram] {
        let mut host = host(os);
        let number = host.socket(kind);
        let size = |size: Option<usize>| -> Said<i32> {
            size.and_then(|size| i32::try_from(size).ok()).ok_or(Not::Unmodelled)
        };
        let sizes = host.rules.sizes;
        if (os, kind) != (Os::Linux, Kind::Tcp) {
            assert_eq!(host.get(number, SEND), size(known(sizes.send.of(kind))), "{os} {kind:?}");
        }
        assert_eq!(host.get(number, RECEIVE), size(known(sizes.receive.of(kind))), "{os} {kind:?}");
    }
}

fn a_full_stream(os: Os) {
    let mut host = host(os);
    let (client, server) = host.pair(Connection::UnixStream);
    host.set_nonblocking(client);
    let taken = host.send(client, &vec![0; 1 << 20], None).expect("it is empty");
    if os == Os::Linux {
        return;
    }
    let most = known(host.rules.sizes.send.of(Kind::UnixStream)).expect("every system has one");
    assert_eq!(taken, most, "{os}");
    assert_eq!(host.write(client), Err(Not::Fail(Errno::EAGAIN)));
    assert_eq!(host.read(server), Ok(64));
    assert_eq!(host.write(client), Ok(3));
}

fn a_full_pipe(os: Os) {
    let mut host = host(os);
    let (_, writes) = host.call(|kernel, caller| pipe::pipe(kernel, caller, 0o4000)).expect("a pipe");
    let most = known(host.rules.sizes.pipe_most).expect("every system has one");
    let bytes = vec![0; most + 1];
    let write = photofinish_sim::call::io::write;
    assert_eq!(host.call(|kernel, caller| write(kernel, caller, writes, &bytes)), Ok(most), "{os}");
    assert_eq!(host.write(writes), Err(Not::Fail(Errno::EAGAIN)), "{os}");
}
