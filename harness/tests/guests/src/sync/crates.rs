//! `parking_lot` and `crossbeam-channel`, as they come from the registry.
//!
//! Invariant: nothing here is configured for a simulation.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, TrySendError, after, bounded, never, select, tick, unbounded};
use parking_lot::{Condvar, Mutex, MutexGuard, ReentrantMutex, RwLock, RwLockUpgradableReadGuard};
use photofinish::scenario::Failure;

/// A count under a Mutex, unlocked both ways, and a Condvar with and without a time-out.
pub(super) fn parking_lot_mutex() -> Result<(), Failure> {
    let state = Arc::new((Mutex::new(0_u32), Condvar::new()));
    let threads: Vec<_> = (0..4)
        .map(|who| {
            let state = state.clone();
            thread::spawn(move || {
                for round in 0..5 {
                    let mut count = state.0.lock();
                    *count += 1;
                    match (who + round) % 3 {
                        0 => MutexGuard::unlock_fair(count),
                        1 => MutexGuard::bump(&mut count),
                        _ => drop(count),
                    }
                    state.1.notify_all();
                }
            })
        })
        .collect();
    let mut count = state.0.lock();
    state.1.wait_while(&mut count, |count| *count < 20);
    drop(count);
    for thread in threads {
        thread.join().expect("it does not panic");
    }
    let mut count = state.0.lock();
    assert_eq!(*count, 20);
    assert!(state.1.wait_for(&mut count, Duration::from_millis(2)).timed_out());
    drop(count);
    let again = ReentrantMutex::new(());
    let (_one, _two) = (again.lock(), again.lock());
    assert!(thread::scope(|scope| scope.spawn(|| again.try_lock().is_none()).join().expect("no panic")));
    Ok(())
}

/// Readers see a pair in step; an upgradable reader becomes the writer.
pub(super) fn parking_lot_rwlock() -> Result<(), Failure> {
    let pair = RwLock::new((0_u32, 0_u32));
    let step = |(one, two): &mut (u32, u32)| {
        *one += 1;
        thread::yield_now();
        *two += 1;
    };
    thread::scope(|scope| {
        scope.spawn(|| (0..5).for_each(|_| step(&mut pair.write())));
        scope.spawn(|| {
            for _ in 0..5 {
                let reader = pair.upgradable_read();
                assert_eq!(reader.0, reader.1);
                step(&mut RwLockUpgradableReadGuard::upgrade(reader));
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let reader = pair.read();
                    assert_eq!(reader.0, reader.1);
                }
            });
        }
    });
    assert_eq!(pair.into_inner(), (10, 10));
    Ok(())
}

/// Two producers and two consumers over each kind of channel.
pub(super) fn crossbeam() -> Result<(), Failure> {
    for (send, receive) in [unbounded(), bounded(1), bounded(0)] {
        let sum: u32 = thread::scope(|scope| {
            let consumers: Vec<_> = (0..2)
                .map(|_| {
                    let receive = receive.clone();
                    scope.spawn(move || receive.iter().sum::<u32>())
                })
                .collect();
            for _ in 0..2 {
                let send = send.clone();
                scope.spawn(move || (1..=10).for_each(|n| send.send(n).expect("somebody listens")));
            }
            drop((send, receive));
            consumers.into_iter().map(|consumer| consumer.join().expect("it does not panic")).sum()
        });
        assert_eq!(sum, 110);
    }
    let (send, receive) = bounded::<u32>(1);
    assert_eq!(receive.recv_timeout(Duration::from_millis(3)), Err(RecvTimeoutError::Timeout));
    assert_eq!(send.try_send(1), Ok(()));
    assert_eq!(send.try_send(2), Err(TrySendError::Full(2)));
    drop(receive);
    assert_eq!(send.try_send(3), Err(TrySendError::Disconnected(3)));
    Ok(())
}

/// A loop around `select!`: two producers, a clock that ticks, an end.
pub(super) fn crossbeam_select() -> Result<(), Failure> {
    let (one_says, one) = unbounded();
    let (two_says, two) = bounded(0);
    let producers = [
        thread::spawn(move || (0..5).for_each(|n: u32| one_says.send(n).expect("somebody listens"))),
        thread::spawn(move || (5..10).for_each(|n: u32| two_says.send(n).expect("somebody listens"))),
    ];
    let ticks = tick(Duration::from_millis(10));
    let end = after(Duration::from_secs(5));
    let nothing = never::<u32>();
    let (mut heard, mut ticked) = (Vec::new(), 0_u32);
    while heard.len() < 10 || ticked < 3 {
        select! {
            recv(one) -> n => heard.extend(n.ok()),
            recv(two) -> n => heard.extend(n.ok()),
            recv(ticks) -> at => ticked += u32::from(at.is_ok()),
            recv(nothing) -> _ => unreachable!("it never has anything"),
            recv(end) -> _ => panic!("five seconds are over"),
        }
    }
    heard.sort_unstable();
    assert_eq!(heard, (0..10).collect::<Vec<_>>());
    for producer in producers {
        producer.join().expect("it does not panic");
    }
    Ok(())
}
