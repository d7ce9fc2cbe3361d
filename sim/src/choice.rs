//! The one door: every question with more than one answer is put to a [`Chooser`].
//!
//! Does not know how answers are found. Invariant: pick 0 is always the boring answer (keep running, first come first
//! served, least latency, no fault), and a question with one answer is never asked.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::thread::ThreadId;

/// What kind of question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// At a scheduling point: go on with this thread (0), or let another run, or let time pass.
    Preempt,
    /// The running thread stopped: who runs next; 0 is whoever has waited longest.
    Next,
    /// Which waiter a futex wake takes; 0 is the first that waited.
    FutexWake,
    /// Whether a futex wait returns at once without a wake, as `futex(2)` allows; 0 is no.
    Spurious,
    /// How long a segment travels, in steps of the link; 0 is the least.
    Latency,
    /// Which of several events of one instant comes first; 0 is the first that was set.
    Tie,
    /// What the random bytes of this run are derived from; 0 is zero.
    Entropy,
    /// How long work on a real file takes, as an index into [`FILE_STEPS_NS`](crate::limits::FILE_STEPS_NS); 0 is the least.
    FileTime,
    /// How many bytes a stream call moves that could move as many as there are answers; 0 is all of them.
    Short,
    /// Whether a call that begins to wait is interrupted by a signal that nobody sent; 0 is no.
    Interrupt,
    /// Whether a fault point of the program is switched on in this run; 0 is no.
    Armed,
    /// Whether a fault point that is switched on strikes this time; 0 is no.
    Buggify,
    /// Whether a packet between two hosts is lost; 0 is no.
    Loss,
    /// Whether a datagram between two hosts arrives twice; 0 is no.
    Duplicate,
    /// Whether a datagram between two hosts takes longer than any other; 0 is no.
    Reorder,
    /// Whether a kind of fault can strike in this run; 0 is no.
    Enabled,
    /// Whether a host crashes; 0 is no.
    Crash,
    /// Whether the programs of a host stand still; 0 is no.
    Pause,
    /// Whether hosts are cut off from each other; 0 is no.
    Partition,
    /// Whether what two hosts send each other is kept back; 0 is no.
    Hold,
    /// Whether the connections between two hosts are reset; 0 is no.
    Reset,
    /// Which host a fault hits, and then which other; 0 is the first that was made.
    Victim,
    /// Which directions a partition cuts; 0 is both between two hosts.
    Shape,
    /// When a fault that was decided hits; 0 is at once.
    Aim,
    /// How long a fault lasts; 0 is the shortest.
    Lasts,
    /// What the program lets the search choose, as how large its workload is; 0 is the first there is.
    Chosen,
}

impl Kind {
    /// How many kinds there are.
    pub const COUNT: usize = Self::Chosen as usize + 1;

    /// Whether it is asked how long something takes that anybody knows to take long at times.
    #[must_use]
    pub fn is_duration(self) -> bool {
        matches!(self, Self::Latency | Self::FileTime)
    }
}

/// How often something goes wrong, as an exact ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Odds {
    /// In so many cases it does,
    pub strikes: u32,
    /// of so many.
    pub of: u32,
}

impl Odds {
    /// It never does.
    pub const NEVER: Self = Self { strikes: 0, of: 1 };

    /// What is certain without asking: that it always strikes, or that it never does.
    #[must_use]
    pub fn certain(self) -> Option<bool> {
        match self {
            Self { strikes: 0, .. } | Self { of: 0, .. } => Some(false),
            Self { strikes, of } if strikes >= of => Some(true),
            Self { .. } => None,
        }
    }
}

/// Something that a scheduling question can let happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Candidate {
    /// This thread runs.
    Thread(ThreadId),
    /// Nobody runs until the next timer or packet: the threads that could are descheduled.
    Clock,
}

/// Where in the run a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Scheduling points passed in this run.
    pub step: u64,
    /// Virtual time in nanoseconds since the run began.
    pub now_ns: u64,
    /// The thread that runs, or ran last.
    pub thread: ThreadId,
    /// Scheduling points this thread has passed.
    pub thread_points: u64,
    /// The address after the instruction at which it was last looked at; 0 for a system call.
    pub pc: u64,
    /// The address of the word that this instruction is about to touch; 0 for a system call, and once another thread runs.
    pub word: u64,
}

/// A question with more than one answer.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What is asked.
    pub kind: Kind,
    /// How many answers there are, at least 2.
    pub bound: u64,
    /// Where in the run.
    pub at: Moment,
    /// How many questions of this kind were asked before, since the thread came to this point of its own.
    pub nth: u32,
    /// For `Preempt` and `Next`, what each pick lets happen.
    pub candidates: &'a [Candidate],
    /// For a fault, whose pick 1 is that it strikes: how often it should.
    pub odds: Option<Odds>,
}

impl Question<'_> {
    /// What a pick lets happen, if this is a question of who runs.
    #[must_use]
    pub fn chosen(&self, pick: u64) -> Option<Candidate> {
        let scheduling = matches!(self.kind, Kind::Preempt | Kind::Next);
        usize::try_from(pick).ok().filter(|_| scheduling).and_then(|pick| self.candidates.get(pick).copied())
    }
}

/// A question that was put, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posed {
    /// The thread that ran, or ran last.
    pub thread: ThreadId,
    /// Scheduling points that thread had passed.
    pub thread_points: u64,
    /// What was asked.
    pub kind: Kind,
    /// Its number among the questions of its kind since the thread came to that point of its own.
    pub nth: u32,
    /// How many answers there were.
    pub bound: u64,
}

/// An answer that was not boring, with all that is needed to give it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// Scheduling points passed when it was asked.
    pub step: u64,
    /// Its number among the questions of its kind since the thread came to that point of its own.
    pub nth: u32,
    /// What was asked.
    pub kind: Kind,
    /// How many answers there were.
    pub bound: u64,
    /// The answer, from 1 to `bound - 1`.
    pub pick: u64,
    /// For `Preempt` and `Next`, what the pick let happen.
    pub to: Option<Candidate>,
    /// The thread that ran, or ran last.
    pub thread: ThreadId,
    /// Scheduling points that thread had passed: with its pedigree, a name that survives edits elsewhere.
    pub thread_points: u64,
    /// The address in this build after the instruction it was about to execute; 0 for a system call. For people: replay does
    /// not compare it.
    pub pc: u64,
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, nth, kind, bound, pick, thread, thread_points, .. } = self;
        write!(
            f,
            "{kind:?} #{nth} at step {step} (point {thread_points} of thread {}), pick {pick} of {bound}",
            thread.0
        )
    }
}

/// A replay that no longer fits the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// The recorded choice that did not fit.
    pub expected: Pick,
    /// What the program asked or did instead.
    pub found: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the recorded choice [{}] does not fit: {}", self.expected, self.found)
    }
}

/// What a chooser is told without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A thread exists now.
    Spawned {
        /// The thread.
        thread: ThreadId,
        /// Who created it; nobody, if it is the main thread.
        parent: Option<ThreadId>,
    },
    /// A thread gave up its turn, or spun until it was taken from it.
    Yielded(ThreadId),
}

/// Whether a chooser is asked again whenever something new could happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    /// Only at the points it named in [`Chooser::quiet_points`].
    AtOwnPoints,
    /// Also whenever a thread becomes runnable or a timer or packet is set.
    AtEveryChange,
}

/// Answers questions. One policy per implementation; the kernel asks, a chooser answers.
pub trait Chooser {
    /// For how many further points of the running thread the answer to `Preempt` is certainly 0. Asked whenever a thread
    /// starts to run and after each `Preempt` question.
    fn quiet_points(&mut self, at: &Moment) -> u64;

    /// The answer to a question, below its bound.
    ///
    /// # Errors
    /// A replay whose next recorded choice does not fit here.
    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence>;

    /// Hears what happened.
    fn notice(&mut self, notice: Notice) {
        let _ = notice;
    }

    /// When it wants to be asked.
    fn attention(&self) -> Attention {
        Attention::AtOwnPoints
    }

    /// Called once when the run is over.
    ///
    /// # Errors
    /// A replay that has recorded choices left.
    fn finish(&mut self, at: &Moment) -> Result<(), Divergence> {
        let _ = at;
        Ok(())
    }
}
