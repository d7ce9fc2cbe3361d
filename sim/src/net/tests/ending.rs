//! `shutdown(2)`, `close(2)`, resets.

use super::script::{check, check_pair};

#[test]
fn a_close_ends_the_stream_after_its_bytes() {
    check_pair(
        "s send ab => 2\n s close\n * run\n c poll => in out rdhup\n c recv => 'ab'\n c recv => ''\n c recv => ''",
    );
}

#[test]
fn a_close_with_unread_bytes_resets() {
    check_pair("c send x => 1\n * run\n s close\n * run\n c recv => ECONNRESET\n c recv => ''");
}

#[test]
fn bytes_before_a_reset_stay_readable() {
    check_pair(
        "s send hello => 5\n c send x => 1\n * run\n s close\n * run\n c poll => in out err hup rdhup
         c recv => 'hello'\n c recv => ECONNRESET\n c recv => ''\n c send x => EPIPE\n c shutdown 2 => ENOTCONN",
    );
}

#[test]
fn a_write_tells_of_a_reset_once() {
    check_pair(
        "c send x => 1\n * run\n s close\n * run\n c send x => ECONNRESET\n c send x => EPIPE\n c recv => ''
         c peer => ENOTCONN\n c poll => in out hup rdhup",
    );
}

#[test]
fn writing_to_a_closed_peer_is_epipe_the_second_time() {
    check_pair(
        "s close\n * run\n c poll => in out rdhup\n c send x => 1\n * run\n c poll => in out err hup rdhup
         c recv => ''\n c send x => EPIPE\n c get 1 4 => 0",
    );
}

#[test]
fn half_close_leaves_the_other_half() {
    check_pair(
        "c shutdown 1\n c send x => EPIPE\n * run\n s recv => ''\n s send abc => 3\n * run\n c recv => 'abc'
         s close\n * run\n c recv => ''\n c poll => in out hup rdhup",
    );
}

#[test]
fn after_both_ends_nothing_is_connected() {
    check_pair(
        "c shutdown 1\n * run\n s shutdown 1\n * run\n c poll => in out hup rdhup\n s poll => in out hup rdhup
         c shutdown 2 => ENOTCONN\n s shutdown 2 => ENOTCONN\n c peer => ENOTCONN\n c recv => ''\n c name => 127.0.0.1:32768",
    );
}

#[test]
fn both_may_end_at_once() {
    check_pair(
        "c shutdown 1\n s shutdown 1\n * run\n c recv => ''\n s recv => ''\n c peer => ENOTCONN\n s peer => ENOTCONN",
    );
}

#[test]
fn shutting_reading_keeps_what_has_come_and_what_comes() {
    check_pair(
        "c shutdown 0\n c poll => in out rdhup\n c recv => ''\n s send abc => 3\n * run
         c recv 2 => 'ab'\n c recv 2 => 'c'\n c recv => ''\n c send x => 1",
    );
}

#[test]
fn bytes_for_one_who_shut_both_ways_reset_both() {
    check_pair(
        "c shutdown 2\n * run\n c poll => in out hup rdhup\n s poll => in out rdhup\n s send abc => 3\n * run
         c poll => in out err hup rdhup\n s poll => in out err hup rdhup\n c recv => ECONNRESET\n s recv => ''
         s send a => EPIPE\n s recv => ''\n c get 1 4 => 0",
    );
}

#[test]
fn linger_of_zero_resets() {
    check_pair("c set 1 13 1 0\n c close\n * run\n s recv => ECONNRESET\n s recv => ''");
}

#[test]
fn an_unconnected_socket_is_shut_all_the_same() {
    check(
        "u new\n u shutdown 1 => ENOTCONN\n u recv => ENOTCONN\n u shutdown 0 => ENOTCONN\n u recv => ''\n u listen 1",
    );
}

#[test]
fn a_closed_writer_still_delivers_what_the_window_held_back() {
    check_pair(
        "c fill 300000 => 300000\n c close\n * run\n s drain 131072 => 131072\n * run\n s drain 131072 => 131072\n * run
         s drain 131072 => 37856\n s recv => ''",
    );
}

#[test]
fn a_reader_that_closes_resets_a_writer_held_back() {
    check_pair("c fill 300000 => 300000\n * run\n s close\n * run\n c fill 1 => ECONNRESET");
}
