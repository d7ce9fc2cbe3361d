//! Where threads of a run can be stopped so that others notice: at calls, and before they touch a word that another thread touches later.
//!
//! Who is stopped anywhere else could as well be stopped later: the run would be the same but for the order of what nobody compares.
//! Does not know what comes of a stop. Invariant: a place is left out only if all touches of the run were seen, each whole.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use photofinish_shrink::Places;
use photofinish_sim::chooser::{Access, Touch};
use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::plan::Plan;
use photofinish_sim::preempt::Preempt;
use photofinish_sim::thread::ThreadId;

use crate::client::{Client, ClientError, Replay, Request, Run, TOUCHES_MAX, Watch};

/// The places of the run that follows a plan.
pub(super) fn of(client: &mut Client, request: &Request, plan: &Plan) -> Result<Vec<Places>, ClientError> {
    let watch = Some(Watch { touches: TOUCHES_MAX, ..Watch::default() });
    let replay = Some(Replay::Lenient(plan.clone()));
    let run = client.run(&Request { replay, watch, events: true, ..request.clone() })?;
    if run.truncated {
        return Ok(Vec::new());
    }
    let pedigrees = run.trace.family.pedigrees();
    let named = |(thread, points)| Some(Places { thread: pedigrees.of(thread)?.clone(), points });
    let unnoticed = match client.preempt() {
        // Of what is copied only one end is told, and accesses of several sizes overlap.
        Preempt::Blocks => BTreeSet::new(),
        Preempt::Calls | Preempt::Atomics => unnoticed(&run.touched),
    };
    Ok(noticed(&run, &unnoticed).into_iter().filter_map(named).collect())
}

/// By thread: its points at which others can notice that it is stopped.
fn noticed(run: &Run, unnoticed: &BTreeSet<u64>) -> BTreeMap<ThreadId, Vec<u64>> {
    let mut passed: BTreeMap<ThreadId, u64> = BTreeMap::new();
    let mut noticed: BTreeMap<ThreadId, Vec<u64>> = BTreeMap::new();
    for (thread, steps) in turns(&run.events, run.figures.points) {
        let before = passed.entry(thread).or_default();
        let own = steps.clone().zip(*before + 1..).filter(|(step, _)| !unnoticed.contains(step));
        noticed.entry(thread).or_default().extend(own.map(|(_, points)| points));
        *before += steps.end - steps.start;
    }
    noticed
}

/// Whose turn it was, and during which steps of the run.
fn turns(events: &[(Stamp, Event)], points: u64) -> Vec<(ThreadId, Range<u64>)> {
    let mut turns = Vec::new();
    let (mut runs, mut since) = (ThreadId::MAIN, 1);
    for (stamp, event) in events {
        if let Event::Switched { to, .. } = event {
            turns.push((runs, since..stamp.step + 1));
            (runs, since) = (*to, stamp.step + 1);
        }
    }
    turns.push((runs, since..since.max(points + 1)));
    turns
}

/// The steps at which a word is touched that no other thread touches later, or that is only read then and later.
fn unnoticed(touched: &[Touch]) -> BTreeSet<u64> {
    let mut unnoticed = BTreeSet::new();
    if touched.len() as u64 >= TOUCHES_MAX {
        return unnoticed;
    }
    let mut later: BTreeMap<u64, BTreeSet<(ThreadId, bool)>> = BTreeMap::new();
    for Touch { step, thread, word, access } in touched.iter().rev() {
        let later = later.entry(*word).or_default();
        let writes = *access != Access::Loads;
        if !later.iter().any(|(other, other_writes)| other != thread && (writes || *other_writes)) {
            unnoticed.insert(*step);
        }
        later.insert((*thread, writes));
    }
    unnoticed
}

#[cfg(test)]
mod tests {
    use photofinish_sim::chooser::Access::{Adds, Loads, Other};
    use photofinish_sim::event::Why;

    use super::*;

    const A: ThreadId = ThreadId(1);
    const B: ThreadId = ThreadId(2);

    fn check(touches: &[(u64, ThreadId, u64, Access)], expected: &[u64]) {
        let touch = |&(step, thread, word, access)| Touch { step, thread, word, access };
        let touched: Vec<Touch> = touches.iter().map(touch).collect();
        assert_eq!(unnoticed(&touched), expected.iter().copied().collect());
    }

    #[test]
    fn what_another_thread_touches_later_is_noticed() {
        check(&[(1, A, 7, Other), (2, B, 7, Other)], &[2]);
        check(&[(1, A, 7, Other), (2, B, 7, Loads), (3, A, 7, Loads), (4, A, 7, Adds)], &[3, 4]);
        check(&[(1, A, 7, Other), (2, B, 8, Other), (3, A, 7, Other)], &[1, 2, 3]);
    }

    #[test]
    fn what_is_only_read_from_then_on_is_not() {
        check(&[(1, A, 7, Other), (2, A, 7, Loads), (3, B, 7, Loads)], &[2, 3]);
        check(&[(1, A, 7, Loads), (2, B, 7, Loads), (3, B, 7, Adds)], &[2, 3]);
    }

    #[test]
    fn nothing_is_left_out_where_the_last_touches_were_not_seen() {
        let touches: Vec<_> = (1..TOUCHES_MAX).map(|step| (step, A, 7, Other)).collect();
        check(&touches, &(1..TOUCHES_MAX).collect::<Vec<_>>());
        check(&[touches, vec![(TOUCHES_MAX, A, 7, Other)]].concat(), &[]);
    }

    #[test]
    fn turns_are_all_points_in_their_order() {
        let switched = |step, thread, to| {
            let stamp = Stamp { step, at_ns: 0, thread };
            (stamp, Event::Switched { to, why: Why::Blocked })
        };
        let events = [switched(3, ThreadId::MAIN, A), switched(3, A, B), switched(5, B, A)];
        let expected = vec![(ThreadId::MAIN, 1..4), (A, 4..4), (B, 4..6), (A, 6..9)];
        assert_eq!(turns(&events, 8), expected);
    }
}
