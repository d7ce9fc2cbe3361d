//! Durations on the command line.
//!
//! Does not know what takes so long. Invariant: a duration that is read is longer than nothing.

use std::time::Duration;

/// Reads a duration, which must not be nothing.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration > Duration::ZERO => Ok(duration),
        Ok(_) => Err(String::from("no time is too little; try `10m`")),
        Err(error) => Err(format!("{error}; try `90s`, `10m` or `1h30m`")),
    }
}

/// Reads how long a failure may take to be made small.
pub(crate) fn parse_shrink(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => {
            Err(String::from("no time is too little; to make nothing small: `--no-shrink`"))
        }
        _ => parse_duration(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let check = |text: &str, seconds: Option<u64>| {
            assert_eq!(parse_duration(text).ok(), seconds.map(Duration::from_secs), "duration `{text}`");
        };
        check("90s", Some(90));
        check("10m", Some(600));
        check("1h 30m", Some(5_400));
        check("0s", None);
        check("10", None);
        check("-1s", None);
        check("", None);
        check("soon", None);
    }
}
