//! The program: nodes that pass an object on while they still receive it, over UDP, on tokio.
//!
//! It does not know that it is tested or simulated, nor whose sockets `net` has and who starts its nodes; what it tells about itself
//! goes into [`telemetry`]. Invariant: revisions differ in what [`revision::Revision`] answers, and in nothing else.

use super::net;

pub(super) mod client;
pub(super) mod fragment;
pub(super) mod handle;
pub(super) mod node;
pub(super) mod pace;
pub(super) mod pipe;
pub(super) mod relay;
pub(super) mod revision;
pub(super) mod stop;
pub(super) mod telemetry;

mod bucket;
mod buffer;
mod conn;
mod inbound;
mod orphan;
mod wire;
