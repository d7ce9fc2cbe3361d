//! What the test saw: at the moment when nothing but time-outs could happen any more, and at the end.
//!
//! It does not know what it should have seen. Invariant: nothing in here comes from a node that was asked; all of it
//! is what nodes told on their own.

use std::sync::Arc;

use super::super::program::telemetry::{Kind, Reader, Telemetry, Transfer};

/// A reader that slept although its fragment had come.
#[derive(Clone, Debug)]
pub(super) struct Sleeper {
    /// Who.
    pub(super) reader: Arc<Reader>,
    /// The fragment.
    pub(super) number: u32,
}

/// What the test saw.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Who slept, at the first look.
    pub(super) sleepers: Vec<Sleeper>,
    /// All readers, at the end.
    pub(super) readers: Vec<Arc<Reader>>,
    /// What had ended, at the end.
    pub(super) transfers: Vec<Transfer>,
}

/// Looks for readers that sleep beside their fragments.
pub(super) fn sleepers(telemetry: &Telemetry) -> Vec<Sleeper> {
    let beside = |reader: Arc<Reader>| {
        let number = reader.sleeps_beside()?;
        Some(Sleeper { reader, number })
    };
    telemetry.readers().into_iter().filter_map(beside).collect()
}

impl Seen {
    /// What can be seen at the end.
    pub(super) fn at_the_end(sleepers: Vec<Sleeper>, telemetry: &Telemetry) -> Self {
        Self { sleepers, readers: telemetry.readers(), transfers: telemetry.transfers() }
    }

    /// The end of a transfer, if it has ended.
    pub(super) fn transfer(&self, node: &str, kind: Kind) -> Option<&Transfer> {
        self.transfers.iter().find(|transfer| transfer.node == node && transfer.kind == kind)
    }
}
