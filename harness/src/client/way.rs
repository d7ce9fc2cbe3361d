//! How a server is started: whose main function it stands in for, and what its runs share; and in what image a run of it is made.
//!
//! Does not start any. Invariant: each way has one word, which the server understands.

/// How a server is started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) main: Main,
    pub(super) isolation: Isolation,
}

/// Whose the main function of an executable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Main {
    /// Ours: [`serve`](crate::serve).
    Ours,
    /// Its own; the server takes over before it is called.
    Own,
}

/// How the executable runs its programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Each run in the image of a warm process, which is put back behind it; where the kernel cannot tell which pages a run wrote,
    /// in a process forked from the warm one.
    Rewind,
    /// Each run in a process forked from a warm one.
    Fork,
    /// The same, on real threads that hand a baton round.
    Baton,
}

impl Isolation {
    /// The word by which a server is told.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Rewind => "rewind",
            Self::Fork => "fork",
            Self::Baton => "baton",
        }
    }
}

/// In what image a run is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    /// One that is put back behind each run, if that is how the server makes its runs; else one that is forked.
    PutBack,
    /// One that is forked for this run alone, so that no run was made in its process before.
    Forked,
}
