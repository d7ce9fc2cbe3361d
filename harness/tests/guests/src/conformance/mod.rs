//! Guests that hold the simulation against Linux: each writes down what calls answered, and both worlds must answer alike.
//!
//! They do not judge. Invariant: a transcript depends on no schedule, no address, no port and no time, so that whatever differs
//! between two of them is the simulation's mistake.
//!
//! Reading order: [`case`] (what a case is), [`transcript`] (what it writes), `sockets` (what cases share), then a file per
//! man-page family.

pub mod bypass;
pub mod case;
pub mod compiled;
pub mod connect;
pub mod control;
pub mod descriptor;
pub mod epoll;
pub mod eventfd;
pub mod file;
pub mod file_edge;
pub mod file_sequence;
pub mod futex;
pub mod identity;
pub mod listen;
pub mod masked;
pub mod memory;
pub mod message;
pub mod mixture;
mod nagging;
pub mod name;
pub mod options;
pub mod path;
pub mod pipe;
pub mod place;
pub mod poll;
pub mod process;
pub mod random;
pub mod record;
pub mod resolve;
mod rivals;
mod scratch;
pub mod select;
pub mod sequence;
pub mod shutdown;
pub mod signal;
mod sockets;
pub mod stream;
pub mod sync;
pub mod thread;
pub mod time;
pub mod timerfd;
pub mod transcript;
pub mod udp_sequence;
pub mod unix_sequence;
mod unixes;
pub mod waiting;
pub mod within;

use case::Family;

/// Every family of cases.
pub static FAMILIES: &[&Family] = &[
    &time::FAMILY,
    &identity::FAMILY,
    &random::FAMILY,
    &memory::FAMILY,
    &thread::FAMILY,
    &futex::FAMILY,
    &sync::FAMILY,
    &waiting::FAMILY,
    &process::FAMILY,
    &signal::FAMILY,
    &descriptor::FAMILY,
    &file::FAMILY,
    &file_edge::FAMILY,
    &record::FAMILY,
    &path::FAMILY,
    &place::FAMILY,
    &within::FAMILY,
    &compiled::FAMILY,
    &poll::FAMILY,
    &pipe::FAMILY,
    &eventfd::FAMILY,
    &epoll::FAMILY,
    &timerfd::FAMILY,
    &select::FAMILY,
    &masked::FAMILY,
    &name::FAMILY,
    &listen::FAMILY,
    &connect::FAMILY,
    &stream::FAMILY,
    &shutdown::FAMILY,
    &options::FAMILY,
    &bypass::FAMILY,
    &message::FAMILY,
    &control::FAMILY,
    &resolve::FAMILY,
    &sequence::FAMILY,
    &file_sequence::FAMILY,
    &udp_sequence::FAMILY,
    &unix_sequence::FAMILY,
    &mixture::FAMILY,
];
