//! A few threads that run jobs in the order in which they were given.
//!
//! It does not know what a job does. Invariant: a job given before `stop` is run, one given after it is dropped.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use super::{locked, named};

type Job = Box<dyn FnOnce() + Send>;

/// A pool of worker threads.
pub(super) struct Pool {
    shared: Arc<Shared>,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    stopping: bool,
}

impl Pool {
    /// Starts `workers` threads.
    pub(super) fn start(workers: usize) -> Self {
        let shared = Arc::new(Shared { queue: Mutex::new(Queue::default()), changed: Condvar::new() });
        let spawn = |index| {
            let shared = shared.clone();
            named(&format!("rpc-{index}"), move || work(&shared))
        };
        let workers = Mutex::new((0..workers).map(spawn).collect());
        Self { shared, workers }
    }

    /// Has a worker run `job`.
    pub(super) fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let mut queue = locked(&self.shared.queue);
        if queue.stopping {
            return;
        }
        queue.jobs.push_back(Box::new(job));
        drop(queue);
        self.shared.changed.notify_one();
    }

    /// Waits until every job is done and every worker is gone.
    pub(super) fn stop(&self) {
        locked(&self.shared.queue).stopping = true;
        self.shared.changed.notify_all();
        let workers = std::mem::take(&mut *locked(&self.workers));
        for worker in workers {
            worker.join().expect("a worker does not panic");
        }
    }
}

fn work(shared: &Shared) {
    let mut queue = locked(&shared.queue);
    loop {
        if let Some(job) = queue.jobs.pop_front() {
            drop(queue);
            job();
            queue = locked(&shared.queue);
        } else if queue.stopping {
            return;
        } else {
            queue = shared.changed.wait(queue).expect("no thread panics while it holds a lock");
        }
    }
}
