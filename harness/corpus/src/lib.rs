//! The corpus: failures that sweeps found, one entry per program and signature, in a SQLite database.
//!
//! Does not know what a run is, nor the time: programs, builds and strategies are names, a trace is text, and moments are
//! the caller's. Invariant: what [`Corpus::record`] has returned of is there after `kill -9`, and nothing but
//! [`Corpus::remove`] deletes an entry.
//!
//! Reading order: [`entry`] (what is kept), [`error`] (what may be wrong), `schema` (the tables, and how old ones become new
//! ones), [`corpus`] (the database), [`exchange`] (entries in a file).

pub mod corpus;
pub mod entry;
pub mod error;
pub mod exchange;
mod schema;

pub use corpus::{Corpus, Recorded};
pub use entry::{Entry, Example, Rank, Sighting, State};
pub use error::CorpusError;
