//! `malloc(3)` and its kin, and pages.
//!
//! Invariant: no line holds an address, or a size that the heap was free to choose.

use std::sync::atomic::Ordering;

use photofinish_calls::mapping::{self, PAGE, Rights};
use photofinish_calls::memory::{self, Block};

use super::case::family;
use super::transcript::Transcript;

family! {
    "memory", "The heap.";
    "malloc" = malloc, ["malloc", "calloc", "free", "malloc_usable_size"], "Sizes small, large and impossible.";
    "aligned" = aligned, ["memalign", "posix_memalign", "aligned_alloc"], "Alignments good and bad.";
    "realloc" = realloc, ["realloc"], "Growth and shrinkage keep what was written.";
    "pages" = pages, ["mmap", "munmap", "mprotect", "mremap"], "Pages that come, change and go.";
    "std" = of_std, ["malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc"], "Collections.";
}

fn shown(block: Option<&Block>) -> &'static str {
    match block {
        None => "none",
        Some(block) if block.is_aligned_to(16) => "aligned",
        Some(_) => "not aligned",
    }
}

const IMPOSSIBLE: usize = usize::MAX / 2;

fn malloc(t: &mut Transcript) {
    for size in [0, 1, 15, 16, 17, 4_096, 1 << 20, 64 << 20, IMPOSSIBLE, IMPOSSIBLE + 1, usize::MAX] {
        let block = memory::malloc(size);
        t.line(format_args!("malloc {size}: {}", shown(block.as_ref())));
        t.value("usable", block.is_none_or(|block| block.usable() >= size));
    }
    for (count, size) in
        [(0, 8), (8, 0), (1, 1), (100, 41), (1 << 20, 3), (1 << 33, 1 << 33), (usize::MAX, 2)]
    {
        let block = memory::calloc(count, size);
        t.line(format_args!("calloc {count} {size}: {}", shown(block.as_ref())));
        t.value("zero", block.is_none_or(|block| block.begins_with(0, count * size)));
    }
    for _ in 0..50 {
        let mut block = memory::malloc(100).expect("little");
        block.fill(0xff);
        drop(block);
        let block = memory::calloc(10, 10).expect("little");
        assert!(block.begins_with(0, 100), "calloc gave what free took");
    }
}

fn aligned(t: &mut Transcript) {
    for align in [1, 2, 8, 16, 32, 64, 4_096, 1 << 16] {
        let block = memory::memalign(align, 100).expect("little");
        t.value(format_args!("memalign {align}"), block.is_aligned_to(align));
    }
    t.value(
        "memalign to no power of two",
        memory::memalign(24, 100).is_some_and(|block| block.is_aligned_to(32)),
    );
    for align in [0, 1, 3, 4, 8, 16, 24, 4_096, 1 << 16] {
        let block = memory::posix_memalign(align, 100);
        t.call(
            format_args!("posix_memalign {align}"),
            block.map(|block| block.is_some_and(|block| block.is_aligned_to(align))),
        );
    }
    t.call("posix_memalign of too much", memory::posix_memalign(16, IMPOSSIBLE).map(|_| ()));
    for align in [1, 8, 16, 24, 4_096] {
        let block = memory::aligned_alloc(align, 4_096);
        t.value(
            format_args!("aligned_alloc {align}"),
            block.map(|block| block.is_aligned_to(align.next_power_of_two())),
        );
    }
}

fn realloc(t: &mut Transcript) {
    let mut block = memory::malloc(1).expect("little");
    block.fill(7);
    let mut size = 1;
    while size < 8 << 20 {
        let old = size;
        size = size * 3 + 1;
        block = block.realloc(size).expect("little");
        assert!(block.begins_with(7, old) && block.is_aligned_to(16), "realloc to {size} lost bytes");
        block.fill(7);
    }
    t.value("grown", block.usable() >= size);
    for size in [100_000, 1_000, 10, 1] {
        block = block.realloc(size).expect("less");
        t.value(format_args!("shrunk to {size}"), block.begins_with(7, size));
    }
}

fn pages(t: &mut Transcript) {
    let pages = mapping::map(4 * PAGE).expect("little");
    for page in 0..4 {
        pages.byte(page).store(page as u8 + 1, Ordering::Relaxed);
    }
    t.call("mprotect to be read", pages.protect(1, Rights::Read));
    t.value("it is there", pages.byte(1).load(Ordering::Relaxed));
    t.call("mprotect to be written", pages.protect(1, Rights::Write));
    pages.byte(1).fetch_add(5, Ordering::Relaxed);
    let pages = pages.resize(400 * PAGE).expect("little");
    let shown = [0, 1, 3, 4, 399].map(|page| pages.byte(page).load(Ordering::Relaxed));
    t.value("grown", shown);
    let pages = pages.resize(2 * PAGE).expect("less");
    t.value("shrunk", [0, 1].map(|page| pages.byte(page).load(Ordering::Relaxed)));
    t.call("munmap", pages.unmap());
    t.call("mprotect in the middle of a page", mapping::protect_nothing());
    t.call("mmap of nothing", mapping::map(0).map(|_| ()));
}

#[repr(align(256))]
struct Wide(u8);

fn of_std(t: &mut Transcript) {
    let mut numbers = Vec::new();
    for number in 0..100_000_u32 {
        numbers.push(number);
    }
    t.value("sum", numbers.iter().map(|n| u64::from(*n)).sum::<u64>());
    numbers.truncate(3);
    numbers.shrink_to_fit();
    t.value("first", &numbers);
    let wide: Vec<Box<Wide>> = (0..9).map(|n| Box::new(Wide(n))).collect();
    t.value("wide", wide.iter().all(|one| std::ptr::from_ref(&**one).addr().is_multiple_of(256)));
    t.value("last", wide.last().map(|one| one.0));
    t.value("zeros", vec![0_u8; 1 << 20].iter().all(|byte| *byte == 0));
    let mut nothing: Vec<u8> = Vec::new();
    t.value("too much", nothing.try_reserve(IMPOSSIBLE).is_err());
}
