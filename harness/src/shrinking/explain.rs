//! Why the decisions that are left matter: found by making runs, as everything else is.
//!
//! Of a thread that was stopped, two operations are the *critical pair*: the last one that the others must have done before it goes on,
//! and the first one that it must not have done before it stops. Both are found by moving an end of the interval until the failure is
//! lost; so each pair has been seen in both orders. Does not print. Invariant: a pair is named only if the run with one order fails as
//! was asked, and the run with the other does not.

use std::collections::BTreeMap;
use std::time::Instant;

use photofinish_sim::choice::Kind;
use photofinish_sim::event::Event;
use photofinish_sim::plan::{Answer, Decision, Plan};
use photofinish_sim::thread::{Pedigree, ThreadId};
use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientError, Replay, Request, Run, StackOf};
use crate::decided::meant;
use crate::signature;
use crate::symbols::{Author, Inner, Place, Symbols};
use crate::verdict;

/// What was found out about each decision of a small run, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// By decision.
    pub decisions: Vec<Explained>,
    /// Runs that it took.
    pub runs: u64,
    /// The signature that is explained.
    #[serde(default)]
    pub signature: String,
}

/// What one decision does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The thread that was stopped, or ran last.
    pub thread: String,
    /// What happens if this decision alone is boring: the signature of that run, none if it passes. That of the whole if the decision is not
    /// needed, as can be when the time was over.
    pub undone: Option<String>,
    /// The two operations whose order decides, if there are two.
    pub pair: Option<Pair>,
    /// Of what the program let the search choose: what it says that it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meant: Option<String>,
}

/// Two operations that fail in this order, and do not in the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// What came first.
    pub first: Operation,
    /// What came second, and should not have.
    pub second: Operation,
}

/// Something that a thread did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The thread, by its name if it has one.
    pub thread: String,
    /// The thread's number.
    pub number: u32,
    /// The program's function, without type arguments.
    pub function: String,
    /// File and line.
    pub line: String,
    /// Where it was called from, innermost first: function and line.
    pub stack: Vec<(String, String)>,
}

/// Points of a thread by which a preemption is moved at most.
const POINTS_MAX: u64 = 1 << 20;

/// Frames of the program that are kept of each operation.
const FRAMES_MAX: usize = 8;

/// How far an explanation goes. The first decision is always looked at, if only at what happens without it.
#[derive(Clone, Copy)]
pub(super) struct Most {
    /// Decisions.
    pub(super) decisions: usize,
    /// No run is begun after this but the one without the first decision.
    pub(super) until: Instant,
}

/// Explains a small run, whose events were kept, and the plan that gives it.
///
/// # Errors
/// A client could not make a run.
pub(super) fn explain(
    client: &mut Client,
    (request, plan, run): (&Request, &Plan, &Run),
    signature: &str,
    most: Most,
) -> Result<Explanation, ClientError> {
    let Most { decisions: count, until } = most;
    let mut experiment = Experiment { client, request, signature, plan: plan.clone(), until, runs: 0 };
    let mut decisions = Vec::new();
    for at in 0..experiment.plan.decisions.len().min(count) {
        if at > 0 && experiment.time_is_over() {
            break;
        }
        decisions.push(experiment.explain(run, at)?);
    }
    Ok(Explanation { decisions, runs: experiment.runs, signature: signature.to_owned() })
}

struct Experiment<'a> {
    client: &'a mut Client,
    request: &'a Request,
    signature: &'a str,
    plan: Plan,
    until: Instant,
    runs: u64,
}

impl Experiment<'_> {
    fn time_is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    fn explain(&mut self, run: &Run, at: usize) -> Result<Explained, ClientError> {
        let mut undone = self.plan.clone();
        let decision = undone.decisions.remove(at);
        let undone = self.follow(undone)?;
        let undone = verdict::judge(&undone, self.client.symbols()).signature;
        let pick = number_of(run, &decision).map(|number| &run.trace.picks[number]);
        let thread = pick.map(|pick| name_of(run, pick.thread)).unwrap_or_default();
        let meant = pick.and_then(|pick| meant(run, pick)).map(str::to_owned);
        let is_needed = undone.as_deref() != Some(self.signature);
        let pair = if decision.kind == Kind::Preempt && is_needed { self.pair(at)? } else { None };
        Ok(Explained { thread, undone, pair, meant })
    }

    /// The critical pair of a thread that is stopped at a point.
    fn pair(&mut self, at: usize) -> Result<Option<Pair>, ClientError> {
        // As late as can be: one point later the thread has done what it must not have done.
        let from = self.plan.decisions[at].points;
        let whole = self.plan.clone();
        let later = |by: u64| {
            let mut plan = whole.clone();
            plan.decisions[at].points = from + by;
            plan
        };
        let Some((last, stopped)) = self.last_that_fails(&later)? else { return Ok(None) };
        let second = operation(&stopped, &last.decisions[at], self.client.symbols());
        // As early as can be: one point earlier the others have not done yet what they must have done.
        let meanwhile = Meanwhile::of(&stopped, &last.decisions[at]);
        let (mut early, mut late) = (0, meanwhile.points());
        let mut seen = None;
        while early < late {
            let middle = early.midpoint(late);
            let Some((runs, points)) = meanwhile.nth(middle) else { break };
            if self.time_is_over() {
                return Ok(None);
            }
            let answer = Answer::Thread(last.decisions[at].thread.clone());
            let back = Decision { thread: runs, points, kind: Kind::Preempt, nth: 0, answer };
            let mut plan = last.clone();
            plan.decisions.insert(at + 1, back.clone());
            let resumed = self.follow(plan)?;
            if self.fails(&resumed) {
                late = middle;
            } else {
                early = middle + 1;
                seen = Some((resumed, back));
            }
        }
        // The last that did not fail was stopped right before the operation that must have been done.
        let first = seen.and_then(|(resumed, back)| operation(&resumed, &back, self.client.symbols()));
        Ok(first.zip(second).map(|(first, second)| Pair { first, second }))
    }

    /// Of the plans for 0, 1, 2, … the last that fails before one that does not, with its run. None if the first does not fail either.
    fn last_that_fails(&mut self, plan: &dyn Fn(u64) -> Plan) -> Result<Option<(Plan, Run)>, ClientError> {
        let mut fails = None;
        let (mut from, mut to) = (0, POINTS_MAX);
        let mut by = 0;
        while from < to {
            if self.time_is_over() {
                return Ok(None);
            }
            let run = self.follow(plan(by))?;
            if self.fails(&run) {
                fails = Some((plan(by), run));
                from = by + 1;
            } else {
                to = by;
            }
            // First in doubling steps: the end is near, as a rule.
            by = if to == POINTS_MAX { (2 * by + 1).min(to - 1) } else { from.midpoint(to) };
        }
        Ok(fails)
    }

    fn follow(&mut self, plan: Plan) -> Result<Run, ClientError> {
        self.runs += 1;
        let replay = Some(Replay::Lenient(plan));
        self.client.run(&Request { replay, events: true, ..self.request.clone() })
    }

    fn fails(&self, run: &Run) -> bool {
        verdict::shows(run, self.client.symbols(), self.signature)
    }
}

/// What the other threads passed while one was stopped.
struct Meanwhile {
    /// Whose turn it was, its points before it, and how many it passed in it.
    turns: Vec<(Pedigree, u64, u64)>,
}

impl Meanwhile {
    /// From a decision of a run, whose events were kept, until its thread runs again.
    fn of(run: &Run, decision: &Decision) -> Self {
        let mut turns = Vec::new();
        let Some(pick) = number_of(run, decision).map(|number| &run.trace.picks[number]) else {
            return Self { turns };
        };
        let pedigrees = run.trace.family.pedigrees();
        let mut passed: BTreeMap<ThreadId, u64> = BTreeMap::new();
        let (mut runs, mut since) = (ThreadId::MAIN, 0);
        let mut is_stopped = false;
        for (stamp, event) in &run.events {
            let Event::Switched { to, .. } = event else { continue };
            let (points, turn) = (passed.entry(runs).or_default(), stamp.step - since);
            if is_stopped && let Some(pedigree) = pedigrees.of(runs) {
                turns.push((pedigree.clone(), *points, turn));
            }
            *points += turn;
            if is_stopped && *to == pick.thread {
                break;
            }
            is_stopped |= runs == pick.thread && stamp.step >= pick.step;
            (runs, since) = (*to, stamp.step);
        }
        Self { turns }
    }

    fn points(&self) -> u64 {
        self.turns.iter().map(|(.., turn)| turn).sum()
    }

    /// The thread, and how many points it has passed at the one of this number.
    fn nth(&self, number: u64) -> Option<(Pedigree, u64)> {
        let mut before = 0;
        for (thread, points, turn) in &self.turns {
            if number < before + turn {
                return Some((thread.clone(), points + 1 + number - before));
            }
            before += turn;
        }
        None
    }
}

/// The number of the pick that a run made at the place of a decision.
fn number_of(run: &Run, decision: &Decision) -> Option<usize> {
    run.trace.plan().decisions.iter().position(|taken| taken.place() == decision.place())
}

/// What the thread of a decision was about to do.
fn operation(run: &Run, decision: &Decision, symbols: &Symbols) -> Option<Operation> {
    let number = number_of(run, decision)?;
    let stack = run.stacks.iter().find(|stack| stack.of == StackOf::Pick(number as u64))?;
    let places = stack.addresses.iter().flat_map(|address| symbols.places(*address));
    let places: Vec<Place> = places.filter(|place| place.inner == Inner::Program).collect();
    let place = places.iter().find(|place| place.of == Author::Own).or(places.first())?;
    Some(Operation {
        thread: name_of(run, stack.thread),
        number: stack.thread.0,
        function: signature::plain(&place.function),
        line: place.line.clone(),
        stack: places
            .iter()
            .take(FRAMES_MAX)
            .map(|place| (signature::plain(&place.function), place.line.clone()))
            .collect(),
    })
}

/// A thread as people know it: by the name that it gave itself last, or its number.
fn name_of(run: &Run, thread: ThreadId) -> String {
    let name = run.events.iter().rev().find_map(|(stamp, event)| match event {
        Event::Named { name } if stamp.thread == thread => Some(name.clone()),
        _ => None,
    });
    name.unwrap_or_else(|| format!("thread {}", thread.0))
}
