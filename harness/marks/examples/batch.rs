//! A sender that says of itself what must hold, and where it may go wrong.
//!
//! Invariant: run as it is, none of its marks does anything.

use photofinish_marks::{always, buggify, eventually, reachable, sometimes};

fn main() {
    let mut queue: Vec<u32> = (0..200).collect();
    let (mut sent, mut acknowledged) = (0, 0);
    while !queue.is_empty() {
        // Here something may go wrong: a choice, which a replay gives again.
        let most = if buggify!() { 1 } else { 64 };
        sent += queue.drain(..most.min(queue.len())).count();
        if buggify!(1, 100) {
            // Some run of a sweep must come by; at unreachable! none may.
            reachable!("an acknowledgement is lost");
        } else {
            acknowledged = sent;
        }
        // This holds each time; what follows the message is told of a time when it did not.
        always!(acknowledged <= sent, "no more is acknowledged than was sent", "{acknowledged} of {sent}");
        // This holds at least once, in some run of a sweep.
        sometimes!(sent > acknowledged + 64, "two batches wait for an acknowledgement");
        // This holds the last time, in every run that returns.
        eventually!(acknowledged == 200, "everything is acknowledged in the end");
    }
}
