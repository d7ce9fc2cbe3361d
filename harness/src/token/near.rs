//! A failure that does not show where a token's decisions are named, looked for next to there.
//!
//! An edit that has a thread come to a place once more or once less moves every later visit to it, and a name says which visit it was.
//! Does not know how names are found. Invariant: what it gives shows the token's failure, or is the run that it was given; it makes no
//! more than [`RUNS_MAX`] runs.

use super::names::Looked;
use super::resolve::{Fate, Resolved, Search, placed};
use super::{Token, hash};
use crate::client::{Client, ClientError, Request, Run};
use crate::verdict;

/// Visits by which one decision at a time is moved, nearest first.
const DISTANCES: [i32; 6] = [-1, 1, -2, 2, -3, 3];

/// Runs at most, those that look at stacks included.
const RUNS_MAX: usize = 64;

/// Tokens with more decisions are left as they are: each trial takes a run for every decision that follows.
pub(super) const DECISIONS_MAX: usize = 16;

/// A decision that is taken next to where it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Near {
    /// Its number among the token's decisions, from 0.
    pub decision: usize,
    /// How many visits of its thread to its place later it is taken; earlier, if negative.
    pub distance: i32,
}

/// Where the decisions were found by their names, and the runs in which each was looked for.
pub(super) struct Named {
    pub(super) fates: Vec<Fate>,
    pub(super) looks: Vec<Looked>,
    pub(super) points: u64,
}

/// The run of a token as it is named, if that fails as it should or nothing near does; else the first that is near and does.
pub(super) fn search(
    client: &mut Client,
    token: &Token,
    (named, resolved): (&Named, Resolved),
) -> Result<Resolved, ClientError> {
    if named.looks.len() != token.decisions.len() {
        return Ok(resolved);
    }
    let mut trials = Trials { client, token, named, runs: 0 };
    if trials.shows(&resolved.request, &resolved.run)? {
        return Ok(resolved);
    }
    for distance in DISTANCES {
        // The last ones take the fewest runs.
        for decision in (0..token.decisions.len()).rev() {
            let near = Near { decision, distance };
            if let Some(found) = trials.at(near)? {
                return Ok(Resolved { near: Some(near), ..found });
            }
        }
    }
    Ok(resolved)
}

struct Trials<'a> {
    client: &'a mut Client,
    token: &'a Token,
    named: &'a Named,
    runs: usize,
}

impl Trials<'_> {
    /// The run that takes one decision elsewhere, and those behind it where they are then found, if it fails as it should.
    fn at(&mut self, Near { decision, distance }: Near) -> Result<Option<Resolved>, ClientError> {
        let Self { token, named, .. } = *self;
        let mut moved = token.clone();
        let Some(nth) = moved.decisions[decision].nth.checked_add_signed(distance) else { return Ok(None) };
        moved.decisions[decision].nth = nth;
        // Before its first point a thread is once. A place that is not there has no neighbours.
        if moved.decisions[decision].place == 0
            || placed(&moved, &moved.decisions[decision], &named.looks[decision]).is_err()
        {
            return Ok(None);
        }
        // One to look for each that follows, the run itself, and perhaps the same with its events.
        if self.runs + (token.decisions.len() - decision) + 1 > RUNS_MAX {
            return Ok(None);
        }
        let mut search = Search::new(self.client, &moved, named.points);
        search.fates.extend_from_slice(&named.fates[..decision]);
        search.place(&named.looks[decision]);
        while search.fates.len() < token.decisions.len() {
            let looked = search.look()?;
            self.runs += 1;
            search.place(&looked);
        }
        let found = search.finish()?;
        self.runs += 1;
        Ok(self.shows(&found.request, &found.run)?.then_some(found))
    }

    fn shows(&mut self, request: &Request, run: &Run) -> Result<bool, ClientError> {
        let judged = if verdict::needs_events(&run.ending) {
            self.runs += 1;
            let told = self.client.run(&Request { events: true, ..request.clone() })?;
            verdict::judge(&told, self.client.symbols())
        } else {
            verdict::judge(run, self.client.symbols())
        };
        Ok(judged.signature.is_some_and(|signature| hash(&signature) == self.token.signature))
    }
}
