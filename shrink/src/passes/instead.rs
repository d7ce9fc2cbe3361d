//! Takes some decisions away and stops one thread at one place instead, wherever that is.
//!
//! What two decisions do for a failure, a third may do alone that is near neither: each of the two is needed beside the other, neither can go
//! or move alone, and the plan is stuck. Where a stop does it, it often does so all through a window of places; so of all that may go,
//! places far from each other are tried first, and then those between them. Does not know what threads do at a place; the judge does.
//! Invariant: what is asked for is simpler than the plan, and bounded by how long its runs are.

use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Answer, Decision, Plan};

use crate::cost::Class;
use crate::edit::without;
use crate::search::{Over, Search};

/// In longer plans so little is rarely enough.
const DECISIONS_MAX: usize = 12;
/// So few decisions are left beside the new one,
const LEFT_MAX: usize = 2;
/// or so few are taken away.
const GONE_MAX: usize = 2;
/// So many points in all runs together, each taken to be as long as the simplest: they take some seconds.
const POINTS_MAX: u64 = 1 << 25;
/// So many places, or up to twice as many, are tried of each plan before the first of them is looked at more closely.
const FIRST: usize = 32;

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let runs = POINTS_MAX / search.best().size.points.max(1);
    let mut left = usize::try_from(runs).unwrap_or(usize::MAX);
    let bases = if left < FIRST { Vec::new() } else { bases(search.plan()) };
    for level in 0.. {
        let mut is_over = true;
        for base in &bases {
            if left == 0 {
                return Ok(());
            }
            if level == 0 {
                // Places are seen by making its run.
                left -= 1;
            }
            let Some(plans) = base.stopped(search, level)? else { continue };
            is_over = false;
            let count = plans.len().min(left);
            left -= count;
            if search.first(plans.into_iter().take(count))?.is_some() {
                return Ok(());
            }
        }
        if is_over {
            break;
        }
    }
    Ok(())
}

/// What is left of a plan.
struct Base {
    plan: Plan,
    /// Which stops are simpler than what is gone.
    simpler: Simpler,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Simpler {
    /// A hold.
    Hold,
    /// A preemption, too.
    Preemption,
}

impl Base {
    /// With one stop besides: at places that are far from each other on the first level, at those in the middle between them on the next;
    /// none when there are no others.
    fn stopped(&self, search: &mut Search<'_>, level: u32) -> Result<Option<Vec<Plan>>, Over> {
        let of_threads = search.places(&self.plan)?;
        let all =
            || of_threads.iter().flat_map(|of| of.points.iter().map(move |points| (&of.thread, *points)));
        let count = all().count();
        let first = 1_usize << (count / FIRST).max(1).ilog2();
        let Some(step) = first.checked_shr(level).filter(|step| *step > 0) else { return Ok(None) };
        let is_new = |(nth, _): &(usize, _)| level == 0 || !nth.is_multiple_of(2 * step);
        let mut plans = Vec::new();
        for (_, (thread, points)) in all().enumerate().step_by(step).filter(is_new) {
            let others = of_threads.iter().map(|of| &of.thread).filter(|other| *other != thread);
            let others = others.filter(|_| self.simpler == Simpler::Preemption).cloned();
            for answer in [Answer::Hold].into_iter().chain(others.map(Answer::Thread)) {
                let (thread, kind) = (thread.clone(), Kind::Preempt);
                let mut plan = self.plan.clone();
                plan.decisions.push(Decision { thread, points, kind, nth: 0, answer });
                plans.push(plan);
            }
        }
        Ok(Some(plans))
    }
}

/// What may be left of a plan, least first.
fn bases(plan: &Plan) -> Vec<Base> {
    let count = plan.decisions.len();
    if !(2..=DECISIONS_MAX).contains(&count) {
        return Vec::new();
    }
    let chosen = |set: u32| (0..count).filter(|index| set >> index & 1 == 1).collect();
    let mut sets: Vec<Vec<usize>> = (1..1 << count).map(chosen).collect();
    sets.retain(|gone| gone.len() <= GONE_MAX || count - gone.len() <= LEFT_MAX);
    sets.sort_by_key(|gone| core::cmp::Reverse(gone.len()));
    sets.iter().filter_map(|gone| base(plan, gone)).collect()
}

/// What is left without these, if a stop is simpler than they are.
fn base(plan: &Plan, gone: &[usize]) -> Option<Base> {
    let count = |class| gone.iter().filter(|index| Class::of(&plan.decisions[**index]) == class).count();
    let simpler = match (count(Class::Preemption), count(Class::Stall)) {
        // A hold is a stall: in the place of one it is simpler if something else goes, too.
        (0, 0) => return None,
        (0, 1) if gone.len() == 1 => return None,
        (0 | 1, _) => Simpler::Hold,
        (_, _) => Simpler::Preemption,
    };
    Some(Base { plan: without(plan, gone), simpler })
}

#[cfg(test)]
mod tests {
    use photofinish_sim::thread::Pedigree;

    use super::*;

    fn stop(answer: Answer) -> (Kind, Answer) {
        (Kind::Preempt, answer)
    }

    fn lefts(answers: &[(Kind, Answer)]) -> Vec<(usize, Simpler)> {
        let decision = |(points, (kind, answer)): (u64, &(Kind, Answer))| {
            let (thread, answer) = (Pedigree(vec![]), answer.clone());
            Decision { thread, points, kind: *kind, nth: 0, answer }
        };
        let plan = Plan { decisions: (1..).zip(answers).map(decision).collect() };
        bases(&plan).iter().map(|base| (base.plan.decisions.len(), base.simpler)).collect()
    }

    #[test]
    fn a_stop_is_tried_only_where_it_is_simpler_than_what_goes() {
        let (hold, other) = (stop(Answer::Hold), stop(Answer::Thread(Pedigree(vec![0]))));
        let fault = (Kind::Loss, Answer::Pick(1));
        let holds = |lefts: &[usize]| lefts.iter().map(|left| (*left, Simpler::Hold)).collect::<Vec<_>>();
        assert_eq!(lefts(std::slice::from_ref(&hold)), []);
        assert_eq!(lefts(&[hold.clone(), hold.clone()]), holds(&[0]));
        // With the hold besides, and instead of the preemption alone.
        assert_eq!(lefts(&[hold.clone(), other.clone()]), holds(&[0, 1]));
        assert_eq!(lefts(&[fault.clone(), fault.clone()]), []);
        assert_eq!(lefts(&[fault.clone(), fault.clone(), hold.clone()]), holds(&[0, 1, 1]));
        assert_eq!(lefts(&[fault, other.clone()]), holds(&[0, 1]));
        let either = [(0, Simpler::Preemption), (1, Simpler::Hold), (1, Simpler::Hold)];
        assert_eq!(lefts(&[other.clone(), other]), either);
        assert_eq!(lefts(&vec![hold; 3]), holds(&[0, 1, 1, 1]));
    }

    #[test]
    fn of_many_decisions_few_are_left_or_few_go() {
        // None, each one and each two of six are left; each two are gone.
        assert_eq!(lefts(&vec![stop(Answer::Hold); 6]).len(), 1 + 6 + 15 + 15);
        assert_eq!(lefts(&vec![stop(Answer::Hold); DECISIONS_MAX + 1]), []);
    }
}
