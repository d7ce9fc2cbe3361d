//! A layer for `tracing-subscriber` that makes what a program traces part of the simulated run it happens in.
//!
//! In a simulation every event, and every span that is created, entered, left or closed, becomes an event of the run, with
//! virtual time, thread, task and numbers that are the same in every run of the same seed. Elsewhere the layer does nothing, so
//! that it may stay in a program that is shipped. It knows nothing of the simulator, which installs a [`Hooks`] where it is.
//!
//! ```
//! use tracing_subscriber::layer::SubscriberExt as _;
//!
//! let subscriber = tracing_subscriber::registry().with(photofinish_tracing::layer());
//! tracing::subscriber::set_global_default(subscriber).expect("nobody set another");
//! tracing::info!(answer = 42, "ready");
//! ```
//!
//! With tokio's own tracing switched on (`--cfg tokio_unstable` and tokio's feature `tracing`) tasks have names and the places
//! where they were spawned. Without it they have numbers.
//!
//! Simulated processes share one address space: the global subscriber that the first of them sets is that of all, and later ones
//! are told that there is one already.
//!
//! Invariant: nothing that depends on memory addresses, real time or what ran before leaves this crate by itself: of a span's
//! `Id`, which depends on the first, only the number that the hook gave is told.
#![forbid(unsafe_code)]

#[cfg(feature = "layer")]
mod fields;
#[cfg(feature = "layer")]
mod layer;
#[cfg(feature = "layer")]
mod task;

#[cfg(feature = "layer")]
pub use layer::{Layer, layer};
pub use photofinish_tracing_hook::{Hooks, Level, Note, Spawned, What, install};
