//! A sweep for a job's summary: what is new, what came back, what is fixed, and what to type.
//!
//! Does not interpret. Invariant: what a program wrote stands in `<code>` as in a run's own summary ([`crate::markdown`]), or in a fence
//! longer than any in it.

use std::fmt::{Result, Write};

use super::baseline;
use super::sums::{counted, grouped, rate};
use super::{Expected, Kept, News, Signature, SweepRecord, Totals, Variant, Verdict};
use crate::markdown::code;
use crate::story::text::visible;

/// Failures of a kind that are told one by one; of the others it is said how many there are.
const TOLD_MAX: usize = 50;

/// Longer tokens are left out of tables.
const TOKEN_MAX: usize = 1_000;

/// Writes a sweep as Markdown.
///
/// # Errors
/// Those of `out`.
pub fn markdown(record: &SweepRecord, out: &mut impl Write) -> Result {
    head(record, out)?;
    complaints(record, out)?;
    baseline::markdown(record, out)?;
    told("New failures", &of(record, News::New), out)?;
    told("Came back after they were fixed", &of(record, News::Back), out)?;
    told("Known to the corpus, and not expected", &unexpected(record), out)?;
    told("Could not be judged", &of(record, News::Unjudged), out)?;
    told("Fixed", &of(record, News::Fixed), out)?;
    known(record, out)?;
    variants(record, out)?;
    notes(record, out)?;
    missed(record, out)
}

fn head(record: &SweepRecord, out: &mut impl Write) -> Result {
    let Totals { variants, runs, passed, points, failures, .. } = record.totals;
    let ms = record.took_ms;
    writeln!(out, "## Sweep: {}\n", record.sentence())?;
    fence(&record.command, out)?;
    writeln!(
        out,
        "\n{} of {} of {} passed in {}.{} s ({} runs/s, {} scheduling points/s); {}.",
        grouped(passed),
        counted(runs, "run"),
        counted(variants, "program"),
        ms / 1_000,
        ms % 1_000 / 100,
        rate(runs, ms),
        rate(points, ms),
        counted(failures, "different failure"),
    )?;
    let machine = &record.machine;
    let each: Vec<String> =
        record.builds.iter().map(|(executable, build)| format!("{} of {executable}", code(build))).collect();
    writeln!(
        out,
        "Strategy {}, {}; {} on {}, {}; build {}.",
        code(&record.strategy),
        record.range(),
        counted(machine.jobs, "job"),
        counted(machine.cores, "processor"),
        code(&machine.system),
        if each.is_empty() { code(&record.build) } else { each.join(" and ") }
    )
}

fn complaints(record: &SweepRecord, out: &mut impl Write) -> Result {
    if record.totals.broken == 0 {
        return Ok(());
    }
    writeln!(out, "\n### Not as expected\n")?;
    for variant in record.variants.iter().filter(|variant| variant.kept == Kept::No) {
        for complaint in &variant.complaints {
            writeln!(out, "- {}: {}", code(&variant.program()), code(&complaint.words))?;
        }
    }
    Ok(())
}

fn of(record: &SweepRecord, news: News) -> Vec<(&Variant, &Signature)> {
    record.of(news).collect()
}

/// What is known and makes a variant other than expected: whoever has to repair it wants its command.
fn unexpected(record: &SweepRecord) -> Vec<(&Variant, &Signature)> {
    let is_meant = |(variant, signature): &(&Variant, &Signature)| {
        variant.kept == Kept::No && signature.expected == Expected::No && signature.excuse.is_none()
    };
    record.of(News::Known).filter(is_meant).collect()
}

/// Failures of a kind, one by one.
fn told(title: &str, all: &[(&Variant, &Signature)], out: &mut impl Write) -> Result {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### {title}\n")?;
    for (variant, signature) in all.iter().take(TOLD_MAX) {
        writeln!(out, "- {}: {}", code(&variant.program()), words(variant, signature))?;
        for line in &signature.detail {
            writeln!(out, "  <br>{}", code(line))?;
        }
        if let Some(pair) = signature.small.as_ref().and_then(|small| small.pair.as_ref()) {
            writeln!(out, "  <br>{}", code(pair))?;
        }
        if let Some(replay) = signature.replay.as_ref().filter(|_| signature.news != News::Fixed) {
            writeln!(out)?;
            let mut fenced = String::new();
            fence(replay, &mut fenced)?;
            fenced.lines().try_for_each(|line| writeln!(out, "  {line}"))?;
        }
    }
    match all.len().saturating_sub(TOLD_MAX) {
        0 => Ok(()),
        more => writeln!(out, "- and {more} more"),
    }
}

/// What is known, folded: whoever reads a summary wants the news.
fn known(record: &SweepRecord, out: &mut impl Write) -> Result {
    let count = record.of(News::Known).count();
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "\n<details><summary>{}</summary>\n", counted(count as u64, "known failure"))?;
    writeln!(out, "| Corpus | Program | Signature | Runs | Smallest | Token |")?;
    writeln!(out, "| ---: | --- | --- | ---: | ---: | --- |")?;
    for (variant, signature) in record.of(News::Known).take(TOLD_MAX) {
        let number = signature.corpus.map(|id| format!("&#35;{id}")).unwrap_or_default();
        let small = signature.small.as_ref();
        let decisions = small.and_then(|small| small.decisions).or(signature.decisions);
        // One that is cut is none.
        let token = small.map(|small| &small.token).filter(|token| token.len() <= TOKEN_MAX);
        writeln!(
            out,
            "| {number} | {} | {} | {} of {} | {} | {} |",
            code(&variant.program()),
            code(&signature.signature),
            grouped(signature.runs),
            grouped(variant.runs),
            decisions.map(grouped).unwrap_or_default(),
            token.map(|token| code(token)).unwrap_or_default(),
        )?;
    }
    match count.saturating_sub(TOLD_MAX) {
        0 => {}
        more => writeln!(out, "| | and {more} more | | | | |")?,
    }
    writeln!(out, "\n</details>")
}

fn variants(record: &SweepRecord, out: &mut impl Write) -> Result {
    writeln!(out, "\n<details><summary>{}</summary>\n", counted(record.totals.variants, "program"))?;
    writeln!(
        out,
        "| Program | Expectation | Runs | Passed | Failures | Runs/s of a job | Points/s of a job |"
    )?;
    writeln!(out, "| --- | --- | ---: | ---: | ---: | ---: | ---: |")?;
    for variant in &record.variants {
        let kept = match variant.kept {
            Kept::Yes => "kept",
            Kept::No => "**broken**",
            Kept::Unjudged => "not judged",
        };
        let failures = variant.signatures.iter().filter(|signature| signature.news != News::Fixed).count();
        writeln!(
            out,
            "| {} | {kept} | {} | {} | {failures} | {} | {} |",
            code(&variant.program()),
            grouped(variant.runs),
            grouped(variant.passed),
            rate(variant.runs, variant.spent_ms),
            rate(variant.points, variant.spent_ms),
        )?;
    }
    writeln!(out, "\n</details>")
}

fn notes(record: &SweepRecord, out: &mut impl Write) -> Result {
    let notes =
        record.variants.iter().flat_map(|variant| variant.notes.iter().map(move |note| (variant, note)));
    let notes: Vec<(&Variant, &String)> = notes.collect();
    if notes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n<details><summary>{}</summary>\n", counted(notes.len() as u64, "note"))?;
    for (variant, note) in notes {
        writeln!(out, "- {}: {}", code(&variant.program()), code(note))?;
    }
    writeln!(out, "\n</details>")
}

fn missed(record: &SweepRecord, out: &mut impl Write) -> Result {
    if record.missed.is_empty() {
        return Ok(());
    }
    let marks = counted(record.missed.len() as u64, "mark");
    writeln!(out, "\n<details><summary>{marks} that no run came by</summary>\n")?;
    record.missed.iter().try_for_each(|mark| writeln!(out, "- {}", code(mark)))?;
    writeln!(out, "\n</details>")
}

/// A failure, how often it showed, and how small it is.
fn words(variant: &Variant, signature: &Signature) -> String {
    let mut words = code(&signature.signature);
    words += match signature.verdict {
        Verdict::Diverged => ", which did not repeat",
        Verdict::Bug => ", a bug of Photofinish",
        Verdict::Inconclusive => ", inconclusive",
        Verdict::Pass | Verdict::Fail => "",
    };
    if signature.runs > 0 {
        words += &format!(", {} of {}", grouped(signature.runs), counted(variant.runs, "run"));
    }
    if let Some(after) = signature.first_after {
        words += &format!(", first after {}", grouped(after));
    }
    let small = signature.small.as_ref().and_then(|small| small.decisions);
    match (small, signature.decisions) {
        (Some(small), _) => words += &format!(", made small: {}", counted(small, "decision")),
        (None, Some(decisions)) => words += &format!(", {}", counted(decisions, "decision")),
        (None, None) => {}
    }
    if let Some(id) = signature.corpus {
        words += &format!(", &#35;{id} of the corpus");
    }
    words
}

/// A command by itself, to be copied.
fn fence(text: &str, out: &mut impl Write) -> Result {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(out, "{fence}sh\n{}\n{fence}", visible(text))
}
