//! One seed of a target examined: the run, and for one that did not pass, and some that did, the same run again.
//!
//! Does not say why equal runs differ: of a target that is not ours nothing but its answers can be seen. Invariant: what is reported of a
//! failure was seen twice or says that it was not, and a run that the real clock ended is compared with nothing.

use photofinish_boundary::frames::{Check, Foreign};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::Event;

use super::judged::{HANG, judge};
use super::{Target, TargetError};
use crate::client::{Request, Run};
use crate::examine::Examined;
use crate::guard::{By, Cause, Difference, Percent, Side};
use crate::verdict::{Judgement, Verdict};

/// Makes a run; one that does not pass, or is drawn, is made again, and must be the same. Then the target is asked whether it sees by
/// itself that its runs repeat.
///
/// # Errors
/// The target could not make the run.
pub(super) fn examine<T: Target + ?Sized>(
    target: &mut T,
    request: &Request,
    guard: Percent,
) -> Result<Examined, TargetError> {
    let run = target.run(request)?;
    let judgement = judge(&run);
    if judgement.verdict == Verdict::Pass && !guard.draws(&request.program, request.seed) {
        return Ok(Examined { run, judgement, difference: None });
    }
    let again = target.run(request)?;
    let judged_again = judge(&again);
    let one = Seen { run: &run, judgement: &judgement };
    let other = Seen { run: &again, judgement: &judged_again };
    if one.is_from_outside() || other.is_from_outside() {
        return Ok(outside_of(one, other));
    }
    if is_other(&run, &again) || judgement != judged_again {
        let difference = difference(one, other);
        return Ok(differs(run, difference));
    }
    let foreign = Foreign { check: Check::Repeats, ..request.foreign.clone().unwrap_or_default() };
    let checked = judge(&target.run(&Request { foreign: Some(foreign), ..request.clone() })?);
    if checked.verdict == Verdict::Diverged {
        return Ok(differs(run, by_itself(&checked.detail)));
    }
    Ok(Examined { run, judgement, difference: None })
}

/// A run and what it means.
#[derive(Clone, Copy)]
struct Seen<'a> {
    run: &'a Run,
    judgement: &'a Judgement,
}

impl Seen<'_> {
    /// Whether real time, or somebody else, brought about how it ended.
    fn is_from_outside(&self) -> bool {
        matches!(self.run.ending, Ending::Escaped { .. } | Ending::Lost { .. } | Ending::Bug { .. })
    }

    /// How bad is what it proves by itself; nothing if it passed or nobody can tell, and a run may hang for want of a free core.
    fn proves(&self) -> u8 {
        match (&self.run.ending, self.judgement.verdict) {
            (Ending::Escaped { .. }, _) | (_, Verdict::Inconclusive) => 0,
            (_, verdict) => verdict.severity(),
        }
    }
}

/// Two runs of which one at least was ended from outside: what both show is known, and so is what one proves by itself. Otherwise nothing is.
fn outside_of(run: Seen<'_>, again: Seen<'_>) -> Examined {
    let (outside, other) = if run.is_from_outside() { (run, again) } else { (again, run) };
    if outside.judgement.signature == other.judgement.signature {
        return Examined { run: outside.run.clone(), judgement: outside.judgement.clone(), difference: None };
    }
    let (kept, beside) = if other.proves() > outside.proves() { (other, outside) } else { (outside, other) };
    let mut judgement = kept.judgement.clone();
    if kept.proves() == 0 {
        judgement.verdict = Verdict::Inconclusive;
        if judgement.signature.as_deref() == Some(HANG) {
            judgement.signature = Some(String::from("slow"));
        }
    }
    let beside = beside.judgement.signature.as_deref().unwrap_or("it passed");
    judgement.detail += &format!("\nmade twice, it did so once; the other time: {beside}");
    Examined { run: kept.run.clone(), judgement, difference: None }
}

/// Whether two runs differ in what may not.
fn is_other(one: &Run, other: &Run) -> bool {
    one.figures.events_hash != other.figures.events_hash || output(one) != output(other)
}

fn differs(run: Run, difference: Difference) -> Examined {
    Examined { run, judgement: difference.judgement(), difference: Some(difference) }
}

/// What the target has seen by itself.
fn by_itself(detail: &str) -> Difference {
    let evidence = detail.lines().map(str::to_owned).collect();
    Difference {
        cause: Cause::Unknown,
        evidence,
        event: None,
        sides: Vec::new(),
        pairs: 1,
        differed: 1,
        by: By::Target,
    }
}

/// Where two runs differ, as far as anybody can see.
fn difference(one: Seen<'_>, other: Seen<'_>) -> Difference {
    let mut evidence = Vec::new();
    let signature =
        |seen: Seen<'_>| seen.judgement.signature.clone().unwrap_or_else(|| String::from("passed"));
    if one.judgement != other.judgement {
        let (one, other) = (signature(one), signature(other));
        evidence.push(match one == other {
            true => format!("both end with `{one}`, and say other things of it"),
            false => format!("one ends with `{one}`, and the other with `{other}`"),
        });
    }
    let outputs =
        [output(one.run), output(other.run)].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let lines = outputs.each_ref().map(|text| text.lines().collect::<Vec<_>>());
    let at = (0..lines[0].len().max(lines[1].len())).find(|line| lines[0].get(*line) != lines[1].get(*line));
    let mut sides = Vec::new();
    if let Some(line) = at {
        evidence.push(format!("line {} of its output differs", line + 1));
        sides = lines.iter().map(|lines| side(lines.get(line))).collect();
    } else if one.judgement == other.judgement {
        evidence
            .push(String::from("the traces of the two runs differ: what they did, and not what they wrote"));
    }
    Difference {
        cause: Cause::Unknown,
        evidence,
        event: at.map(|line| line as u64),
        sides,
        pairs: 1,
        differed: 1,
        by: By::Seed,
    }
}

fn side(line: Option<&&str>) -> Side {
    let event = line.map(|line| format!("wrote `{line}`"));
    Side { event, step: 0, at_ns: 0, thread: 0, stack: Vec::new() }
}

/// What a run wrote to its standard output; what stands in its standard error is for people, with the times and numbers that they like.
pub(super) fn output(run: &Run) -> Vec<u8> {
    let written = run.events.iter().filter_map(|(_, event)| match event {
        Event::Wrote { fd: 1, bytes } => Some(&**bytes),
        _ => None,
    });
    written.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(endings: [Ending; 2], expected: (Verdict, &str), beside: &str) {
        let [run, again] = endings.map(Run::ended);
        let judgements = [judge(&run), judge(&again)];
        let one = Seen { run: &run, judgement: &judgements[0] };
        let other = Seen { run: &again, judgement: &judgements[1] };
        for (one, other) in [(one, other), (other, one)] {
            let Examined { judgement, run: kept, .. } = outside_of(one, other);
            assert_eq!((judgement.verdict, judgement.signature.as_deref()), (expected.0, Some(expected.1)));
            let words = format!("made twice, it did so once; the other time: {beside}");
            assert_eq!(judgement.detail.contains(&words), !beside.is_empty(), "{judgement:?}");
            assert_eq!(kept.ending, run.ending, "the run that is told of is the one that did so");
        }
    }

    #[test]
    fn a_failure_beside_a_run_that_was_ended_from_outside_is_kept() {
        let hang = || Ending::Escaped { what: String::from("h") };
        let lost = || Ending::Lost { what: String::from("l") };
        let bug = || Ending::Bug { what: String::from("b") };
        check([Ending::Exited(1), hang()], (Verdict::Fail, "exit 1"), "hang");
        check([Ending::Exited(1), lost()], (Verdict::Fail, "exit 1"), "lost");
        check([bug(), hang()], (Verdict::Bug, "bug"), "hang");
        check([bug(), Ending::Exited(1)], (Verdict::Bug, "bug"), "exit 1");
        check([hang(), Ending::Returned], (Verdict::Inconclusive, "slow"), "it passed");
        check([lost(), Ending::Returned], (Verdict::Inconclusive, "lost"), "it passed");
        check([hang(), hang()], (Verdict::Fail, "hang"), "");
    }
}
