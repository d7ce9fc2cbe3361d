//! What runs cost the processor, on both sides.
//!
//! Does not measure by itself. Invariant: what is told is the operating system's own account.

use std::time::Duration;

use super::Client;

impl Client {
    /// Processor time that the server, the processes of its runs and this process have taken so far, in the steps of the system's
    /// clock tick; none where `/proc` does not tell.
    #[must_use]
    pub fn processor_time(&self) -> Option<Duration> {
        let stat = |of: &str| std::fs::read_to_string(format!("/proc/{of}/stat")).ok();
        let server = ticks(&stat(&self.server.process.id().to_string())?, OWN_AND_CHILDREN)?;
        let client = ticks(&stat("self")?, OWN)?;
        Some(Duration::from_millis((server + client) * MS_PER_TICK))
    }
}

/// `USER_HZ` is 100 on every Linux there is.
const MS_PER_TICK: u64 = 10;

/// `utime` and `stime`.
const OWN: usize = 2;
/// Besides, `cutime` and `cstime`.
const OWN_AND_CHILDREN: usize = 4;

/// The first so many times of proc_pid_stat(5), in all. The name before them may hold anything.
fn ticks(stat: &str, count: usize) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let times: Option<Vec<u64>> =
        after_name.split_whitespace().skip(11).take(count).map(|field| field.parse().ok()).collect();
    times.filter(|times| times.len() == count).map(|times| times.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 100 20 3000 40000 20 0 1";
        assert_eq!(ticks(&format!("7 (load) {fields}"), OWN_AND_CHILDREN), Some(43_120));
        assert_eq!(ticks(&format!("7 (a ) b) {fields}"), OWN), Some(120));
        assert_eq!(ticks("7 (load) S 1 2", OWN), None);
    }
}
