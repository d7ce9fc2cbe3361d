//! Who listens to marks.
//!
//! Does not know a simulator. Invariant: whoever listens does so for the rest of the process.

use core::fmt::Arguments;
use std::sync::OnceLock;

use crate::site::Site;

/// How often something goes wrong: in `strikes` cases of `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Odds {
    /// In so many cases,
    pub strikes: u32,
    /// of so many.
    pub of: u32,
}

/// What happens at marks in a simulation. Both are called on the thread that comes by.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// Whether something goes wrong here this time.
    pub buggify: fn(&'static Site, Odds) -> bool,
    /// The condition of a mark had this value; of [`reachable!`](crate::reachable) and [`unreachable!`](crate::unreachable) it
    /// is true. What the program says of one that failed is given where it says something.
    pub passed: fn(&'static Site, bool, Option<Arguments<'_>>),
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// Listens to every mark of this process from here on.
///
/// # Errors
/// The hooks, if somebody listens already.
pub fn install(hooks: Hooks) -> Result<(), Hooks> {
    HOOKS.set(hooks)
}

/// Who listens, if anybody does: what every mark asks first.
#[inline]
#[must_use]
pub fn hooks() -> Option<&'static Hooks> {
    HOOKS.get()
}
