//! The rows as a table, and one at a time.
//!
//! Does not measure. Invariant: what was not found is said as plainly as what was.

use super::figures::{Figures, Known, Mended, Smallest};
use super::published::Published;
use crate::commands::compare::table::time;

/// The heads of the columns.
const HEADS: [&str; 7] = ["row", "found", "runs", "time", "preemptions", "mended", "plain threads"];

/// Everything about one row.
#[must_use]
pub(super) fn one(published: &Published, figures: &Figures) -> String {
    let Figures { row, by, others, small, mended, .. } = figures;
    let [_, found, runs, time, ..] = cells(published, figures);
    let mut lines = vec![
        format!("{row} ({})", published.link),
        format!("  found in {found} ranges, after {runs} runs and {time} in the median"),
    ];
    if !by.is_empty() {
        let by: Vec<String> = by.iter().map(|(family, count)| format!("{family} {count}")).collect();
        lines.push(format!("  first by: {}", by.join(", ")));
    }
    if let Some(Smallest { signature, decisions, preemptions, stalls, token, .. }) = small {
        lines.push(format!("  {signature}"));
        lines.push(format!(
            "  made small: decisions {decisions}, preemptions {preemptions}, stalls {stalls}; published: preemptions {}",
            published.preemptions
        ));
        lines.extend(token.as_ref().map(|token| format!("  cargo xtask sim --seed {token}")));
    }
    lines.extend(window(figures));
    for (signature, runs) in others {
        lines.push(format!("  besides, in {runs} runs: {signature}"));
    }
    for (signature, seed) in &mended.failures {
        lines.push(format!("  where it is mended, from seed {seed}: {signature}"));
    }
    for (signature, Known { first, runs }) in &mended.known {
        lines.push(format!(
            "  another bug where it is mended, in {runs} runs, from seed {first}: {signature}"
        ));
    }
    lines.push(format!("  mended: {}; plain threads: {}", mended_words(figures), published.stress));
    lines.join("\n")
}

/// The operations whose order decides, in two lines.
fn window(figures: &Figures) -> Vec<String> {
    let window = figures.small.as_ref().and_then(|small| small.window.as_ref());
    let words =
        |(first, second): &(String, String)| vec![format!("    {first}"), format!("    before {second}")];
    window.map(words).unwrap_or_default()
}

/// All rows, aligned, with the operations whose order decides below each.
#[must_use]
pub(super) fn whole(all: &[(Published, Figures)]) -> String {
    let heads = HEADS.map(String::from);
    let texts: Vec<[String; 7]> = all.iter().map(|(published, figures)| cells(published, figures)).collect();
    let width = |column: usize| {
        texts.iter().chain([&heads]).map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..7).map(width).collect();
    let mut lines = vec![line(&heads, &widths)];
    for ((_, figures), text) in all.iter().zip(&texts) {
        lines.push(line(text, &widths));
        lines.extend(window(figures));
    }
    let count = |is: fn(&Figures) -> bool| all.iter().filter(|(_, figures)| is(figures)).count();
    lines.push(format!(
        "{} of {} found; where they are mended, {} clean and {} with another bug",
        count(Figures::is_found),
        all.len(),
        count(Figures::is_clean),
        count(|figures| figures.is_mended() && !figures.is_clean())
    ));
    lines.join("\n")
}

fn cells(published: &Published, figures: &Figures) -> [String; 7] {
    let Figures { row, buggy, small, .. } = figures;
    let runs = buggy.runs_median().map_or_else(|| format!("> {}", buggy.cap), |runs| runs.to_string());
    let spent = buggy.spent_median_ns().map_or_else(|| String::from("-"), time);
    let small = small.as_ref().map_or_else(
        || String::from("-"),
        |small| format!("{} ({})", small.preemptions + small.stalls, published.preemptions),
    );
    [
        row.strip_prefix("wild-").unwrap_or(row).to_owned(),
        format!("{} of {}", buggy.found(), buggy.first.len()),
        runs,
        spent,
        small,
        mended_words(figures),
        published.stress.clone(),
    ]
}

fn mended_words(figures: &Figures) -> String {
    let Mended { runs, failures, known } = &figures.mended;
    match (failures.len(), known.len()) {
        (0, 0) => format!("clean in {runs}"),
        (0, _) => {
            let times: u64 = known.values().map(|known| known.runs).sum();
            format!("another bug, {times} of {runs}")
        }
        _ => format!("failures in {runs}"),
    }
}

/// The first and the last column from the left, the figures from the right.
fn line(texts: &[String; 7], widths: &[usize]) -> String {
    let mut line = format!("{:<1$}", texts[0], widths[0]);
    for (text, width) in texts.iter().zip(widths).take(6).skip(1) {
        line.push_str(&format!("  {text:>width$}"));
    }
    line.push_str(&format!("  {}", texts[6]));
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::commands::compare::figures::Measured;

    fn published(row: &str) -> Published {
        let (row, link) = (row.to_owned(), String::from("https://example.org/1"));
        Published { row, link, preemptions: 1, stress: String::from("2-30 runs") }
    }

    fn figures(row: &str, first: &[Option<u64>], failures: &[&str]) -> Figures {
        let measured = Measured {
            cap: 100,
            first: first.to_vec(),
            spent_ns: first.iter().map(|runs| runs.unwrap_or(100) * 1_000_000).collect(),
            runs: first.iter().map(|runs| runs.unwrap_or(100)).sum(),
        };
        let small = measured.runs_median().map(|_| Smallest {
            signature: String::from("deadlock in main"),
            decisions: 2,
            preemptions: 1,
            stalls: 0,
            token: Some(String::from("pf1-abc")),
            window: Some((String::from("main: give at a.rs:1"), String::from("worker: take at b.rs:2"))),
        });
        let failures = failures.iter().map(|signature| ((*signature).to_owned(), 7)).collect();
        Figures {
            row: row.to_owned(),
            by: measured.runs_median().map(|_| (String::from("walk"), 2)).into_iter().collect(),
            buggy: measured,
            others: BTreeMap::new(),
            small,
            mended: Mended { runs: 500, failures, known: BTreeMap::new() },
        }
    }

    #[test]
    fn what_was_not_found_is_said_as_plainly() {
        let all = [
            (published("wild-a"), figures("wild-a", &[Some(3), Some(40)], &[])),
            (published("wild-long"), figures("wild-long", &[None, None], &["panic"])),
            (
                published("wild-other"),
                Figures {
                    mended: Mended {
                        runs: 500,
                        known: [(String::from("heap: double free"), Known { first: 9, runs: 3 })].into(),
                        ..Mended::default()
                    },
                    ..figures("wild-other", &[Some(1), Some(2)], &[])
                },
            ),
        ];
        insta::assert_snapshot!("whole", whole(&all));
        insta::assert_snapshot!("found", one(&all[0].0, &all[0].1));
        insta::assert_snapshot!("not_found", one(&all[1].0, &all[1].1));
        insta::assert_snapshot!("with_another_bug", one(&all[2].0, &all[2].1));
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let figures = figures("wild-a", &[None, Some(3), Some(4)], &["panic"]);
        let line = serde_json::to_string(&figures).expect("plain data");
        assert_eq!(serde_json::from_str::<Figures>(&line).expect("it was written"), figures);
    }
}
