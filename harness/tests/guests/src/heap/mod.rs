//! Guests that do to the heap what nobody may, and some that do not.
//!
//! Invariant: what each does wrong, it does under every schedule, unless it says otherwise.

mod faults;
mod healthy;

use photofinish::scenario::{Find, Heap, Scenario, Variant};

use crate::{doomed, racy, sound};

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "heap",
    story: "Programs under a heap that looks at what they do with it.",
    programs: &[],
    variants: VARIANTS,
};

const fn checked(variant: Variant) -> Variant {
    Variant { heap: Heap::Checked, ..variant }
}

const fn find(signature: &'static str) -> Find {
    Find { signature, within_runs: 1 }
}

static VARIANTS: &[Variant] = &[
    checked(doomed(
        "double-free",
        "A block is freed twice.",
        &[find("heap: double free in *")],
        faults::twice,
    )),
    checked(doomed(
        "double-free-realloc",
        "A block is freed, and then given to realloc(3).",
        &[find("heap: double free in *")],
        faults::moved_after,
    )),
    checked(racy(
        "double-free-race",
        "Two threads look whether a block was freed, and then free it.",
        &[Find { signature: "heap: double free in *", within_runs: 60 }],
        faults::race,
    )),
    checked(doomed(
        "double-free-library",
        "A block of the C library's is freed twice.",
        &[find("heap: double free in *")],
        faults::duplicate,
    )),
    checked(doomed(
        "wild-free-inside",
        "What is freed lies inside a block.",
        &[find("heap: wild free in *")],
        faults::inside,
    )),
    checked(doomed(
        "wild-free",
        "What is freed is on the stack.",
        &[find("heap: wild free in *")],
        faults::wild,
    )),
    checked(doomed(
        "write-past",
        "A byte behind a block is written to.",
        &[find("heap: write past the end *")],
        faults::past,
    )),
    checked(doomed(
        "write-past-unseen",
        "The same, and the block is never freed.",
        &[find("heap: write past the end *")],
        faults::past_unseen,
    )),
    checked(doomed(
        "write-before",
        "The byte before a block is written to.",
        &[find("heap: write before the start *")],
        faults::before,
    )),
    checked(doomed(
        "write-after-free",
        "A freed block is written to.",
        &[find("heap: write after free *")],
        faults::after,
    )),
    checked(doomed(
        "write-after-free-crash",
        "The same, and then it aborts.",
        &[find("heap: write after free *")],
        faults::after_crash,
    )),
    checked(doomed(
        "write-after-free-busy",
        "The same, and then the heap is busy.",
        &[find("heap: write after free *")],
        faults::after_busy,
    )),
    checked(doomed(
        "read-after-free",
        "An address is read from a freed block, and followed.",
        &[find("signal SIGSEGV*")],
        faults::follow,
    )),
    checked(sound("library", "Blocks that the C library hands out are freed.", healthy::library)),
    checked(sound(
        "tokio",
        "A TCP echo on tokio's runtime of 3 workers.",
        crate::programs::echo_multi_thread,
    )),
    checked(sound("busy", "Three threads allocate, move and free.", healthy::busy)),
    checked(sound("addresses", "The addresses of blocks are told.", healthy::addresses)),
    sound("busy-plain", "The same as busy, on the plain heap.", healthy::busy),
];
