//! Bytes on a connection.

use super::script::{check, check_pair};

#[test]
fn bytes_arrive_in_order() {
    check_pair(
        "c send ab => 2\n c send cd => 2\n s recv => wait\n * run\n s recv 3 => 'abc'\n s recv => 'd'\n s recv => wait",
    );
}

#[test]
fn peeking_leaves_bytes() {
    check_pair(
        "c send ab => 2\n * run\n s peek 1 => 'a'\n s peek => 'ab'\n s unread => 2\n s recv => 'ab'\n s peek => wait",
    );
}

#[test]
fn an_unconnected_socket_carries_nothing() {
    check("u new\n u poll => out hup\n u recv => ENOTCONN\n u send x => EPIPE\n u peer => ENOTCONN");
}

#[test]
fn nothing_moves_before_the_handshake() {
    check(
        "l new\n l bind 127.0.0.1:80\n l listen 1\n c new\n c connect 127.0.0.1:80 => wait
         c send x => wait\n c recv => wait\n c poll => none\n c peer => ENOTCONN",
    );
}

#[test]
fn an_empty_buffer_waits_for_bytes_all_the_same() {
    check_pair("s recv 0 => wait\n c send ab => 2\n * run\n s recv 0 => ''\n s recv => 'ab'\n c fill 0 => 0");
}

#[test]
fn a_slow_reader_holds_the_writer_back() {
    // The receiver holds 131,072 bytes, the sender 212,992 more.
    check_pair(
        "c fill 1000000 => 344064\n c fill 1 => wait\n c poll => none\n * run\n c fill 1 => wait\n s unread => 131072
         s drain 65535 => 65535\n * run\n c fill 1 => wait
         s drain 1 => 1\n * run\n s unread => 131072\n c fill 100000 => 65536\n c poll => none
         s drain 131072 => 131072\n * run\n s drain 131072 => 131072\n * run\n s drain 131072 => 81920\n c poll => out",
    );
}

#[test]
fn asked_buffers_are_held_to() {
    check_pair(
        "s set 1 8 5000\n c set 1 7 4000\n c fill 1000000 => 135072\n c fill 1 => wait\n * run
         s drain 1000000 => 131072\n * run\n s unread => 4000\n c fill 1000000 => 5000",
    );
}

#[test]
fn an_echo_needs_no_window_packets() {
    let mut script = String::new();
    for _ in 0..2_000 {
        script += "c send abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz => 78\n * run 0\n * step\n";
        script += "s recv => 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz'\n s send x => 1\n * step\n c recv => 'x'\n";
    }
    check_pair(&script);
}
