//! Ways through many candidates that differ in one thing.
//!
//! Does not know what they differ in. Invariant: each step asks about an edit of the simplest plan so far.

use photofinish_sim::plan::Plan;

use crate::search::{Over, Search};

/// Tries every item once, each on the simplest plan so far. An item that no longer applies has no candidate.
pub(crate) fn each<T>(
    search: &mut Search<'_>,
    items: &[T],
    make: impl Fn(&Plan, &T) -> Option<Plan>,
) -> Result<(), Over> {
    let mut rest = items;
    while !rest.is_empty() && !search.is_tired() {
        let plan = search.plan().clone();
        // What does not apply asks for what is known.
        let candidates = rest.iter().map(|item| make(&plan, item).unwrap_or_else(|| plan.clone()));
        match search.first(candidates)? {
            Some(taken) => rest = &rest[taken + 1..],
            None => return Ok(()),
        }
    }
    Ok(())
}

/// Tries the candidates of the simplest plan so far, and again those of what was taken, until none is.
pub(crate) fn again<C: IntoIterator<Item = Plan>>(
    search: &mut Search<'_>,
    candidates: impl Fn(Plan) -> C,
) -> Result<(), Over> {
    while search.first(candidates(search.plan().clone()))?.is_some() {}
    Ok(())
}

/// A number in a plan that is wanted lower.
pub(crate) trait Number {
    /// What it is in the simplest plan, given what it was set to last; nothing if it is gone.
    fn of(&self, plan: &Plan, last: u64) -> Option<u64>;

    /// The plan with that number, which is now `from`, lower.
    fn set(&self, plan: &Plan, from: u64, to: u64) -> Plan;
}

/// Lowers a number as far as it goes, but not below `least`: first all the way, then by halves as if what holds for one number held
/// for all above it.
pub(crate) fn descend(
    search: &mut Search<'_>,
    number: &impl Number,
    (least, mut high): (u64, u64),
) -> Result<(), Over> {
    let mut low = least;
    let mut is_first = true;
    while low < high {
        let plan = search.plan().clone();
        let mut ways = way_up(low, high);
        if is_first && ways.first() != Some(&least) {
            ways.insert(0, least);
        }
        is_first = false;
        let Some(taken) = search.first(ways.iter().map(|to| number.set(&plan, high, *to)))? else {
            return Ok(());
        };
        if taken > 0 {
            low = ways[taken - 1] + 1;
        }
        match number.of(search.plan(), ways[taken]) {
            Some(now) => high = now.min(ways[taken]),
            None => return Ok(()),
        }
    }
    Ok(())
}

/// The middle between `low` and `high`, then the middle between that and `high`, up to `high - 1`.
fn way_up(mut low: u64, high: u64) -> Vec<u64> {
    let mut ways = Vec::new();
    while low < high {
        let middle = low + (high - low) / 2;
        ways.push(middle);
        low = middle + 1;
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_up_halves_what_is_left() {
        assert_eq!(way_up(0, 8), [4, 6, 7]);
        assert_eq!(way_up(3, 4), [3]);
        assert_eq!(way_up(4, 4), []);
    }
}
