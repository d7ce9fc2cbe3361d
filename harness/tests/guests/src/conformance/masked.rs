//! `ppoll(2)`, `pselect(2)`, `epoll_pwait(2)` and signals.
//!
//! Invariant: a signal is pending before the call that takes it, or is sent until it is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use libc::{POLLIN, SA_RESTART, SIGUSR1, SIGUSR2, pollfd};
use photofinish_calls::epoll::{self, Sets, epoll_pwait, epoll_pwait2, ppoll, pselect};
use photofinish_calls::signal::{Change, Does, kill, pthread_sigmask, raise, sigaction, taken};
use photofinish_calls::time::Time;
use photofinish_calls::{Failed, descriptor, event};

use super::case::family;
use super::sockets::{Fd, read};
use super::transcript::Transcript;

family! {
    "masked", "Waiting under a signal mask.";
    "pending" = pending, ["ppoll", "pselect", "epoll_pwait", "epoll_pwait2"], "What was blocked is taken as the wait begins.";
    "kept" = kept, ["ppoll", "pselect", "epoll_pwait", "epoll_pwait2"], "What is ready comes first, and what is blocked stays so.";
    "interrupted" = interrupted, ["poll", "select", "epoll_wait", "read"], "A signal while a call waits.";
}

/// The calls, on one counter.
struct World {
    counter: Fd,
    instance: Fd,
}

impl World {
    fn new() -> Self {
        let counter = Fd(event::eventfd(0, libc::EFD_NONBLOCK).expect("few"));
        let instance = Fd(epoll::epoll_create1(0).expect("few"));
        let event = epoll::Event { events: libc::EPOLLIN.cast_unsigned(), data: 0 };
        epoll::epoll_ctl(instance.0, libc::EPOLL_CTL_ADD, counter.0, Some(event)).expect("a counter");
        Self { counter, instance }
    }

    /// How many files each call finds ready within `ms` milliseconds, blocking these signals meanwhile.
    fn calls(&self, ms: i32, blocked: Option<&[i32]>) -> [Box<dyn Fn() -> Result<usize, Failed> + '_>; 4] {
        let fd = self.counter.0;
        let timeout =
            Some(Time { seconds: i64::from(ms / 1_000), fraction: i64::from(ms % 1_000) * 1_000_000 });
        let blocked: Option<Vec<i32>> = blocked.map(<[i32]>::to_vec);
        let [a, b, c, d] = [blocked.clone(), blocked.clone(), blocked.clone(), blocked];
        let count = |count: i32| usize::try_from(count).expect("a count");
        [
            Box::new(move || {
                let mut entries = [pollfd { fd, events: POLLIN, revents: 0 }];
                ppoll(&mut entries, timeout, a.as_deref()).map(count)
            }),
            Box::new(move || {
                let sets = Sets { read: Some(vec![fd]), ..Sets::default() };
                pselect(fd + 1, &sets, timeout, b.as_deref()).map(|(ready, _)| count(ready))
            }),
            Box::new(move || epoll_pwait(self.instance.0, 4, ms, c.as_deref()).map(|events| events.len())),
            Box::new(move || {
                epoll_pwait2(self.instance.0, 4, timeout, d.as_deref()).map(|events| events.len())
            }),
        ]
    }
}

fn handle(flags: i32) {
    for signal in [SIGUSR1, SIGUSR2] {
        sigaction(signal, Does::Handle, flags).expect("it can be handled");
    }
}

fn pending(t: &mut Transcript) {
    let world = World::new();
    for flags in [0, SA_RESTART] {
        handle(flags);
        t.value("block", pthread_sigmask(Change::Block, &[SIGUSR1, SIGUSR2]));
        for (what, blocked) in [("all", &[][..]), ("the other", &[SIGUSR1]), ("none", &[SIGUSR1, SIGUSR2])] {
            for call in world.calls(2, Some(blocked)) {
                t.call("raise", raise(SIGUSR1).and(raise(SIGUSR2)));
                t.call(format_args!("takes {what}"), call());
                t.value("taken", (taken(SIGUSR1), taken(SIGUSR2)));
            }
        }
        t.value("blocked", pthread_sigmask(Change::Unblock, &[SIGUSR1, SIGUSR2]));
        t.value("taken", (taken(SIGUSR1), taken(SIGUSR2)));
    }
}

fn kept(t: &mut Transcript) {
    let world = World::new();
    handle(0);
    t.value("block", pthread_sigmask(Change::Block, &[SIGUSR1]));
    t.call("raise", raise(SIGUSR1));
    t.call("write", event::eventfd_write(world.counter.0, 1));
    for blocked in [None, Some(&[][..]), Some(&[SIGUSR1])] {
        for call in world.calls(1_000, blocked) {
            t.call("ready", call());
            t.value("taken", taken(SIGUSR1));
        }
    }
    t.call("read", event::eventfd_read(world.counter.0));
    for call in world.calls(0, Some(&[])) {
        t.call("not ready, at once", call());
        t.value("taken", taken(SIGUSR1));
        t.call("raise", raise(SIGUSR1));
    }
    t.value("blocked", pthread_sigmask(Change::Set, &[]));
    t.value("taken", taken(SIGUSR1));
}

/// Makes a call while another thread sends a signal again and again.
fn under_fire<T>(call: impl FnOnce() -> T) -> T {
    let over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&over);
    let me = i32::try_from(std::process::id()).expect("a pid");
    let sender = std::thread::spawn(move || {
        pthread_sigmask(Change::Block, &[SIGUSR1]).expect("a set");
        while !seen.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(2));
            kill(me, SIGUSR1).expect("it is this process");
        }
    });
    let answer = call();
    over.store(true, Ordering::SeqCst);
    sender.join().expect("it does not panic");
    answer
}

fn interrupted(t: &mut Transcript) {
    let world = World::new();
    for flags in [0, SA_RESTART] {
        handle(flags);
        for (what, call) in
            ["ppoll", "pselect", "epoll_pwait", "epoll_pwait2"].iter().zip(world.calls(60_000, None))
        {
            t.call(what, under_fire(call));
        }
    }
    handle(0);
    descriptor::set_nonblocking(world.counter.0, 0).expect("a counter");
    t.call("read", under_fire(|| read(&world.counter, 8)));
    let mut entries = [pollfd { fd: world.counter.0, events: POLLIN, revents: 0 }];
    t.call("poll", under_fire(|| descriptor::poll(&mut entries, -1)));
    t.call(
        "epoll_wait",
        under_fire(|| epoll::epoll_wait(world.instance.0, 1, -1).map(|events| events.len())),
    );
    let sets = Sets { read: Some(vec![world.counter.0]), ..Sets::default() };
    t.call("select", under_fire(|| epoll::select(world.counter.0 + 1, &sets, None).map(|(count, ..)| count)));
}
