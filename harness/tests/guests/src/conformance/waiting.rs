//! The C library's locks, as C code waits for them: `pthread_mutex_lock(3)` and its kin, `sem_wait(3)`.
//!
//! Robust mutexes and those of several processes are not asked for. Invariant: every line is the same whoever gets a lock first.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

use libc::{
    CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, PTHREAD_MUTEX_ERRORCHECK,
    PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE,
};
use photofinish_calls::Failed;
use photofinish_calls::time::{Time, clock_gettime};
use photofinish_calls::waiting::{Barrier, Condition, Mutex, Once, ReadWrite, Semaphore, Spin, Until};

use super::case::family;
use super::nagging::{self, HANDLERS};
use super::transcript::Transcript;

family! {
    "waiting", "The C library's locks.";
    "mutex" = mutex, [
        "pthread_mutex_lock", "pthread_mutex_trylock", "pthread_mutex_unlock", "pthread_mutexattr_setprotocol",
    ], "Of each kind, by one thread and by two.";
    "mutex-timed" = timed_mutex, ["pthread_mutex_timedlock", "pthread_mutex_clocklock"], "Until a time on a clock.";
    "contended" = contended, ["pthread_mutex_lock", "pthread_spin_lock", "pthread_rwlock_wrlock"], "Several threads want one lock.";
    "condition" = condition, ["pthread_cond_wait", "pthread_cond_signal", "pthread_cond_broadcast"], "Turns, and all at once.";
    "condition-timed" = timed_condition, ["pthread_cond_timedwait", "pthread_cond_clockwait"], "Until a time on a clock.";
    "rwlock" = rwlock, ["pthread_rwlock_rdlock", "pthread_rwlock_tryrdlock", "pthread_rwlock_trywrlock", "pthread_rwlock_unlock"], "Who shares a lock, and who does not.";
    "rwlock-timed" = timed_rwlock, ["pthread_rwlock_timedrdlock", "pthread_rwlock_timedwrlock", "pthread_rwlock_clockrdlock", "pthread_rwlock_clockwrlock"], "Until a time on a clock.";
    "spin" = spin, ["pthread_spin_trylock", "pthread_spin_unlock"], "A lock that is spun for.";
    "semaphore" = semaphore, ["sem_wait", "sem_trywait", "sem_timedwait", "sem_clockwait", "sem_post"], "How many there are, and until when.";
    "interrupted" = interrupted, ["sem_wait", "sem_post"], "What a signal does to a wait.";
    "barrier" = barrier, ["pthread_barrier_init", "pthread_barrier_wait", "pthread_barrier_destroy"], "Rounds of several threads.";
    "once" = once, ["pthread_once"], "What several threads want done once.";
}

const KINDS: [(&str, i32); 3] = [
    ("normal", PTHREAD_MUTEX_NORMAL),
    ("recursive", PTHREAD_MUTEX_RECURSIVE),
    ("checked", PTHREAD_MUTEX_ERRORCHECK),
];

/// What a thread of its own is answered.
fn elsewhere<T: Send>(call: impl FnOnce() -> T + Send) -> T {
    scope(|scope| scope.spawn(call).join().expect("it does not panic"))
}

/// Times that have passed, and some that are none.
const PASSED: [(i64, i64); 5] = [(0, 0), (1, 5), (-1, 0), (0, -1), (0, 1_000_000_000)];

fn passed() -> impl Iterator<Item = Time> {
    PASSED.into_iter().map(|(seconds, fraction)| Time { seconds, fraction })
}

/// Soon, on a clock.
fn soon(clock: i32) -> Time {
    let Time { seconds, fraction } = clock_gettime(clock).expect("a clock");
    let fraction = fraction + 2_000_000;
    Time { seconds: seconds + fraction / 1_000_000_000, fraction: fraction % 1_000_000_000 }
}

/// A while after everything here is over, on a clock.
fn late(clock: i32) -> Time {
    let now = clock_gettime(clock).expect("a clock");
    Time { seconds: now.seconds + 600, ..now }
}

const CLOCKS: [(&str, i32); 3] = [
    ("o'clock", CLOCK_REALTIME),
    ("monotonic", CLOCK_MONOTONIC),
    ("of the process", CLOCK_PROCESS_CPUTIME_ID),
];

/// Each way to wait for a while, all of which end by themselves.
fn each_wait(t: &mut Transcript, mut wait: impl FnMut(Until) -> Result<(), Failed>) {
    for time in passed() {
        t.call(format_args!("until {time:?}"), wait(Until::Time(time)));
        for (name, clock) in CLOCKS {
            t.call(format_args!("until {time:?} {name}"), wait(Until::Clock(clock, time)));
        }
    }
    for (name, clock) in &CLOCKS[..2] {
        let start = Instant::now();
        t.call(format_args!("for 2 ms {name}"), wait(Until::Clock(*clock, soon(*clock))));
        t.value("they passed", start.elapsed() >= Duration::from_millis(2));
    }
}

fn mutex(t: &mut Transcript) {
    for protocol in [libc::PTHREAD_PRIO_NONE, -1, 7] {
        t.call(format_args!("protocol {protocol}"), Mutex::protocol(protocol));
    }
    for (name, kind) in KINDS {
        let mutex = Mutex::new(kind);
        t.call(format_args!("{name}: lock"), mutex.lock(Until::Ever));
        t.call("try again", mutex.try_lock());
        if kind != PTHREAD_MUTEX_NORMAL {
            t.call("lock again", mutex.lock(Until::Ever));
            t.call("unlock elsewhere", elsewhere(|| mutex.unlock()));
        }
        t.call("try elsewhere", elsewhere(|| mutex.try_lock()));
        t.call("unlock", mutex.unlock());
        t.call("try elsewhere", elsewhere(|| mutex.try_lock().and_then(|()| mutex.unlock())));
        if kind == PTHREAD_MUTEX_RECURSIVE {
            t.call("unlock", mutex.unlock());
            t.call("unlock", mutex.unlock());
        }
        t.call("try elsewhere", elsewhere(|| mutex.try_lock().and_then(|()| mutex.unlock())));
        if kind != PTHREAD_MUTEX_NORMAL {
            t.call("unlock what nobody has", mutex.unlock());
        }
    }
}

fn timed_mutex(t: &mut Transcript) {
    for (name, kind) in KINDS {
        let mutex = Mutex::new(kind);
        t.line(name);
        each_wait(t, |until| mutex.lock(until).and_then(|()| mutex.unlock()));
        t.call("lock", mutex.lock(Until::Time(late(CLOCK_REALTIME))));
        each_wait(t, |until| elsewhere(|| mutex.lock(until)));
        if kind == PTHREAD_MUTEX_ERRORCHECK {
            t.call("again", mutex.lock(Until::Time(late(CLOCK_REALTIME))));
        }
        t.call("unlock", mutex.unlock());
        t.call("lock", elsewhere(|| mutex.lock(Until::Clock(CLOCK_MONOTONIC, late(CLOCK_MONOTONIC)))));
    }
}

/// Several threads count, each with a look and a step that others could come between.
fn count(take: impl Fn() -> Result<(), Failed> + Sync, give: impl Fn() -> Result<(), Failed> + Sync) -> u32 {
    let count = AtomicU32::new(0);
    scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..20 {
                    take().expect("a lock");
                    let seen = count.load(Ordering::Relaxed);
                    std::thread::yield_now();
                    count.store(seen + 1, Ordering::Relaxed);
                    give().expect("it has it");
                }
            });
        }
    });
    count.into_inner()
}

fn contended(t: &mut Transcript) {
    for (name, kind) in KINDS {
        let mutex = Mutex::new(kind);
        t.value(name, count(|| mutex.lock(Until::Ever), || mutex.unlock()));
        let timed = || mutex.lock(Until::Clock(CLOCK_MONOTONIC, late(CLOCK_MONOTONIC)));
        t.value("until late", count(timed, || mutex.unlock()));
        let tries = || {
            while mutex.try_lock().is_err() {
                std::thread::yield_now();
            }
            Ok(())
        };
        t.value("by trying", count(tries, || mutex.unlock()));
    }
    let spin = Spin::new();
    t.value("spin", count(|| spin.lock(), || spin.unlock()));
    let lock = ReadWrite::new();
    t.value("write", count(|| lock.write(Until::Ever), || lock.unlock()));
    let semaphore = Semaphore::new(1).expect("one");
    t.value("semaphore", count(|| semaphore.wait(Until::Ever), || semaphore.post()));
}

fn condition(t: &mut Transcript) {
    let (mutex, condition) = (Mutex::new(PTHREAD_MUTEX_NORMAL), Condition::new(CLOCK_REALTIME));
    t.call("signal nobody", condition.signal());
    t.call("broadcast to nobody", condition.broadcast());
    let turn = AtomicU32::new(0);
    let player = |own: u32| {
        for _ in 0..10 {
            mutex.lock(Until::Ever).expect("a lock");
            while turn.load(Ordering::Relaxed) % 2 != own {
                condition.wait(&mutex, Until::Ever).expect("a wait");
            }
            turn.fetch_add(1, Ordering::Relaxed);
            condition.signal().expect("a signal");
            mutex.unlock().expect("it has it");
        }
    };
    scope(|scope| {
        scope.spawn(|| player(0));
        scope.spawn(|| player(1));
    });
    t.value("turns", turn.load(Ordering::Relaxed));
    let (ready, out) = (AtomicU32::new(0), AtomicU32::new(0));
    scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                mutex.lock(Until::Ever).expect("a lock");
                ready.fetch_add(1, Ordering::Relaxed);
                while out.load(Ordering::Relaxed) == 0 {
                    condition.wait(&mutex, Until::Ever).expect("a wait");
                }
                mutex.unlock().expect("it has it");
            });
        }
        while ready.load(Ordering::Relaxed) < 3 {
            std::thread::yield_now();
        }
        mutex.lock(Until::Ever).expect("a lock");
        out.store(1, Ordering::Relaxed);
        condition.broadcast().expect("a broadcast");
        mutex.unlock().expect("it has it");
    });
    t.value("all are out", ready.into_inner());
    let checked = Mutex::new(PTHREAD_MUTEX_ERRORCHECK);
    t.call("wait without the mutex", condition.wait(&checked, Until::Ever));
}

fn timed_condition(t: &mut Transcript) {
    for (name, clock) in &CLOCKS[..2] {
        let (mutex, condition) = (Mutex::new(PTHREAD_MUTEX_NORMAL), Condition::new(*clock));
        t.call(format_args!("of the clock {name}: lock"), mutex.lock(Until::Ever));
        each_wait(t, |until| condition.wait(&mutex, until));
        let start = Instant::now();
        t.call("for 2 ms", condition.wait(&mutex, Until::Time(soon(*clock))));
        t.value("they passed", start.elapsed() >= Duration::from_millis(2));
        t.call("it is locked", elsewhere(|| mutex.try_lock()));
        let out = AtomicU32::new(0);
        scope(|scope| {
            scope.spawn(|| {
                mutex.lock(Until::Ever).expect("a lock");
                out.store(1, Ordering::Relaxed);
                condition.signal().expect("a signal");
                mutex.unlock().expect("it has it");
            });
            let mut answer = Ok(());
            while out.load(Ordering::Relaxed) == 0 && answer.is_ok() {
                answer = condition.wait(&mutex, Until::Time(late(*clock)));
            }
            t.call("until late", answer);
            mutex.unlock().expect("it has it");
        });
    }
}

fn rwlock(t: &mut Transcript) {
    let lock = ReadWrite::new();
    t.call("read", lock.read(Until::Ever));
    t.call("read again", lock.read(Until::Ever));
    t.call("read elsewhere", elsewhere(|| lock.read(Until::Ever).and_then(|()| lock.unlock())));
    t.call("try to read elsewhere", elsewhere(|| lock.try_read().and_then(|()| lock.unlock())));
    t.call("try to write", lock.try_write());
    t.call("try to write elsewhere", elsewhere(|| lock.try_write()));
    t.call("unlock", lock.unlock());
    t.call("unlock", lock.unlock());
    t.call("write", lock.write(Until::Ever));
    t.call("write again", lock.write(Until::Ever));
    t.call("read what it writes", lock.read(Until::Ever));
    t.call("try to read elsewhere", elsewhere(|| lock.try_read()));
    t.call("try to write elsewhere", elsewhere(|| lock.try_write()));
    t.call("unlock", lock.unlock());
    let (reads, word) = (AtomicU32::new(0), AtomicU32::new(0));
    scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..10 {
                    lock.write(Until::Ever).expect("a lock");
                    word.fetch_add(1, Ordering::Relaxed);
                    std::thread::yield_now();
                    word.fetch_add(1, Ordering::Relaxed);
                    lock.unlock().expect("it has it");
                    lock.read(Until::Ever).expect("a lock");
                    reads.fetch_add(word.load(Ordering::Relaxed) % 2, Ordering::Relaxed);
                    lock.unlock().expect("it has it");
                }
            });
        }
    });
    t.value("written", word.into_inner());
    t.value("read between two writes", reads.into_inner());
}

fn timed_rwlock(t: &mut Transcript) {
    let lock = ReadWrite::new();
    each_wait(t, |until| lock.read(until).and_then(|()| lock.unlock()));
    each_wait(t, |until| lock.write(until).and_then(|()| lock.unlock()));
    t.call("read", lock.read(Until::Time(late(CLOCK_REALTIME))));
    each_wait(t, |until| elsewhere(|| lock.write(until)));
    t.call("unlock", lock.unlock());
    t.call("write", lock.write(Until::Clock(CLOCK_MONOTONIC, late(CLOCK_MONOTONIC))));
    each_wait(t, |until| elsewhere(|| lock.read(until)));
    each_wait(t, |until| lock.write(until));
    t.call("unlock", lock.unlock());
}

fn spin(t: &mut Transcript) {
    let lock = Spin::new();
    t.call("try", lock.try_lock());
    t.call("try again", lock.try_lock());
    t.call("unlock", lock.unlock());
    t.call("lock", lock.lock());
    t.call("try elsewhere", elsewhere(|| lock.try_lock()));
    t.call("unlock", lock.unlock());
}

fn semaphore(t: &mut Transcript) {
    t.call("too many", Semaphore::new(u32::MAX).map(|_| ()));
    let most = Semaphore::new(i32::MAX.cast_unsigned()).expect("as many as there can be");
    t.call("one more than can be", most.post());
    let semaphore = Semaphore::new(2).expect("few");
    each_wait(t, |until| semaphore.wait(until).and_then(|()| semaphore.post()));
    t.call("wait", semaphore.wait(Until::Ever));
    t.call("try", semaphore.try_wait());
    t.call("try for none", semaphore.try_wait());
    t.value("left", semaphore.value());
    each_wait(t, |until| semaphore.wait(until));
    let taken = scope(|scope| {
        let waits =
            scope.spawn(|| (0..10).map(|_| semaphore.wait(Until::Time(late(CLOCK_REALTIME)))).collect());
        (0..10).for_each(|_| semaphore.post().expect("few"));
        let taken: Result<Vec<()>, Failed> = waits.join().expect("it does not panic");
        taken.map(|taken| taken.len())
    });
    t.call("ten", taken);
    t.value("left", semaphore.value());
}

static POSTED: std::sync::OnceLock<Semaphore> = std::sync::OnceLock::new();

fn interrupted(t: &mut Transcript) {
    let semaphore = *POSTED.get_or_init(|| Semaphore::new(0).expect("none"));
    for (name, flags) in HANDLERS {
        let give = || semaphore.post().expect("few");
        let answer = nagging::interrupted(flags, give, || semaphore.wait(Until::Ever));
        t.call(name, answer);
    }
    t.value("left", semaphore.value());
}

fn barrier(t: &mut Transcript) {
    t.call("for nobody", Barrier::new(0).map(|_| ()));
    let alone = Barrier::new(1).expect("one");
    t.value("alone", [alone.wait(), alone.wait()]);
    t.call("destroy", alone.destroy());
    let barrier = Barrier::new(3).expect("few");
    let (came, told, early) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
    scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for round in 1..=10 {
                    came.fetch_add(1, Ordering::SeqCst);
                    told.fetch_add(u32::from(barrier.wait()), Ordering::SeqCst);
                    early.fetch_add(u32::from(came.load(Ordering::SeqCst) < 3 * round), Ordering::SeqCst);
                }
            });
        }
    });
    t.value("one of each round is told so", told.into_inner());
    t.value("went on before all had come", early.into_inner());
    t.call("destroy", barrier.destroy());
    // Whoever is told may destroy it at once.
    let (last, away) = (Barrier::new(2).expect("few"), AtomicU32::new(0));
    scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                if last.wait() {
                    last.destroy().expect("nobody waits");
                }
                away.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    t.value("away", away.into_inner());
}

static DONE: AtomicU32 = AtomicU32::new(0);

extern "C" fn routine() {
    std::thread::yield_now();
    DONE.fetch_add(1, Ordering::SeqCst);
    std::thread::yield_now();
}

fn once(t: &mut Transcript) {
    let once = Once::new();
    let seen: Vec<u32> = scope(|scope| {
        let call = || {
            once.call(routine).expect("it can be done");
            DONE.load(Ordering::SeqCst)
        };
        let callers: Vec<_> = (0..3).map(|_| scope.spawn(call)).collect();
        callers.into_iter().map(|caller| caller.join().expect("it does not panic")).collect()
    });
    t.value("each sees it done", seen);
    t.call("again", once.call(routine));
    t.value("done", DONE.load(Ordering::SeqCst));
    t.call("another", Once::new().call(routine));
    t.value("done", DONE.load(Ordering::SeqCst));
}
