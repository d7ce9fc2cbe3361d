//! Which UDP sockets may have an address, and which of them a datagram is for.
//!
//! Does not know what datagrams say. Invariant: what a case expects is what Linux answered to the same calls on a host that has
//! loopback alone.

use super::script::check;

/// How a socket is made and where it is bound, at port 70.
const PLACES: [(&str, &str); 7] = [
    ("udp", "0.0.0.0:70"),
    ("udp", "127.0.0.1:70"),
    ("udp", "127.0.0.2:70"),
    ("udp6", "[::]:70"),
    ("only6", "[::]:70"),
    ("udp6", "[::1]:70"),
    ("udp6", "[::ffff:127.0.0.1]:70"),
];

/// Whether the place of the row and the place of the column contend.
const CONTEND: [&str; 7] = ["xxxx  x", "xx x  x", "x xx   ", "xxxxxxx", "   xxx ", "   xxx ", "xx x  x"];

fn bound(name: &str, (make, address): (&str, &str), options: &str) -> String {
    let made = match make {
        "only6" => format!("{name} udp6\n {name} set 41 26 1\n"),
        make => format!("{name} {make}\n"),
    };
    let set: String = options
        .chars()
        .map(|option| if option == 'A' { 2 } else { 15 })
        .map(|number| format!("{name} set 1 {number} 1\n"))
        .collect();
    format!("{made}{set}{name} bind {address}")
}

#[test]
fn addresses_contend_unless_both_may_share() {
    for (first, row) in PLACES.iter().zip(CONTEND) {
        for (second, mark) in PLACES.iter().zip(row.chars()) {
            for (options, shared) in [
                (["", ""], false),
                (["A", ""], false),
                (["", "A"], false),
                (["A", "P"], false),
                (["A", "A"], true),
                (["AP", "A"], true),
            ] {
                let answer = if mark == 'x' && !shared { "EADDRINUSE" } else { "ok" };
                check(&format!(
                    "{}\n {} => {answer}",
                    bound("a", *first, options[0]),
                    bound("b", *second, options[1])
                ));
            }
        }
    }
}

#[test]
fn sharing_by_reuse_port_is_unmodelled_where_a_hash_would_decide() {
    let group = |first, second, answer: &str| {
        check(&format!("{}\n {} => {answer}", bound("a", first, "P"), bound("b", second, "P")));
    };
    group(PLACES[1], PLACES[1], "unmodelled");
    group(PLACES[3], PLACES[3], "unmodelled");
    group(PLACES[0], PLACES[1], "ok");
    group(PLACES[0], PLACES[3], "ok");
    group(PLACES[3], PLACES[4], "ok");
    group(PLACES[1], PLACES[6], "ok");
}

/// Binds sockets in order, all with `SO_REUSEADDR`, and sends a datagram from port 71; only the one at `index` gets it.
#[track_caller]
fn gets(places: &[(&str, &str)], calls: &str, to: &str, index: usize) {
    let names = ["a", "b", "c"];
    let made: Vec<String> = places.iter().zip(names).map(|(place, name)| bound(name, *place, "A")).collect();
    let (sender, source) = if to.starts_with('[') { ("udp6", "[::1]:71") } else { ("udp", "127.0.0.1:71") };
    let mut script = format!(
        "{}\n{calls}\n z {sender}\n z bind {source}\n z sendto x {to} => 1\n * run\n",
        made.join("\n")
    );
    for (nth, name) in names.iter().enumerate().take(places.len()) {
        script += &format!("{name} unread => {}\n", usize::from(nth == index));
    }
    check(&script);
}

#[test]
fn the_most_exact_then_the_last_bound_gets_it() {
    let [any, one, _, any6, only6, one6, mapped] = PLACES;
    let (to, to6) = ("127.0.0.1:70", "[::1]:70");
    gets(&[one, one, one], "", to, 2);
    gets(&[any, one], "", to, 1);
    gets(&[one, any], "", to, 0);
    gets(&[any, any], "", to, 1);
    gets(&[any6, any], "", to, 1);
    gets(&[any, any6], "", to, 0);
    gets(&[any6, any6], "", to, 1);
    gets(&[mapped, one], "", to, 1);
    gets(&[one, mapped], "", to, 0);
    gets(&[mapped, any], "", to, 0);
    gets(&[any6, mapped], "", to, 1);
    gets(&[any6, one], "", "127.0.0.2:70", 0);
    gets(&[any6, one6], "", to6, 1);
    gets(&[one6, any6], "", to6, 0);
    gets(&[only6, any6], "", to6, 1);
    gets(&[any6, only6], "", to6, 1);
}

#[test]
fn the_connected_gets_what_its_peer_sends() {
    let [any, one, _, any6, _, _, mapped] = PLACES;
    let to = "127.0.0.1:70";
    gets(&[one, one], "a connect 127.0.0.1:71", to, 0);
    gets(&[one, one], "b connect 127.0.0.1:72", to, 0);
    gets(&[one], "a connect 127.0.0.1:72", to, 1);
    gets(&[any, one], "a connect 127.0.0.1:71", to, 0);
    gets(&[one, any], "b connect 127.0.0.1:71", to, 1);
    gets(&[any6, one], "a connect [::ffff:127.0.0.1]:71", to, 0);
    gets(&[one, one], "a connect 127.0.0.1:71\n b connect 127.0.0.1:71", to, 1);
    gets(&[one, one], "b connect 127.0.0.1:71\n a connect 127.0.0.1:71", to, 0);
    gets(&[any, one], "b connect 127.0.0.1:71\n a connect 127.0.0.1:71", to, 0);
    gets(&[one, mapped], "a connect 127.0.0.1:71\n b connect [::ffff:127.0.0.1]:71", to, 1);
    gets(&[one, mapped], "b connect [::ffff:127.0.0.1]:71\n a connect 127.0.0.1:71", to, 0);
    gets(&[one, one], "a connect 127.0.0.1:0", to, 0);
    gets(&[one, one, one], "a connect 127.0.0.1:71\n b connect 127.0.0.1:0", to, 0);
    gets(&[one, one], "a connect 127.0.0.1:72\n a unspec", to, 1);
    gets(&[any, any], "a connect 127.0.0.1:72\n a unspec", to, 0);
}

#[test]
fn reuse_port_puts_an_ipv6_socket_last() {
    for (first, second, index) in [("A", "A", 1), ("A", "AP", 0), ("AP", "A", 1)] {
        check(&format!(
            "{}\n {}\n z udp6\n z sendto x [::1]:70 => 1\n * run\n a unread => {}\n b unread => {index}",
            bound("a", PLACES[5], first),
            bound("b", PLACES[5], second),
            1 - index
        ));
    }
}

#[test]
fn ports_of_udp_are_its_own() {
    check(
        "a new\n a bind 127.0.0.1:70\n b udp\n b bind 127.0.0.1:70\n c udp\n c bind 127.0.0.1:70 => EADDRINUSE",
    );
}

#[test]
fn options_count_when_the_second_binds() {
    check(
        "a udp\n a set 1 2 1\n a bind 127.0.0.1:70\n a set 1 2 0\n b udp\n b set 1 2 1\n b bind 127.0.0.1:70 => EADDRINUSE
         a set 1 2 1\n b bind 127.0.0.1:70",
    );
}

#[test]
fn binding_answers_as_linux_does() {
    check(
        "a udp\n a bind 10.0.0.1:0 => EADDRNOTAVAIL\n a bind 240.0.0.1:0 => EADDRNOTAVAIL\n a bind [::1]:0 => EAFNOSUPPORT
         a bind 127.0.0.1:70\n a bind 127.0.0.1:71 => EINVAL\n a bind 10.0.0.1:71 => EADDRNOTAVAIL
         b udp\n b bind 224.0.0.1:0\n c udp\n c bind 127.255.255.255:0\n d udp6\n d bind 127.0.0.1:0 => EINVAL
         d bind [ff02::1]:0 => EINVAL\n d bind [fe80::1]:0 => EINVAL\n d bind [2001:db8::1]:0 => EADDRNOTAVAIL
         d set 41 26 1\n d bind [::ffff:127.0.0.1]:0 => EINVAL\n d set 41 26 0\n d bind [::ffff:0.0.0.0]:72
         d name => [::ffff:0.0.0.0]:72\n e udp\n e listen 1 => EOPNOTSUPP\n f accept e => EOPNOTSUPP",
    );
}

#[test]
fn a_port_picked_by_the_kernel_goes_with_the_peer() {
    check(
        "a udp\n a connect 127.0.0.1:9\n a bind 127.0.0.1:0 => EINVAL\n a name => 127.0.0.1:32768\n a unspec
         a name => 0.0.0.0:0\n a peer => ENOTCONN\n a bind 127.0.0.1:0\n a name => 127.0.0.1:32769\n a unspec
         a name => 127.0.0.1:0\n a bind 127.0.0.2:0\n a name => 127.0.0.2:32770
         b udp\n b bind 127.0.0.3:0\n b connect 127.0.0.1:9\n b unspec\n b name => 127.0.0.3:0\n b sendto x 127.0.0.1:9 => 1
         b name => 127.0.0.3:32772\n c udp\n c sendto x 127.0.0.1:9 => 1\n c unspec\n c name => 0.0.0.0:0",
    );
}

#[test]
fn an_address_asked_for_outlives_the_peer() {
    check(
        "a udp\n a bind 127.0.0.5:70\n a connect 127.0.0.1:9\n a name => 127.0.0.5:70\n a unspec\n a name => 127.0.0.5:70
         b udp\n b bind 0.0.0.0:71\n b connect 127.0.0.1:9\n b name => 127.0.0.1:71\n b unspec\n b name => 0.0.0.0:71
         c udp6\n c bind [::]:72\n c connect [::ffff:127.0.0.1]:9\n c name => [::ffff:127.0.0.1]:72\n c unspec
         c name => [::]:72\n c connect [::1]:9\n c name => [::1]:72\n c unspec\n c name => [::]:72",
    );
}

#[test]
fn a_failed_bind_forgets_the_address() {
    check(
        "a udp\n a bind 127.0.0.2:70\n b udp\n b bind 127.0.0.2:0\n b unspec\n b name => 127.0.0.2:0\n b bind 127.0.0.2:70 => EADDRINUSE
         b name => 0.0.0.0:0\n c udp6\n c bind [::ffff:127.0.0.2]:0\n c unspec\n c bind [::ffff:127.0.0.2]:70 => EADDRINUSE\n c connect [::1]:9",
    );
}

#[test]
fn a_bound_socket_is_told_so_before_its_address_over_ipv6_and_after_over_ipv4() {
    check(
        "a udp6\n a bind [::]:0\n a bind [2001:db8::1]:0 => EINVAL\n a bind 127.0.0.1:0 => EINVAL\n b udp\n b bind 0.0.0.0:0
         b bind 10.0.0.1:0 => EADDRNOTAVAIL\n c new6\n c bind [::]:0\n c bind [2001:db8::1]:0 => EINVAL",
    );
}

#[test]
fn a_connected_dual_stack_socket_still_contends_with_the_wildcard_of_ipv4() {
    check(
        "a udp6\n a bind [::]:70\n a connect [::1]:9\n b udp\n b bind 0.0.0.0:70 => EADDRINUSE\n b bind 127.0.0.1:70
         c udp6\n c bind [::1]:71\n d udp\n d bind 0.0.0.0:71",
    );
}

#[test]
fn a_kernel_port_is_never_the_one_it_talks_to() {
    check("a udp\n a connect 127.0.0.1:32768\n a name => 127.0.0.1:32769");
}
