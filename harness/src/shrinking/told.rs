//! A small run's reasons in words.
//!
//! Does not know how they were found. Invariant: what was not found out is not claimed.

use std::fmt;

use photofinish_shrink::{Cost, Minimal, Why};

use super::Small;
use super::explain::{Explained, Explanation, Operation};

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.decisions.is_empty() {
            return writeln!(f, "  why: no decision is needed; the boring schedule does this");
        }
        writeln!(f, "  why")?;
        for (number, decision) in self.decisions.iter().enumerate() {
            write!(f, "    {}. ", number + 1)?;
            decision.tell(f, &self.signature)?;
        }
        Ok(())
    }
}

impl Explained {
    fn tell(&self, f: &mut fmt::Formatter<'_>, signature: &str) -> fmt::Result {
        let Self { thread, undone, pair, meant } = self;
        match meant {
            Some(meant) => write!(f, "without {meant}, the run ")?,
            None => write!(f, "without what is decided of {thread}, the run ")?,
        }
        match undone.as_deref() {
            None => writeln!(f, "passes")?,
            Some(same) if same == signature => writeln!(f, "fails just so")?,
            Some(other) => writeln!(f, "fails otherwise: {other}")?,
        }
        let Some(pair) = pair else { return Ok(()) };
        writeln!(f, "       {}", pair.first)?;
        writeln!(f, "       came before")?;
        writeln!(f, "       {}", pair.second)?;
        writeln!(f, "       (both orders were replayed: the other one does not fail so)")
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} at {}", self.thread, self.function, self.line)?;
        // Often the innermost is a helper that many call.
        match self.stack.iter().find(|(_, line)| *line != self.line) {
            Some((function, line)) => write!(f, ", called by {function} at {line}"),
            None => Ok(()),
        }
    }
}

impl Small {
    /// What became of its decisions, and whether all that are left are needed: lines for below its story.
    #[must_use]
    pub fn made_small(&self) -> String {
        let Self { stats, minimal, explanation, .. } = self;
        let runs = stats.runs + explanation.runs;
        let (before, after) = (counted(&stats.before), counted(&stats.after));
        format!("  made small: {before} before, {after} after\n  {}; {runs} runs\n", words(*minimal))
    }

    /// The same, and what each of the decisions that are left does.
    #[must_use]
    pub fn reasons(&self) -> String {
        let Self { plan, explanation, .. } = self;
        let more = plan.decisions.len().saturating_sub(explanation.decisions.len());
        let more = if more == 0 { String::new() } else { format!("    and {more} more, not looked at\n") };
        format!("{}{explanation}{more}", self.made_small())
    }
}

/// How many decisions a run takes, by what they are to a reader.
fn counted(cost: &Cost) -> String {
    let several = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    let kinds = [
        several(cost.preemptions, "preemption", "preemptions"),
        several(cost.stalls, "stall", "stalls"),
        several(cost.faults_and_reordering, "fault or reordering", "faults or reorderings"),
        several(cost.other, "other", "other"),
    ];
    let kinds: Vec<String> = kinds.into_iter().flatten().collect();
    if kinds.is_empty() {
        return String::from("no decision");
    }
    format!("{} ({})", cost.decisions(), kinds.join(", "))
}

/// Whether each decision that is left is needed, in words.
pub(crate) fn words(minimal: Minimal) -> &'static str {
    match minimal {
        Minimal::Proved => "minimal: without any one of its decisions it does not fail so",
        Minimal::NotProved(Why::Budget) => "perhaps not minimal: the runs were used up",
        Minimal::NotProved(Why::Stopped) => "perhaps not minimal: the time was over",
        Minimal::NotProved(Why::Unsteady) => "perhaps not minimal: the program does not repeat",
    }
}

#[cfg(test)]
mod tests {
    use photofinish_sim::choice::Kind;
    use photofinish_sim::plan::{Answer, Decision, Plan};
    use photofinish_sim::thread::Pedigree;

    use super::*;

    fn check(meant: Option<&str>, undone: Option<&str>, expected: &str) {
        let (undone, meant) = (undone.map(str::to_owned), meant.map(str::to_owned));
        let decision = Explained { thread: String::from("io"), undone, pair: None, meant };
        let told = Explanation { decisions: vec![decision], runs: 1, signature: String::from("lost") };
        assert_eq!(told.to_string(), format!("  why\n    1. without {expected}\n"));
    }

    #[test]
    fn a_decision_is_needed_or_not() {
        check(None, None, "what is decided of io, the run passes");
        check(None, Some("late"), "what is decided of io, the run fails otherwise: late");
        check(None, Some("lost"), "what is decided of io, the run fails just so");
        check(Some("a cut at 3 ms"), None, "a cut at 3 ms, the run passes");
    }

    #[test]
    fn decisions_are_counted_by_what_they_are() {
        let check = |cost: Cost, decisions: u64, expected: &str| {
            let decision = |points| Decision {
                thread: Pedigree::default(),
                points,
                kind: Kind::Preempt,
                nth: 0,
                answer: Answer::Hold,
            };
            let plan = Plan { decisions: (0..decisions).map(decision).collect() };
            assert_eq!(counted(&Cost { plan, ..cost }), expected);
        };
        check(Cost::default(), 0, "no decision");
        check(Cost { preemptions: 1, stalls: 2, ..Cost::default() }, 3, "3 (1 preemption, 2 stalls)");
        check(
            Cost { faults_and_reordering: 1, other: 4, ..Cost::default() },
            5,
            "5 (1 fault or reordering, 4 other)",
        );
    }
}
