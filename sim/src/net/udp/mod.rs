//! UDP, as Linux's loopback shows it.
//!
//! Does not know latency: whoever carries a datagram may let it overtake others. A datagram goes to whoever has its
//! address when it arrives, so it can miss a socket that was there when it was sent, and an ICMP can, too. Invariant: a
//! datagram is in at most one inbox, whole, and a socket that holds a port is found among that port's holders.

mod arrive;
mod inbox;
mod name;
mod receive;
mod route;
mod said;
mod send;
mod state;
mod told;

pub use inbox::Envelope;
pub(crate) use state::Udp;
