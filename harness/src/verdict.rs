//! What a run means: passed, failed with a signature, or neither.
//!
//! Does not run anything. Invariant: a run that asked for something unmodelled, or left the simulation, never passes.

use photofinish_sim::ending::{Ending, Waiting};
use photofinish_sim::event::Event;
use photofinish_sim::heap::{Misuse, Wrong};
use photofinish_sim::mark::Mark;
use photofinish_sim::process::Status;
use photofinish_sim::thread::ThreadId;
use serde::{Deserialize, Serialize};

use crate::client::{Run, StackOf};
use crate::signature;
use crate::symbols::Symbols;

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

impl Verdict {
    /// How bad it is: from what passed to what is our own bug.
    #[must_use]
    pub fn severity(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Inconclusive => 1,
            Self::Fail => 2,
            Self::Diverged => 3,
            Self::Bug => 4,
        }
    }
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

/// Judges a run by its ending and by what its oracle said. The symbols are those of the executable that made the run; they are
/// asked only if it did not pass.
#[must_use]
pub fn judge(run: &Run, symbols: &Symbols) -> Judgement {
    let (verdict, signature, detail) = match &run.ending {
        Ending::Returned | Ending::Exited(0) => match &run.judged {
            Some((signature, detail)) => (Verdict::Fail, Some(signature.clone()), detail.clone()),
            None => (Verdict::Pass, None, String::new()),
        },
        Ending::Panicked => panic_of(run, symbols),
        Ending::Exited(status) => {
            fail(format!("exit {status}"), format!("the program exited with status {status}"))
        }
        Ending::Signalled(signal) => {
            let name = signal_name(*signal);
            let place = signature::function_of(run, StackOf::Signal, symbols);
            let place = place.map(|function| format!(" in {function}")).unwrap_or_default();
            fail(
                format!("signal {name}{place}"),
                format!("the program was ended by {name}{}", near_freed(run)),
            )
        }
        Ending::Misused(misuse) => misuse_of(run, misuse, symbols),
        Ending::Deadlock(waits) => fail(deadlock_signature(run, waits, symbols), lines(waits)),
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
    let (verdict, signature, detail) = by_hosts(run, symbols, (verdict, signature, detail));
    let (verdict, signature, detail) = by_marks(run, (verdict, signature, detail));
    if run.unmodelled > 0 && matches!(verdict, Verdict::Pass | Verdict::Fail) {
        return unmodelled(run, signature.as_deref());
    }
    Judgement { verdict, signature, detail }
}

/// Whether a run shows a failure of this signature.
#[must_use]
pub(crate) fn shows(run: &Run, symbols: &Symbols, signature: &str) -> bool {
    judge(run, symbols).signature.as_deref() == Some(signature)
}

/// Whether the signature of a run that ended so is known only if the run was made with its events kept.
#[must_use]
pub fn needs_events(ending: &Ending) -> bool {
    match ending {
        Ending::Deadlock(_) | Ending::OutOfTime { .. } | Ending::Livelock { .. } | Ending::Idle { .. } => {
            true
        }
        Ending::Misused(misuse) => !misuse.wrong.is_seen_in_the_act(),
        _ => false,
    }
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
fn by_hosts(run: &Run, symbols: &Symbols, judged: Parts) -> Parts {
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
        let (verdict, signature, detail) = panic_of(run, symbols);
        return (verdict, signature, format!("{detail}\n{what}, and {advice}"));
    }
    fail(format!("a host's program ended with {status:?}"), format!("{what}, and {advice}"))
}

fn line_of(mark: &Mark, detail: &str) -> String {
    if detail.is_empty() { mark.to_string() } else { format!("{mark}: {detail}") }
}

fn panic_of(run: &Run, symbols: &Symbols) -> Parts {
    let panics = run.events.iter().filter_map(|(stamp, event)| match event {
        Event::Panicked { message, place } => Some((stamp.thread, message, place)),
        _ => None,
    });
    // Each left a stack, in the same order.
    let mut stacks = run.stacks.iter().filter(|stack| stack.of == StackOf::Panic);
    let panics: Vec<_> =
        panics.map(|(thread, message, place)| (thread, message, place, stacks.next())).collect();
    // The last one of any thread that is a panic of its own, not one that was passed on.
    let last = panics.iter().rfind(|(_, message, ..)| !passes_on(message)).or(panics.last());
    let Some((thread, message, place, stack)) = last else {
        return fail("panic".into(), "the main thread panicked".into());
    };
    let function = stack.and_then(|stack| signature::function(&stack.addresses, symbols));
    // Without symbols, the file is the next best.
    let function = function.unwrap_or_else(|| place.split(':').next().unwrap_or_default().to_owned());
    fail(
        format!("panic in {function}: {}", signature::steady(message)),
        format!("thread {} panicked at {place}:\n{message}", thread.0),
    )
}

/// What is seen in the act is where it is seen; of what was written to, only where it comes from is known.
fn misuse_of(run: &Run, misuse: &Misuse, symbols: &Symbols) -> Parts {
    let what = misuse.wrong.words();
    let (of, relation) = match misuse.wrong {
        Wrong::DoubleFree | Wrong::WildFree => (StackOf::Misuse, "in"),
        Wrong::WriteAfterFree => (StackOf::Freed, "of a block freed in"),
        Wrong::WriteBefore | Wrong::WritePast => (StackOf::Allocated, "of a block allocated in"),
    };
    let place = signature::function_of(run, of, symbols);
    let place = place.map(|function| format!(" {relation} {function}")).unwrap_or_default();
    fail(format!("heap: {what}{place}"), misuse.to_string())
}

/// What a crash has to do with memory that was freed, as far as the checked heap can tell.
fn near_freed(run: &Run) -> &'static str {
    let has = |of| run.stacks.iter().any(|stack| stack.of == of);
    match (has(StackOf::Poisoned), has(StackOf::Freed)) {
        (true, true) => ", near a freed block; a register held what freed memory is filled with",
        (true, false) => ", near freed memory: a register held what that is filled with",
        (false, _) => "",
    }
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

/// Names the functions in which the threads of a cycle wait if one is known, else those of all that wait for more than for another
/// thread.
fn deadlock_signature(run: &Run, waits: &[Waiting], symbols: &Symbols) -> String {
    let cycle = cycle(waits);
    let is_cause = |thread: ThreadId| waits.iter().any(|wait| wait.thread == thread && wait.holder.is_none());
    let counts =
        |thread: ThreadId| cycle.as_ref().map_or_else(|| is_cause(thread), |cycle| cycle.contains(&thread));
    let stacks: Vec<_> =
        run.stacks.iter().filter(|stack| stack.of == StackOf::Wait && counts(stack.thread)).collect();
    let functions: Vec<String> = signature::functions(&stacks, symbols).into_iter().collect();
    if functions.is_empty() {
        String::from("deadlock")
    } else {
        format!("deadlock in {}", functions.join(", "))
    }
}

/// Threads each of which holds what the one before it waits for.
fn cycle(waits: &[Waiting]) -> Option<Vec<ThreadId>> {
    let holder_of =
        |thread: ThreadId| waits.iter().find(|wait| wait.thread == thread).and_then(|wait| wait.holder);
    for wait in waits {
        let mut cycle = vec![wait.thread];
        while let Some(holder) = holder_of(*cycle.last().expect("never empty")) {
            if holder == wait.thread {
                return Some(cycle);
            }
            if cycle.contains(&holder) {
                break;
            }
            cycle.push(holder);
        }
    }
    None
}

pub(crate) fn signal_name(signal: i32) -> String {
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
