//! Control messages of datagrams, byte by byte.
//!
//! Does not know descriptors. Invariant: what a script expects is what Linux 6.18 answered to the same bytes on a host that has loopback
//! alone.

use super::script::check;

/// A receiver `r` at `127.0.0.1:70` and a sender `s` at `127.0.0.1:71`, then the script.
#[track_caller]
fn check_v4(script: &str) {
    check(&format!("r udp\n r bind 127.0.0.1:70\n s udp\n s bind 127.0.0.1:71\n{script}"));
}

/// A dual-stack receiver `r` at port 70 and a sender `s` at port 71 of all addresses, then the script.
#[track_caller]
fn check_v6(script: &str) {
    check(&format!("r udp6\n r bind [::]:70\n s udp6\n s bind [::]:71\n{script}"));
}

#[test]
fn a_receiver_is_told_what_it_asks_for_in_the_order_of_linux() {
    check_v4(
        "s say a 127.0.0.1:70 0/1=03 => 1\n * run\n r hear => 'a'
         r set 0 13 1\n s say b 127.0.0.1:70 0/1=03 => 1\n * run\n r hear => 'b' 0/1=03
         r set 0 12 1\n s say c 127.0.0.1:70 0/2=07000000 => 1\n * run\n r hear => 'c' 0/2=07000000 0/1=00
         r set 0 8 1\n s sendto d 127.0.0.1:70 => 1\n * run
         r hear 200 => 'd' 0/8=010000007f0000017f000001 0/2=40000000 0/1=00
         s set 0 1 8\n s set 0 2 9\n s sendto e 127.0.0.1:70 => 1\n * run
         r hear 200 => 'e' 0/8=010000007f0000017f000001 0/2=09000000 0/1=08",
    );
    check_v6(
        "r set 41 66 1\n r set 41 51 1\n r set 41 49 1\n r set 0 13 1\n s say a [::1]:70 41/67=02000000 => 1\n * run
         r hear 200 => 'a' 41/50=0000000000000000000000000000000101000000 41/52=40000000 41/67=02000000
         s set 41 67 12\n s set 41 16 0\n s sendto b [::1]:70 => 1\n * run
         r hear 200 => 'b' 41/50=0000000000000000000000000000000101000000 41/52=00000000 41/67=0c000000",
    );
}

#[test]
fn a_dual_stack_socket_is_told_of_ipv4_in_both_ways() {
    check_v6(
        "r set 41 49 1\n r set 41 66 1\n r set 0 13 1\n r set 0 8 1\n s say a [::ffff:127.0.0.1]:70 0/1=01 41/67=02000000 => 1
         * run\n r hear 200 => 'a' 41/50=00000000000000000000ffff7f00000101000000 0/8=010000007f0000017f000001 0/1=01
         r set 0 8 0\n r set 0 13 0\n t udp\n t sendto b 127.0.0.1:70 => 1\n * run
         r hear 200 => 'b' 41/50=00000000000000000000ffff7f00000101000000",
    );
}

#[test]
fn the_interface_is_noted_when_the_datagram_arrives() {
    check_v4(
        "s sendto a 127.0.0.1:70 => 1\n * run\n r set 0 8 1\n r hear => 'a' 0/8=00000000000000007f000001",
    );
    check_v6(
        "s sendto a [::ffff:127.0.0.1]:70 => 1\n s sendto b [::1]:70 => 1\n * run\n r set 41 49 1
         r hear => 'a' 41/50=00000000000000000000ffff7f00000100000000
         r hear => 'b' 41/50=0000000000000000000000000000000101000000",
    );
}

#[test]
fn what_finds_no_room_is_cut() {
    for (room, heard) in [
        (0, "'a' cut"),
        (15, "'a' cut"),
        (16, "'a' 0/8= cut"),
        (28, "'a' 0/8=010000007f0000017f000001 cut"),
        (32, "'a' 0/8=010000007f0000017f000001 cut"),
        (48, "'a' 0/8=010000007f0000017f000001 0/1= cut"),
        (49, "'a' 0/8=010000007f0000017f000001 0/1=00"),
    ] {
        check_v4(&format!(
            "r set 0 8 1\n r set 0 13 1\n s sendto a 127.0.0.1:70 => 1\n * run\n r hear {room} => {heard}"
        ));
    }
}

/// What a message comes to on its way to `127.0.0.1`, and then who sent the datagram, if one arrives.
const OVER_V4: [(&str, &str, &str); 33] = [
    ("0/8=000000000000000000000000", "1", "127.0.0.1"),
    ("0/8=000000007f00000300000000", "1", "127.0.0.3"),
    ("0/8=000000000a09090900000000", "ENETUNREACH", ""),
    ("0/8=00000000e000000100000000", "EINVAL", ""),
    ("0/8=00000000ffffffff00000000", "EINVAL", ""),
    ("0/8=000000000000000100000000", "ENETUNREACH", ""),
    ("0/8=000000007fffffff00000000", "ENETUNREACH", ""),
    ("0/8=010000007f00000100000000", "1", "127.0.0.1"),
    ("0/8=4d0000007f00000100000000", "ENODEV", ""),
    ("0/8=4d0000000a09090900000000", "ENETUNREACH", ""),
    ("0/8=ffffffff7f00000100000000", "ENODEV", ""),
    ("0/8=0000000000000000000000", "EINVAL", ""),
    ("0/8=00000000000000000000000000", "EINVAL", ""),
    ("0/1=ff000000", "1", "127.0.0.1"),
    ("0/1=00010000", "EINVAL", ""),
    ("0/1=ffffffff", "EINVAL", ""),
    ("0/1=0000", "EINVAL", ""),
    ("0/2=00000000", "EINVAL", ""),
    ("0/2=ff000000", "1", "127.0.0.1"),
    ("0/2=00010000", "EINVAL", ""),
    ("0/2=07", "EINVAL", ""),
    ("0/99=", "EINVAL", ""),
    ("41/67=03000000", "1", "127.0.0.1"),
    ("41/50=00", "1", "127.0.0.1"),
    ("41/99=", "1", "127.0.0.1"),
    ("6/1=", "1", "127.0.0.1"),
    ("1/1=", "1", "127.0.0.1"),
    ("1/77=", "unmodelled", ""),
    ("17/103=0000", "1", "127.0.0.1"),
    ("17/103=00000000", "EINVAL", ""),
    ("17/104=00000000", "EINVAL", ""),
    ("0/7=", "unmodelled", ""),
    ("0/99= 17/1=", "EINVAL", ""),
];

/// The same to `::1`.
const OVER_V6: [(&str, &str, &str); 26] = [
    ("41/50=0000000000000000000000000000000000000000", "1", "::1"),
    ("41/50=0000000000000000000000000000000100000000", "1", "::1"),
    ("41/50=0000000000000000000000000000000101000000", "1", "::1"),
    ("41/50=000000000000000000000000000000014d000000", "ENODEV", ""),
    ("41/50=20010db80000000000000000000000014d000000", "ENODEV", ""),
    ("41/50=20010db800000000000000000000000100000000", "EINVAL", ""),
    ("41/50=00000000000000000000ffff7f00000100000000", "EINVAL", ""),
    ("41/50=fe80000000000000000000000000000100000000", "EINVAL", ""),
    ("41/50=ff02000000000000000000000000000100000000", "EINVAL", ""),
    ("41/50=00000000000000000000000000000000000000", "EINVAL", ""),
    ("41/50=000000000000000000000000000000000000000000000000", "1", "::1"),
    ("41/67=ffffffff", "1", "::1"),
    ("41/67=feffffff", "EINVAL", ""),
    ("41/67=00010000", "EINVAL", ""),
    ("41/67=01", "EINVAL", ""),
    ("41/52=ffffffff", "1", "::1"),
    ("41/52=feffffff", "EINVAL", ""),
    ("41/52=00000000", "1", "::1"),
    ("41/52=00010000", "EINVAL", ""),
    ("41/62=01000000", "1", "::1"),
    ("41/62=02000000", "EINVAL", ""),
    ("41/99=", "EINVAL", ""),
    ("41/2=", "unmodelled", ""),
    ("0/1=03", "1", "::1"),
    ("0/99=", "1", "::1"),
    ("1/2=", "1", "::1"),
];

/// The same of an IPv6 socket to `::ffff:127.0.0.1`.
const MAPPED: [(&str, &str, &str); 10] = [
    ("41/50=0000000000000000000000000000000000000000", "EINVAL", ""),
    ("41/50=0000000000000000000000000000000100000000", "EINVAL", ""),
    ("41/50=00000000000000000000ffff7f00000900000000", "1", "::ffff:127.0.0.9"),
    ("41/50=00000000000000000000ffff0000000000000000", "1", "::ffff:127.0.0.1"),
    ("41/50=00000000000000000000ffff7f00000901000000", "1", "::ffff:127.0.0.9"),
    ("41/50=00000000000000000000ffff0a09090900000000", "ENETUNREACH", ""),
    ("0/8=000000007f00000700000000", "1", "::ffff:127.0.0.7"),
    ("41/50=00000000000000000000000000000000000000", "EINVAL", ""),
    ("41/67=", "1", "::ffff:127.0.0.1"),
    ("41/99=", "1", "::ffff:127.0.0.1"),
];

#[test]
fn a_message_is_obeyed_refused_or_means_nothing() {
    let check_all = |check: fn(&str), to: &str, cases: &[(&str, &str, &str)]| {
        for (message, answer, from) in cases {
            let from = if from.contains(':') { format!("[{from}]") } else { (*from).to_owned() };
            let arrives = if from.is_empty() { "wait".into() } else { format!("'a' {from}:71") };
            check(&format!("s say a {to}:70 {message} => {answer}\n * run\n r from => {arrives}"));
        }
    };
    check_all(check_v4, "127.0.0.1", &OVER_V4);
    check_all(check_v6, "[::1]", &OVER_V6);
    check_all(check_v6, "[::ffff:127.0.0.1]", &MAPPED);
}

#[test]
fn the_address_and_the_peer_come_before_the_messages() {
    check_v4(
        "s say a 127.0.0.1:0 0/99= => EINVAL\n s say a 0.0.0.0:1 0/99= => EDESTADDRREQ\n s connect 127.0.0.1:70
         s say a 0.0.0.0:1 0/99= => EINVAL\n s say a 10.0.0.1:70 0/99= => EINVAL\n s say a 10.0.0.1:70 => ENETUNREACH
         s say a 0.0.0.0:1 0/1=05 0/8=000000007f00000500000000 => 1\n * run\n r from => 'a' 127.0.0.5:71",
    );
}

#[test]
fn bytes_are_cut_into_datagrams() {
    check_v4(
        "s say abcdefgh 127.0.0.1:70 17/103=0300 => 8\n * run\n r recv => 'abc'\n r recv => 'def'\n r recv => 'gh'
         s set 17 103 4\n s sendto abcdefgh 127.0.0.1:70 => 8\n * run\n r recv => 'abcd'\n r recv => 'efgh'\n r recv => wait
         s say abcdefgh 127.0.0.1:70 17/103=0000 => 8\n * run\n r recv => 'abcdefgh'
         s fillto 0 127.0.0.1:70 => 0\n * run\n r recv => ''\n r recv => wait
         s set 17 103 1\n s fillto 128 127.0.0.1:70 => 128\n * run\n r count => 128
         s fillto 129 127.0.0.1:70 => EINVAL\n s set 17 103 511\n s fillto 65507 127.0.0.1:70 => EINVAL
         s set 17 103 512\n s fillto 65507 127.0.0.1:70 => 65507\n s set 17 103 65535\n s fillto 65508 127.0.0.1:70 => EMSGSIZE",
    );
    check_v6(
        "s set 17 103 65488\n s fillto 65527 [::1]:70 => 65527\n * run\n r unread => 65488\n r count => 2
         s set 17 103 65489\n s fillto 65527 [::1]:70 => EMSGSIZE\n s fillto 65488 [::1]:70 => 65488
         s fillto 65528 [::1]:70 => EMSGSIZE",
    );
}

#[test]
fn what_is_not_to_be_fragmented_must_fit_the_path() {
    for (discovery, answer) in
        [(0, "65527"), (1, "65527"), (2, "EMSGSIZE"), (3, "EMSGSIZE"), (4, "EMSGSIZE"), (5, "65527")]
    {
        check_v6(&format!(
            "s set 41 23 {discovery}\n s fillto 65488 [::1]:70 => 65488\n s fillto 65489 [::1]:70 => {}
             s fillto 65527 [::1]:70 => {answer}\n s set 17 103 60000\n s fillto 65527 [::1]:70 => 65527",
            if answer == "EMSGSIZE" { answer } else { "65489" }
        ));
    }
    check_v6(
        "s set 41 62 1\n s fillto 65489 [::1]:70 => EMSGSIZE\n s fillto 65507 [::ffff:127.0.0.1]:70 => 65507
         s fillto 65488 [::1]:70 => 65488",
    );
}
