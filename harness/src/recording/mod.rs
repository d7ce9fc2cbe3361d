//! A run as a record: everything that a report draws of it, with places in the source instead of addresses.
//!
//! Does not draw. The run is made again, with where its threads were at each event: a rerun is free detail.
//!
//! Invariant: what is recorded is the run that was asked for, event by event, or there is an error.

mod nearest;
mod places;

use std::collections::BTreeMap;

use photofinish_reports::record as disk;
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::plan::Plan;
use photofinish_sim::thread::ThreadId;

use crate::client::{Client, ClientError, Replay, Request, Run, StackOf, Watch};
use crate::decided;
use crate::shrinking::{Explained, Explanation, Minimal, words};
use crate::story::what_it_is;
use crate::verdict::{Judgement, Verdict};
use nearest::nearest;
use places::Places;

/// So many events of a run are recorded, the last ones: with more, nobody sees anything.
pub const EVENTS_MAX: usize = 100_000;

/// So many decisions of a run are recorded, the first ones: nobody reads of more, and `shrink` finds those that matter.
pub const DECISIONS_MAX: usize = 10_000;

/// Why a run could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A client could not make it again.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Made again, it was another.
    #[error(
        "{program} does not repeat: its events were {expected:016x} and are {found:016x} when the run is made again for a report\n\
         next: `{replay}`, which makes it twice and tells where it differs"
    )]
    NotAgain {
        /// What ran.
        program: String,
        /// The hash of its events.
        expected: u64,
        /// Their hash when it was made again.
        found: u64,
        /// What to type to see it again.
        replay: String,
    },
    /// With its events and stacks it is too much.
    #[error(
        "the run of {program} cannot be recorded: with its events and stacks it leaves more than there is room for, or takes longer than it may\n\
         next: `cargo xtask shrink` with the same seed, for a smaller run of the same failure"
    )]
    Beginning {
        /// What ran.
        program: String,
    },
}

/// A run that is to be recorded, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// How it was asked for.
    pub request: &'a Request,
    /// What it left behind.
    pub run: &'a Run,
    /// What it means.
    pub judgement: &'a Judgement,
    /// What its program is about.
    pub about: Option<&'a str>,
    /// Whether its seed says which run it is.
    pub by_seed: BySeed,
    /// What to type to see it again.
    pub replay: &'a str,
    /// What to type to stop in it with a debugger.
    pub debug: Option<&'a str>,
    /// What was found out when it was made small, if it was.
    pub small: Option<Found<'a>>,
}

/// Whether a run's seed is worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BySeed {
    /// It was drawn from its seed.
    Yes,
    /// It was replayed, or made small.
    No,
}

/// What is known of a run that was made small, or comes of a token.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Its decisions.
    pub plan: &'a Plan,
    /// Its token.
    pub token: Option<&'a str>,
    /// Whether each decision is needed, if that was looked at.
    pub minimal: Option<Minimal>,
    /// What each does, if that was looked at.
    pub explanation: Option<&'a Explanation>,
}

/// Records a run.
///
/// # Errors
/// The run cannot be made again, or is another then.
pub fn record(client: &mut Client, subject: &Subject<'_>) -> Result<disk::Record, RecordError> {
    let Subject { request, run, judgement, .. } = *subject;
    let looked = look(client, request, Replay::Strict(run.trace.clone()))?;
    let program = request.program.clone();
    if run.truncated || looked.truncated || (ends_by_itself(run) && !ends_by_itself(&looked)) {
        return Err(RecordError::Beginning { program });
    }
    // A run that escaped, or was lost, is over when real time says so.
    let (expected, found) = (run.figures.events_hash, looked.figures.events_hash);
    if ends_by_itself(run) && expected != found {
        return Err(RecordError::NotAgain { program, expected, found, replay: subject.replay.to_owned() });
    }
    let plan = subject.small.map_or_else(|| run.trace.plan(), |small| small.plan.clone());
    let explanation = subject.small.and_then(|small| small.explanation);
    let passing = match judgement.verdict {
        Verdict::Fail => nearest(client, request, (&plan, explanation), judgement)?,
        _ => None,
    };
    let mut places = Places::new(client.symbols());
    let people = disk::people(&request.program, &looked.events);
    let steps = places.steps(&looked);
    let decisions = decisions(&looked, &plan, explanation, &people.threads, &mut places);
    let passing = passing.map(|near| disk::Passing {
        how: near.how,
        ending: near.run.ending.word().to_owned(),
        signature: near.signature,
        figures: figures(&near.run),
        threads: disk::people(&request.program, &near.run.events).threads,
        steps: places.steps(&near.run),
        left_out: left_out(&near.run),
    });
    let ends = looked.stacks.iter().filter_map(|stack| {
        let what = what_it_is(stack.of)?;
        Some(disk::End {
            thread: stack.thread.0,
            what: what.to_owned(),
            stack: places.stack(&stack.addresses),
        })
    });
    let ends = ends.collect();
    let (stacks, frames, sources) = places.taken();
    Ok(disk::Record {
        schema: disk::SCHEMA,
        headline: headline(subject),
        figures: figures(&looked),
        commands: disk::Commands {
            replay: subject.replay.to_owned(),
            debug: subject.debug.map(str::to_owned),
            token: subject.small.and_then(|small| small.token).map(str::to_owned),
        },
        decisions,
        minimal: subject.small.and_then(|small| small.minimal).map(|minimal| words(minimal).to_owned()),
        hosts: people.hosts,
        processes: people.processes,
        threads: people.threads,
        steps,
        left_out: left_out(&looked),
        stacks,
        frames,
        sources,
        ends,
        passing,
    })
}

/// Whether the program, and not the real clock or the outside, brought about how a run ended.
fn ends_by_itself(run: &Run) -> bool {
    !matches!(run.ending, Ending::Escaped { .. } | Ending::Lost { .. } | Ending::Bug { .. })
}

/// Makes a run with its events, and where the threads were at each.
fn look(client: &mut Client, request: &Request, replay: Replay) -> Result<Run, ClientError> {
    let watch = Some(Watch { stacks: (0, u64::MAX), ..Watch::default() });
    client.run(&Request { replay: Some(replay), events: true, watch, ..request.clone() })
}

fn headline(subject: &Subject<'_>) -> disk::Headline {
    let Subject { request, run, judgement, about, .. } = *subject;
    disk::Headline {
        program: request.program.clone(),
        about: about.map(str::to_owned),
        seed: (subject.by_seed == BySeed::Yes).then_some(request.seed.0),
        strategy: request.strategy.to_string(),
        verdict: match judgement.verdict {
            Verdict::Pass => disk::Verdict::Pass,
            Verdict::Fail => disk::Verdict::Fail,
            Verdict::Inconclusive => disk::Verdict::Inconclusive,
            Verdict::Diverged => disk::Verdict::Diverged,
            Verdict::Bug => disk::Verdict::Bug,
        },
        signature: judgement.signature.clone(),
        ending: run.ending.word().to_owned(),
        detail: judgement.detail.lines().map(str::to_owned).collect(),
    }
}

fn figures(run: &Run) -> disk::Figures {
    let figures = &run.figures;
    disk::Figures {
        points: figures.points,
        switches: figures.switches,
        virtual_ns: figures.virtual_ns,
        stalled_ns: figures.stalled_ns,
        events_hash: figures.events_hash,
    }
}

fn left_out(run: &Run) -> u64 {
    run.events.len().saturating_sub(EVENTS_MAX) as u64
}

/// The decisions of a plan that a run took, in its order.
fn decisions(
    run: &Run,
    plan: &Plan,
    explanation: Option<&Explanation>,
    threads: &[disk::Thread],
    places: &mut Places<'_>,
) -> Vec<disk::Decision> {
    let name = |thread: ThreadId| {
        let named = threads.get(thread.index()).and_then(|thread| thread.name.clone());
        named.unwrap_or_else(|| decided::by_number(thread))
    };
    let taken = run.trace.plan().decisions;
    let places_taken = taken.iter().enumerate().map(|(at, taken)| (taken.place(), at));
    let places_taken: BTreeMap<_, usize> = places_taken.collect();
    let stacks = run.stacks.iter().filter_map(|stack| match stack.of {
        StackOf::Pick(number) => Some((number, stack)),
        _ => None,
    });
    let stacks: BTreeMap<u64, _> = stacks.collect();
    let mut decisions = Vec::new();
    for (number, decision) in plan.decisions.iter().enumerate().take(DECISIONS_MAX) {
        let Some(at) = places_taken.get(&decision.place()).copied() else { continue };
        let pick = &run.trace.picks[at];
        let stack = stacks.get(&(at as u64));
        let explained = explanation.and_then(|explanation| explanation.decisions.get(number));
        decisions.push(disk::Decision {
            step: pick.step,
            at_ns: moment(&run.events, pick.step),
            thread: pick.thread.0,
            what: decided::words(run, pick, Some(&decision.answer), &name),
            stack: stack.map(|stack| places.stack(&stack.addresses)),
            undone: explained.map(|Explained { undone, .. }| match undone {
                None => disk::Undone::Passes,
                Some(signature) if explanation.is_some_and(|whole| whole.signature == *signature) => {
                    disk::Undone::FailsAlike
                }
                Some(signature) => disk::Undone::FailsWith(signature.clone()),
            }),
            pair: explained.and_then(|explained| explained.pair.as_ref()).map(|pair| disk::Pair {
                first: places.operation(&pair.first),
                second: places.operation(&pair.second),
            }),
        });
    }
    decisions
}

/// When a run had passed so many points.
fn moment(events: &[(Stamp, Event)], step: u64) -> u64 {
    let after = events.partition_point(|(stamp, _)| stamp.step <= step);
    after.checked_sub(1).map_or(0, |last| events[last].0.at_ns)
}
