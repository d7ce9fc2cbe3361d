//! Runs to the first failure on the kernels: what `cargo xtask compare` kept, as bars.
//!
//! Measures nothing: that takes hours, and `compare` does it. Invariant: a kernel that somebody found and we did not is not met.

use super::BenchArgs;
use super::bars::Judged;
use super::figures::Unit;
use crate::commands::compare::{Outcome, Row};

/// Ours with the default mix, and the best that theirs can do.
const OURS: &str = "photofinish";
const THEIRS: &str = "shuttle ";

/// One kernel: medians of ours and of the best of theirs, and whose that is; nothing where half the ranges found nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kernel {
    name: String,
    ours: Option<u64>,
    theirs: Option<(u64, String)>,
}

/// Prints the kernels' medians, and gives the bars that they are held to.
pub(super) fn tell(rows: &[Row], args: &BenchArgs) -> Vec<Judged> {
    if !args.json {
        crate::say!("\nfirst-failure: medians that `cargo xtask compare` kept; it measures anew");
    }
    let runs = kernels(rows, |outcome| match outcome {
        Outcome::Ran(measured) => measured.runs_median(),
        Outcome::Cannot(_) => None,
    });
    let spent = kernels(rows, |outcome| match outcome {
        Outcome::Ran(measured) => measured.spent_median_ns(),
        Outcome::Cannot(_) => None,
    });
    if !args.json {
        runs.iter().zip(&spent).for_each(|(runs, spent)| crate::say!("  {}", line(runs, spent)));
    }
    vec![judge("runs", &runs), judge("seconds", &spent)]
}

/// The kernels' medians.
fn kernels(rows: &[Row], median: impl Fn(&Outcome) -> Option<u64>) -> Vec<Kernel> {
    let ours = rows.iter().filter(|row| row.simulator == OURS && row.subject.starts_with("kernels/"));
    ours.map(|row| {
        let theirs = rows
            .iter()
            .filter(|other| other.subject == row.subject && other.simulator.starts_with(THEIRS))
            .filter_map(|other| Some((median(&other.outcome)?, other.simulator.clone())));
        Kernel { name: row.subject.clone(), ours: median(&row.outcome), theirs: theirs.min() }
    })
    .collect()
}

fn judge(what: &str, kernels: &[Kernel]) -> Judged {
    let is_worse = |kernel: &&Kernel| {
        let Some((theirs, _)) = kernel.theirs else { return false };
        kernel.ours.is_none_or(|ours| ours > theirs)
    };
    let worse: Vec<&str> = kernels.iter().filter(is_worse).map(|kernel| kernel.name.as_str()).collect();
    let number = match worse.as_slice() {
        [] => format!("on none of {}", kernels.len()),
        worse => format!("on {} of {}: {}", worse.len(), kernels.len(), worse.join(", ")),
    };
    Judged {
        bar: format!("never more {what} to the first failure than shuttle's best"),
        met: worse.is_empty(),
        number,
    }
}

fn line(runs: &Kernel, spent: &Kernel) -> String {
    let shown = |runs: Option<u64>, spent: Option<u64>| match (runs, spent) {
        (Some(runs), Some(ns)) => format!("{runs} runs, {}", Unit::Ns.shown(ns as f64)),
        _ => String::from("not found"),
    };
    let best = |kernel: &Kernel| kernel.theirs.as_ref().map(|(median, _)| *median);
    let who = match &runs.theirs {
        Some((_, who)) => format!(" ({who})"),
        None => String::new(),
    };
    let (ours, theirs) = (shown(runs.ours, spent.ours), shown(best(runs), best(spent)));
    format!("{:<28}  ours {ours:<20}  shuttle's best {theirs}{who}", runs.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: &str, simulator: &str, first: Option<u64>) -> Row {
        let first = first.map_or_else(|| String::from("null"), |first| first.to_string());
        let line = format!(
            r#"{{"subject":"{subject}","simulator":"{simulator}","cap":9,"first":[{first}],"spent_ns":[1000],"runs":9}}"#
        );
        serde_json::from_str(&line).expect("such a row")
    }

    fn medians(rows: &[Row]) -> Vec<Kernel> {
        kernels(rows, |outcome| match outcome {
            Outcome::Ran(measured) => measured.runs_median(),
            Outcome::Cannot(_) => None,
        })
    }

    #[test]
    fn the_best_of_theirs_counts_and_a_draw_is_met() {
        let check = |ours: Option<u64>, theirs: &[Option<u64>], met: bool| {
            let mut rows = vec![row("kernels/a", "photofinish", ours), row("b/c", "photofinish", Some(9))];
            rows.extend(theirs.iter().map(|first| row("kernels/a", "shuttle URW", *first)));
            let kernels = medians(&rows);
            assert_eq!(kernels.len(), 1);
            assert_eq!(judge("runs", &kernels).met, met, "{ours:?} {theirs:?}");
        };
        check(Some(3), &[Some(3), None], true);
        check(Some(3), &[Some(4), Some(2)], false);
        check(None, &[Some(4)], false);
        check(None, &[None], true);
        check(Some(8), &[], true);
    }

    #[test]
    fn a_kernel_that_we_lose_is_named() {
        let rows = [row("kernels/a", "photofinish", Some(7)), row("kernels/a", "shuttle PCT 2", Some(5))];
        let kernels = medians(&rows);
        assert_eq!(judge("runs", &kernels).number, "on 1 of 1: kernels/a");
        let told = line(&kernels[0], &kernels[0]);
        assert!(told.contains("ours 7 runs, 7.00 ns"), "{told}");
        assert!(told.ends_with("shuttle's best 5 runs, 5.00 ns (shuttle PCT 2)"), "{told}");
    }
}
