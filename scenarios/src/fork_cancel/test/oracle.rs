//! What is right.
//!
//! It does not know the revision, nor the case. Invariant: the oracles are asked in the order of what causes what, so
//! that a signature names the first thing that went wrong.

use std::time::Duration;

use super::super::program::pace::Pace;
use super::super::program::telemetry::{Kind, Reader, Transfer};
use super::Failure;
use super::case::Wakers;
use super::seen::{Seen, Sleeper};

/// Threads that were not scheduled and datagrams under way add up to less.
const SLACK_S: u32 = 2;

/// Judges what was seen.
pub(super) fn judge(seen: &Seen, wakers: Wakers, pace: Pace) -> Result<(), Failure> {
    let oracle = Oracle { seen, pace };
    let signature = match wakers {
        Wakers::Counted => oracle.retained(),
        Wakers::Ignored => None,
    };
    let signature = signature
        .or_else(|| oracle.asleep())
        .or_else(|| seen.readers.iter().find_map(|reader| oracle.resurrected(reader)))
        .or_else(|| seen.readers.iter().find_map(|reader| oracle.incomplete(reader)))
        .or_else(|| seen.readers.iter().find_map(|reader| oracle.stuck(reader)))
        .or_else(|| seen.transfers.iter().find_map(|transfer| oracle.late(transfer)));
    signature.map_or(Ok(()), |signature| Err(Failure { signature, detail: oracle.detail() }))
}

struct Oracle<'a> {
    seen: &'a Seen,
    pace: Pace,
}

impl Oracle<'_> {
    /// A reader keeps one waker at most.
    fn retained(&self) -> Option<String> {
        let most = self.seen.readers.iter().map(|reader| reader.retained_max()).max()?;
        (most > 1).then(|| "retained-wakers: one for each fragment that was awaited".to_owned())
    }

    /// No reader sleeps beside its fragment.
    fn asleep(&self) -> Option<String> {
        let lost = |sleeper: &&Sleeper| !self.was_slow(&sleeper.reader);
        let Sleeper { reader, .. } = self.seen.sleepers.iter().find(lost)?;
        let then = match self.pipe(reader) {
            None => "asleep for ever".to_owned(),
            Some(Transfer { failed: None, .. }) => format!("{} s late", self.tens(self.inactivity())),
            Some(Transfer { failed: Some(reason), .. }) if reason.starts_with("pipe stalled") => {
                format!("given up after {} s", self.tens(reader.silence()))
            }
            Some(Transfer { failed: Some(reason), .. }) => reason.clone(),
        };
        Some(format!("lost-wakeup: {then}"))
    }

    /// It was looked at between a wake and its effect, which can be far apart on a real machine: it never needed a
    /// time-out.
    fn was_slow(&self, reader: &Reader) -> bool {
        let is_complete = self.pipe(reader).is_some_and(|pipe| pipe.failed.is_none());
        is_complete && reader.silence_max() < self.inactivity()
    }

    /// A fork of what is cancelled fails at once.
    fn resurrected(&self, reader: &Reader) -> Option<String> {
        if !reader.is_of_cancelled() {
            return None;
        }
        let bytes = reader.bytes();
        match self.pipe(reader) {
            None => Some(format!("resurrected: still waiting after {bytes} bytes")),
            Some(pipe) if pipe.failed.is_some() && pipe.bytes == 0 && pipe.took < self.slack() => None,
            Some(pipe) => Some(format!("resurrected: {bytes} bytes in {} s", self.tens(pipe.took))),
        }
    }

    /// When all fragments have come, the pipe completes.
    fn incomplete(&self, reader: &Reader) -> Option<String> {
        if reader.is_of_cancelled() || !reader.buffer().is_complete() {
            return None;
        }
        match self.pipe(reader) {
            None => Some("incomplete: the pipe waits though everything has come".to_owned()),
            Some(Transfer { failed: None, .. }) => None,
            Some(Transfer { failed: Some(reason), .. }) => Some(format!("incomplete: {}", stable(reason))),
        }
    }

    /// No pipe lives on for longer than its patience without getting on.
    fn stuck(&self, reader: &Reader) -> Option<String> {
        if reader.silence() < self.inactivity() + self.slack() {
            return None;
        }
        let then = match self.pipe(reader) {
            None => "still waiting".to_owned(),
            Some(Transfer { failed, .. }) => {
                let reason = failed.as_deref().map_or("completed", stable);
                format!("{reason} after {} s", self.tens(reader.silence()))
            }
        };
        let sent = format!("{}: {then}, {} bytes", reader.node(), reader.bytes());
        let client = self.seen.transfers.iter().find(|transfer| transfer.kind == Kind::Put);
        Some(match client.and_then(|client| Some((client, client.failed.as_deref()?))) {
            None => format!("stuck: {sent}"),
            Some((client, reason)) => {
                format!("stuck: {sent}; client: {reason} after {} s", self.tens(client.took))
            }
        })
    }

    /// An assembly whose object is there does not wait for a time-out.
    fn late(&self, transfer: &Transfer) -> Option<String> {
        let is_late = transfer.took + self.slack() > self.inactivity();
        let is_assembly = transfer.kind == Kind::Assembly && transfer.failed.is_none();
        (is_late && is_assembly).then(|| format!("assembly-late: {} s", self.tens(self.inactivity())))
    }

    fn pipe(&self, reader: &Reader) -> Option<&Transfer> {
        self.seen.transfer(reader.node(), Kind::Pipe)
    }

    fn inactivity(&self) -> Duration {
        self.pace.inactivity()
    }

    fn slack(&self) -> Duration {
        self.pace.seconds(SLACK_S)
    }

    /// Seconds in steps of ten, as the time-outs of the program are: what scheduling adds does not show.
    fn tens(&self, time: Duration) -> u64 {
        (self.pace.in_seconds(time) + 5) / 10 * 10
    }

    fn detail(&self) -> String {
        let mut lines = Vec::new();
        for Sleeper { reader, number } in &self.seen.sleepers {
            lines.push(format!("{} slept though fragment {number} had come", reader.node()));
        }
        for reader in &self.seen.readers {
            let state = if reader.has_ended() { "ended" } else { "lives" };
            lines.push(format!(
                "{}: the pipe {state}, sent {} bytes, silent for {:?}, kept {} wakers at most",
                reader.node(),
                reader.bytes(),
                reader.silence(),
                reader.retained_max(),
            ));
        }
        for Transfer { node, kind, failed, bytes, took } in &self.seen.transfers {
            let end = failed.as_deref().unwrap_or("completed");
            lines.push(format!("{node}: {kind:?} of {bytes} bytes ended after {took:?}: {end}"));
        }
        lines.join("\n")
    }
}

/// A reason without the numbers that depend on the moment.
fn stable(reason: &str) -> &str {
    let reason = reason.strip_prefix("inbound stream error: ").unwrap_or(reason);
    reason.split_once(" (").map_or(reason, |(stable, _)| stable)
}
