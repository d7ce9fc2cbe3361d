//! A sweep's line on the terminal: how far it is, runs per second, how many different failures, and the latest one.
//!
//! Knows no run. Invariant: nothing of it reaches a file or a pipe, but what [`Progress::note`] says.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use photofinish::sweep::Tally;

use super::plan::Budget;
use crate::moments::millis;

/// The latest signature is cut to so many characters, and the whole of it is told in the end.
const SIGNATURE_CHARS: usize = 48;

/// A sweep's line.
pub(super) struct Progress {
    bar: ProgressBar,
    budget: Budget,
    began: Instant,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    runs: u64,
    /// Program and signature.
    failures: BTreeSet<(String, String)>,
    latest: Option<String>,
}

impl Progress {
    /// Draws the line, if there is a terminal, for a sweep over so many variants.
    pub(super) fn new(budget: Budget, variants: usize) -> Self {
        let template = "{prefix} {wide_bar} {msg}";
        let style = ProgressStyle::with_template(template).expect("a valid template");
        let length = match budget {
            Budget::Seeds(seeds) => seeds.saturating_mul(variants as u64),
            Budget::Time(time) => millis(time),
        };
        let bar = ProgressBar::new(length).with_style(style);
        Self { bar, budget, began: Instant::now(), seen: Mutex::default() }
    }

    /// Counts runs of a program.
    pub(super) fn ran(&self, program: &str, tally: &Tally) {
        let mut seen = self.seen();
        seen.runs += tally.runs;
        for signature in tally.found.keys() {
            if seen.failures.insert((program.to_owned(), signature.clone())) {
                seen.latest = Some(signature.clone());
            }
        }
        let elapsed = self.began.elapsed();
        self.bar.set_position(match self.budget {
            Budget::Seeds(_) => seen.runs,
            Budget::Time(_) => millis(elapsed),
        });
        self.bar.set_prefix(program.to_owned());
        self.bar.set_message(message(&seen, elapsed));
    }

    /// Says something on standard error, in a line of its own.
    pub(super) fn note(&self, words: &str) {
        self.suspend(|| eprintln!("{words}"));
    }

    /// Does what writes to the terminal.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Removes the line.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nobody panics with it")
    }
}

fn message(seen: &Seen, elapsed: Duration) -> String {
    let rate = u128::from(seen.runs) * 1_000 / elapsed.as_millis().max(1);
    let mut words = format!("{} runs, {rate}/s, {} different failures", seen.runs, seen.failures.len());
    if let Some(latest) = &seen.latest {
        let mut shown: String = latest.chars().take(SIGNATURE_CHARS).collect();
        if shown.len() < latest.len() {
            shown.push('…');
        }
        words += &format!(", latest: {shown}");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_fast_how_many_and_what() {
        let mut seen = Seen { runs: 3_000, ..Seen::default() };
        assert_eq!(message(&seen, Duration::from_secs(2)), "3000 runs, 1500/s, 0 different failures");
        seen.failures.insert((String::from("a/b"), String::from("lost")));
        seen.latest = Some(String::from("lost"));
        assert_eq!(
            message(&seen, Duration::from_secs(2)),
            "3000 runs, 1500/s, 1 different failures, latest: lost"
        );
        seen.latest = Some("ü".repeat(60));
        assert!(message(&seen, Duration::from_secs(2)).ends_with(&format!(": {}…", "ü".repeat(48))));
        assert!(message(&seen, Duration::ZERO).starts_with("3000 runs, 3000000/s"), "no division by nothing");
    }
}
