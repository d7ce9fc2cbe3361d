//! Virtual time for a reader.
//!
//! Rounds down. Invariant: of two moments of a run, the later one is never told as the earlier.

/// A moment: in microseconds with two decimals in the first ten milliseconds, and else in seconds with six.
#[must_use]
pub fn moment(at_ns: u64) -> String {
    match at_ns {
        0..10_000_000 => format!("{}.{:02} µs", at_ns / 1_000, at_ns % 1_000 / 10),
        _ => format!("{}.{:06} s", at_ns / 1_000_000_000, at_ns % 1_000_000_000 / 1_000),
    }
}

/// A length of time in the unit that suits it.
#[must_use]
pub fn duration(ns: u64) -> String {
    let (whole, part, unit) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (ns / 1_000, ns % 1_000, "µs"),
        1_000_000..1_000_000_000 => (ns / 1_000_000, ns / 1_000 % 1_000, "ms"),
        _ => (ns / 1_000_000_000, ns / 1_000_000 % 1_000, "s"),
    };
    let decimals = format!(".{part:03}");
    format!("{whole}{} {unit}", decimals.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_the_unit_that_suits_it() {
        let lengths = [0, 999, 1_000, 25_050, 1_000_000, 5_000_000_000, 23_000_090_720];
        let told = ["0 ns", "999 ns", "1 µs", "25.05 µs", "1 ms", "5 s", "23 s"];
        assert_eq!(lengths.map(duration), told);
    }

    #[test]
    fn a_moment_of_a_short_run_is_told_more_exactly() {
        let moments = [0, 9_850, 9_999_999, 10_000_000, 4_000_018_430];
        assert_eq!(moments.map(moment), ["0.00 µs", "9.85 µs", "9999.99 µs", "0.010000 s", "4.000018 s"]);
    }
}
