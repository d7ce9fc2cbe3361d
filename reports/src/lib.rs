//! What happened in a run, for a person: a record on disk, the story in it, and renderers that draw the story.
//!
//! Never makes a run, opens no file, knows no executable: it is given a [`record::Record`] and writes text.
//!
//! Invariant: whatever the program under test wrote is data in every format, never markup.
#![forbid(unsafe_code)]

pub mod complaint;
#[cfg(feature = "draw")]
pub mod html;
pub mod json;
#[cfg(feature = "draw")]
pub mod junit;
#[cfg(feature = "draw")]
pub mod markdown;
#[cfg(feature = "draw")]
pub mod mermaid;
#[cfg(feature = "draw")]
pub mod outcome;
#[cfg(feature = "draw")]
pub mod page;
#[cfg(feature = "draw")]
pub mod perfetto;
pub mod record;
#[cfg(feature = "draw")]
pub mod story;
#[cfg(feature = "draw")]
pub mod sweep;
#[cfg(feature = "draw")]
pub mod term;
