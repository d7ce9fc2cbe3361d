//! What a run means: passed, failed with a signature, or neither.
//!
//! Does not run anything. Invariant: a run that asked for something unmodelled, or left the simulation, never passes.

use std::collections::BTreeSet;

use photofinish_sim::ending::{Ending, Waiting};
use photofinish_sim::event::Event;
use photofinish_sim::mark::Mark;
use photofinish_sim::process::Status;
use photofinish_sim::thread::ThreadId;
use serde::{Deserialize, Serialize};

use crate::client::Run;

/// What a run means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The program did what its oracle asks.
    Pass,
    /// It did not; the signature says how.
    Fail,
    /// Nobody can tell: it left what we model.
    Inconclusive,
    /// A replay did not fit, or two equal runs differed.
    Diverged,
    /// The simulator failed.
    Bug,
}

/// A verdict and its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What the run means.
    pub verdict: Verdict,
    /// Short and stable: what failed, where and how; none for a pass.
    pub signature: Option<String>,
    /// For a person, some lines at most.
    pub detail: String,
}

/// Judges a run by its ending and by what its oracle said.
#[must_use]
pub fn judge(run: &Run) -> Judgement {
    let (verdict, signature, detail) = match &run.ending {
        Ending::Returned | Ending::Exited(0) => match &run.judged {
            Some((signature, detail)) => (Verdict::Fail, Some(signature.clone()), detail.clone()),
            None => (Verdict::Pass, None, String::new()),
        },
        Ending::Panicked => panic_of(run),
        Ending::Exited(status) => {
            fail(format!("exit {status}"), format!("the program exited with status {status}"))
        }
        Ending::Signalled(signal) => {
            let name = signal_name(*signal);
            fail(format!("signal {name}"), format!("the program was ended by {name}"))
        }
        Ending::Deadlock(waits) => fail(deadlock_signature(waits), lines(waits)),
        Ending::Livelock { .. } | Ending::OutOfTime { .. } | Ending::Idle { .. } => given_up(run),
        Ending::OutOfThreads { threads } => inconclusive(
            "out-of-threads",
            format!(
                "it wanted more than {threads} threads at one time\nnext: the same command with `--threads N`"
            ),
        ),
        Ending::Escaped { what } => inconclusive("escaped", format!("it left the simulation: {what}")),
        Ending::Lost { what } => inconclusive("lost", what.clone()),
        Ending::Diverged(divergence) => (Verdict::Diverged, Some("diverged".into()), divergence.to_string()),
        Ending::Bug { what } => (Verdict::Bug, Some("bug".into()), what.clone()),
    };
    let (verdict, signature, detail) = by_hosts(run, (verdict, signature, detail));
    let (verdict, signature, detail) = by_marks(run, (verdict, signature, detail));
    if run.unmodelled > 0 && matches!(verdict, Verdict::Pass | Verdict::Fail) {
        return unmodelled(run, signature.as_deref());
    }
    Judgement { verdict, signature, detail }
}

type Parts = (Verdict, Option<String>, String);

fn fail(signature: String, detail: String) -> Parts {
    (Verdict::Fail, Some(signature), detail)
}

fn inconclusive(signature: &str, detail: String) -> Parts {
    (Verdict::Inconclusive, Some(signature.to_owned()), detail)
}

/// A run that was not done when it had used up what it may; what the kernel found out of that names it better than the limit.
fn given_up(run: &Run) -> Parts {
    let (signature, limit) = match run.ending {
        Ending::OutOfTime { virtual_ns } => {
            ("out-of-time", format!("{} s of virtual time passed", virtual_ns / 1_000_000_000))
        }
        Ending::Idle { points } => {
            ("livelock", format!("threads ran for {points} scheduling points and got nowhere"))
        }
        _ => ("livelock", format!("{} scheduling points passed", run.figures.points)),
    };
    let limit = format!("{limit} and the program was not done");
    match &run.judged {
        // What the program itself was judged by before says nothing of why it was not done.
        Some((signature, detail)) if signature.starts_with("stuck: ") => {
            fail(signature.clone(), format!("{limit}\n{detail}"))
        }
        _ => fail(signature.into(), limit),
    }
}

/// A run in which a mark failed did not pass. What must always hold is the first thing that went wrong and so names the failure,
/// however the run ended; what must hold in the end matters only to a run that would pass.
fn by_marks(run: &Run, judged: Parts) -> Parts {
    if !matches!(judged.0, Verdict::Pass | Verdict::Fail) {
        return judged;
    }
    let mut failed = Vec::new();
    let mut unfulfilled = Vec::new();
    for (_, event) in &run.events {
        match event {
            Event::Marked { mark, outcome, detail } if mark.asks.forbids() == Some(*outcome) => {
                failed.push((mark, detail));
            }
            Event::Unfulfilled { mark, detail } => unfulfilled.push((mark, detail)),
            _ => {}
        }
    }
    if failed.is_empty() && judged.0 == Verdict::Pass {
        failed = unfulfilled;
    }
    let Some((first, _)) = failed.first() else { return judged };
    let mut lines: Vec<String> = failed.iter().map(|(mark, detail)| line_of(mark, detail)).collect();
    lines.extend(judged.1.map(|signature| format!("besides, it failed: {signature}\n{}", judged.2)));
    fail(first.signature(), lines.join("\n"))
}

/// A run that would pass although a program of a host failed, and nobody asked how it ended, fails.
fn by_hosts(run: &Run, judged: Parts) -> Parts {
    if judged.0 != Verdict::Pass {
        return judged;
    }
    let unattended = run.events.iter().find_map(|(_, event)| match event {
        Event::Unattended { host, process, status } => Some((host, process, status)),
        _ => None,
    });
    let Some((host, process, status)) = unattended else { return judged };
    let what = format!("a program of host {} (process {}) ended with {status:?}", host.0, process.0);
    let advice = "nobody waited for it\nnext: `Host::wait()` or `Host::ended()` says that this is expected";
    let panicked = run.events.iter().any(|(_, event)| matches!(event, Event::Panicked { .. }));
    if *status == Status::Exited(101) && panicked {
        let (verdict, signature, detail) = panic_of(run);
        return (verdict, signature, format!("{detail}\n{what}, and {advice}"));
    }
    fail(format!("a host's program ended with {status:?}"), format!("{what}, and {advice}"))
}

fn line_of(mark: &Mark, detail: &str) -> String {
    if detail.is_empty() { mark.to_string() } else { format!("{mark}: {detail}") }
}

fn panic_of(run: &Run) -> Parts {
    let panics = run.events.iter().rev().filter_map(|(stamp, event)| match event {
        Event::Panicked { message, place } => Some((stamp.thread, message, place)),
        _ => None,
    });
    // The last one of any thread that is a panic of its own, not one that was passed on.
    let last = panics.clone().find(|(_, message, _)| !passes_on(message)).or_else(|| panics.clone().next());
    let Some((thread, message, place)) = last else {
        return fail("panic".into(), "the main thread panicked".into());
    };
    let file = place.split(':').next().unwrap_or_default();
    let first_line = message.lines().next().unwrap_or_default();
    fail(
        format!("panic in {file}: {first_line}"),
        format!("thread {} panicked at {place}:\n{message}", thread.0),
    )
}

/// Whether a panic only says that another thread panicked: what `thread::scope` and `join().unwrap()` say.
fn passes_on(message: &str) -> bool {
    message == "a scoped thread panicked" || message.ends_with(": Any { .. }")
}

fn unmodelled(run: &Run, would_be: Option<&str>) -> Judgement {
    let mut asked: Vec<&str> = Vec::new();
    for (_, event) in &run.events {
        if let Event::Unmodelled { what } = event
            && !asked.contains(&what.as_str())
        {
            asked.push(what);
        }
    }
    let what = asked.first().copied().unwrap_or("something");
    let besides = would_be.map(|signature| format!("\nbesides, it failed: {signature}")).unwrap_or_default();
    Judgement {
        verdict: Verdict::Inconclusive,
        signature: Some(format!("unmodelled: {what}")),
        detail: format!("the program asked for what is not modelled: {}{besides}", asked.join("; ")),
    }
}

fn lines(waits: &[Waiting]) -> String {
    waits.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Names the threads of a cycle if one is known, else says only that there is a deadlock: who else waits differs from run to
/// run.
fn deadlock_signature(waits: &[Waiting]) -> String {
    let holder_of =
        |thread: ThreadId| waits.iter().find(|wait| wait.thread == thread).and_then(|wait| wait.holder);
    for wait in waits {
        let mut cycle = vec![wait.thread];
        while let Some(holder) = holder_of(*cycle.last().expect("never empty")) {
            if holder == wait.thread {
                return format!("deadlock: {}", names(waits, &cycle));
            }
            if cycle.contains(&holder) {
                break;
            }
            cycle.push(holder);
        }
    }
    String::from("deadlock")
}

fn names(waits: &[Waiting], threads: &[ThreadId]) -> String {
    let roles: BTreeSet<&str> = waits
        .iter()
        .filter(|wait| threads.contains(&wait.thread))
        .map(|wait| wait.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-'))
        .map(|name| if name.starts_with("root/") { "threads without a name" } else { name })
        .collect();
    roles.into_iter().collect::<Vec<_>>().join(" and ")
}

fn signal_name(signal: i32) -> String {
    const NAMES: [(i32, &str); 9] = [
        (2, "SIGINT"),
        (4, "SIGILL"),
        (5, "SIGTRAP"),
        (6, "SIGABRT"),
        (7, "SIGBUS"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (13, "SIGPIPE"),
    ];
    let known = NAMES.iter().find(|(number, _)| *number == signal);
    known.map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).to_owned())
}

/// What it means that two runs of the same decisions differ.
#[must_use]
pub fn not_the_same(expected_hash: u64, hash: u64) -> Judgement {
    Judgement {
        verdict: Verdict::Diverged,
        signature: Some(String::from("nondeterminism")),
        detail: format!(
            "the same decisions gave other events: hash {hash:016x} where {expected_hash:016x} was expected\nnext: the same \
             command with --events, twice, and compare"
        ),
    }
}
