//! Discovery curves: after how many runs a strategy had found how many different failures.
//!
//! Does not know runs or seeds: a signature tells after how many runs of a strategy it was found first. Several variants are laid over each
//! other, as if each strategy had its next run on all of them at once.
//!
//! Invariant: both numbers of a curve's points grow, the last is the number of all that its strategy found, and there are at
//! most [`POINTS_MAX`].

use std::collections::BTreeMap;

use super::{Curve, Variant};

/// Points that are kept of a curve.
pub const POINTS_MAX: usize = 200;

/// The curves of variants together, by strategy family in the order of their names. Families that found nothing have one, too.
#[must_use]
pub fn curves<'a>(variants: impl IntoIterator<Item = &'a Variant>) -> Vec<Curve> {
    let mut runs: BTreeMap<&str, u64> = BTreeMap::new();
    let mut firsts: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for variant in variants {
        for (family, of_variant) in &variant.strategies {
            let most = runs.entry(family).or_default();
            *most = (*most).max(*of_variant);
        }
        for (family, share) in variant.signatures.iter().flat_map(|signature| &signature.strategies) {
            firsts.entry(family).or_default().push(share.first_after);
        }
    }
    let curve = |(family, runs): (&str, u64)| Curve {
        strategy: family.to_owned(),
        runs,
        points: steps(firsts.remove(family).unwrap_or_default()),
    };
    runs.into_iter().map(curve).collect()
}

/// Where the number of what was found grows, and to what.
fn steps(mut firsts: Vec<u64>) -> Vec<(u64, u64)> {
    firsts.sort_unstable();
    let mut points: Vec<(u64, u64)> = Vec::new();
    for (found, after) in (1..).zip(firsts) {
        match points.last_mut() {
            Some(last) if last.0 == after => last.1 = found,
            _ => points.push((after, found)),
        }
    }
    thin(&points)
}

/// Evenly chosen points, the first and the last among them.
fn thin(points: &[(u64, u64)]) -> Vec<(u64, u64)> {
    if points.len() <= POINTS_MAX {
        return points.to_vec();
    }
    let last = points.len() - 1;
    (0..POINTS_MAX).map(|nth| points[nth * last / (POINTS_MAX - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Share, Signature};
    use super::*;

    fn variant(runs: &[(&str, u64)], found: &[&[(&str, u64)]]) -> Variant {
        let signature = |shares: &&[(&str, u64)]| Signature {
            strategies: shares
                .iter()
                .map(|(family, first_after)| {
                    ((*family).to_owned(), Share { runs: 1, first_after: *first_after })
                })
                .collect(),
            ..Signature::default()
        };
        Variant {
            strategies: runs.iter().map(|(family, runs)| ((*family).to_owned(), *runs)).collect(),
            signatures: found.iter().map(signature).collect(),
            ..Variant::default()
        }
    }

    /// A strategy, its runs, and the points of its curve.
    type Drawn<'a> = (&'a str, u64, &'a [(u64, u64)]);

    fn check(variants: &[Variant], expected: &[Drawn<'_>]) {
        let curves = curves(variants);
        let curves: Vec<Drawn<'_>> =
            curves.iter().map(|c| (c.strategy.as_str(), c.runs, c.points.as_slice())).collect();
        assert_eq!(curves, expected);
    }

    #[test]
    fn a_curve_grows_where_something_is_found_first() {
        check(&[], &[]);
        check(&[variant(&[("walk", 9)], &[])], &[("walk", 9, &[])]);
        let both = [("pct", 5), ("walk", 10)];
        let one = variant(&both, &[&[("walk", 3), ("pct", 4)], &[("walk", 7)], &[("walk", 3)]]);
        check(std::slice::from_ref(&one), &[("pct", 5, &[(4, 1)]), ("walk", 10, &[(3, 2), (7, 3)])]);
        let other = variant(&[("pct", 6)], &[&[("pct", 2)]]);
        check(&[one, other], &[("pct", 6, &[(2, 1), (4, 2)]), ("walk", 10, &[(3, 2), (7, 3)])]);
    }

    #[test]
    fn a_long_curve_keeps_its_ends_and_grows() {
        for found in [POINTS_MAX, POINTS_MAX + 1, 4_999] {
            let points = steps((1..=found as u64).map(|nth| nth * 3).rev().collect());
            assert_eq!(points.len(), POINTS_MAX, "{found}");
            assert_eq!(points.first(), Some(&(3, 1)));
            assert_eq!(points.last(), Some(&(found as u64 * 3, found as u64)));
            assert!(points.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "{points:?}");
        }
    }
}
