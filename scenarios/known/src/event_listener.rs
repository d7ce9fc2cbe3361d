//! Stress of event-listener.
//!
//! Knows its documentation and nothing of how it is made. Invariant: who waits for ever was owed a notification.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use ::event_listener::{Event, IntoNotification as _, Listener as _, listener};
use futures_lite::future::block_on;

/// Nobody takes a notification meanwhile, so that the counts say all.
pub(crate) fn exact() {
    let event = Event::new();
    let [first, second, third, fourth] = [(); 4].map(|()| event.listen());
    let count = |one: &(dyn Fn() -> usize + Sync), other: &(dyn Fn() -> usize + Sync)| -> usize {
        thread::scope(|scope| {
            let notifiers = [one, other].map(|notifies| scope.spawn(notifies));
            notifiers.map(|notifier| notifier.join().expect("it returns")).iter().sum()
        })
    };
    assert_eq!(count(&|| event.notify(1), &|| event.notify(2)), 2, "the greater of the two");
    assert_eq!(count(&|| event.notify(1), &|| event.notify_additional(1)), 1, "the additional one");
    assert_eq!(event.total_listeners(), 4);
    assert_eq!(count(&|| event.notify_additional(1), &|| event.notify_relaxed(4)), 1, "the last one");
    assert_eq!([first, second].map(|listener| listener.discard()), [true; 2], "they were notified");
    thread::scope(|scope| {
        scope.spawn(|| third.wait());
        block_on(fourth);
    });
    assert_eq!(event.notify(usize::MAX), 0, "nobody listens");
}

pub(crate) fn handed_over() {
    let event = Event::new();
    let (gone, heard) = (event.listen(), event.listen());
    thread::scope(|scope| {
        scope.spawn(|| drop(gone));
        scope.spawn(|| heard.wait());
        event.notify(1);
    });
    let (gone, heard, other) = (event.listen(), event.listen(), event.listen());
    thread::scope(|scope| {
        scope.spawn(|| drop(gone));
        scope.spawn(|| heard.wait());
        scope.spawn(|| block_on(other));
        event.notify_additional(1);
        event.notify_additional(1);
    });
}

pub(crate) fn flag() {
    let (event, flag) = (Event::new(), AtomicBool::new(false));
    let is_up = || flag.load(Ordering::SeqCst);
    let on_heap = || {
        while !is_up() {
            let listener = event.listen();
            if !is_up() {
                listener.wait();
            }
        }
    };
    let on_stack = || {
        while !is_up() {
            listener!(event => listener);
            if !is_up() {
                listener.wait();
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(on_heap);
        scope.spawn(on_stack);
        scope.spawn(on_stack);
        flag.store(true, Ordering::SeqCst);
        event.notify(usize::MAX);
    });
    assert_eq!(event.total_listeners(), 0, "nobody listens");
}

/// As the documentation makes one; some give up after a while.
pub(crate) fn lock() {
    let (held, freed) = (AtomicBool::new(false), Event::new());
    let (inside, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    let takes = || !held.swap(true, Ordering::SeqCst);
    let use_it = || {
        assert!(!inside.swap(true, Ordering::SeqCst), "somebody else is inside");
        count.fetch_add(1, Ordering::SeqCst);
        inside.store(false, Ordering::SeqCst);
        held.store(false, Ordering::SeqCst);
        freed.notify(1);
    };
    let patient = |waits: fn(::event_listener::EventListener)| {
        while !takes() {
            let listener = freed.listen();
            if takes() {
                break;
            }
            waits(listener);
        }
        use_it();
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..2).for_each(|_| patient(|listener| listener.wait())));
        }
        scope.spawn(|| patient(block_on));
        scope.spawn(|| {
            let listener = freed.listen();
            if takes() || listener.wait_timeout(Duration::from_millis(1)).is_some() && takes() {
                use_it();
            } else {
                // It may have been told, and does nothing about it.
                freed.notify(1);
            }
        });
    });
    assert!(count.into_inner() >= 5, "who is patient comes in");
}

pub(crate) fn tagged() {
    let event = Event::with_tag();
    let [gone, first, second, third] = [(); 4].map(|()| event.listen());
    let mut heard = thread::scope(|scope| {
        scope.spawn(|| drop(gone));
        let listeners = [first, second, third].map(|listener| scope.spawn(|| listener.wait()));
        scope.spawn(|| (0..2).for_each(|value| assert_eq!(event.notify(1.additional().tag(value)), 1)));
        scope.spawn(|| assert_eq!(event.notify(1.additional().tag_with(|| 2)), 1));
        listeners.map(|listener| listener.join().expect("it returns"))
    });
    heard.sort_unstable();
    assert_eq!(heard, [0, 1, 2], "each value is heard once");
}

pub(crate) fn misused() {
    let (event, flag) = (Event::new(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            if !flag.load(Ordering::SeqCst) {
                event.listen().wait();
            }
        });
        flag.store(true, Ordering::SeqCst);
        event.notify(usize::MAX);
    });
}
