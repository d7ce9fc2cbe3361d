//! From a run to its token.
//!
//! Does not judge the run. Invariant: a token is made only of a run that came out the same when it was made again with its stacks.

use std::collections::BTreeSet;

use photofinish_sim::plan::{self, Decision, Place, Plan};
use photofinish_sim::thread::Pedigree;
use photofinish_sim::trace::Trace;

use super::names::{Looked, UNKNOWN, look};
use super::{Answer, Child, MakeError, Named, Options, Token, Whose, build_of, hash};
use crate::client::{Client, Replay, Request, Run};
use crate::tracefile::build_id;

/// Names are given to the points of a run up to this step: each costs a walk of a stack.
pub(super) const STEPS_MAX: u64 = 1 << 20;

/// Points beyond the last decision that show what sort its thread is of.
pub(super) const BEYOND: u64 = 2_000;

/// The token of a run that was made for a request, took the decisions of a plan, and failed with a signature. The run is made once
/// more.
///
/// # Errors
/// It cannot be made again, comes out differently, or is beyond what tokens hold.
pub fn make(
    client: &mut Client,
    (request, plan, run): (&Request, &Plan, &Run),
    signature: &str,
) -> Result<Token, MakeError> {
    let step = last_step(plan, &run.trace);
    if step > STEPS_MAX {
        return Err(MakeError::TooFar { step, most: STEPS_MAX });
    }
    let build = build_id(client.path())
        .map_err(|source| MakeError::Executable { path: client.path().to_owned(), source })?;
    let again = Request { replay: Some(Replay::Strict(run.trace.clone())), ..request.clone() };
    let looked = look(client, &again, step + BEYOND)?;
    if looked.run.figures.events_hash != run.figures.events_hash {
        return Err(MakeError::Other { ending: looked.run.ending });
    }
    let (threads, decisions) = names(&looked, plan);
    let token = Token {
        program: request.program.clone(),
        options: Options::of(request),
        build: build_of(&build),
        signature: hash(signature),
        events_hash: half(run.figures.events_hash),
        threads,
        decisions,
    };
    Ok(token)
}

/// What the decisions of a plan are called in the run that took them, and the threads that they speak of.
pub(super) fn names(looked: &Looked, plan: &Plan) -> (Vec<Child>, Vec<Named>) {
    let mut naming = Naming { looked, threads: Vec::new(), known: Vec::new() };
    let decisions = plan.decisions.iter().map(|decision| naming.decision(decision)).collect();
    (naming.threads, decisions)
}

/// The step at which a run took the last decision of a plan.
pub(super) fn last_step(plan: &Plan, trace: &Trace) -> u64 {
    let places: BTreeSet<Place<'_>> = plan.decisions.iter().map(Decision::place).collect();
    let taken = trace.plan().decisions;
    let last = taken.iter().zip(&trace.picks).rfind(|(taken, _)| places.contains(&taken.place()));
    last.map_or(0, |(_, pick)| pick.step)
}

/// What a token keeps of a hash of events.
pub(super) fn half(events_hash: u64) -> u32 {
    (events_hash & u64::from(u32::MAX)) as u32
}

impl Options {
    pub(super) fn of(request: &Request) -> Self {
        let Request { cores, os, heap, oracles, preempt, limits, .. } = *request;
        Self { cores, os, heap, oracles, preempt, limits }
    }
}

/// Gives names, and numbers to the threads in them.
struct Naming<'a> {
    looked: &'a Looked,
    threads: Vec<Child>,
    /// The pedigrees of `threads`.
    known: Vec<Pedigree>,
}

impl Naming<'_> {
    fn decision(&mut self, decision: &Decision) -> Named {
        let Decision { thread, points, kind, nth: question, answer } = decision;
        // What has no stack is found by its points alone.
        let place = self.looked.thread(thread).and_then(|thread| self.looked.place_at(thread, *points));
        let (place, nth) = place.unwrap_or((0, 0));
        let answer = match answer {
            plan::Answer::Thread(thread) => Answer::Thread(self.whose(thread)),
            plan::Answer::Clock => Answer::Clock,
            plan::Answer::Hold => Answer::Hold,
            plan::Answer::Pick(pick) => Answer::Pick(*pick),
        };
        Named {
            thread: self.whose(thread),
            place,
            nth,
            points: *points,
            kind: *kind,
            question: *question,
            answer,
        }
    }

    fn whose(&mut self, pedigree: &Pedigree) -> Whose {
        let number = |index: usize| Whose(u32::try_from(index + 1).expect("there are far fewer threads"));
        let Some((ordinal, parent)) = pedigree.0.split_last() else { return Whose::MAIN };
        if let Some(index) = self.known.iter().position(|known| known == pedigree) {
            return number(index);
        }
        let parent = Pedigree(parent.to_vec());
        let whose_parent = self.whose(&parent);
        let (sort, nth) = self.sort(pedigree, &parent).unwrap_or((UNKNOWN, *ordinal));
        self.threads.push(Child { parent: whose_parent, ordinal: *ordinal, sort, nth });
        self.known.push(pedigree.clone());
        number(self.known.len() - 1)
    }

    /// A thread's sort, and its number among its siblings of that sort.
    fn sort(&self, pedigree: &Pedigree, parent: &Pedigree) -> Option<(u8, u32)> {
        let thread = self.looked.thread(pedigree)?;
        let sort = self.looked.sort(thread);
        let siblings = self.looked.children(parent);
        let alike = siblings.iter().filter(|sibling| self.looked.sort(**sibling) == sort);
        let nth = alike.take_while(|sibling| **sibling != thread).count();
        (sort != UNKNOWN).then_some((sort, u32::try_from(nth).ok()?))
    }
}
