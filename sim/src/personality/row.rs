//! One row of a personality: an answer, or that nobody knows it, and where it was read.
//!
//! Does not know what is asked. Invariant: a row without a source does not exist.

use crate::errno::Errno;
use crate::net::Readiness;
use crate::ready::Refusal;

/// What a row answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// Read in the source that the row names.
    Known(T),
    /// Not read, or the system has no such thing; the row's source says which.
    Unknown,
}

/// An answer with its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<T> {
    answer: Answer<T>,
    source: &'static str,
}

/// A row that was read at `source`.
pub(super) const fn known<T>(answer: T, source: &'static str) -> Row<T> {
    Row { answer: Answer::Known(answer), source }
}

/// A row that is not known, and why.
pub(super) const fn unknown<T>(why: &'static str) -> Row<T> {
    Row { answer: Answer::Unknown, source: why }
}

impl<T: Copy> Row<T> {
    /// What it answers.
    #[must_use]
    pub const fn answer(&self) -> Answer<T> {
        self.answer
    }

    /// File, function and what it does there; of an unknown row, why it is unknown.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// The answer for whoever serves a call.
    ///
    /// # Errors
    /// Unmodelled, naming `what` and why, if the row is unknown; the program sees `errno`.
    pub fn get(&self, what: &str, errno: Errno) -> Result<T, Refusal> {
        match self.answer {
            Answer::Known(answer) => Ok(answer),
            Answer::Unknown => Err(Refusal::unmodelled(format!("{what}: {}", self.source), errno)),
        }
    }
}

/// The kinds of socket that rows tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `SOCK_STREAM` of `AF_INET` and `AF_INET6`.
    Tcp,
    /// `SOCK_DGRAM` of `AF_INET` and `AF_INET6`.
    Udp,
    /// `SOCK_STREAM` of `AF_UNIX`.
    UnixStream,
    /// `SOCK_DGRAM` of `AF_UNIX`.
    UnixDatagram,
    /// `SOCK_SEQPACKET` of `AF_UNIX`.
    UnixSeqpacket,
}

/// The kinds of socket that listen and connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// [`Kind::Tcp`].
    Tcp,
    /// [`Kind::UnixStream`].
    UnixStream,
    /// [`Kind::UnixSeqpacket`].
    UnixSeqpacket,
}

/// A row for every kind of socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByKind<T> {
    pub(super) tcp: Row<T>,
    pub(super) udp: Row<T>,
    pub(super) unix_stream: Row<T>,
    pub(super) unix_datagram: Row<T>,
    pub(super) unix_seqpacket: Row<T>,
}

impl<T: Copy> ByKind<T> {
    /// The row of one kind.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> Row<T> {
        match kind {
            Kind::Tcp => self.tcp,
            Kind::Udp => self.udp,
            Kind::UnixStream => self.unix_stream,
            Kind::UnixDatagram => self.unix_datagram,
            Kind::UnixSeqpacket => self.unix_seqpacket,
        }
    }
}

/// A row for every kind of socket that connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByConnection<T> {
    pub(super) tcp: Row<T>,
    pub(super) unix_stream: Row<T>,
    pub(super) unix_seqpacket: Row<T>,
}

impl<T: Copy> ByConnection<T> {
    /// The row of one kind.
    #[must_use]
    pub const fn of(&self, kind: Connection) -> Row<T> {
        match kind {
            Connection::Tcp => self.tcp,
            Connection::UnixStream => self.unix_stream,
            Connection::UnixSeqpacket => self.unix_seqpacket,
        }
    }
}

/// A row as documents print it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The fields that lead to the row, joined by dots: `options.set_when_both_shut.tcp`.
    pub name: String,
    /// The answer in words; `None` if it is unknown.
    pub answer: Option<String>,
    /// As [`Row::source`].
    pub source: &'static str,
}

/// What an answer says, in words.
pub(super) trait Words {
    fn words(&self) -> String;
}

impl Words for usize {
    fn words(&self) -> String {
        self.to_string()
    }
}

impl Words for Readiness {
    fn words(&self) -> String {
        let Self { readable, writable, hup, rdhup, error } = *self;
        let bits = [(readable, "IN"), (writable, "OUT"), (error, "ERR"), (hup, "HUP"), (rdhup, "RDHUP")];
        let set: Vec<&str> = bits.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| *name).collect();
        if set.is_empty() { "nothing".to_owned() } else { set.join("|") }
    }
}

/// What can be written out row by row.
pub(super) trait Listed {
    fn list(&self, name: &str, facts: &mut Vec<Fact>);
}

impl<T: Words> Listed for Row<T> {
    fn list(&self, name: &str, facts: &mut Vec<Fact>) {
        let answer = match &self.answer {
            Answer::Known(answer) => Some(answer.words()),
            Answer::Unknown => None,
        };
        facts.push(Fact { name: name.to_owned(), answer, source: self.source });
    }
}

impl<T: Words> Listed for ByKind<T> {
    fn list(&self, name: &str, facts: &mut Vec<Fact>) {
        self.tcp.list(&format!("{name}.tcp"), facts);
        self.udp.list(&format!("{name}.udp"), facts);
        self.unix_stream.list(&format!("{name}.unix_stream"), facts);
        self.unix_datagram.list(&format!("{name}.unix_datagram"), facts);
        self.unix_seqpacket.list(&format!("{name}.unix_seqpacket"), facts);
    }
}

impl<T: Words> Listed for ByConnection<T> {
    fn list(&self, name: &str, facts: &mut Vec<Fact>) {
        self.tcp.list(&format!("{name}.tcp"), facts);
        self.unix_stream.list(&format!("{name}.unix_stream"), facts);
        self.unix_seqpacket.list(&format!("{name}.unix_seqpacket"), facts);
    }
}
