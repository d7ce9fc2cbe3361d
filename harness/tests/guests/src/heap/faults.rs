//! What a heap must notice.
//!
//! Invariant: each does one thing wrong, in a function that says so.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use photofinish::scenario::Failure;
use photofinish_calls::misuse::Raw;

const SIZE: usize = 40;

#[inline(never)]
fn allocate() -> Raw {
    black_box(Raw::malloc(black_box(SIZE)))
}

#[inline(never)]
fn release(block: Raw) {
    black_box(block).free();
}

#[inline(never)]
fn release_again(block: Raw) {
    black_box(block).free();
}

pub(super) fn twice() -> Result<(), Failure> {
    let block = allocate();
    release(block);
    release_again(block);
    Ok(())
}

pub(super) fn moved_after() -> Result<(), Failure> {
    let block = allocate();
    release(block);
    println!("{}", block.realloc(2 * SIZE) == block);
    Ok(())
}

pub(super) fn race() -> Result<(), Failure> {
    static FREED: AtomicBool = AtomicBool::new(false);
    let block = allocate();
    let close = move || {
        if !FREED.load(Ordering::Acquire) {
            release(block);
            FREED.store(true, Ordering::Release);
        }
    };
    let other = thread::spawn(close);
    close();
    other.join().expect("it does not panic");
    Ok(())
}

pub(super) fn duplicate() -> Result<(), Failure> {
    let block = Raw::strdup(c"a copy of the C library's");
    release(block);
    release_again(block);
    Ok(())
}

pub(super) fn inside() -> Result<(), Failure> {
    let block = allocate();
    release(block.offset(16));
    Ok(())
}

pub(super) fn wild() -> Result<(), Failure> {
    release(Raw::of_stack());
    Ok(())
}

pub(super) fn past() -> Result<(), Failure> {
    let block = allocate();
    let size = isize::try_from(SIZE).expect("it is small");
    block.offset(size).write(1);
    release(block);
    Ok(())
}

pub(super) fn past_unseen() -> Result<(), Failure> {
    let size = isize::try_from(SIZE).expect("it is small");
    allocate().offset(size + 3).write(1);
    Ok(())
}

pub(super) fn before() -> Result<(), Failure> {
    let block = allocate();
    block.offset(-1).write(1);
    release(block);
    Ok(())
}

pub(super) fn after() -> Result<(), Failure> {
    let block = allocate();
    release(block);
    block.offset(7).write(1);
    Ok(())
}

pub(super) fn after_crash() -> Result<(), Failure> {
    after()?;
    std::process::abort()
}

pub(super) fn after_busy() -> Result<(), Failure> {
    after()?;
    for size in 0..100_000 {
        drop(black_box(vec![1_u8; size % 100]));
    }
    unreachable!("it is seen before")
}

#[inline(never)]
fn follow_freed(block: Raw) -> u8 {
    black_box(block.follow())
}

pub(super) fn follow() -> Result<(), Failure> {
    let block = allocate();
    release(block);
    println!("{}", follow_freed(block));
    Ok(())
}
