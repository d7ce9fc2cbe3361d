//! Waits of a thread that is alone: they end when they should, by the program's own clock.
//!
//! Invariant: no wait ends early, and none is more than a millisecond late.

use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use photofinish::scenario::Failure;

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3_600);
/// Neither round nor small.
const WHILE: Duration = Duration::from_nanos(7_654_321_987);

/// Does something that waits for `least`.
fn takes<T>(least: Duration, wait: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let answer = wait();
    let took = began.elapsed();
    assert!(took >= least && took < least + MS, "{took:?} instead of {least:?}");
    answer
}

pub(super) fn sleep() -> Result<(), Failure> {
    for time in [HOUR, WHILE, MS, Duration::from_nanos(1), Duration::ZERO] {
        takes(time, || thread::sleep(time));
    }
    Ok(())
}

pub(super) fn condvar() -> Result<(), Failure> {
    let (lock, condvar) = (Mutex::new(()), Condvar::new());
    let mut held = lock.lock().expect("nobody panics");
    for time in [HOUR, WHILE, MS] {
        let (again, outcome) = takes(time, || {
            // A wake-up without a cause is allowed; wait_timeout_while goes on after it.
            condvar.wait_timeout_while(held, time, |()| true).expect("nobody panics")
        });
        held = again;
        assert!(outcome.timed_out());
    }
    Ok(())
}

pub(super) fn recv() -> Result<(), Failure> {
    let (_send, receive) = mpsc::channel::<()>();
    for time in [HOUR, WHILE, MS] {
        assert_eq!(takes(time, || receive.recv_timeout(time)), Err(RecvTimeoutError::Timeout));
    }
    Ok(())
}

pub(super) fn park() -> Result<(), Failure> {
    for time in [HOUR, WHILE, MS] {
        takes(time, || {
            let end = Instant::now() + time;
            // It may come back without a cause.
            while let Some(rest) = end.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero()) {
                thread::park_timeout(rest);
            }
        });
    }
    Ok(())
}

pub(super) fn read() -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let mut stream = TcpStream::connect(address).expect("there is room in the queue");
    let _peer = listener.accept().expect("somebody connected");
    for time in [HOUR, Duration::from_micros(7_654_321), MS] {
        stream.set_read_timeout(Some(time)).expect("not zero");
        let outcome = takes(time, || stream.read(&mut [0]));
        assert_eq!(outcome.map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
    }
    Ok(())
}

pub(super) fn connect() -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let mut connected = Vec::new();
    let error = loop {
        let began = Instant::now();
        match TcpStream::connect_timeout(&address, 500 * MS) {
            Ok(stream) => connected.push(stream),
            Err(error) => {
                let took = began.elapsed();
                assert!(took >= 500 * MS, "{took:?}");
                println!("{}", took.as_micros());
                break error;
            }
        }
        assert!(connected.len() < 500, "the queue has no end");
    };
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    // A place in the queue, and it works again.
    listener.accept().expect("somebody connected");
    TcpStream::connect_timeout(&address, 5_000 * MS).expect("there is room again");
    Ok(())
}

pub(super) fn parking_lot() -> Result<(), Failure> {
    let (lock, condvar) = (parking_lot::Mutex::new(()), parking_lot::Condvar::new());
    let mut held = lock.lock();
    for time in [HOUR, WHILE, MS] {
        assert!(takes(time, || condvar.wait_for(&mut held, time)).timed_out());
        assert!(takes(time, || lock.try_lock_for(time)).is_none());
    }
    Ok(())
}

pub(super) fn crossbeam() -> Result<(), Failure> {
    let (_send, receive) = crossbeam_channel::bounded::<()>(0);
    for time in [HOUR, WHILE, MS] {
        assert!(takes(time, || receive.recv_timeout(time)).is_err());
        takes(time, || crossbeam_channel::after(time).recv().expect("it comes"));
    }
    Ok(())
}

pub(super) fn calendar() -> Result<(), Failure> {
    const YEAR_2026: u64 = 1_767_225_600;
    let since = || SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970");
    let began = since();
    assert!(
        began >= Duration::from_secs(YEAR_2026) && began < Duration::from_secs(YEAR_2026) + MS,
        "{began:?}"
    );
    thread::sleep(HOUR);
    let ended = since();
    assert!(ended >= began + HOUR && ended < began + HOUR + MS, "{began:?} {ended:?}");
    Ok(())
}

pub(super) fn busy() -> Result<(), Failure> {
    let began = Instant::now();
    while began.elapsed() < MS {}
    let wall = SystemTime::now();
    while wall.elapsed().expect("it does not go back") < MS {}
    Ok(())
}

pub(super) fn spin_on_word() -> Result<(), Failure> {
    let done = Arc::new(AtomicBool::new(false));
    let theirs = done.clone();
    let began = Instant::now();
    let sleeper = thread::spawn(move || {
        thread::sleep(WHILE);
        theirs.store(true, Ordering::Release);
    });
    while !done.load(Ordering::Acquire) {}
    assert!(began.elapsed() >= WHILE);
    sleeper.join().expect("it does not panic");
    Ok(())
}
