//! Seeds in a text: in our own command lines and JSON, in the headlines that we print, in the fields of a form, and in what people write.
//!
//! Does not know whether a seed fails. Invariant: a seed is of the program that is named nearest to it, in its own line before all others;
//! one that is named twice is told of once, in the words that say most.

use std::collections::BTreeSet;
use std::ops::Range;

use photofinish::sim::chooser::Strategy;
use serde::Deserialize;

use super::{Found, NAMED_MAX, Named, Rest, Seeded, command};
use crate::asked::RunArgs;
use crate::cli::{SeedOrToken, parse_seed};

/// So many bytes may stand between the word and the number: the rest of a form's heading.
const BETWEEN_MAX: usize = 12;
/// How far from a seed its line is looked for.
const LINE_NEAR: usize = 4_096;
/// Within so many bytes of a seed a strategy is its own.
const STRATEGY_NEAR: usize = 200;

/// Finds the seeds of a text.
pub(super) fn find(text: &str, programs: &[String]) -> Found {
    let places = Places::of(text, programs);
    let said = command::commands(text).chain(objects(text)).chain(prose(text, &places));
    let mut named: Vec<Named> = Vec::new();
    for more in said {
        if named.iter().any(|known| is_said(known, &more)) {
            continue;
        }
        if named.len() == NAMED_MAX {
            return Found { named, rest: Rest::LeftOut };
        }
        named.push(more);
    }
    Found { named, rest: Rest::None }
}

/// Whether what is known says this, too.
fn is_said(known: &Named, more: &Named) -> bool {
    match (known, more) {
        (Named::Seed(known), Named::Seed(more)) => {
            let is_part = |whole: &str, part: &str| whole.split('/').next() == Some(part);
            let is_same = known.program == more.program || is_part(&more.program, &known.program);
            known.seed == more.seed && is_same && says_no_more(&known.args, &more.args)
        }
        (Named::Seed(known), Named::Nowhere { seed, .. }) => known.seed == *seed,
        (Named::Nowhere { seed: known, .. }, Named::Nowhere { seed, .. })
        | (Named::OfTest { seed: known }, Named::OfTest { seed }) => known == seed,
        (Named::Refused { line: known, .. }, Named::Refused { line, .. })
        | (Named::Trace { line: known }, Named::Trace { line }) => known == line,
        // The number of a line that is refused is in its words.
        (Named::Refused { line, .. }, Named::Nowhere { seed, .. }) => line.contains(&seed.to_string()),
        (Named::Refused { line, .. }, Named::Seed(more)) => line.contains(&more.seed.to_string()),
        _ => false,
    }
}

/// Whether arguments with the same seed leave nothing out of others.
fn says_no_more(known: &RunArgs, more: &RunArgs) -> bool {
    let RunArgs { strategy, points, threads, cores, os, oracles, heap, preempt, stall, .. } = more;
    let is_same = |known: &Option<String>, more: &Option<String>| more.is_none() || known == more;
    is_same(&known.strategy, strategy)
        && (points.is_none() || known.points == *points)
        && (threads.is_none() || known.threads == *threads)
        && (cores.is_none() || known.cores == *cores)
        && (os.is_none() || known.os == *os)
        && (oracles.is_none() || known.oracles == *oracles)
        && (heap.is_none() || known.heap == *heap)
        && (preempt.is_none() || known.preempt == *preempt)
        && (stall.is_none() || known.stall == *stall)
}

/// What `--json` prints of a run, as far as it names it.
#[derive(Deserialize)]
struct Printed {
    scenario: String,
    variant: String,
    seed: u64,
    strategy: String,
}

/// Runs that stand there as `--json` prints them, one to a line.
fn objects(text: &str) -> impl Iterator<Item = Named> {
    let lines =
        text.lines().map(|line| line.trim_matches(['`', ' ', '\t'])).filter(|line| line.starts_with('{'));
    lines.filter_map(|line| {
        let Printed { scenario, variant, seed, strategy } = serde_json::from_str(line).ok()?;
        // A replay prints no strategy that could be asked for.
        let strategy = Some(strategy).filter(|strategy| strategy.parse::<Strategy>().is_ok());
        let args = RunArgs { seed: Some(SeedOrToken::Seed(seed)), strategy, ..RunArgs::default() };
        command::of(format!("{scenario}/{variant}"), args)
    })
}

/// Where a text names programs of this build, and words that are like such names.
struct Places<'a> {
    known: Vec<(usize, &'a str)>,
    like: Vec<(usize, &'a str)>,
}

impl<'a> Places<'a> {
    fn of(text: &'a str, programs: &[String]) -> Self {
        let programs: BTreeSet<&str> = programs.iter().map(String::as_str).collect();
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_.@/".contains(c);
        let mut places = Self { known: Vec::new(), like: Vec::new() };
        let mut next = 0;
        for piece in text.split_inclusive(|c| !is_of_name(c)) {
            let at = next;
            next += piece.len();
            let word = piece.trim_end_matches(|c| !is_of_name(c)).trim_end_matches(['.', '-', '_', '/']);
            if programs.contains(word) {
                places.known.push((at, word));
            } else if word.matches('/').count() == 1 && !word.starts_with('/') && !word.contains("..") {
                places.like.push((at, word));
            }
        }
        places
    }

    /// What a seed that stands there is of: what it says itself, else the place nearest to it in its line, else the last before, else the
    /// first behind.
    fn of_seed(places: &[(usize, &'a str)], text: &str, seed: Range<usize>) -> Option<&'a str> {
        const OF: &str = " of ";
        let at = seed.start;
        // Of a line that never ends only what is near.
        let (from, to) = (
            text.floor_char_boundary(at.saturating_sub(LINE_NEAR)),
            text.floor_char_boundary(at.saturating_add(LINE_NEAR)),
        );
        let line = text[from..at].rfind('\n').map_or(from, |end| from + end + 1)
            ..text[at..to].find('\n').map_or(to, |end| at + end);
        let behind = places.partition_point(|(place, _)| *place < at);
        let (before, after) = (places[..behind].last(), places.get(behind));
        let in_line = |place: &&(usize, &'a str)| line.contains(&place.0);
        let said =
            text[seed.end..].strip_prefix(OF).map(|rest| rest.len() - rest.trim_start_matches('`').len());
        if let (Some(marks), Some((place, name))) = (said, after)
            && *place == seed.end + OF.len() + marks
        {
            return Some(name);
        }
        let own = [before, after]
            .into_iter()
            .flatten()
            .filter(in_line)
            .min_by_key(|(place, name)| if *place > at { place - at } else { at - place - name.len() });
        own.or(before).or(after).map(|(_, name)| *name)
    }
}

/// Seeds that are called so.
fn prose<'a>(text: &'a str, places: &'a Places<'a>) -> impl Iterator<Item = Named> + 'a {
    let words = text.match_indices(['s', 'S']).map(|(at, _)| at);
    words.filter_map(move |at| {
        let word = text.get(at..at + 4).filter(|word| word.eq_ignore_ascii_case("seed"))?;
        if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let behind = at + word.len();
        let between =
            text[behind..].bytes().take(BETWEEN_MAX).take_while(|byte| b" \t\n:=#`*\"'|-".contains(byte));
        let from = behind + between.count();
        let length =
            text[from..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let seed = parse_seed(&text[from..from + length]).ok().filter(|_| from > behind)?;
        if text[..at].ends_with("PHOTOFINISH_") {
            return Some(Named::OfTest { seed });
        }
        let end = from + length;
        let Some(program) = Places::of_seed(&places.known, text, at..end) else {
            let like = Places::of_seed(&places.like, text, at..end).map(str::to_owned);
            return Some(Named::Nowhere { seed, like });
        };
        let strategy = strategy(text, end);
        let args = RunArgs { seed: Some(SeedOrToken::Seed(seed)), strategy, ..RunArgs::default() };
        Some(Named::Seed(Box::new(Seeded { program: program.to_owned(), seed, args })))
    })
}

/// The strategy that is named behind a seed: in its line behind a comma or dot, as in our headlines, or called so.
fn strategy(text: &str, from: usize) -> Option<String> {
    let near = &text[from..text.floor_char_boundary(from + STRATEGY_NEAR)];
    let first = |text: &str| {
        let is_between = |c: char| c.is_whitespace() || "`\"'();=*|".contains(c);
        let word = text.split(is_between).find(|word| !word.is_empty())?.trim_end_matches('.');
        word.parse::<Strategy>().ok().map(|_| word.to_owned())
    };
    // What stands behind the next seed is that one's.
    let near = near.split("seed").next().unwrap_or_default();
    let line = near.split('\n').next().unwrap_or_default();
    let beside = line.split([',', '·']).skip(1).find_map(first);
    let called = || {
        let at = near.to_ascii_lowercase().find("strategy")?;
        first(near[at + "strategy".len()..].trim_start_matches(':'))
    };
    beside.or_else(called)
}
