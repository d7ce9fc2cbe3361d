//! Threads: borrowed, parked, named, many, and given up.
//!
//! Invariant: every thread that is joined was over, its thread-locals included.

use std::cell::Cell;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, Builder};
use std::time::Duration;

use photofinish::scenario::Failure;

/// Scoped threads fill a slice that the thread that waits for them owns.
pub(super) fn scoped() -> Result<(), Failure> {
    let mut squares = [0; 6];
    let sum = thread::scope(|scope| {
        let halves = squares.chunks_mut(3).enumerate().map(|(half, squares)| {
            scope.spawn(move || {
                for (index, square) in squares.iter_mut().enumerate() {
                    *square = (3 * half + index).pow(2);
                }
                squares.iter().sum::<usize>()
            })
        });
        let halves: Vec<_> = halves.collect();
        halves.into_iter().map(|half| half.join().expect("it does not panic")).sum::<usize>()
    });
    assert_eq!((squares, sum), ([0, 1, 4, 9, 16, 25], 55));
    Ok(())
}

/// A token that was there before the wait is not lost, and one is one.
pub(super) fn park() -> Result<(), Failure> {
    thread::current().unpark();
    thread::current().unpark();
    thread::park();
    let open = Arc::new(AtomicBool::new(false));
    let theirs = open.clone();
    let parked = thread::spawn(move || {
        let mut wakes = 0_u32;
        while !theirs.load(Ordering::Acquire) {
            thread::park();
            wakes += 1;
        }
        wakes
    });
    thread::park_timeout(Duration::from_millis(1));
    open.store(true, Ordering::Release);
    parked.thread().unpark();
    // It may have seen the store before it ever parked.
    assert!(parked.join().expect("it does not panic") <= 2);
    Ok(())
}

/// Panics with a word, with a format and with something else entirely reach the thread that joins.
pub(super) fn panic_joined() -> Result<(), Failure> {
    let word = thread::spawn(|| panic!("a word"));
    let format = thread::spawn(|| panic!("{} words", std::hint::black_box(2)));
    let other = thread::spawn(|| panic::panic_any(3_u32));
    let payload = |thread: thread::JoinHandle<()>| thread.join().expect_err("it panics");
    assert_eq!(payload(word).downcast_ref(), Some(&"a word"));
    assert_eq!(payload(format).downcast_ref(), Some(&String::from("2 words")));
    assert_eq!(payload(other).downcast_ref(), Some(&3_u32));
    let caught = panic::catch_unwind(|| {
        thread::scope(|scope| {
            scope.spawn(|| panic!("out of a scope"));
        });
    });
    assert!(caught.is_err());
    Ok(())
}

/// Names are kept whole; stacks are as large as asked for.
pub(super) fn builder() -> Result<(), Failure> {
    const LONG: &str = "a name that is longer than fifteen bytes";
    for (name, stack_size) in [("worker-7", 256 << 10), (LONG, 8 << 20)] {
        let builder = Builder::new().name(name.into()).stack_size(stack_size);
        let thread = builder.spawn(move || {
            // A quarter of the stack, touched from end to end.
            if stack_size > 1 << 20 {
                fill::<{ 2 << 20 }>()
            } else {
                fill::<{ 64 << 10 }>()
            };
            thread::current().name().map(str::to_owned)
        });
        let named = thread.expect("there is room for one").join().expect("it does not panic");
        assert_eq!(named.as_deref(), Some(name));
    }
    assert_eq!(thread::spawn(|| thread::current().name().map(str::to_owned)).join().ok(), Some(None));
    Ok(())
}

fn fill<const SIZE: usize>() {
    let mut room = [1_u8; SIZE];
    std::hint::black_box(&mut room);
    assert!(room.iter().all(|byte| *byte == 1));
}

static MADE: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);

struct Counted(Cell<u64>);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

thread_local! {
    static PLAIN: Cell<u64> = const { Cell::new(7) };
    static COUNTED: Counted = {
        MADE.fetch_add(1, Ordering::Relaxed);
        Counted(Cell::new(11))
    };
}

fn new_locals() {
    assert_eq!(PLAIN.replace(8), 7, "a thread-local of another thread");
    assert_eq!(COUNTED.with(|counted| counted.0.replace(12)), 11, "a thread-local of another thread");
}

/// Far more threads than may live at one time, one after another and a few at a time.
pub(super) fn many() -> Result<(), Failure> {
    const ALONE: u64 = 2_000;
    const TOGETHER: u64 = 200;
    for _ in 0..ALONE {
        thread::spawn(new_locals).join().expect("it does not panic");
    }
    for _ in 0..TOGETHER {
        thread::scope(|scope| {
            for _ in 0..5 {
                scope.spawn(|| thread::spawn(new_locals).join().expect("it does not panic"));
            }
        });
    }
    let both = (MADE.load(Ordering::Relaxed), DROPPED.load(Ordering::Relaxed));
    assert_eq!(both, (ALONE + 5 * TOGETHER, ALONE + 5 * TOGETHER));
    Ok(())
}

/// More threads than may live at one time, of which nobody is joined; each says when it is done.
pub(super) fn detached() -> Result<(), Failure> {
    for round in 0..40 {
        let (say, hear) = mpsc::channel();
        for who in 0..4 {
            let say = say.clone();
            drop(thread::spawn(move || say.send((round, who)).expect("somebody hears")));
        }
        drop(say);
        let mut heard: Vec<(u32, u32)> = hear.iter().collect();
        heard.sort_unstable();
        assert_eq!(heard, (0..4).map(|who| (round, who)).collect::<Vec<_>>());
    }
    Ok(())
}

/// Says how many processors there are.
pub(super) fn processors() -> Result<(), Failure> {
    println!("{}", thread::available_parallelism().expect("Linux knows"));
    Ok(())
}
