//! Runs for the shrinker: plans followed leniently, on as many clients as there are.
//!
//! Does not know what is simpler. Invariant: what is kept shows the signature that was asked for, judged as any run is, and whoever made
//! it, the answers come in the order of the plans.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use photofinish_shrink::{Asked, Judge, Kept, Places, Size, Stopped};
use photofinish_sim::plan::Plan;

use super::{asked, places};
use crate::client::{Client, ClientError, Replay, Request, Run};
use crate::token::Token;
use crate::token::relocate::Relocation;
use crate::verdict;

/// Plans for each client in one question: enough that none waits for the other.
const PLANS_PER_CLIENT: usize = 2;

/// What is asked of candidates, and who makes their runs.
pub(super) struct Runs<'a> {
    pub(super) clients: &'a mut [Client],
    /// The run that failed, as it was asked for.
    pub(super) request: &'a Request,
    /// What a candidate must show.
    pub(super) signature: &'a str,
    /// How the run that failed ended.
    pub(super) ending: &'static str,
    /// No run is begun after this.
    pub(super) until: Instant,
    /// Hears of each answer: runs so far, and the fewest decisions that were kept. Says whether to go on.
    pub(super) progress: &'a mut dyn FnMut(Progress) -> Go,
    pub(super) runs: u64,
    pub(super) fewest: usize,
    /// What kept a client from answering.
    pub(super) failed: Option<ClientError>,
    /// The run whose decisions were named last, and their names if it has some.
    pub(super) named: Option<(Plan, Option<Relocation>)>,
}

/// How far shrinking has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Runs made.
    pub runs: u64,
    /// Decisions of the smallest run that fails in the same way.
    pub decisions: usize,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// Yes.
    On,
    /// No: somebody interrupted.
    Stop,
}

/// What one plan showed.
type Answer = Result<Option<Kept>, ClientError>;

impl Judge for Runs<'_> {
    fn width(&self) -> usize {
        self.clients.len() * PLANS_PER_CLIENT
    }

    fn ask(&mut self, plans: &[Plan]) -> Result<Vec<Option<Kept>>, Stopped> {
        let mut kept = Vec::with_capacity(plans.len());
        for answer in self.answers(plans) {
            match answer {
                Some(Ok(answer)) => kept.push(answer),
                Some(Err(error)) => {
                    self.failed = Some(error);
                    return Err(Stopped);
                }
                None => return Err(Stopped),
            }
        }
        let fewest = kept.iter().flatten().map(|kept: &Kept| kept.plan.decisions.len()).min();
        self.fewest = fewest.map_or(self.fewest, |fewest| fewest.min(self.fewest));
        match (self.progress)(Progress { runs: self.runs, decisions: self.fewest }) {
            Go::On => Ok(kept),
            Go::Stop => Err(Stopped),
        }
    }

    fn places(&mut self, plan: &Plan) -> Result<Vec<Places>, Stopped> {
        self.seen(|client, request| places::of(client, request, plan))
    }

    fn asked(&mut self, plan: &Plan) -> Result<Vec<Asked>, Stopped> {
        self.seen(|client, request| asked::of(client, request, plan))
    }

    fn relocated(&mut self, of: &Kept, keep: &[usize]) -> Result<Vec<Plan>, Stopped> {
        match self.relocate(of, keep) {
            Ok(Some(plans)) => Ok(plans),
            Ok(None) => Err(Stopped),
            Err(error) => {
                self.failed = Some(error);
                Err(Stopped)
            }
        }
    }
}

impl Runs<'_> {
    /// What is seen by making one run.
    fn seen<T>(
        &mut self,
        see: impl FnOnce(&mut Client, &Request) -> Result<T, ClientError>,
    ) -> Result<T, Stopped> {
        if Instant::now() >= self.until {
            return Err(Stopped);
        }
        self.runs += 1;
        let client = self.clients.first_mut().expect("there is one");
        see(client, self.request).map_err(|error| {
            self.failed = Some(error);
            Stopped
        })
    }

    /// What [`Judge::relocated`] gives; nothing if the time is over.
    fn relocate(&mut self, of: &Kept, keep: &[usize]) -> Result<Option<Vec<Plan>>, ClientError> {
        if Instant::now() >= self.until {
            return Ok(None);
        }
        if self.named.as_ref().is_none_or(|(plan, _)| *plan != of.plan) {
            let client = self.clients.first_mut().expect("there is one");
            let named = Relocation::new(client, self.request, (&of.plan, &of.trace))?;
            self.named = Some((of.plan.clone(), named));
        }
        let Some((_, Some(named))) = &self.named else { return Ok(Some(Vec::new())) };
        let parts = named.parts(keep);
        let find = |client: &mut Client, part: &Token| named.find(client, part);
        let found = on_all(self.clients, self.until, &parts, find);
        let plans: Result<Vec<_>, ClientError> = found.into_iter().flatten().collect();
        Ok(Some(plans?.into_iter().flatten().collect()))
    }

    /// Every plan's answer, in order; none where the time was over before its run began.
    fn answers(&mut self, plans: &[Plan]) -> Vec<Option<Answer>> {
        let wanted = Wanted { request: self.request, signature: self.signature, ending: self.ending };
        let ask = |client: &mut Client, plan: &Plan| wanted.ask(client, plan);
        let answers = on_all(self.clients, self.until, plans, ask);
        self.runs += answers.iter().flatten().map(|(_, runs)| runs).sum::<u64>();
        answers.into_iter().map(|answer| answer.map(|(answer, _)| answer)).collect()
    }
}

/// What is made of each item, in order, on as many clients as there are; none where the time was over before.
fn on_all<T: Sync, R: Send>(
    clients: &mut [Client],
    until: Instant,
    items: &[T],
    work: impl Fn(&mut Client, &T) -> R + Sync,
) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let made: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let one_after_another = |client: &mut Client| {
        while Instant::now() < until {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            let result = work(client, item);
            *made[at].lock().expect("nobody panics while it is held") = Some(result);
        }
    };
    std::thread::scope(|scope| {
        for client in clients {
            scope.spawn(|| one_after_another(client));
        }
    });
    made.into_iter().map(|made| made.into_inner().expect("nobody panics while it is held")).collect()
}

/// What a candidate must show.
struct Wanted<'a> {
    request: &'a Request,
    signature: &'a str,
    ending: &'static str,
}

impl Wanted<'_> {
    /// Follows a plan; says what was kept of it and how many runs it took.
    fn ask(&self, client: &mut Client, plan: &Plan) -> (Answer, u64) {
        let replay = Some(Replay::Lenient(plan.clone()));
        let request = Request { replay, events: false, ..self.request.clone() };
        let run = match client.run(&request) {
            Ok(run) => run,
            Err(error) => return (Err(error), 1),
        };
        if run.ending.word() != self.ending || run.truncated {
            return (Ok(None), 1);
        }
        let keep = |run| Some(kept(plan, run));
        if !verdict::needs_events(&run.ending) {
            return (Ok(self.shows(client, &run).then_some(run).and_then(keep)), 1);
        }
        // Where the threads wait is seen only by a run with its events.
        match client.run(&Request { events: true, ..request }) {
            Ok(told) if self.shows(client, &told) => (Ok(keep(run)), 2),
            Ok(_) => (Ok(None), 2),
            Err(error) => (Err(error), 2),
        }
    }

    fn shows(&self, client: &Client, run: &Run) -> bool {
        verdict::shows(run, client.symbols(), self.signature)
    }
}

/// What the shrinker is told of a run that is kept.
pub(super) fn kept(plan: &Plan, run: Run) -> Kept {
    let figures = run.figures;
    let size = Size {
        threads: figures.threads,
        hosts: figures.hosts,
        messages: figures.packets,
        points: figures.points,
        virtual_ns: figures.virtual_ns,
    };
    Kept { plan: plan.taken_in(&run.trace), trace: run.trace, size }
}
