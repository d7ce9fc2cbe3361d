//! The program: two connection managers on one host, one of which locks its connection to the other.
//!
//! It does not know what a right outcome is; it returns what it saw. Invariant: the same locks are taken in the
//! same order as in the software it is a re-creation of, except where a [`policy::Policy`] says otherwise.

pub(super) mod policy;
pub(super) mod report;

mod connection;
mod connector;
mod emitter;
mod endpoint;
mod frame;
mod handshaker;
mod manager;
mod pending;
mod pool;
mod reentrant;
mod rpc;
mod server;
mod socket;
mod story;
mod timers;

pub(super) use story::run;

use std::sync::{Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

/// Starts a thread that carries the name of its role.
fn named(role: &str, run: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    thread::Builder::new().name(role.to_owned()).spawn(run).expect("the system gives a thread")
}

/// Takes a lock that no thread can have poisoned, because no code panics while it holds one.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics while it holds a lock")
}
