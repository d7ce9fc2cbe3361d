//! Some of the decisions of a run, looked for by their names in the run that goes without the others, as if that were another build.
//!
//! Makes runs with stacks, and does not judge them. Invariant: a plan is given only if each decision that is kept has a place in the run
//! that follows those before it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use photofinish_sim::ending::Ending;
use photofinish_sim::plan::{Decision, Plan};
use photofinish_sim::trace::Trace;

use super::make::{BEYOND, STEPS_MAX, last_step, names};
use super::names::{Looked, Seen, UNKNOWN, look, watched};
use super::resolve::{POINTS_LEAST, placed};
use super::{Child, Options, Token};
use crate::client::{Client, ClientError, Replay, Request};

/// So many runs that were looked at are remembered: what parts of one plan have in common is looked at once.
const LOOKS_MAX: usize = 256;
/// So many other threads are tried in the place of each.
const ALIKE_MAX: usize = 4;

/// A run's decisions by name.
pub(crate) struct Relocation {
    /// The run, as if another build had made it.
    token: Token,
    /// By thread of the token: those that begin as it does, and have the same parent.
    alike: Vec<Vec<Child>>,
    looks: Mutex<BTreeMap<Vec<Decision>, Arc<Looked>>>,
    seen: Mutex<Seen>,
}

impl Relocation {
    /// Names the decisions of a run that was made for a request and failed. None if it is too long for that.
    pub(crate) fn new(
        client: &mut Client,
        request: &Request,
        (plan, trace): (&Plan, &Trace),
    ) -> Result<Option<Self>, ClientError> {
        let step = last_step(plan, trace);
        if step > STEPS_MAX {
            return Ok(None);
        }
        let again = Request { replay: Some(Replay::Strict(trace.clone())), ..request.clone() };
        let looked = look(client, &again, step + BEYOND)?;
        if matches!(looked.run.ending, Ending::Diverged(_)) {
            return Ok(None);
        }
        let (threads, decisions) = names(&looked, plan);
        let token = Token {
            program: request.program.clone(),
            options: Options::of(request),
            build: 0,
            signature: 0,
            events_hash: 0,
            threads,
            decisions,
        };
        let alike = token.threads.iter().map(|child| alike(&token, child, &looked)).collect();
        Ok(Some(Self { token, alike, looks: Mutex::default(), seen: Mutex::default() }))
    }

    /// The decisions of these numbers, of the threads that took them; and of one other thread instead of each of them.
    pub(crate) fn parts(&self, keep: &[usize]) -> Vec<Token> {
        let decisions = keep.iter().filter_map(|index| self.token.decisions.get(*index).copied()).collect();
        let part = Token { decisions, ..self.token.clone() };
        let mut parts = vec![part.clone()];
        for (index, alike) in self.alike.iter().enumerate() {
            let number = index + 1;
            if !part.decisions.iter().any(|named| named.thread.0 as usize == number) {
                continue;
            }
            for other in alike {
                let mut part = part.clone();
                // Where the other one is spoken of, too, the two change places.
                let was = part.threads[index];
                let same = |child: &Child| (child.parent, child.ordinal) == (other.parent, other.ordinal);
                if let Some(there) = part.threads.iter().position(same) {
                    part.threads[there] = was;
                }
                part.threads[index] = *other;
                parts.push(part);
            }
        }
        parts
    }

    /// The plan of a part's decisions where they are found; none if one of them is not.
    pub(crate) fn find(&self, client: &mut Client, part: &Token) -> Result<Option<Plan>, ClientError> {
        let mut decisions = Vec::new();
        for named in &part.decisions {
            let looked = self.look(client, &decisions)?;
            let Ok(found) = placed(part, named, &looked) else { return Ok(None) };
            decisions.push(found.decision);
        }
        Ok(Some(Plan { decisions }))
    }

    /// The run that follows these decisions, with its stacks.
    fn look(&self, client: &mut Client, decisions: &[Decision]) -> Result<Arc<Looked>, ClientError> {
        const HELD: &str = "nobody panics while it is held";
        if let Some(looked) = self.looks.lock().expect(HELD).get(decisions) {
            return Ok(Arc::clone(looked));
        }
        let run = watched(client, &self.token.following(decisions.to_vec()), POINTS_LEAST)?;
        let looked = Looked::new(run, client.symbols(), &mut self.seen.lock().expect(HELD));
        let looked = Arc::new(looked);
        let mut looks = self.looks.lock().expect(HELD);
        if looks.len() < LOOKS_MAX {
            looks.insert(decisions.to_vec(), Arc::clone(&looked));
        }
        Ok(looked)
    }
}

/// The other children of a thread's parent that begin as it does.
fn alike(token: &Token, child: &Child, looked: &Looked) -> Vec<Child> {
    if child.sort == UNKNOWN {
        return Vec::new();
    }
    let children = looked.children(&token.pedigree(child.parent));
    let ordinals = (0..).zip(children).filter(|(_, thread)| looked.sort(*thread) == child.sort);
    let all = (0..).zip(ordinals).map(|(nth, (ordinal, _))| Child { ordinal, nth, ..*child });
    all.filter(|other| other.nth != child.nth).take(ALIKE_MAX).collect()
}
