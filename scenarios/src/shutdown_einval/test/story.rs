//! One run: a daemon is started, handed over under the case's circumstances, and handed over once more.
//!
//! It does not know what is right. Invariant: the second handoff is an ordinary one, whatever the case.

use std::fs;
use std::io;
use std::process::Child;
use std::time::Duration;

use photofinish::scenario::Failure;

use super::super::program::journal::Journal;
use super::super::program::options;
use super::super::program::outcome::Outcome;
use super::super::program::policy::{Policy, RESUME_LOCK};
use super::super::real::Real;
use super::case::{Case, READY_B, Server};
use super::oracle;
use super::probe;
use super::seen::{Marker, Old, Seen, Serving};
use super::stage::Stage;

/// How long a server may take until it can be reached: as long as it may try to get its data back, and a little.
const REACHABLE: Duration = RESUME_LOCK.saturating_add(Duration::from_millis(500));
/// How long the first server may take to start.
const STARTED: Duration = Duration::from_secs(5);

/// Which program plays all parts.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Program {
    /// The re-creation.
    Ours(&'static Policy),
    /// The published crate.
    Real(&'static Real),
}

/// A server that the test started or found.
struct Daemon {
    pid: u32,
    child: Option<Child>,
}

/// Runs a case and judges it.
pub(in super::super) fn run(program: Program, case: &Case) -> Result<(), Failure> {
    let played = Stage::set().and_then(|stage| {
        let (mut children, mut lines) = (Vec::new(), Vec::new());
        let wrong = play(&stage, program, case, &mut children, &mut lines);
        lines.push(stage.clear(children)?);
        Ok((wrong?, lines))
    });
    match played {
        Ok((None, _)) => Ok(()),
        Ok((Some(signature), lines)) => Err(Failure { signature, detail: lines.join("\n") }),
        Err(error) => {
            let detail = format!("{program:?}: {error}");
            Err(Failure { signature: "test-broken".to_owned(), detail })
        }
    }
}

fn play(
    stage: &Stage,
    program: Program,
    case: &Case,
    children: &mut Vec<Child>,
    lines: &mut Vec<String>,
) -> io::Result<Option<String>> {
    let mut daemon = start(stage, program, case.faults)?;
    let seen = handoff(stage, program, case, "first", &mut daemon)?;
    lines.push(format!("first: {seen}"));
    children.extend(daemon.child.take());
    if let Some(wrong) = oracle::judge(case, &seen) {
        return Ok(Some(wrong));
    }
    let mut daemon = match seen.serving {
        Serving::Nobody => start(stage, program, &[])?,
        _ => find(stage)?,
    };
    let seen = handoff(stage, program, &READY_B, "next", &mut daemon)?;
    lines.push(format!("next: {seen}"));
    children.extend(daemon.child.take());
    Ok(oracle::judge(&READY_B, &seen).map(|wrong| format!("next: {wrong}")))
}

/// Starts a server on what is there, and waits until it answers.
fn start(stage: &Stage, program: Program, faults: &[&str]) -> io::Result<Daemon> {
    let child = stage.start(&arguments(stage, program, "incumbent", faults, "-"))?;
    match probe::server(stage.places(), STARTED) {
        Some(pid) if pid == child.id() => Ok(Daemon { pid, child: Some(child) }),
        other => Err(io::Error::other(format!("{other:?} answers and not the server that was started"))),
    }
}

/// The server that is there.
fn find(stage: &Stage) -> io::Result<Daemon> {
    match probe::server(stage.places(), REACHABLE) {
        Some(pid) => Ok(Daemon { pid, child: None }),
        None => Err(io::Error::other("a server that answered does not answer again")),
    }
}

/// One handoff, from its supervisor's start until somebody can be reached or nobody will.
fn handoff(
    stage: &Stage,
    program: Program,
    case: &Case,
    name: &str,
    daemon: &mut Daemon,
) -> io::Result<Seen> {
    let places = stage.places();
    let mut supervisor = stage.start(&arguments(stage, program, "supervisor", case.faults, name))?;
    let status = supervisor.wait()?.code();
    let marker = case.marker.map(|patience| {
        let found = probe::within(patience, || places.resume_called().exists().then_some(()));
        found.map_or(Marker::Missing, |()| Marker::Found)
    });
    let outcome = fs::read_to_string(stage.dir().join(name)).ok();
    let outcome = outcome.and_then(|text| Outcome::parse(&text));
    let journal = Journal(places.journal()).read().map_err(|error| io::Error::other(error.to_string()))?;
    let who = |pid| if pid == daemon.pid { Server::Incumbent } else { Server::Successor };
    let serving = match (probe::server(places, REACHABLE), probe::holder(places)) {
        (Some(server), Some(holder)) if server == holder => Serving::Reachable(who(server)),
        (Some(server), _) => Serving::WithoutLock(who(server)),
        (None, Some(holder)) => Serving::Unreachable(who(holder)),
        (None, None) => Serving::Nobody,
    };
    let old = match &mut daemon.child {
        None => Old::Unknown,
        Some(child) if serving == Serving::Reachable(Server::Incumbent) => look(child)?,
        Some(child) => probe::within(REACHABLE, || look(child).ok().filter(|old| *old != Old::Lives))
            .map_or(look(child)?, |ended| ended),
    };
    // Gone before the next handoff, which is not to be judged by it.
    let has_einval_struck = fs::remove_file(places.einval_struck()).is_ok();
    let journal = journal.map(|entry| entry.phase);
    Ok(Seen { status, outcome, journal, marker, has_einval_struck, serving, old })
}

fn look(child: &mut Child) -> io::Result<Old> {
    Ok(child.try_wait()?.map_or(Old::Lives, |status| Old::Ended(status.code())))
}

fn arguments(stage: &Stage, program: Program, role: &str, faults: &[&str], outcome: &str) -> Vec<String> {
    let dir = stage.dir().display().to_string();
    match program {
        Program::Ours(policy) => {
            let told = [role, options::DIR, &dir, options::POLICY, policy.name, options::OUTCOME, outcome];
            told.iter().chain(faults).map(|&word| word.to_owned()).collect()
        }
        Program::Real(real) if role == "supervisor" => {
            [real.name, role, &dir, outcome].map(str::to_owned).to_vec()
        }
        Program::Real(real) => real.serving(&dir),
    }
}
