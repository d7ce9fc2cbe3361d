//! How a peer's runs ended, told from the panic that it ends them with.
//!
//! It does not know the peer. Invariant: a panic that is no kernel's bug is an error, never a finding.

use std::any::Any;

/// How a range of runs ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// None failed.
    Passed,
    /// The last one failed as its kernel does.
    Failed,
}

/// What the kernels say, and how peers call the rest.
const FAILURES: [&str; 4] = ["torn: ", "lost: ", "wrong: ", "deadlock"];

/// Reads the outcome of a caught panic.
pub(crate) fn ended(outcome: Result<(), Box<dyn Any + Send>>) -> Result<Ended, String> {
    let Err(panic) = outcome else { return Ok(Ended::Passed) };
    let said = words(&*panic);
    if is_bug(said) { Ok(Ended::Failed) } else { Err(said.to_owned()) }
}

/// Whether it is a kernel's bug that is said.
pub(crate) fn is_bug(said: &str) -> bool {
    FAILURES.iter().any(|failure| said.contains(failure))
}

/// What a panic says.
pub(crate) fn words(panic: &dyn Any) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_that_is_no_bug_of_a_kernel_is_an_error() {
        assert_eq!(ended(Ok(())), Ok(Ended::Passed));
        assert_eq!(ended(Err(Box::new("lost: the event"))), Ok(Ended::Failed));
        assert_eq!(ended(Err(Box::new(String::from("deadlock! blocked tasks")))), Ok(Ended::Failed));
        assert_eq!(ended(Err(Box::new("no concurrency"))), Err(String::from("no concurrency")));
        assert!(ended(Err(Box::new(7))).is_err());
    }
}
