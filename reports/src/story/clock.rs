//! Virtual time for a reader.
//!
//! Rounds down, and does not know where a column ends. Invariant: times of one [`Clock`] have the same unit and as many decimals, so that
//! they stand below one another.

/// The unit of a column of times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// For a run of less than ten milliseconds.
    #[default]
    Micros,
    /// For a longer one.
    Seconds,
}

impl Clock {
    /// The unit in which times up to this one are read best.
    #[must_use]
    pub const fn up_to(last_ns: u64) -> Self {
        if last_ns < 10_000_000 { Self::Micros } else { Self::Seconds }
    }

    /// The unit's name.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Micros => "µs",
            Self::Seconds => "s",
        }
    }

    /// A time, without its unit.
    #[must_use]
    pub fn at(self, at_ns: u64) -> String {
        match self {
            Self::Micros => format!("{}.{:02}", at_ns / 1_000, at_ns % 1_000 / 10),
            Self::Seconds => format!("{}.{:06}", at_ns / 1_000_000_000, at_ns % 1_000_000_000 / 1_000),
        }
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
    fn times_of_a_column_have_as_many_decimals() {
        assert_eq!(Clock::up_to(61_750).at(9_850), "9.85");
        assert_eq!(Clock::up_to(4_000_018_430).at(4_000_018_430), "4.000018");
    }
}
