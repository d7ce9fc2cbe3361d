//! Who is told of what: edges of `epoll(7)`.
//!
//! Does not know chance. Invariant: every answer is the one Linux 6.18 gave to the same script.

use super::script::check;

#[test]
fn bytes_wake_readers_and_freed_buffers_writers() {
    check(
        "a pair b stream
         * edges => b[out] a[out]
         a send abc => 3
         * edges => b[in,out]
         a send def => 3
         b recv 2 => 'ab'
         * edges => b[in,out]
         b recv => 'cdef'
         * edges => a[out]
         a pass 1 abc => 3
         b peek => 'abc' rights 1
         b recv => 'abc' rights 1
         * edges => b[out] a[out]
         a close
         * edges => b[in,out,hup,rdhup]
         b recv => ''
         * edges => none",
    );
}

#[test]
fn a_writer_is_woken_below_a_quarter() {
    check(
        "a pair b stream
         * edges => b[out] a[out]
         a fill 300000 => 219264
         * edges => b[in,out]
         b drain 100000 => 100000
         * edges => none
         b drain 70000 => 70000
         * edges => none
         b drain 20000 => 20000
         * edges => a[out]
         b drain 20000 => 20000
         * edges => none",
    );
}

#[test]
fn a_larger_buffer_wakes_the_writer() {
    check(
        "a pair b stream
         a fill 300000 => 219264
         * edges => b[in,out]
         a set 1 7 10000
         * edges => none
         a set 1 7 4000000
         * edges => a[out]",
    );
}

#[test]
fn a_connection_wakes_the_listener() {
    check(
        "l new stream
         l bind @l
         * edges => l[out,hup]
         l listen 0
         * edges => none
         c new stream
         * edges => c[out,hup]
         c connect @l
         * edges => l[in]
         d new stream
         d connect @l => EAGAIN
         * edges => d[out,hup]
         s accept l => -
         * edges => s[out]
         c connect @l => EISCONN
         c send x => 1
         * edges => s[in,out]
         l shutdown 0
         * edges => l[in,rdhup]
         l close
         * edges => none",
    );
}

#[test]
fn a_refused_connection_is_told() {
    check(
        "l new seq
         l bind @l
         l listen 3
         c new seq
         c connect @l
         c send x => 1
         * edges => l[in] c[out]
         l close
         * edges => c[in,out,err,hup,rdhup]",
    );
}

#[test]
fn a_stranger_is_told_of_room_once() {
    check(
        "s new dgram
         s bind @s
         c new dgram
         c connect @s
         d new dgram
         d connect @s
         e new dgram
         * edges => s[out] c[out] d[out] e[out]
         c send 1 => 1
         c send 2 => 1
         c send 3 => 1
         c send 4 => 1
         c send 5 => 1
         d send 6 => 1
         d send 7 => 1
         d send 8 => 1
         d send 9 => 1
         d send 10 => 2
         d send 11 => 2
         * edges => s[in,out]
         c poll => none
         d poll => none
         * edges => none
         s peek => '1'
         * edges => none
         s recv => '1'
         * edges => c[out] d[out]
         s recv => '2'
         * edges => c[out]
         c send 12 => 2
         c send 13 => 2
         c send 14 => EAGAIN
         e sendto @s x => EAGAIN
         * edges => s[in,out] e[out]
         s recv => '3'
         * edges => c[out]
         s close
         * edges => c[out] d[out]",
    );
}

#[test]
fn a_message_that_could_not_be_sent_wakes_its_sender() {
    check(
        "a pair b dgram
         b shutdown 0
         * edges => b[in,out,rdhup] a[out]
         a send x => EPIPE
         * edges => a[out]
         c new dgram
         * edges => c[out]
         c sendto @nobody x => ECONNREFUSED
         * edges => c[out]
         c send x => ENOTCONN
         * edges => c[out]
         c fill 212961 => EMSGSIZE
         * edges => none",
    );
}

#[test]
fn shutting_wakes_both_ends() {
    check(
        "a pair b seq
         c pair d dgram
         * edges => b[out] a[out] d[out] c[out]
         a shutdown 1
         * edges => a[out] b[in,out,rdhup]
         c shutdown 2
         * edges => c[in,out,hup,rdhup]",
    );
}

#[test]
fn disconnecting_wakes_both() {
    check(
        "a pair b dgram
         a bind @a
         b send mail => 4
         * edges => b[out] a[in,out]
         a disconnect
         * edges => a[out] b[out,err]
         b send x => ECONNRESET
         * edges => none
         b send y => 1
         * edges => a[in,out]
         a connect @a
         * edges => none
         a disconnect
         * edges => a[out] b[out]",
    );
}

#[test]
fn messages_lost_with_their_receiver_wake_the_sender() {
    check(
        "a pair b seq
         a send x => 1
         a send y => 1
         * edges => b[in,out] a[out]
         b close
         * edges => a[in,out,err,hup,rdhup]",
    );
}
