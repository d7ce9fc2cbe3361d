//! What rows can answer: one small enumeration per question.
//!
//! Does not know who answers what. Invariant: the words of an answer are its documentation.

use super::row::Words;
use crate::errno::Errno;

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It does what it is for.
    Succeeds,
    /// It fails and changes nothing.
    Fails(Errno),
}

impl Words for Outcome {
    fn words(&self) -> String {
        match self {
            Self::Succeeds => "succeeds".to_owned(),
            Self::Fails(errno) => errno.name().to_owned(),
        }
    }
}

/// Two errors in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twice {
    /// What the first call gets.
    pub first: Errno,
    /// What every later one gets.
    pub then: Errno,
}

impl Words for Twice {
    fn words(&self) -> String {
        format!("{}, then {}", self.first.name(), self.then.name())
    }
}

macro_rules! answers {
    ($($(#[doc = $about:literal])+ $name:ident { $($variant:ident = $words:literal,)+ })+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $words] $variant,)+
        }

        impl Words for $name {
            fn words(&self) -> String {
                match self {
                    $(Self::$variant => $words.to_owned(),)+
                }
            }
        }
    )+};
}

answers! {
    /// Whether an interface exists.
    Availability {
        Present = "there",
        Absent = "not there",
    }

    /// What `getsockopt(2)` tells of a buffer size that was set.
    Reported {
        Doubled = "twice what was asked",
        AsAsked = "what was asked",
    }

    /// The blocking mode of an accepted socket.
    AcceptedMode {
        Blocking = "blocking, whatever the listener is",
        AsListener = "as the listener",
        AsAsked = "as the call's flags say",
    }

    /// Whether `SO_RCVTIMEO` or `SO_SNDTIMEO` bounds a call.
    TimeLimit {
        Bounds = "bounds the call",
        Ignored = "has no effect on it",
    }

    /// What reads give once the stream broke, in their order.
    Tail {
        DataThenEnd = "the data that is there, then the end",
        DataThenResetThenEnd = "the data that is there, then ECONNRESET once, then the end",
        ResetThenDataThenEnd = "ECONNRESET once, then the data that is there, then the end",
    }

    /// What the first write gets once the peer reset the connection, and what becomes of the pending error.
    WriteAfterReset {
        TakesReset = "ECONNRESET, which takes the pending error; then EPIPE",
        LeavesReset = "EPIPE; the pending error stays for a read",
        NoReset = "EPIPE; nothing is pending, for a close never resets",
        NotReset = "succeeds; a close with unread bytes is an ordinary end",
    }

    /// What becomes of bytes that were unread when reading was shut by `shutdown(2)`.
    Unread {
        Kept = "they can be read, then the end",
        Dropped = "they are dropped; reads give the end",
    }

    /// When `poll(2)` shows `POLLHUP` for a socket.
    Hangup {
        BothShut = "both directions are shut, whatever is asked",
        EachAsAsked = "reading is shut and input is asked for, or writing is shut and output is asked for",
    }

    /// Whether `POLLOUT` can stand beside `POLLHUP`.
    BesideHangup {
        Shown = "shown beside it",
        Hidden = "left out once there is a hangup",
    }

    /// How `poll(2)` shows a pending error.
    PendingError {
        AsError = "as POLLERR",
        AsReady = "as readable and writable, never as POLLERR",
    }

    /// What `shutdown(2)` does.
    Shutdown {
        Done = "shuts, and succeeds",
        Refused = "ENOTCONN, and shuts nothing",
        DoneYetRefused = "shuts, and yet ENOTCONN",
    }

    /// What `shutdown(2)` of reading does to a listener.
    ListenerShut {
        StopsListening = "succeeds; it listens no more, accept(2) fails with EINVAL, it may listen again",
        RefusesCallers = "succeeds; callers are refused, accept(2) fails with EINVAL, or EAGAIN at once",
        Refused = "ENOTCONN, and nothing else",
        FailsAcceptOnce = "ENOTCONN, and the next accept(2) fails with ECONNABORTED",
    }

    /// What becomes of a TCP socket that shut both directions itself, once its FIN is acknowledged and before
    /// the peer's.
    OwnBothShut {
        StaysConnected = "stays connected until the peer ends its stream",
        Disconnects = "is disconnected",
    }

    /// What `connect(2)` meets at a listener whose queue is full.
    BacklogFull {
        SynDropped = "the SYN is dropped, and sent again later",
        Waits = "waits for room; EAGAIN without blocking",
        Refused = "ECONNREFUSED",
    }

    /// How many connections wait for `accept(2)` at most.
    BacklogRoom {
        OneMore = "one more than asked for",
        AsAsked = "as many as asked for; for 0, the most there can be",
        HalfMoreAndOne = "one and a half times as many as asked for, and one",
    }

    /// Who must have set `SO_REUSEADDR` for a bind over a connection in TIME_WAIT.
    TimeWaitBind {
        NeedsBoth = "the socket that left and the one that binds",
        NeedsBinder = "the one that binds",
    }

    /// What a send to a unix datagram socket with a full queue does.
    QueueFull {
        Waits = "waits for room; EAGAIN without blocking",
        Fails = "ENOBUFS, blocking or not",
    }

    /// What a read of a connected unix datagram socket does once its peer is closed and the queue is empty.
    ReadAfterClose {
        Waits = "waits as ever",
        ResetOnce = "ECONNRESET once, then it waits",
    }

    /// What tells that a datagram was longer than the buffer it was read into.
    Truncation {
        FlagOrLength = "MSG_TRUNC in the flags; the length returned is the whole one if it was asked for",
        FlagOnly = "MSG_TRUNC in the flags; the length returned is that of the buffer",
    }
}
