//! Contexts: a stopped thread as a stack pointer and a thread pointer, and how one becomes another.
//!
//! One file per architecture, all with the same interface. It knows neither threads nor the kernel. Invariant: a context is
//! resumed at most once per time it was saved, and everything the C calling convention preserves is as it was.

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{Context, park, supported, switch};

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::{Context, park, supported, switch};
