//! `circular_buffer`: sender and receiver take turns, and the receiver counts the turns that it did not get as received.
//!
//! It does not know how it is scheduled. `queue` of SCTBench is the same with another beginning. Invariant: one element at most is between
//! the two.

use super::names::Mutex;
use super::{Crew, Outcome};

/// How often each of the two looks whether it is its turn.
const LOOKS: u64 = 7;

#[derive(Default)]
struct Buffer {
    slots: [u64; 10],
    sent: usize,
    received: usize,
}

impl Buffer {
    fn receive(&mut self) -> Option<u64> {
        let is_turn = self.received < self.sent;
        self.received += usize::from(is_turn);
        is_turn.then(|| self.slots[self.received - 1])
    }
}

/// A look that came too early is what makes the next element wrong.
pub(in super::super) fn run() -> Outcome {
    Crew::around(Mutex::new(Buffer::default())).and(send).and(receive).ended().map(drop)
}

fn send(buffer: &Mutex<Buffer>) -> Outcome {
    for look in 0..LOOKS {
        let mut buffer = buffer.lock().expect("nobody panics with it");
        let Buffer { sent, received, .. } = *buffer;
        if sent == received {
            buffer.slots[sent] = look;
            buffer.sent += 1;
        }
    }
    Ok(())
}

fn receive(buffer: &Mutex<Buffer>) -> Outcome {
    let is_wrong = |look| {
        let element = buffer.lock().expect("nobody panics with it").receive();
        element.is_some_and(|element| element != look)
    };
    if (0..LOOKS).any(is_wrong) { Err("wrong: another element than the receiver counted") } else { Ok(()) }
}
