//! Rows: a program, and what a sweep over it must show.
//!
//! Does not know the programs. Invariant: of a program that is right nothing may be found, be it on the heap or what it leaves behind.

use photofinish::oracles::Leaks;
use photofinish::scenario::{Expectation, Failure, Find, Heap, Oracles, Os, Variant};

/// A program that is right: its name, the function that is the program, and what it does.
macro_rules! right {
    ($name:literal, $module:ident::$function:ident, $story:literal) => {
        $crate::row::of_right($name, $story, || {
            $crate::$module::$function();
            Ok(())
        })
    };
}

/// A program that uses the crate wrongly: the function, how that shows and within how many runs it must, and what it does.
macro_rules! misused {
    ($module:ident::$function:ident, $signature:literal within $runs:literal, $story:literal) => {
        $crate::row::of_misused(
            $story,
            &[photofinish::scenario::Find { signature: $signature, within_runs: $runs }],
            || {
                $crate::$module::$function();
                Ok(())
            },
        )
    };
}

pub(crate) use {misused, right};

/// A thread of a scope may still be on its way to its end when the scope has ended, but not stand still for ever.
const LEAVES_NOTHING: Oracles =
    Oracles::NONE.no_leaks_of(Leaks::TASKS).no_leaks_of(Leaks::DESCRIPTORS).nothing_stuck();

pub(crate) const fn of_right(
    name: &'static str,
    story: &'static str,
    run: fn() -> Result<(), Failure>,
) -> Variant {
    Variant {
        name,
        story,
        os: Os::Linux,
        heap: Heap::Checked,
        expect: Expectation::NEVER_FAILS,
        oracles: LEAVES_NOTHING,
        run,
    }
}

pub(crate) const fn of_misused(
    story: &'static str,
    must: &'static [Find],
    run: fn() -> Result<(), Failure>,
) -> Variant {
    let expect = Expectation { must, may: &[], always: false };
    Variant { name: "misused", story, os: Os::Linux, heap: Heap::Plain, expect, oracles: Oracles::NONE, run }
}
