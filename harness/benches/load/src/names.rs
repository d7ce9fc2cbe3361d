//! What the programs call threads, locks, atomics and sockets: those of std and tokio.
//!
//! It does not know what they are used for. Invariant: it holds names and where the server is, and nothing else.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
pub(crate) use std::sync::{Arc, Condvar, Mutex};
pub(crate) use std::thread;
pub(crate) use tokio::net::{TcpListener, TcpStream};

/// Where the server listens.
pub(crate) const HERE: (&str, u16) = ("0.0.0.0", 7_000);
/// Where clients find it.
pub(crate) const SERVER: (&str, u16) = ("server", 7_000);
