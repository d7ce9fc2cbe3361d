//! Why the corpus could not be read or written, each with what to type next.
//!
//! Invariant: no error deletes or replaces a database, and no advice does.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the corpus could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// The folder cannot be made.
    #[error(
        "making the folder of the corpus {path} failed: {source}\nnext: the same command with `--corpus DIR`"
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be opened, read or written for a reason of the machine's.
    #[error(
        "the corpus {path} cannot be used: {what}\nnext: see who may read and write it (`ls -l {path}`), or use another one with \
         `--corpus DIR`"
    )]
    Unusable {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        what: String,
    },
    /// It is a database, and none of ours.
    #[error(
        "{path} is not a corpus of Photofinish\nnext: the same command with `--corpus DIR` and another folder"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It is a database, and what it holds is not what was written.
    #[error(
        "the corpus {path} is damaged: {what}\nnothing of it was changed\nnext: `sqlite3 {path} .recover` shows what can be \
         saved of it; meanwhile use another one with `--corpus DIR`"
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Another Photofinish wrote it, and it knows more.
    #[error(
        "the corpus {path} has schema {found}, and this Photofinish knows schemas up to {known}\nnext: the Photofinish that wrote \
         it, or another corpus with `--corpus DIR`"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The last that we know.
        known: i64,
    },
    /// Another process holds it.
    #[error(
        "another process holds the corpus {path} for longer than {patience_s} s\nnext: the same command once that one is done \
         (`fuser {path}` names it), or another corpus with `--corpus DIR`"
    )]
    Locked {
        /// The database.
        path: PathBuf,
        /// How long it was waited for.
        patience_s: u64,
    },
    /// There is no room.
    #[error(
        "there is no room for the corpus {path}; what it held before is still there\nnext: make room on its disk, or use another \
         one with `--corpus DIR`"
    )]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// There is no entry of that number.
    #[error("the corpus {path} has no entry {id}\nnext: `cargo xtask corpus list`")]
    NoEntry {
        /// The database.
        path: PathBuf,
        /// The number.
        id: i64,
    },
    /// A file of entries cannot be read, or is none.
    #[error(
        "{path} cannot be imported: {what}\nnothing was changed\nnext: `cargo xtask corpus export FILE` writes such a file"
    )]
    Import {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl CorpusError {
    /// What an error of SQLite means for its user.
    pub(crate) fn of(path: &Path, patience_s: u64, error: &rusqlite::Error) -> Self {
        let (path, what) = (path.to_owned(), error.to_string());
        match error.sqlite_error_code() {
            // A file of this name that is no database was one.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, what },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path, patience_s },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            // What a column holds is not of its type.
            None => Self::Damaged { path, what },
            Some(_) => Self::Unusable { path, what },
        }
    }
}
