//! The socket calls on a whole kernel: waits, time-outs, open files.
//!
//! Does not know the boundary, whose part it plays: it makes a call again when its thread wakes. Invariant: with boring
//! choices every test is the same run every time.

use photofinish_sim::call::address::Address;
use photofinish_sim::call::fd::{close, dup, fcntl, ioctl};
use photofinish_sim::call::io::{read, recv, send, write};
use photofinish_sim::call::poll::{PollFd, poll};
use photofinish_sim::call::socket::{
    Ask, accept4, bind, connect, getpeername, getsockname, listen, shutdown, socket,
};
use photofinish_sim::call::sockopt::{OptionName, getsockopt, setsockopt};
use photofinish_sim::call::{Caller, Stop};
use photofinish_sim::chooser::Boring;
use photofinish_sim::errno::Errno;
use photofinish_sim::event::Memory;
use photofinish_sim::fd::OnExec;
use photofinish_sim::kernel::{Detail, Kernel, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::process::Pid;
use photofinish_sim::ready::Mask;
use photofinish_sim::thread::ThreadId;

const SECOND_NS: u64 = 1_000_000_000;
const TCP: Ask = Ask { domain: 2, kind: 1, protocol: 0 };
const RECEIVE_TIMEOUT: OptionName = OptionName { level: 1, name: 20 };
const SEND_TIMEOUT: OptionName = OptionName { level: 1, name: 21 };
const ERROR: OptionName = OptionName { level: 1, name: 4 };

const MSG_OOB: i32 = 0x1;
const MSG_DONTWAIT: i32 = 0x40;
const MSG_WAITALL: i32 = 0x100;

fn inet(text: &str) -> Address {
    Address::Inet(text.parse().expect("an address"))
}

fn kernel() -> Kernel {
    Kernel::new(Limits::default(), Box::new(Boring), Box::new(Memory::default()), Detail::HashOnly)
}

/// Makes a call of the only thread until it answers.
fn done<T>(
    kernel: &mut Kernel,
    mut call: impl FnMut(&mut Kernel, &mut Caller) -> Result<T, Stop>,
) -> Result<T, Errno> {
    let mut caller = Caller::new(kernel.current(), kernel.process());
    loop {
        match call(kernel, &mut caller) {
            Ok(answer) => return Ok(answer),
            Err(Stop::Fail(errno)) => return Err(errno),
            Err(Stop::Unmodelled(what, _)) => panic!("unmodelled: {what}"),
            Err(Stop::Block(wait)) => {
                assert_ne!(kernel.block(wait), Next::End, "{:?}", kernel.ending());
                caller.woken = kernel.take_woken();
            }
        }
    }
}

/// The only process' main thread.
fn me() -> Caller {
    Caller::new(ThreadId::MAIN, Pid::FIRST)
}

fn new_socket(kernel: &mut Kernel, fd: i32) {
    assert_eq!(socket(kernel, &me(), TCP), Ok(fd), "the lowest free number");
}

fn timeval(seconds: i64) -> Vec<u8> {
    [seconds.to_ne_bytes(), 0_i64.to_ne_bytes()].concat()
}

/// Listener 3 at port 80.
fn listener() -> Kernel {
    let mut kernel = kernel();
    new_socket(&mut kernel, 3);
    bind(&mut kernel, &me(), 3, &inet("127.0.0.1:80")).expect("free");
    listen(&mut kernel, &me(), 3, 8).expect("bound");
    kernel
}

/// Listener 3, client 4, accepted 5.
fn pair() -> Kernel {
    let mut kernel = listener();
    new_socket(&mut kernel, 4);
    done(&mut kernel, |kernel, caller| connect(kernel, caller, 4, &inet("127.0.0.1:80"))).expect("listens");
    let (fd, peer) = done(&mut kernel, |kernel, caller| accept4(kernel, caller, 3, 0)).expect("connected");
    assert_eq!(fd, 5);
    assert_eq!(getsockname(&kernel, &me(), 4), Ok(peer.clone()));
    assert_eq!(getpeername(&kernel, &me(), 5), Ok(peer));
    kernel
}

#[test]
fn an_echo_goes_round() {
    let mut kernel = pair();
    let mut buffer = [0; 8];
    assert_eq!(done(&mut kernel, |kernel, caller| write(kernel, caller, 4, b"ping")), Ok(4));
    assert_eq!(done(&mut kernel, |kernel, caller| read(kernel, caller, 5, &mut buffer)), Ok(4));
    assert_eq!(done(&mut kernel, |kernel, caller| write(kernel, caller, 5, &buffer[..4])), Ok(4));
    assert_eq!(done(&mut kernel, |kernel, caller| read(kernel, caller, 4, &mut buffer)), Ok(4));
    assert_eq!(&buffer[..4], b"ping");
    assert_eq!(done(&mut kernel, |kernel, caller| read(kernel, caller, 4, &mut [])), Ok(0));
}

#[test]
fn a_receive_times_out_at_its_time() {
    let mut kernel = pair();
    setsockopt(&mut kernel, &me(), 4, RECEIVE_TIMEOUT, &timeval(3_600)).expect("modelled");
    let before_ns = kernel.now_ns();
    assert_eq!(done(&mut kernel, |kernel, caller| read(kernel, caller, 4, &mut [0])), Err(Errno::EAGAIN));
    assert_eq!(kernel.now_ns(), before_ns + 3_600 * SECOND_NS);
}

#[test]
fn accepting_times_out_like_a_receive() {
    let mut kernel = listener();
    setsockopt(&mut kernel, &me(), 3, RECEIVE_TIMEOUT, &timeval(1)).expect("modelled");
    assert_eq!(done(&mut kernel, |kernel, caller| accept4(kernel, caller, 3, 0)).unwrap_err(), Errno::EAGAIN);
    assert_eq!(kernel.now_ns(), SECOND_NS);
}

#[test]
fn a_send_times_out_with_what_it_moved_and_then_with_eagain() {
    let mut kernel = pair();
    setsockopt(&mut kernel, &me(), 4, SEND_TIMEOUT, &timeval(1)).expect("modelled");
    let bytes = vec![1; 1_000_000];
    let flags = 0;
    assert_eq!(done(&mut kernel, |kernel, caller| send(kernel, caller, 4, &bytes, flags)), Ok(344_064));
    assert_eq!(
        done(&mut kernel, |kernel, caller| send(kernel, caller, 4, &bytes, flags)),
        Err(Errno::EAGAIN)
    );
}

#[test]
fn waiting_for_all_gathers_segments_and_stops_at_the_end() {
    let mut kernel = pair();
    let flags = MSG_WAITALL;
    let mut buffer = [0; 6];
    for part in [b"ab", b"cd", b"ef", b"gh"] {
        assert_eq!(done(&mut kernel, |kernel, caller| write(kernel, caller, 4, part)), Ok(2));
    }
    assert_eq!(done(&mut kernel, |kernel, caller| recv(kernel, caller, 5, &mut buffer, flags)), Ok(6));
    assert_eq!(&buffer, b"abcdef");
    close(&mut kernel, &mut me(), 4).expect("open");
    assert_eq!(done(&mut kernel, |kernel, caller| recv(kernel, caller, 5, &mut buffer, flags)), Ok(2));
    assert_eq!(done(&mut kernel, |kernel, caller| recv(kernel, caller, 5, &mut buffer, flags)), Ok(0));
}

#[test]
fn a_connect_that_does_not_wait_tells_how_far_it_is() {
    let mut kernel = listener();
    let ask = Ask { kind: 1 | 0o4000 | 0o2_000_000, ..TCP };
    assert_eq!(socket(&mut kernel, &me(), ask), Ok(4));
    let try_connect = |kernel: &mut Kernel| {
        done(kernel, |kernel, caller| connect(kernel, caller, 4, &inet("127.0.0.1:80")))
    };
    assert_eq!(try_connect(&mut kernel), Err(Errno::EINPROGRESS));
    assert_eq!(try_connect(&mut kernel), Err(Errno::EALREADY));
    let mut entries = [PollFd { fd: 4, events: Mask::OUT, revents: Mask::NONE }];
    assert_eq!(
        done(&mut kernel, |kernel, caller| poll(kernel, caller, &mut entries, Some(SECOND_NS))),
        Ok(1)
    );
    assert_eq!(entries[0].revents, Mask::OUT);
    assert_eq!(getsockopt(&mut kernel, &me(), 4, ERROR), Ok(vec![0; 4]));
    assert_eq!(try_connect(&mut kernel), Ok(()));
    assert_eq!(try_connect(&mut kernel), Err(Errno::EISCONN));
}

#[test]
fn a_refused_connect_shows_in_poll() {
    let mut kernel = kernel();
    new_socket(&mut kernel, 3);
    ioctl(&mut kernel, &me(), 3, 0x5421, &mut 1).expect("FIONBIO");
    let answer = done(&mut kernel, |kernel, caller| connect(kernel, caller, 3, &inet("127.0.0.1:1")));
    assert_eq!(answer, Err(Errno::EINPROGRESS));
    let mut entries = [PollFd { fd: 3, events: Mask::OUT, revents: Mask::NONE }];
    assert_eq!(done(&mut kernel, |kernel, caller| poll(kernel, caller, &mut entries, None)), Ok(1));
    assert_eq!(entries[0].revents, Mask::OUT | Mask::ERR | Mask::HUP);
    assert_eq!(getsockopt(&mut kernel, &me(), 3, ERROR), Ok(vec![111, 0, 0, 0]));
}

#[test]
fn a_connect_gives_up_waiting_but_goes_on() {
    let mut kernel = listener();
    listen(&mut kernel, &me(), 3, 0).expect("listens");
    for fd in [4, 5] {
        new_socket(&mut kernel, fd);
        setsockopt(&mut kernel, &me(), fd, SEND_TIMEOUT, &timeval(10)).expect("modelled");
    }
    let try_connect = |kernel: &mut Kernel, fd| {
        done(kernel, |kernel, caller| connect(kernel, caller, fd, &inet("127.0.0.1:80")))
    };
    assert_eq!(try_connect(&mut kernel, 4), Ok(()));
    let before_ns = kernel.now_ns();
    assert_eq!(try_connect(&mut kernel, 5), Err(Errno::EINPROGRESS));
    assert_eq!(kernel.now_ns(), before_ns + 10 * SECOND_NS);
    setsockopt(&mut kernel, &me(), 5, SEND_TIMEOUT, &timeval(1)).expect("modelled");
    assert_eq!(try_connect(&mut kernel, 5), Err(Errno::EALREADY));
    setsockopt(&mut kernel, &me(), 5, SEND_TIMEOUT, &timeval(9)).expect("modelled");
    done(&mut kernel, |kernel, caller| accept4(kernel, caller, 3, 0)).expect("one is there");
    assert_eq!(try_connect(&mut kernel, 5), Ok(()));
    assert_eq!(kernel.now_ns() / SECOND_NS, (before_ns + 15 * SECOND_NS) / SECOND_NS);
}

#[test]
fn poll_times_out_and_passes_over_what_it_cannot_see() {
    let mut kernel = pair();
    let entry = |fd| PollFd { fd, events: Mask::IN, revents: Mask::NONE };
    let mut entries = [entry(-1), entry(4), entry(5)];
    let before_ns = kernel.now_ns();
    assert_eq!(
        done(&mut kernel, |kernel, caller| poll(kernel, caller, &mut entries, Some(SECOND_NS))),
        Ok(0)
    );
    assert_eq!(kernel.now_ns(), before_ns + SECOND_NS);
    let mut entries = [entry(99), entry(4)];
    assert_eq!(done(&mut kernel, |kernel, caller| poll(kernel, caller, &mut entries, None)), Ok(1));
    assert_eq!(entries[0].revents, Mask::NVAL);
    done(&mut kernel, |kernel, caller| write(kernel, caller, 4, b"x")).expect("open");
    let mut entries = [entry(-1), entry(4), entry(5)];
    assert_eq!(done(&mut kernel, |kernel, caller| poll(kernel, caller, &mut entries, None)), Ok(1));
    assert_eq!(entries.map(|entry| entry.revents), [Mask::NONE, Mask::NONE, Mask::IN]);
}

#[test]
fn a_duplicate_keeps_the_connection() {
    let mut kernel = pair();
    dup(&mut kernel, &me(), 4, 9, OnExec::Close).expect("open");
    close(&mut kernel, &mut me(), 4).expect("open");
    assert_eq!(close(&mut kernel, &mut me(), 4), Err(Stop::Fail(Errno::EBADF)));
    assert_eq!(kernel.object(4), None);
    assert_eq!(fcntl(&mut kernel, &me(), 9, 1, 0), Ok(1));
    assert_eq!(done(&mut kernel, |kernel, caller| write(kernel, caller, 9, b"x")), Ok(1));
    assert_eq!(done(&mut kernel, |kernel, caller| read(kernel, caller, 5, &mut [0])), Ok(1));
    close(&mut kernel, &mut me(), 9).expect("open");
    assert_eq!(done(&mut kernel, |kernel, caller| read(kernel, caller, 5, &mut [0])), Ok(0));
}

#[test]
fn nonblocking_belongs_to_the_open_file() {
    let mut kernel = pair();
    dup(&mut kernel, &me(), 4, 9, OnExec::Keep).expect("open");
    assert_eq!(fcntl(&mut kernel, &me(), 9, 4, 0o4000), Ok(0));
    assert_eq!(fcntl(&mut kernel, &me(), 4, 3, 0), Ok(0o4002));
    assert_eq!(done(&mut kernel, |kernel, caller| read(kernel, caller, 4, &mut [0])), Err(Errno::EAGAIN));
    let dont_wait = MSG_DONTWAIT;
    assert_eq!(
        done(&mut kernel, |kernel, caller| recv(kernel, caller, 5, &mut [0], dont_wait)),
        Err(Errno::EAGAIN)
    );
}

#[test]
fn a_call_that_waits_keeps_its_file_although_the_number_is_closed() {
    let mut kernel = pair();
    let main = kernel.current();
    let child = kernel.spawn().expect("few threads");
    let mut reader = Caller::new(main, Pid::FIRST);
    let Err(Stop::Block(wait)) = read(&mut kernel, &mut reader, 5, &mut [0; 4]) else {
        panic!("nothing to read")
    };
    assert_eq!(kernel.block(wait), Next::Run(child));
    close(&mut kernel, &mut me(), 5).expect("open");
    new_socket(&mut kernel, 5);
    assert_eq!(write(&mut kernel, &mut Caller::new(child, Pid::FIRST), 4, b"late"), Ok(4));
    assert_eq!(kernel.end_thread(), Next::Run(main));
    reader.woken = kernel.take_woken();
    assert_eq!(read(&mut kernel, &mut reader, 5, &mut [0; 4]), Ok(4));
    // Only now is the file closed, and its peer told.
    assert_eq!(done(&mut kernel, |kernel, caller| read(kernel, caller, 4, &mut [0])), Ok(0));
}

#[test]
fn shutting_a_listener_wakes_who_accepts() {
    let mut kernel = listener();
    let main = kernel.current();
    let child = kernel.spawn().expect("few threads");
    let mut accepter = Caller::new(main, Pid::FIRST);
    let Err(Stop::Block(wait)) = accept4(&mut kernel, &mut accepter, 3, 0) else { panic!("nobody connects") };
    assert_eq!(kernel.block(wait), Next::Run(child));
    shutdown(&mut kernel, &me(), 3, 2).expect("listens");
    assert_eq!(kernel.end_thread(), Next::Run(main));
    accepter.woken = kernel.take_woken();
    assert_eq!(accept4(&mut kernel, &mut accepter, 3, 0), Err(Stop::Fail(Errno::EINVAL)));
}

#[test]
fn what_is_not_modelled_says_so() {
    let mut kernel = pair();
    let unmodelled =
        |answer: Result<(), Stop>| assert!(matches!(answer, Err(Stop::Unmodelled(..))), "{answer:?}");
    for (domain, kind, protocol) in [(2, 2, 136), (2, 3, 0), (16, 3, 0), (2, 1, 132)] {
        unmodelled(socket(&mut kernel, &me(), Ask { domain, kind, protocol }).map(drop));
    }
    unmodelled(recv(&mut kernel, &mut me(), 4, &mut [0], MSG_OOB).map(drop));
    unmodelled(send(&mut kernel, &mut me(), 4, b"x", MSG_OOB).map(drop));
    unmodelled(fcntl(&mut kernel, &me(), 4, 8, 0).map(drop));
    unmodelled(ioctl(&mut kernel, &me(), 4, 0x8912, &mut 0));
    assert_eq!(shutdown(&mut kernel, &me(), 4, 3), Err(Stop::Fail(Errno::EINVAL)));
    assert_eq!(socket(&mut kernel, &me(), Ask { kind: 1 | 0o100, ..TCP }), Err(Stop::Fail(Errno::EINVAL)));
    assert_eq!(
        socket(&mut kernel, &me(), Ask { protocol: 17, ..TCP }),
        Err(Stop::Fail(Errno::EPROTONOSUPPORT))
    );
}
