//! `bind(2)`, `getsockname(2)`, options.

use super::script::{check, check_pair};

#[test]
fn binding_twice_is_einval() {
    check("a new\n a bind 127.0.0.1:80\n a bind 127.0.0.1:81 => EINVAL");
}

#[test]
fn binding_elsewhere_is_eaddrnotavail_even_twice() {
    check(
        "a new\n a bind 10.0.0.1:80 => EADDRNOTAVAIL\n a bind 127.9.9.9:80\n a bind 10.0.0.1:80 => EADDRNOTAVAIL",
    );
}

#[test]
fn families_do_not_mix() {
    check(
        "a new\n a bind [::1]:80 => EAFNOSUPPORT\n a connect [::1]:80 => EAFNOSUPPORT
         b new6\n b bind 127.0.0.1:80 => EINVAL\n b connect 127.0.0.1:80 => EINVAL",
    );
}

#[test]
fn a_name_before_binding_is_unspecified() {
    check("a new\n a name => 0.0.0.0:0\n b new6\n b name => [::]:0\n a peer => ENOTCONN");
}

#[test]
fn an_ephemeral_port_is_the_next_free_one() {
    check(
        "a new\n a bind 127.0.0.1:0\n a name => 127.0.0.1:32768
         b new\n b bind 127.0.0.1:32769\n c new\n c bind 0.0.0.0:0\n c name => 0.0.0.0:32770
         d new\n d listen 1\n d name => 0.0.0.0:32771",
    );
}

#[test]
fn an_address_in_use_is_eaddrinuse() {
    check("a new\n a bind 127.0.0.1:80\n b new\n b bind 127.0.0.1:80 => EADDRINUSE\n b bind 127.0.0.2:80");
}

#[test]
fn the_wildcard_contends_with_every_address() {
    check(
        "a new\n a bind 0.0.0.0:80\n b new\n b bind 127.0.0.1:80 => EADDRINUSE
         c new6\n c bind [::1]:80\n d new6\n d bind [::]:80 => EADDRINUSE",
    );
}

#[test]
fn the_dual_wildcard_contends_with_ipv4_unless_v6_only() {
    check(
        "a new\n a bind 127.0.0.1:80\n b new6\n b bind [::]:80 => EADDRINUSE
         b set 41 26 1\n b bind [::]:80\n b set 41 26 0 => EINVAL\n b bind [::ffff:127.0.0.1]:81 => EINVAL",
    );
}

#[test]
fn reuse_lets_two_bind_but_one_listen() {
    check(
        "a new\n a set 1 2 1\n a bind 127.0.0.1:80\n b new\n b set 1 2 1\n b bind 127.0.0.1:80
         a listen 1\n b listen 1 => EADDRINUSE
         d new\n d set 1 2 1\n d bind 127.0.0.1:80 => EADDRINUSE",
    );
}

#[test]
fn a_port_remembers_who_closed_first() {
    check_pair(
        "s close\n * run\n c recv => ''\n c close\n * run\n l close
         a new\n a bind 127.0.0.1:80 => EADDRINUSE
         a set 1 2 1\n a bind 127.0.0.1:80 => EADDRINUSE
         * run 59000\n a bind 127.0.0.1:80 => EADDRINUSE\n * run 1000\n a bind 127.0.0.1:80",
    );
}

#[test]
fn reuse_overrides_a_memory_when_both_asked() {
    check(
        "l new\n l set 1 2 1\n l bind 127.0.0.1:80\n l listen 1\n c new\n c connect 127.0.0.1:80 => wait\n * run
         s accept l => 127.0.0.1:32768\n s close\n * run\n c close\n * run\n l close
         a new\n a bind 127.0.0.1:80 => EADDRINUSE\n a set 1 2 1\n a bind 127.0.0.1:80\n a listen 1",
    );
}

#[test]
fn dual_stack_presents_ipv4_as_mapped() {
    check(
        "l new6\n l bind [::]:80\n l listen 1\n c new\n c connect 127.0.0.1:80 => wait\n * run
         s accept l => [::ffff:127.0.0.1]:32768\n s name => [::ffff:127.0.0.1]:80\n c peer => 127.0.0.1:80
         d new6\n d connect [::1]:80 => wait\n * run\n t accept l => [::1]:32769\n d name => [::1]:32769
         e new6\n e connect [::ffff:127.0.0.1]:80 => wait\n * run\n e peer => [::ffff:127.0.0.1]:80",
    );
}

#[test]
fn options_answer_as_linux_does() {
    check(
        "a new\n a get 1 3 => 1\n a get 1 38 => 6\n a get 1 39 => 2\n a get 1 30 => 0\n a get 1 4 => 0
         a get 6 1 => 0\n a set 6 1 1\n a get 6 1 => 1
         a set 1 3 1 => ENOPROTOOPT\n a set 1 4 1 => ENOPROTOOPT\n a set 1 9 => EINVAL
         a set 1 8 1\n a get 1 8 => 2304\n a set 1 7 1\n a get 1 7 => 4608
         a set 1 8 100000000\n a get 1 8 => 8388608
         a get 41 26 => EOPNOTSUPP\n a set 41 26 1 => ENOPROTOOPT
         a listen 1\n a get 1 30 => 1",
    );
}

#[test]
fn timeouts_round_trip() {
    check(
        "a new\n a get 1 20 => 0 0 0 0\n a set 1 20 2l 500000l\n a get 1 20 => 2 0 500000 0
         a set 1 20 0l 1000000l => EDOM\n a set 1 20 1 => EINVAL\n a set 1 20 0l 0l\n a get 1 20 => 0 0 0 0
         a set 1 21 -1l 0l",
    );
}

#[test]
fn unknown_options_are_unmodelled() {
    check(
        "a new\n a get 6 13 => unmodelled\n a set 1 13 1 -5 => unmodelled\n a set 1 13 1 0
         a get 6 11 => unmodelled\n a set 6 9 1 => unmodelled\n a set 6 18 500\n a get 6 18 => 500\n a set 6 18 -1 => EINVAL
         a set 1 49 0 => unmodelled\n a get 1 57 => unmodelled\n a set 0 11 1 => unmodelled\n a set 0 35 1 => unmodelled",
    );
}
