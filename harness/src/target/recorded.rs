//! The run of a target that has only its seed, as reports draw it.
//!
//! Does not draw, and makes no run. Invariant: what was said on the outputs and by whom a panic was told is all there is of what happened;
//! nothing is made up between.

use photofinish_reports::record as disk;
use photofinish_sim::event::{Event, Stamp};

use super::Asking;
use crate::examine::Examined;
use crate::verdict::Verdict;

/// A run, how it was asked for, what it is about, and what to type to see it again.
#[must_use]
pub fn record(asking: &Asking<'_>, examined: &Examined, about: &str, replay: &str) -> disk::Record {
    let Examined { run, judgement, .. } = examined;
    let people = disk::people(asking.program, &run.events);
    let configuration = (!asking.config.is_empty()).then(|| {
        let lines: Vec<&str> = asking.config.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        format!("configuration: {}", lines.join(" "))
    });
    // First: the detail of some is long, and then its end is left out.
    let detail = configuration.into_iter().chain(judgement.detail.lines().map(str::to_owned)).collect();
    disk::Record {
        schema: disk::SCHEMA,
        headline: disk::Headline {
            program: asking.program.to_owned(),
            about: (!about.is_empty()).then(|| about.to_owned()),
            seed: Some(asking.seed.0),
            strategy: String::from(STRATEGY),
            verdict: verdict(judgement.verdict),
            signature: judgement.signature.clone(),
            ending: run.ending.word().to_owned(),
            detail,
        },
        figures: disk::Figures {
            virtual_ns: run.figures.virtual_ns,
            events_hash: run.figures.events_hash,
            ..disk::Figures::default()
        },
        commands: disk::Commands { replay: replay.to_owned(), debug: None, token: None },
        hosts: people.hosts,
        processes: people.processes,
        threads: people.threads,
        steps: run.events.iter().map(|(stamp, event)| step(*stamp, event)).collect(),
        ..disk::Record::default()
    }
}

/// What stands where the strategy of a run would: nobody but the target decides.
pub const STRATEGY: &str = disk::BY_SEED;

fn step(stamp: Stamp, event: &Event) -> disk::Step {
    let (at_ns, thread) = (stamp.at_ns, stamp.thread.0);
    disk::Step { step: stamp.step, at_ns, thread, what: disk::what(event), stack: None }
}

fn verdict(verdict: Verdict) -> disk::Verdict {
    match verdict {
        Verdict::Pass => disk::Verdict::Pass,
        Verdict::Fail => disk::Verdict::Fail,
        Verdict::Inconclusive => disk::Verdict::Inconclusive,
        Verdict::Diverged => disk::Verdict::Diverged,
        Verdict::Bug => disk::Verdict::Bug,
    }
}
