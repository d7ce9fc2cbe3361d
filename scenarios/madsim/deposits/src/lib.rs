//! Deposits over UDP, sent again until they are acknowledged, on madsim.
//!
//! Does not know who asks for a run, nor how it is told. Invariant: all that a run draws it draws from madsim, but for what [`Rest`] says.
//!
//! Reading order: `packet` (what travels), `server` and `client` (the protocol), [`bank`] (a world of them, and what must hold of it),
//! `restless` (what is between a client and its seed). `main.rs` answers whoever asks by our protocol, `bin/alone.rs` by its exit status.

pub mod bank;
mod client;
mod packet;
mod restless;
mod server;

pub use restless::Rest;
pub use server::Again;

/// How a run fails in which an account holds other than its client was told.
pub const WRONG: &str = "an account holds other than was acknowledged";
