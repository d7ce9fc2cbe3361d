//! Sockets and the packets between them, as one state machine without a clock.
//!
//! Does not know threads, descriptors or how long a packet takes: a call changes the state and leaves two queues behind,
//! packets to carry ([`Net::pop_packet`]) and sockets that changed ([`Net::pop_change`]); the kernel draws latencies, keeps time
//! and wakes threads. Timers of TCP go by the clock of the host that waits; only TIME_WAIT, which no program can measure to a drift, by
//! virtual time. Invariant: packets of one [`Flow`] that are delivered in the order they were sent lose no byte; a
//! datagram arrives at most once, whole.

pub mod address;
mod calls;
mod flow;
pub mod limits;
pub mod options;
pub mod packet;
mod ports;
pub mod readiness;
mod recovery;
mod route;

mod socket;
mod stack;
pub mod tcp;
#[cfg(test)]
mod tests;
pub mod udp;

pub use address::Family;
pub use calls::{Outgoing, Received};
pub use packet::{Care, Flow, Header, Hop, Journey, Packet, Segment};
pub use readiness::Readiness;
pub(crate) use recovery::{Pending, Recovery, retries_max, wait_ns};
pub use route::NOWHERE;

pub use socket::{Kind, SocketId};
pub(crate) use stack::Claims;
pub use stack::Net;
pub(crate) use tcp::Probing;
pub use udp::Envelope;
