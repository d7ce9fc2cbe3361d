//! What a rule says when it is broken.
//!
//! Does not know the rules.
//! Invariant: prints as `path:line: what is wrong; what to do`, which editors and terminals can follow.

use std::fmt;

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, relative to the workspace root.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub wrong: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, wrong, remedy } = self;
        write!(f, "{path}:{line}: {wrong}; {remedy}")
    }
}

/// A place in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) line: usize,
}

impl Place<'_> {
    /// A finding here.
    pub(super) fn finding(self, wrong: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { path: self.path.into(), line: self.line, wrong: wrong.into(), remedy: remedy.into() }
    }
}
