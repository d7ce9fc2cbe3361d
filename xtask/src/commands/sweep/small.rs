//! After the sweep: each failure that the corpus does not know small is made small.
//!
//! Does not search for failures. Invariant: what was made small once is not made small again, and a failure of which that fails stays
//! as it was found.

use std::collections::BTreeMap;

use photofinish::client::Client;
use photofinish::examine::examine;
use photofinish::line;
use photofinish::shrinking::{Go, Pair, Small, Spend, shrink};
use photofinish::verdict::Verdict;
use serde::Serialize;

use super::gathered::{Extent, Shown};
use super::jobs::Board;
use super::plan::Budget;
use super::progress::Progress;
use super::{Sweep, SweepError};
use crate::interrupt;

/// A program and a signature.
pub(super) type Failure = (String, String);

/// A failure made small, now or before.
pub(super) struct Made {
    pub(super) token: String,
    /// If it was made small now: the operations whose order decides, by the first decision for which they are known.
    pub(super) pair: Option<Pair>,
}

/// What is said of a failure that was made small.
#[derive(Serialize)]
struct Told<'a> {
    program: &'a str,
    signature: &'a str,
    /// Decisions before and after.
    before: u64,
    after: u64,
    small: &'a str,
}

/// What the sweep found, made small now or before.
pub(super) fn make(sweep: &Sweep<'_>, board: &Board) -> Result<BTreeMap<Failure, Made>, SweepError> {
    let mut made = BTreeMap::new();
    let entries = sweep.kept.shrunk()?;
    let (mut clients, mut of): (Vec<Client>, _) = (Vec::new(), None);
    for (program, gathered) in sweep.selected.iter().zip(&board.gathered) {
        for (signature, shown) in &gathered.part.shown {
            let failure = (program.listed.name(), signature.clone());
            let entry = entries.get(&failure);
            if let Some((_, Some(token))) = entry {
                made.insert(failure, Made { token: token.clone(), pair: None });
                continue;
            }
            let is_wanted = shown.verdict == Verdict::Fail && shown.trace == Extent::Whole;
            if sweep.args.no_shrink || !is_wanted || interrupt::requested() {
                continue;
            }
            if of.replace(program.executable) != Some(program.executable) {
                clients.clear();
            }
            while clients.len() < sweep.jobs {
                clients.push(sweep.client(program.executable, &Progress::new(Budget::Seeds(0), 0))?);
            }
            let Some(small) = one(sweep, &mut clients, (&failure, shown)) else { continue };
            if let Some((id, _)) = entry {
                sweep.kept.set_shrunk(*id, &small.token)?;
            }
            made.insert(failure, small);
        }
    }
    Ok(made)
}

fn one(
    sweep: &Sweep<'_>,
    clients: &mut [Client],
    ((program, signature), shown): (&Failure, &Shown),
) -> Option<Made> {
    let note = |why: String| {
        eprintln!("note: {program}: {signature}: not made small: {}", why.lines().next().unwrap_or_default());
        None
    };
    let request = shown.file.request();
    let failed = match examine(clients.first_mut()?, &request) {
        Ok(failed) => failed,
        Err(error) => return note(error.to_string()),
    };
    let mut progress = |_| if interrupt::requested() { Go::Stop } else { Go::On };
    let small = match shrink(clients, (&request, &failed), Spend::time(sweep.args.shrink), &mut progress) {
        Ok(small) => small,
        Err(error) => return note(error.to_string()),
    };
    match &small.token {
        Ok(token) => {
            say(sweep, (program, signature), &small, token);
            let pair = small.explanation.decisions.iter().rev().find_map(|decision| decision.pair.clone());
            Some(Made { token: token.clone(), pair })
        }
        Err(why) => note(why.clone()),
    }
}

fn say(sweep: &Sweep<'_>, (program, signature): (&str, &str), small: &Small, token: &str) {
    let (before, after) = (small.stats.before.decisions(), small.stats.after.decisions());
    if sweep.args.json {
        let told = Told { program, signature, before, after, small: token };
        eprintln!("{}", serde_json::to_string(&told).expect("plain data has a JSON form"));
    } else {
        let line = line::of_token(token);
        eprintln!("small: {program}: {signature}: {before} -> {after} decisions: {line}");
    }
}
