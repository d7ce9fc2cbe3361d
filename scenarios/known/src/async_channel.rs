//! Stress of async-channel.
//!
//! Knows its documentation and nothing of how it is made. Invariant: who waits for ever was owed a message, room, or the end.

use std::pin::pin;
use std::thread;

use ::async_channel::{Receiver, Sender, TrySendError};
use futures_lite::future::{block_on, poll_once};

use crate::delivered::{Message, check, messages};

/// Sends so many messages, every other one as a task does it, and says which were taken.
fn send_all(channel: &Sender<Message>, sender: usize, count: usize) -> Vec<Message> {
    let sends = |number: &usize| {
        let message = (sender, *number);
        let sent = if number.is_multiple_of(2) {
            channel.send_blocking(message)
        } else {
            block_on(channel.send(message))
        };
        sent.is_ok()
    };
    (0..count).take_while(sends).map(|number| (sender, number)).collect()
}

/// Takes until the end, every other one as a task does it.
fn take_all(channel: &Receiver<Message>) -> Vec<Message> {
    let mut taken = Vec::new();
    loop {
        let message =
            if taken.len().is_multiple_of(2) { channel.recv_blocking() } else { block_on(channel.recv()) };
        let Ok(message) = message else { return taken };
        taken.push(message);
    }
}

pub(crate) fn bounded() {
    let (sender, receiver) = ::async_channel::bounded(1);
    let taken = thread::scope(|scope| {
        for name in 0..2 {
            let sender = sender.clone();
            scope.spawn(move || assert_eq!(send_all(&sender, name, 3).len(), 3, "there are receivers"));
        }
        drop(sender);
        let receivers = [(); 2].map(|()| scope.spawn(|| take_all(&receiver)));
        receivers.map(|receiver| receiver.join().expect("it returns"))
    });
    check(&messages(2, 3), &taken);
}

/// As little as can be lost: one message, and one who waits for it, or for room.
pub(crate) fn one() {
    let (sender, receiver) = ::async_channel::bounded(1);
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(receiver.recv_blocking(), Ok(1)));
        sender.send_blocking(1).expect("it is open");
    });
    sender.send_blocking(2).expect("there is room");
    thread::scope(|scope| {
        scope.spawn(|| block_on(sender.send(3)).expect("it is open"));
        assert_eq!(block_on(receiver.recv()), Ok(2));
    });
    assert_eq!(receiver.try_recv(), Ok(3));
}

/// Whoever waits is woken, though nobody closes the channel and whoever was woken before takes no more.
pub(crate) fn each() {
    let (sender, receiver) = ::async_channel::bounded(2);
    let taken = thread::scope(|scope| {
        let receivers = [
            scope.spawn(|| receiver.recv_blocking()),
            scope.spawn(|| block_on(receiver.recv())),
            scope.spawn(|| receiver.recv_blocking()),
        ];
        for name in 0..3 {
            let sender = &sender;
            scope.spawn(move || assert_eq!(send_all(sender, name, 1).len(), 1, "there are receivers"));
        }
        receivers.map(|receiver| vec![receiver.join().expect("it returns").expect("it is open")])
    });
    check(&messages(3, 1), &taken);
}

/// What was sent before the end is taken, by whomever the channel is closed.
pub(crate) fn closed() {
    let (sender, receiver) = ::async_channel::bounded(1);
    let (sent, taken) = thread::scope(|scope| {
        let senders = [0, 1].map(|name| {
            let sender = sender.clone();
            scope.spawn(move || send_all(&sender, name, 2))
        });
        let taken = scope.spawn(|| take_all(&receiver));
        let other = scope.spawn(|| receiver.close());
        assert!(sender.close() ^ other.join().expect("it returns"), "one of them closes it");
        let sent = senders.map(|sender| sender.join().expect("it returns")).concat();
        (sent, taken.join().expect("it returns"))
    });
    check(&sent, &[taken]);
}

/// A sender that is made of a weak one keeps the channel open, or is not made.
pub(crate) fn weak() {
    let (sender, receiver) = ::async_channel::bounded(1);
    let weak = sender.downgrade();
    let (sent, taken) = thread::scope(|scope| {
        let first = scope.spawn(move || send_all(&sender, 0, 1));
        let second = [1, 2].map(|name| {
            let weak = weak.clone();
            scope.spawn(move || match weak.upgrade() {
                Some(sender) => {
                    let sent = send_all(&sender, name, 1);
                    assert_eq!(sent.len(), 1, "it is open");
                    sent
                }
                None => Vec::new(),
            })
        });
        let taken = scope.spawn(|| take_all(&receiver));
        let mut sent = first.join().expect("it returns");
        sent.extend(second.map(|sender| sender.join().expect("it returns")).concat());
        (sent, taken.join().expect("it returns"))
    });
    check(&sent, &[taken]);
    assert!(weak.upgrade().is_none(), "the last one is gone");
}

/// One receiver looks once, and gives what it finds back; the other waits.
pub(crate) fn cancelled() {
    let (sender, receiver) = ::async_channel::bounded(2);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut receive = pin!(receiver.recv());
                let mut look = || block_on(poll_once(receive.as_mut()));
                if let Some(message) = look().or_else(look) {
                    sender.try_send(message.expect("it is open")).expect("there is room");
                }
            });
        }
        scope.spawn(|| assert_eq!(receiver.recv_blocking(), Ok(7)));
        sender.send_blocking(7).expect("it is open");
    });
    assert!(receiver.is_empty(), "there was one message");
}

/// What is displaced is given back, and what is not is taken.
pub(crate) fn displaced() {
    let (sender, receiver) = ::async_channel::bounded(1);
    let all = thread::scope(|scope| {
        let senders = [0, 1].map(|name| {
            let sender = sender.clone();
            scope.spawn(move || {
                let displaces = |number| sender.force_send((name, number)).expect("there is a receiver");
                (0..3).filter_map(displaces).collect::<Vec<Message>>()
            })
        });
        drop(sender);
        let taken = take_all(&receiver);
        let [one, other] = senders.map(|sender| sender.join().expect("it returns"));
        [taken, one, other]
    });
    check(&messages(2, 3), &all);
}

pub(crate) fn told() {
    let (sender, receiver) = ::async_channel::bounded::<Message>(1);
    thread::scope(|scope| {
        for _ in 0..2 {
            let sender = &sender;
            scope.spawn(move || {
                block_on(sender.closed());
                assert!(sender.is_closed(), "told too early");
            });
            let receiver = receiver.clone();
            scope.spawn(move || drop(receiver));
        }
        drop(receiver);
        assert!(send_all(&sender, 0, 3).len() <= 1, "there is room for one");
    });
    assert_eq!(sender.try_send((1, 0)), Err(TrySendError::Closed((1, 0))));
}

pub(crate) fn misused() {
    let (sender, receiver) = ::async_channel::bounded(1);
    let taken = thread::scope(|scope| {
        scope.spawn(move || {
            for message in messages(1, 2) {
                let sent = sender.try_send(message);
                assert!(!matches!(sent, Err(TrySendError::Closed(_))), "there is a receiver");
            }
        });
        take_all(&receiver)
    });
    check(&messages(1, 2), &[taken]);
}
