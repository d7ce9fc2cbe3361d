//! Operating-system personalities as data: what a call answers in which state, where systems differ.
//!
//! Does not know sockets, pipes or calls: whoever serves a call asks one row of the table. Numbers and
//! constants stay Linux's, for the program was compiled for Linux; a personality chooses among them.
//! Interfaces that only Linux has (`epoll(7)`) keep working whatever the personality. Invariant: every row
//! says where it was read, Linux knows every row, and a row that nobody read is [`Answer::Unknown`], which a
//! call answers as unmodelled.
//!
//! # What was read
//!
//! - Linux, which is right by definition: the functions named in each row; what a program can see of them was
//!   seen on Linux 6.18 on loopback.
//! - macOS: XNU at tag `xnu-11417.101.15`, paths below `bsd/`.
//! - FreeBSD: 13.0 (`__FreeBSD_version` 1300139) as F-Stack carries it, paths below `sys/`. Later releases
//!   were not read.
//!
//! # Words
//!
//! *Shut* is one direction: nothing more can be read (`SS_CANTRCVMORE`, `RCV_SHUTDOWN`) or written
//! (`SS_CANTSENDMORE`, `SEND_SHUTDOWN`), whoever shut it. *Disconnected* is the whole socket, past any
//! connection: `soisdisconnected` on the BSDs, `TCP_CLOSE` or a released peer on Linux; it includes both
//! directions shut. On all three systems the close of a unix peer disconnects at once, while the FIN of a TCP
//! peer only shuts reading; see [`ShutdownRules::own_both_acknowledged`] for where TCP differs.
//!
//! Reading order: [`os`], [`row`], [`answer`], [`table`], then one file per system.

pub mod answer;
mod freebsd;
mod linux;
mod macos;
pub mod os;
pub mod row;
pub mod table;
#[cfg(test)]
mod tests;

pub use answer::Outcome;
pub use os::{Os, UnknownOs};
pub use row::{Answer, ByConnection, ByKind, Connection, Fact, Kind, Row};
pub use table::{
    AcceptRules, BindRules, ConnectRules, DatagramRules, InterfaceRules, NameRules, OptionRules, Personality,
    PollRules, ShutdownRules, SizeRules, StreamRules,
};
