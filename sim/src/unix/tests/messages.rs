//! Datagrams and seqpacket messages.
//!
//! Does not know chance. Invariant: every answer is the one Linux 6.18 gave to the same script.

use super::script::check;

#[test]
fn datagrams_keep_boundaries_and_names() {
    check(
        "a new dgram
         a poll => out
         a recv => EAGAIN
         a send x => ENOTCONN
         a bind @a
         b new dgram
         b sendto @a hello => 5
         a poll => in out
         a recv => 'hello'
         b bind @b
         b sendto @a one => 3
         b sendto @a => 0
         b sendto @a three => 5
         a unread => 3
         a peek 2 => 'on' from @b trunc
         a recv 2 => 'on' from @b trunc
         a unread => 0
         a recv => '' from @b
         a recv => 'three' from @b
         a recv => EAGAIN
         b sendto @nobody x => ECONNREFUSED
         b connect @a
         b peer => @a
         a peer => ENOTCONN
         b send x => 1
         a recv => 'x' from @b
         c new dgram
         c bind @c
         a sendto @c y => 1
         b connect @c
         b peer => @c
         a connect @b => EPERM
         c connect @b
         b connect @a
         c connect @a
         c sendto @a x => 1
         c sendto @b x => EPERM
         a send toB => ENOTCONN
         b recv => EAGAIN
         b disconnect
         b peer => ENOTCONN
         b disconnect
         a send toB => ENOTCONN
         b connect @b
         b send self => 4
         b recv => 'self' from @b",
    );
}

#[test]
fn a_full_queue_makes_strangers_wait() {
    check(
        "s new dgram
         s bind @s
         c new dgram
         c connect @s
         c send 1 => 1
         c send 2 => 1
         c send 3 => 1
         c send 4 => 1
         c send 5 => 1
         c send 6 => 1
         c send 7 => 1
         c send 8 => 1
         c send 9 => 1
         c send 10 => 2
         c poll => out
         c send 11 => 2
         c poll => none
         c send 12 => EAGAIN
         d new dgram
         d poll => out
         d sendto @s x => EAGAIN
         s recv => '1'
         c poll => out
         c send 12 => 2
         c poll => none
         s sendto @s me => 2
         s connect @s
         s close
         c poll => out
         c send x => ECONNREFUSED
         c send x => ENOTCONN
         c poll => out",
    );
}

#[test]
fn a_pair_is_limited_by_memory_alone() {
    check(
        "a pair b dgram
         a send 1 => 1
         a send 1 => 1
         a send 1 => 1
         a send 1 => 1
         a send 1 => 1
         a send 1 => 1
         a send 1 => 1
         a send 1 => 1
         a send 1 => 1
         a send 1 => 1
         a send 1 => 1
         a send 1 => 1
         a send 1 => 1
         a poll => out",
    );
}

#[test]
fn a_message_fits_the_send_buffer() {
    check(
        "a pair b dgram
         a fill 212960 => 212960
         a unsent => 332032
         a fill 212961 => EMSGSIZE
         a poll => none
         b drain 5 => 5
         a unsent => 0
         a poll => out
         a fill 0 => 0
         b poll => in out
         b unread => 0
         b drain 5 => 0",
    );
}

#[test]
fn size_is_checked_before_the_peer() {
    check(
        "a new dgram
         a fill 212961 => EMSGSIZE
         a set 1 16 1
         a send x => ENOTCONN
         a name => @#####
         a shutdown 1
         a fill 212961 => EMSGSIZE
         a send x => EPIPE",
    );
}

#[test]
fn a_message_carries_rights_and_credentials() {
    check(
        "a pair b dgram
         a pass 1 abc => 3
         a pass 2 => 0
         b peek => 'abc' rights 1
         b recv => 'abc' rights 1
         b recv => '' rights 2
         b set 1 16 1
         a send x => 1
         b recv => 'x' cred me
         a sendcred y => 1
         b recv => 'y' cred me",
    );
}

#[test]
fn a_cut_message_gives_its_rights() {
    check(
        "a pair b seq
         a pass 1 abc => 3
         b recv 1 => 'a' rights 1 trunc
         b recv => EAGAIN",
    );
}

#[test]
fn a_seqpacket_socket_ignores_addresses() {
    check(
        "a pair b seq
         a sendto @nobody x => 1
         b recv => 'x'
         a connect @x => ECONNREFUSED
         a connect @nobody => ECONNREFUSED",
    );
}

#[test]
fn datagrams_go_to_paths() {
    check(
        "a new dgram
         a bind /a
         b new dgram
         b bind /b
         b sendto /a x => 1
         a recv => 'x' from /b
         b connect /a
         b peer => /a
         b close
         a sendto /b x => ECONNREFUSED
         s new stream
         s connect /a => EPROTOTYPE",
    );
}

#[test]
fn a_sender_is_shown_by_the_name_it_has_by_now() {
    check(
        "a new dgram
         a bind @a
         b new dgram
         b sendto @a x => 1
         b bind @b
         a recv => 'x' from @b
         b sendto @a y => 1
         b close
         a recv => 'y' from @b",
    );
}

#[test]
fn a_peer_hears_its_peer_alone() {
    check(
        "s new dgram
         s bind @s
         a new dgram
         a bind @a
         a connect @s
         s connect @a
         b new dgram
         b connect @s => EPERM
         b sendto @s x => EPERM
         s disconnect
         b connect @s
         b send x => 1
         s recv => 'x'",
    );
}

#[test]
fn a_seqpacket_socket_counts_all_its_messages() {
    check(
        "a pair b seq
         a send abc => 3
         a send de => 2
         b unread => 5",
    );
}
