//! The rights that tests send, and where each ended.
//!
//! Does not know messages. Invariant: a right ends once: received, orphaned, or never taken.

use std::collections::BTreeSet;

use crate::fd::{Blocking, DescriptionId, Files, Object};
use crate::unix::UnixSockets;

#[derive(Default)]
pub(super) struct Rights {
    files: Files,
    outstanding: BTreeSet<DescriptionId>,
}

impl Rights {
    pub(super) fn make(&mut self, count: usize) -> Vec<DescriptionId> {
        let rights: Vec<_> =
            (0..count).map(|_| self.files.open(Object::Standard(0), Blocking::Yes)).collect();
        self.outstanding.extend(&rights);
        rights
    }

    /// Rights that ended.
    pub(super) fn settle(&mut self, rights: &[DescriptionId]) {
        for right in rights {
            assert!(self.outstanding.remove(right), "a right ends once");
        }
    }

    /// Takes the orphans and the changes.
    pub(super) fn collect(&mut self, unix: &mut UnixSockets) {
        while let Some(right) = unix.pop_orphan() {
            self.settle(&[right]);
        }
        while unix.pop_change().is_some() {}
        assert!(!unix.has_effects());
    }

    pub(super) fn outstanding(&self) -> Vec<DescriptionId> {
        self.outstanding.iter().copied().collect()
    }
}
