//! Bytes, rights and credentials on streams.
//!
//! Does not know chance. Invariant: every answer is the one Linux 6.18 gave to the same script.

use super::script::check;

#[test]
fn bytes_have_no_boundaries() {
    check(
        "a pair b stream
         a cred => me
         a name => -
         a peer => -
         a poll => out
         a send hello => 5
         a send world => 5
         b poll => in out
         b unread => 10
         b peek 7 => 'hellowo'
         b peek => 'helloworld'
         b recv 3 => 'hel'
         b recv 4 => 'lowo'
         b recv => 'rld'
         b recv => EAGAIN
         b recv 0 => EAGAIN
         a send x => 1
         b recv 0 => ''
         b unread => 1
         a unsent => 768
         b recv => 'x'
         a unsent => 0
         a send => 0
         a connect @x => ECONNREFUSED
         a sendto @x y => EISCONN
         a bind @a
         a send z => 1
         b recv => 'z' from @a
         b peer => @a
         a listen 1 => EINVAL
         a sendto @x => EISCONN",
    );
}

#[test]
fn a_writer_is_charged_for_buffers() {
    check(
        "a pair b stream
         a fill 1 => 1
         a unsent => 768
         a fill 100 => 100
         a unsent => 1536
         a fill 4096 => 4096
         a unsent => 6400
         a fill 65536 => 65536
         a unsent => 73472
         a poll => none
         a fill 300000 => 146176
         a poll => none
         a fill 1 => EAGAIN
         b recv 1 => 'x'
         a unsent => 221184
         b recv 50 => 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
         a unsent => 221184
         b recv 51 => 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
         a unsent => 220416
         b drain 100000 => 100000
         a unsent => 148480
         a poll => none
         b drain 200000 => 115807
         a unsent => 0
         a poll => out",
    );
}

#[test]
fn a_small_send_buffer_takes_two_buffers() {
    check(
        "a pair b stream
         a set 1 7 1
         a fill 10000 => 4480
         a unsent => 8704
         a poll => none
         b drain 100 => 100
         a unsent => 8704
         b drain 10000 => 4380
         a poll => out
         a fill 100 => 100
         a poll => out
         a fill 100 => 100
         a poll => none",
    );
}

#[test]
fn a_read_ends_behind_rights() {
    check(
        "a pair b stream
         a send abc => 3
         a pass 2 def => 3
         a send ghi => 3
         a pass 1 j => 1
         b recv => 'abcdef' rights 2
         b recv => 'ghij' rights 1
         b recv => EAGAIN",
    );
}

#[test]
fn rights_come_with_the_first_byte() {
    check(
        "a pair b stream
         a pass 1 abcdef => 6
         b recv 2 => 'ab' rights 1
         b recv 2 => 'cd'
         b recv => 'ef'",
    );
}

#[test]
fn an_empty_read_takes_rights_and_an_empty_write_none() {
    check(
        "a pair b stream
         a pass 1 abc => 3
         b recv 0 => '' rights 1
         b recv => 'abc'
         a pass 1 => 0
         b recv => EAGAIN",
    );
}

#[test]
fn a_peek_copies_rights_of_bytes_it_has_no_room_for() {
    check(
        "a pair b stream
         a send abc => 3
         a pass 1 def => 3
         a pass 2 ghi => 3
         b peek 2 => 'ab' rights 1
         b peek 4 => 'abcd' rights 1
         b peek => 'abcdef' rights 1
         b recv => 'abcdef' rights 1
         b peek => 'ghi' rights 2
         b peek => 'ghi' rights 2
         b recv => 'ghi' rights 2",
    );
}

#[test]
fn credentials_pass_if_either_end_asks() {
    check(
        "a pair b stream
         a send ab => 2
         b set 1 16 1
         b recv => 'ab' cred nobody
         a send cd => 2
         b recv => 'cd' cred me
         a send cd => 2
         b set 1 16 0
         b recv => 'cd'
         b set 1 16 1
         a send ef => 2
         a sendcred gh => 2
         a send ij => 2
         b recv => 'efghij' cred me
         a get 1 16 => 0
         b get 1 16 => 1
         b set 1 16 0
         a set 1 16 1
         a send kl => 2
         b set 1 16 1
         b recv => 'kl' cred me",
    );
}

#[test]
fn bytes_of_different_writers_are_not_glued_for_one_who_asks() {
    check(
        "a pair b stream
         a send ab => 2
         b set 1 16 1
         a send cd => 2
         b recv => 'ab' cred nobody
         b recv => 'cd' cred me
         b set 1 16 0
         a send ab => 2
         b set 1 16 1
         a send cd => 2
         b set 1 16 0
         b recv => 'abcd'",
    );
}

#[test]
fn one_not_yet_accepted_may_ask_later() {
    check(
        "l new stream
         l bind @l
         l listen 3
         c new stream
         c connect @l
         c send x => 1
         s accept l => -
         s set 1 16 1
         s recv => 'x' cred me
         c send y => 1
         s recv => 'y' cred me
         l set 1 16 1
         d new stream
         d connect @l
         l set 1 16 0
         t accept l => -
         t get 1 16 => 1
         d name => -",
    );
}

#[test]
fn the_end_of_a_stream_carries_empty_credentials() {
    check(
        "a pair b stream
         b set 1 16 1
         a close
         b recv => '' cred (0, 0, 0)",
    );
}

#[test]
fn a_part_that_was_read_is_not_unread() {
    check(
        "a pair b stream
         a send abcdef => 6
         a send gh => 2
         b recv 2 => 'ab'
         b unread => 6
         b recv 4 => 'cdef'
         b unread => 2",
    );
}

#[test]
fn a_call_for_all_ends_behind_rights() {
    check(
        "a pair b stream
         a send ab => 2
         b brecv 4 256 => 'ab'
         a send ab => 2
         a pass 1 cd => 2
         a send ef => 2
         b brecv 6 256 => 'abcd'
         b recv => 'ef'
         a send ab => 2
         b brecv => 'ab'
         a send cd => 2
         a close
         b brecv 8 256 => 'cd'
         b brecv => ''",
    );
}
