//! What something took, and how much it did.
//!
//! It does not know what that was. Invariant: the time is that of the operations, without building or starting anything before.

use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;

/// What something took.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Timed {
    /// Operations that were done.
    operations: u64,
    /// Nanoseconds that they took.
    spent_ns: u64,
    /// The most memory that was there at one time, in KiB; 0 where the system does not tell.
    memory_kib: u64,
}

impl Timed {
    /// So many operations since then.
    pub(crate) fn since(began: Instant, operations: u64) -> Self {
        let spent_ns = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self { operations, spent_ns, memory_kib: peak_kib(&status).unwrap_or_default() }
    }
}

/// `VmHWM` of proc_pid_status(5).
fn peak_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Prints what was measured, or why nothing was.
pub(crate) fn answer(timed: Result<Timed, String>, usage: &str) -> ExitCode {
    match timed {
        Ok(timed) => {
            println!("{}", serde_json::to_string(&timed).expect("plain data has a JSON form"));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{usage}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_found_in_what_the_system_tells() {
        assert_eq!(peak_kib("Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t    5124 kB\n"), Some(5_124));
        assert_eq!(peak_kib("Name:\tx\n"), None);
        assert_eq!(peak_kib("VmHWM:\tmuch\n"), None);
    }
}
