//! Stepping on aarch64: there is none, since user mode cannot ask for it.
//!
//! Does not know why anybody would. Invariant: no instruction is ever found.

use super::Trap;

/// An instruction whose answer nothing can trap. None is known here.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Untrappable {}

impl Untrappable {
    /// The instruction of a code.
    pub(crate) fn of_code(_code: u8) -> Option<Self> {
        None
    }

    /// Its code, which is not 0.
    pub(crate) fn code(self) -> u8 {
        match self {}
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {}
    }
}

impl Trap<'_> {
    /// Is not called.
    pub(crate) fn answer_of(&self, done: Untrappable) -> [i64; 4] {
        match done {}
    }

    /// Is not called.
    pub(crate) fn leave_unstepped(&mut self) {}

    /// None is known.
    pub(crate) fn untrappable(&self) -> Option<Untrappable> {
        None
    }
}

/// Nothing is stepped.
pub(crate) fn set_trap_flag() {}
