//! What is simpler: the order of runs that fail in the same way.
//!
//! The order is the reader's. Whoever is shown a race must hold in mind, for each *preemption*, that a thread stopped between two of its
//! instructions; nothing else is as hard, so one preemption fewer outweighs everything. A *stall* (time passes although threads
//! could run) is next: it happens between two instructions, too, but it happens to all, and is how a slow machine looks. *Faults and reordering*
//! come third: they have a name and happen to things that the reader's program knows it must survive. *Other answers* (who is next
//! after a thread has stopped by itself, a drawn number) are decisions that any scheduler takes all the time. Below the number of decisions stands how large
//! the world is in which they are taken: threads, hosts, messages, virtual time. What remains are runs that are as easy to read as
//! each other, and the rest of the order makes one of them the one: smaller numbers, preemptions at calls, and then the first in the
//! lexicographic order of plans, so that different seeds of one failure end at one result.
//!
//! Does not know what was asked for: it looks at what a run recorded. Invariant: the order is total, and below any cost there are finitely many
//! for plans over the threads of one program, so that getting simpler comes to an end.

use photofinish_sim::choice::{Candidate, Kind, Pick};
use photofinish_sim::plan::{Answer, Decision, Plan};

use crate::judge::Kept;

/// How simple a run is; compared field by field in this order, less being simpler.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// Threads stopped at a point where they could have gone on, for another thread.
    pub preemptions: u64,
    /// Times that time passed although threads could run.
    pub stalls: u64,
    /// Faults, and answers that can change the order of packets and of events of one instant.
    pub faults_and_reordering: u64,
    /// All other decisions.
    pub other: u64,
    /// Threads created.
    pub threads: u64,
    /// Hosts created.
    pub hosts: u64,
    /// Segments and datagrams sent.
    pub messages: u64,
    /// Virtual time passed, in whole milliseconds: what is below goes by where in its thread something happened, and is no reader's
    /// matter.
    pub virtual_ns: u64,
    /// The sum of all picks that are numbers.
    pub numbers: u128,
    /// Preemptions that are not at a system call.
    pub amid: u64,
    /// The decisions themselves.
    pub plan: Plan,
}

/// What a decision is to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Preemption,
    Stall,
    FaultOrReordering,
    Other,
}

impl Class {
    pub(crate) fn of(decision: &Decision) -> Self {
        match (decision.kind, &decision.answer) {
            (_, Answer::Clock | Answer::Hold) => Self::Stall,
            (Kind::Preempt, _) => Self::Preemption,
            (
                Kind::Spurious
                | Kind::Latency
                | Kind::Tie
                | Kind::Short
                | Kind::Interrupt
                | Kind::Armed
                | Kind::Buggify
                | Kind::Loss
                | Kind::Duplicate
                | Kind::Reorder
                | Kind::Enabled
                | Kind::Crash
                | Kind::Pause
                | Kind::Partition
                | Kind::Hold
                | Kind::Reset,
                _,
            ) => Self::FaultOrReordering,
            // Of a fault, its victim, shape, moment and length are details.
            (_, _) => Self::Other,
        }
    }
}

/// What decisions weigh to their reader: how many there are of each class, the heaviest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Weight([u64; 4]);

impl Weight {
    /// Of one stall.
    pub(crate) const OF_STALL: Self = Self([0, 1, 0, 0]);
    /// Of the least there is: one decision of no other class.
    pub(crate) const LEAST: Self = Self([0, 0, 0, 1]);

    pub(crate) fn of<'a>(decisions: impl IntoIterator<Item = &'a Decision>) -> Self {
        let mut weight = Self::default();
        for decision in decisions {
            weight.0[Class::of(decision) as usize] += 1;
        }
        weight
    }

    /// How many preemptions are among them.
    pub(crate) fn preemptions(self) -> u64 {
        self.0[Class::Preemption as usize]
    }
}

const MILLISECOND_NS: u64 = 1_000_000;

impl Cost {
    /// The cost of a run.
    #[must_use]
    pub fn of(kept: &Kept) -> Self {
        let plan = &kept.plan;
        let count =
            |class| plan.decisions.iter().filter(|decision| Class::of(decision) == class).count() as u64;
        let is_amid = |(pick, taken): &(&Pick, Decision)| {
            let is_preemption = pick.kind == Kind::Preempt && matches!(pick.to, Some(Candidate::Thread(_)));
            is_preemption && pick.pc != 0 && plan.decisions.contains(taken)
        };
        let taken = kept.trace.plan().decisions;
        let number = |decision: &Decision| match decision.answer {
            Answer::Pick(pick) => u128::from(pick),
            Answer::Thread(_) | Answer::Clock | Answer::Hold => 0,
        };
        Self {
            preemptions: count(Class::Preemption),
            stalls: count(Class::Stall),
            faults_and_reordering: count(Class::FaultOrReordering),
            other: count(Class::Other),
            threads: kept.size.threads,
            hosts: kept.size.hosts,
            messages: kept.size.messages,
            virtual_ns: kept.size.virtual_ns / MILLISECOND_NS * MILLISECOND_NS,
            numbers: plan.decisions.iter().map(number).sum(),
            amid: kept.trace.picks.iter().zip(taken).filter(is_amid).count() as u64,
            plan: plan.clone(),
        }
    }

    /// How many decisions there are.
    #[must_use]
    pub fn decisions(&self) -> u64 {
        self.plan.decisions.len() as u64
    }
}
