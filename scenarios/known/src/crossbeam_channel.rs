//! Stress of crossbeam-channel.
//!
//! Knows its documentation and nothing of how it is made. Invariant: no program counts on time passing or not passing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ::crossbeam_channel::{
    Receiver, SendTimeoutError, Sender, TryRecvError, after as alarm, never, select, tick,
};

use crate::delivered::{Message, check, messages};

/// Sends so many messages, and says which were taken.
fn send_all(channel: &Sender<Message>, sender: usize, count: usize) -> Vec<Message> {
    let sends = |number: &usize| channel.send((sender, *number)).is_ok();
    (0..count).take_while(sends).map(|number| (sender, number)).collect()
}

pub(crate) fn bounded() {
    let (sender, receiver) = ::crossbeam_channel::bounded(1);
    let taken = thread::scope(|scope| {
        for name in 0..2 {
            let sender = sender.clone();
            scope.spawn(move || assert_eq!(send_all(&sender, name, 3).len(), 3, "there are receivers"));
        }
        drop(sender);
        let receivers = [(); 2].map(|()| scope.spawn(|| receiver.iter().collect::<Vec<_>>()));
        receivers.map(|receiver| receiver.join().expect("it returns"))
    });
    check(&messages(2, 3), &taken);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

/// As little as can be lost: one message, and one who waits for it, or for room.
pub(crate) fn one() {
    for room in [Some(0), Some(1), None] {
        let (sender, receiver) =
            room.map_or_else(::crossbeam_channel::unbounded, ::crossbeam_channel::bounded);
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(receiver.recv(), Ok(1)));
            // Otherwise it would have come before the other gives up spinning.
            thread::sleep(Duration::from_millis(1));
            sender.send(1).expect("there is a receiver");
        });
        let room = room.unwrap_or_default();
        (0..room).for_each(|number| sender.send(number).expect("there is room"));
        thread::scope(|scope| {
            scope.spawn(|| sender.send(room).expect("there is a receiver"));
            assert_eq!(receiver.recv(), Ok(0));
        });
        assert_eq!(receiver.len(), room, "what is left");
    }
}

/// Whoever waits is woken, though nobody closes the channel and whoever was woken before takes no more.
pub(crate) fn each() {
    let (sender, receiver) = ::crossbeam_channel::bounded(2);
    let taken = thread::scope(|scope| {
        let receivers = [(); 3].map(|()| scope.spawn(|| receiver.recv()));
        for name in 0..3 {
            let sender = &sender;
            scope.spawn(move || assert_eq!(send_all(sender, name, 1).len(), 1, "there are receivers"));
        }
        receivers.map(|receiver| vec![receiver.join().expect("it returns").expect("it is open")])
    });
    check(&messages(3, 1), &taken);
}

/// A message that was given back was not taken, and one that was not given back was.
pub(crate) fn rendezvous() {
    const PATIENCE: Duration = Duration::from_millis(2);
    let (sender, receiver) = ::crossbeam_channel::bounded(0);
    let (sent, taken) = thread::scope(|scope| {
        let senders = [0, 1].map(|name| {
            let sender = sender.clone();
            scope.spawn(move || {
                let sends = |number: &usize| match sender.send_timeout((name, *number), PATIENCE) {
                    Ok(()) => true,
                    Err(SendTimeoutError::Timeout(back) | SendTimeoutError::Disconnected(back)) => {
                        assert_eq!(back, (name, *number), "it is given back whole");
                        false
                    }
                };
                (0..3).filter(sends).map(|number| (name, number)).collect::<Vec<Message>>()
            })
        });
        drop(sender);
        let receivers = [(); 2].map(|()| {
            let receiver = receiver.clone();
            scope.spawn(move || {
                (0..2).filter_map(|_| receiver.recv_timeout(PATIENCE).ok()).collect::<Vec<_>>()
            })
        });
        drop(receiver);
        let taken = receivers.map(|receiver| receiver.join().expect("it returns"));
        (senders.map(|sender| sender.join().expect("it returns")).concat(), taken)
    });
    check(&sent, &taken);
}

/// Every message is dropped once: by who takes it, or with the channel.
pub(crate) fn unbounded() {
    struct Counted<'a>(&'a AtomicUsize, Box<usize>);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    /// More than a block of the channel holds.
    const COUNT: usize = 35;
    let dropped = AtomicUsize::new(0);
    let (sender, receiver) = ::crossbeam_channel::unbounded();
    thread::scope(|scope| {
        for _ in 0..2 {
            let (sender, dropped) = (sender.clone(), &dropped);
            // One that finds no receiver is given back, and dropped here.
            scope.spawn(move || {
                (0..COUNT).for_each(|number| drop(sender.send(Counted(dropped, Box::new(number)))))
            });
        }
        drop(sender);
        scope.spawn(move || receiver.iter().take(COUNT).for_each(|message| assert!(*message.1 < COUNT)));
    });
    assert_eq!(dropped.into_inner(), 2 * COUNT, "messages dropped");
}

pub(crate) fn select() {
    fn take_all(one: &Receiver<Message>, other: &Receiver<Message>) -> Vec<Message> {
        let (mut one, mut other) = (one.clone(), other.clone());
        let (mut taken, mut open) = (Vec::new(), 2);
        while open > 0 {
            select! {
                recv(one) -> message => match message {
                    Ok(message) => taken.push(message),
                    Err(_) => (one, open) = (never(), open - 1),
                },
                recv(other) -> message => match message {
                    Ok(message) => taken.push(message),
                    Err(_) => (other, open) = (never(), open - 1),
                },
            }
        }
        taken
    }
    let (first, one) = ::crossbeam_channel::bounded(0);
    let (second, other) = ::crossbeam_channel::unbounded();
    let taken = thread::scope(|scope| {
        for (name, sender) in [first, second].into_iter().enumerate() {
            scope.spawn(move || send_all(&sender, name, 3));
        }
        let receivers = [(); 2].map(|()| scope.spawn(|| take_all(&one, &other)));
        receivers.map(|receiver| receiver.join().expect("it returns"))
    });
    check(&messages(2, 3), &taken);
}

/// With two threads one must send and the other receive, however they meet.
pub(crate) fn duel() {
    let (sender, receiver) = ::crossbeam_channel::bounded(0);
    for _ in 0..2 {
        let ways: usize = thread::scope(|scope| {
            let duellist = |name: usize| {
                let (sender, receiver) = (sender.clone(), receiver.clone());
                move || {
                    select! {
                        send(sender, name) -> sent => { sent.expect("there is a receiver"); 1 },
                        recv(receiver) -> other => { assert_ne!(other, Ok(name), "it met itself"); 10 },
                    }
                }
            };
            let duellists = [0, 1].map(|name| scope.spawn(duellist(name)));
            duellists.map(|duellist| duellist.join().expect("it returns")).iter().sum()
        });
        assert_eq!(ways, 11, "one sends and one receives");
    }
}

/// Whoever is told that it has sent may be wrong, since the receiver went; but whoever waits is told.
pub(crate) fn disconnected() {
    let (sender, receiver) = ::crossbeam_channel::bounded(1);
    thread::scope(|scope| {
        let senders = [0, 1].map(|name| {
            let sender = sender.clone();
            scope.spawn(move || send_all(&sender, name, 3))
        });
        let taken = scope.spawn(move || receiver.iter().take(2).collect::<Vec<Message>>());
        let sent: Vec<Message> = senders.map(|sender| sender.join().expect("it returns")).concat();
        let taken = taken.join().expect("it returns");
        assert!(taken.iter().all(|message| sent.contains(message)), "{taken:?} of {sent:?}");
        assert!(sent.len() <= taken.len() + 1, "{taken:?} of {sent:?}, with room for one");
    });
    assert!(sender.send((2, 0)).is_err(), "there is no receiver");
}

pub(crate) fn after() {
    const SHORT: Duration = Duration::from_millis(1);
    let (sender, receiver) = ::crossbeam_channel::bounded(1);
    let began = Instant::now();
    thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(SHORT);
            sender.send(()).expect("there is a receiver");
        });
        let timeout = alarm(SHORT);
        select! {
            recv(receiver) -> message => assert_eq!(message, Ok(())),
            recv(timeout) -> at => {
                assert!(at.expect("it does not end") >= began + SHORT, "too early");
                assert_eq!(receiver.recv(), Ok(()), "the message is still to come");
            },
        }
        assert!(began.elapsed() >= SHORT, "too early");
        assert!(receiver.recv().is_err(), "and then nothing");
    });
    let began = Instant::now();
    let times: Vec<Instant> = tick(SHORT).iter().take(2).collect();
    assert!(times[0] >= began + SHORT && times[1] >= times[0] + SHORT, "a tick was too early");
}

pub(crate) fn misused() {
    let (sender, receiver) = ::crossbeam_channel::bounded(1);
    let take = || if receiver.is_empty() { Ok(()) } else { receiver.recv() };
    sender.send(()).expect("there is a receiver");
    thread::scope(|scope| {
        let receivers = [(); 2].map(|()| scope.spawn(take));
        for receiver in receivers {
            receiver.join().expect("it returns").expect("there is a sender");
        }
    });
    drop(sender);
}
