//! `socket(2)`, `bind(2)`, `listen(2)`, `connect(2)`, `accept(2)`.
//!
//! Does not know chance. Invariant: every answer is the one Linux 6.18 gave to the same script.

use super::script::check;

#[test]
fn a_stream_connects_and_is_accepted() {
    check(
        "a new stream
         a poll => out hup
         a recv => EINVAL
         a send x => ENOTCONN
         a name => -
         a peer => ENOTCONN
         a cred => none
         a listen 1 => EINVAL
         a connect @nobody => ECONNREFUSED
         a connect /nobody => ENOENT
         a bind @l
         a bind @m => EINVAL
         a autobind
         b new stream
         b bind @l => EADDRINUSE
         d new dgram
         d bind @l
         b connect @l => ECONNREFUSED
         a listen 0
         a listen 1
         a poll => none
         a cred => me
         b connect @l
         b connect @l => EISCONN
         b poll => out
         b peer => @l
         b name => -
         b cred => me
         c new stream
         c connect @l
         e new stream
         e connect @l => EAGAIN
         e poll => out hup
         f accept a => -
         f name => @l
         f peer => -
         f cred => me
         e connect @l
         e connect @gone => ECONNREFUSED
         b connect @gone => ECONNREFUSED
         a connect @l => EAGAIN
         a send x => ENOTCONN
         a recv => EINVAL
         a unread => EINVAL
         a get 1 30 => 1
         a peer => ENOTCONN
         a shutdown 2
         x accept a => -
         x accept a => -
         x accept a => EAGAIN
         x baccept a => EINVAL
         g new stream
         g connect @l => ECONNREFUSED
         d connect @l
         d listen 1 => EOPNOTSUPP
         d accept d => EOPNOTSUPP
         x accept b => EINVAL
         x accept d => EOPNOTSUPP",
    );
}

#[test]
fn a_backlog_of_nothing_holds_one() {
    check(
        "l new stream
         l bind @l
         l listen 0
         a new stream
         a connect @l
         b new stream
         b connect @l => EAGAIN
         l listen -1
         b connect @l
         b peer => @l",
    );
}

#[test]
fn a_negative_backlog_is_the_largest() {
    check(
        "l new stream
         l bind @l
         l listen -1
         a new stream
         a connect @l
         b new stream
         b connect @l",
    );
}

#[test]
fn listening_again_changes_the_backlog() {
    check(
        "l new seq
         l bind @l
         l listen 0
         a new seq
         a connect @l
         b new seq
         b connect @l => EAGAIN
         l listen 1
         b connect @l
         s accept l => -
         s name => @l
         s peer => -",
    );
}

#[test]
fn a_closed_listener_resets_those_it_never_accepted() {
    check(
        "l new stream
         l bind /l
         m new stream
         m bind /l => EADDRINUSE
         c new stream
         c connect /l => ECONNREFUSED
         l listen 3
         c connect /l
         c send hello => 5
         c poll => out
         d new dgram
         d connect /l => EPROTOTYPE
         d sendto /l x => EPROTOTYPE
         c peer => /l
         l close
         c poll => in out err hup rdhup
         c send x => EPIPE
         c recv => ECONNRESET
         c recv => ''
         c poll => in out hup rdhup
         c get 1 4 => 0
         c peer => /l
         c shutdown 2
         n new stream
         n connect /l => ECONNREFUSED",
    );
}

#[test]
fn a_path_whose_socket_is_closed_is_refused() {
    check(
        "l new stream
         l bind /p
         l listen 1
         c new stream
         c connect /p
         l close
         c recv => ECONNRESET
         c poll => in out hup rdhup",
    );
}

#[test]
fn a_connection_whose_maker_closed_is_accepted() {
    check(
        "l new stream
         l bind @l
         l listen 3
         c new stream
         c bind @c
         c connect @l
         c send hello => 5
         c close
         s accept l => @c
         s poll => in out hup rdhup
         s peer => @c
         s recv => 'hello' from @c
         s recv => ''
         s poll => in out hup rdhup
         s send x => EPIPE
         s name => @l
         l close
         s name => @l",
    );
}

#[test]
fn an_automatic_name_is_five_digits() {
    check(
        "a new dgram
         a autobind
         a name => @#####
         a autobind
         a bind @z => EINVAL
         b new stream
         b set 1 16 1
         b connect @none => ECONNREFUSED
         b name => @#####",
    );
}

#[test]
fn a_seqpacket_socket_connects_like_a_stream() {
    check(
        "l new seq
         l bind @l
         l listen 3
         l poll => none
         a new seq
         a poll => out hup
         a send x => ENOTCONN
         a recv => ENOTCONN
         a connect @l
         s accept l => -
         a send abcdef => 6
         a send => 0
         a send gh => 2
         s unread => 8
         s recv 3 => 'abc' trunc
         s unread => 2
         s recv => ''
         s recv => 'gh'
         s recv => EAGAIN
         a close
         s poll => in out hup rdhup
         s recv => ''
         s send x => EPIPE
         s get 1 4 => 0",
    );
}
