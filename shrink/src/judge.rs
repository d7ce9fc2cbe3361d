//! Who answers: what the shrinker asks of the world, and what it is told.
//!
//! Does not know how runs are made. Invariant: an answer is about the run that was made, not about the plan that was asked for.

use photofinish_sim::choice::Kind;
use photofinish_sim::plan::Plan;
use photofinish_sim::thread::Pedigree;
use photofinish_sim::trace::Trace;

/// Makes runs, and tells which of them fail in the way that matters.
pub trait Judge {
    /// How many plans are worth asking for at once. The result does not depend on it.
    fn width(&self) -> usize;

    /// Follows each plan leniently. For each, in the order asked: what is kept of a run that failed in the same way, and nothing of any
    /// other run.
    ///
    /// # Errors
    /// It will make no more runs: its time is over, or it was interrupted.
    fn ask(&mut self, plans: &[Plan]) -> Result<Vec<Option<Kept>>, Stopped>;

    /// Points of a thread in the simplest run so far at which a preemption reads well, near this one: a lock, a call, where a
    /// function begins or ends. None if it does not know.
    fn boundaries(&mut self, thread: &Pedigree, around: u64) -> Vec<u64> {
        let _ = (thread, around);
        Vec::new()
    }

    /// Where threads of the run that follows a plan can be stopped so that others notice. None if it does not know.
    ///
    /// # Errors
    /// It will make no more runs.
    fn places(&mut self, plan: &Plan) -> Result<Vec<Places>, Stopped> {
        let _ = plan;
        Ok(Vec::new())
    }

    /// Of what takes some time in the run that follows a plan, how long. None if it does not know.
    ///
    /// # Errors
    /// It will make no more runs.
    fn asked(&mut self, plan: &Plan) -> Result<Vec<Asked>, Stopped> {
        let _ = plan;
        Ok(Vec::new())
    }

    /// Plans of the decisions of a run that have these numbers, each taken where its thread, or one that is equal to it, does in a run
    /// with those before it alone what it did there. None if it does not know.
    ///
    /// # Errors
    /// It will make no more runs.
    fn relocated(&mut self, of: &Kept, keep: &[usize]) -> Result<Vec<Plan>, Stopped> {
        let _ = (of, keep);
        Ok(Vec::new())
    }
}

/// A run that failed in the way that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The decisions of the plan that it took: followed again, they give it again.
    pub plan: Plan,
    /// What was decided in it.
    pub trace: Trace,
    /// How large it was.
    pub size: Size,
}

/// Where a thread can be stopped so that others notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The thread.
    pub thread: Pedigree,
    /// Its points, from the first to the last.
    pub points: Vec<u64>,
}

/// A question of how long something takes in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The thread that runs, or ran last.
    pub thread: Pedigree,
    /// Scheduling points it has passed.
    pub points: u64,
    /// What is asked.
    pub kind: Kind,
    /// How many questions of this kind were asked there before.
    pub nth: u32,
    /// How many answers there are.
    pub bound: u64,
}

/// How large a run was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Threads created.
    pub threads: u64,
    /// Hosts created.
    pub hosts: u64,
    /// Segments and datagrams sent.
    pub messages: u64,
    /// Scheduling points passed; told, and no measure of simplicity.
    pub points: u64,
    /// Virtual time passed.
    pub virtual_ns: u64,
}

/// The judge makes no more runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// How much may be asked. Time is the judge's own matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Runs whose answer is used. A judge that is asked for several at once makes some more that are then not needed.
    pub runs: u64,
}
