//! Advisory locks of whole files: `flock(2)`.
//!
//! Does not know files, threads or waiting: a file is a number that the boundary gives it. Invariant: a file is locked by one
//! open file exclusively, or by any number of them shared, and an open file has at most one lock on it.

use std::collections::BTreeMap;

use crate::fd::DescriptionId;

/// A real file, by the order in which the program met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileNumber(pub u32);

/// `LOCK_SH` or `LOCK_EX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `LOCK_SH`.
    Shared,
    /// `LOCK_EX`.
    Exclusive,
}

/// The locks of all files of a run.
#[derive(Debug, Default)]
pub struct FileLocks {
    held: BTreeMap<FileNumber, Vec<(DescriptionId, Mode)>>,
}

impl FileLocks {
    /// The lock that an open file has on a file.
    #[must_use]
    pub fn mode(&self, file: FileNumber, holder: DescriptionId) -> Option<Mode> {
        let holders = self.held.get(&file)?;
        holders.iter().find(|(id, _)| *id == holder).map(|(_, mode)| *mode)
    }

    /// The open files that have a lock on a file.
    pub fn holders(&self, file: FileNumber) -> impl Iterator<Item = DescriptionId> {
        self.held.get(&file).into_iter().flatten().map(|(id, _)| *id)
    }

    /// Gives a lock to an open file that has none on this file; false if another's is in the way.
    pub fn take(&mut self, file: FileNumber, holder: DescriptionId, mode: Mode) -> bool {
        let holders = self.held.entry(file).or_default();
        assert!(holders.iter().all(|(id, _)| *id != holder), "a lock is converted by giving it up first");
        let conflict = holders.iter().any(|(_, other)| mode == Mode::Exclusive || *other == Mode::Exclusive);
        if !conflict {
            holders.push((holder, mode));
        }
        !conflict
    }

    /// Takes a lock from an open file; false if it has none on this file.
    pub fn release(&mut self, file: FileNumber, holder: DescriptionId) -> bool {
        let Some(holders) = self.held.get_mut(&file) else { return false };
        let before = holders.len();
        holders.retain(|(id, _)| *id != holder);
        let released = holders.len() < before;
        if holders.is_empty() {
            self.held.remove(&file);
        }
        released
    }

    /// An open file is closed. Returns the files that it had locked.
    pub fn release_all(&mut self, holder: DescriptionId) -> Vec<FileNumber> {
        let locked = self.held.iter().filter(|(_, holders)| holders.iter().any(|(id, _)| *id == holder));
        let files: Vec<FileNumber> = locked.map(|(file, _)| *file).collect();
        for file in &files {
            self.release(*file, holder);
        }
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fd::{Blocking, Files, Object};

    const FILE: FileNumber = FileNumber(1);

    fn three() -> [DescriptionId; 3] {
        let mut files = Files::default();
        [256, 257, 258].map(|real| files.open(Object::Real(real), Blocking::Yes))
    }

    #[test]
    fn shared_locks_go_together_and_an_exclusive_one_alone() {
        let [a, b, c] = three();
        let mut locks = FileLocks::default();
        assert!(locks.take(FILE, a, Mode::Shared));
        assert!(locks.take(FILE, b, Mode::Shared));
        assert!(!locks.take(FILE, c, Mode::Exclusive));
        assert!(locks.take(FileNumber(2), c, Mode::Exclusive), "another file");
        assert!(locks.release(FILE, a) && locks.release(FILE, b));
        assert!(locks.take(FILE, c, Mode::Exclusive));
        assert!(!locks.take(FILE, a, Mode::Shared));
    }

    #[test]
    fn a_lock_is_given_up_once() {
        let [a, ..] = three();
        let mut locks = FileLocks::default();
        assert!(!locks.release(FILE, a));
        assert!(locks.take(FILE, a, Mode::Shared));
        assert_eq!(locks.mode(FILE, a), Some(Mode::Shared));
        assert!(locks.release(FILE, a));
        assert!(!locks.release(FILE, a));
        assert_eq!(locks.mode(FILE, a), None);
    }

    #[test]
    fn closing_gives_up_the_locks_on_all_files() {
        let [a, b, _] = three();
        let mut locks = FileLocks::default();
        for number in [3, 1, 2] {
            assert!(locks.take(FileNumber(number), a, Mode::Exclusive));
        }
        assert!(locks.take(FileNumber(4), b, Mode::Exclusive));
        assert_eq!(locks.release_all(a), [1, 2, 3].map(FileNumber));
        assert_eq!(locks.release_all(a), []);
        assert_eq!(locks.mode(FileNumber(4), b), Some(Mode::Exclusive));
    }
}
