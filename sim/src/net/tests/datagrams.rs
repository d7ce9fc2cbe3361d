//! UDP: sending, receiving, being refused, being shut.
//!
//! Does not know latency. Invariant: what a script expects is what Linux answered to the same calls on a host that has loopback
//! alone, but for the ports the kernel picks: Linux's are random.

use super::script::check;

/// A receiver `r` at `127.0.0.1:70` and a sender `s`, then the script.
#[track_caller]
fn check_both(script: &str) {
    check(&format!("r udp\n r bind 127.0.0.1:70\n s udp\n{script}"));
}

#[test]
fn a_fresh_socket_has_nothing() {
    check(
        "a udp\n a poll => out\n a name => 0.0.0.0:0\n a peer => ENOTCONN\n a unread => 0\n a recv => wait
         a name => 0.0.0.0:0\n a send x => EDESTADDRREQ\n a name => 0.0.0.0:32768\n b udp6\n b name => [::]:0",
    );
}

#[test]
fn a_datagram_arrives_with_its_sender() {
    check_both(
        "s sendto hello 127.0.0.1:70 => 5\n r poll => out\n * run\n r poll => in out\n r unread => 5
         r from => 'hello' 127.0.0.1:32768\n r from => wait\n r poll => out\n s name => 0.0.0.0:32768
         s send x => EDESTADDRREQ",
    );
}

#[test]
fn a_datagram_keeps_its_bounds() {
    check_both(
        "s sendto abc 127.0.0.1:70 => 3\n s sendto defgh 127.0.0.1:70 => 5\n s fillto 0 127.0.0.1:70 => 0\n * run
         r unread => 3\n r recv => 'abc'\n r unread => 5\n r recv => 'defgh'\n r poll => in out\n r unread => 0
         r from => '' 127.0.0.1:32768\n r poll => out\n r recv => wait",
    );
}

#[test]
fn a_small_buffer_loses_the_rest() {
    check_both(
        "s sendto hello 127.0.0.1:70 => 5\n * run\n r peekfrom 2 => 'he' 127.0.0.1:32768 of 5
         r from 2 => 'he' 127.0.0.1:32768 of 5\n r recv => wait\n s sendto hello 127.0.0.1:70 => 5\n * run
         r trunc 2 => 5\n r recv => wait\n s sendto hello 127.0.0.1:70 => 5\n * run\n r recv 0 => ''\n r recv => wait
         s sendto hello 127.0.0.1:70 => 5\n * run\n r from 5 => 'hello' 127.0.0.1:32768",
    );
}

#[test]
fn the_longest_datagram() {
    check_both(
        "s fillto 65507 127.0.0.1:70 => 65507\n s fillto 65508 127.0.0.1:70 => EMSGSIZE\n * run\n r trunc 1 => 65507
         r udp6\n r bind [::1]:70\n s udp6\n s fillto 65527 [::1]:70 => 65527\n s fillto 65528 [::1]:70 => EMSGSIZE
         s fillto 65508 [::ffff:127.0.0.1]:70 => EMSGSIZE\n * run\n r trunc 1 => 65527",
    );
}

#[test]
fn the_first_fault_is_told() {
    check(
        "s udp\n s fillto 65508 10.0.0.1:9 => ENETUNREACH\n s fillto 65536 10.0.0.1:9 => EMSGSIZE
         s fillto 65508 127.0.0.1:0 => EINVAL\n s fillto 65536 127.0.0.1:0 => EMSGSIZE\n s fill 65536 => EMSGSIZE
         s fill 65508 => EDESTADDRREQ\n s fillto 65508 127.255.255.255:9 => EACCES
         t udp6\n t fill 70000 => EDESTADDRREQ\n t fillto 70000 [::1]:0 => EINVAL\n t fillto 70000 [2001:db8::1]:9 => ENETUNREACH
         t fillto 70000 [::ffff:10.0.0.1]:0 => EMSGSIZE\n t sendto x [::ffff:127.0.0.1]:0 => EINVAL
         u udp6\n u set 41 26 1\n u fillto 70000 [::ffff:127.0.0.1]:0 => ENETUNREACH",
    );
}

/// Where a fresh socket may send, and what `connect(2)` says to the same address.
const DESTINATIONS: [(&str, &str, &str, &str); 22] = [
    ("udp", "127.0.0.5:9", "1", "ok"),
    ("udp", "0.0.0.0:9", "1", "ok"),
    ("udp", "127.0.0.0:9", "1", "ok"),
    ("udp", "127.255.255.255:9", "EACCES", "EACCES"),
    ("udp", "10.0.0.1:9", "ENETUNREACH", "ENETUNREACH"),
    ("udp", "0.0.0.1:9", "ENETUNREACH", "ENETUNREACH"),
    ("udp", "224.0.0.1:9", "ENETUNREACH", "ENETUNREACH"),
    ("udp", "240.0.0.1:9", "ENETUNREACH", "ENETUNREACH"),
    ("udp", "255.255.255.255:9", "ENETUNREACH", "ENETUNREACH"),
    ("udp", "[::1]:9", "EAFNOSUPPORT", "EAFNOSUPPORT"),
    ("udp", "127.0.0.1:0", "EINVAL", "ok"),
    ("udp6", "[::1]:9", "1", "ok"),
    ("udp6", "[::]:9", "1", "ok"),
    ("udp6", "[::2]:9", "ENETUNREACH", "ENETUNREACH"),
    ("udp6", "[ff01::1]:9", "ENETUNREACH", "EINVAL"),
    ("udp6", "[ff02::1]:9", "ENETUNREACH", "EINVAL"),
    ("udp6", "[ff0e::1]:9", "ENETUNREACH", "ENETUNREACH"),
    ("udp6", "[fe80::1]:9", "ENETUNREACH", "EINVAL"),
    ("udp6", "[::ffff:10.0.0.1]:9", "ENETUNREACH", "ENETUNREACH"),
    ("udp6", "[::ffff:0.0.0.0]:9", "1", "ok"),
    ("udp6", "127.0.0.1:9", "1", "ok"),
    ("udp6", "[::1]:0", "EINVAL", "ok"),
];

#[test]
fn only_loopback_is_reached() {
    for (make, to, sent, connected) in DESTINATIONS {
        check(&format!("a {make}\n a sendto x {to} => {sent}\n b {make}\n b connect {to} => {connected}"));
    }
}

#[test]
fn a_failed_connect_leaves_the_port_and_the_peer() {
    check(
        "a udp\n a connect 10.0.0.1:9 => ENETUNREACH\n a name => 0.0.0.0:32768\n a peer => ENOTCONN\n a send x => EDESTADDRREQ
         a connect 127.0.0.5:9\n a name => 127.0.0.1:32768\n a connect 10.0.0.1:9 => ENETUNREACH\n a peer => 127.0.0.5:9",
    );
}

#[test]
fn a_peer_after_a_failed_connect_is_unmodelled() {
    // Linux sends one datagram to the old peer and the next ones nowhere.
    check(
        "a udp\n a connect 127.0.0.1:9\n a connect 10.0.0.1:9 => ENETUNREACH\n a send x => unmodelled\n a sendto x 127.0.0.1:9 => 1
         a connect 127.0.0.1:9\n a send x => 1\n b udp6\n b connect [::1]:9\n b connect [2001:db8::1]:9 => ENETUNREACH\n b send x => 1",
    );
}

#[test]
fn a_dissolved_ipv4_peer_leaves_an_ipv6_socket_deaf() {
    check(
        "a udp6\n a bind [::]:70\n a connect [::ffff:127.0.0.1]:9\n a unspec\n b udp6\n b connect [::1]:70\n b send x => 1\n * run
         b recv => ECONNREFUSED\n b sendto y [::ffff:127.0.0.1]:70 => unmodelled\n c udp\n c sendto y 127.0.0.1:70 => 1\n * run
         a recv => 'y'\n a connect [::1]:9\n a unspec\n b send z => 1\n * run\n a recv => 'z'",
    );
}

#[test]
fn a_mapped_peer_at_port_0_cannot_be_sent_to() {
    check(
        "a udp6\n a connect [::ffff:127.0.0.1]:0\n a send x => EINVAL\n b udp6\n b connect [::1]:0\n b send x => 1",
    );
}

#[test]
fn a_mapped_source_reaches_no_ipv6() {
    check(
        "a udp6\n a bind [::ffff:127.0.0.1]:70\n a sendto x [2001:db8::1]:9 => ENETUNREACH\n a sendto x [::1]:9 => EAFNOSUPPORT
         a connect [2001:db8::1]:9 => ENETUNREACH\n a connect [::1]:9 => EAFNOSUPPORT
         b udp6\n b bind [::ffff:0.0.0.0]:0\n b unspec\n b set 41 26 1\n b sendto x [::]:9 => ENETUNREACH\n b connect [::]:9 => ENETUNREACH",
    );
}

#[test]
fn the_source_is_what_was_bound_or_connected() {
    check(
        "r udp\n r bind 0.0.0.0:70\n a udp\n a bind 127.0.0.9:71\n a sendto x 127.0.0.1:70 => 1\n * run
         r from => 'x' 127.0.0.9:71\n a sendto x 0.0.0.0:70 => 1\n * run\n r from => 'x' 127.0.0.9:71
         a connect 0.0.0.0:70\n a peer => 127.0.0.9:70\n b udp\n b bind 224.0.0.1:72\n b sendto x 127.0.0.1:70 => 1\n * run
         r from => 'x' 127.0.0.1:72\n b connect 127.0.0.1:70\n b name => 224.0.0.1:72\n c udp\n c bind 127.255.255.255:73
         c sendto x 0.0.0.0:70 => 1\n * run\n r from => 'x' 127.0.0.1:73",
    );
}

#[test]
fn families_meet_where_linux_lets_them() {
    check(
        "r udp\n r bind 127.0.0.1:70\n q udp6\n q set 41 26 1\n q bind [::]:70\n a udp6\n a sendto x 127.0.0.1:70 => 1
         * run\n r from => 'x' 127.0.0.1:32768\n a connect 127.0.0.1:70\n a name => [::ffff:127.0.0.1]:32768
         a peer => [::ffff:127.0.0.1]:70\n a send y => 1\n * run\n r recv => 'y'\n r sendto z 127.0.0.1:32768 => 1\n * run
         a from => 'z' [::ffff:127.0.0.1]:70\n a sendto x [::1]:70 => EAFNOSUPPORT\n a connect [::1]:70 => EAFNOSUPPORT
         a unspec\n a name => [::]:0\n a connect [::1]:70\n a name => [::1]:32769\n a send v => 1\n * run
         q from => 'v' [::1]:32769\n q connect [::ffff:127.0.0.1]:70 => ENETUNREACH\n q connect 127.0.0.1:70 => EAFNOSUPPORT
         q sendto x 127.0.0.1:70 => ENETUNREACH\n b udp6\n b bind [::1]:0\n b sendto x [::ffff:127.0.0.1]:70 => ENETUNREACH
         b connect 127.0.0.1:70 => EAFNOSUPPORT\n c udp6\n c bind [::ffff:127.0.0.2]:71\n c sendto x [::1]:70 => EAFNOSUPPORT
         c sendto x [::]:70 => 1\n * run\n r from => 'x' 127.0.0.2:71\n c connect [::]:70\n c peer => [::ffff:127.0.0.1]:70",
    );
}

#[test]
fn a_dual_stack_socket_hears_both_families() {
    check(
        "r udp6\n r bind [::]:70\n a udp\n a sendto x 127.0.0.1:70 => 1\n b udp6\n b sendto y [::1]:70 => 1\n * run
         r from => 'x' [::ffff:127.0.0.1]:32768\n r from => 'y' [::1]:32769\n r sendto z [::ffff:127.0.0.1]:32768 => 1
         * run\n a from => 'z' 127.0.0.1:70",
    );
}

#[test]
fn what_reaches_many_is_unmodelled() {
    check(
        "a udp\n a set 1 6 1\n a sendto x 127.255.255.255:9 => unmodelled\n a connect 127.255.255.255:9 => unmodelled
         a sendto x 255.255.255.255:9 => ENETUNREACH\n b udp\n b bind 127.0.0.1:0\n b sendto x 255.255.255.255:9 => EACCES
         b sendto x 224.0.0.1:9 => unmodelled\n b sendto x 10.0.0.1:9 => ENETUNREACH
         c udp6\n c connect [::1]:9\n c sendto x [::ffff:127.0.0.1]:9 => unmodelled",
    );
}

#[test]
fn a_connected_socket_hears_its_peer_alone() {
    check_both(
        "c udp\n c bind 127.0.0.1:71\n s bind 127.0.0.1:72\n s sendto old 127.0.0.1:71 => 3\n * run\n c connect 127.0.0.1:70
         c peer => 127.0.0.1:70\n r sendto yes 127.0.0.1:71 => 3\n s sendto no 127.0.0.1:71 => 2\n * run
         c from => 'old' 127.0.0.1:72\n c from => 'yes' 127.0.0.1:70\n c from => wait
         c send a => 1\n c sendto b 127.0.0.1:72 => 1\n * run\n r recv => 'a'\n s recv => 'b'
         c connect 127.0.0.1:72\n s sendto now 127.0.0.1:71 => 3\n * run\n c recv => 'now'",
    );
}

#[test]
fn a_port_nobody_has_refuses_the_connected() {
    check(
        "c udp\n c connect 127.0.0.1:9\n c poll => out\n c send x => 1\n c poll => out\n * run\n c poll => out err
         c recv => ECONNREFUSED\n c recv => wait\n c poll => out\n c send x => 1\n * run\n c send x => ECONNREFUSED
         c send x => 1\n * run\n c peek => ECONNREFUSED\n c get 1 4 => 0\n c send x => 1\n * run\n c get 1 4 => 111
         c get 1 4 => 0\n d udp6\n d connect [::ffff:127.0.0.1]:9\n d send x => 1\n * run\n d recv => ECONNREFUSED
         e udp6\n e connect [::1]:9\n e send x => 1\n * run\n e recv => ECONNREFUSED
         f udp\n f connect 127.0.0.1:0\n f peer => ENOTCONN\n f send x => 1\n * run\n f poll => out err",
    );
}

#[test]
fn a_port_nobody_has_is_nothing_to_the_unconnected() {
    check(
        "u udp\n u sendto x 127.0.0.1:9 => 1\n * run\n u poll => out\n u get 1 4 => 0
         c udp\n c bind 127.0.0.1:71\n c connect 127.0.0.1:72\n c sendto x 127.0.0.1:9 => 1\n * run\n c poll => out
         d udp\n d connect 127.0.0.1:71\n d send x => 1\n * run\n d recv => ECONNREFUSED",
    );
}

#[test]
fn a_refusal_is_for_whoever_would_hear_the_answer() {
    check(
        "a udp\n a set 1 2 1\n a bind 127.0.0.1:71\n b udp\n b set 1 2 1\n b bind 127.0.0.1:71\n b connect 127.0.0.1:9
         a sendto x 127.0.0.1:9 => 1\n * run\n a get 1 4 => 0\n b get 1 4 => 111",
    );
}

#[test]
fn a_refusal_comes_before_datagrams_and_outlives_the_peer() {
    check_both(
        "s bind 127.0.0.1:71\n s connect 127.0.0.1:70\n r sendto data 127.0.0.1:71 => 4\n * run\n r close\n s send x => 1\n * run
         s poll => in out err\n s recv => ECONNREFUSED\n s recv => 'data'\n s send x => 1\n * run\n s unspec\n s poll => out err
         s send x => EDESTADDRREQ\n s sendto x 127.0.0.1:9 => ECONNREFUSED\n s get 1 4 => 0",
    );
}

#[test]
fn the_refusal_waits_behind_the_faults_of_a_call() {
    check(
        "c udp\n c connect 127.0.0.1:9\n c send x => 1\n * run\n c fill 65508 => EMSGSIZE\n c sendto x 10.0.0.1:9 => ENETUNREACH
         c sendto x 127.0.0.1:0 => EINVAL\n c sendto x 127.255.255.255:9 => EACCES\n c send x => ECONNREFUSED
         c send x => 1\n * run\n c shutdown 1\n c send x => ECONNREFUSED\n c send x => EPIPE",
    );
}

#[test]
fn a_close_with_datagrams_unread_refuses_only_the_next() {
    check_both(
        "s connect 127.0.0.1:70\n s send x => 1\n * run\n r close\n * run\n s get 1 4 => 0\n s send x => 1\n * run\n s get 1 4 => 111",
    );
}

#[test]
fn a_datagram_goes_to_whoever_is_there_when_it_arrives() {
    check_both(
        "s connect 127.0.0.1:70\n s send x => 1\n r close\n q udp\n q bind 127.0.0.1:70\n * run\n q recv => 'x'
         s send y => 1\n q close\n * run\n s recv => ECONNREFUSED",
    );
}

#[test]
fn without_a_peer_nothing_is_shut_but_everything_is() {
    check(
        "a udp\n a shutdown 0 => ENOTCONN\n a poll => in out rdhup\n a dontwait => wait\n a recv => ''\n a send x => EDESTADDRREQ
         a shutdown 1 => ENOTCONN\n a poll => in out hup rdhup\n a sendto x 127.0.0.1:9 => EPIPE",
    );
}

#[test]
fn a_shut_reader_still_gets_what_comes() {
    check_both(
        "r bind 127.0.0.1:70 => EINVAL\n s bind 127.0.0.1:71\n s connect 127.0.0.1:70\n r connect 127.0.0.1:71\n s shutdown 0
         s poll => in out rdhup\n s from => ''\n s dontwait => wait\n s send x => 1\n r send data => 4\n * run
         s recv => 'data'\n s recv => ''\n s set 1 20 -1l 0l\n s recv => wait\n s set 1 20 0l 50000l\n s recv => ''
         s shutdown 1\n s poll => in out hup rdhup\n s send x => EPIPE\n s sendto x 127.0.0.1:70 => EPIPE\n s shutdown 2
         s peer => 127.0.0.1:70\n s unspec\n s poll => in out hup rdhup\n s shutdown 2 => ENOTCONN
         s connect 127.0.0.1:70\n s send x => EPIPE",
    );
}

#[test]
fn a_socket_may_be_its_own_peer() {
    check("a udp\n a bind 127.0.0.1:70\n a connect 127.0.0.1:70\n a send me => 2\n * run\n a recv => 'me'");
}

#[test]
fn edges_come_when_linux_makes_them() {
    check_both(
        "s edges => none\n s sendto x 127.0.0.1:70 => 1\n s edges => out\n * run\n r edges => in\n r recv => 'x'\n r edges => none
         s connect 127.0.0.1:9\n s edges => none\n s send x => 1\n * run\n s edges => out all\n s get 1 4 => 111\n s edges => none
         s shutdown 1\n s edges => all\n s unspec\n s edges => none",
    );
}

/// How many datagrams of a size fit, by the size and `SO_RCVBUF`, 0 for the default.
const FITS: [(usize, i32, usize); 26] = [
    (0, 0, 256),
    (1, 0, 256),
    (100, 0, 256),
    (200, 0, 166),
    (640, 0, 166),
    (1_000, 0, 92),
    (2_000, 0, 48),
    (4_000, 0, 25),
    (8_000, 0, 12),
    (16_384, 0, 12),
    (20_000, 0, 10),
    (30_000, 0, 6),
    (65_507, 0, 3),
    (1, 1, 2),
    (500, 1, 1),
    (65_507, 1, 1),
    (100, 2_000, 4),
    (500, 2_000, 3),
    (1_000, 4_096, 3),
    (1, 8_192, 19),
    (1_000, 10_000, 8),
    (8_000, 50_000, 6),
    (500, 100_000, 156),
    (1, 1_000_000, 2_403),
    (4_000, 1_000_000, 236),
    (65_507, 1_000_000, 30),
];

#[test]
fn as_many_fit_as_on_linux_and_the_rest_is_dropped_in_silence() {
    for (size, asked, count) in FITS {
        let asked = if asked == 0 { String::new() } else { format!("r set 1 8 {asked}\n") };
        let sends = format!("s fillto {size} 127.0.0.1:70 => {size}\n").repeat(count + 20);
        check_both(&format!("{asked}{sends}* run\n r count => {count}\n s get 1 4 => 0"));
    }
}

/// A full inbox: how many of each size are read, and how many then fit.
const REFILLS: [(usize, usize, usize); 14] = [
    (1, 1, 0),
    (1, 63, 0),
    (1, 64, 64),
    (1, 127, 64),
    (1, 128, 128),
    (1, 255, 192),
    (1, 256, 256),
    (1_000, 1, 0),
    (1_000, 23, 0),
    (1_000, 24, 24),
    (1_000, 47, 24),
    (1_000, 48, 48),
    (1_000, 91, 72),
    (1_000, 92, 92),
];

#[test]
fn room_is_let_go_by_the_quarter() {
    for (size, reads, refill) in REFILLS {
        let full = if size == 1 { 256 } else { 92 };
        let send = format!("s fillto {size} 127.0.0.1:70 => {size}\n");
        let read = format!("r trunc 9 => {size}\n");
        check_both(&format!(
            "{}* run\n{}{}* run\n r count => {}",
            send.repeat(full + 20),
            read.repeat(reads),
            send.repeat(full + 20),
            full - reads + refill
        ));
    }
}

#[test]
fn room_is_let_go_when_the_reader_has_emptied_what_it_set_apart() {
    let send = "s sendto x 127.0.0.1:70 => 1\n";
    let script = format!(
        "{}* run\n r recv => 'x'\n{}* run\n{}{}* run\n r count => 256",
        send.repeat(10),
        send.repeat(400),
        "r recv => 'x'\n".repeat(9),
        send.repeat(400)
    );
    check_both(&script);
}

#[test]
fn a_smaller_buffer_keeps_what_is_in_it() {
    let sends = "s sendto x 127.0.0.1:70 => 1\n".repeat(100);
    check_both(&format!(
        "{sends}* run\n r set 1 8 1000\n s sendto y 127.0.0.1:70 => 1\n * run\n r count => 100"
    ));
}
