//! What a heap must leave alone.
//!
//! Invariant: each frees what it allocated, once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;

use photofinish::scenario::Failure;
use photofinish_calls::misuse::Raw;

/// Blocks that strdup(3), getaddrinfo(3) and readdir(3) asked the heap for, and one that grew and shrank.
pub(super) fn library() -> Result<(), Failure> {
    Raw::strdup(c"a copy").free();
    let resolved = std::net::ToSocketAddrs::to_socket_addrs("localhost:80").map(Iterator::count);
    println!("{:?}", resolved.is_ok_and(|count| count > 0));
    println!("{}", std::fs::read_dir(".").expect("the run's own folder").count());
    println!("{}", std::fs::canonicalize(".").is_ok());
    let block = Raw::malloc(10).realloc(100).realloc(5);
    block.free();
    Ok(())
}

/// As many blocks come and go in each thread as make the heap rest, reuse and look.
pub(super) fn busy() -> Result<(), Failure> {
    const ROUNDS: u32 = 20_000;
    let work = |seed: u32| {
        let mut kept: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        let mut state = seed;
        for _ in 0..ROUNDS {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let size = usize::try_from((state >> 8) % 3_000).expect("it is small");
            let block = kept.entry(state >> 24).or_default();
            assert!(block.iter().all(|byte| *byte == block[0]), "nobody else writes here");
            *block = vec![u8::try_from(state & 0xff).expect("a byte"); size];
            block.resize(size / 2, block.first().copied().unwrap_or_default());
        }
        kept.values().map(Vec::len).sum::<usize>()
    };
    let threads: Vec<_> = (1..=3).map(|seed| thread::spawn(move || work(seed))).collect();
    for thread in threads {
        println!("{}", thread.join().expect("it does not panic"));
    }
    Ok(())
}

/// The addresses of some blocks, which must not depend on who looks.
pub(super) fn addresses() -> Result<(), Failure> {
    let mut said = String::new();
    for size in [1, 50, 3_000, 100_000] {
        let block = vec![0_u8; size];
        let _ = write!(said, "{:p} ", block.as_ptr());
    }
    println!("{said}");
    Ok(())
}
