//! Takes some decisions away and stops one thread at one place instead, wherever that is.
//!
//! What two decisions do for a failure, a third may do alone that is near neither: each of the two is needed beside the other, neither can go
//! or move alone, and the plan is stuck. Where a stop does it, it often does so all through a window of places; so of all that may go,
//! places far from each other are tried first, and then those between them. Does not know what threads do at a place; the judge does.
//! Invariant: what is asked for is simpler than the plan, and bounded by how long its runs are.

use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Answer, Decision, Plan};

use super::bases::{Base, bases};
use crate::cost::Weight;
use crate::search::{Over, Search};

/// So many points in all runs together, each taken to be as long as the simplest: they take some seconds.
const POINTS_MAX: u64 = 1 << 25;
/// So many places, or up to twice as many, are tried of each plan before the first of them is looked at more closely.
const FIRST: usize = 32;

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let mut left = search.runs_of(POINTS_MAX);
    let is_enough = search.plan().decisions.len() >= 2 && left >= FIRST;
    let bases = if is_enough { bases(search.plan()) } else { Vec::new() };
    let with_simpler = |base| simpler(&base).map(|simpler| (base, simpler));
    let bases: Vec<(Base, Simpler)> = bases.into_iter().filter_map(with_simpler).collect();
    for level in 0.. {
        let mut is_over = true;
        for (base, simpler) in &bases {
            if left == 0 {
                return Ok(());
            }
            if level == 0 {
                // Places are seen by making its run.
                left -= 1;
            }
            let Some(plans) = stopped(search, base, *simpler, level)? else { continue };
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

/// Which stops are simpler than what is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Simpler {
    /// A hold.
    Hold,
    /// A preemption, too.
    Preemption,
}

/// What is left of a plan with one stop besides: at places that are far from each other on the first level, at those in the middle between them
/// on the next; none when there are no others.
fn stopped(
    search: &mut Search<'_>,
    base: &Base,
    simpler: Simpler,
    level: u32,
) -> Result<Option<Vec<Plan>>, Over> {
    let of_threads = search.places(&base.plan)?;
    let all = || of_threads.iter().flat_map(|of| of.points.iter().map(move |points| (&of.thread, *points)));
    let count = all().count();
    let first = 1_usize << (count / FIRST).max(1).ilog2();
    let Some(step) = first.checked_shr(level).filter(|step| *step > 0) else { return Ok(None) };
    let is_new = |(nth, _): &(usize, _)| level == 0 || !nth.is_multiple_of(2 * step);
    let mut plans = Vec::new();
    for (_, (thread, points)) in all().enumerate().step_by(step).filter(is_new) {
        let others = of_threads.iter().map(|of| &of.thread).filter(|other| *other != thread);
        let others = others.filter(|_| simpler == Simpler::Preemption).cloned();
        for answer in [Answer::Hold].into_iter().chain(others.map(Answer::Thread)) {
            let thread = thread.clone();
            plans.push(base.with(Decision { thread, points, kind: Kind::Preempt, nth: 0, answer }));
        }
    }
    Ok(Some(plans))
}

/// The stops that are simpler than what is gone, if any are.
fn simpler(base: &Base) -> Option<Simpler> {
    match base.gone.preemptions() {
        2.. => Some(Simpler::Preemption),
        _ if Weight::OF_STALL < base.gone => Some(Simpler::Hold),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use photofinish_sim::thread::Pedigree;

    use super::super::bases::DECISIONS_MAX;
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
        let of = |base: &Base| Some((base.plan.decisions.len(), simpler(base)?));
        bases(&plan).iter().filter_map(of).collect()
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
