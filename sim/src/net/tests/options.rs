//! Socket options of both protocols, value by value.
//!
//! Does not know their effects. Invariant: what a case expects is what Linux answered to the same bytes.

use super::script::check;

/// One option of a fresh socket: how it is made, level, name, what it is at first, and what setting values makes of it (`!`
/// is `EINVAL`, `-` is `ENOPROTOOPT`, `?` is `EOPNOTSUPP`).
type Case = (&'static str, i32, i32, &'static str, &'static [(i32, &'static str)]);

const CASES: [Case; 56] = [
    ("udp", 1, 3, "2", &[(1, "-")]),
    ("udp", 1, 38, "17", &[(1, "-")]),
    ("udp6", 1, 39, "10", &[(1, "-")]),
    ("udp", 1, 30, "0", &[(1, "-")]),
    ("udp", 1, 6, "0", &[(-1, "1"), (0, "0"), (2, "1")]),
    ("udp", 1, 15, "0", &[(-2, "1"), (0, "0")]),
    ("udp", 1, 10, "0", &[(300, "1"), (0, "0")]),
    ("udp", 1, 7, "212992", &[(-1, "8388608"), (0, "4608"), (5000, "10000")]),
    ("udp", 1, 8, "212992", &[(-1, "8388608"), (0, "2304"), (5000, "10000")]),
    ("new", 1, 8, "131072", &[(5000, "10000")]),
    ("udp", 0, 1, "0", &[(-2, "254"), (-1, "255"), (63, "63"), (256, "0"), (300, "44")]),
    ("udp6", 0, 1, "0", &[(63, "63"), (255, "255")]),
    ("new", 0, 1, "0", &[(-2, "252"), (1, "0"), (63, "60"), (300, "44")]),
    ("new6", 0, 1, "0", &[(127, "124")]),
    ("udp", 0, 2, "64", &[(-2, "!"), (-1, "64"), (0, "!"), (1, "1"), (255, "255"), (256, "!")]),
    ("new", 0, 2, "64", &[(0, "!"), (7, "7"), (-1, "64")]),
    ("udp", 0, 33, "1", &[(-2, "!"), (-1, "1"), (0, "0"), (255, "255"), (256, "!")]),
    ("new", 0, 33, "1", &[(0, "!"), (1, "!")]),
    ("udp", 0, 34, "1", &[(0, "0"), (-2, "1"), (300, "1")]),
    ("new", 0, 34, "1", &[(0, "0")]),
    ("udp6", 41, 16, "64", &[(-2, "!"), (-1, "64"), (0, "0"), (255, "255"), (256, "!")]),
    ("udp", 41, 16, "?", &[(1, "-")]),
    ("udp6", 41, 18, "1", &[(-2, "!"), (-1, "1"), (0, "0"), (255, "255"), (256, "!")]),
    ("new6", 41, 18, "1", &[(1, "-")]),
    ("udp6", 41, 19, "1", &[(-1, "!"), (0, "0"), (1, "1"), (2, "!")]),
    ("udp6", 41, 67, "0", &[(-2, "!"), (-1, "0"), (63, "63"), (256, "!")]),
    ("new6", 41, 67, "0", &[(1, "0"), (63, "60"), (255, "252"), (256, "!")]),
    ("udp6", 41, 26, "0", &[(2, "1"), (0, "0")]),
    ("udp", 6, 1, "?", &[(1, "-")]),
    ("udp6", 6, 1, "-", &[(1, "-")]),
    ("new", 6, 18, "0", &[(-1, "!"), (0, "0")]),
    ("new", 6, 4, "7200", &[(0, "!"), (1, "1"), (300, "300")]),
    ("new", 6, 6, "9", &[(127, "127"), (128, "!")]),
    ("udp", 1, 4, "0", &[(1, "-")]),
    ("new6", 1, 15, "0", &[(1, "1")]),
    ("udp", 0, 8, "0", &[(1, "1"), (0, "0"), (-2, "1")]),
    ("new6", 0, 8, "0", &[(256, "1")]),
    ("udp6", 0, 12, "0", &[(1, "1"), (0, "0")]),
    ("udp6", 0, 13, "0", &[(1, "1"), (0, "0")]),
    ("udp", 0, 10, "1", &[(-1, "!"), (0, "0"), (5, "5"), (6, "!")]),
    ("new", 0, 10, "1", &[(3, "3"), (256, "!")]),
    ("udp6", 41, 23, "1", &[(-1, "!"), (0, "0"), (5, "5"), (6, "!")]),
    ("udp", 41, 23, "?", &[(1, "-")]),
    ("udp6", 41, 49, "0", &[(2, "1"), (0, "0")]),
    ("udp", 41, 49, "?", &[(1, "-")]),
    ("new6", 41, 49, "0", &[(1, "1")]),
    ("udp6", 41, 51, "0", &[(2, "1"), (0, "0")]),
    ("udp6", 41, 62, "0", &[(2, "1"), (0, "0"), (-1, "1")]),
    ("new6", 41, 62, "0", &[(1, "1")]),
    ("udp6", 41, 66, "0", &[(2, "1"), (0, "0")]),
    ("udp", 17, 103, "0", &[(-1, "!"), (1, "1"), (65535, "65535"), (65536, "!"), (0, "0")]),
    ("udp6", 17, 103, "0", &[(1200, "1200")]),
    ("new", 17, 103, "?", &[(1, "-")]),
    ("new6", 17, 103, "-", &[(1, "-")]),
    ("udp", 17, 104, "0", &[(-1, "1"), (0, "0"), (2, "1")]),
    ("new", 17, 104, "?", &[(1, "-")]),
];

#[test]
fn options_are_set_and_read_as_on_linux() {
    let refused = |answer| match answer {
        "!" => Some("EINVAL"),
        "-" => Some("ENOPROTOOPT"),
        "?" => Some("EOPNOTSUPP"),
        _ => None,
    };
    for (make, level, name, first, values) in CASES {
        let first = refused(first).unwrap_or(first);
        let mut script = format!("a {make}\n a get {level} {name} => {first}\n");
        for &(value, answer) in values {
            match refused(answer) {
                Some(errno) => script += &format!("a set {level} {name} {value} => {errno}\n"),
                None => {
                    script += &format!("a set {level} {name} {value}\n a get {level} {name} => {answer}\n")
                }
            }
        }
        check(&script);
    }
}

#[test]
fn linger_remembers_its_time() {
    check(
        "a new\n a get 1 13 => 0 0\n a set 1 13 1 5\n a get 1 13 => 1 5\n a set 1 13 0 0\n a get 1 13 => 0 5
         a set 1 13 7 70000\n a get 1 13 => 1 70000\n a set 1 13 1 => EINVAL\n b udp\n b set 1 13 1 5\n b close",
    );
}

#[test]
fn an_ipv6_address_makes_a_socket_for_ipv6_alone() {
    check(
        "a udp6\n a bind [::1]:0\n a get 41 26 => 1\n b udp6\n b bind [::ffff:127.0.0.1]:0\n b get 41 26 => 0
         c udp6\n c bind [::]:0\n c get 41 26 => 0\n d new6\n d bind [::1]:0\n d get 41 26 => 1
         e udp6\n e sendto x [::1]:9 => 1\n e set 41 26 1 => EINVAL\n e unspec\n e set 41 26 1",
    );
}

#[test]
fn what_we_do_not_have_is_unmodelled() {
    // IP_RECVERR, IP_MTU, IP_ADD_MEMBERSHIP, IPV6_RECVERR, IPV6_PKTINFO, UDP_CORK, TCP_MAXSEG, TCP_CORK, TCP_DEFER_ACCEPT, TCP_INFO, TCP_FASTOPEN, TCP_FASTOPEN_CONNECT, SO_INCOMING_CPU, SO_COOKIE.
    let numbers = [
        (0, 11),
        (0, 14),
        (0, 35),
        (41, 25),
        (41, 50),
        (17, 1),
        (6, 2),
        (6, 3),
        (6, 9),
        (6, 11),
        (6, 23),
        (6, 30),
        (1, 49),
        (1, 57),
    ];
    for (level, name) in numbers {
        for make in ["new", "udp6"] {
            check(&format!(
                "a {make}\n a set {level} {name} 1 => unmodelled\n a get {level} {name} => unmodelled"
            ));
        }
    }
}
