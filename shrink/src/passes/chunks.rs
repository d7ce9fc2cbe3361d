//! Deletes stretches of decisions, long ones first: Zeller's delta debugging, over the run and over each thread's part of it.
//!
//! From the end to the beginning: a decision that is dropped changes the run after it, and there those that matter are known already. Does not
//! know what a decision does. Invariant: at the end of a full effort every single decision was dropped once, alone.

use photofinish_sim::plan::Plan;

use crate::edit::only;
use crate::search::{Over, Search};

/// The numbers of the decisions in the order in which stretches of them are taken.
type Order = fn(&Plan) -> Vec<usize>;

pub(super) fn by_time(search: &mut Search<'_>) -> Result<(), Over> {
    run(search, |plan| (0..plan.decisions.len()).collect())
}

/// One thread's decisions next to each other.
pub(super) fn by_thread(search: &mut Search<'_>) -> Result<(), Over> {
    run(search, |plan| {
        let mut order: Vec<usize> = (0..plan.decisions.len()).collect();
        order.sort_by_key(|index| &plan.decisions[*index].thread);
        order
    })
}

fn run(search: &mut Search<'_>, order: Order) -> Result<(), Over> {
    let mut length = search.plan().decisions.len() / 2;
    while length > 0 {
        search.go_on();
        level(search, order, length)?;
        length = (length / 2).min(search.plan().decisions.len() / 2);
    }
    Ok(())
}

/// Drops stretches of one length.
fn level(search: &mut Search<'_>, order: Order, length: usize) -> Result<(), Over> {
    let mut end = search.plan().decisions.len();
    loop {
        let plan = search.plan().clone();
        let order = order(&plan);
        end = end.min(order.len());
        let mut rank = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, index)| rank[*index] = at);
        let starts = (0..end.div_ceil(length)).map(|back| end.saturating_sub((back + 1) * length));
        let candidates = starts.map(|start| {
            let chunk = start..(start + length).min(end);
            only(&plan, |index, _| !chunk.contains(&rank[index]))
        });
        let Some(taken) = search.first(candidates)? else { return Ok(()) };
        end = end.saturating_sub((taken + 1) * length);
        if end == 0 {
            return Ok(());
        }
    }
}
