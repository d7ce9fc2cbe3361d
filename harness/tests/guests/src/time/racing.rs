//! A time-out and what it waits for, at about the same time.
//!
//! Invariant: whichever comes first, the other one is not lost: only who was first differs.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use photofinish::scenario::Failure;

const TIME_OUT: Duration = Duration::from_millis(100);
const BEFORE: Duration = Duration::from_millis(99);

/// Who was first.
fn judge(first: First) -> Result<(), Failure> {
    match first {
        First::Notified => Ok(()),
        First::TimedOut => Err(Failure { signature: "timed-out".into(), detail: String::new() }),
    }
}

enum First {
    Notified,
    TimedOut,
}

fn wait(notified_after: Duration) -> First {
    let state = Arc::new((Mutex::new(false), Condvar::new()));
    let theirs = state.clone();
    let notifier = thread::spawn(move || {
        thread::sleep(notified_after);
        *theirs.0.lock().expect("nobody panics") = true;
        theirs.1.notify_one();
    });
    let done = state.0.lock().expect("nobody panics");
    let waited = state.1.wait_timeout_while(done, TIME_OUT, |done| !*done);
    let (done, outcome) = waited.expect("nobody panics");
    assert_eq!(outcome.timed_out(), !*done);
    drop(done);
    notifier.join().expect("it does not panic");
    assert!(*state.0.lock().expect("nobody panicked"));
    if outcome.timed_out() { First::TimedOut } else { First::Notified }
}

pub(super) fn tie() -> Result<(), Failure> {
    judge(wait(TIME_OUT))
}

pub(super) fn condvar() -> Result<(), Failure> {
    judge(wait(BEFORE))
}

pub(super) fn recv() -> Result<(), Failure> {
    let (send, receive) = mpsc::channel();
    let sender = thread::spawn(move || {
        thread::sleep(BEFORE);
        send.send(3)
    });
    let first = match receive.recv_timeout(TIME_OUT) {
        Ok(_) => First::Notified,
        Err(_) => {
            assert_eq!(receive.recv(), Ok(3));
            First::TimedOut
        }
    };
    assert_eq!(sender.join().expect("it does not panic"), Ok(()));
    judge(first)
}

pub(super) fn park() -> Result<(), Failure> {
    let ready = Arc::new(AtomicBool::new(false));
    let (theirs, sleeper) = (ready.clone(), thread::current());
    let began = Instant::now();
    let waker = thread::spawn(move || {
        thread::sleep(BEFORE);
        theirs.store(true, Ordering::Release);
        sleeper.unpark();
    });
    let first = loop {
        if ready.load(Ordering::Acquire) {
            break First::Notified;
        }
        match TIME_OUT.checked_sub(began.elapsed()) {
            Some(rest) if !rest.is_zero() => thread::park_timeout(rest),
            _ => break First::TimedOut,
        }
    };
    waker.join().expect("it does not panic");
    judge(first)
}

pub(super) fn read() -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        thread::sleep(BEFORE);
        stream.write_all(&[3]).expect("the client is there");
    });
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(TIME_OUT)).expect("not zero");
    let mut answer = [0];
    let first = match stream.read_exact(&mut answer) {
        Ok(()) => First::Notified,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            stream.set_read_timeout(None).expect("it is open");
            stream.read_exact(&mut answer).expect("it still comes");
            First::TimedOut
        }
    };
    assert_eq!(answer, [3]);
    server.join().expect("it does not panic");
    judge(first)
}
