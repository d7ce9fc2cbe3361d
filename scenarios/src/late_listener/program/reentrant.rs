//! A lock that its holder may take again.
//!
//! It holds no data, only the right to go on; what it guards lies beside it. Invariant: `depth` is zero exactly
//! when there is no owner.

use std::sync::{Condvar, Mutex};
use std::thread::{self, ThreadId};

use super::locked;

/// A mutual exclusion that counts how often its holder took it.
pub(super) struct ReentrantLock {
    holder: Mutex<Holder>,
    released: Condvar,
}

struct Holder {
    owner: Option<ThreadId>,
    depth: usize,
}

/// Proof that this thread holds the lock, once.
pub(super) struct Held<'lock> {
    lock: &'lock ReentrantLock,
}

impl ReentrantLock {
    /// A free lock.
    pub(super) fn new() -> Self {
        Self { holder: Mutex::new(Holder { owner: None, depth: 0 }), released: Condvar::new() }
    }

    /// Waits until no other thread holds the lock, and takes it.
    pub(super) fn lock(&self) -> Held<'_> {
        let me = thread::current().id();
        let mut holder = locked(&self.holder);
        while holder.owner.is_some_and(|owner| owner != me) {
            holder = self.released.wait(holder).expect("no thread panics while it holds a lock");
        }
        holder.owner = Some(me);
        holder.depth += 1;
        Held { lock: self }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut holder = locked(&self.lock.holder);
        holder.depth -= 1;
        if holder.depth == 0 {
            holder.owner = None;
            drop(holder);
            self.lock.released.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ReentrantLock;
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::thread;

    #[test]
    fn its_holder_takes_it_again() {
        let lock = ReentrantLock::new();
        let outer = lock.lock();
        let inner = lock.lock();
        drop(outer);
        assert_eq!(lock.holder.lock().unwrap().depth, 1);
        drop(inner);
        assert!(lock.holder.lock().unwrap().owner.is_none());
    }

    #[test]
    fn another_thread_waits_for_the_last_release() {
        let lock = Arc::new(ReentrantLock::new());
        let (said, heard) = mpsc::channel();
        let outer = lock.lock();
        let inner = lock.lock();
        let other = thread::spawn({
            let (lock, said) = (lock.clone(), said.clone());
            move || {
                let _held = lock.lock();
                said.send("other").unwrap();
            }
        });
        drop(inner);
        said.send("holder").unwrap();
        drop(outer);
        other.join().unwrap();
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), ["holder", "other"]);
    }
}
