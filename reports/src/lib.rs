//! What happened in a run, for a person: a record on disk, the story in it, and renderers that draw the story.
//!
//! Never makes a run, opens no file, knows no executable: it is given a [`record::Record`] and writes text.
//!
//! Invariant: whatever the program under test wrote is data in every format, never markup.
#![forbid(unsafe_code)]

pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod mermaid;
pub mod outcome;
pub mod page;
pub mod perfetto;
pub mod record;
pub mod story;
pub mod sweep;
pub mod term;
