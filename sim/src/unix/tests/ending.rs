//! `shutdown(2)` and `close(2)`.
//!
//! Does not know chance. Invariant: every answer is the one Linux 6.18 gave to the same script.

use super::script::check;

#[test]
fn a_closed_peer_reads_as_ended() {
    check(
        "a pair b stream
         a send abc => 3
         a close
         b poll => in out hup rdhup
         b send x => EPIPE
         b recv => 'abc'
         b recv => ''
         b recv => ''
         b peer => -
         b get 1 4 => 0",
    );
}

#[test]
fn closing_with_unread_bytes_resets_the_peer_once() {
    check(
        "a pair b stream
         b send abc => 3
         a send xyz => 3
         a close
         b poll => in out err hup rdhup
         b send q => EPIPE
         b recv => 'xyz'
         b recv => ECONNRESET
         b recv => ''
         b poll => in out hup rdhup",
    );
}

#[test]
fn a_reset_seqpacket_socket_tells_at_send() {
    check(
        "a pair b seq
         b send abc => 3
         a send xyz => 3
         a close
         b poll => in out err hup rdhup
         b send q => ECONNRESET
         b send q => EPIPE
         b recv => 'xyz'
         b recv => ''
         b poll => in out hup rdhup",
    );
}

#[test]
fn a_reset_seqpacket_socket_tells_before_its_messages() {
    check(
        "a pair b seq
         b send abc => 3
         a send xyz => 3
         a close
         b recv => ECONNRESET
         b recv => 'xyz'
         b recv => ''",
    );
}

#[test]
fn an_error_asked_for_is_told_once() {
    check(
        "a pair b stream
         b send abc => 3
         a close
         b get 1 4 => 104
         b get 1 4 => 0
         b recv => ''",
    );
}

#[test]
fn shutting_one_direction_leaves_the_other() {
    check(
        "a pair b stream
         a shutdown 1
         a poll => out
         b poll => in out rdhup
         a send x => EPIPE
         b recv => ''
         b send y => 1
         a recv => 'y'
         b shutdown 1
         a poll => in out hup rdhup
         b poll => in out hup rdhup
         a recv => ''
         b recv => ''",
    );
}

#[test]
fn what_came_before_receiving_was_shut_is_read() {
    check(
        "a pair b stream
         b send old => 3
         a shutdown 0
         a poll => in out rdhup
         b poll => out
         b send x => EPIPE
         a recv => 'old'
         a recv => ''
         a send y => 1
         b recv => 'y'
         a shutdown 1
         a poll => in out hup rdhup
         b poll => in out hup rdhup",
    );
}

#[test]
fn a_lonely_socket_shuts_and_connects_shut() {
    check(
        "a new stream
         a shutdown 0
         a poll => in out hup rdhup
         a shutdown 1
         a poll => in out hup rdhup
         a send x => ENOTCONN
         a recv => EINVAL
         l new stream
         l bind @l
         l listen 3
         a connect @l
         a poll => in out hup rdhup
         s accept l => -
         s poll => out
         s send x => EPIPE
         a send y => EPIPE
         s recv => EAGAIN
         a recv => ''",
    );
}

#[test]
fn shutting_a_datagram_socket_does_not_reach_its_peer() {
    check(
        "a pair b dgram
         a shutdown 1
         a send x => EPIPE
         a poll => out
         b poll => out
         b send y => 1
         a recv => 'y'
         a shutdown 0
         a poll => in out hup rdhup
         b poll => out
         b send z => EPIPE
         a recv => EAGAIN
         a brecv => ''
         a unread => 0",
    );
}

#[test]
fn nobody_sends_to_a_datagram_socket_that_is_shut() {
    check(
        "a new dgram
         a bind @a
         b new dgram
         a shutdown 0
         b sendto @a x => EPIPE
         b shutdown 1
         b sendto @a x => EPIPE
         b sendto @nobody x => EPIPE
         b send x => EPIPE",
    );
}

#[test]
fn shutting_a_seqpacket_socket_reaches_its_peer() {
    check(
        "a pair b seq
         a shutdown 1
         b poll => in out rdhup
         b recv => ''
         b brecv => ''
         a send x => EPIPE
         b send y => 1
         a recv => 'y'
         a recv => EAGAIN
         b shutdown 2
         a poll => in out hup rdhup
         a send x => EPIPE
         b send x => EPIPE
         a recv => ''",
    );
}

#[test]
fn a_datagram_socket_learns_by_sending_that_its_peer_is_gone() {
    check(
        "a pair b dgram
         b send left => 4
         a close
         b poll => out
         b unread => 0
         b send x => ECONNREFUSED
         b send x => ENOTCONN
         b recv => EAGAIN
         b poll => out
         b get 1 4 => 0",
    );
}

#[test]
fn learning_that_the_peer_is_gone_loses_its_messages() {
    check(
        "a pair b dgram
         a send mail => 4
         a close
         b unread => 4
         b send x => ECONNREFUSED
         b unread => 0
         b recv => EAGAIN",
    );
}

#[test]
fn disconnecting_loses_messages_and_tells_the_sender() {
    check(
        "a pair b dgram
         b send mail => 4
         b bind @b
         a disconnect
         a recv => EAGAIN
         b poll => out err
         b recv => ECONNRESET
         b send x => 1
         b poll => out
         a bind @a
         b send y => 1
         a recv => 'x' from @b
         a sendto @b z => 1
         b recv => 'z' from @a
         a peer => ENOTCONN
         b peer => @a",
    );
}

#[test]
fn a_sender_whose_messages_were_lost_is_told_at_send() {
    check(
        "a pair b dgram
         b send mail => 4
         a disconnect
         b send x => ECONNRESET
         b send y => 1",
    );
}

#[test]
fn a_closed_peer_keeps_its_name() {
    check(
        "s new dgram
         s bind @s
         a new dgram
         a connect @s
         s close
         a poll => out
         a recv => EAGAIN
         a peer => @s
         a disconnect
         a peer => ENOTCONN",
    );
}

#[test]
fn the_end_of_messages_carries_no_credentials() {
    check(
        "a pair b seq
         b set 1 16 1
         a close
         b recv => ''",
    );
}
