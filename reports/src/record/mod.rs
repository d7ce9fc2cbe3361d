//! A run on disk: everything that a report draws, and nothing that has to be looked up elsewhere.
//!
//! Holds, and does not interpret: what matters of it is for the story to find out. Needs neither the executable nor its sources.
//!
//! Compatibility: a reader takes a record of its own schema number and of lower ones. Within one number fields are only added, and a
//! reader passes over those that it does not know; a kind of event that it does not know reads as [`What::Other`]. A record with a
//! higher number is refused by name.
//!
//! Invariant: whatever was written is read back equal.

mod event;
mod people;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use event::{Packet, Pause, Sender, Switch, Wake, What, what};
pub use people::{People, people};

/// The schema number of [`Record`].
pub const SCHEMA: u32 = 1;

/// What stands in [`Headline::strategy`] for a target that is not simulated by Photofinish: it has only its seed, so that no decisions,
/// points or switches of its runs are known.
pub const BY_SEED: &str = "seed";

/// One run, and what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What is to be told of the run before anything else.
    pub headline: Headline,
    /// Its size.
    pub figures: Figures,
    /// What to type.
    pub commands: Commands,
    /// What was decided, in the order of the run.
    pub decisions: Vec<Decision>,
    /// Whether each of the decisions is needed, in words; nothing of a run that was not made small.
    pub minimal: Option<String>,
    /// Hosts by number; those of a run without hosts is the one.
    pub hosts: Vec<Host>,
    /// Processes by number, the first being 1.
    pub processes: Vec<Process>,
    /// Threads by number, in the order of their creation.
    pub threads: Vec<Thread>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// How many events are not here because there were too many: those at the beginning.
    pub left_out: u64,
    /// Where threads were; steps, decisions and waits refer to these by index.
    pub stacks: Vec<Stack>,
    /// Places in the source; stacks refer to these by index.
    pub frames: Vec<Frame>,
    /// Lines of the program's own source, by file and line number: those around places that matter.
    pub sources: BTreeMap<String, BTreeMap<u32, String>>,
    /// What is known of threads when the run ended: where they waited, panicked or were stopped.
    pub ends: Vec<End>,
    /// The run that is nearest to this one and does not fail so, if one was looked for.
    pub passing: Option<Passing>,
}

/// What is to be told first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Headline {
    /// The program: scenario and variant, or a test's path.
    pub program: String,
    /// What the program is about, in a sentence or two, if it says so.
    pub about: Option<String>,
    /// The seed, or nothing if the run came of a token or trace.
    pub seed: Option<u64>,
    /// The strategy, as `--strategy` takes it.
    pub strategy: String,
    /// What the run means.
    pub verdict: Verdict,
    /// How it failed, in the words by which it is counted.
    pub signature: Option<String>,
    /// How it ended, in a word.
    pub ending: String,
    /// What its oracle or its ending says, line by line.
    pub detail: Vec<String>,
}

/// What a run means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Not as it should be.
    Fail,
    /// It left what is modelled.
    #[default]
    Inconclusive,
    /// It did not repeat.
    Diverged,
    /// We are wrong.
    Bug,
}

/// The size of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Scheduling points passed.
    pub points: u64,
    /// Changes of the running thread.
    pub switches: u64,
    /// Virtual time that passed, in nanoseconds.
    pub virtual_ns: u64,
    /// Of this, while threads that could run were descheduled.
    pub stalled_ns: u64,
    /// A hash over all events: equal for equal runs.
    pub events_hash: u64,
}

/// What to type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Commands {
    /// To see the run again.
    pub replay: String,
    /// To stop in it with a debugger.
    pub debug: Option<String>,
    /// The token, if the run has one.
    pub token: Option<String>,
}

/// A decision that was not boring.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Decision {
    /// Scheduling points passed before it.
    pub step: u64,
    /// Virtual nanoseconds before it.
    pub at_ns: u64,
    /// The thread that ran.
    pub thread: u32,
    /// In words.
    pub what: String,
    /// Where the thread was.
    pub stack: Option<u32>,
    /// What happens without this decision alone: the signature of that run, none if it passes. Nothing if it was not tried.
    pub undone: Option<Undone>,
    /// The two operations whose order decides.
    pub pair: Option<Pair>,
}

/// What happens without a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undone {
    /// The run passes.
    Passes,
    /// It fails with this signature.
    FailsWith(String),
    /// It fails just so: the decision is not needed, or only with others.
    FailsAlike,
}

/// Two operations: the run fails if they come in this order, and with the other it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pair {
    /// What came first.
    pub first: Operation,
    /// What came second, and should have come first.
    pub second: Operation,
}

/// Something that a thread did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Operation {
    /// The thread.
    pub thread: u32,
    /// Where it was, innermost first: functions of the program alone.
    pub stack: u32,
}

/// A host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Host {
    /// Its name.
    pub name: String,
}

/// A process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// The program that it runs, or ran last.
    pub program: String,
    /// Its host, an index into [`Record::hosts`].
    pub host: u32,
}

/// A thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thread {
    /// The name it gave itself last, if it did.
    pub name: Option<String>,
    /// Who created it; nobody created the first.
    pub parent: Option<u32>,
    /// Its process, by its number.
    pub pid: i32,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Scheduling points passed before it.
    pub step: u64,
    /// Virtual nanoseconds before it.
    pub at_ns: u64,
    /// The thread that ran.
    pub thread: u32,
    /// What.
    #[serde(flatten)]
    pub what: What,
    /// Where the thread was, if that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<u32>,
}

/// Where a thread was: indices into [`Record::frames`], innermost first, without the simulator's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stack(pub Vec<u32>);

/// A place in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Frame {
    /// The function without type arguments.
    pub function: String,
    /// The file, from the folder of its crate on.
    pub file: String,
    /// The line, from 1; 0 if it is not known.
    pub line: u32,
    /// Whose code it is.
    pub author: Author,
}

/// Whose code it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Author {
    /// The user's.
    #[default]
    Program,
    /// That of a crate that cargo fetched.
    Dependency,
    /// The standard library's.
    Std,
}

/// Where a thread was when the run ended, or where something ended it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct End {
    /// The thread.
    pub thread: u32,
    /// In words: `waits`, `panicked`.
    pub what: String,
    /// Where.
    pub stack: u32,
}

/// A run beside which the failing one is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Passing {
    /// How it came about, in words: `without decision 1`.
    pub how: String,
    /// How it ended, in a word.
    pub ending: String,
    /// What failed instead, if something did.
    pub signature: Option<String>,
    /// Its size.
    pub figures: Figures,
    /// Its threads; those that both runs have, have the same number in both.
    pub threads: Vec<Thread>,
    /// What happened in it, in order; stacks are those of the record.
    pub steps: Vec<Step>,
    /// How many of its events are not here.
    pub left_out: u64,
}
