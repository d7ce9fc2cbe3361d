//! The faults that may strike a simulation, as its author describes them.
//!
//! Does not know which strike. Invariant: a description is plain data, and means the same in every simulation that has the hosts it names.

use std::ops::RangeInclusive;
use std::time::Duration;

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// turmoil's `partition`: what is on its way between two hosts is lost, and so is what they send.
    Partition,
    /// turmoil's `partition_oneway`: the same, from one of them to the other.
    OneWay,
    /// turmoil's `hold`: what two hosts send each other waits.
    Hold,
    /// What two hosts send each other takes longer.
    Slow,
    /// turmoil's `crash`, and later its `bounce`.
    Crash,
    /// turmoil's `bounce` at once.
    Bounce,
}

impl Kind {
    /// The method of [`Faults`] that asks for it.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Partition => "partitions",
            Self::OneWay => "partitions_oneway",
            Self::Hold => "holds",
            Self::Slow => "slows",
            Self::Crash => "crashes",
            Self::Bounce => "bounces",
        }
    }
}

/// The faults and latencies that the search may choose from.
///
/// Each run has a few *slots*, and what fills one is one decision: nothing, or which fault strikes whom, when and for how long. Two that strike
/// one link at the same time act together, and the link is well when both are over.
///
/// A host that crashes or bounces must be one made by `Sim::host`: turmoil cannot crash a client, and panics.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing strikes a simulation that is not told: `Simulation::faults`"]
pub struct Faults {
    pub(crate) kinds: Vec<(Kind, Fault)>,
    pub(crate) slots: Option<u32>,
    pub(crate) latency: Option<RangeInclusive<Duration>>,
}

impl Faults {
    /// No faults, and the latencies that turmoil's builder was given.
    pub fn none() -> Self {
        Self::default()
    }

    /// Two hosts are cut off from each other, and the cut is repaired.
    pub fn partitions(self, fault: Fault) -> Self {
        self.with(Kind::Partition, fault)
    }

    /// A host can no longer send to another, which still can send to it, and the cut is repaired.
    pub fn partitions_oneway(self, fault: Fault) -> Self {
        self.with(Kind::OneWay, fault)
    }

    /// What two hosts send each other is held, and released in the end.
    pub fn holds(self, fault: Fault) -> Self {
        self.with(Kind::Hold, fault)
    }

    /// What two hosts send each other takes `latency` for a while.
    pub fn slows(self, latency: Duration, fault: Fault) -> Self {
        self.with(Kind::Slow, Fault { latency, ..fault })
    }

    /// These hosts lose their programs and what those hold in memory, and are started again.
    pub fn crashes<Hosts>(self, hosts: Hosts, fault: Fault) -> Self
    where
        Hosts: IntoIterator<Item: Into<String>>,
    {
        self.with(Kind::Crash, fault.of(hosts))
    }

    /// These hosts are restarted at once.
    pub fn bounces<Hosts>(self, hosts: Hosts, fault: Fault) -> Self
    where
        Hosts: IntoIterator<Item: Into<String>>,
    {
        self.with(Kind::Bounce, fault.of(hosts))
    }

    /// The latency of each link is chosen, for the whole run: the least, twice that, and so on up to the most. Without this it is what
    /// turmoil's builder was given, drawn by turmoil from its own seed.
    ///
    /// # Panics
    /// Unless the range begins above 0, and ends no earlier than it begins.
    pub fn latency(mut self, range: RangeInclusive<Duration>) -> Self {
        check(&range);
        self.latency = Some(range);
        self
    }

    /// Up to so many faults strike in one run; otherwise two.
    pub fn up_to(mut self, faults: u32) -> Self {
        self.slots = Some(faults);
        self
    }

    fn with(mut self, kind: Kind, fault: Fault) -> Self {
        self.kinds.push((kind, fault));
        self
    }
}

/// One kind of fault: when, for how long, and whom it may hit.
#[derive(Clone, Debug)]
#[must_use = "it strikes as part of `Faults`"]
pub struct Fault {
    pub(crate) within: RangeInclusive<Duration>,
    pub(crate) every: Duration,
    pub(crate) lasting: RangeInclusive<Duration>,
    /// Everybody, if nobody is named.
    pub(crate) hosts: Vec<String>,
    pub(crate) latency: Duration,
}

impl Fault {
    /// At some moment of this time of turmoil's, one in each 10 ms, for 100 ms to 1.6 s, between any two hosts.
    ///
    /// # Panics
    /// For a time that ends before it begins.
    pub fn within(time: RangeInclusive<Duration>) -> Self {
        assert!(time.start() <= time.end(), "no time: {time:?}");
        let ms = Duration::from_millis;
        let (hosts, latency) = (Vec::new(), Duration::ZERO);
        Self { within: time, every: ms(10), lasting: ms(100)..=ms(1600), hosts, latency }
    }

    /// The moments are so far from each other. The fewer there are, the sooner all of them have been tried.
    ///
    /// # Panics
    /// If it is no time at all.
    pub fn every(mut self, step: Duration) -> Self {
        assert!(!step.is_zero(), "moments with nothing between them: there is no end of them");
        self.every = step;
        self
    }

    /// For how long: the least, twice that, and so on up to the most. For a bounce it means nothing.
    ///
    /// # Panics
    /// Unless the range begins above 0, and ends no earlier than it begins.
    pub fn lasting(mut self, range: RangeInclusive<Duration>) -> Self {
        check(&range);
        self.lasting = range;
        self
    }

    /// It hits these hosts alone: of links, those between two of them.
    pub fn of<Hosts>(mut self, hosts: Hosts) -> Self
    where
        Hosts: IntoIterator<Item: Into<String>>,
    {
        self.hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// The moments at which it may strike.
    pub(crate) fn moments(&self) -> impl Iterator<Item = Duration> + use<> {
        let end = *self.within.end();
        let every = self.every;
        core::iter::successors(Some(*self.within.start()), move |at| at.checked_add(every))
            .take_while(move |at| *at <= end)
    }
}

fn check(range: &RangeInclusive<Duration>) {
    let (least, most) = (*range.start(), *range.end());
    assert!(!least.is_zero() && least <= most, "no durations: {range:?}");
}

/// The least, twice that, and so on, and the most.
pub(crate) fn doubling(range: &RangeInclusive<Duration>) -> Vec<Duration> {
    let (least, most) = (*range.start(), *range.end());
    let doubled = core::iter::successors(Some(least), |length| length.checked_mul(2));
    doubled.take_while(|length| *length < most).chain([most]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn durations_double_from_the_least_to_the_most() {
        let check = |from, to, expected: &[u64]| {
            let expected: Vec<Duration> = expected.iter().copied().map(MS).collect();
            assert_eq!(doubling(&(MS(from)..=MS(to))), expected);
        };
        check(5, 5, &[5]);
        check(5, 20, &[5, 10, 20]);
        check(5, 21, &[5, 10, 20, 21]);
    }

    #[test]
    fn moments_are_as_far_apart_as_is_said() {
        let moments = |fault: Fault| fault.moments().collect::<Vec<Duration>>();
        assert_eq!(moments(Fault::within(MS(5)..=MS(34))), [MS(5), MS(15), MS(25)]);
        assert_eq!(moments(Fault::within(MS(5)..=MS(15)).every(MS(5))), [MS(5), MS(10), MS(15)]);
        assert_eq!(moments(Fault::within(MS(7)..=MS(7))), [MS(7)]);
    }
}
