//! Who listens to marks.
//!
//! Does not know a simulator. Invariant: whoever listens does so for the rest of the process.

use core::fmt::{self, Arguments};
use core::panic::Location;
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

/// Numbers of which the search shall choose one.
#[derive(Clone, Copy)]
pub struct Choice<'a> {
    /// The first: the boring one.
    pub from: i128,
    /// How many there are, at least 1.
    pub bound: u64,
    /// Where in the program this is asked.
    pub place: &'static Location<'static>,
    /// What one of them means, if the program says so.
    pub words: Option<&'a dyn Fn(i128) -> String>,
}

impl fmt::Debug for Choice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, bound, place, words } = self;
        let mut told = f.debug_struct("Choice");
        told.field("from", from).field("bound", bound).field("place", place);
        told.field("has_words", &words.is_some()).finish()
    }
}

/// What happens at marks in a simulation. All are called on the thread that comes by.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// Whether something goes wrong here this time.
    pub buggify: fn(&'static Site, Odds) -> bool,
    /// The number that the search chooses.
    pub choose: fn(&Choice<'_>) -> i128,
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
