//! A mark as data: where it stands and what it asks for.
//!
//! Does not know what became of it. Invariant: a site is made by a macro of this crate, as a static at the place it names.

/// What a mark asks of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Whether something shall go wrong here.
    Buggify,
    /// It must be true each time.
    Always,
    /// It must be true once in many runs.
    Sometimes,
    /// It must be true the last time.
    Eventually,
    /// The program must come by in some run.
    Reachable,
    /// The program must never come by.
    Unreachable,
}

impl Asks {
    /// The value that is wanted of its condition. Coming by counts as true.
    #[must_use]
    pub const fn wanted(self) -> bool {
        !matches!(self, Self::Unreachable)
    }
}

/// A mark. Two of the same message and place are one.
///
/// Its layout is known by a number in the name of the macros' static.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// What it asks.
    pub asks: Asks,
    /// What it says to a person.
    pub message: &'static str,
    /// The source file.
    pub file: &'static str,
    /// Its line there.
    pub line: u32,
    /// Its column there.
    pub column: u32,
}
