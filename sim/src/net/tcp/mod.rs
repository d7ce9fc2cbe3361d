//! One TCP endpoint, as Linux shows it: the states of RFC 9293 without sequence numbers.
//!
//! Does not know other endpoints except by packet. On loopback nothing is ever lost or reordered, so there is no retransmission
//! but that of a SYN a full listener dropped, and an acknowledgement exists only where a program can see its effect: of a
//! FIN, and as a wider window. Between hosts the kernel sends again what is lost (`kernel/recovery.rs`), and to an endpoint it
//! looks as if the segment had taken longer. Invariant: `sent <= edge`, and the peer that granted `edge` has room for every
//! byte below it.

mod arrive;
mod between;
mod close;
mod connect;
mod elsewhere;
mod handshake;
mod listen;
mod name;
mod patience;
mod state;
mod stream;

pub(crate) use between::Probing;
pub use close::How;
pub use connect::Progress;
pub use listen::Accepted;
pub use state::State;
pub(crate) use state::{Taken, Tcp};
pub use stream::{RecvFlags, SendFlags};
