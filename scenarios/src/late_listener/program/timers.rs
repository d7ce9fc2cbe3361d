//! One thread that runs callbacks when their time has come, unless they were aborted.
//!
//! It does not know what the callbacks do. Invariant: with no callback outstanding the thread waits without a
//! time-out, so an idle program has no timer.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{locked, named};

type Job = Box<dyn FnOnce() + Send>;

/// The scheduler thread of the host.
pub(super) struct Timers {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    agenda: Mutex<Agenda>,
    changed: Condvar,
}

#[derive(Default)]
struct Agenda {
    /// By deadline, and by order of arrival where two are equal.
    jobs: BTreeMap<(Instant, u64), Job>,
    last_id: u64,
    stopping: bool,
}

/// A callback that may still be called off.
#[derive(Clone)]
pub(super) struct Timeout {
    shared: Arc<Shared>,
    key: (Instant, u64),
}

impl Timers {
    /// Starts the thread.
    pub(super) fn start() -> Self {
        let shared = Arc::new(Shared { agenda: Mutex::new(Agenda::default()), changed: Condvar::new() });
        let thread = named("timers", {
            let shared = shared.clone();
            move || run(&shared)
        });
        Self { shared, thread: Mutex::new(Some(thread)) }
    }

    /// Runs `job` on the scheduler thread after `delay`, unless it is aborted.
    pub(super) fn set_timeout(&self, delay: Duration, job: impl FnOnce() + Send + 'static) -> Timeout {
        let mut agenda = locked(&self.shared.agenda);
        agenda.last_id += 1;
        let key = (Instant::now() + delay, agenda.last_id);
        agenda.jobs.insert(key, Box::new(job));
        drop(agenda);
        self.shared.changed.notify_one();
        Timeout { shared: self.shared.clone(), key }
    }

    /// Drops what is outstanding and waits for the thread.
    pub(super) fn stop(&self) {
        let mut agenda = locked(&self.shared.agenda);
        agenda.stopping = true;
        let dropped = std::mem::take(&mut agenda.jobs);
        drop(agenda);
        drop(dropped);
        self.shared.changed.notify_one();
        if let Some(thread) = locked(&self.thread).take() {
            thread.join().expect("the scheduler thread does not panic");
        }
    }
}

impl Timeout {
    /// Calls the callback off; it does nothing if it already ran or runs now.
    pub(super) fn abort(&self) {
        let job = locked(&self.shared.agenda).jobs.remove(&self.key);
        drop(job);
    }
}

fn run(shared: &Shared) {
    let mut agenda = locked(&shared.agenda);
    loop {
        if agenda.stopping {
            return;
        }
        let now = Instant::now();
        let Some(entry) = agenda.jobs.first_entry() else {
            agenda = shared.changed.wait(agenda).expect("no thread panics while it holds a lock");
            continue;
        };
        let deadline = entry.key().0;
        if deadline <= now {
            let job = entry.remove();
            drop(agenda);
            job();
            agenda = locked(&shared.agenda);
            continue;
        }
        let waited = shared.changed.wait_timeout(agenda, deadline - now);
        agenda = waited.expect("no thread panics while it holds a lock").0;
    }
}
