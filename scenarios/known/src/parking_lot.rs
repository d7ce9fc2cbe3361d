//! Stress of parking_lot.
//!
//! Knows its documentation and nothing of how it is made. Invariant: who is inside notes it where no lock of the crate is, so that two who
//! must not be are seen.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use ::parking_lot::{
    Condvar, MappedMutexGuard, Mutex, MutexGuard, Once, OnceState, ReentrantMutex, RwLock, RwLockReadGuard,
    RwLockUpgradableReadGuard, RwLockWriteGuard,
};

const SHORT: Duration = Duration::from_millis(1);

/// Longer than anybody spins: whoever waits meanwhile is asleep.
fn linger() {
    thread::sleep(SHORT);
}

/// Who is inside: one writer, or any number of readers.
#[derive(Default)]
struct Inside {
    readers: AtomicUsize,
    writers: AtomicUsize,
}

impl Inside {
    fn read(&self) {
        self.readers.fetch_add(1, Ordering::SeqCst);
        assert_eq!(self.writers.load(Ordering::SeqCst), 0, "writers beside a reader");
        self.readers.fetch_sub(1, Ordering::SeqCst);
    }

    fn write(&self, count: &mut usize) {
        assert_eq!(self.writers.fetch_add(1, Ordering::SeqCst), 0, "writers beside a writer");
        assert_eq!(self.readers.load(Ordering::SeqCst), 0, "readers beside a writer");
        *count += 1;
        self.writers.fetch_sub(1, Ordering::SeqCst);
    }
}

pub(crate) fn mutex() {
    let (count, inside, given_up) = (Mutex::new(0), Inside::default(), AtomicUsize::new(0));
    let write = |guard: &mut MutexGuard<'_, usize>| inside.write(guard);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..2 {
                let mut guard = count.lock();
                write(&mut guard);
                linger();
            }
        });
        scope.spawn(|| {
            let mut guard = count.lock();
            write(&mut guard);
            MutexGuard::bump(&mut guard);
            write(&mut guard);
            MutexGuard::unlock_fair(guard);
        });
        scope.spawn(|| {
            let mut guard = count.lock();
            write(&mut guard);
            MutexGuard::unlocked_fair(&mut guard, || ());
            write(&mut guard);
        });
        scope.spawn(|| {
            for patience in [SHORT, Duration::ZERO] {
                match count.try_lock_for(patience) {
                    Some(mut guard) => write(&mut guard),
                    None => {
                        given_up.fetch_add(1, Ordering::SeqCst);
                    }
                }
            }
        });
    });
    assert_eq!(count.into_inner() + given_up.into_inner(), 8, "who came in, and who did not");
}

pub(crate) fn rwlock() {
    let (count, inside, given_up) = (RwLock::new(0), Inside::default(), AtomicUsize::new(0));
    let give_up = || given_up.store(1, Ordering::SeqCst);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..2 {
                let mut guard = count.write();
                inside.write(&mut guard);
                linger();
            }
        });
        scope.spawn(|| {
            let guard = count.read();
            inside.read();
            RwLockReadGuard::unlock_fair(guard);
            let mut guard = count.write();
            inside.write(&mut guard);
            RwLockWriteGuard::unlock_fair(guard);
        });
        scope.spawn(|| match count.try_write_for(SHORT) {
            Some(mut guard) => inside.write(&mut guard),
            None => give_up(),
        });
        scope.spawn(|| {
            if let Some(mut guard) = count.try_read_for(SHORT) {
                inside.read();
                RwLockReadGuard::bump(&mut guard);
                inside.read();
            }
            let _guard = count.read();
            inside.read();
            linger();
        });
    });
    assert_eq!(count.into_inner() + given_up.into_inner(), 4, "who came in, and who did not");
}

pub(crate) fn upgraded() {
    let (count, inside) = (RwLock::new(0), Inside::default());
    let change = || {
        let guard = count.upgradable_read();
        inside.read();
        let before = *guard;
        let mut guard = match RwLockUpgradableReadGuard::try_upgrade(guard) {
            Ok(guard) => guard,
            Err(guard) => RwLockUpgradableReadGuard::upgrade(guard),
        };
        assert_eq!(*guard, before, "somebody wrote before the upgrade");
        inside.write(&mut guard);
        let guard = RwLockWriteGuard::downgrade_to_upgradable(guard);
        inside.read();
        assert_eq!(*guard, before + 1, "somebody wrote after the downgrade");
        let guard = RwLockUpgradableReadGuard::downgrade(guard);
        inside.read();
        assert_eq!(*guard, before + 1, "somebody wrote after the second downgrade");
    };
    thread::scope(|scope| {
        scope.spawn(change);
        scope.spawn(change);
        scope.spawn(|| {
            let mut guard = count.write();
            inside.write(&mut guard);
            linger();
            let written = *guard;
            let guard = RwLockWriteGuard::downgrade(guard);
            inside.read();
            assert_eq!(*guard, written, "somebody wrote after the downgrade");
        });
        let _guard = count.read();
        inside.read();
        linger();
    });
    assert_eq!(count.into_inner(), 3, "each wrote once");
}

/// Whoever gives up leaves the lock to the others as if it had never come.
pub(crate) fn timed() {
    let (count, inside, given_up) = (RwLock::new(0), Inside::default(), AtomicUsize::new(0));
    let change = || {
        let Some(guard) = count.try_upgradable_read_for(SHORT) else {
            given_up.fetch_add(1, Ordering::SeqCst);
            return;
        };
        inside.read();
        let before = *guard;
        match RwLockUpgradableReadGuard::try_upgrade_for(guard, SHORT) {
            Ok(mut guard) => inside.write(&mut guard),
            Err(guard) => {
                given_up.fetch_add(1, Ordering::SeqCst);
                inside.read();
                assert_eq!(*guard, before, "somebody wrote beside a reader");
                RwLockUpgradableReadGuard::unlock_fair(guard);
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(change);
        scope.spawn(change);
        scope.spawn(|| {
            let guard = count.read();
            inside.read();
            linger();
            assert!(*guard <= 4, "as many as write");
        });
        scope.spawn(|| match count.try_write_for(SHORT) {
            Some(mut guard) => inside.write(&mut guard),
            None => {
                given_up.fetch_add(1, Ordering::SeqCst);
            }
        });
        inside.write(&mut count.write());
    });
    assert_eq!(count.into_inner() + given_up.into_inner(), 4, "who came in, and who did not");
}

/// Without time-outs: who has come waits, so that all counts are known. With them: a notification that said to have woken somebody has.
pub(crate) fn condvar() {
    #[derive(Default)]
    struct Waiting {
        come: usize,
        told: usize,
        woken: usize,
    }
    let (waiting, come, told) = (Mutex::new(Waiting::default()), Condvar::new(), Condvar::new());
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut waiting = waiting.lock();
                waiting.come += 1;
                come.notify_one();
                told.wait(&mut waiting);
                waiting.woken += 1;
                assert!(waiting.woken <= waiting.told, "woken without being told");
            });
        }
        let mut waiting = waiting.lock();
        come.wait_while(&mut waiting, |waiting| waiting.come == 0);
        waiting.told = 1;
        assert!(told.notify_one(), "somebody waits");
        come.wait_while(&mut waiting, |waiting| waiting.come < 3);
        waiting.told = 3;
        assert_eq!(told.notify_all(), 2, "two wait");
    });
    let timed = Mutex::new(());
    let (woken, notified) = thread::scope(|scope| {
        let wait = || usize::from(!told.wait_for(&mut timed.lock(), SHORT).timed_out());
        let waiters = [(); 2].map(|()| scope.spawn(wait));
        let notified = usize::from(told.notify_one()) + usize::from(told.notify_one());
        (waiters.map(|waiter| waiter.join().expect("it returns")).iter().sum::<usize>(), notified)
    });
    assert_eq!(woken, notified, "who was woken, and who was said to be");
}

pub(crate) fn mapped() {
    let (pair, inside) = (Mutex::new((0, 0)), Inside::default());
    let shared = RwLock::new((0, 0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let guard = MutexGuard::map(pair.lock(), |pair| &mut pair.0);
            let Err(mut guard) = MappedMutexGuard::try_map(guard, |_| None::<&mut ()>) else {
                unreachable!()
            };
            inside.write(&mut guard);
            MappedMutexGuard::unlock_fair(guard);
            let guard = RwLockReadGuard::map(shared.read(), |pair| &pair.0);
            let before = *guard;
            linger();
            assert_eq!(*guard, before, "somebody wrote beside a reader");
        });
        scope.spawn(|| {
            let mut guard = MutexGuard::map(pair.lock(), |pair| &mut pair.1);
            inside.write(&mut guard);
        });
        scope.spawn(|| inside.write(&mut pair.lock().0));
        for _ in 0..2 {
            scope.spawn(|| {
                let mut guard = RwLockWriteGuard::map(shared.write(), |pair| &mut pair.0);
                let before = *guard;
                linger();
                *guard = before + 1;
            });
        }
    });
    assert_eq!((pair.into_inner(), shared.into_inner()), ((2, 1), (2, 0)), "what each wrote");
}

pub(crate) fn once() {
    let (once, tries, value) = (Once::new(), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let attempt = || {
                    once.call_once_force(|state| {
                        let is_first = tries.fetch_add(1, Ordering::SeqCst) == 0;
                        assert_eq!(state == OnceState::Poisoned, !is_first, "it knows of the first");
                        if is_first {
                            std::panic::resume_unwind(Box::new("the first"));
                        }
                        value.fetch_add(1, Ordering::Relaxed);
                    });
                };
                if catch_unwind(AssertUnwindSafe(attempt)).is_err() {
                    once.call_once_force(|_| {
                        value.fetch_add(10, Ordering::Relaxed);
                    });
                }
                assert!([1, 10].contains(&value.load(Ordering::Relaxed)), "done, and once");
            });
        }
        once.wait_force();
        assert!(once.is_completed() && [1, 10].contains(&value.load(Ordering::Relaxed)), "done, and once");
    });
}

pub(crate) fn reentrant() {
    let (count, inside) = (ReentrantMutex::new(Cell::new(0)), AtomicBool::new(false));
    let given_up = AtomicUsize::new(0);
    let enter = || {
        assert!(!inside.swap(true, Ordering::SeqCst), "somebody else is inside");
        let again = count.try_lock().expect("it is held here");
        again.set(again.get() + 1);
        drop(again);
        assert!(count.is_owned_by_current_thread(), "it is still held");
        inside.store(false, Ordering::SeqCst);
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let outer = count.lock();
                enter();
                linger();
                let inner = count.lock();
                drop(outer);
                enter();
                drop(inner);
            });
        }
        scope.spawn(|| match count.try_lock_for(SHORT) {
            Some(_guard) => enter(),
            None => given_up.store(1, Ordering::SeqCst),
        });
    });
    assert_eq!(count.into_inner().get() + given_up.into_inner(), 5, "who came in, and who did not");
}

pub(crate) fn misused() {
    let lock = RwLock::new(());
    thread::scope(|scope| {
        scope.spawn(|| {
            let _outer = lock.read();
            let _inner = lock.read();
        });
        scope.spawn(|| drop(lock.write()));
    });
}
