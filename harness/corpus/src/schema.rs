//! The tables, and the steps by which an older database becomes one of this schema.
//!
//! Does not know entries. Invariant: a step is never changed once it is released; the number of steps that a database has taken
//! stands in its `user_version`, and each is taken whole or not at all.

use rusqlite::{Connection, TransactionBehavior};

/// Stands in the head of the file: "PhFi".
pub(crate) const APPLICATION: i64 = 0x5068_4669;

/// The steps from an empty database to this schema.
const STEPS: &[&str] = &[
    // 1: failures with their examples. A seed is text, because SQLite's integers have a sign.
    "CREATE TABLE failures (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        program TEXT NOT NULL,
        signature TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'fixed')),
        build TEXT NOT NULL,
        seed TEXT NOT NULL,
        strategy TEXT NOT NULL,
        cores INTEGER NOT NULL,
        os TEXT,
        limits TEXT NOT NULL,
        decisions INTEGER NOT NULL,
        trace TEXT,
        first_seen_ms INTEGER NOT NULL,
        last_seen_ms INTEGER NOT NULL,
        times_seen INTEGER NOT NULL,
        UNIQUE (program, signature)
    ) STRICT",
    // 2: what a failure was shrunk to.
    "ALTER TABLE failures ADD COLUMN shrunk TEXT",
    // 3: the heap that a run was made to use, if not its program's own choice.
    "ALTER TABLE failures ADD COLUMN heap TEXT",
    // 4: what was asked of a run besides, if not what its program asks for.
    "ALTER TABLE failures ADD COLUMN oracles TEXT",
];

/// The schema of a database that has taken every step.
pub(crate) const SCHEMA: i64 = STEPS.len() as i64;

/// What kind of database a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// One without a table.
    Empty,
    /// A corpus that has taken so many steps.
    Corpus(i64),
    /// Somebody else's.
    Foreign,
}

/// Looks at what a database says of itself, at one moment: another process may be making its tables.
pub(crate) fn look(connection: &Connection) -> rusqlite::Result<Found> {
    // It only reads: that it is rolled back when it is dropped changes nothing.
    let transaction = connection.unchecked_transaction()?;
    let number = |pragma| transaction.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, steps) = (number("application_id")?, number("user_version")?);
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (application, steps, tables) {
        (0, 0, 0) => Found::Empty,
        (APPLICATION, 0.., _) => Found::Corpus(steps),
        _ => Found::Foreign,
    })
}

/// Takes the steps that a database has not taken. Others may do the same at the same time: the first does it.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let taken: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in STEPS.iter().skip(usize::try_from(taken).unwrap_or(usize::MAX)) {
        transaction.execute_batch(step)?;
    }
    if taken < SCHEMA {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", SCHEMA)?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(connection: &Connection) -> Vec<String> {
        let mut rows = connection.prepare("SELECT name FROM pragma_table_info('failures')").expect("valid");
        let names = rows.query_map([], |row| row.get(0)).expect("it is there");
        names.map(|name| name.expect("text")).collect()
    }

    #[test]
    fn every_step_leads_to_the_same_tables() {
        let mut whole = Connection::open_in_memory().expect("memory");
        assert_eq!(look(&whole), Ok(Found::Empty));
        migrate(&mut whole).expect("it takes all steps");
        assert_eq!(look(&whole), Ok(Found::Corpus(SCHEMA)));
        for taken in 1..=STEPS.len() {
            let mut old = Connection::open_in_memory().expect("memory");
            STEPS[..taken].iter().for_each(|step| old.execute_batch(step).expect("a step"));
            old.pragma_update(None, "application_id", APPLICATION).expect("a number");
            old.pragma_update(None, "user_version", taken as i64).expect("a number");
            assert_eq!(look(&old), Ok(Found::Corpus(taken as i64)));
            migrate(&mut old).expect("it takes the others");
            assert_eq!((look(&old), columns(&old)), (look(&whole), columns(&whole)), "from step {taken}");
        }
    }

    #[test]
    fn somebody_elses_database_is_foreign() {
        let other = Connection::open_in_memory().expect("memory");
        other.execute_batch("CREATE TABLE failures (id)").expect("a table");
        assert_eq!(look(&other), Ok(Found::Foreign));
        other.pragma_update(None, "user_version", 1).expect("a number");
        assert_eq!(look(&other), Ok(Found::Foreign));
    }
}
