//! The runs that it takes to say where two equal runs differ, and why.
//!
//! All of them are made in forked images, for which it is enough that they are watched. What differs by real time, or by what others
//! do meanwhile, may not show at once: the pause between the two runs of a pair grows with each pair that agrees. Does not judge.
//! Invariant: nothing is concluded from a pair of runs that agreed, and how often pairs agreed is part of what is said.

use std::thread;
use std::time::{Duration, Instant};

use super::cause::{Suspect, suspects};
use super::compare::{first_difference, side};
use super::difference::{By, Cause, Difference};
use super::left::{Left, left_behind};
use crate::client::{Client, ClientError, Image, Input, Request, Run, Watch};
use crate::symbols::Symbols;

/// Pairs that are made for one question before it is given up.
const TRIES: u32 = 8;
/// Pairs whose instructions are looked at for one question: each run takes up to seconds.
const STEPPED_TRIES: u32 = 2;
/// No pair is made any more whose instructions are looked at once all this took so long.
const PATIENCE: Duration = Duration::from_secs(15);
/// The longest pause between the two runs of a pair.
const PAUSE_MAX: Duration = Duration::from_millis(64);
/// Events around the one that differed whose stacks are recorded.
const AROUND: u64 = 4;
/// Events before the one that differed from which instructions are looked at first.
const STEPPED: u64 = 8;
/// Real milliseconds that a run may spend without a scheduling point while each instruction is looked at.
const STEPPED_MS: u64 = 500;
/// Bytes by which a program is moved to see whether it minds.
const SHIFT: u64 = 0x1_2340;
/// Lines of evidence that are kept.
const EVIDENCE_MAX: usize = 5;

/// Whose runs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of one process that serves.
    One,
    /// Of two.
    Two,
}

/// One of two runs that differ.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'a> {
    /// The run.
    pub run: &'a Run,
    /// The image that it was to be made in.
    pub image: Image,
}

/// Two runs, and the first event that differs.
pub(super) struct Pair {
    pub(super) one: Run,
    pub(super) other: Run,
    pub(super) event: Option<usize>,
}

pub(super) struct Search<'a> {
    pub(super) client: &'a mut Client,
    pub(super) request: Request,
    symbols: Symbols,
    pairs: u32,
    differed: u32,
    pause: Duration,
    began: Instant,
}

/// Finds out where and why two runs of one request differ, of which these are two that did: the client's and, if there is a twin to ask,
/// the twin's.
///
/// # Errors
/// The client could not make the runs.
pub fn explain(
    client: &mut Client,
    request: &Request,
    looks: [Looked<'_>; 2],
) -> Result<Difference, ClientError> {
    let symbols = Symbols::open(client.path());
    let request = Request { events: true, watch: None, ..request.clone() };
    let (pause, began) = (Duration::ZERO, Instant::now());
    let mut search = Search { client, request, symbols, pairs: 0, differed: 0, pause, began };
    let (mut shown, mut whose) = search.again()?;
    let mut found = suspects(looks[0].run, looks[1].run, None, &search.symbols);
    let mut vain = Vec::new();
    if shown.is_none() {
        match left_behind(&mut search, looks)? {
            Left::Shown(pair) => {
                (shown, whose) = (Some(*pair), Whose::One);
                found = vec![Suspect::of_earlier_runs()];
            }
            Left::Suspected(said) => vain.push(said.to_owned()),
            Left::Nothing => {}
        }
    } else if let Some(pair) = &shown
        && let Some(event) = pair.event
    {
        let seen = search.watched(event, whose)?;
        if !seen.is_empty() {
            found = seen;
        }
        if !found.iter().any(Suspect::is_telling) {
            let moved = search.moved(whose)?;
            vain = moved.1;
            found.splice(0..0, moved.0);
        }
    }
    let (cause, evidence) = conclude(found, vain, shown.as_ref().map(|_| whose));
    let number = shown.as_ref().and_then(|pair| pair.event);
    let sides = shown.iter().flat_map(|pair| [&pair.one, &pair.other]);
    let sides = sides.filter_map(|run| number.map(|number| side(run, number, &search.symbols))).collect();
    let event = number.map(|number| number as u64);
    let (pairs, differed, by) = (search.pairs, search.differed, By::Decisions);
    Ok(Difference { cause, evidence, event, sides, pairs, differed, by })
}

fn conclude(found: Vec<Suspect>, vain: Vec<String>, whose: Option<Whose>) -> (Cause, Vec<String>) {
    let Some(first) = found.first() else {
        let said = match whose {
            None => "it did not show again, so that nothing could be watched but which files were opened",
            Some(_) => "no file, system call or instruction that can be watched answered differently before",
        };
        let mut evidence = vec![said.to_owned()];
        if whose == Some(Whose::Two) {
            evidence.push(String::from(
                "runs of one process agreed, and only those of two differed: it is something that is fixed when a process starts",
            ));
        }
        evidence.extend(vain);
        return (Cause::Unknown, evidence);
    };
    let cause = first.cause;
    let mut evidence: Vec<String> = Vec::new();
    for suspect in found {
        if !evidence.contains(&suspect.what) && evidence.len() < EVIDENCE_MAX {
            evidence.push(suspect.what);
        }
    }
    (cause, evidence)
}

impl Search<'_> {
    pub(super) fn run(&mut self, watch: Watch) -> Result<Run, ClientError> {
        self.client.run(&Request { watch: Some(watch), ..self.request.clone() })
    }

    fn pair(&mut self, watch: Watch, whose: Whose) -> Result<Pair, ClientError> {
        let one = self.run(watch)?;
        thread::sleep(self.pause);
        let other = match whose {
            Whose::One => self.run(watch)?,
            Whose::Two => self.client.twin()?.run(&Request { watch: Some(watch), ..self.request.clone() })?,
        };
        let event = first_difference(&one, &other);
        self.note(event);
        if event.is_none() {
            self.pause = (self.pause * 2).clamp(Duration::from_millis(1), PAUSE_MAX);
        }
        Ok(Pair { one, other, event })
    }

    /// Counts a pair and whether it differed.
    pub(super) fn note(&mut self, event: Option<usize>) {
        self.pairs += 1;
        self.differed += u32::from(event.is_some());
    }

    /// Two runs that differ, with the stacks at the event if it can be caught, and whether it takes two processes to see it.
    fn again(&mut self) -> Result<(Option<Pair>, Whose), ClientError> {
        let mut shown: Option<Pair> = None;
        for _ in 0..TRIES {
            let pair = self.pair(Watch::default(), Whose::Two)?;
            if pair.event.is_some() {
                shown = Some(pair);
                break;
            }
        }
        let Some(mut pair) = shown else { return Ok((None, Whose::Two)) };
        let mut whose = Whose::Two;
        for _ in 0..TRIES {
            if self.pair(Watch::default(), Whose::One)?.event.is_some() {
                whose = Whose::One;
                break;
            }
        }
        for _ in 0..TRIES {
            let near = pair.event.unwrap_or_default() as u64;
            let stacks = (near.saturating_sub(AROUND), near + AROUND);
            let next = self.pair(Watch { stacks, ..Watch::default() }, whose)?;
            match next.event {
                None => {}
                Some(event) => {
                    pair = next;
                    if (stacks.0..stacks.1).contains(&(event as u64)) {
                        break;
                    }
                }
            }
        }
        Ok((Some(pair), whose))
    }

    /// What answered differently before the events did: first what costs nothing to watch, then instructions near the event, and at
    /// last all instructions up to it.
    fn watched(&mut self, event: usize, whose: Whose) -> Result<Vec<Suspect>, ClientError> {
        let inputs = Watch { inputs: true, ..Watch::default() };
        let mut found = self.seen(inputs, whose, TRIES)?;
        let real = |found: &[Suspect]| found.iter().any(Suspect::is_telling);
        let limits = self.request.limits;
        self.request.limits.real_ms_max = limits.real_ms_max.min(STEPPED_MS);
        let to = event as u64 + 1;
        let near = to.saturating_sub(STEPPED);
        let ranges = if near == 0 { vec![(0, to)] } else { vec![(near, to), (0, to)] };
        for steps in ranges {
            if real(&found) {
                break;
            }
            let more = self.seen(Watch { steps, ..Watch::default() }, whose, STEPPED_TRIES)?;
            found.splice(0..0, more);
        }
        self.request.limits = limits;
        Ok(found)
    }

    /// What answered the two runs of a pair differently that differs itself.
    fn seen(&mut self, watch: Watch, whose: Whose, tries: u32) -> Result<Vec<Suspect>, ClientError> {
        for _ in 0..tries {
            if watch.steps.1 > 0 && self.began.elapsed() > PATIENCE {
                break;
            }
            let pair = self.pair(watch, whose)?;
            let foreign = |run: &Run| run.sights.iter().any(|sight| matches!(sight.what, Input::Thread(_)));
            if pair.event.is_some() || foreign(&pair.one) {
                let found = suspects(&pair.one, &pair.other, pair.event, &self.symbols);
                if !found.is_empty() {
                    return Ok(found);
                }
            }
        }
        Ok(Vec::new())
    }

    /// Whether the program minds where things lie, if they lie elsewhere in the two processes. Returns what it says about that
    /// otherwise, too.
    fn moved(&mut self, whose: Whose) -> Result<(Vec<Suspect>, Vec<String>), ClientError> {
        let bases = [self.client.load_base(), self.client.twin()?.load_base()];
        if whose == Whose::One || bases[0] == bases[1] {
            return Ok((Vec::new(), Vec::new()));
        }
        let elsewhere = format!(
            "the executable lies at {:#x} in one process and at {:#x} in the other, and runs of one process agree",
            bases[0], bases[1]
        );
        let as_it_was = self.run(Watch::default())?;
        let moved = self.run(Watch { shift: SHIFT, ..Watch::default() })?;
        let Some(event) = first_difference(&as_it_was, &moved) else {
            return Ok((Vec::new(), vec![elsewhere, String::from("but moving its heap changed nothing")]));
        };
        let minds =
            format!("in one process, with only its heap moved by {SHIFT:#x} bytes, event {event} is another");
        Ok(([elsewhere, minds].map(Suspect::of_addresses).to_vec(), Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_seen_is_not_named() {
        let check = |whose, begins: &str, lines| {
            let (cause, evidence) = conclude(Vec::new(), Vec::new(), whose);
            assert_eq!((cause, evidence.len()), (Cause::Unknown, lines), "{evidence:?}");
            assert!(evidence[0].starts_with(begins), "{evidence:?}");
        };
        check(None, "it did not show again", 1);
        check(Some(Whose::One), "no file", 1);
        check(Some(Whose::Two), "no file", 2);
        let found = vec![Suspect::of_addresses(String::from("moved")); 2];
        assert_eq!(
            conclude(found, Vec::new(), Some(Whose::Two)),
            (Cause::AddressOrder, vec!["moved".to_owned()])
        );
    }
}
