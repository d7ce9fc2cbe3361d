//! What the revisions of the program differ in, as answers to questions.
//!
//! Nothing here does anything; the code that asks does. Invariant: every difference between two revisions is one of
//! these answers.

/// A state of the program's source, in the order of its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Revision {
    /// As it was.
    Parent,
    /// The parent, and a pipe that gives up.
    TimeoutOnly,
    /// The parent, and forks that are cancelled on their own.
    ForkOnly,
    /// The first attempt at a fix: forks, a listener and a time-out.
    V1,
    /// The second: the listener is there before the buffer is looked at.
    V2,
    /// The third, which was merged: a fork of what is cancelled is cancelled.
    Merged,
    /// The merged fix with its last holes closed.
    Fixed,
}

/// What a fork has of the handle it was made of, besides the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fork {
    /// The same state: it is the handle once more.
    Shared,
    /// A state of its own, not cancelled.
    Fresh,
    /// A state of its own, cancelled if the handle is.
    Inherited,
}

/// How a reader that finds nothing makes sure that it is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wakeup {
    /// It leaves its waker with the state of its own handle, and looks once more under the state's lock.
    Waker,
    /// So it does, and after that begins to listen for insertions.
    WakerThenListener,
    /// It listens, looks, and where it was notified in vain listens once more.
    ListenTwice,
    /// It listens and looks until its listener is one that has not been notified.
    ListenUntilPending,
}

/// What a pipe waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// A fragment, however long it takes.
    Endless,
    /// A fragment, and when the time is over it looks for one once more.
    Timeout,
    /// A fragment or the end of the time; if both are there, either.
    Either,
    /// A fragment or the end of the time; if both are there, the fragment.
    FragmentFirst,
}

/// How an assembly waits for the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assembly {
    /// It looks, and then begins to listen.
    LookThenListen,
    /// It begins to listen, and then looks.
    ListenThenLook,
}

impl Revision {
    pub(super) const fn fork(self) -> Fork {
        match self {
            Self::Parent | Self::TimeoutOnly => Fork::Shared,
            Self::ForkOnly | Self::V1 | Self::V2 => Fork::Fresh,
            Self::Merged | Self::Fixed => Fork::Inherited,
        }
    }

    pub(super) const fn wakeup(self) -> Wakeup {
        match self {
            Self::Parent | Self::TimeoutOnly | Self::ForkOnly => Wakeup::Waker,
            Self::V1 => Wakeup::WakerThenListener,
            Self::V2 | Self::Merged => Wakeup::ListenTwice,
            Self::Fixed => Wakeup::ListenUntilPending,
        }
    }

    pub(super) const fn patience(self) -> Patience {
        match self {
            Self::Parent | Self::ForkOnly => Patience::Endless,
            Self::TimeoutOnly | Self::V1 => Patience::Timeout,
            Self::V2 | Self::Merged => Patience::Either,
            Self::Fixed => Patience::FragmentFirst,
        }
    }

    pub(super) const fn assembly(self) -> Assembly {
        match self {
            Self::Fixed => Assembly::ListenThenLook,
            _ => Assembly::LookThenListen,
        }
    }
}
