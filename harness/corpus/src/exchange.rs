//! Entries in a file, for another machine's corpus: one JSON object.
//!
//! Does not know who exchanges them. Invariant: importing what was exported, once or often, into any corpus loses no entry of
//! either and changes no count for the second time.

use std::path::Path;

use rusqlite::{OptionalExtension as _, Transaction, named_params};
use serde::{Deserialize, Serialize};

use crate::corpus::{Corpus, Traces, number, rank_in, replace, state};
use crate::entry::Entry;
use crate::error::CorpusError;

/// The schema number of such files. A reader refuses every other number.
pub const SCHEMA: u32 = 1;

/// What [`Exported::what`] says.
const WHAT: &str = "photofinish corpus";

/// A file of entries.
#[derive(Debug, Serialize, Deserialize)]
struct Exported {
    /// [`WHAT`]: says what the file is, to people and to `file(1)`.
    what: String,
    /// [`SCHEMA`].
    schema: u32,
    /// Entries; their numbers mean nothing elsewhere.
    entries: Vec<Entry>,
}

/// What an import brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Entries that were not known.
    pub added: u64,
    /// Entries that were.
    pub known: u64,
}

impl Corpus {
    /// All entries as the text of a file, and how many there are.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn export(&self) -> Result<(String, usize), CorpusError> {
        let entries = self.entries(Traces::With)?;
        let count = entries.len();
        let exported = Exported { what: WHAT.to_owned(), schema: SCHEMA, entries };
        let mut text = serde_json::to_string_pretty(&exported).expect("plain data has a JSON form");
        text.push('\n');
        Ok((text, count))
    }

    /// Adds the entries of a file, all or none. Of an entry that both know, the better example is kept, as [`Corpus::record`] does;
    /// where one has it open and the other fixed, the state and the example of whoever saw it last. It was seen as often as the one
    /// says that says more.
    ///
    /// # Errors
    /// The file cannot be read or is no such file, or the database cannot be written.
    pub fn import(&mut self, path: &Path) -> Result<Imported, CorpusError> {
        let refuse = |what: String| CorpusError::Import { path: path.to_owned(), what };
        let bytes = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
        let loose: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|error| refuse(error.to_string()))?;
        if loose["what"] != WHAT {
            return Err(refuse(format!("its field `what` is not \"{WHAT}\"")));
        }
        if loose["schema"] != SCHEMA {
            return Err(refuse(format!("it has schema {}, and this is schema {SCHEMA}", loose["schema"])));
        }
        let file: Exported = serde_json::from_value(loose).map_err(|error| refuse(error.to_string()))?;
        self.change(|transaction| {
            let mut imported = Imported::default();
            for entry in &file.entries {
                if add(transaction, entry)? { imported.known += 1 } else { imported.added += 1 }
            }
            Ok(imported)
        })
    }
}

/// Adds an entry; returns whether it was known.
fn add(transaction: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<bool> {
    let known = transaction
        .query_row(
            "SELECT id, state, last_seen_ms, trace IS NULL AS bare, decisions, seed FROM failures
             WHERE program = ?1 AND signature = ?2",
            (&entry.program, &entry.signature),
            |row| {
                // A state is its example's: they come together or not at all.
                let is_better = if state(row)? == entry.state {
                    entry.example.rank() < rank_in(row)?
                } else {
                    entry.last_seen_ms > row.get("last_seen_ms")?
                };
                Ok((row.get::<_, i64>("id")?, is_better))
            },
        )
        .optional()?;
    transaction.execute(
        "INSERT INTO failures (program, signature, state, build, seed, strategy, cores, limits, decisions, first_seen_ms,
            last_seen_ms, times_seen, shrunk)
         VALUES (:program, :signature, :state, '', '', '', 0, '', 0, :first, :last, :times, :shrunk)
         ON CONFLICT (program, signature) DO UPDATE SET
            state = iif(excluded.last_seen_ms > last_seen_ms, excluded.state, state),
            first_seen_ms = min(first_seen_ms, excluded.first_seen_ms),
            last_seen_ms = max(last_seen_ms, excluded.last_seen_ms),
            times_seen = max(times_seen, excluded.times_seen),
            shrunk = coalesce(shrunk, excluded.shrunk)",
        named_params! {
            ":program": entry.program,
            ":signature": entry.signature,
            ":state": entry.state.to_string(),
            ":first": entry.first_seen_ms,
            ":last": entry.last_seen_ms,
            ":times": number(entry.times_seen),
            ":shrunk": entry.shrunk,
        },
    )?;
    match known {
        Some((id, true)) => replace(transaction, id, &entry.example)?,
        Some((_, false)) => {}
        None => replace(transaction, transaction.last_insert_rowid(), &entry.example)?,
    }
    Ok(known.is_some())
}
