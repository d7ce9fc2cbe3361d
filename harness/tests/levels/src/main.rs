//! Programs whose races lie between accesses to plain memory, and one that spins, at whatever level this is built.
//!
//! Invariant: no program here has a race that a scheduling point at an atomic operation can show.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use parking_lot::{Mutex, ReentrantMutex};
use photofinish::oracles::Oracles;
use photofinish::scenario::{Expectation, Failure, Heap, Os, Scenario, Variant};

static SCENARIO: Scenario = Scenario {
    name: "levels",
    story: "Races between accesses to plain memory.",
    programs: &[],
    variants: &[
        variant(
            "reentrant",
            "Two threads take a reentrant mutex twice over, and count in its cell.",
            reentrant,
        ),
        variant("halfway", "A thread is halfway for as long as it writes to a block of its own.", halfway),
        variant(
            "spinning",
            "A thread spins until another, which computes in plain memory, is done.",
            spinning,
        ),
    ],
};

static SCENARIOS: &[&Scenario] = &[&SCENARIO];

const fn variant(name: &'static str, story: &'static str, run: fn() -> Result<(), Failure>) -> Variant {
    let (os, heap) = (Os::Linux, Heap::Plain);
    Variant { name, story, os, heap, expect: Expectation::NEVER_FAILS, oracles: Oracles::NONE, run }
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("native") {
        for variant in SCENARIO.variants.iter().filter(|variant| variant.name != "halfway") {
            (variant.run)().expect("it passes on the real kernel");
        }
        println!("done");
        return;
    }
    photofinish::serve(SCENARIOS)
}

/// <https://github.com/Amanieu/parking_lot/commit/da16c2c>: the last guard writes the count when the lock is free, perhaps over that of
/// the next owner.
fn reentrant() -> Result<(), Failure> {
    let mutex = ReentrantMutex::new(Cell::new(0_u64));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..3 {
                    let outer = mutex.lock();
                    let inner = mutex.lock();
                    inner.set(inner.get() + 1);
                    drop(inner);
                    drop(outer);
                }
            });
        }
    });
    assert_eq!(mutex.lock().get(), 6);
    Ok(())
}

/// No atomic operation here is rewritten: LLVM's pass leaves `fetch_max` alone.
fn halfway() -> Result<(), Failure> {
    let state = AtomicU32::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            // LLVM must think that somebody else has it, or would do without it.
            let mut block = black_box(Box::new([0_u32; 4]));
            state.fetch_max(1, Ordering::SeqCst);
            fill(&mut block);
            state.fetch_max(2, Ordering::SeqCst);
            assert_eq!(*block, [0, 1, 2, 3]);
        });
        scope.spawn(|| assert_ne!(state.fetch_max(0, Ordering::SeqCst), 1, "it is halfway"));
    });
    Ok(())
}

/// Not inlined: what leaves no function is nobody else's to see, and is not rewritten.
#[inline(never)]
fn fill(block: &mut [u32; 4]) {
    for (at, word) in (0..).zip(block) {
        *word = at;
    }
}

/// A hundred thousand accesses to plain memory are work and no waiting, and a loop over an atomic word is waiting also with plain accesses in it.
fn spinning() -> Result<(), Failure> {
    let (done, turns) = (AtomicBool::new(false), Mutex::new([0_u64; 8]));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut turns = turns.lock();
            while !done.load(Ordering::Acquire) {
                turn(&mut turns);
            }
        });
        scope.spawn(|| {
            let mut words = vec![0_u64; 64];
            for _ in 0..1_000 {
                step(&mut words);
            }
            assert_eq!(words[63], 1_000);
            done.store(true, Ordering::Release);
        });
    });
    Ok(())
}

#[inline(never)]
fn turn(turns: &mut [u64; 8]) {
    turns.iter_mut().for_each(|turn| *turn = turn.wrapping_mul(3) + 1);
}

#[inline(never)]
fn step(words: &mut [u64]) {
    words.iter_mut().for_each(|word| *word += 1);
}
