//! `connect(2)` to `AF_UNSPEC` on streams, `SO_LINGER`, `SO_REUSEPORT`.
//!
//! Does not know latency. Invariant: what a script expects is what Linux answered to the same calls on loopback, but for the
//! port numbers the kernel picks.

use proptest::prelude::*;

use super::fabric::Fabric;
use super::script::{check, check_pair};
use crate::net::tcp::{How, Progress, RecvFlags};
use crate::net::{Family, SocketId};

#[test]
fn a_connection_given_up_is_reset() {
    check_pair(
        "c unspec\n c poll => out err hup\n c name => 0.0.0.0:32768\n c peer => ENOTCONN\n c get 1 4 => 104\n c recv => ENOTCONN
         c send x => EPIPE\n * run\n s poll => in out err hup rdhup\n s recv => ECONNRESET\n s recv => ''
         c connect 127.0.0.1:80 => wait\n * run\n c again",
    );
}

#[test]
fn bytes_unread_are_lost_with_the_connection() {
    check_pair(
        "s send abc => 3\n * run\n c unspec\n c unread => 0\n c recv => ECONNRESET\n c recv => ENOTCONN\n c get 1 4 => 0
         c poll => out hup",
    );
}

#[test]
fn what_was_shut_is_open_again() {
    check_pair(
        "c shutdown 0\n c unspec\n c poll => out err hup\n c get 1 4 => 104\n c poll => out hup\n c recv => ENOTCONN",
    );
}

#[test]
fn a_half_closed_connection_is_reset_too() {
    check_pair("c shutdown 1\n * run\n c unspec\n c get 1 4 => 104\n * run\n s poll => in out err hup rdhup");
    check_pair("s close\n * run\n c poll => in out rdhup\n c unspec\n c get 1 4 => 104\n c poll => out hup");
}

#[test]
fn a_connection_that_is_over_is_forgotten_without_a_reset() {
    check_pair(
        "c shutdown 1\n s shutdown 1\n * run\n c poll => in out hup rdhup\n c unspec\n c get 1 4 => 0\n c poll => out hup
         s unspec\n s get 1 4 => 0\n s poll => out hup\n s connect 127.0.0.1:80 => wait",
    );
}

#[test]
fn giving_up_without_a_connection_does_nothing() {
    check(
        "a new\n a unspec\n a poll => out hup\n a get 1 4 => 0\n a bind 127.0.0.1:81\n a unspec\n a name => 127.0.0.1:81
         a listen 1\n a unspec\n a poll => out hup\n a get 1 4 => 0\n a name => 127.0.0.1:81\n b accept a => EINVAL
         a listen 1",
    );
}

#[test]
fn a_connect_given_up_leaves_an_error() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 4\n c new\n c connect 127.0.0.1:80 => wait\n c unspec\n c poll => out err hup
         c get 1 4 => 104\n c poll => out hup\n c connect 127.0.0.1:80 => wait\n * run\n c again
         d new\n d connect 127.0.0.1:80 => wait\n d unspec\n d connect 127.0.0.1:80 => wait",
    );
}

#[test]
fn an_address_bound_by_number_stays() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 4\n c new\n c bind 127.0.0.1:81\n c connect 127.0.0.1:80 => wait\n * run
         c again\n c unspec\n c name => 127.0.0.1:81\n c get 1 4 => 104\n c listen 1",
    );
}

#[test]
fn an_accepted_socket_returns_to_its_listeners_address() {
    check_pair("s unspec\n s name => 127.0.0.1:80");
    check(
        "l new\n l bind 0.0.0.0:80\n l listen 4\n c new\n c connect 127.0.0.1:80 => wait\n * run\n s accept l => 127.0.0.1:32768
         s name => 127.0.0.1:80\n s unspec\n s name => 0.0.0.0:80\n s connect 127.0.0.1:80 => wait\n s name => 127.0.0.1:32769",
    );
}

#[test]
fn everybody_hears_of_a_connection_given_up() {
    check_pair("c edges => all\n c unspec\n c edges => all");
}

#[test]
fn a_lingering_close_waits_for_the_acknowledgement() {
    check_pair(
        "c set 1 13 1 5\n c close\n c edges => all\n c lingers => true\n * step\n c lingers => true\n c edges => none\n * step
         c lingers => false\n c edges => all\n s poll => in out rdhup",
    );
}

#[test]
fn a_lingering_close_waits_for_bytes_the_window_holds_back() {
    check_pair(
        "c set 1 13 1 5\n c fill 300000 => 300000\n c close\n * run\n c lingers => true\n s drain 131072 => 131072\n * run
         c lingers => true\n s drain 131072 => 131072\n * run\n c lingers => false\n s drain 131072 => 37856\n s recv => ''",
    );
}

#[test]
fn a_close_lingers_for_nothing_else() {
    check_pair("c set 1 13 1 5\n s send x => 1\n * run\n c close\n c lingers => false");
    check_pair("c set 1 13 1 5\n c shutdown 1\n * run\n c close\n c lingers => false");
    check_pair("c set 1 13 1 0\n c close\n c lingers => false");
    check_pair("c set 1 13 1 5\n l set 1 13 1 5\n l close\n l lingers => false\n c lingers => false");
    check(
        "u new\n u set 1 13 1 5\n u close\n u lingers => false\n v udp\n v set 1 13 1 5\n v close\n v lingers => false",
    );
}

#[test]
fn a_lingering_last_closer_waits_too() {
    check_pair(
        "s close\n * run\n c set 1 13 1 5\n c close\n c lingers => true\n c edges => all all\n * run\n c lingers => false\n c edges => all",
    );
}

#[test]
fn a_lingering_close_ends_with_a_reset() {
    check_pair(
        "c set 1 13 1 5\n c fill 300000 => 300000\n c close\n * run\n c lingers => true\n c edges => all\n s close\n * run
         c lingers => false\n c edges => all",
    );
}

#[test]
fn an_end_acknowledged_is_an_edge() {
    check_pair("c shutdown 1\n c edges => all all\n * run\n c edges => all");
}

/// Two sockets with options, addresses and whether they listen; what the second answers to both calls.
const SHARED: [(&str, &str, [&str; 2], [&str; 2]); 9] = [
    ("P", "", ["127.0.0.1", "127.0.0.1"], ["EADDRINUSE", "-"]),
    ("P", "P", ["127.0.0.1", "0.0.0.0"], ["ok", "ok"]),
    ("P", "P", ["127.0.0.1", "127.0.0.1"], ["ok", "unmodelled"]),
    ("P", "P", ["[::]", "0.0.0.0"], ["ok", "ok"]),
    ("P", "A", ["127.0.0.1", "127.0.0.1"], ["EADDRINUSE", "-"]),
    ("A", "P", ["127.0.0.1", "127.0.0.1"], ["EADDRINUSE", "-"]),
    ("A", "A", ["127.0.0.1", "127.0.0.1"], ["EADDRINUSE", "-"]),
    ("AP", "AP", ["127.0.0.1", "127.0.0.1"], ["ok", "unmodelled"]),
    ("AP", "A", ["127.0.0.1", "127.0.0.1"], ["EADDRINUSE", "-"]),
];

fn options(name: &str, options: &str) -> String {
    options.chars().map(|option| format!("{name} set 1 {} 1\n", if option == 'A' { 2 } else { 15 })).collect()
}

#[test]
fn listeners_share_a_port_only_where_no_hash_decides() {
    for (first, second, [here, there], [bound, listens]) in SHARED {
        let make = if here.starts_with('[') { "new6" } else { "new" };
        let listens = if listens == "-" { String::new() } else { format!("b listen 1 => {listens}") };
        check(&format!(
            "a {make}\n{}a bind {here}:80\n a listen 1\n b new\n{}b bind {there}:80 => {bound}\n{listens}",
            options("a", first),
            options("b", second)
        ));
    }
}

#[test]
fn the_more_exact_of_two_listeners_gets_the_connection() {
    check(
        "a new\n a set 1 15 1\n a bind 0.0.0.0:80\n a listen 1\n b new\n b set 1 15 1\n b bind 127.0.0.1:80\n b listen 1
         c new\n c connect 127.0.0.1:80 => wait\n d new\n d connect 127.0.0.2:80 => wait\n * run
         s accept b => 127.0.0.1:32768\n t accept b => wait\n t accept a => 127.0.0.1:32769",
    );
}

#[test]
fn a_port_that_remembers_is_shared_by_reuse_port() {
    for (first, second, answer) in
        [("P", "P", "ok"), ("P", "A", "EADDRINUSE"), ("A", "P", "EADDRINUSE"), ("", "P", "EADDRINUSE")]
    {
        for ended in ["s shutdown 1\n * run\n c close\n * run\n s close", ""] {
            check(&format!(
                "l new\n{}l bind 127.0.0.1:80\n l listen 1\n c new\n c connect 127.0.0.1:80 => wait\n * run
                 s accept l => 127.0.0.1:32768\n{ended}\n * run\n l close\n a new\n{}a bind 127.0.0.1:80 => {answer}",
                options("l", first),
                options("a", second)
            ));
        }
    }
}

#[test]
fn a_stream_takes_no_notice_of_an_address() {
    check_pair(
        "c sendto x 127.0.0.1:9 => 1\n * run\n s from => 'x'\n s send abc => 3\n * run\n c trunc 2 => unmodelled
         u new\n u sendto x 127.0.0.1:80 => EPIPE",
    );
}

/// Any call on a stream or a datagram socket.
fn any_call(fabric: &mut Fabric, sockets: &mut [Option<SocketId>], (slot, verb, argument): (usize, u8, u16)) {
    let now_ns = fabric.now_ns;
    let address = format!("127.0.0.1:{}", 80 + argument % 2).parse().expect("an address");
    let net = &mut fabric.net;
    let Some(id) = sockets[slot] else {
        let made = if slot < 3 {
            net.create_tcp(crate::host::HostId::FIRST, Family::Inet)
        } else {
            net.create_udp(crate::host::HostId::FIRST, Family::Inet)
        };
        sockets[slot] = Some(made.expect("few sockets"));
        return;
    };
    match verb {
        0 => drop(net.bind(id, address, now_ns)),
        1 => drop(net.listen(id, i32::from(argument) - 1, now_ns)),
        2 => drop(net.connect(id, address, now_ns, Progress::First)),
        3 => {
            if let (Ok(accepted), other) = (net.accept(id), (slot + 1) % sockets.len()) {
                let before = sockets[other].replace(accepted.id);
                before.into_iter().for_each(|before| net.close(before));
            }
        }
        4 => drop(net.send_to(id, b"abc", Some(address).filter(|_| argument > 1))),
        5 => drop(net.recv_from(id, &mut [0; 2], RecvFlags::default())),
        6 => drop(net.shutdown(id, How::from_linux(i32::from(argument % 3)).expect("0..=2"))),
        7 => {
            net.close(id);
            sockets[slot] = None;
        }
        8 => drop(net.set_option(id, 1, [2, 15][usize::from(argument % 2)], &1_i32.to_ne_bytes())),
        9 => net.disconnect(id),
        10 => drop(net.set_option(
            id,
            1,
            13,
            &[1_i32.to_ne_bytes(), i32::from(argument).to_ne_bytes()].concat(),
        )),
        _ => drop(fabric.step(u64::from(argument))),
    }
}

proptest! {
    #[test]
    fn no_order_of_calls_and_disconnects_is_impossible(
        calls in prop::collection::vec((0..5_usize, 0..14_u8, 0..4_u16, 0..3_000_000_u64), 0..120),
    ) {
        let mut fabric = Fabric::new();
        let mut sockets: Vec<Option<SocketId>> = vec![None; 5];
        for (slot, verb, argument, latency_ns) in calls {
            any_call(&mut fabric, &mut sockets, (slot, verb, argument));
            fabric.collect(latency_ns);
        }
        for id in sockets.into_iter().flatten() {
            fabric.net.close(id);
            let _ = fabric.net.is_lingering(id);
        }
        while fabric.step(1) {}
        prop_assert_eq!(fabric.net.live_count(), 0, "everything is closed and something is left");
    }
}
