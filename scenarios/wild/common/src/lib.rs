//! What published bugs have in common when they are told as scenarios: two variants, and threads that run into each other.
//!
//! Does not know any of the crates. Invariant: both variants of a row run one source, compiled against either version.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use photofinish::scenario::{Expectation, Failure, Find, Heap, Oracles, Os, Variant};

/// What the two variants of a row have in common.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What a sweep over the version with the bug must find.
    pub must: &'static [Find],
    /// What that version may show: the same bug otherwise, and what the other may show.
    pub may: &'static [&'static str],
    /// What the version without may show: bugs that the mend has left.
    pub left: &'static [&'static str],
    /// The heap that notices it.
    pub heap: Heap,
}

impl Row {
    /// The variant that is compiled against the version with the bug.
    #[must_use]
    pub const fn buggy(self, story: &'static str, run: fn() -> Result<(), Failure>) -> Variant {
        let expect = Expectation { must: self.must, may: self.may, always: false };
        Variant { name: "buggy", story, os: Os::Linux, heap: self.heap, expect, oracles: Oracles::NONE, run }
    }

    /// The variant that is compiled against the version without.
    #[must_use]
    pub const fn fixed(self, story: &'static str, run: fn() -> Result<(), Failure>) -> Variant {
        let expect = Expectation { must: &[], may: self.left, always: false };
        Variant { name: "fixed", story, os: Os::Linux, heap: self.heap, expect, oracles: Oracles::NONE, run }
    }
}

/// A scenario of one published bug: its module in `rows`, its name, what runs end with that have met it (and in how many runs the first of
/// these must come, if it is known to be found), what it is about, the version with the bug and the one without. Then the heap, of which `Checked` notices misuse;
/// what stands behind `besides` may be found in both.
#[macro_export]
macro_rules! row {
    (
        $module:ident, $name:literal, $signature:literal $(or $other:literal)* $(within $within:literal)?, $story:literal,
        $buggy:literal -> $fixed:literal, $heap:ident $(, besides $left:literal)?
    ) => {{
        const ROW: $crate::Row = $crate::Row {
            must: &[$(photofinish::scenario::Find { signature: $signature, within_runs: $within })?],
            may: &[$signature, $($other,)* $($left)?],
            left: &[$($left)?],
            heap: photofinish::scenario::Heap::$heap,
        };
        photofinish::scenario::Scenario {
            name: $name,
            story: $story,
            programs: &[],
            variants: &[
                ROW.buggy(concat!($buggy, ", where it was."), crate::buggy::rows::$module::run),
                ROW.fixed(concat!($fixed, ", where it is mended."), crate::fixed::rows::$module::run),
            ],
        }
    }};
}

/// A failure that is told by its signature alone.
///
/// # Errors
/// Always: it is one.
pub fn failed(signature: &str) -> Result<(), Failure> {
    Err(Failure { signature: signature.to_owned(), detail: String::new() })
}

/// Runs each on a thread of its own, and waits for all of them.
pub fn race<'a>(threads: impl IntoIterator<Item = Box<dyn FnOnce() + Send + 'a>>) {
    thread::scope(|scope| {
        for thread in threads {
            scope.spawn(thread);
        }
    });
}

/// A waker of somebody who polls again anyway.
#[must_use]
pub fn idle_waker() -> Waker {
    struct Idle;
    impl Wake for Idle {
        fn wake(self: Arc<Self>) {}
    }
    Waker::from(Arc::new(Idle))
}

/// Polls to the end on this thread, which sleeps until somebody wakes it.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Sleeper(Thread);
    impl Wake for Sleeper {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Sleeper(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}
