//! What a test can ask of its runs besides that they pass.
//!
//! Invariant: each option has a test that ends otherwise without it.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

/// Whether a freed block is given to the next who asks for as much, as the C library does it; the checked heap lets it rest.
fn is_used_again() -> bool {
    // Nobody sees through it that the block is not needed.
    let address = |block: &[u64; 5]| std::ptr::from_ref(black_box(block)).addr();
    let block = Box::new([7; 5]);
    let before = address(&block);
    drop(block);
    before == address(&Box::new([8; 5]))
}

#[photofinish::test(seeds = 2, heap = "checked")]
fn a_freed_block_rests() {
    assert!(!is_used_again());
}

#[photofinish::test(seeds = 2)]
fn a_freed_block_is_used_again() {
    assert!(is_used_again());
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
