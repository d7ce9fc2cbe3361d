//! How the clocks of a host go beside virtual time.
//!
//! Knows nothing else. Invariant: both ways are exact in integers and never go back, and a clock without drift shows virtual time.

use crate::limits::{MONOTONIC_START_NS, REALTIME_START_NS};

/// The most that a clock may go wrong, in parts per million: `adjtimex(2)` allows 500; a broken oscillator does more.
pub const DRIFT_PPM_MAX: i32 = 100_000;

const MILLION: i128 = 1_000_000;

/// How the clocks of a host go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostClock {
    /// What `CLOCK_REALTIME` is ahead of the true time when the run begins.
    pub skew_ns: i64,
    /// What all its clocks go too fast, in parts per million, up to [`DRIFT_PPM_MAX`] either way.
    pub drift_ppm: i32,
}

impl HostClock {
    fn rate(self) -> i128 {
        MILLION + i128::from(self.drift_ppm.clamp(-DRIFT_PPM_MAX, DRIFT_PPM_MAX))
    }

    /// What the host takes for nanoseconds since the run began, when virtual time says so many.
    #[must_use]
    pub fn elapsed_ns(self, now_ns: u64) -> u64 {
        if self.drift_ppm == 0 {
            return now_ns;
        }
        u64::try_from(i128::from(now_ns) * self.rate() / MILLION).unwrap_or(u64::MAX)
    }

    /// The first virtual time at which [`HostClock::elapsed_ns`] says so many.
    #[must_use]
    pub fn virtual_ns(self, elapsed_ns: u64) -> u64 {
        if self.drift_ppm == 0 {
            return elapsed_ns;
        }
        let scaled = i128::from(elapsed_ns) * MILLION;
        let rate = self.rate();
        u64::try_from((scaled + rate - 1) / rate).unwrap_or(u64::MAX)
    }

    /// The virtual time at which the host takes so many more nanoseconds to have passed.
    #[must_use]
    pub fn after_ns(self, now_ns: u64, ns: u64) -> u64 {
        if self.drift_ppm == 0 {
            return now_ns.saturating_add(ns);
        }
        self.virtual_ns(self.elapsed_ns(now_ns).saturating_add(ns))
    }

    /// `CLOCK_MONOTONIC`.
    #[must_use]
    pub fn monotonic_ns(self, now_ns: u64) -> u64 {
        MONOTONIC_START_NS.saturating_add(self.elapsed_ns(now_ns))
    }

    /// `CLOCK_REALTIME`.
    #[must_use]
    pub fn realtime_ns(self, now_ns: u64) -> u64 {
        self.realtime_start_ns().saturating_add(self.elapsed_ns(now_ns))
    }

    /// `CLOCK_REALTIME` when the run begins.
    #[must_use]
    pub fn realtime_start_ns(self) -> u64 {
        REALTIME_START_NS.saturating_add_signed(self.skew_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_without_drift_is_virtual_time() {
        let clock = HostClock { skew_ns: -5, drift_ppm: 0 };
        assert_eq!(clock.elapsed_ns(123), 123);
        assert_eq!(clock.realtime_ns(10), REALTIME_START_NS + 5);
        assert_eq!(clock.monotonic_ns(10), MONOTONIC_START_NS + 10);
    }

    #[test]
    fn a_wait_by_a_drifting_clock_ends_when_that_clock_says_so() {
        for drift_ppm in [-100_000, -500, -1, 1, 37, 500, 100_000] {
            let clock = HostClock { skew_ns: 0, drift_ppm };
            for now_ns in [0, 1, 999_999, 1_000_000_007, 86_400_000_000_123] {
                for ns in [0, 1, 10, 1_000_003, 30_000_000_000] {
                    let end_ns = clock.after_ns(now_ns, ns);
                    assert!(
                        clock.elapsed_ns(end_ns) >= clock.elapsed_ns(now_ns) + ns,
                        "{drift_ppm} {now_ns} {ns}"
                    );
                    assert!(
                        end_ns == 0
                            || clock.elapsed_ns(end_ns - 1) < clock.elapsed_ns(now_ns) + ns
                            || end_ns <= now_ns,
                        "not the first: {drift_ppm} {now_ns} {ns}"
                    );
                }
            }
        }
        assert_eq!(HostClock { skew_ns: 0, drift_ppm: 100 }.elapsed_ns(1_000_000_000), 1_000_100_000);
    }
}
