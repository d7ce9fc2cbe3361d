//! What [`#[photofinish::test]`](macro@crate::test) expands to: a test as data, and an ordinary test function that searches it.
//!
//! Does not know the attribute's syntax. Invariant: a test passes only if every run of it passed, or
//! if it says how one fails and that run was found.
//!
//! The executable of the tests is its own fork server: [`check()`] starts it a second time, and there `serve` takes over
//! before its main function is called, see `photofinish_boundary::takeover`.

use core::fmt::Debug;

#[cfg(simulated)]
mod check;
#[cfg(not(simulated))]
mod native;
#[cfg(simulated)]
mod plan;
#[cfg(simulated)]
mod serve;
#[cfg(simulated)]
mod small;
#[cfg(simulated)]
mod token;

#[cfg(simulated)]
pub use check::check;
#[cfg(not(simulated))]
pub use native::check;
#[cfg(simulated)]
pub use photofinish_boundary::takeover::Entry;
pub use photofinish_sim::heap::Heap;
pub use photofinish_sim::personality::Os;
#[cfg(simulated)]
pub use serve::entry;

pub use crate::scenario::Failure;

/// A test as the attribute describes it. What is left out has a default.
pub struct Test {
    /// Its path, the crate's name first.
    pub name: &'static str,
    /// Its body.
    pub body: fn() -> Result<(), Failure>,
    /// Seeds that are tried, from 0 on.
    pub seeds: Option<u64>,
    /// Real time after which no further seed is begun.
    pub time_ms: Option<u64>,
    /// How picks are found, as `--strategy` takes it.
    pub strategy: Option<&'static str>,
    /// The operating system it runs on.
    pub os: Option<Os>,
    /// Threads that it may have at one time.
    pub threads: Option<u32>,
    /// Processors that it is told it has.
    pub cores: Option<u32>,
    /// The heap it gets its memory from.
    pub heap: Option<Heap>,
    /// What is asked of its runs besides that they pass, as `--oracles` takes it.
    pub oracles: Option<&'static str>,
    /// The signature with which a run must fail for the test to pass, or its beginning up to a `*`.
    pub fails: Option<&'static str>,
    /// Real time for making a failure small, and as long again for saying why it fails. None of either if 0.
    pub shrink_ms: Option<u64>,
}

/// What the body of a test may return.
pub trait Outcome {
    /// Whether it failed, and how.
    ///
    /// # Errors
    /// The failure.
    fn judge(self) -> Result<(), Failure>;
}

impl Outcome for () {
    fn judge(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<E: Debug> Outcome for Result<(), E> {
    fn judge(self) -> Result<(), Failure> {
        self.map_err(|error| {
            let short = format!("{error:?}");
            let first_line = short.lines().next().unwrap_or_default();
            Failure {
                signature: format!("error: {first_line}"),
                detail: format!("the test returned {error:#?}"),
            }
        })
    }
}

/// Registers a test and searches it. For the attribute.
#[cfg(simulated)]
#[doc(hidden)]
#[macro_export]
macro_rules! __test {
    ($test:expr) => {{
        static TEST: $crate::test::Test = $test;
        $crate::__entry!($crate::test::entry(&TEST));
        $crate::test::check(&TEST)
    }};
}

/// Runs a test. For the attribute.
#[cfg(not(simulated))]
#[doc(hidden)]
#[macro_export]
macro_rules! __test {
    ($test:expr) => {{
        static TEST: $crate::test::Test = $test;
        $crate::test::check(&TEST)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_fails_by_its_first_line() {
        #[derive(Debug)]
        #[expect(dead_code, reason = "shown by Debug")]
        struct Lost {
            count: u32,
        }
        let failure = Err::<(), _>(Lost { count: 3 }).judge().expect_err("an error");
        assert_eq!(failure.signature, "error: Lost { count: 3 }");
        assert_eq!(failure.detail, "the test returned Lost {\n    count: 3,\n}");
        assert_eq!(Ok::<(), Lost>(()).judge(), Ok(()));
        assert_eq!(().judge(), Ok(()));
    }
}
