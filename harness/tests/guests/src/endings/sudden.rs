//! Ends that come at once.
//!
//! Invariant: nothing after the end is executed.
#![expect(clippy::disallowed_methods, reason = "process::exit is what this is about")]

use std::hint::black_box;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use photofinish::scenario::Failure;

pub(super) fn exit_3() -> Result<(), Failure> {
    println!("leaving");
    process::exit(3)
}

pub(super) fn exit_3_thread() -> Result<(), Failure> {
    let _ = thread::spawn(|| process::exit(3)).join();
    unreachable!("the process is gone")
}

pub(super) fn exit_0() -> Result<(), Failure> {
    static GO: AtomicBool = AtomicBool::new(true);
    thread::spawn(|| {
        while GO.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
    });
    process::exit(0)
}

pub(super) fn abort() -> Result<(), Failure> {
    process::abort()
}

pub(super) fn overflow() -> Result<(), Failure> {
    println!("{}", descend(1));
    Ok(())
}

pub(super) fn overflow_thread() -> Result<(), Failure> {
    println!("{:?}", thread::spawn(|| descend(1)).join());
    Ok(())
}

/// Never comes back: the condition cannot be seen through, and the room makes each call take some stack.
#[inline(never)]
fn descend(depth: u64) -> u64 {
    let room = black_box([depth; 64]);
    if black_box(depth) == 0 { depth } else { descend(depth + 1) + black_box(room)[63] }
}

pub(super) fn panic() -> Result<(), Failure> {
    panic!("main has had enough")
}

pub(super) fn panic_survived() -> Result<(), Failure> {
    assert!(thread::spawn(|| panic!("a thread has had enough")).join().is_err());
    println!("main goes on");
    Ok(())
}

pub(super) fn panic_in_drop() -> Result<(), Failure> {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the second")
        }
    }
    let _bomb = Bomb;
    panic!("the first")
}
