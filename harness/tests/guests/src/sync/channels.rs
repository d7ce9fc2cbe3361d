//! `std::sync::mpsc`, all flavours.
//!
//! Invariant: what is sent arrives once, in the order of its sender.

use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError, TrySendError};
use std::thread;
use std::time::Duration;

use photofinish::scenario::Failure;

/// Unbounded, bounded and rendezvous channels, and how they end.
pub(super) fn mpsc() -> Result<(), Failure> {
    unbounded();
    for room in [0, 1, 3] {
        bounded(room);
    }
    ends();
    Ok(())
}

fn unbounded() {
    let (send, receive) = mpsc::channel();
    let senders: Vec<_> = (0..3_u64)
        .map(|who| {
            let send = send.clone();
            thread::spawn(move || (0..10).for_each(|n| send.send(who * 10 + n).expect("somebody listens")))
        })
        .collect();
    drop(send);
    let mut heard: Vec<u64> = receive.iter().collect();
    for who in 0..3 {
        assert!(heard.iter().filter(|n| **n / 10 == who).is_sorted(), "{heard:?}");
    }
    heard.sort_unstable();
    assert_eq!(heard, (0..30).collect::<Vec<_>>());
    for sender in senders {
        sender.join().expect("it does not panic");
    }
}

fn bounded(room: usize) {
    let (send, receive) = mpsc::sync_channel(room);
    let sender = thread::spawn(move || (0..10).for_each(|n: u32| send.send(n).expect("somebody listens")));
    assert_eq!(receive.iter().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    sender.join().expect("it does not panic");
}

fn ends() {
    let (send, receive) = mpsc::sync_channel(1);
    assert_eq!(receive.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(receive.recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
    assert_eq!(send.try_send(1), Ok(()));
    assert_eq!(send.try_send(2), Err(TrySendError::Full(2)));
    let second = send.clone();
    let blocked = thread::spawn(move || second.send(3));
    assert_eq!(receive.recv(), Ok(1));
    assert_eq!(receive.recv(), Ok(3));
    assert_eq!(blocked.join().expect("it does not panic"), Ok(()));
    drop(receive);
    assert_eq!(send.try_send(4), Err(TrySendError::Disconnected(4)));
}
