//! The database: opened, asked, and told of failures.
//!
//! Does not know runs. Several processes may have it open. Invariant: each change is one transaction, committed when the function
//! returns: a process that is killed loses nothing of it, and a machine that loses power loses whole changes at most.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{
    Connection, ErrorCode, OptionalExtension as _, Row, Transaction, TransactionBehavior, named_params,
};

use crate::entry::{Entry, Example, Rank, Sighting, State};
use crate::error::CorpusError;
use crate::schema::{self, Found, SCHEMA};

/// The database, in the corpus' folder.
pub const FILE: &str = "corpus.sqlite";

/// How long another process may hold the database before we give up.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open corpus.
#[derive(Debug)]
pub struct Corpus {
    pub(crate) connection: Connection,
    path: PathBuf,
    patience: Duration,
}

/// What a sighting was to the corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// A failure that it did not know.
    New,
    /// One that it took to be fixed.
    Back,
    /// A known one, in a better example: see [`Corpus::record`].
    Smaller,
    /// A known one.
    Again,
}

/// How often a failure was seen, of which one run is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// This one time, besides all others.
    Once,
    /// So often at least, which may have been told before.
    AtLeast(u64),
}

/// Whether entries are wanted with their traces, which are most of what they weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traces {
    /// With them.
    With,
    /// Without: [`Example::trace`] is none.
    Without,
}

impl Corpus {
    /// Opens the corpus in a folder; makes both if they are not there, and brings an older one up to date.
    ///
    /// # Errors
    /// The folder cannot be made, or holds a database that is damaged, newer, locked or not a corpus. Such a one is left as it is.
    pub fn open(folder: &Path) -> Result<Self, CorpusError> {
        Self::open_with(folder, PATIENCE)
    }

    /// As [`Corpus::open`], but others may hold the database for so long only.
    ///
    /// # Errors
    /// As [`Corpus::open`].
    pub fn open_with(folder: &Path, patience: Duration) -> Result<Self, CorpusError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| CorpusError::Folder { path: folder.to_owned(), source })?;
        let path = folder.join(FILE);
        let say = |error: rusqlite::Error| CorpusError::of(&path, patience.as_secs(), &error);
        let mut connection = Connection::open(&path).map_err(say)?;
        connection.busy_timeout(patience).map_err(say)?;
        match schema::look(&connection).map_err(say)? {
            Found::Foreign => return Err(CorpusError::Foreign { path }),
            Found::Corpus(found) if found > SCHEMA => {
                return Err(CorpusError::Newer { path, found, known: SCHEMA });
            }
            Found::Empty | Found::Corpus(_) => {}
        }
        if let Some(what) = damage(&connection).map_err(say)? {
            return Err(CorpusError::Damaged { path, what });
        }
        write_ahead(&connection, patience).map_err(say)?;
        schema::migrate(&mut connection).map_err(say)?;
        Ok(Self { connection, path, patience })
    }

    /// The database.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a failing run to what is known: a new entry, or one more run of an old one, whose example it replaces if it is
    /// better (it has its trace, has fewer decisions, or an earlier seed) or the old one was taken to be fixed. Returns the entry's
    /// number.
    ///
    /// # Errors
    /// The database cannot be written; nothing was recorded.
    pub fn record(&mut self, sighting: &Sighting<'_>) -> Result<(i64, Recorded), CorpusError> {
        self.record_times(sighting, Times::Once)
    }

    /// As [`Corpus::record`], for a run that stands for several. What says no more than is known already changes nothing, so that
    /// saying it twice does not count twice.
    ///
    /// # Errors
    /// As [`Corpus::record`].
    pub fn record_times(
        &mut self,
        sighting: &Sighting<'_>,
        times: Times,
    ) -> Result<(i64, Recorded), CorpusError> {
        self.change(|transaction| record(transaction, sighting, times))
    }

    /// Notes that an entry's example showed its failure again; `renewed` takes its place, if given.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn still_fails(
        &mut self,
        id: i64,
        renewed: Option<&Example>,
        now_ms: i64,
    ) -> Result<(), CorpusError> {
        self.change(|transaction| {
            transaction.execute(
                "UPDATE failures SET state = 'open', last_seen_ms = max(last_seen_ms, ?2) WHERE id = ?1",
                (id, now_ms),
            )?;
            renewed.map_or(Ok(()), |example| replace(transaction, id, example))
        })
    }

    /// Notes that an entry's example did not show its failure. Where another process has meanwhile found another example, that one
    /// is not taken to be fixed.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn is_fixed(&mut self, entry: &Entry) -> Result<(), CorpusError> {
        let Example { build, seed, strategy, .. } = &entry.example;
        self.change(|transaction| {
            transaction.execute(
                "UPDATE failures SET state = 'fixed' WHERE id = ?1 AND build = ?2 AND seed = ?3 AND strategy = ?4",
                (entry.id, build, seed.to_string(), strategy),
            )?;
            Ok(())
        })
    }

    /// Notes what a failure was shrunk to.
    ///
    /// # Errors
    /// The database cannot be written, or has no such entry.
    pub fn set_shrunk(&mut self, id: i64, shrunk: &str) -> Result<(), CorpusError> {
        let changed = self.change(|transaction| {
            transaction.execute("UPDATE failures SET shrunk = ?2 WHERE id = ?1", (id, shrunk))
        })?;
        self.found(id, changed)
    }

    /// Deletes an entry.
    ///
    /// # Errors
    /// The database cannot be written, or has no such entry.
    pub fn remove(&mut self, id: i64) -> Result<(), CorpusError> {
        let changed =
            self.change(|transaction| transaction.execute("DELETE FROM failures WHERE id = ?1", [id]))?;
        self.found(id, changed)
    }

    /// All entries, by program and number.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn entries(&self, traces: Traces) -> Result<Vec<Entry>, CorpusError> {
        let trace = match traces {
            Traces::With => "trace",
            Traces::Without => "NULL",
        };
        self.select(&format!("SELECT *, {trace} AS kept FROM failures ORDER BY program, id"), [])
    }

    /// One entry.
    ///
    /// # Errors
    /// The database cannot be read, or has no such entry.
    pub fn entry(&self, id: i64) -> Result<Entry, CorpusError> {
        let found = self.select("SELECT *, trace AS kept FROM failures WHERE id = ?1", [id])?;
        found.into_iter().next().ok_or(CorpusError::NoEntry { path: self.path.clone(), id })
    }

    fn select(&self, query: &str, parameters: impl rusqlite::Params) -> Result<Vec<Entry>, CorpusError> {
        let read = || -> rusqlite::Result<Vec<Entry>> {
            let mut statement = self.connection.prepare(query)?;
            statement.query_map(parameters, entry)?.collect()
        };
        read().map_err(|error| self.error(&error))
    }

    /// One transaction, which is not there at all if it fails.
    pub(crate) fn change<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, CorpusError> {
        let change = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        change(&mut self.connection).map_err(|error| self.error(&error))
    }

    fn found(&self, id: i64, changed: usize) -> Result<(), CorpusError> {
        if changed == 0 { Err(CorpusError::NoEntry { path: self.path.clone(), id }) } else { Ok(()) }
    }

    fn error(&self, error: &rusqlite::Error) -> CorpusError {
        CorpusError::of(&self.path, self.patience.as_secs(), error)
    }
}

/// What is wrong with a database's pages, if anything is.
fn damage(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((said != "ok").then_some(said))
}

/// Writes go to a log beside the database first, so that readers and writers do not wait for each other, and a commit
/// needs no `fsync(2)`. SQLite does not wait by itself for others that do the same.
fn write_ahead(connection: &Connection, patience: Duration) -> rusqlite::Result<()> {
    let began = Instant::now();
    loop {
        let set = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match set {
            Err(error) if is_busy(&error) && began.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(5));
            }
            // A disk that cannot have such a log gets SQLite's older one, which keeps the same promises more slowly.
            set => return set.and_then(|_| connection.pragma_update(None, "synchronous", "NORMAL")),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn record(
    transaction: &Transaction<'_>,
    sighting: &Sighting<'_>,
    times: Times,
) -> rusqlite::Result<(i64, Recorded)> {
    let Sighting { program, signature, rank, now_ms, .. } = *sighting;
    let known = transaction
        .query_row(
            "SELECT id, state, trace IS NULL AS bare, decisions, seed FROM failures WHERE program = ?1 AND signature = ?2",
            (program, signature),
            |row| Ok((row.get::<_, i64>("id")?, state(row)?, rank_in(row)?)),
        )
        .optional()?;
    let Some((id, state, best)) = known else {
        let id = insert(transaction, sighting, times)?;
        return Ok((id, Recorded::New));
    };
    let recorded = match state {
        State::Fixed => Recorded::Back,
        State::Open if rank < best => Recorded::Smaller,
        State::Open => Recorded::Again,
    };
    let (more, least) = match times {
        Times::Once => (1, 0),
        Times::AtLeast(times) => (0, number(times)),
    };
    transaction.execute(
        "UPDATE failures SET state = 'open', times_seen = max(times_seen + ?3, ?4), last_seen_ms = max(last_seen_ms, ?2)
         WHERE id = ?1",
        (id, now_ms, more, least),
    )?;
    if recorded != Recorded::Again {
        replace(transaction, id, &sighting.example())?;
    }
    Ok((id, recorded))
}

/// The rank of a row's example; the column `bare` is whether it has no trace.
pub(crate) fn rank_in(row: &Row<'_>) -> rusqlite::Result<Rank> {
    let decisions = count(row, "decisions")?;
    Ok(Rank { bare: row.get("bare")?, decisions, seed: seed(&row.get::<_, String>("seed")?)? })
}

pub(crate) fn state(row: &Row<'_>) -> rusqlite::Result<State> {
    parsed(&row.get::<_, String>("state")?, str::parse)
}

fn insert(transaction: &Transaction<'_>, sighting: &Sighting<'_>, times: Times) -> rusqlite::Result<i64> {
    let times = match times {
        Times::Once => 1,
        Times::AtLeast(times) => number(times),
    };
    let Sighting { program, signature, now_ms, .. } = *sighting;
    transaction.execute(
        "INSERT INTO failures (program, signature, state, build, seed, strategy, cores, limits, decisions, first_seen_ms,
            last_seen_ms, times_seen)
         VALUES (?1, ?2, 'open', '', '', '', 0, '', 0, ?3, ?3, ?4)",
        (program, signature, now_ms, times),
    )?;
    let id = transaction.last_insert_rowid();
    replace(transaction, id, &sighting.example())?;
    Ok(id)
}

/// Gives an entry another example.
pub(crate) fn replace(transaction: &Transaction<'_>, id: i64, example: &Example) -> rusqlite::Result<()> {
    let Example { build, seed, strategy, cores, os, heap, oracles, limits, decisions, trace } = example;
    transaction.execute(
        "UPDATE failures SET build = :build, seed = :seed, strategy = :strategy, cores = :cores, os = :os, heap = :heap,
            oracles = :oracles, limits = :limits, decisions = :decisions, trace = :trace
         WHERE id = :id",
        named_params! {
            ":id": id,
            ":build": build,
            ":seed": seed.to_string(),
            ":strategy": strategy,
            ":cores": cores,
            ":os": os,
            ":heap": heap,
            ":oracles": oracles,
            ":limits": limits,
            ":decisions": number(*decisions),
            ":trace": trace,
        },
    )?;
    Ok(())
}

/// As SQLite counts; nothing of ours is counted further.
pub(crate) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn count(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

fn parsed<T>(text: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> rusqlite::Result<T> {
    let wrong =
        |what: String| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, what.into());
    parse(text).map_err(wrong)
}

fn seed(text: &str) -> rusqlite::Result<u64> {
    parsed(text, |text| text.parse().map_err(|_| format!("{text:?} is no seed")))
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get("id")?,
        program: row.get("program")?,
        signature: row.get("signature")?,
        state: state(row)?,
        first_seen_ms: row.get("first_seen_ms")?,
        last_seen_ms: row.get("last_seen_ms")?,
        times_seen: count(row, "times_seen")?,
        shrunk: row.get("shrunk")?,
        example: Example {
            build: row.get("build")?,
            seed: seed(&row.get::<_, String>("seed")?)?,
            strategy: row.get("strategy")?,
            cores: row.get("cores")?,
            os: row.get("os")?,
            heap: row.get("heap")?,
            oracles: row.get("oracles")?,
            limits: row.get("limits")?,
            decisions: count(row, "decisions")?,
            trace: row.get("kept")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_and_loses_nothing() {
        let folder = std::env::temp_dir().join(format!("photofinish-corpus-full-{}", std::process::id()));
        let mut corpus = Corpus::open(&folder).expect("a temporary folder");
        // As many pages as it has: what a disk without room does, without one.
        let pages: i64 =
            corpus.connection.pragma_query_value(None, "page_count", |row| row.get(0)).expect("a number");
        corpus.connection.pragma_update(None, "max_page_count", pages + 2).expect("a number");
        let trace = Some("x".repeat(3_000));
        let example = Example {
            build: String::from("b"),
            seed: 1,
            strategy: String::from("starve"),
            cores: 4,
            os: None,
            heap: None,
            oracles: None,
            limits: String::from("{}"),
            decisions: 1,
            trace,
        };
        let mut told = Vec::new();
        let full = (0..).find_map(|index| {
            let signature = format!("s{index}");
            let sighting = Sighting {
                program: "p",
                signature: &signature,
                rank: example.rank(),
                example: &|| example.clone(),
                now_ms: 1,
            };
            match corpus.record(&sighting) {
                Ok(_) => {
                    told.push(signature);
                    None
                }
                Err(error) => Some(error),
            }
        });
        assert!(matches!(full, Some(CorpusError::Full { .. })), "{full:?}");
        let kept = |corpus: &Corpus| -> Vec<String> {
            let entries = corpus.entries(Traces::Without).expect("it can be read");
            entries.into_iter().map(|entry| entry.signature).collect()
        };
        assert!(!told.is_empty());
        assert_eq!(kept(&corpus), told);
        drop(corpus);
        assert_eq!(kept(&Corpus::open(&folder).expect("it is sound")), told);
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
}
