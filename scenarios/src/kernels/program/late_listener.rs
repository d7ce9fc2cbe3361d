//! A caller opens a connection and listens for its event shortly after; the network is slow, and can still be first.
//!
//! It does not know how it is scheduled: the two threads share one lock, and how far each has to go is all that makes one slow.
//! Invariant: an event is told to who listens then, and to nobody later.

use super::names::{Arc, Mutex, thread};
use super::pad::Pad;

/// How far the caller goes from opening to listening.
const CALLER_POINTS: u64 = 20;
/// How far the network goes until it tells of the connection.
const NETWORK_POINTS: u64 = 200;
/// How far each of those goes who have nothing to do with it.
const BUSY_POINTS: u64 = 100;

#[derive(Default)]
struct Emitter {
    listens: bool,
    heard: bool,
}

/// With so many threads besides.
pub(super) fn run(busy: u64) -> Result<(), &'static str> {
    let emitter = Arc::new(Mutex::new(Emitter::default()));
    let others: Vec<_> = (0..busy).map(|_| work(Pad::new(BUSY_POINTS))).collect();
    let network = open(&emitter);
    Pad::new(CALLER_POINTS).work();
    emitter.lock().expect("nobody panics with it").listens = true;
    for thread in others.into_iter().chain([network]) {
        thread.join().expect("it does not panic");
    }
    let heard = emitter.lock().expect("nobody panics with it").heard;
    if heard { Ok(()) } else { Err("lost: the event came before its listener") }
}

/// The network, which tells of the connection when it is open.
fn open(emitter: &Arc<Mutex<Emitter>>) -> thread::JoinHandle<()> {
    let emitter = Arc::clone(emitter);
    let pad = Pad::new(NETWORK_POINTS);
    thread::spawn(move || {
        pad.work();
        let mut emitter = emitter.lock().expect("nobody panics with it");
        emitter.heard = emitter.listens;
    })
}

fn work(pad: Pad) -> thread::JoinHandle<()> {
    thread::spawn(move || pad.work())
}
