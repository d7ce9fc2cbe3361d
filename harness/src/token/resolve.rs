//! From a token to its run, in the build that made it or in another.
//!
//! Does not judge the run. Invariant: in the build that made the token the run has the events that it had there, or there is an error; in
//! another build each decision is accounted for.

use core::fmt;

use photofinish_sim::plan::{self, Decision, Plan};
use photofinish_sim::seed::Seed;
use photofinish_sim::thread::{Pedigree, ThreadId};

use super::make::{STEPS_MAX, half};
use super::names::{Looked, UNKNOWN, look};
use super::near::{self, Near};
use super::{Answer, Named, Options, ResolveError, Token, Whose, build_of};
use crate::client::{Client, ClientError, Replay, Request, Run};
use crate::tracefile::build_id;

/// The run of a token.
#[derive(Debug)]
pub struct Resolved {
    /// Asks for it, decision by decision, strictly.
    pub request: Request,
    /// What it left behind, without its events.
    pub run: Run,
    /// What became of each decision, in their order.
    pub fates: Vec<Fate>,
    /// Whether this build made the token.
    pub build: Same,
    /// If the failure does not show where the decisions are named, and does next to there: where.
    pub near: Option<Near>,
}

impl Resolved {
    /// The decisions that are there, which, followed leniently, give the run.
    #[must_use]
    pub fn plan(&self) -> Plan {
        Plan { decisions: found(&self.fates) }
    }

    /// What is to be told of it: in another build, what became of each decision.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        if self.build == Same::Build {
            return Vec::new();
        }
        let mut told = vec![String::from("made with another build; its decisions were looked for by name")];
        told.extend(self.fates.iter().map(|fate| format!("  {fate}")));
        if let Some(Near { decision, distance }) = self.near {
            let (number, visits) = (decision + 1, distance.unsigned_abs());
            let when = if distance < 0 { "earlier" } else { "later" };
            told.push(format!(
                "  the failure did not show where they are named; it does with number {number} moved by {visits}, to where its thread is \
                 there {when}"
            ));
        }
        told
    }
}

/// Whether a build made a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Same {
    /// It did.
    Build,
    /// Another did.
    OtherBuild,
}

/// What became of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is where it was.
    AsItWas(Found),
    /// It is elsewhere.
    Moved {
        /// Where it was: the thread in the build that made the token, and the points it had passed.
        from: (Pedigree, u64),
        /// Where it is.
        to: Found,
    },
    /// It is not there.
    Gone(Gone),
}

/// Where a decision is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As the run has it.
    pub decision: Decision,
    /// The innermost function of the program there, if that was looked for and there is one.
    pub function: Option<String>,
}

/// Why a decision is not there, and what is closest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The thread in the build that made the token.
    pub thread: Pedigree,
    /// The points it had passed there.
    pub points: u64,
    /// Why.
    pub why: Why,
}

/// Why a decision is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is no such thread.
    NoThread,
    /// The thread never comes there. It passes so many points.
    NoPlace {
        /// In all that were looked at.
        points: u64,
    },
    /// It comes there less often; the last time when it has passed so many points.
    Rarer {
        /// How often it comes there.
        times: u32,
        /// The points it has passed then.
        last: u64,
    },
    /// It comes there, and nothing is asked there that has this answer.
    NotAsked(Found),
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsItWas(found) => write!(f, "{found}, as it was"),
            Self::Moved { from: (thread, points), to } => {
                write!(f, "{to}, moved from point {points} of {thread}")
            }
            Self::Gone(Gone { thread, points, why }) => {
                write!(f, "gone: it was at point {points} of {thread}, and ")?;
                match why {
                    Why::NoThread => f.write_str("there is no such thread"),
                    Why::NoPlace { points } => {
                        write!(f, "none of the {points} points of that thread is there")
                    }
                    Why::Rarer { times, last } => {
                        write!(f, "that thread is there {times} times only, the last time at point {last}")
                    }
                    Why::NotAsked(found) => write!(f, "nothing is asked there: {found}"),
                }
            }
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Decision { thread, points, kind, .. } = &self.decision;
        write!(f, "{kind:?} at point {points} of {thread}")?;
        self.function.as_ref().map_or(Ok(()), |function| write!(f, ", in {function}"))
    }
}

/// Whether another build than the one that made a token will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exact {
    /// That build alone.
    Yes,
    /// Any.
    No,
}

/// Finds the run of a token.
///
/// # Errors
/// Its program is not there, only the build that made it would do, or that build makes another run of it.
pub fn resolve(client: &mut Client, token: &Token, exact: Exact) -> Result<Resolved, ResolveError> {
    let path = client.path().to_owned();
    let present = build_id(&path).map_err(|source| ResolveError::Executable { path, source })?;
    let present = build_of(&present);
    if present == token.build {
        return in_same_build(client, token).map_err(|error| told(error, token));
    }
    if exact == Exact::Yes {
        return Err(ResolveError::OtherBuild { made: token.build, present });
    }
    in_other_build(client, token).map_err(|error| told(error.into(), token))
}

fn told(error: ResolveError, token: &Token) -> ResolveError {
    match error {
        ResolveError::Client(ClientError::Unknown { .. }) => {
            ResolveError::Program { program: token.program.clone() }
        }
        other => other,
    }
}

fn in_same_build(client: &mut Client, token: &Token) -> Result<Resolved, ResolveError> {
    let decision = |named: &Named| Decision {
        thread: token.pedigree(named.thread),
        points: named.points,
        kind: named.kind,
        nth: named.question,
        answer: match named.answer {
            Answer::Thread(whose) => plan::Answer::Thread(token.pedigree(whose)),
            Answer::Clock => plan::Answer::Clock,
            Answer::Hold => plan::Answer::Hold,
            Answer::Pick(pick) => plan::Answer::Pick(pick),
        },
    };
    let decisions: Vec<Decision> = token.decisions.iter().map(decision).collect();
    let run = client.run(&token.following(decisions.clone()))?;
    let found = half(run.figures.events_hash);
    if found != token.events_hash {
        return Err(ResolveError::Other { expected: token.events_hash, found });
    }
    let as_it_was = |decision| Fate::AsItWas(Found { decision, function: None });
    let fates = decisions.into_iter().map(as_it_was).collect();
    Ok(Resolved { request: token.again(&run), run, fates, build: Same::Build, near: None })
}

impl Token {
    /// Asks for a run with the token's options that follows these decisions.
    pub(super) fn following(&self, decisions: Vec<Decision>) -> Request {
        let Options { cores, os, heap, oracles, preempt, limits } = self.options;
        let replay = Some(Replay::Lenient(Plan { decisions }));
        Request {
            cores,
            os,
            heap,
            oracles,
            preempt,
            limits,
            replay,
            ..Request::new(self.program.clone(), Seed(0))
        }
    }

    /// Asks for a run again.
    fn again(&self, run: &Run) -> Request {
        let replay = Some(Replay::Strict(run.trace.clone()));
        Request { replay, ..self.following(Vec::new()) }
    }
}

/// Points that are looked at first when a decision is searched for, beyond twice those that its thread had passed.
pub(super) const POINTS_LEAST: u64 = 50_000;

fn in_other_build(client: &mut Client, token: &Token) -> Result<Resolved, ClientError> {
    let mut search = Search::new(client, token, POINTS_LEAST);
    // Of so many decisions only as may be looked for elsewhere.
    let is_kept = token.decisions.len() <= near::DECISIONS_MAX;
    let mut looks = Vec::new();
    while search.fates.len() < token.decisions.len() {
        let looked = search.look()?;
        if search.may_look_further(&looked) {
            continue;
        }
        search.place(&looked);
        if is_kept {
            looks.push(looked);
        }
    }
    let (fates, points) = (search.fates.clone(), search.points);
    let resolved = search.finish()?;
    near::search(client, token, (&near::Named { fates, looks, points }, resolved))
}

/// Decisions that are found, one after another: each place is looked for in the run that follows those before it.
pub(super) struct Search<'a> {
    client: &'a mut Client,
    token: &'a Token,
    pub(super) fates: Vec<Fate>,
    /// How many points of a run are looked at.
    points: u64,
}

impl<'a> Search<'a> {
    pub(super) fn new(client: &'a mut Client, token: &'a Token, points: u64) -> Self {
        Self { client, token, fates: Vec::new(), points }
    }

    /// Makes the run in which the next decision is to be found.
    pub(super) fn look(&mut self) -> Result<Looked, ClientError> {
        look(self.client, &self.token.following(found(&self.fates)), self.points)
    }

    /// Finds out what becomes of the next decision.
    pub(super) fn place(&mut self, looked: &Looked) {
        let named = &self.token.decisions[self.fates.len()];
        self.fates.push(match placed(self.token, named, looked) {
            Ok(to) => fate(self.token, named, to),
            Err(why) => {
                let thread = self.token.pedigree(named.thread);
                Fate::Gone(Gone { thread, points: named.points, why })
            }
        });
    }

    /// Looks at more points from here on, if the next decision is not there, the run has more, and that is not too long.
    fn may_look_further(&mut self, looked: &Looked) -> bool {
        let named = &self.token.decisions[self.fates.len()];
        let why = placed(self.token, named, looked).err();
        let is_missed = matches!(why, Some(Why::NoPlace { .. } | Why::Rarer { .. }));
        let further = is_missed && looked.run.figures.points > self.points && self.points < STEPS_MAX;
        self.points *= if further { 4 } else { 1 };
        further
    }

    /// Makes the run, and sees which decisions it took.
    pub(super) fn finish(self) -> Result<Resolved, ClientError> {
        let Self { client, token, mut fates, .. } = self;
        let run = client.run(&token.following(found(&fates)))?;
        let mut taken = run.trace.plan().decisions;
        for (fate, named) in fates.iter_mut().zip(&token.decisions) {
            let (Fate::AsItWas(found) | Fate::Moved { to: found, .. }) = &*fate else { continue };
            match taken.iter().position(|taken| taken.place() == found.decision.place()) {
                Some(index) => drop(taken.remove(index)),
                None => {
                    let (thread, why) = (token.pedigree(named.thread), Why::NotAsked(found.clone()));
                    *fate = Fate::Gone(Gone { thread, points: named.points, why });
                }
            }
        }
        Ok(Resolved { request: token.again(&run), run, fates, build: Same::OtherBuild, near: None })
    }
}

/// The decisions that are there.
fn found(fates: &[Fate]) -> Vec<Decision> {
    let decisions = fates.iter().filter_map(|fate| match fate {
        Fate::AsItWas(found) | Fate::Moved { to: found, .. } => Some(found.decision.clone()),
        Fate::Gone(_) => None,
    });
    decisions.collect()
}

fn fate(token: &Token, named: &Named, to: Found) -> Fate {
    let from = (token.pedigree(named.thread), named.points);
    if from == (to.decision.thread.clone(), to.decision.points) {
        Fate::AsItWas(to)
    } else {
        Fate::Moved { from, to }
    }
}

/// Where a decision is in a run that follows those before it.
pub(super) fn placed(token: &Token, named: &Named, looked: &Looked) -> Result<Found, Why> {
    let likely = thread(token, named.thread, looked);
    let at = |thread| looked.find(thread, named.place, named.nth).map(|points| (thread, points));
    // A thread that begins like another, or was created before it, is known by where it comes.
    let siblings = || {
        let parent = likely.map(|thread| looked.pedigree(thread).0)?.split_last()?.1.to_vec();
        looked.children(&Pedigree(parent)).into_iter().find_map(at)
    };
    let found = likely.and_then(at).or_else(|| (named.place != 0).then(siblings)?);
    let Some((thread, points)) = found else { return Err(missing(named, likely, looked)) };
    let answer = match named.answer {
        Answer::Thread(whose) => {
            let whose = self::thread(token, whose, looked).ok_or(Why::NoThread)?;
            plan::Answer::Thread(looked.pedigree(whose))
        }
        Answer::Clock => plan::Answer::Clock,
        Answer::Hold => plan::Answer::Hold,
        Answer::Pick(pick) => plan::Answer::Pick(pick),
    };
    let thread = looked.pedigree(thread);
    let decision = Decision { thread, points, kind: named.kind, nth: named.question, answer };
    Ok(Found { decision, function: looked.function(named.place).map(str::to_owned) })
}

fn missing(named: &Named, thread: Option<ThreadId>, looked: &Looked) -> Why {
    let Some(thread) = thread else { return Why::NoThread };
    match looked.at(thread, named.place).last() {
        None => Why::NoPlace { points: looked.points(thread) },
        Some(last) => {
            let times = looked.at(thread, named.place).count();
            Why::Rarer { times: u32::try_from(times).unwrap_or(u32::MAX), last }
        }
    }
}

/// The thread that a token means: among its parent's children, the one that begins with the same functions and has as many such before
/// it; without that, the one with the same number.
fn thread(token: &Token, whose: Whose, looked: &Looked) -> Option<ThreadId> {
    let Some(child) = token.child(whose) else { return Some(ThreadId::MAIN) };
    let parent = looked.pedigree(thread(token, child.parent, looked)?);
    let children = looked.children(&parent);
    let mut alike =
        children.iter().filter(|thread| looked.sort(**thread) == child.sort && child.sort != UNKNOWN);
    let by_number = || children.get(usize::try_from(child.ordinal).ok()?);
    alike.nth(usize::try_from(child.nth).ok()?).or_else(by_number).copied()
}
