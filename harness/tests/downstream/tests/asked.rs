//! What a test can ask of its runs besides that they pass.
//!
//! Invariant: each fails as it says with its option, and passes without.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

#[photofinish::test(seeds = 2, heap = "checked", fails = "heap: write after free of a block freed in *")]
fn a_write_after_free_is_seen() {
    let mut tickets = vec![7_u64; 5];
    let first = black_box(tickets.as_mut_ptr());
    drop(tickets);
    // SAFETY: none. It is the mistake that is to be found.
    unsafe { first.add(1).write_volatile(8) };
}

fn leave_a_thread() {
    thread::spawn(|| thread::sleep(Duration::from_secs(1)));
}

#[photofinish::test(seeds = 2, oracles = "threads,late=20", fails = "leak: thread*")]
fn a_thread_that_is_left_is_seen() {
    leave_a_thread();
}

#[photofinish::test(seeds = 2)]
fn a_thread_may_be_left() {
    leave_a_thread();
}
