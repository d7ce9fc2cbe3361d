//! `listen(2)`, `accept(2)`, `connect(2)`.

use super::script::{check, check_pair};

#[test]
fn a_connect_without_a_listener_is_refused_and_may_be_repeated() {
    check(
        "c new\n c connect 127.0.0.1:1 => wait\n c poll => none\n * run\n c poll => in out err hup rdhup
         c again => ECONNREFUSED\n c poll => out hup\n c name => 0.0.0.0:32768
         l new\n l bind 127.0.0.1:80\n l listen 1\n c connect 127.0.0.1:80 => wait\n * run\n c again => ok",
    );
}

#[test]
fn an_error_read_by_option_leaves_econnaborted() {
    check(
        "c new\n c connect 127.0.0.1:1 => wait\n * run\n c get 1 4 => 111\n c get 1 4 => 0
         c connect 127.0.0.1:1 => ECONNABORTED\n c recv => ENOTCONN",
    );
}

#[test]
fn a_second_connect_completes_then_says_eisconn() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 1\n c new\n c connect 127.0.0.1:80 => wait
         c connect 127.0.0.1:80 => wait\n * run\n c connect 127.0.0.1:80 => ok\n c connect 127.0.0.1:80 => EISCONN",
    );
}

#[test]
fn connecting_far_away_is_enetunreach() {
    check(
        "c new\n c connect 10.0.0.1:80 => ENETUNREACH\n d new6\n d connect [2001:db8::1]:80 => ENETUNREACH\n d connect [fe80::1]:80 => EINVAL",
    );
}

#[test]
fn a_source_of_the_other_family_has_no_route() {
    check(
        "c new6\n c bind [::1]:0\n c connect [::ffff:127.0.0.1]:80 => ENETUNREACH
         d new6\n d set 41 26 1\n d connect [::ffff:127.0.0.1]:80 => ENETUNREACH
         e new6\n e bind [::ffff:127.0.0.1]:0\n e connect [::1]:80 => unmodelled",
    );
}

#[test]
fn connecting_to_the_wildcard_means_loopback() {
    check(
        "l new\n l bind 0.0.0.0:80\n l listen 4\n c new\n c connect 0.0.0.0:80 => wait\n * run\n c peer => 127.0.0.1:80
         d new\n d bind 127.0.0.9:0\n d connect 0.0.0.0:80 => wait\n * run\n d peer => 127.0.0.9:80
         e new\n e connect 127.0.0.5:80 => wait\n * run\n e name => 127.0.0.1:32770",
    );
}

#[test]
fn a_listener_neither_connects_nor_carries_bytes() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 1\n l recv => ENOTCONN\n l send x => EPIPE
         l connect 127.0.0.1:80 => EISCONN\n l poll => none\n l unread => EINVAL\n l shutdown 1",
    );
}

#[test]
fn accepting_needs_a_listener() {
    check(
        "a new\n s accept a => EINVAL\n a bind 127.0.0.1:80\n s accept a => EINVAL\n a listen 1\n s accept a => wait",
    );
}

#[test]
fn listening_needs_an_unconnected_socket() {
    check_pair("c listen 1 => EINVAL\n l listen 1\n l connect 127.0.0.1:1 => EISCONN");
}

#[test]
fn connections_are_accepted_in_order() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 4\n c new\n c connect 127.0.0.1:80 => wait
         d new\n d connect 127.0.0.1:80 => wait\n * run\n l poll => in
         s accept l => 127.0.0.1:32768\n t accept l => 127.0.0.1:32769\n u accept l => wait\n l poll => none",
    );
}

#[test]
fn a_full_listener_drops_the_syn_which_comes_again() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 0\n c new\n c connect 127.0.0.1:80 => wait\n * run\n c again
         d new\n d connect 127.0.0.1:80 => wait\n * run 900\n d again => wait
         s accept l => 127.0.0.1:32768\n d again => wait\n * run 200\n d again => ok",
    );
}

#[test]
fn a_listener_full_for_ever_is_etimedout() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 0\n c new\n c connect 127.0.0.1:80 => wait\n * run
         d new\n d connect 127.0.0.1:80 => wait\n * run 126000\n d again => wait\n * run 2000\n d again => ETIMEDOUT",
    );
}

#[test]
fn a_listener_whose_reading_is_shut_stops_and_may_start_again() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 4\n c new\n c connect 127.0.0.1:80 => wait\n * run\n c again
         l shutdown 0\n l poll => out hup\n s accept l => EINVAL\n l name => 127.0.0.1:80\n * run
         c poll => in out err hup rdhup\n c recv => ECONNRESET\n l listen 1
         d new\n d connect 127.0.0.1:80 => wait\n * run\n d again",
    );
}

#[test]
fn closing_a_listener_resets_those_who_wait() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 4\n c new\n c connect 127.0.0.1:80 => wait\n * run\n c again
         l close\n * run\n c recv => ECONNRESET\n c recv => ''",
    );
}

#[test]
fn closing_a_listener_in_mid_handshake_resets_too() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 4\n c new\n c connect 127.0.0.1:80 => wait\n * step\n l close
         * step\n c again => ok\n * run\n c recv => ECONNRESET",
    );
}

#[test]
fn a_connection_reset_in_the_queue_is_accepted_all_the_same() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 4\n c new\n c connect 127.0.0.1:80 => wait\n * run\n c again
         c set 1 13 1 0\n c close\n * run\n l poll => in\n s accept l => 127.0.0.1:32768\n s recv => ECONNRESET
         s peer => ENOTCONN",
    );
}

#[test]
fn shutting_a_connect_under_way_resets_it() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 4\n c new\n c connect 127.0.0.1:80 => wait\n c shutdown 2
         c again => ECONNRESET\n c connect 127.0.0.1:80 => wait\n * run\n c again\n s accept l => 127.0.0.1:32769",
    );
}

#[test]
fn closing_a_connect_under_way_leaves_nothing() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 4\n c new\n c connect 127.0.0.1:80 => wait\n c close\n * run
         s accept l => wait",
    );
}

#[test]
fn a_socket_cannot_meet_itself() {
    check("c new\n c bind 127.0.0.1:80\n c connect 127.0.0.1:80 => unmodelled");
}

#[test]
fn two_that_connect_to_each_other_at_once_are_unmodelled() {
    check(
        "a new\n a bind 127.0.0.1:81\n b new\n b bind 127.0.0.1:82\n a connect 127.0.0.1:82 => wait
         b connect 127.0.0.1:81 => unmodelled",
    );
}

#[test]
fn an_accepted_socket_inherits_options() {
    check(
        "l new\n l set 6 1 1\n l set 1 20 1l 0l\n l bind 127.0.0.1:80\n l listen 4\n c new
         c connect 127.0.0.1:80 => wait\n * run\n s accept l => 127.0.0.1:32768\n s get 6 1 => 1\n s get 1 20 => 1 0 0 0",
    );
}
