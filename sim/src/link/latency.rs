//! How long packets take, as a sorted list of times of which one is picked.
//!
//! Knows nothing else. Invariant: the times are in ascending order and at least one, so that pick 0 is the least; every figure is an
//! integer, and equal distributions have equal times on every machine.

/// How many quantiles stand for a distribution.
const QUANTILES: u64 = 64;

/// A distribution of latencies: equally likely times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    times_ns: Vec<u64>,
}

impl Latency {
    /// Always the same.
    #[must_use]
    pub fn fixed_ns(ns: u64) -> Self {
        Self { times_ns: vec![ns] }
    }

    /// Anything between the two, both included; the order does not matter.
    #[must_use]
    pub fn uniform_ns(one: u64, other: u64) -> Self {
        let (least, most) = (one.min(other), one.max(other));
        let steps = (most - least).min(QUANTILES - 1);
        let at = |step| least + scale(most - least, step, steps);
        Self { times_ns: (0..=steps).map(at).collect() }
    }

    /// `least` and a tail that falls by half with every `half` more: what queues along the way look like. The rarest of 64 is 7
    /// halves later, and the mean about 1.4.
    #[must_use]
    pub fn exponential_ns(least: u64, half: u64) -> Self {
        // The n-th 64th lies where n/64 are below: log2(64 / (64 - n)) halves, with the digits after the point by bisection of
        // squares, in 16 bits.
        let at = |n: u64| least.saturating_add(scale(half, log2_16(64, 64 - n), 1 << 16));
        let last = least.saturating_add(half.saturating_mul(7));
        Self { times_ns: (0..QUANTILES - 1).map(at).chain([last]).collect() }
    }

    /// These, each as likely as the others.
    #[must_use]
    pub fn of_ns(times_ns: &[u64]) -> Option<Self> {
        let mut times_ns = times_ns.to_vec();
        times_ns.sort_unstable();
        (!times_ns.is_empty()).then_some(Self { times_ns })
    }

    /// How many picks there are.
    #[must_use]
    pub fn bound(&self) -> u64 {
        self.times_ns.len() as u64
    }

    /// The time of a pick below [`Latency::bound`].
    #[must_use]
    pub fn ns(&self, pick: u64) -> u64 {
        self.times_ns[usize::try_from(pick).expect("below the number of times")]
    }
}

impl Default for Latency {
    /// Between hosts of one building: 200 microseconds to 1 millisecond.
    fn default() -> Self {
        Self::uniform_ns(200_000, 1_000_000)
    }
}

/// `whole * part / parts`, and 0 for no parts.
fn scale(whole: u64, part: u64, parts: u64) -> u64 {
    let scaled = u128::from(whole) * u128::from(part);
    scaled.checked_div(u128::from(parts)).map_or(0, |ns| u64::try_from(ns).unwrap_or(u64::MAX))
}

/// The logarithm to base 2 of `of / by`, at least 1, in 65536ths.
fn log2_16(of: u64, by: u64) -> u64 {
    let mut whole = 0;
    let mut value = (of << 32) / by;
    while value >= 2 << 32 {
        value >>= 1;
        whole += 1;
    }
    let mut digits = 0;
    for _ in 0..16 {
        let square = (u128::from(value) * u128::from(value)) >> 32;
        let (bit, next) = if square >= 2 << 32 { (1, square >> 1) } else { (0, square) };
        digits = digits << 1 | bit;
        value = u64::try_from(next).expect("below 2 in 32 bits after the point");
    }
    whole << 16 | digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_ascend_from_the_least() {
        for latency in [
            Latency::fixed_ns(7),
            Latency::uniform_ns(0, 0),
            Latency::uniform_ns(5, 8),
            Latency::uniform_ns(1_000_000, 20_000_000),
            Latency::uniform_ns(9, 3),
            Latency::uniform_ns(0, u64::MAX),
            Latency::exponential_ns(100, 1_000),
            Latency::exponential_ns(0, u64::MAX),
            Latency::default(),
        ] {
            assert!(latency.times_ns.is_sorted(), "{latency:?}");
            assert!(latency.bound() >= 1);
        }
        assert_eq!(Latency::uniform_ns(5, 8).times_ns, [5, 6, 7, 8]);
        assert_eq!(Latency::of_ns(&[3, 1, 2]).map(|latency| latency.ns(0)), Some(1));
        assert_eq!(Latency::of_ns(&[]), None);
    }

    #[test]
    fn half_of_an_exponential_lies_within_one_half() {
        let latency = Latency::exponential_ns(1_000, 1_000_000);
        assert_eq!(latency.ns(0), 1_000);
        assert_eq!(latency.ns(32), 1_001_000);
        assert_eq!(latency.ns(48), 2_001_000);
        assert_eq!(latency.ns(62), 5_001_000);
    }

    #[test]
    fn logarithms_are_exact_where_they_are_whole() {
        for n in 0..6 {
            assert_eq!(log2_16(64, 64 >> n), n << 16);
        }
        // log2(3) = 1.58496...
        assert_eq!(log2_16(3, 1), 103_872);
    }
}
